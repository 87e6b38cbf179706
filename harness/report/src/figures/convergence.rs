//! A metric along a run: one line a solver, a band over replicates, a star where the method changes its phase.

use harness_core::{MetricInfo, Outcome};
use harness_plan::suite_file::XAxis;

use super::chart::{Chart, Note, Series};
use super::curve::{Curve, QUARTILES_FROM, on_line, summarised};
use super::group::{Group, groups};
use super::scale::ScaleKind;
use super::{Panel, Sheet};
use crate::campaign::{Picked, Run, TracePoint};

/// What is drawn.
pub(super) struct Convergence<'f> {
    pub(super) x: XAxis,
    pub(super) y: &'f str,
    pub(super) mark: Option<&'f str>,
}

pub(super) fn panel(sheet: &Sheet<'_, '_>, what: &Convergence<'_>, cells: &[Picked<'_>]) -> Panel {
    let y_scale = sheet.y_scale(what.y);
    let mut panel = Panel::default();
    let (mut series, mut sizes) = (Vec::new(), Vec::new());
    for group in groups(cells, sheet.file, None) {
        let curves: Vec<Curve> = group.cells.iter().filter_map(|c| curve(c, what)).collect();
        panel.count(&group, |c| curve(c, what).is_some());
        if curves.is_empty() {
            continue;
        }
        let (line, band) = summarised(&curves, y_scale);
        if curves.len() > 1 {
            sizes.push(curves.len());
        }
        let stars = star(&group, what, &line, y_scale).into_iter().collect();
        series.push((
            group.solver_label.to_owned(),
            Series { name: group.name, line, band, stars, ..Series::default() },
        ));
    }
    let x_scale = sheet.x_scale(series.iter().flat_map(|(_, s)| s.line.iter().map(|p| p.0)));
    if let Some(note) = band_note(&sizes) {
        panel.notes.push(Note::Band(note));
    }
    if let (Some(mark), true) = (what.mark, series.iter().any(|(_, s)| !s.stars.is_empty())) {
        panel.notes.push(Note::Star(format!("{mark} changes")));
    }
    panel.chart = Some(Chart {
        title: String::new(),
        x_label: sheet.x_label(&axis_label(what.x, sheet.work_unit())),
        y_label: sheet.y_label(&metric_label(what.y, &sheet.metrics)),
        x_scale,
        y_scale,
        series: Vec::new(),
        notes: Vec::new(),
    });
    panel.series = series;
    panel
}

fn band_note(sizes: &[usize]) -> Option<String> {
    let (least, most) = (sizes.iter().min()?, sizes.iter().max()?);
    let what = |n: &usize| if *n < QUARTILES_FROM { "min–max" } else { "quartiles" };
    Some(match (least == most, what(least) == what(most)) {
        (true, _) => format!("{} of {most} runs", what(most)),
        (false, true) => format!("{} of {least}–{most} runs", what(most)),
        (false, false) => format!("quartiles, below {QUARTILES_FROM} runs min–max"),
    })
}

fn coordinate(point: &TracePoint, x: XAxis) -> f64 {
    match x {
        XAxis::Iteration => point.step as f64,
        XAxis::Seconds => point.t_ns as f64 * 1e-9,
        XAxis::Work => point.work as f64,
    }
}

fn trace<'a>(run: Option<Run<'a>>, metric: &str) -> &'a [TracePoint] {
    run.and_then(|r| r.trace).and_then(|t| t.get(metric)).map_or(&[], Vec::as_slice)
}

fn curve(cell: &Picked<'_>, what: &Convergence<'_>) -> Option<Curve> {
    let points: Vec<(f64, f64)> = trace(cell.run, what.y)
        .iter()
        .map(|p| (coordinate(p, what.x), p.value))
        .filter(|(_, y)| y.is_finite())
        .collect();
    let finished = cell.run.is_some_and(|r| r.record.outcome == Outcome::Ok);
    (!points.is_empty()).then_some(Curve { points, finished })
}

/// Where the marked metric first changes: the median place over the runs, on the line.
fn star(
    group: &Group<'_>,
    what: &Convergence<'_>,
    line: &[(f64, f64)],
    scale: ScaleKind,
) -> Option<(f64, f64)> {
    let mark = what.mark?;
    let mut places: Vec<f64> = group
        .cells
        .iter()
        .filter_map(|c| {
            let changed = trace(c.run, mark).windows(2).find(|w| w[0].value != w[1].value)?;
            Some(coordinate(&changed[0], what.x))
        })
        .collect();
    places.sort_by(f64::total_cmp);
    let x = *places.get(places.len().checked_sub(1)? / 2)?;
    Some((x, on_line(line, x, scale)?))
}

/// The label of an axis along a run.
pub(super) fn axis_label(x: XAxis, work_unit: &str) -> String {
    match x {
        XAxis::Iteration => "iterations".to_owned(),
        XAxis::Seconds => "solver time (s)".to_owned(),
        XAxis::Work => format!("work ({work_unit})"),
    }
}

/// A metric's label with its unit; its name where nothing is known of it.
pub(super) fn metric_label(name: &str, metrics: &[MetricInfo]) -> String {
    match metrics.iter().find(|m| m.id == name) {
        None => name.to_owned(),
        Some(info) if info.unit.is_empty() => info.label.to_owned(),
        Some(info) => format!("{} ({})", info.label, info.unit),
    }
}
