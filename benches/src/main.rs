//! What a call, a push and a held callback cost: Ringback beside what others would use instead, and
//! beside the floor, which is what the bytes themselves cost.
//!
//! ```text
//! cargo run --release                        every case with every peer
//! cargo run --release -- CASE [PEER …]       one case, with some peers (the floor is always among them)
//! cargo run --release -- --quick             short rounds
//! cargo run --release -- count [CASE [PEER …]]  instructions, allocations and system calls per call
//! cargo run --release -- profile CASE PEER   where the instructions go
//! cargo run --release -- check               Ringback's counts against those in counts.json
//! ```
//!
//! Server and client are processes of their own, this very program started again: `serve PEER` and
//! `drive CASE PEER …`.

mod cases;
mod command;
mod control;
mod drive;
mod item;
mod measure;
mod peers;
mod report;
mod run;
mod serve;

use std::process::ExitCode;

use command::Command;

fn main() -> ExitCode {
    let done = match Command::from_args() {
        Ok(Command::Serve(options)) => serve::run(options),
        Ok(Command::Drive(options)) => drive::run(options),
        Ok(Command::Rounds(options)) => run::rounds(&options),
        Ok(Command::Count(options)) => run::count(&options),
        Ok(Command::Profile(options)) => run::profile(&options),
        Ok(Command::Check(options)) => run::check(&options),
        Err(why) => Err(why),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
