//! What both builders let the user choose.

use std::sync::Arc;
use std::time::Duration;

use crate::limits::Limits;
use crate::proto::{Config, Side};
use crate::session::{Lasting, Opening, Readers, Registry, Service, Services};

/// How long a handshake may take unless the user says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// What sessions without a connection keep together at most, unless the user says otherwise.
const SUSPENDED_BYTES: usize = 256 << 20;

/// The settings of one end.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) services: Services,
    pub(crate) patience: Duration,
    /// The sessions of this end that can be resumed, if it accepts.
    pub(crate) registry: Arc<Registry>,
    /// Bytes that those of them without a connection may keep together.
    suspended_bytes: usize,
    /// Who hears of all sessions of this end.
    pub(crate) readers: Arc<Readers>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            config: Config::default(),
            services: Services::default(),
            patience: PATIENCE,
            registry: Arc::new(Registry::new(SUSPENDED_BYTES)),
            suspended_bytes: SUSPENDED_BYTES,
            readers: Arc::default(),
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
        let accepts = side == Side::Accepting && self.config.resume.is_some();
        Opening {
            side,
            config: self.config,
            services,
            peer_addr,
            patience: self.patience,
            kept: None,
            lasting: accepts.then(|| Lasting::Accepts {
                registry: Arc::clone(&self.registry),
                guest: None,
            }),
            readers: Some(Arc::clone(&self.readers)),
        }
    }

    /// Clones of a builder share what it chose, and not what became of it.
    pub(crate) fn begin_apart(&mut self) {
        self.registry = Arc::new(Registry::new(self.suspended_bytes));
        self.readers = Arc::default();
    }

    pub(crate) fn suspended_bytes(&mut self, bytes: usize) {
        self.suspended_bytes = bytes;
        self.registry = Arc::new(Registry::new(bytes));
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

        /// Lets sessions outlive their connections. When one breaks, or falls silent, the client connects
        /// again and both go on where they were: calls and callbacks in flight, too, in their order, none
        /// lost and none twice, as long as both processes live. This takes the same line at both ends,
        /// and the shorter `grace` counts: when it is over, the session is lost for good, and
        /// everybody who waits gets [`SessionLost`](crate::ErrorKind::SessionLost). Default, and
        /// with a grace of zero: a session ends with its connection.
        ///
        /// What was sent is kept until the peer has acknowledged it, up to
        /// [`max_replay_bytes`](crate::Limits::max_replay_bytes). Whoever can read the connection can take
        /// the session over, so where strangers can, use TLS.
        ///
        /// A peer that falls silent is noticed by the [heartbeat](Self::heartbeat), and the grace time of
        /// each end begins when that end notices. So it should be a good deal longer than that takes.
        ///
        /// The guide has a [chapter](crate::guide::broken) about it.
        pub fn resume(mut self, grace: std::time::Duration) -> Self {
            self.settings.config.resume = (!grace.is_zero()).then_some(grace);
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
