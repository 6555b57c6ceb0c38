//! The connections over a link, and what holds for all of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::network::Servers;
use super::pipe::{Pipe, Terms};
use super::random::Random;

/// The first port that a link's connections come from.
const FIRST_PORT: u16 = 49152;

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What clients send.
    ToServer,
    /// What the server sends.
    ToClient,
}

/// What a link and the ends of its connections share.
pub(super) struct Shared {
    pub(super) servers: Arc<Servers>,
    pub(super) ip: IpAddr,
    /// Told when the link is cut, and when it is healed.
    pub(super) changed: Arc<Notify>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) is_cut: bool,
    /// How many more bytes may arrive before the link is cut.
    left: Option<u64>,
    pub(super) terms: [Terms; 2],
    connections: BTreeMap<u64, Connection>,
    /// The number of the newest connection.
    last: u64,
    pub(super) random: Random,
    changed: Arc<Notify>,
}

/// A connection of which at least one end is still there.
struct Connection {
    pipes: [Pipe; 2],
    ends: u8,
}

impl Shared {
    pub(super) fn new(servers: Arc<Servers>, number: u16, random: Random) -> Self {
        let [high, low] = number.to_be_bytes();
        let changed = Arc::<Notify>::default();
        Self {
            servers,
            ip: Ipv4Addr::new(10, 0, high, low).into(),
            changed: Arc::clone(&changed),
            state: Mutex::new(State {
                is_cut: false,
                left: None,
                terms: [Terms::default(); 2],
                connections: BTreeMap::new(),
                last: 0,
                random,
                changed,
            }),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a connection comes from, as the server sees it.
    pub(super) fn client_addr(&self, connection: u64) -> SocketAddr {
        let ports = u64::from(u16::MAX - FIRST_PORT) + 1;
        let port = FIRST_PORT + (connection % ports) as u16;
        SocketAddr::new(self.ip, port)
    }
}

impl State {
    /// One more connection, and its number.
    pub(super) fn open(&mut self, now: Instant) -> u64 {
        let mut pipes = [(); 2].map(|()| Pipe::new(self.random.fork(), now));
        if self.is_cut {
            pipes.iter_mut().for_each(Pipe::break_off);
        }
        self.last += 1;
        let connection = Connection { pipes, ends: 2 };
        self.connections.insert(self.last, connection);
        self.last
    }

    /// One end of a connection is gone. After the other one, the connection is.
    pub(super) fn leave(&mut self, number: u64) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.ends -= 1;
            if connection.ends == 0 {
                self.connections.remove(&number);
            }
        }
    }

    /// How many connections are whole.
    pub(super) fn count(&self) -> usize {
        let whole = |connection: &&Connection| !connection.pipes[0].is_broken();
        self.connections.values().filter(whole).count()
    }

    /// One direction of a connection, and how bytes travel there.
    pub(super) fn pipe(&mut self, number: u64, direction: Direction) -> Option<(&mut Pipe, Terms)> {
        let connection = self.connections.get_mut(&number)?;
        let at = direction as usize;
        Some((&mut connection.pipes[at], self.terms[at]))
    }

    /// That direction of every connection.
    pub(super) fn pipes(&mut self, direction: Direction) -> impl Iterator<Item = &mut Pipe> {
        self.connections
            .values_mut()
            .map(move |connection| &mut connection.pipes[direction as usize])
    }

    pub(super) fn cut(&mut self) {
        self.is_cut = true;
        self.left = None;
        for direction in Direction::BOTH {
            self.pipes(direction).for_each(Pipe::break_off);
        }
        self.changed.notify_waiters();
    }

    pub(super) fn cut_after(&mut self, bytes: u64) {
        self.left = Some(bytes);
        self.arrived(0);
    }

    pub(super) fn heal(&mut self) {
        self.is_cut = false;
        self.left = None;
        for direction in Direction::BOTH {
            self.change(direction, |terms| terms.stalled = false);
        }
        self.changed.notify_waiters();
    }

    /// Changes how bytes travel in one direction.
    pub(super) fn change(&mut self, direction: Direction, change: impl FnOnce(&mut Terms)) {
        let (old, now) = (self.terms[direction as usize], Instant::now());
        let mut new = old;
        change(&mut new);
        self.terms[direction as usize] = new;
        for pipe in self.pipes(direction) {
            pipe.terms_changed(&old, &new, now);
        }
    }

    /// How many bytes may arrive now.
    pub(super) fn allowance(&self) -> usize {
        self.left.map_or(usize::MAX, |left| {
            usize::try_from(left).unwrap_or(usize::MAX)
        })
    }

    /// Bytes have arrived. The last that were allowed cut the link.
    pub(super) fn arrived(&mut self, bytes: usize) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(bytes as u64);
            if *left == 0 {
                self.cut();
            }
        }
    }
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::ToServer, Self::ToClient];

    pub(super) fn opposite(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}
