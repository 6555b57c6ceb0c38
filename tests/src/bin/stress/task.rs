//! One task of a client: it takes steps at random, and judges what comes of them.

mod crowd;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use ringback::{Error, ErrorKind, Result};
use tokio::time::{sleep, timeout};

use crate::client::Client;
use crate::connection::Connection;
use crate::ear::{Counted, EarProxy};

/// The slots that belong to one task each begin here.
const PRIVATE: u8 = 100;

/// One task of a client.
pub struct Task {
    client: Arc<Client>,
    random: fastrand::Rng,
    slot: u8,
}

impl Task {
    pub fn new(client: &Arc<Client>, index: u8, random: &mut fastrand::Rng) -> Self {
        Self {
            client: Arc::clone(client),
            random: random.fork(),
            slot: PRIVATE + index,
        }
    }

    /// Takes so many steps.
    pub async fn run(mut self, steps: usize) {
        for _ in 0..steps {
            self.step().await;
            match self.random.u8(..4) {
                0 => sleep(Duration::from_micros(self.random.u64(..5000))).await,
                1 => tokio::task::yield_now().await,
                _ => {}
            }
        }
    }

    async fn step(&mut self) {
        match self.random.u8(..140) {
            0..=14 => self.register().await,
            15..=20 => self.leave().await,
            21..=27 => self.unregister().await,
            28..=32 => self.forget().await,
            33..=42 => self.fetch().await,
            43..=50 => self.drop_something(),
            51..=58 => self.call_held().await,
            59..=66 => self.poke().await,
            67..=72 => self.burst().await,
            73..=76 => self.panic().await,
            77..=78 => self.refuse().await,
            79 => self.give_up().await,
            80..=85 => self.nest().await,
            86..=90 => self.lease().await,
            91..=94 => self.revoke(),
            95..=97 => self.keep_private().await,
            98..=99 => self.disconnect().await,
            100..=109 => self.join().await,
            110..=112 => self.join_leased().await,
            113..=114 => self.revoke_fan(),
            115..=117 => self.quit().await,
            118..=119 => self.expel().await,
            120..=122 => self.plant().await,
            123..=132 => self.cast().await,
            133..=135 => self.gather().await,
            _ => self.ask().await,
        }
    }

    /// An object of this client's, a new one or one that was passed before.
    fn own_ear(&mut self) -> (EarProxy, u64) {
        let mut state = self.client.state();
        let ear = match pick(&mut self.random, &state.own) {
            Some(index) if self.random.u8(..3) > 0 => Arc::clone(&state.own[index]),
            _ => {
                let ear = Arc::new(Counted::new(self.client.number, &self.client.ledger));
                if self.random.u8(..3) > 0 {
                    state.own.push(Arc::clone(&ear));
                }
                ear
            }
        };
        let number = ear.number;
        (EarProxy::new(ear), number)
    }

    fn held_ear(&mut self) -> Option<EarProxy> {
        let state = self.client.state();
        let index = pick(&mut self.random, &state.held)?;
        Some(state.held[index].clone())
    }

    /// Waits for a call, or gives it up after a while. `None` unless it succeeded.
    async fn finish<T>(
        &mut self,
        what: &str,
        connection: &Connection,
        call: impl Future<Output = Result<T>>,
    ) -> Option<T> {
        self.finish_on(what, connection, None, call).await
    }

    async fn finish_on<T>(
        &mut self,
        what: &str,
        connection: &Connection,
        object: Option<&EarProxy>,
        call: impl Future<Output = Result<T>>,
    ) -> Option<T> {
        if self.random.u8(..5) > 0 {
            let outcome = call.await;
            return self.judge(what, connection, object, outcome);
        }
        let patience = Duration::from_micros(self.random.u64(..9000));
        match timeout(patience, call).await {
            Ok(outcome) => self.judge(what, connection, object, outcome),
            Err(_) => {
                self.tally().cancels.add();
                self.note(format_args!("{what}: given up"));
                None
            }
        }
    }

    /// Waits for a call to its end.
    async fn whole<T>(
        &mut self,
        what: &str,
        connection: &Connection,
        call: impl Future<Output = Result<T>>,
    ) -> Option<T> {
        let outcome = call.await;
        self.judge(what, connection, None, outcome)
    }

    fn judge<T>(
        &self,
        what: &str,
        connection: &Connection,
        object: Option<&EarProxy>,
        outcome: Result<T>,
    ) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.tally().calls.add();
                self.note(format_args!("{what}: done"));
                Some(value)
            }
            Err(error) => {
                self.note(format_args!("{what}: {:?}", error.kind()));
                let is_fair = self.is_fair(what, connection, object, &error);
                self.expect(is_fair, || format!("{what} failed: {error:?}"));
                None
            }
        }
    }

    /// Whether a call may fail like that.
    fn is_fair(
        &self,
        what: &str,
        connection: &Connection,
        object: Option<&EarProxy>,
        error: &Error,
    ) -> bool {
        match error.kind() {
            ErrorKind::Closed if error.is_remote() => true, // a third party's connection was cut
            ErrorKind::Closed => connection.is_cut() || object.is_some_and(EarProxy::is_closed),
            ErrorKind::Revoked => true,
            ErrorKind::TooManyCallbacks => self.client.setting.is_tight,
            ErrorKind::Panicked => matches!(what, "boom" | "provoke"),
            ErrorKind::Application => what == "refuse",
            _ => false,
        }
    }

    fn expect(&self, holds: bool, failure: impl FnOnce() -> String) {
        if !holds {
            let client = self.client.number;
            self.client
                .ledger
                .fail(format!("client {client}: {}", failure()));
        }
    }

    fn note(&self, line: std::fmt::Arguments<'_>) {
        let client = self.client.number;
        self.client
            .ledger
            .note(format_args!("client {client}: {line}"));
    }

    fn tally(&self) -> &crate::tally::Tally {
        &self.client.ledger.tally
    }
}

fn pick<T>(random: &mut fastrand::Rng, from: &[T]) -> Option<usize> {
    (!from.is_empty()).then(|| random.usize(..from.len()))
}
