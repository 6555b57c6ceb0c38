//! Chaos: callbacks and calls over TCP, through a proxy that breaks the connections all the time.
//!
//! ```text
//! cargo run --release -p ringback-tests --bin chaos -- --seed 1 --cuts 1000 --events 1000000 --calls 100000
//! ```
//!
//! Several clients pass callbacks to a server, which tells them of numbered events, one by one and in groups,
//! while the clients make numbered calls, some of which call back. Each client's connection goes through a proxy
//! of its own. The proxy cuts it at chosen points of the progress, at any byte, with resets, ends, half-closes
//! and silence; it stalls, and it cuts new connections in their handshake. Each event and call has to arrive
//! once, in its order and as it was sent; at the end every table has to be empty.
//!
//! The last line is `lost 0, doubled 0, disordered 0, left over 0`, and the status 0, only if all of that holds,
//! no session was lost, and all cuts were made while something was under way.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a program has no users of its items"
)]

mod body;
mod client;
mod course;
mod follower;
mod ledger;
mod proxy;
mod pump;
mod radio;
mod report;
mod row;
mod run;
mod tally;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// Numbered events and calls over connections that are cut.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// What chance begins with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many cuts there are, over all connections.
    #[arg(long, default_value_t = 1000)]
    cuts: u64,
    /// How many events there are, over all clients.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How many calls there are, over all clients.
    #[arg(long, default_value_t = 100_000)]
    calls: u64,
    /// How many clients there are.
    #[arg(long, default_value_t = 8)]
    clients: u64,
    /// How long a session waits for its link to come back, in seconds.
    #[arg(long, default_value_t = 30)]
    grace: u64,
    /// After how much silence an end asks for a sign of life, in milliseconds. If it is very short, the ends often
    /// give connections up themselves.
    #[arg(long, default_value_t = 150)]
    heartbeat: u64,
    /// Does not resume: the first cut must then be told as a loss.
    #[arg(long)]
    no_resume: bool,
}

impl Arguments {
    fn resume(&self) -> Option<Duration> {
        (!self.no_resume).then(|| Duration::from_secs(self.grace))
    }
}

fn main() -> ExitCode {
    let report = run::run(&Arguments::parse());
    print!("{report}");
    if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
