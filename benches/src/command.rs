//! The command line: what users ask for, and what the program asks of its other processes.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::cases::Case;
use crate::peers;

/// What to do.
pub(crate) enum Command {
    /// Be a server.
    Serve(Process),
    /// Be a client.
    Drive(Drive),
    /// Run cases with peers, by the clock.
    Rounds(Selection),
    /// Count what they cost.
    Count(Selection),
    /// Show where the instructions go.
    Profile(Selection),
    /// Compare Ringback's counts with those that are kept.
    Check(Selection),
}

/// How a server or client runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    pub(crate) peer: String,
    /// On these processors only; on all if there are none.
    pub(crate) pin: Vec<usize>,
    /// On one thread, whatever the peer prefers: for counts that are to be the same each time.
    pub(crate) one_thread: bool,
    /// With allocations counted.
    pub(crate) counting: bool,
}

/// What a client drives.
pub(crate) struct Drive {
    pub(crate) process: Process,
    pub(crate) case: Case,
    pub(crate) service: SocketAddr,
    pub(crate) control: SocketAddr,
    pub(crate) quick: bool,
    /// Exactly so often, to be counted from outside.
    pub(crate) times: Option<u64>,
}

/// What the user chose.
pub(crate) struct Selection {
    pub(crate) cases: Vec<Case>,
    pub(crate) peers: Vec<&'static str>,
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
    /// Where results are left.
    pub(crate) out: PathBuf,
    /// Whether to keep new counts.
    pub(crate) write: bool,
}

const USAGE: &str = "\
ringback-benches [CASE [PEER ...]]          by the clock
ringback-benches count [CASE [PEER ...]]    instructions, allocations, system calls
ringback-benches profile CASE PEER          where the instructions go
ringback-benches check                      Ringback's counts against counts.json

  --quick         short rounds
  --rounds N      how many rounds (default 5, quick 3)
  --out DIR       where results are left (default results)
  --write         check: keep the new counts";

impl Command {
    /// Reads the arguments of this process.
    pub(crate) fn from_args() -> Result<Self, String> {
        let mut words = Vec::new();
        let mut flags = Flags::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--quick" => flags.quick = true,
                "--write" => flags.write = true,
                "--one-thread" => flags.one_thread = true,
                "--counting" => flags.counting = true,
                "--rounds" => flags.rounds = Some(number(&value()?)?),
                "--times" => flags.times = Some(number(&value()?)? as u64),
                "--pin" => flags.pin = numbers(&value()?)?,
                "--out" => flags.out = Some(value()?.into()),
                "--help" | "-h" => return Err(USAGE.to_owned()),
                flag if flag.starts_with('-') => return Err(format!("{flag}?\n\n{USAGE}")),
                _ => words.push(argument),
            }
        }
        flags.command(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[derive(Default)]
struct Flags {
    quick: bool,
    write: bool,
    one_thread: bool,
    counting: bool,
    rounds: Option<usize>,
    times: Option<u64>,
    pin: Vec<usize>,
    out: Option<PathBuf>,
}

impl Flags {
    fn command(self, words: &[&str]) -> Result<Command, String> {
        Ok(match words {
            ["serve", peer] => Command::Serve(self.process(peer)),
            ["drive", case, peer, service, control] => Command::Drive(Drive {
                process: self.process(peer),
                case: Case::named(case)?,
                service: address(service)?,
                control: address(control)?,
                quick: self.quick,
                times: self.times,
            }),
            ["count", chosen @ ..] => {
                let mut selection = self.selection(chosen)?;
                selection.cases.retain(|case| case.counted().is_some());
                Command::Count(selection)
            }
            ["profile", case, peer] => Command::Profile(self.selection(&[case, peer])?),
            ["check"] => Command::Check(self.selection(&[])?),
            chosen => Command::Rounds(self.selection(chosen)?),
        })
    }

    fn process(&self, peer: &str) -> Process {
        Process {
            peer: peer.to_owned(),
            pin: self.pin.clone(),
            one_thread: self.one_thread,
            counting: self.counting,
        }
    }

    fn selection(self, chosen: &[&str]) -> Result<Selection, String> {
        let (cases, peers) = match chosen {
            [] => (Case::ALL.to_vec(), peers::NAMES.to_vec()),
            [case] => (vec![Case::named(case)?], peers::NAMES.to_vec()),
            [case, peers @ ..] => {
                let peers: Result<_, _> = peers.iter().map(|name| peer(name)).collect();
                (vec![Case::named(case)?], peers?)
            }
        };
        Ok(Selection {
            cases,
            peers,
            quick: self.quick,
            rounds: self.rounds.unwrap_or(if self.quick { 3 } else { 5 }),
            out: self.out.unwrap_or_else(|| "results".into()),
            write: self.write,
        })
    }
}

fn peer(name: &str) -> Result<&'static str, String> {
    let found = peers::NAMES.iter().find(|known| **known == name);
    found.copied().ok_or_else(|| {
        format!(
            "there is no peer `{name}` here; there are: {}",
            peers::NAMES.join(", ")
        )
    })
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number"))
}

fn numbers(text: &str) -> Result<Vec<usize>, String> {
    text.split(',').map(number).collect()
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not an address"))
}
