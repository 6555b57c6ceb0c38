//! The figures of a run as a picture.

use std::fmt::Write as _;

use crate::run::{Outcome, mebibytes};
use crate::sample::Sample;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 16.0;
const PANEL: f64 = 104.0;
const GAP: f64 = 40.0;
const TOP: f64 = 58.0;
/// More points than pixels show nothing.
const POINTS: usize = 600;

/// One row of figures.
struct Line {
    name: &'static str,
    colour: &'static str,
    figure: fn(&Sample) -> f64,
}

/// Rows of figures over the same time, with a scale of their own.
struct Panel {
    unit: &'static str,
    lines: Vec<Line>,
}

fn line(name: &'static str, colour: &'static str, figure: fn(&Sample) -> f64) -> Line {
    Line {
        name,
        colour,
        figure,
    }
}

fn panels() -> Vec<Panel> {
    const BLUE: &str = "#1f6fb4";
    const RED: &str = "#c2452d";
    vec![
        Panel {
            unit: "MiB",
            lines: vec![
                line("resident memory", BLUE, |sample| mebibytes(sample.resident)),
                line("heap", RED, |sample| mebibytes(sample.heap)),
            ],
        },
        Panel {
            unit: "sessions",
            lines: vec![line("of the server", BLUE, |sample| sample.sessions as f64)],
        },
        Panel {
            unit: "tasks",
            lines: vec![
                line("of the server", BLUE, |sample| sample.server_tasks as f64),
                line("of the clients", RED, |sample| sample.client_tasks as f64),
            ],
        },
        Panel {
            unit: "descriptors",
            lines: vec![line("of the process", BLUE, |sample| {
                sample.descriptors as f64
            })],
        },
        Panel {
            unit: "callbacks",
            lines: vec![line("held by the server", BLUE, |sample| {
                sample.imported as f64
            })],
        },
    ]
}

/// The picture.
pub fn svg(outcome: &Outcome) -> String {
    let panels = panels();
    let height = TOP + panels.len() as f64 * (PANEL + GAP);
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let title = format!(
        "Soak: {} connections at a time, {} in all, {} s",
        outcome.arguments.connections,
        outcome.tally.connections.get(),
        outcome.samples.len()
    );
    text(
        &mut out,
        LEFT,
        24.0,
        "start",
        &format!("<tspan font-size=\"15\">{title}</tspan>"),
    );
    for (index, panel) in panels.iter().enumerate() {
        let top = TOP + index as f64 * (PANEL + GAP);
        draw(&mut out, panel, outcome, top);
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, panel: &Panel, outcome: &Outcome, top: f64) {
    let samples = &outcome.samples;
    let end = samples.last().map_or(1.0, |last| last.at).max(1.0);
    let values = panel
        .lines
        .iter()
        .flat_map(|line| samples.iter().map(line.figure));
    let scale = Scale::of(values.fold(0.0, f64::max));
    let x = |at: f64| LEFT + at / end * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| top + PANEL - value / scale.top * PANEL;

    let warm = samples.get(outcome.warm_up).map_or(0.0, |sample| sample.at);
    let _ = writeln!(
        out,
        "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{:.1}\" height=\"{PANEL}\" fill=\"#eee\"/>",
        x(warm) - LEFT
    );
    for step in 0..=scale.steps {
        let value = scale.step * f64::from(step);
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {0:.1}H{1}\" stroke=\"#ccc\"/>",
            y(value),
            WIDTH - RIGHT
        );
        text(out, LEFT - 6.0, y(value) + 4.0, "end", &label(value));
    }
    let times = Scale::of(end / 60.0);
    for step in 0..=times.steps {
        let minutes = times.step * f64::from(step);
        if minutes * 60.0 <= end {
            let label = if step == 0 {
                "0 min".to_owned()
            } else {
                label(minutes)
            };
            text(out, x(minutes * 60.0), top + PANEL + 15.0, "middle", &label);
        }
    }
    let mut legend = format!("{}:", panel.unit);
    for line in &panel.lines {
        let every = samples.len().div_ceil(POINTS).max(1);
        let mut path = String::new();
        for sample in samples.iter().step_by(every) {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(
                path,
                "{command}{:.1} {:.1}",
                x(sample.at),
                y((line.figure)(sample))
            );
        }
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>",
            line.colour
        );
        let _ = write!(
            legend,
            "<tspan fill=\"{}\" dx=\"8\">{}</tspan>",
            line.colour, line.name
        );
    }
    text(out, LEFT, top - 7.0, "start", &legend);
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}

/// Steps below one are tenths.
fn label(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    format!("{tenths}")
}

/// A scale from 0 on in round steps.
struct Scale {
    step: f64,
    steps: u32,
    top: f64,
}

impl Scale {
    /// Two to five steps, which reach at least that far.
    fn of(highest: f64) -> Self {
        let highest = highest.max(0.1);
        let power = 10f64.powf(highest.log10().floor());
        let step = [0.2, 0.5, 1.0, 2.0]
            .into_iter()
            .map(|step| step * power)
            .find(|step| highest / step <= 5.0)
            .unwrap_or(power * 5.0);
        let steps = (highest / step).ceil();
        Self {
            step,
            steps: steps as u32,
            top: step * steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_reach_far_enough() {
        for (highest, step, steps) in [
            (1.0, 0.2, 5),
            (4.9, 1.0, 5),
            (5.1, 2.0, 3),
            (1003.0, 500.0, 3),
            (30.0, 10.0, 3),
        ] {
            let scale = Scale::of(highest);
            assert!(
                (scale.step - step).abs() < 1e-9,
                "{highest}: {}",
                scale.step
            );
            assert_eq!(scale.steps, steps, "{highest}");
            assert!(scale.top >= highest);
        }
    }
}
