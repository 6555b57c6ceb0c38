//! What a task does with single objects.

use std::sync::Arc;
use std::time::Duration;

use ringback::ErrorKind;
use tokio::time::timeout;

use super::{Task, pick};
use crate::client::connect;
use crate::ear::{Counted, Ear, EarProxy};
use crate::hub::Hub;

/// How many slots all clients share.
const SLOTS: u8 = 6;

impl Task {
    pub(super) async fn register(&mut self) {
        let (ear, number) = self.own_ear();
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.register(slot, ear);
        if let Some(told) = self.finish("register", &connection, call).await {
            self.tally().registrations.add();
            self.expect(told == number, || {
                format!("object {number} was registered, and {told} answered")
            });
        }
    }

    pub(super) async fn leave(&mut self) {
        let (ear, _) = self.own_ear();
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.leave(slot, ear);
        self.finish("leave", &connection, call).await;
    }

    pub(super) async fn unregister(&mut self) {
        let (ear, _) = self.own_ear();
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.unregister(slot, ear);
        self.finish("unregister", &connection, call).await;
    }

    pub(super) async fn forget(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.forget(slot);
        self.finish("forget", &connection, call).await;
    }

    pub(super) async fn fetch(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.fetch(slot);
        let Some(Some(ear)) = self.finish("fetch", &connection, call).await else {
            return;
        };
        let own = self
            .client
            .state()
            .own
            .iter()
            .find(|own| EarProxy::new(Arc::clone(own)) == ear)
            .map(|own| own.number);
        match own {
            Some(number) => {
                self.tally().passed_back.add();
                let told = ear.number().await; // without a wire
                self.expect(matches!(told, Ok(told) if told == number), || {
                    format!("object {number} came back, and {told:?} answered")
                });
            }
            None => self.client.state().held.push(ear),
        }
    }

    pub(super) fn drop_something(&mut self) {
        let mut state = self.client.state();
        let own = pick(&mut self.random, &state.own).map(|index| state.own.swap_remove(index));
        let held = pick(&mut self.random, &state.held).map(|index| state.held.swap_remove(index));
        let fan = pick(&mut self.random, &state.fans).map(|index| state.fans.swap_remove(index));
        drop(state);
        if self.random.bool() {
            drop((own, held, fan));
        } else {
            self.client.state().own.extend(own);
        }
    }

    pub(super) async fn call_held(&mut self) {
        let Some(ear) = self.held_ear() else {
            return;
        };
        let connection = self.client.connection();
        if self.random.bool() {
            let call = ear.number();
            if self
                .finish_on("ask", &connection, Some(&ear), call)
                .await
                .is_some()
            {
                self.tally().forwarded.add();
            }
            return;
        }
        let sender = self.client.ledger.sender();
        for event in 1..=self.random.u64(1..20) {
            let call = ear.event(sender, event);
            if self
                .finish_on("event", &connection, Some(&ear), call)
                .await
                .is_none()
            {
                return;
            }
        }
    }

    pub(super) async fn poke(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let millis = self.random.u64(..4);
        let connection = self.client.connection();
        let call = connection.hub.poke(slot, millis);
        self.finish("poke", &connection, call).await;
    }

    pub(super) async fn burst(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let events = self.random.u64(1..40);
        let connection = self.client.connection();
        let call = connection.hub.burst(slot, events);
        self.finish("burst", &connection, call).await;
    }

    pub(super) async fn panic(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        if self.random.bool() {
            let call = connection.hub.boom();
            self.finish("boom", &connection, call).await;
        } else {
            let call = connection.hub.provoke(slot);
            self.finish("provoke", &connection, call).await;
        }
    }

    pub(super) async fn refuse(&mut self) {
        let ears = (0..self.random.u8(..4)).map(|_| self.own_ear().0).collect();
        let connection = self.client.connection();
        let call = connection.hub.refuse(ears);
        self.finish("refuse", &connection, call).await;
    }

    /// Only a cancel ends that call, or the end of the connection.
    pub(super) async fn give_up(&mut self) {
        let (ear, _) = self.own_ear();
        let patience = Duration::from_micros(self.random.u64(..9000));
        let connection = self.client.connection();
        match timeout(patience, connection.hub.hang(ear)).await {
            Ok(outcome) => drop(self.judge("hang", &connection, None, outcome)),
            Err(_) => self.tally().cancels.add(),
        }
    }

    pub(super) async fn nest(&mut self) {
        let (ear, _) = self.own_ear();
        let depth = self.random.u32(..12);
        let connection = self.client.connection();
        let call = connection.hub.nest(depth, ear);
        if let Some(calls) = self.finish("nest", &connection, call).await {
            self.tally().nested.add();
            self.expect(calls == depth, || format!("{calls} calls, and not {depth}"));
        }
    }

    pub(super) async fn lease(&mut self) {
        self.tally().leases.add();
        let (number, ledger) = (self.client.number, &self.client.ledger);
        let (ear, lease) = EarProxy::leased(Counted::new(number, ledger));
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.register(slot, ear.clone());
        self.finish("register a lease", &connection, call).await;
        self.client.state().leased.push((ear, lease));
    }

    pub(super) fn revoke(&mut self) {
        let mut state = self.client.state();
        let Some(index) = pick(&mut self.random, &state.leased) else {
            return;
        };
        let (ear, lease) = state.leased.swap_remove(index);
        drop(state);
        match self.random.u8(..4) {
            0 => lease.detach(),
            1 => drop((ear, lease)),
            _ => {
                self.tally().revocations.add();
                lease.revoke();
                self.expect(ear.is_closed(), || "a revoked object is open".to_owned());
            }
        }
    }

    /// With a slot of its own a task knows what each step has to give.
    pub(super) async fn keep_private(&mut self) {
        let (ear, number) = self.own_ear();
        let slot = self.slot;
        let connection = self.client.connection();
        let call = connection.hub.register(slot, ear.clone());
        if self.whole("register", &connection, call).await != Some(number) {
            return;
        }
        let call = connection.hub.fetch(slot);
        if let Some(fetched) = self.whole("fetch", &connection, call).await {
            let is_same = fetched.as_ref() == Some(&ear);
            self.expect(is_same, || {
                format!("object {number} came back as {fetched:?}")
            });
        }
        for expected in [true, false] {
            let call = connection.hub.unregister(slot, ear.clone());
            let Some(was_there) = self.whole("unregister", &connection, call).await else {
                return;
            };
            self.expect(was_there == expected, || {
                format!("unregister gave {was_there} for object {number}")
            });
        }
    }

    pub(super) async fn disconnect(&mut self) {
        let connection = self.client.connection();
        if connection.is_cut() || self.random.bool() {
            return;
        }
        connection.cut(self.tally());
        let why = connection.client.session().closed().await;
        self.expect(why.kind() == ErrorKind::Closed, || {
            format!("cut, and told {why:?}")
        });
        let (setting, ledger) = (&self.client.setting, &self.client.ledger);
        let new = connect(setting, ledger, &mut self.random).await;
        let old = std::mem::replace(&mut self.client.state().connection, new);
        drop(old);
    }
}
