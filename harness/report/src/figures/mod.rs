//! Figures: convergence along a run, a sweep over a parameter, work against precision. Each panel as SVG and PNG, each
//! figure as CSV.

mod chart;
mod convergence;
mod curve;
mod group;
mod legend;
mod page;
mod paint;
mod scale;
mod style;
mod sweep;
mod table;
mod thin;
mod work_precision;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use harness_core::{MetricInfo, Outcome, RunId};
use harness_plan::SuiteFile;
use harness_plan::suite_file::{Figure, FigureKind, ReportedSeries, draw::AxisScale};

use crate::campaign::{Campaign, Picked};
use crate::comparison::with_added;
use crate::sample::count;

pub use chart::{Chart, Note, Series, Whisker};
pub use legend::Key;
pub use paint::FigureError;
pub use scale::{Axis, ScaleKind, Tick};
pub(crate) use thin::thinned;

/// What other pictures are drawn with.
pub(crate) mod draw {
    pub(crate) use super::page::fitted;
    pub(crate) use super::paint::{Brush, INK, Picture, Type, elements, escape, png, svg, text_width};
    pub(crate) use super::style::look;
}

use group::Group;
use page::Plot;

/// A drawn figure.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it is in the paper.
    pub source: Option<String>,
    /// Its panels; those for which nothing was run are left out.
    pub panels: Vec<PanelView>,
    /// Every number that is drawn: the file's name below `figures/` is the figure's id.
    pub csv: String,
}

/// A drawn panel.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelView {
    /// The name of its files, without extension.
    pub name: String,
    /// What is drawn.
    pub chart: Chart,
    /// A sentence for those who cannot see it.
    pub alt: String,
    /// The plot for a page, without its legend, first as it is declared, then on other axes.
    pub plots: Vec<PlotView>,
    /// Its legend for a page.
    pub keys: Vec<Key>,
    /// An SVG file.
    pub svg: String,
    /// A PNG file.
    pub png: Vec<u8>,
    /// What a reader should know: cells without data, points that are bounds.
    pub remarks: Vec<String>,
    /// The runs behind it.
    pub runs: Vec<RunId>,
}

/// A plot for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlotView {
    /// The scale of its x axis.
    pub x: ScaleKind,
    /// The scale of its y axis.
    pub y: ScaleKind,
    /// An SVG element, in which what belongs to series `i` is in groups with `data-series="i"`.
    pub svg: String,
}

/// What the panels of a figure share.
struct Sheet<'a, 'c> {
    campaign: &'a Campaign<'c>,
    file: &'a SuiteFile,
    figure: &'a Figure,
    metrics: Vec<MetricInfo>,
}

/// A panel in the making: series with the label of their solver.
#[derive(Default)]
struct Panel {
    chart: Option<Chart>,
    series: Vec<(String, Series)>,
    notes: Vec<Note>,
    remarks: Vec<String>,
    runs: Vec<RunId>,
}

impl Panel {
    /// Notes which runs are behind a group, and why cells give nothing to draw.
    fn count(&mut self, group: &Group<'_>, drawn: impl Fn(&Picked<'_>) -> bool) {
        self.runs.extend(group.cells.iter().filter_map(|c| c.run.map(|r| r.record.run_id)));
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for cell in group.cells.iter().filter(|c| !drawn(c)) {
            let reason = match (cell.run.map(|r| r.record.outcome), &cell.cell.skip) {
                (None | Some(Outcome::Skipped), Some(reason)) => format!("skipped: {reason}"),
                (None, None) => "not run yet".to_owned(),
                (Some(Outcome::Ok), _) => "without data".to_owned(),
                (Some(outcome), _) => format!("ended with `{outcome}`"),
            };
            *reasons.entry(reason).or_default() += 1;
        }
        for (reason, n) in reasons {
            self.remarks.push(format!("{}: {} {reason}", group.name, count(n, "cell", "cells")));
        }
    }
}

impl Sheet<'_, '_> {
    fn work_unit(&self) -> &str {
        self.campaign.suite().work_unit
    }

    fn x_label(&self, default: &str) -> String {
        self.figure.x_label.clone().unwrap_or_else(|| default.to_owned())
    }

    fn y_label(&self, default: &str) -> String {
        self.figure.y_label.clone().unwrap_or_else(|| default.to_owned())
    }

    /// As the file says; else logarithmic where the values span two orders of magnitude.
    fn x_scale(&self, xs: impl Iterator<Item = f64>) -> ScaleKind {
        self.x_scale_from(100.0, xs)
    }

