//! Instructions, by valgrind's tool callgrind.

use std::path::Path;
use std::process::Command;

/// A program that runs under callgrind, and leaves its profile at `to`.
pub(crate) fn command(program: &Path, to: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg("--quiet")
        .arg(format!("--callgrind-out-file={}", to.display()))
        .arg(program);
    command
}

/// How many instructions a finished profile counts.
pub(crate) fn instructions(profile: &Path) -> Result<u64, String> {
    let text =
        std::fs::read_to_string(profile).map_err(|why| format!("{}: {why}", profile.display()))?;
    text.lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
        .ok_or_else(|| format!("{} has no totals", profile.display()))
}
