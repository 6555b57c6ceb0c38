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
    crossed_releases: "releases that crossed an introduction",
    crossed_revocations: "revocations that crossed a call",
    disconnects: "disconnects",
    disconnects_in_call: "disconnects in a call",
}