    /// As the file says; else logarithmic where the values span `factor`.
    fn x_scale_from(&self, factor: f64, xs: impl Iterator<Item = f64>) -> ScaleKind {
        self.figure.x_scale.map_or_else(|| spanning(xs, factor), kind_of)
    }

    fn y_scale_of(&self, ys: impl Iterator<Item = f64>) -> ScaleKind {
        self.figure.y_scale.map_or_else(|| spanning(ys, 30.0), kind_of)
    }

    /// As the file says; else as the metric is drawn.
    fn y_scale(&self, metric: &str) -> ScaleKind {
        let own = self.metrics.iter().find(|m| m.id == metric).map(|m| match m.scale {
            harness_core::Scale::Linear => ScaleKind::Linear,
            harness_core::Scale::Log => ScaleKind::Log,
        });
        self.figure.y_scale.map_or(own.unwrap_or(ScaleKind::Linear), kind_of)
    }
}

/// The name of a scale, as in YAML.
pub(crate) fn scale_name(kind: ScaleKind) -> &'static str {
    match kind {
        ScaleKind::Linear => AxisScale::Linear.as_str(),
        ScaleKind::Log => AxisScale::Log.as_str(),
    }
}

fn kind_of(scale: AxisScale) -> ScaleKind {
    match scale {
        AxisScale::Linear => ScaleKind::Linear,
        AxisScale::Log => ScaleKind::Log,
    }
}

/// Logarithmic where positive values span `factor`. A zero, such as the first step, does not count.
fn spanning(values: impl Iterator<Item = f64>, factor: f64) -> ScaleKind {
    let (mut lo, mut hi) = (f64::INFINITY, 0.0_f64);
    for v in values {
        if v < 0.0 {
            return ScaleKind::Linear;
        }
        if v > 0.0 {
            (lo, hi) = (lo.min(v), hi.max(v));
        }
    }
    if hi >= factor * lo { ScaleKind::Log } else { ScaleKind::Linear }
}

/// A chart as an SVG file on white paper.
///
/// # Errors
///
/// When the drawing library refuses.
pub fn chart_svg(chart: &Chart) -> Result<String, FigureError> {
    paint::svg(chart).map_err(|message| FigureError { figure: chart.title.clone(), message })
}

/// Draws every figure of the suite file.
///
/// # Errors
///
/// When the drawing library refuses.
pub(crate) fn draw(campaign: &Campaign<'_>, file: &SuiteFile) -> Result<Vec<FigureView>, FigureError> {
    let metrics = campaign.suite().metrics();
    let view = |figure| figure_view(&Sheet { campaign, file, figure, metrics: metrics.clone() });
    file.figures.iter().map(view).collect()
}

fn figure_view(sheet: &Sheet<'_, '_>) -> Result<FigureView, FigureError> {
    let figure = sheet.figure;
    // A series has one look in all panels.
    let mut names: Vec<String> = Vec::new();
    let mut panels = Vec::new();
    for index in 0..figure.panels.len() {
        panels.extend(panel_view(sheet, index, &mut names)?);
    }
    let csv = table::figure_csv(&panels);
    Ok(FigureView {
        id: figure.id.to_string(),
        title: figure.title.clone(),
        source: figure.source.as_ref().map(ToString::to_string),
        panels,
        csv,
    })
}

