//! A soak: a thousand connections that come and go under load, and what is left of them.
//!
//! ```text
//! cargo run --release -p ringback-tests --bin soak -- --minutes 30
//! cargo run --release -p ringback-tests --bin soak -- --seconds 60 --connections 200
//! ```
//!
//! Clients connect over TCP, call, pass callbacks that are called one by one and in groups, give calls up, and
//! leave: politely, by a reset, or in the middle of a frame. Half of them resume after breaks. Every second memory, tasks, descriptors and the
//! tables of all sessions are noted. After a time to warm up memory must be flat, and at the end nothing may be
//! left. `--plot FILE` draws the figures as an SVG.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a program has no users of its items"
)]

mod cable;
mod plot;
mod run;
mod sample;
mod station;
mod tally;
mod trend;
mod verdict;
mod visitor;

use std::alloc::System;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cap::Cap;
use clap::Parser;

/// Counts what is allocated: unlike resident memory, it does not depend on how the allocator keeps its pages.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Connections that come and go for a long time.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// How long, in minutes.
    #[arg(long, default_value_t = 0)]
    minutes: u64,
    /// How long, in seconds, on top of the minutes.
    #[arg(long, default_value_t = 0)]
    seconds: u64,
    /// How many connections there are at a time.
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    /// How long a connection stays, on average, in seconds.
    #[arg(long, default_value_t = 15)]
    stay: u64,
    /// How long a client pauses between two steps, on average, in milliseconds.
    #[arg(long, default_value_t = 400)]
    pause: u64,
    /// What the clients' random steps begin with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Loses so many bytes with each connection, to see that the soak notices.
    #[arg(long, default_value_t = 0)]
    leak: usize,
    /// Where to draw the figures, as an SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Where to write the figures, as CSV.
    #[arg(long)]
    figures: Option<PathBuf>,
}

impl Arguments {
    fn duration(&self) -> Duration {
        match self.minutes * 60 + self.seconds {
            0 => Duration::from_secs(60),
            seconds => Duration::from_secs(seconds),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = run::run(&arguments);
    if let Some(path) = &arguments.figures {
        write(path, &outcome.csv());
    }
    if let Some(path) = &arguments.plot {
        write(path, &plot::svg(&outcome));
    }
    let verdict = verdict::judge(&outcome);
    print!("{verdict}");
    match verdict.failed() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn write(path: &std::path::Path, text: &str) {
    match std::fs::write(path, text) {
        Ok(()) => println!("wrote {}", path.display()),
        Err(error) => eprintln!("{} could not be written: {error}", path.display()),
    }
}
