//! The numbers of a figure as CSV.

use std::collections::BTreeMap;

use super::PanelView;
use super::chart::Whisker;
use crate::csv;
use crate::number::exact;

/// One row a drawn point: `panel,series,what,x,y,lo,hi`. `what` is `ours`, `switch` (a star) or `paper`; `lo` and `hi` are the
/// band or the interval at the same x.
pub(super) fn figure_csv(panels: &[PanelView]) -> String {
    let mut out: Vec<[String; 7]> = Vec::new();
    for panel in panels {
        for series in &panel.chart.series {
            let mut rows = |what: &str, points: &[(f64, f64)], whiskers: &[&[Whisker]]| {
                let spreads = whiskers.iter().rev().flat_map(|w| w.iter()).map(|w| (w.x.to_bits(), w));
                let spreads: BTreeMap<u64, &Whisker> = spreads.collect();
                for (x, y) in points {
                    let spread = spreads.get(&x.to_bits());
                    let end = |pick: fn(&Whisker) -> f64| spread.map_or_else(String::new, |w| exact(pick(w)));
                    let (lo, hi) = (end(|w| w.lo), end(|w| w.hi));
                    let (panel, name) = (panel.name.clone(), series.name.clone());
                    out.push([panel, name, what.to_owned(), exact(*x), exact(*y), lo, hi]);
                }
            };
            rows("ours", &series.line, &[&series.band, &series.bars]);
            rows("switch", &series.stars, &[]);
            rows("paper", &series.reported, &[&series.reported_bars]);
        }
    }
    csv::csv(&["panel", "series", "what", "x", "y", "lo", "hi"], out)
}
