//! Two ends, the bytes between them, and the clock of both.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::attached::{Ledger, Listener, Proxy};
use super::end::End;
use super::frames;
use super::outgoing::{Outgoing, own};
use crate::proto::connection::Counts;
use crate::proto::{Config, Fault, Side};

/// A time that moves when a test says so.
#[derive(Clone)]
pub(super) struct Clock {
    base: Instant,
    offset: Rc<Cell<Duration>>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            base: Instant::now(),
            offset: Rc::default(),
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.base + self.offset.get()
    }

    pub(super) fn advance(&self, by: Duration) {
        self.offset.set(self.offset.get() + by);
    }
}

/// One direction of the connection.
#[derive(Default)]
pub(super) struct Wire {
    /// Sent, and not arrived.
    pub(super) transit: BytesMut,
    /// Arrived, and a part of a frame that is not whole.
    pub(super) input: BytesMut,
}

/// Two ends that are connected.
pub(super) struct Pair {
    /// The connecting end.
    pub(super) client: End,
    /// The accepting end.
    pub(super) server: End,
    pub(super) clock: Clock,
    pub(super) ledger: Rc<Ledger>,
    to_server: Wire,
    to_client: Wire,
    /// Whatever is sent is lost.
    pub(super) is_cut: bool,
    /// How often the ends have met again.
    pub(super) meetings: u8,
}

impl Pair {
    /// Two ends that have greeted each other.
    pub(super) fn open(client: Config, server: Config) -> Self {
        let mut pair = Self::unopened(client, server);
        pair.exchange();
        assert!(pair.client.opened && pair.server.opened);
        pair
    }

    /// An open pair of which the client has that configuration, and the server's proxies of that many
    /// objects of the client.
    pub(super) fn with_proxies(client: Config, objects: usize) -> (Self, Vec<Rc<Proxy>>) {
        let mut pair = Self::open(client, quiet());
        let introduce = |_| pair.introduce_from(Side::Connecting).1;
        let proxies = (0..objects).map(introduce).collect();
        (pair, proxies)
    }

    /// Two ends before their handshake.
    pub(super) fn unopened(client: Config, server: Config) -> Self {
        let (ledger, clock) = (Rc::default(), Clock::new());
        Self {
            client: End::new(Side::Connecting, client, &ledger, &clock),
            server: End::new(Side::Accepting, server, &ledger, &clock),
            clock,
            ledger,
            to_server: Wire::default(),
            to_client: Wire::default(),
            is_cut: false,
            meetings: 0,
        }
    }

    pub(super) fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Connecting => &mut self.client,
            Side::Accepting => &mut self.server,
        }
    }

    /// Puts what an end has to send on its way.
    pub(super) fn send_from(&mut self, side: Side) {
        let output = self.end(side).take_output();
        self.put_on_its_way(side, output);
    }

    /// Has an end write at once what it has to send, up to that many bytes.
    pub(super) fn send_at_once_from(&mut self, side: Side, most: usize) {
        let output = self.end(side).write_at_once(most);
        self.put_on_its_way(side, output);
    }

    fn put_on_its_way(&mut self, side: Side, output: BytesMut) {
        if self.is_cut {
            return;
        }
        self.wire_from(side).transit.unsplit(output);
    }

    /// Lets up to `count` bytes that an end has sent arrive. Tells whether there were any.
    pub(super) fn deliver_from(&mut self, side: Side, count: usize) -> Result<bool, Fault> {
        let wire = self.wire_from(side);
        let count = count.min(wire.transit.len());
        if count == 0 {
            return Ok(false);
        }
        let bytes = wire.transit.split_to(count);
        let mut input = std::mem::take(&mut wire.input);
        input.unsplit(bytes);
        let received = self.end(other(side)).receive(&mut input);
        self.wire_from(side).input = input;
        received.map(|()| true)
    }

    /// Moves bytes in both directions until neither end has any more to say.
    pub(super) fn exchange(&mut self) {
        loop {
            let mut moved = false;
            for side in [Side::Connecting, Side::Accepting] {
                self.send_from(side);
                moved |= self
                    .deliver_from(side, usize::MAX)
                    .expect("neither end is at fault");
            }
            if !moved {
                return;
            }
        }
    }

    /// The same, acks included that are not sent at once.
    pub(super) fn exchange_with_acks(&mut self) {
        self.exchange();
        for side in [Side::Connecting, Side::Accepting] {
            while self.end(other(side)).counts().unacknowledged_bytes > 0 {
                self.clock.advance(Duration::from_millis(50));
                self.end(side).look_at_the_clock().expect("all is well");
                self.exchange();
            }
        }
    }

    /// The frames that an end has sent and that have not arrived, in words.
    pub(super) fn in_transit_from(&mut self, side: Side) -> Vec<String> {
        frames::in_words(&self.wire_from(side).transit)
    }

    /// Makes an object of one end known to the other, which keeps it.
    pub(super) fn introduce_from(&mut self, side: Side) -> (Rc<Listener>, Rc<Proxy>) {
        let listener = self.end(side).listener();
        let proxy = self.pass_from(side, &listener);
        (listener, proxy)
    }

    /// Passes an object of one end to the other, which keeps it.
    pub(super) fn pass_from(&mut self, side: Side, listener: &Rc<Listener>) -> Rc<Proxy> {
        let call = Outgoing::to_service("Keeper").passing(own(listener));
        let ticket = self.end(side).submit(call).expect("the call can be made");
        self.exchange();
        let holder = self.end(other(side));
        let at = holder.arrived.len() - 1;
        let incoming = holder.arrived.remove(at);
        let proxy = incoming.passed[0].proxy();
        holder.answer(incoming, 0);
        self.exchange();
        assert!(self.end(side).outcome(&ticket).is_some());
        proxy
    }

    /// Nothing that was begun is left, at either end.
    pub(super) fn assert_tables_are_empty(&mut self) {
        self.exchange_with_acks();
        // Credit that is not due yet rides along with any frame.
        self.client.ping();
        self.server.ping();
        self.exchange();
        for (side, counts) in [
            (Side::Connecting, self.client.counts()),
            (Side::Accepting, self.server.counts()),
        ] {
            let dropped = counts.dropped;
            let nothing = Counts {
                dropped,
                ..Counts::default()
            };
            assert_eq!(counts, nothing, "{side:?}");
        }
    }

    pub(super) fn wire_from(&mut self, side: Side) -> &mut Wire {
        match side {
            Side::Connecting => &mut self.to_server,
            Side::Accepting => &mut self.to_client,
        }
    }
}

/// The end across.
pub(super) fn other(side: Side) -> Side {
    match side {
        Side::Connecting => Side::Accepting,
        Side::Accepting => Side::Connecting,
    }
}

/// The defaults, without a heartbeat.
pub(super) fn quiet() -> Config {
    Config {
        heartbeat: None,
        ..Config::default()
    }
}

/// The defaults without a heartbeat, and other limits.
pub(super) fn limited(change: impl FnOnce(&mut crate::limits::Limits)) -> Config {
    let mut config = quiet();
    change(&mut config.limits);
    config
}

/// An end that takes that many calls at a time.
pub(super) fn calls(max_calls: u32) -> Config {
    limited(|limits| limits.max_calls = max_calls)
}

/// An end of which each object takes that many calls at a time.
pub(super) fn object_calls(max_object_calls: u32) -> Config {
    limited(|limits| limits.max_object_calls = max_object_calls)
}
