//! The credit that this end gave, as far as the peer uses it: for all its calls, or for those to one
//! object.

use super::credit::has_share;

/// How much of it is in use, and what the peer is to be told.
pub(crate) struct Window {
    limit: u32,
    /// Calls that are being handled, and one-way calls of whose end the peer was not told.
    used: u32,
    /// One-way calls that have ended, and how many of them the peer was told.
    finished: u64,
    told: u64,
    /// What it was told may not have arrived.
    in_doubt: bool,
}

impl Window {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            used: 0,
            finished: 0,
            told: 0,
            in_doubt: false,
        }
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(crate) fn used(&self) -> u32 {
        self.used
    }

    /// Calls that are being handled.
    pub(crate) fn handled(&self) -> u64 {
        u64::from(self.used).saturating_sub(self.untold())
    }

    pub(super) fn is_full(&self) -> bool {
        self.used >= self.limit
    }

    /// So many calls came.
    pub(super) fn take(&mut self, calls: u32) {
        self.used += calls;
    }

    /// A request was answered, by which the peer hears of it.
    pub(super) fn give_back(&mut self) {
        self.used -= 1;
    }

    /// So many one-way calls have ended. The peer is yet to be told.
    pub(super) fn finish(&mut self, calls: u32) {
        self.finished += u64::from(calls);
    }

    pub(crate) fn untold(&self) -> u64 {
        self.finished - self.told
    }

    /// What the peer was told went over a connection that broke.
    pub(super) fn doubt(&mut self) {
        self.in_doubt = self.finished > 0;
    }

    /// Whether there is something to tell.
    pub(super) fn has_news(&self) -> bool {
        self.untold() > 0 || self.in_doubt
    }

    /// Whether the peer has to be told now: when a quarter of its credit is free again, or when it may
    /// think that it has none left.
    pub(super) fn is_due(&self) -> bool {
        let quarter = u64::from(self.limit / 4).max(1);
        self.untold() >= quarter || (self.untold() > 0 && self.is_full())
    }

    /// Whether so many untold calls are a quarter of what the peer may let one object have outstanding. That is a quarter
    /// of all if nothing else is in use. The less the peer thinks is left, the fewer are these (see `credit`), and no
    /// object is to wait for what the peer was not told.
    pub(super) fn is_much(&self, untold: u64) -> bool {
        let free = u64::from(self.limit).saturating_sub(self.handled());
        let quarter_of_its_share = free * free / 4;
        untold > 0 && untold.saturating_mul(u64::from(self.limit)) >= quarter_of_its_share
    }

    /// Whether the peer makes one more call to an object that has so many outstanding, as it counts.
    pub(super) fn has_share(&self, used: u32) -> bool {
        has_share(used, self.limit.saturating_sub(self.used), self.limit)
    }

    /// The peer is told how many one-way calls have ended since it was forgotten.
    pub(super) fn tell(&mut self) -> u64 {
        self.used -= self.untold() as u32;
        self.told = self.finished;
        self.in_doubt = false;
        self.finished
    }

    /// The peer begins to count anew.
    pub(crate) fn count_anew(&mut self) {
        self.tell();
        (self.finished, self.told) = (0, 0);
    }
}

/// The credit for one object, and whether it is among those of which there is something to tell.
pub(crate) struct ObjectWindow {
    pub(crate) window: Window,
    pub(super) changed: bool,
}

impl ObjectWindow {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            window: Window::new(limit),
            changed: false,
        }
    }
}
