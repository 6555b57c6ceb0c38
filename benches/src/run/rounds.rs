//! By the clock: rounds in which every peer has its turn.

use super::child::{self, Manner};
use super::compile;
use crate::cases::{Case, Figure, Measured};
use crate::command::Selection;
use crate::report::{Results, leave};

/// Runs what was chosen, prints a table for each case, and leaves all of it as files.
pub(crate) fn rounds(selection: &Selection) -> Result<(), String> {
    let mut results = Results::default();
    for &case in &selection.cases {
        for round in 0..selection.rounds {
            for peer in selection.peers.iter().filter(|peer| case.is_about(peer)) {
                eprintln!("{} {}/{} {peer}", case.name(), round + 1, selection.rounds);
                let figures = once(case, peer, selection.quick).unwrap_or_else(|why| {
                    eprintln!("{why}");
                    vec![Figure::Unsupported("failed".to_owned())]
                });
                results.add(case, peer, figures);
            }
        }
        println!("{}", results.table(case));
    }
    leave::rounds(&selection.out, &results)
}

fn once(case: Case, peer: &str, quick: bool) -> Result<Vec<Figure>, String> {
    let manner = Manner {
        pin: if case.is_pinned() { vec![0] } else { vec![] },
        counting: case.is_of_memory(),
        quick,
        ..Manner::default()
    };
    match case {
        Case::Compile => compile::measure(peer, quick),
        Case::Cores => cores(peer, &manner),
        _ => child::run(case, peer, &manner),
    }
}

/// On one processor, on two, and the ratio.
fn cores(peer: &str, manner: &Manner) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    let mut rates = Vec::new();
    for (label, processors) in [("one core", vec![0]), ("two cores", vec![0, 1])] {
        let pinned = Manner {
            pin: processors,
            ..manner.clone()
        };
        for figure in child::run(Case::Cores, peer, &pinned)? {
            let Figure::Measured(measured) = figure else {
                return Ok(vec![figure]);
            };
            if measured.more_is_better {
                rates.push(measured.value);
            }
            figures.push(Figure::Measured(Measured {
                name: format!("{label}, {}", measured.name),
                ..measured
            }));
        }
    }
    if let [one, two] = rates[..] {
        figures.push(Figure::Measured(Measured {
            name: "two over one".to_owned(),
            unit: "times".to_owned(),
            value: two / one,
            more_is_better: true,
        }));
    }
    Ok(figures)
}
