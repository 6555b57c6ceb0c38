//! What does not depend on the clock: instructions, allocations and system calls.
//!
//! Each case runs some number of times and, in another pair of processes, twice as often. The
//! difference is what the times cost, without what happens once.

use std::path::Path;
use std::thread;

use super::child::{self, ENDS, Manner, Scratch, Tool};
use crate::cases::{Case, Counted, Figure, Totals};
use crate::command::Selection;
use crate::measure::{callgrind, strace};
use crate::report::{Counts, Ends, leave};

/// Counts what was chosen, prints a table, and leaves it as a file.
pub(crate) fn count(selection: &Selection) -> Result<(), String> {
    let mut all = Vec::new();
    for &case in &selection.cases {
        for peer in &selection.peers {
            eprintln!("count {} {peer}", case.name());
            match of(case, peer, true) {
                Ok(counts) => all.push((case, *peer, counts)),
                Err(why) => eprintln!("{why}"),
            }
        }
    }
    leave::counts(&selection.out, &all)
}

/// Counts one case with one peer; system calls only if they are wanted.
pub(crate) fn of(case: Case, peer: &str, system_calls: bool) -> Result<Counts, String> {
    let counted = case
        .counted()
        .ok_or_else(|| format!("{} is not counted", case.name()))?;
    let mut counts = Counts {
        instructions: instructions(case, peer, counted)?,
        allocations: allocations(case, peer, counted)?,
        system_calls: None,
    };
    if system_calls {
        counts.system_calls = Some(strace_calls(case, peer, counted)?);
    }
    Ok(counts)
}

fn instructions(case: Case, peer: &str, counted: Counted) -> Result<Ends, String> {
    let run = |times: u64, processor: usize| {
        let scratch = Scratch::new(&format!("callgrind-{times}"))?;
        let manner = Manner {
            tool: Tool::Callgrind(scratch.path().to_owned()),
            ..steady(times, processor)
        };
        child::run(case, peer, &manner)?;
        let [client, server] = ENDS.map(|end| callgrind::instructions(&scratch.path().join(end)));
        Ok(Ends {
            client: client? as f64,
            server: server? as f64,
        })
    };
    difference(counted, run)
}

fn allocations(case: Case, peer: &str, counted: Counted) -> Result<Ends, String> {
    difference(counted, |times, processor| {
        let manner = Manner {
            counting: true,
            ..steady(times, processor)
        };
        let figures = child::run(case, peer, &manner)?;
        let totals = figures.iter().find_map(|figure| match figure {
            Figure::Totals(totals) => Some(totals),
            _ => None,
        });
        let Some(Totals { client, server }) = totals else {
            return Err(match figures.first() {
                Some(Figure::Unsupported(why)) => why.clone(),
                _ => "the client printed no totals".to_owned(),
            });
        };
        Ok(Ends {
            client: client.allocations as f64,
            server: server.allocations as f64,
        })
    })
}

fn strace_calls(case: Case, peer: &str, counted: Counted) -> Result<Ends, String> {
    let total = |folder: &Path, end: &str| strace::calls(&folder.join(end)).map(|(calls, _)| calls);
    // It runs at full speed in between, so it can run for longer.
    let longer = Counted {
        times: counted.times * 5,
        ..counted
    };
    difference(longer, |times, _| {
        let scratch = Scratch::new(&format!("strace-{times}"))?;
        // On as many threads as in earnest: their waking each other up belongs to it.
        let manner = Manner {
            tool: Tool::Strace(scratch.path().to_owned()),
            times: Some(times),
            ..Manner::default()
        };
        child::run(case, peer, &manner)?;
        Ok(Ends {
            client: total(scratch.path(), "client")? as f64,
            server: total(scratch.path(), "server")? as f64,
        })
    })
}

/// For counts that come out the same: one thread at each end, and both take turns on one processor.
fn steady(times: u64, processor: usize) -> Manner {
    Manner {
        pin: vec![processor],
        one_thread: true,
        times: Some(times),
        ..Manner::default()
    }
}

/// What twice as many times cost more than once as many, for one call or event. `run` gets the times and
/// a processor of its own.
fn difference(
    counted: Counted,
    run: impl Fn(u64, usize) -> Result<Ends, String> + Sync,
) -> Result<Ends, String> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let (once, twice) = if processors > 1 {
        thread::scope(|scope| {
            let once = scope.spawn(|| run(counted.times, 1));
            let twice = run(2 * counted.times, 0);
            (once.join(), twice)
        })
    } else {
        (Ok(run(counted.times, 0)), run(2 * counted.times, 0))
    };
    let (once, twice) = (once.map_err(|_| "a run panicked".to_owned())??, twice?);
    let each = (counted.times * counted.each) as f64;
    Ok(Ends {
        client: (twice.client - once.client) / each,
        server: (twice.server - once.server) / each,
    })
}