fn panel_view(
    sheet: &Sheet<'_, '_>,
    index: usize,
    names: &mut Vec<String>,
) -> Result<Option<PanelView>, FigureError> {
    let figure = sheet.figure;
    let select = &figure.panels[index].select;
    let mut cells = with_added(sheet.campaign, sheet.file, select);
    if let FigureKind::Sweep { x, .. } = &figure.kind {
        let declared: Vec<_> =
            sheet.campaign.select(&[select]).iter().map(|picked| &picked.cell.key).collect();
        // A solver that is added has a place on the axis, or none in the figure.
        cells.retain(|picked| x.of(&picked.cell.spec).is_some() || declared.contains(&&picked.cell.key));
    }
    if cells.iter().all(|c| c.run.is_none_or(|run| run.record.outcome == Outcome::Skipped)) {
        return Ok(None);
    }
    let mut panel = match &figure.kind {
        FigureKind::Convergence { x, y, mark } => {
            let mark = mark.as_ref().map(|m| m.as_str());
            convergence::panel(sheet, &convergence::Convergence { x: *x, y: y.as_str(), mark }, &cells)
        }
        FigureKind::Sweep { x, y, aggregate, slope } => {
            sweep::panel(sheet, &sweep::Sweep { x, y: &y.expr, aggregate: *aggregate, slope: *slope }, &cells)
        }
        FigureKind::WorkPrecision { x, y } => work_precision::panel(sheet, *x, y.as_str(), &cells),
    };
    for reported in figure.reported.iter().filter(|r| r.panel == index) {
        add_reported(&mut panel, reported);
    }
    if panel.series.iter().any(|(_, s)| !s.reported.is_empty()) {
        panel.notes.push(Note::Reported("the paper's".to_owned()));
    }
    for (_, series) in &mut panel.series {
        // The slope in a name differs between panels; the look belongs to what is before it.
        let name = series.name.split(" (slope").next().unwrap_or_default().to_owned();
        series.look = names.iter().position(|n| *n == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
    }
    let mut chart = panel.chart.take().unwrap_or_else(Chart::empty);
    chart.title = figure.panels[index].title.clone().unwrap_or_else(|| figure.title.clone());
    chart.notes = panel.notes;
    chart.series = panel.series.into_iter().map(|(_, s)| s).collect();
    if chart.y_scale == ScaleKind::Log {
        let hidden = chart.series.iter().flat_map(|s| &s.line).filter(|p| p.1 <= 0.0).count();
        if hidden > 0 {
            let points = count(hidden, "point at or below zero is", "points at or below zero are");
            panel.remarks.push(format!("{points} not shown on the logarithmic axis"));
        }
    }
    let id = figure.id.as_str();
    let name = if figure.panels.len() == 1 { id.to_owned() } else { format!("{id}-{}", index + 1) };
    let drawn = self::panel(chart, name, panel.remarks, panel.runs);
    drawn.map(Some).map_err(|message| FigureError { figure: id.to_owned(), message })
}

/// Draws a chart in every form that a panel has.
pub(crate) fn panel(
    chart: Chart,
    name: String,
    remarks: Vec<String>,
    mut runs: Vec<RunId>,
) -> Result<PanelView, String> {
    let alt = alt_text(&chart);
    runs.sort_unstable();
    runs.dedup();
    Ok(PanelView {
        name,
        plots: plots(&chart, &alt)?,
        keys: chart.keys()?,
        svg: paint::svg(&chart)?,
        png: paint::png(&chart)?,
        chart,
        alt,
        remarks,
        runs,
    })
}

/// A chart for a page, and on other axes where that makes sense.
fn plots(chart: &Chart, alt: &str) -> Result<Vec<PlotView>, String> {
    let charts = std::iter::once(chart.clone()).chain(chart.on_other_axes());
    charts
        .map(|chart| Ok(PlotView { x: chart.x_scale, y: chart.y_scale, svg: inline(&chart, alt)? }))
        .collect()
}

fn inline(chart: &Chart, alt: &str) -> Result<String, String> {
    let (mut groups, mut size) = (String::new(), (0, 0));
    for layer in chart.layers() {
        let (elements, drawn) = paint::elements(&Plot(chart, layer))?;
        size = drawn;
        match layer.series() {
            None => groups.push_str(&elements),
            Some(series) => {
                let _ = write!(groups, "<g data-series=\"{series}\">{elements}</g>");
            }
        }
    }
    let (width, height) = size;
    let label = paint::escape(alt);
    Ok(format!("<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width} {height}\">{groups}</svg>"))
}

/// Adds the paper's points to the line of their solver; where that label has several lines, or none, they are a series of
/// their own.
fn add_reported(panel: &mut Panel, reported: &ReportedSeries) {
    let own: Vec<usize> =
        (0..panel.series.len()).filter(|i| panel.series[*i].0 == *reported.series).collect();
    let at = if let [only] = own[..] {
        only
    } else {
        let name = format!("{} (paper)", *reported.series);
        panel.series.push((name.clone(), Series { name, ..Series::default() }));
        panel.series.len() - 1
    };
    let series = &mut panel.series[at].1;
    series.reported.extend(&reported.points);
    if let Some(error) = reported.error {
        let bar = |(x, y): &(f64, f64)| Whisker { x: *x, lo: y / (1.0 + error), hi: y * (1.0 + error) };
        series.reported_bars.extend(reported.points.iter().map(bar));
    }
}

fn alt_text(chart: &Chart) -> String {
    let names: Vec<&str> = chart.series.iter().map(|s| s.name.as_str()).collect();
    let what = if names.is_empty() { "no data yet".to_owned() } else { names.join(", ") };
    format!("{}: {} against {} for {what}", chart.title, chart.y_label, chart.x_label)
}
