//! What can be done with a pair, and a count of what came of it.

use crate::proto::{Overflow, Side};

/// One thing to do. A number picks among what there is at that moment; where there is nothing to
/// pick, nothing is done.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Call {
        from: Side,
        /// An object of the peer, or else a service.
        callee: Option<usize>,
        one_way: bool,
        /// The call of the peer whose handler makes the call.
        inside: Option<usize>,
        overflow: Overflow,
        passing: Vec<Pass>,
    },
    Cancel(Side, usize),
    Answer {
        at: Side,
        which: usize,
        fails: bool,
        /// Whether the handler keeps the objects that were passed to it.
        keeps: bool,
        passing: Vec<Pass>,
    },
    LetGo(Side, usize),
    Revoke(Side, usize),
    Send(Side),
    /// Up to so many bytes are written without the driver.
    SendAtOnce(Side, usize),
    Deliver(Side, usize),
    /// Everything arrives that was sent.
    Rest,
    /// The connection breaks, whether an end notices or not.
    Cut,
    /// An end notices that the connection is broken.
    Notice(Side),
    /// There is another connection, which breaks at once unless it lasts.
    Mend {
        lasts: bool,
    },
}

/// An object to be passed.
#[derive(Clone, Debug)]
pub(super) enum Pass {
    New,
    Own(usize),
    Back(usize),
}

/// How often which thing happened that a property should not do without.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) waited: u32,
    pub(super) nested: u32,
    pub(super) cancelled: u32,
    pub(super) rejected: u32,
    pub(super) crossed: u32,
    pub(super) came_back: u32,
    pub(super) revoked: u32,
    pub(super) dropped: u32,
    /// Connections that broke with something on its way.
    pub(super) cut: u32,
    /// Lines in which somebody waited while nothing was on its way.
    pub(super) rested: u32,
    /// Frames that began to leave and had to wait for the driver.
    pub(super) broken_off: u32,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        self.waited += other.waited;
        self.nested += other.nested;
        self.cancelled += other.cancelled;
        self.rejected += other.rejected;
        self.crossed += other.crossed;
        self.came_back += other.came_back;
        self.revoked += other.revoked;
        self.dropped += other.dropped;
        self.cut += other.cut;
        self.rested += other.rested;
        self.broken_off += other.broken_off;
    }
}
