//! What both builders let the user choose.

use std::sync::Arc;
use std::time::Duration;

use crate::limits::Limits;
use crate::proto::{Config, Side};
use crate::session::{Opening, Service, Services};

/// How long a handshake may take unless the user says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// The settings of one end.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) services: Services,
    pub(crate) patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            config: Config::default(),
            services: Services::default(),
            patience: PATIENCE,
        }
    }
}

impl Settings {
    pub(crate) fn opening(
        &self,
        side: Side,
        services: Arc<Services>,
        peer_addr: Option<std::net::SocketAddr>,
    ) -> Opening {
        Opening {
            side,
            config: self.config,
            services,
            peer_addr,
            patience: self.patience,
            kept: None,
        }
    }

    pub(crate) fn serve<S: Service>(&mut self, service: S) {
        self.services.insert(service);
    }

    pub(crate) fn limits(&mut self, limits: Limits) {
        self.config.limits = limits;
    }
}

/// The methods that `ServerBuilder` and `ClientBuilder` have in common: a session is symmetric, so
/// whatever one end can choose the other can as well.
macro_rules! settings {
    () => {
        /// Serves a service on every connection of this end, such as `FooServer::new(value)`. A
        /// service of the same name (and version) that was given before is replaced.
        pub fn service<S: $crate::Service>(mut self, service: S) -> Self {
            self.settings.serve(service);
            self
        }

        /// How many callbacks the peer may have passed to this end, per connection, that are still
        /// held. A call that would pass more fails at the peer, before anything of it is sent, with
        /// [`ErrorKind::TooManyCallbacks`](crate::ErrorKind::TooManyCallbacks). Default: 10,000.
        pub fn max_callbacks(mut self, max_callbacks: u32) -> Self {
            self.settings.config.limits.max_callbacks = max_callbacks;
            self
        }

        /// All limits at once, [`max_callbacks`](Self::max_callbacks) among them: what was said of
        /// it before is replaced.
        pub fn limits(mut self, limits: $crate::Limits) -> Self {
            self.settings.limits(limits);
            self
        }

        /// How long the peer may be silent before it is asked for a sign of life. Any byte that
        /// arrives is one. Zero switches the heartbeat of this end off; the peer's own goes on.
        /// Default: 5 seconds.
        pub fn heartbeat(mut self, interval: std::time::Duration) -> Self {
            self.settings.config.heartbeat = Some(interval);
            self
        }

        /// How many heartbeats in a row may stay unanswered before the connection is given up, at
        /// least 1. Default: 3, so a peer that vanished without a word is noticed within 20 seconds:
        /// five of silence, and five more for each heartbeat.
        pub fn heartbeat_misses(mut self, misses: u32) -> Self {
            self.settings.config.heartbeat_misses = misses;
            self
        }

        /// How long the peer may take for the handshake, once it is connected. Default: 10 seconds.
        pub fn handshake_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.patience = timeout;
            self
        }

        /// Asks the peer to write structs as arrays, without the names of their fields: shorter and
        /// faster, but both ends need the same fields in the same order, and
        /// `#[serde(skip_serializing_if)]`, `flatten` and untagged enums don't work. Default: false.
        pub fn compact(mut self, compact: bool) -> Self {
            self.settings.config.compact = compact;
            self
        }
    };
}

pub(crate) use settings;
