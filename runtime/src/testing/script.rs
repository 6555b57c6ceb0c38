//! Faults by chance, which come again with the same seed.

use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::connections::Direction;
use super::link::Link;
use super::pipe::Terms;
use super::random::Random;

/// A cut of a script falls when so many bytes have arrived at most, as a power of two.
const BITS_BEFORE_A_CUT: u64 = 12;

/// What is to happen to a link, by chance: a number of faults, each after a pause.
///
/// A new script has ten rounds with pauses of 10 to 100 ms, and no fault in them; each kind of fault has
/// a method that lets it occur. Of the kinds that may occur, each round draws one, all with the same
/// chance. Which one it is, when it happens and how long it takes is drawn from the seed of the link's
/// network.
///
/// ```
/// use std::time::Duration;
///
/// use ringback::testing::{Network, Script};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # tokio::time::pause(); // what a test says by `#[tokio::test(start_paused = true)]`
/// let millis = Duration::from_millis;
/// let script = Script::new()
///     .rounds(100)
///     .pauses(millis(1)..=millis(500))
///     .cuts(millis(0)..=millis(50))
///     .stalls(millis(100)..=millis(3000));
///
/// let link = Network::new(7).link();
/// let played = link.play(&script).await; // while others use the link
/// assert_eq!(played.cuts + played.stalls, 100);
///
/// let again = Network::new(7).link();
/// assert_eq!(again.play(&script).await, played);
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a script does nothing before a link plays it"]
pub struct Script {
    rounds: u32,
    pauses: RangeInclusive<Duration>,
    faults: Vec<Fault>,
}

#[derive(Clone, Debug)]
enum Fault {
    Cut(RangeInclusive<Duration>),
    Stall(RangeInclusive<Duration>),
    HalfClose,
    BlackHole,
    Delay(RangeInclusive<Duration>),
    Throttle(RangeInclusive<u64>),
}

/// What a script has done: how often each fault occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Played {
    /// Cuts.
    pub cuts: u32,
    /// Those of the cuts that fell while bytes arrived, and not in a silence.
    pub cuts_between_bytes: u32,
    /// Stalls, of one direction or of both.
    pub stalls: u32,
    /// Directions that were closed.
    pub half_closes: u32,
    /// Black holes.
    pub black_holes: u32,
    /// Changes of the delay.
    pub delays: u32,
    /// Changes of the rate.
    pub throttles: u32,
}

impl Script {
    /// Ten rounds with pauses of 10 to 100 ms, without a fault.
    pub fn new() -> Self {
        Self {
            rounds: 10,
            pauses: Duration::from_millis(10)..=Duration::from_millis(100),
            faults: Vec::new(),
        }
    }

    /// How many faults there are to be.
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// How long the link is left alone before each fault.
    pub fn pauses(mut self, pauses: RangeInclusive<Duration>) -> Self {
        self.pauses = pauses;
        self
    }

    /// The link may be [cut](Link::cut), and healed after so long. A cut falls up to 4 KiB into what
    /// arrives after the pause, mostly inside a frame; if nothing arrives, it falls after another pause.
    pub fn cuts(self, durations: RangeInclusive<Duration>) -> Self {
        self.with(Fault::Cut(durations))
    }

    /// The link may be [stalled](Link::stall), in one direction or in both, and healed after so long.
    pub fn stalls(self, durations: RangeInclusive<Duration>) -> Self {
        self.with(Fault::Stall(durations))
    }

    /// One direction of the connections may be [closed](Link::half_close).
    pub fn half_closes(self) -> Self {
        self.with(Fault::HalfClose)
    }

    /// The connections may be [forgotten](Link::black_hole).
    pub fn black_holes(self) -> Self {
        self.with(Fault::BlackHole)
    }

    /// The [delay](Link::delay) may change, to one of this range.
    pub fn delays(self, delays: RangeInclusive<Duration>) -> Self {
        self.with(Fault::Delay(delays))
    }

    /// The [rate](Link::throttle) may change, to so many bytes in a second; zero stands for no bound.
    pub fn throttles(self, bytes_per_second: RangeInclusive<u64>) -> Self {
        self.with(Fault::Throttle(bytes_per_second))
    }

    fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Link {
    /// Plays a script to its end, and tells what happened. At the end, and when the future is dropped
    /// before, the link is healed, and has the delay and the rate that it had before.
    pub async fn play(&self, script: &Script) -> Played {
        let _restored = Restore {
            link: self,
            terms: self.terms(),
        };
        let mut random = self.fork_random();
        let mut played = Played::default();
        for _ in 0..script.rounds {
            sleep(random.time(&script.pauses)).await;
            if script.faults.is_empty() {
                continue;
            }
            let fault = &script.faults[random.index(script.faults.len())];
            fault.happen(self, script, &mut random, &mut played).await;
        }
        played
    }
}

impl Fault {
    async fn happen(&self, link: &Link, script: &Script, random: &mut Random, played: &mut Played) {
        match self {
            Self::Cut(durations) => {
                // Few bytes as often as many: also inside of what is short.
                let most = 1 << random.number(&(0..=BITS_BEFORE_A_CUT));
                link.cut_after(random.number(&(1..=most)));
                let fell = timeout(random.time(&script.pauses), link.until_cut()).await;
                link.cut();
                played.cuts += 1;
                played.cuts_between_bytes += u32::from(fell.is_ok());
                sleep(random.time(durations)).await;
                link.heal();
            }
            Self::Stall(durations) => {
                match random.index(3) {
                    0 => link.stall_one(Direction::ToServer),
                    1 => link.stall_one(Direction::ToClient),
                    _ => link.stall(),
                }
                played.stalls += 1;
                sleep(random.time(durations)).await;
                link.heal();
            }
            Self::HalfClose => {
                link.half_close(any_direction(random));
                played.half_closes += 1;
            }
            Self::BlackHole => {
                link.black_hole();
                played.black_holes += 1;
            }
            Self::Delay(delays) => {
                link.delay(random.time(delays));
                played.delays += 1;
            }
            Self::Throttle(rates) => {
                link.throttle(random.number(rates));
                played.throttles += 1;
            }
        }
    }
}

fn any_direction(random: &mut Random) -> Direction {
    match random.index(2) {
        0 => Direction::ToServer,
        _ => Direction::ToClient,
    }
}

/// Makes the link sound again, however a script ends.
struct Restore<'a> {
    link: &'a Link,
    terms: [Terms; 2],
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.link.set_terms(self.terms);
        self.link.heal();
    }
}
