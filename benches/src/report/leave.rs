//! Leaves results as files.

use std::path::Path;

use super::counts::{self, Counts};
use super::results::Results;
use crate::cases::Case;

/// Leaves `rounds.md`, `rounds.json` and the pictures.
pub(crate) fn rounds(folder: &Path, results: &Results) -> Result<(), String> {
    let tables: Vec<_> = results.cases().map(|case| results.table(case)).collect();
    write(folder, "rounds.md", &tables.join("\n"))?;
    write(folder, "rounds.json", &format!("{:#}\n", results.as_json()))?;
    #[cfg(feature = "plots")]
    super::plot::all(folder, results)?;
    Ok(())
}

/// Prints a table of counts and leaves it in `counts.md`.
pub(crate) fn counts(folder: &Path, all: &[(Case, &str, Counts)]) -> Result<(), String> {
    let table = counts::table(all);
    println!("{table}");
    write(folder, "counts.md", &table)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(name), text))
        .map_err(|why| format!("{}: {why}", folder.join(name).display()))
}
