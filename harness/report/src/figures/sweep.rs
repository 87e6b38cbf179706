//! An expression against a parameter: error bars are 95 % intervals, the slope is on logarithms.

use harness_plan::Expr;
use harness_plan::suite_file::{Aggregate, ParamRef};
use harness_stats::Bound;

use super::chart::{Chart, Note, Series, Whisker};
use super::group::groups;
use super::scale::ScaleKind;
use super::{Panel, Sheet};
use crate::campaign::Picked;
use crate::claims::{fit, parameter};
use crate::eval::unit_of;
use crate::number;
use crate::sample::{Sample, count};

/// What is drawn.
pub(super) struct Sweep<'f> {
    pub(super) x: &'f ParamRef,
    pub(super) y: &'f Expr,
    pub(super) aggregate: Aggregate,
    pub(super) slope: bool,
}

pub(super) fn panel(sheet: &Sheet<'_, '_>, what: &Sweep<'_>, cells: &[Picked<'_>]) -> Panel {
    let mut panel = Panel::default();
    let (mut series, mut all_intervals) = (Vec::new(), true);
    for group in groups(cells, sheet.file, Some(what.x)) {
        let sample = Sample::over(group.cells.clone(), what.y);
        panel.count(&group, |c| sample.measured.iter().any(|m| m.picked.cell.key == c.cell.key));
        let line = line(sheet, what, &sample, &mut panel, &mut all_intervals);
        if line.line.is_empty() {
            continue;
        }
        let name = match slope(what, &sample) {
            Some(slope) => format!("{} (slope {slope})", group.name),
            None => group.name,
        };
        series.push((group.solver_label.to_owned(), Series { name, ..line }));
    }
    if series.iter().any(|(_, s)| !s.bars.is_empty()) {
        let bars = if all_intervals { "95 % interval" } else { "95 % interval, min–max of few runs" };
        panel.notes.push(Note::Plain(format!("{}, bars: {bars}", what.aggregate)));
    }
    let xs = || series.iter().flat_map(|(_, s)| s.line.iter().map(|p| p.0));
    let ys = || series.iter().flat_map(|(_, s)| s.line.iter().map(|p| p.1));
    let positive = xs().chain(ys()).all(|v| v > 0.0);
    let log = ScaleKind::Log;
    let unit = unit_of(what.y, &sheet.metrics);
    let y_label = if unit.is_empty() { what.y.to_string() } else { format!("{} ({unit})", what.y) };
    panel.chart = Some(Chart {
        title: String::new(),
        x_label: sheet.x_label(&what.x.name),
        y_label: sheet.y_label(&y_label),
        x_scale: if what.slope && positive { log } else { sheet.x_scale(xs()) },
        y_scale: if what.slope && positive { log } else { sheet.y_scale_of(ys()) },
        series: Vec::new(),
        notes: Vec::new(),
    });
    panel.series = series;
    panel
}

fn line(
    sheet: &Sheet<'_, '_>,
    what: &Sweep<'_>,
    sample: &Sample<'_>,
    panel: &mut Panel,
    all_intervals: &mut bool,
) -> Series {
    let mut places: Vec<f64> = sample.measured.iter().filter_map(|m| parameter(what.x, m)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let mut series = Series { every_point: true, ..Series::default() };
    let mut bounds = 0;
    for x in places {
        let here = sample.measured.iter().filter(|m| parameter(what.x, m) == Some(x)).copied().collect();
        let here = Sample { measured: here, missing: Vec::new() };
        let Ok(estimate) = here.estimate(sheet.campaign, what.y, what.aggregate) else { continue };
        bounds += usize::from(estimate.bound != Bound::Exact);
        series.line.push((x, estimate.value));
        let spread = || {
            let values = || here.measured.iter().map(|m| m.value.lower());
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
        };
        let (lo, hi) = estimate.interval().map_or_else(spread, |i| (i.lo, i.hi));
        if lo < hi {
            series.bars.push(Whisker { x, lo, hi });
            *all_intervals &= estimate.interval().is_some();
        }
    }
    let strays = sample.measured.iter().filter(|m| parameter(what.x, m).is_none()).count();
    if strays > 0 {
        panel.remarks.push(format!("{} without a number for `{}`", count(strays, "run", "runs"), what.x));
    }
    if bounds > 0 {
        let points = count(bounds, "point is a lower bound", "points are lower bounds");
        panel.remarks.push(format!("{points}: runs stopped at a limit before the target"));
    }
    series
}

/// The exponent with its interval; none where runs stopped at a limit or too few values were measured.
fn slope(what: &Sweep<'_>, sample: &Sample<'_>) -> Option<String> {
    if !what.slope || sample.censored() > 0 {
        return None;
    }
    let points = sample.measured.iter().filter_map(|m| Some((parameter(what.x, m)?, m.value.lower())));
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.unzip();
    let estimate = fit(&xs, &ys).ok()?;
    let value = number::short(estimate.value);
    Some(match estimate.interval() {
        Some(i) if i.lo < i.hi => format!("{value} {}", number::interval(i.lo, i.hi)),
        _ => value,
    })
}
