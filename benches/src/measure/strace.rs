//! System calls, by `strace -c`.

use std::path::Path;
use std::process::Command;

/// A program whose system calls, and those of its threads, are counted into a table at `to`.
pub(crate) fn command(program: &Path, to: &Path) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["--follow-forks", "--summary-only", "--output"])
        .arg(to)
        .arg(program);
    command
}

/// How many calls a finished table counts, and those of each kind.
pub(crate) fn calls(table: &Path) -> Result<(u64, Vec<(String, u64)>), String> {
    let text =
        std::fs::read_to_string(table).map_err(|why| format!("{}: {why}", table.display()))?;
    let mut kinds = Vec::new();
    for line in text.lines() {
        // % time, seconds, usecs/call, calls, errors (or nothing), syscall
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, _, _, calls, .., name] = fields[..] else {
            continue;
        };
        let Ok(calls) = calls.parse::<u64>() else {
            continue;
        };
        if name == "total" {
            return Ok((calls, kinds));
        }
        kinds.push((name.to_owned(), calls));
    }
    Err(format!("{} has no total", table.display()))
}
