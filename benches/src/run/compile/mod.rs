//! The compiler's time: a small program from clean, the same after its trait was touched, and a trait of a
//! hundred methods. And how much there is to compile for one method.

mod many;
mod project;

use crate::cases::{Figure, Measured};
use project::{Cost, Project};

/// Methods of the large trait.
const METHODS: usize = 100;
/// How often the trait is touched.
const TOUCHES: usize = 5;

/// Measures what a user of that peer waits for.
pub(super) fn measure(peer: &str, quick: bool) -> Result<Vec<Figure>, String> {
    let project = Project::new(peer)?;
    let mut figures = Vec::new();

    let clean = project.cargo(&["build"], &[])?;
    note(&mut figures, "from clean, with dependencies", clean);

    let mut touched = Vec::new();
    for turn in 0..if quick { 2 } else { TOUCHES } {
        project.touch_trait(turn)?;
        touched.push(project.cargo(&["build"], &[])?);
    }
    touched.sort_by_key(|cost| cost.cpu);
    note(&mut figures, "trait touched", touched[touched.len() / 2]);

    let whole = [("CARGO_INCREMENTAL", "0")];
    for command in ["check", "build"] {
        project.write_main("fn main() {}\n")?;
        project.cargo(&[command], &whole)?;
        project.write_main(&many::program(peer, METHODS))?;
        let cost = project.cargo(&[command], &whole)?;
        note(&mut figures, &format!("{METHODS} methods, {command}"), cost);
    }

    let lines = |methods| -> Result<f64, String> {
        project.write_main(&many::trait_alone(peer, methods))?;
        Ok(project.expanded()?.lines().count() as f64)
    };
    let (one, more) = (lines(1)?, lines(11)?);
    let each = (more - one) / 10.0;
    less(&mut figures, "expansion of a method", "lines", each);
    let rest = one - each;
    less(&mut figures, "expansion of the rest", "lines", rest);
    Ok(figures)
}

fn note(figures: &mut Vec<Figure>, name: &str, cost: Cost) {
    let cpu = cost.cpu.as_secs_f64();
    less(figures, &format!("{name}, CPU"), "s", cpu);
    less(figures, name, "s", cost.elapsed.as_secs_f64());
}

fn less(figures: &mut Vec<Figure>, name: &str, unit: &str, value: f64) {
    figures.push(Figure::Measured(Measured {
        name: name.to_owned(),
        unit: unit.to_owned(),
        value,
        more_is_better: false,
    }));
}
