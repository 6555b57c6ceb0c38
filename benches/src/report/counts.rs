//! Counts of one case with one peer, for one call or event.

use super::number::short;
use super::table::Table;
use crate::cases::Case;

/// A count at both ends.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) client: f64,
    pub(crate) server: f64,
}

impl Ends {
    pub(crate) fn both(self) -> f64 {
        self.client + self.server
    }

    fn shown(self) -> String {
        format!(
            "{} ({} + {})",
            short(self.both()),
            short(self.client),
            short(self.server)
        )
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) instructions: Ends,
    pub(crate) allocations: Ends,
    pub(crate) system_calls: Option<Ends>,
}

/// A table of counts: both ends, and in brackets client and server.
pub(crate) fn table(all: &[(Case, &str, Counts)]) -> String {
    let mut table = Table::new([
        "case",
        "peer",
        "instructions",
        "allocations",
        "system calls",
    ]);
    for (case, peer, counts) in all {
        let system_calls = counts
            .system_calls
            .map_or_else(|| "–".to_owned(), Ends::shown);
        table.row([
            case.name().to_owned(),
            (*peer).to_owned(),
            counts.instructions.shown(),
            counts.allocations.shown(),
            system_calls,
        ]);
    }
    format!("For one call or event, both ends (client + server)\n\n{table}")
}
