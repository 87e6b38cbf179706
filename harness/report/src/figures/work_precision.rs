//! What it takes to reach each power of ten of a metric: the median over runs, as far as most runs get there.

use harness_plan::Expr;
use harness_plan::expr::{Cost, Relation};
use harness_plan::suite_file::XAxis;
use harness_stats::Censored;

use super::chart::{Chart, Note, Series};
use super::convergence::{axis_label, metric_label};
use super::group::groups;
use super::scale::ScaleKind;
use super::{Panel, Sheet};
use crate::campaign::Picked;
use crate::eval::{EvalError, evaluate};

pub(super) fn panel(sheet: &Sheet<'_, '_>, x: XAxis, y: &str, cells: &[Picked<'_>]) -> Panel {
    let mut panel = Panel::default();
    let mut series = Vec::new();
    for group in groups(cells, sheet.file, None) {
        panel.count(&group, |c| range(c, y).is_some());
        let line = line(&group.cells, x, y);
        if !line.is_empty() {
            let solver = group.solver_label.to_owned();
            series.push((solver, Series { name: group.name, line, every_point: true, ..Series::default() }));
        }
    }
    panel.notes.push(Note::Plain("median over runs, as far as most get there".to_owned()));
    panel.chart = Some(Chart {
        title: String::new(),
        x_label: sheet.x_label(&axis_label(x, sheet.work_unit())),
        y_label: sheet.y_label(&format!("{} reached", metric_label(y, &sheet.metrics))),
        x_scale: sheet.x_scale_from(3.0, series.iter().flat_map(|(_, s)| s.line.iter().map(|p| p.0))),
        y_scale: ScaleKind::Log,
        series: Vec::new(),
        notes: Vec::new(),
    });
    panel.series = series;
    panel
}

/// The largest and the smallest positive value of a run's trace.
fn range(cell: &Picked<'_>, metric: &str) -> Option<(f64, f64)> {
    let points = cell.run?.trace?.get(metric)?;
    let positive = points.iter().map(|p| p.value).filter(|v| v.is_finite() && *v > 0.0);
    let (hi, lo) = positive.fold((0.0, f64::INFINITY), |(hi, lo): (f64, f64), v| (hi.max(v), lo.min(v)));
    (hi > 0.0).then_some((hi, lo))
}

fn line(cells: &[Picked<'_>], x: XAxis, metric: &str) -> Vec<(f64, f64)> {
    let ranges: Vec<(f64, f64)> = cells.iter().filter_map(|c| range(c, metric)).collect();
    let start = ranges.iter().map(|r| r.0).fold(0.0, f64::max);
    let best = ranges.iter().map(|r| r.1).fold(f64::INFINITY, f64::min);
    if ranges.is_empty() {
        return Vec::new();
    }
    let (first, last) = (start.log10().floor() as i32, best.log10().floor() as i32);
    let mut line = Vec::new();
    for exponent in (last..=first).rev() {
        // The literal: 10f64.powi(-9) is not 1e-9.
        let Ok(level) = format!("1e{exponent}").parse::<f64>() else { continue };
        let cost = match x {
            XAxis::Iteration => Cost::Iterations,
            XAxis::Seconds => Cost::Wall,
            XAxis::Work => Cost::Work,
        };
        let reach = Expr::To {
            cost,
            metric: metric.to_owned(),
            relation: Relation::AtMost,
            threshold: level,
            patience: 0,
        };
        if let Some(median) = median_reached(cells, &reach) {
            line.push((median, level));
        }
    }
    line
}

/// The median cost over the runs; a run that never gets there, or failed before, counts as infinite. None where that is
/// the median.
fn median_reached(cells: &[Picked<'_>], reach: &Expr) -> Option<f64> {
    let cost = |cell: &Picked<'_>| match evaluate(reach, cell.run?) {
        Ok(Censored::Value(cost)) => Some(cost),
        Ok(Censored::AtLeast(_)) | Err(EvalError::Failed { .. }) => Some(f64::INFINITY),
        Err(_) => None,
    };
    let mut costs: Vec<f64> = cells.iter().filter_map(cost).collect();
    costs.sort_by(f64::total_cmp);
    let upper = *costs.get(costs.len() / 2)?;
    let lower = costs[(costs.len() - 1) / 2];
    upper.is_finite().then(|| f64::midpoint(lower, upper))
}
