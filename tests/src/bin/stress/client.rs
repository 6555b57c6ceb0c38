//! One client: its connection, and what it owns and holds.

use std::sync::{Arc, Mutex, MutexGuard};

use ringback::{ClientBuilder, Lease, ServerBuilder};

use crate::connection::{Connection, Medium};
use crate::ear::{Counted, EarProxy};
use crate::fan::{FanProxy, Follower};
use crate::hub::Hub;
use crate::ledger::Ledger;

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
    pub setting: Arc<Setting>,
    pub ledger: Arc<Ledger>,
    state: Mutex<State>,
}

/// What the tasks of a client share.
pub struct State {
    pub connection: Arc<Connection>,
    pub own: Vec<Arc<Counted>>,
    /// Proxies that the hub gave.
    pub held: Vec<EarProxy>,
    pub leased: Vec<(EarProxy, Lease)>,
    /// Members of groups, and those with a lease by their objects' numbers.
    pub fans: Vec<Arc<Follower>>,
    pub leased_fans: Vec<(u64, FanProxy, Lease)>,
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
                fans: Vec::new(),
                leased_fans: Vec::new(),
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
            std::mem::take(&mut state.fans),
        );
        let fans = std::mem::take(&mut state.leased_fans);
        let numbers = fans.iter().map(|(number, ..)| *number);
        numbers.for_each(|number| self.ledger.casts.revoked(number));
        drop(state);
        drop((gone, fans));
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// Connects a client, once more or for the first time.
pub async fn connect(
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
