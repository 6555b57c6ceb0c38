//! How often each thing happened, over all seeds. What never happened was not tested.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count that many threads add to.
#[derive(Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! tally {
    ($($name:ident: $what:literal),* $(,)?) => {
        /// The counts.
        #[derive(Default)]
        pub struct Tally {
            $(pub $name: Count,)*
        }

        impl Tally {
            /// Each count and what it is of.
            pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($what, self.$name.get())),*].into_iter()
            }
        }
    };
}

tally! {
    registrations: "registrations",
    calls: "calls answered",
    events: "one-way events delivered",
    cancels: "cancels",
    panics: "panics in handlers",
    passed_back: "objects passed back to their owner",
    forwarded: "calls forwarded to a third session",
    nested: "calls inside calls",
    leases: "leases",
    revocations: "revocations",
    joined: "members that joined a group",
    replaced: "members that another replaced",
    casts: "casts to a group",
    casts_heard: "casts heard by a member",
    casts_given_up: "casts given up",
    members_failed: "members that failed a cast",
    members_left: "members that closed and left",
    asks: "groups asked",
    asks_given_up: "groups asked, and not all answers taken",
    crossed_releases: "releases that crossed an introduction",
    crossed_revocations: "revocations that crossed a call",
    disconnects: "disconnects",
    disconnects_in_call: "disconnects in a call",
}
