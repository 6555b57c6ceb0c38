//! What is asked of each peer. A case is written once, for all of them.

mod ask;
mod calls;
mod cores;
mod crowd;
mod fan_out;
mod flat;
mod held;
mod kill;
mod large;
mod latency;
mod push;
mod setting;

pub(crate) use setting::{Figure, Measured, Setting, Timed, Totals};

use crate::peers::{Outcome, Peer, Stop};

/// A case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    Latency,
    Calls,
    Push,
    Ask,
    FanOut,
    FanOutMany,
    Large,
    Held,
    Crowd,
    Kill,
    Flat,
    FlatMany,
    Cores,
    Compile,
    /// The client that is killed in `Kill`; nobody runs it by itself.
    Victim,
}

/// How a case is run to be counted.
#[derive(Clone, Copy)]
pub(crate) struct Counted {
    /// How often; and twice as often, so that the difference is free of all that happens once.
    pub(crate) times: u64,
    /// What one time consists of, calls or events.
    pub(crate) each: u64,
}

impl Case {
    /// Those that are run.
    pub(crate) const ALL: &[Self] = &[
        Self::Latency,
        Self::Calls,
        Self::Push,
        Self::Ask,
        Self::FanOut,
        Self::FanOutMany,
        Self::Large,
        Self::Held,
        Self::Crowd,
        Self::Kill,
        Self::Flat,
        Self::FlatMany,
        Self::Cores,
        Self::Compile,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Calls => "calls",
            Self::Push => "push",
            Self::Ask => "ask",
            Self::FanOut => "fan-out",
            Self::FanOutMany => "fan-out-many",
            Self::Large => "large",
            Self::Held => "held",
            Self::Crowd => "crowd",
            Self::Kill => "kill",
            Self::Flat => "flat",
            Self::FlatMany => "flat-many",
            Self::Cores => "cores",
            Self::Compile => "compile",
            Self::Victim => "victim",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.iter().chain([&Self::Victim]);
        all.find(|case| case.name() == name)
            .copied()
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|case| case.name()).collect();
                format!("there is no case `{name}`; there are: {}", names.join(", "))
            })
    }

    /// Whether both ends share one processor, so that what is measured is the path and not the
    /// processors' waking each other up.
    pub(crate) fn is_pinned(self) -> bool {
        self == Self::Latency
    }

    /// Whom it is about. Those that compare something with itself are about us, and about the floor.
    pub(crate) fn is_about(self, peer: &str) -> bool {
        match self {
            Self::Flat | Self::FlatMany | Self::Cores => matches!(peer, "floor" | "ringback"),
            Self::Compile => matches!(peer, "ringback" | "tarpc"),
            _ => true,
        }
    }

    /// Whether memory is what it is about.
    pub(crate) fn is_of_memory(self) -> bool {
        matches!(self, Self::Held | Self::Crowd)
    }

    /// How it is counted, if it is.
    pub(crate) fn counted(self) -> Option<Counted> {
        let (times, each) = match self {
            Self::Calls | Self::Ask => (20_000, 1),
            Self::Push => (50_000, 1),
            Self::FanOut => (50, fan_out::HELD),
            _ => return None,
        };
        Some(Counted { times, each })
    }

    /// Runs it, as the client of a server that runs already.
    pub(crate) async fn drive<P: Peer>(self, setting: &mut Setting) -> Outcome<()> {
        match self {
            Self::Latency => latency::drive::<P>(setting).await,
            Self::Calls => calls::drive::<P>(setting).await,
            Self::Push => push::drive::<P>(setting).await,
            Self::Ask => ask::drive::<P>(setting).await,
            Self::FanOut => fan_out::drive::<P>(setting).await,
            Self::FanOutMany => fan_out::drive_many::<P>(setting).await,
            Self::Large => large::drive::<P>(setting).await,
            Self::Held => held::drive::<P>(setting).await,
            Self::Crowd => crowd::drive::<P>(setting).await,
            Self::Kill => kill::drive::<P>(setting).await,
            Self::Flat => flat::drive::<P>(setting).await,
            Self::FlatMany => flat::drive_many::<P>(setting).await,
            Self::Cores => cores::drive::<P>(setting).await,
            Self::Compile => Err(Stop::Failed("the compiler has no client".to_owned())),
            Self::Victim => kill::be_victim::<P>(setting).await,
        }
    }
}
