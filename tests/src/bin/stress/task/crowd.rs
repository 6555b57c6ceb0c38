//! What a task does with groups.

use std::sync::Arc;

use super::{Task, pick};
use crate::fan::{FanProxy, Follower, Mood};
use crate::venue::{HALLS, Venue};

/// How many members a hall may have.
const KEYS: u8 = 5;

impl Task {
    pub(super) async fn join(&mut self) {
        let (fan, number) = self.own_fan();
        self.join_with(fan, number).await;
    }

    async fn join_with(&mut self, fan: FanProxy, number: u64) {
        let at = self.place();
        let connection = self.client.connection();
        match self.random.u8(..6) {
            0 => {
                let call = connection.venue.join_for_the_latest(at, number, fan);
                self.finish("join for the latest", &connection, call).await;
            }
            1 => {
                let call = connection.venue.join_or_close(at, number, fan);
                self.finish("join or close", &connection, call).await;
            }
            _ => {
                let call = connection.venue.join(at, number, fan);
                self.finish("join", &connection, call).await;
            }
        }
    }

    pub(super) async fn join_leased(&mut self) {
        self.tally().leases.add();
        let fan = self.new_fan();
        let number = fan.number;
        let (fan, lease) = FanProxy::leased(fan);
        self.join_with(fan.clone(), number).await;
        self.client.state().leased_fans.push((number, fan, lease));
    }

    pub(super) fn revoke_fan(&mut self) {
        let mut state = self.client.state();
        let Some(index) = pick(&mut self.random, &state.leased_fans) else {
            return;
        };
        let (number, fan, lease) = state.leased_fans.swap_remove(index);
        drop(state);
        if self.random.u8(..4) == 0 {
            lease.detach();
            return;
        }
        self.tally().revocations.add();
        self.client.ledger.casts.revoked(number);
        lease.revoke();
        self.expect(fan.is_closed(), || "a revoked member is open".to_owned());
    }

    pub(super) async fn quit(&mut self) {
        let (fan, number) = self.own_fan();
        let at = self.place();
        let connection = self.client.connection();
        let call = connection.venue.quit(at, number, fan);
        self.finish("quit", &connection, call).await;
    }

    pub(super) async fn expel(&mut self) {
        let at = self.place();
        let connection = self.client.connection();
        let call = connection.venue.expel(at);
        self.finish("expel", &connection, call).await;
    }

    pub(super) async fn plant(&mut self) {
        let (at, mood) = (self.place(), self.random.u8(..));
        let connection = self.client.connection();
        let call = connection.venue.plant(at, mood);
        self.finish("plant", &connection, call).await;
    }

    pub(super) async fn cast(&mut self) {
        let (hall, method) = (self.random.u8(..HALLS), self.random.u8(..));
        let patience = match self.random.u8(..3) {
            0 => Some(self.random.u64(..9000)),
            _ => None,
        };
        let connection = self.client.connection();
        let call = connection.venue.cast(hall, method, patience);
        self.finish("cast", &connection, call).await;
    }

    pub(super) async fn gather(&mut self) {
        let (ear, number) = self.own_ear();
        let key = self.random.u8(..KEYS);
        let connection = self.client.connection();
        let call = connection.venue.gather(key, number, ear);
        self.finish("gather", &connection, call).await;
    }

    pub(super) async fn ask(&mut self) {
        let (answers, millis) = (self.random.usize(1..6), self.random.u64(..4));
        let connection = self.client.connection();
        let call = connection.venue.ask_all(answers, millis);
        self.finish("ask all", &connection, call).await;
    }

    /// A hall, and a key in there.
    fn place(&mut self) -> (u8, u8) {
        (self.random.u8(..HALLS), self.random.u8(..KEYS))
    }

    /// A member of this client's, a new one or one that was passed before.
    fn own_fan(&mut self) -> (FanProxy, u64) {
        let known = {
            let state = self.client.state();
            let index = pick(&mut self.random, &state.fans);
            index.map(|index| Arc::clone(&state.fans[index]))
        };
        let fan = match known {
            Some(fan) if self.random.u8(..3) > 0 => fan,
            _ => {
                let fan = Arc::new(self.new_fan());
                if self.random.u8(..3) > 0 {
                    self.client.state().fans.push(Arc::clone(&fan));
                }
                fan
            }
        };
        let number = fan.number;
        (FanProxy::new(fan), number)
    }

    fn new_fan(&mut self) -> Follower {
        let mood = Mood::of(self.random.u8(..));
        Follower::new(self.client.number, mood, &self.client.ledger)
    }
}
