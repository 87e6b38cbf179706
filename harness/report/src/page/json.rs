//! All that the page shows, for programs. `docs/report.md` describes it.

use serde::Serialize;

use super::Parts;
use super::view::{CellRow, EnvironmentChanges, Fact, Failure, PageView};
use crate::claims::{ClaimResult, Headline};
use crate::comparison::ComparisonView;
use crate::figures::{FigureView, PanelView, Series, Whisker, scale_name, thinned};
use crate::rankings::RankingView;
use crate::table::TableView;
use crate::timing::Timing;
use crate::{Identity, Link};

/// The version of the document: it changes when a field goes away or means something else.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    title: &'a str,
    papers: &'a [String],
    campaign: &'a str,
    suite: &'a str,
    profile: &'a str,
    overrides: &'a [String],
    code_key: &'a str,
    env_key: &'a str,
    summary: &'a str,
    warnings: &'a [String],
    headline: Headline,
    sentence: String,
    claims: &'a [ClaimResult],
    tables: &'a [TableView],
    comparisons: &'a [ComparisonView],
    rankings: &'a [RankingView],
    figures: Vec<Figure<'a>>,
    timing: Option<&'a Timing>,
    failures: &'a [Failure],
    skipped: Vec<Skipped<'a>>,
    cells: &'a [CellRow],
    environment: &'a [Fact],
    environment_changes: Option<&'a EnvironmentChanges>,
    provenance: &'a [Fact],
    files: Vec<&'a Link>,
}

#[derive(Serialize)]
struct Skipped<'a> {
    reason: &'a str,
    cells: usize,
}

#[derive(Serialize)]
struct Figure<'a> {
    id: &'a str,
    title: &'a str,
    source: Option<&'a str>,
    panels: Vec<Panel<'a>>,
}

#[derive(Serialize)]
struct Panel<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    x_label: &'a str,
    y_label: &'a str,
    x_scale: &'static str,
    y_scale: &'static str,
    series: Vec<Line<'a>>,
    remarks: &'a [String],
    runs: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    ours: Vec<(f64, f64)>,
    band: Vec<Whisker>,
    bars: &'a [Whisker],
    switches: &'a [(f64, f64)],
    paper: &'a [(f64, f64)],
    paper_bars: &'a [Whisker],
}

impl<'a> Line<'a> {
    /// As it is drawn: of long lines the points that are drawn. The figure's CSV has all of them.
    fn of(series: &'a Series) -> Self {
        Self {
            name: &series.name,
            ours: thinned(&series.line, |p| p.0, |p| p.1),
            band: thinned(&series.band, |w| w.x, |w| w.hi),
            bars: &series.bars,
            switches: &series.stars,
            paper: &series.reported,
            paper_bars: &series.reported_bars,
        }
    }
}

impl<'a> Panel<'a> {
    fn of(panel: &'a PanelView) -> Self {
        let chart = &panel.chart;
        Self {
            name: &panel.name,
            title: &chart.title,
            description: &panel.alt,
            x_label: &chart.x_label,
            y_label: &chart.y_label,
            x_scale: scale_name(chart.x_scale),
            y_scale: scale_name(chart.y_scale),
            series: chart.series.iter().map(Line::of).collect(),
            remarks: &panel.remarks,
            runs: panel.runs.iter().map(ToString::to_string).collect(),
        }
    }
}

impl<'a> Figure<'a> {
    fn of(figure: &'a FigureView) -> Self {
        Self {
            id: &figure.id,
            title: &figure.title,
            source: figure.source.as_deref(),
            panels: figure.panels.iter().map(Panel::of).collect(),
        }
    }
}

/// The document as text.
pub(crate) fn json(parts: &Parts<'_>, identity: &Identity) -> Result<String, serde_json::Error> {
    let page: &PageView = parts.page;
    let headline = Headline::of(parts.claims);
    let document = Document {
        schema: SCHEMA,
        title: &page.title,
        papers: &page.papers,
        campaign: &identity.campaign_id,
        suite: &identity.suite,
        profile: &identity.profile,
        overrides: &identity.overrides,
        code_key: identity.code_key.as_str(),
        env_key: identity.env_key.as_str(),
        summary: &page.summary,
        warnings: &page.warnings,
        headline,
        sentence: headline.sentence(),
        claims: parts.claims,
        tables: parts.tables,
        comparisons: parts.comparisons,
        rankings: parts.rankings,
        figures: parts.figures.iter().map(Figure::of).collect(),
        timing: parts.timing,
        failures: &page.failures,
        skipped: page.skipped.iter().map(|(reason, cells)| Skipped { reason, cells: *cells }).collect(),
        cells: &page.cells,
        environment: &page.environment,
        environment_changes: page.environment_changes.as_ref(),
        provenance: &page.provenance,
        files: page.downloads.iter().flat_map(|group| &group.links).collect(),
    };
    Ok(serde_json::to_string(&document)? + "\n")
}
