//! How often each thing happened. What never happened was not soaked.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count that many threads add to.
#[derive(Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self) {
        self.add_all(1);
    }

    pub fn add_all(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
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
            /// What should not have happened.
            pub wrong: Count,
        }

        impl Tally {
            /// Each count and what it is of.
            pub fn counts(&self) -> Vec<(&'static str, u64)> {
                vec![$(($what, self.$name.get())),*]
            }
        }
    };
}

tally! {
    connections: "connections",
    calls: "calls answered",
    passed: "callbacks that were passed for one call and called in it",
    held: "callbacks that were kept",
    cancels: "calls given up",
    heard_in_group: "events heard as members of groups",
    heard_alone: "events heard by single callbacks",
    answered: "two-way callbacks answered",
    borrowed: "objects of the server that clients called",
    resumed: "sessions that were resumed after a break",
    let_go: "connections that ended by dropping the client",
    closed: "connections that the client closed",
    resets: "connections that were reset",
    ends: "connections that ended without a word",
    inside: "connections that broke inside of a frame",
}

impl Tally {
    /// Notes something that should not have happened, and prints the first of them.
    pub fn fail(&self, what: impl FnOnce() -> String) {
        const PRINTED: u64 = 20;
        if self.wrong.get() < PRINTED {
            println!("wrong: {}", what());
        }
        self.wrong.add();
    }
}
