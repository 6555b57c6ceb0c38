//! Pictures: a bar for each peer, from the least to the most that it reached.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use super::number::short;
use super::results::{Results, Spread};
use crate::cases::Case;
use crate::peers;

/// What is drawn: a case and one of its figures.
const DRAWN: &[(Case, &str)] = &[
    (Case::Latency, "p50"),
    (Case::Calls, "64 in flight"),
    (Case::Push, "events"),
    (Case::Ask, "64 in flight"),
    (Case::FanOut, "one connection"),
];

const WIDTH: u32 = 720;
const BAR: u32 = 34;
const MARGIN: u32 = 60;

/// Draws what there are figures of, each into a file of its own.
pub(crate) fn all(folder: &Path, results: &Results) -> Result<(), String> {
    for (case, figure) in DRAWN {
        let bars: Vec<_> = peers::NAMES
            .iter()
            .filter_map(|peer| Some((*peer, results.spread(*case, figure, peer)?)))
            .collect();
        let unit = results
            .figures(*case)
            .iter()
            .find(|known| known.name == *figure);
        if let Some(measured) = unit {
            let title = format!("{}, {figure}: {}", case.name(), measured.unit);
            let file = folder.join(format!("{}.svg", case.name()));
            draw(&file, &title, &bars).map_err(|why| format!("{}: {why}", file.display()))?;
        }
    }
    Ok(())
}

fn draw(file: &Path, title: &str, bars: &[(&str, Spread)]) -> Result<(), Box<dyn Error>> {
    let height = MARGIN + BAR * u32::try_from(bars.len())?;
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let most = bars
        .iter()
        .map(|(_, spread)| spread.most)
        .fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 16))
        .margin(8)
        .margin_right(80)
        .y_label_area_size(110)
        .build_cartesian_2d(0.0..most * 1.02, (0..bars.len()).into_segmented())?;
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .y_labels(bars.len())
        .y_label_style(("sans-serif", 13))
        .y_label_formatter(&|segment| match segment {
            // The first bar stands at the top.
            SegmentValue::CenterOf(at) => name(bars, *at),
            _ => String::new(),
        })
        .draw()?;
    for (at, (peer, spread)) in bars.iter().rev().enumerate() {
        let color = if peer.starts_with("ringback") {
            RGBColor(196, 78, 32)
        } else {
            RGBColor(120, 132, 150)
        };
        let mut bar = Rectangle::new(
            [
                (0.0, SegmentValue::Exact(at)),
                (spread.median, SegmentValue::Exact(at + 1)),
            ],
            color.filled(),
        );
        bar.set_margin(5, 5, 0, 0);
        chart.draw_series([bar])?;
        let middle = SegmentValue::CenterOf(at);
        let range = [
            (spread.least, middle.clone()),
            (spread.most, middle.clone()),
        ];
        chart.draw_series([PathElement::new(range, BLACK.stroke_width(1))])?;
        let label = Text::new(
            format!("  {}", short(spread.median)),
            (spread.most, middle),
            ("sans-serif", 13),
        );
        chart.draw_series([label])?;
    }
    area.present()?;
    Ok(())
}

fn name(bars: &[(&str, Spread)], at: usize) -> String {
    let from_top = bars.len().checked_sub(at + 1);
    from_top.map_or_else(String::new, |at| bars[at].0.to_owned())
}
