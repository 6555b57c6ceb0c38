//! The figures of all rounds.

use std::collections::BTreeMap;

use super::number::short;
use super::table::Table;
use crate::cases::{Case, Figure, Measured};
use crate::peers;

/// What all rounds gave.
#[derive(Default)]
pub(crate) struct Results {
    cases: BTreeMap<Case, OfCase>,
}

#[derive(Default)]
struct OfCase {
    /// The order in which figures came first, with what is the same in each round.
    figures: Vec<Measured>,
    /// By peer and figure: a value for each round.
    values: BTreeMap<(&'static str, String), Vec<f64>>,
    unsupported: BTreeMap<&'static str, String>,
}

/// The values of one figure with one peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            (sorted.get(middle.checked_sub(1)?)? + sorted.get(middle)?) / 2.0
        } else {
            *sorted.get(middle)?
        };
        Some(Self {
            median,
            least: *sorted.first()?,
            most: *sorted.last()?,
        })
    }
}

impl Results {
    /// Adds what one client printed.
    pub(crate) fn add(&mut self, case: Case, peer: &'static str, figures: Vec<Figure>) {
        let of_case = self.cases.entry(case).or_default();
        for figure in figures {
            match figure {
                Figure::Measured(measured) => of_case.measured(peer, measured),
                Figure::Unsupported(why) => {
                    of_case.unsupported.insert(peer, why);
                }
                Figure::Totals(_) => {}
            }
        }
    }

    /// The cases that were run.
    pub(crate) fn cases(&self) -> impl Iterator<Item = Case> {
        self.cases.keys().copied()
    }

    /// The figures of a case.
    #[cfg(feature = "plots")]
    pub(crate) fn figures(&self, case: Case) -> &[Measured] {
        self.cases
            .get(&case)
            .map_or(&[], |of_case| &of_case.figures)
    }

    /// The values of one figure of a case with one peer.
    #[cfg(feature = "plots")]
    pub(crate) fn spread(&self, case: Case, figure: &str, peer: &'static str) -> Option<Spread> {
        Spread::of(self.cases.get(&case)?.values(peer, figure))
    }

    /// A table of a case: a row for each figure and peer.
    pub(crate) fn table(&self, case: Case) -> String {
        let mut table = Table::new(["figure", "peer", "median", "least", "most", "× floor"]);
        let Some(of_case) = self.cases.get(&case) else {
            return String::new();
        };
        for figure in &of_case.figures {
            for peer in peers::NAMES {
                let Some(spread) = Spread::of(of_case.values(peer, &figure.name)) else {
                    continue;
                };
                let ratio = of_case
                    .ratio(peer, &figure.name)
                    .map_or_else(String::new, short);
                table.row([
                    format!("{}, {}", figure.name, figure.unit),
                    (*peer).to_owned(),
                    short(spread.median),
                    short(spread.least),
                    short(spread.most),
                    ratio,
                ]);
            }
        }
        let mut text = format!("## {}\n\n{table}", case.name());
        for (peer, why) in &of_case.unsupported {
            text.push_str(&format!("\n{peer}: not supported, {why}\n"));
        }
        text
    }

    /// All values, for other programs.
    pub(crate) fn as_json(&self) -> serde_json::Value {
        let mut lines = Vec::new();
        for (case, of_case) in &self.cases {
            for ((peer, figure), values) in &of_case.values {
                lines.push(serde_json::json!({
                    "case": case.name(), "figure": figure, "peer": peer, "values": values,
                }));
            }
            for (peer, why) in &of_case.unsupported {
                lines.push(serde_json::json!({
                    "case": case.name(), "peer": peer, "unsupported": why,
                }));
            }
        }
        lines.into()
    }
}

impl OfCase {
    fn measured(&mut self, peer: &'static str, measured: Measured) {
        if self.figures.iter().all(|known| known.name != measured.name) {
            self.figures.push(measured.clone());
        }
        let values = self.values.entry((peer, measured.name)).or_default();
        values.push(measured.value);
    }

    fn values(&self, peer: &'static str, figure: &str) -> &[f64] {
        let key = (peer, figure.to_owned());
        self.values.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The median of the ratios to the floor within each round: what disturbs a round disturbs both.
    fn ratio(&self, peer: &'static str, figure: &str) -> Option<f64> {
        let floor = self.values(peers::NAMES.first()?, figure);
        let ratios: Vec<f64> = self
            .values(peer, figure)
            .iter()
            .zip(floor)
            .map(|(value, floor)| value / floor)
            .collect();
        Spread::of(&ratios).map(|spread| spread.median)
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = Spread::of(&[9.0, 1.0, 2.0]).unwrap();
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 2.0, 9.0));
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 9.0]).unwrap().median, 3.0);
        assert_eq!(Spread::of(&[]), None);
    }
}
