//! One client: what it owns and holds, and the steps that it takes at random.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ringback::{ClientBuilder, Error, ErrorKind, Lease, Result, ServerBuilder};
use tokio::time::{sleep, timeout};

use crate::connection::{Connection, Medium};
use crate::ear::{Counted, Ear, EarProxy};
use crate::hub::Hub;
use crate::ledger::Ledger;

/// How many slots all clients share.
const SLOTS: u8 = 6;
/// The slots that belong to one task each begin here.
const PRIVATE: u8 = 100;

/// How clients connect.
pub struct Setting {
    pub medium: Medium,
    pub server: ServerBuilder,
    pub client: ClientBuilder,
    /// The limit of callbacks is so low that it may be met.
    pub is_tight: bool,
}

/// A client. Several tasks share it.
pub struct Client {
    pub number: usize,
    setting: Arc<Setting>,
    ledger: Arc<Ledger>,
    state: Mutex<State>,
}

struct State {
    connection: Arc<Connection>,
    own: Vec<Arc<Counted>>,
    /// Proxies that the hub gave.
    held: Vec<EarProxy>,
    leased: Vec<(EarProxy, Lease)>,
}

/// One task of a client.
pub struct Task {
    client: Arc<Client>,
    random: fastrand::Rng,
    slot: u8,
}

impl Client {
    pub async fn new(
        number: usize,
        setting: &Arc<Setting>,
        ledger: &Arc<Ledger>,
        random: &mut fastrand::Rng,
    ) -> Arc<Self> {
        let connection = connect(setting, ledger, random).await;
        Arc::new(Self {
            number,
            setting: Arc::clone(setting),
            ledger: Arc::clone(ledger),
            state: Mutex::new(State {
                connection,
                own: Vec::new(),
                held: Vec::new(),
                leased: Vec::new(),
            }),
        })
    }

    pub fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.state().connection)
    }

    /// What this client sent before has arrived when this returns.
    pub async fn catch_up(&self) {
        let connection = self.connection();
        if let Err(error) = connection.hub.forget(u8::MAX).await {
            self.ledger
                .fail(format!("client {} can't catch up: {error:?}", self.number));
        }
    }

    /// Lets go of proxies that can't be called any more, and gives the others.
    pub fn live_proxies(&self) -> Vec<EarProxy> {
        let mut state = self.state();
        let held = std::mem::take(&mut state.held);
        let (closed, live): (Vec<_>, Vec<_>) = held.into_iter().partition(EarProxy::is_closed);
        state.held = live.clone();
        drop(state);
        drop(closed);
        live
    }

    /// Lets go of everything but the connection.
    pub fn let_go(&self) {
        let mut state = self.state();
        let gone = (
            std::mem::take(&mut state.own),
            std::mem::take(&mut state.held),
            std::mem::take(&mut state.leased),
        );
        drop(state);
        drop(gone);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

async fn connect(
    setting: &Setting,
    ledger: &Ledger,
    random: &mut fastrand::Rng,
) -> Arc<Connection> {
    let Setting {
        medium,
        server,
        client,
        ..
    } = setting;
    Arc::new(Connection::open(*medium, random, server, client, &ledger.tally).await)
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
        match self.random.u8(..100) {
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
            _ => self.disconnect().await,
        }
    }

    async fn register(&mut self) {
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

    async fn leave(&mut self) {
        let (ear, _) = self.own_ear();
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.leave(slot, ear);
        self.finish("leave", &connection, call).await;
    }

    async fn unregister(&mut self) {
        let (ear, _) = self.own_ear();
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.unregister(slot, ear);
        self.finish("unregister", &connection, call).await;
    }

    async fn forget(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.forget(slot);
        self.finish("forget", &connection, call).await;
    }

    async fn fetch(&mut self) {
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

    fn drop_something(&mut self) {
        let mut state = self.client.state();
        let own = pick(&mut self.random, &state.own).map(|index| state.own.swap_remove(index));
        let held = pick(&mut self.random, &state.held).map(|index| state.held.swap_remove(index));
        drop(state);
        if self.random.bool() {
            drop((own, held));
        } else {
            self.client.state().own.extend(own);
        }
    }

    async fn call_held(&mut self) {
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

    async fn poke(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let millis = self.random.u64(..4);
        let connection = self.client.connection();
        let call = connection.hub.poke(slot, millis);
        self.finish("poke", &connection, call).await;
    }

    async fn burst(&mut self) {
        let slot = self.random.u8(..SLOTS);
        let events = self.random.u64(1..40);
        let connection = self.client.connection();
        let call = connection.hub.burst(slot, events);
        self.finish("burst", &connection, call).await;
    }

    async fn panic(&mut self) {
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

    async fn refuse(&mut self) {
        let ears = (0..self.random.u8(..4)).map(|_| self.own_ear().0).collect();
        let connection = self.client.connection();
        let call = connection.hub.refuse(ears);
        self.finish("refuse", &connection, call).await;
    }

    /// Only a cancel ends that call, or the end of the connection.
    async fn give_up(&mut self) {
        let (ear, _) = self.own_ear();
        let patience = Duration::from_micros(self.random.u64(..9000));
        let connection = self.client.connection();
        match timeout(patience, connection.hub.hang(ear)).await {
            Ok(outcome) => drop(self.judge("hang", &connection, None, outcome)),
            Err(_) => self.tally().cancels.add(),
        }
    }

    async fn nest(&mut self) {
        let (ear, _) = self.own_ear();
        let depth = self.random.u32(..12);
        let connection = self.client.connection();
        let call = connection.hub.nest(depth, ear);
        if let Some(calls) = self.finish("nest", &connection, call).await {
            self.tally().nested.add();
            self.expect(calls == depth, || format!("{calls} calls, and not {depth}"));
        }
    }

    async fn lease(&mut self) {
        self.tally().leases.add();
        let (number, ledger) = (self.client.number, &self.client.ledger);
        let (ear, lease) = EarProxy::leased(Counted::new(number, ledger));
        let slot = self.random.u8(..SLOTS);
        let connection = self.client.connection();
        let call = connection.hub.register(slot, ear.clone());
        self.finish("register a lease", &connection, call).await;
        self.client.state().leased.push((ear, lease));
    }

    fn revoke(&mut self) {
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
    async fn keep_private(&mut self) {
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

    async fn disconnect(&mut self) {
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
