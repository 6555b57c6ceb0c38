//! Callbacks under stress: clients register, call, clone, drop, cancel, panic, pass back, revoke and
//! disconnect at random, and are members of groups that are called, against a model of what must hold.
//!
//! ```text
//! cargo run --release -p ringback-tests --bin stress -- --seeds 1000 --first 1
//! cargo run --release -p ringback-tests --bin stress -- --seeds 1 --first 17 --trace
//! ```
//!
//! Each seed is a run of its own, on one thread with a paused clock: the same seed gives the same
//! run. Every tenth also goes over TCP with several threads. At the end every table of every session
//! must be empty, and every object dropped exactly once; and each member of a group must have heard each
//! call once and in order, for as long as it was in there.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a program has no users of its items"
)]

mod casts;
mod client;
mod connection;
mod ear;
mod expected;
mod fan;
mod hall;
mod hub;
mod ledger;
mod run;
mod tally;
mod tap;
mod task;
mod venue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::connection::Medium;
use crate::ledger::fingerprint;
use crate::run::Outcome;
use crate::tally::Tally;

/// Callbacks under stress.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Prints what happens, step by step.
    #[arg(long)]
    trace: bool,
}

/// One seed of so many is run twice, to see that it gives the same run again.
const REPEATED: u64 = 50;
/// One seed of so many also goes over TCP.
const OVER_TCP: u64 = 10;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    keep_meant_panics_quiet();
    let tally = Arc::<Tally>::default();
    let (mut passed, mut failed) = (0u64, 0u64);
    for seed in (0..arguments.seeds).map(|index| arguments.first + index) {
        let mut failures = seed_in_memory(seed, &tally, arguments.trace);
        if seed.is_multiple_of(OVER_TCP) {
            let outcome = guarded(seed, Medium::Tcp, &tally);
            failures.extend(
                outcome
                    .failures
                    .iter()
                    .map(|why| format!("over TCP: {why}")),
            );
        }
        for failure in &failures {
            println!("seed {seed}: {failure}");
        }
        if failures.is_empty() {
            passed += 1;
        } else {
            failed += 1;
            println!("seed {seed} failed; run it again: --seeds 1 --first {seed} --trace");
        }
    }

    let mut never = Vec::new();
    for (what, count) in tally.counts() {
        println!("{count:>10} {what}");
        if count == 0 {
            never.push(what);
        }
    }
    // A few seeds need not do everything.
    if arguments.seeds >= 100 && !never.is_empty() {
        println!("never happened, so not tested: {}", never.join(", "));
        failed += 1;
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn seed_in_memory(seed: u64, tally: &Arc<Tally>, trace: bool) -> Vec<String> {
    let outcome = guarded(seed, Medium::Memory, tally);
    if trace {
        print!("{}", outcome.trace);
    }
    let mut failures = outcome.failures;
    if seed.is_multiple_of(REPEATED) {
        let again = guarded(seed, Medium::Memory, tally);
        if fingerprint(&again.trace) != fingerprint(&outcome.trace) {
            failures.push("a second run of the same seed went another way".to_owned());
        }
    }
    failures
}

fn guarded(seed: u64, medium: Medium, tally: &Arc<Tally>) -> Outcome {
    let run = AssertUnwindSafe(|| run::run(seed, medium, tally));
    catch_unwind(run).unwrap_or_else(|_| Outcome {
        failures: vec!["the run panicked".to_owned()],
        trace: String::new(),
    })
}

/// Handlers panic on purpose, thousands of times.
fn keep_meant_panics_quiet() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str();
        if !text.is_some_and(|text| text.starts_with(ear::MEANT)) {
            report(panic);
        }
    }));
}
