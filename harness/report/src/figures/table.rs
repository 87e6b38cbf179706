//! The numbers of a figure as CSV.

use std::fmt::Write as _;

use super::PanelView;
use super::chart::Whisker;
use crate::number::exact;

/// One row a drawn point: `panel,series,what,x,y,lo,hi`. `what` is `ours`, `switch` (a star) or `paper`; `lo` and `hi` are the
/// band or the interval at the same x.
pub(super) fn csv(panels: &[PanelView]) -> String {
    let mut out = String::from("panel,series,what,x,y,lo,hi\n");
    for panel in panels {
        for series in &panel.chart.series {
            let mut rows = |what: &str, points: &[(f64, f64)], whiskers: &[&[Whisker]]| {
                for (x, y) in points {
                    let spread = whiskers.iter().flat_map(|w| w.iter()).find(|w| w.x == *x);
                    let end = |pick: fn(&Whisker) -> f64| spread.map_or_else(String::new, |w| exact(pick(w)));
                    let (lo, hi) = (end(|w| w.lo), end(|w| w.hi));
                    let (panel, name) = (field(&panel.name), field(&series.name));
                    let _ = writeln!(out, "{panel},{name},{what},{},{},{lo},{hi}", exact(*x), exact(*y));
                }
            };
            rows("ours", &series.line, &[&series.band, &series.bars]);
            rows("switch", &series.stars, &[]);
            rows("paper", &series.reported, &[&series.reported_bars]);
        }
    }
    out
}

/// A field, quoted where RFC 4180 asks for it.
pub(crate) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
