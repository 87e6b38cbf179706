//! The report as one HTML file that needs nothing else.

use harness_core::printable;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as TemplateValue};
use minijinja::{AutoEscape, Environment, Error, Output, State, escape_formatter};
use serde::Serialize;

use super::comparisons::Comparison;
use super::rankings::Ranking;
use super::timings::Timings;
use super::view::PageView;
use super::{Parts, transcribed_notes};
use crate::claims::{ClaimResult, Headline, UsedRun, Verdict, p_value, parts};
use crate::figures::{FigureView, PanelView, scale_name};
use crate::number;
use crate::table::{CellView, RowView, TableView};

/// The page, and what it includes.
const TEMPLATES: [(&str, &str); 5] = [
    ("report.html", include_str!("report.html")),
    ("macros.html", include_str!("macros.html")),
    ("comparisons.html", include_str!("comparisons.html")),
    ("rankings.html", include_str!("rankings.html")),
    ("timings.html", include_str!("timings.html")),
];
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The table of all cells is folded from this many on.
const FOLDED_FROM: usize = 20;

/// Renders the page.
pub(crate) fn html(parts: &Parts<'_>) -> Result<String, Error> {
    let mut environment = escaping();
    environment.add_filter("shortened", shortened);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, template) in TEMPLATES {
        environment.add_template(name, template)?;
    }
    let Parts { page, claims, .. } = *parts;
    let headline = Headline::of(claims);
    let tiles: Vec<Tile> = Verdict::ALL
        .into_iter()
        .map(|v| Tile {
            class: class(v),
            sign: v.sign(),
            name: v.as_str(),
            full: headline.full.get(v),
            proxy: headline.proxy.get(v),
        })
        .collect();
    let (run, not_run): (Vec<&ClaimResult>, Vec<&ClaimResult>) = claims.iter().partition(|c| c.ran);
    let context = Context {
        page,
        style: STYLE,
        script: SCRIPT,
        sentence: headline.sentence(),
        tiles,
        standing_out: standing_out(claims),
        any_full: headline.full.total() > 0,
        notes: transcribed_notes(&run),
        claims: run.into_iter().map(Claim::of).collect(),
        claims_not_run: not_run.into_iter().map(Claim::of).collect(),
        comparisons: parts.comparisons.iter().filter(|c| !c.tables.is_empty()).map(Comparison::of).collect(),
        comparisons_not_run: titles(parts.comparisons, |c| c.tables.is_empty(), |c| &c.title),
        rankings: parts.rankings.iter().filter(|r| r.ran).map(Ranking::of).collect(),
        rankings_not_run: titles(parts.rankings, |r| !r.ran, |r| &r.title),
        timings: parts.timing.map(Timings::of),
        tables: parts.tables.iter().filter(|t| t.ran()).map(Table::of).collect(),
        tables_not_run: titles(parts.tables, |t| !t.ran(), |t| &t.title),
        figures: parts.figures.iter().filter(|f| !f.panels.is_empty()).map(Figure::of).collect(),
        figures_not_run: titles(parts.figures, |f| f.panels.is_empty(), |f| &f.title),
        fold_cells: page.cells.len() >= FOLDED_FROM,
    };
    environment.get_template("report.html")?.render(TemplateValue::from(Serde(&context)))
}

/// Where templates of pages are rendered: everything is escaped, whatever a template is called, and no text that is put in
/// holds what a terminal would act on.
pub fn escaping() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(format_printable);
    environment
}

/// Writes a value as it is shown by default, but for what a terminal would act on.
fn format_printable(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &TemplateValue,
) -> Result<(), Error> {
    match value.as_str().filter(|_| !value.is_safe()) {
        Some(text) => escape_formatter(out, state, &TemplateValue::from(printable(text))),
        None => escape_formatter(out, state, value),
    }
}

/// The beginning of a text that is said in full elsewhere.
fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).collect::<String>() + "…"
}

/// The titles of what was not run in this profile.
fn titles<T>(all: &[T], not_run: fn(&T) -> bool, title: fn(&T) -> &String) -> Vec<&str> {
    all.iter().filter(|x| not_run(x)).map(|x| title(x).as_str()).collect()
}

#[derive(Serialize)]
struct Context<'a> {
    page: &'a PageView,
    style: &'static str,
    script: &'static str,
    sentence: String,
    tiles: Vec<Tile>,
    standing_out: Vec<StandingOut<'a>>,
    any_full: bool,
    claims: Vec<Claim<'a>>,
    /// How the papers' numbers were obtained.
    notes: Vec<&'static str>,
    claims_not_run: Vec<Claim<'a>>,
    comparisons: Vec<Comparison<'a>>,
    comparisons_not_run: Vec<&'a str>,
    rankings: Vec<Ranking<'a>>,
    rankings_not_run: Vec<&'a str>,
    timings: Option<Timings>,
    tables: Vec<Table<'a>>,
    tables_not_run: Vec<&'a str>,
    figures: Vec<Figure<'a>>,
    figures_not_run: Vec<&'a str>,
    fold_cells: bool,
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "good",
        Verdict::Contradicted => "bad",
        Verdict::Inconclusive => "open",
        Verdict::NotRun => "none",
    }
}

/// The ids of runs, for data attributes.
pub(super) fn run_ids(runs: &[UsedRun]) -> String {
    runs.iter().map(|r| r.run_id.to_string()).collect::<Vec<_>>().join(" ")
}

fn ratio_text(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), number::times)
}

/// A number for `data-sort`.
pub(super) fn sort_key(value: Option<f64>) -> String {
    value.map(number::exact).unwrap_or_default()
}

#[derive(Serialize)]
struct Tile {
    class: &'static str,
    sign: &'static str,
    name: &'static str,
    full: usize,
    proxy: usize,
}

/// Claims that a reader looks for first.
#[derive(Serialize)]
struct StandingOut<'a> {
    class: &'static str,
    sign: &'static str,
    name: &'static str,
    claims: Vec<Named<'a>>,
}

/// A claim by its name.
#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    proxy: bool,
}

/// The claims that were not reproduced although something was run for them.
fn standing_out(claims: &[ClaimResult]) -> Vec<StandingOut<'_>> {
    let group = |verdict: Verdict| StandingOut {
        class: class(verdict),
        sign: verdict.sign(),
        name: verdict.as_str(),
        claims: claims
            .iter()
            .filter(|c| c.verdict == verdict && c.ran)
            .map(|c| Named { id: &c.id, proxy: c.proxy })
            .collect(),
    };
    let groups = [Verdict::Contradicted, Verdict::Inconclusive].map(group);
    groups.into_iter().filter(|group| !group.claims.is_empty()).collect()
}

#[derive(Serialize)]
struct Claim<'a> {
    id: &'a str,
    statement: &'a str,
    source: &'a str,
    transcribed: String,
    /// What is measured and how runs become one number.
    metric: String,
    region_from: &'a str,
    pairing: Option<&'a str>,
    p: Option<String>,
    /// The numbers that it is about, where there are several, below their heading.
    parts: Vec<Vec<String>>,
    note: Option<&'a str>,
    class: &'static str,
    sign: &'static str,
    verdict: &'static str,
    order: usize,
    proxy: bool,
    better: bool,
    value: String,
    interval: String,
    /// The numbers by which columns are sorted.
    sort_value: String,
    sort_reported: String,
    sort_ratio: String,
    n: usize,
    method: &'static str,
    reported: String,
    region: String,
    ratio: String,
    remark: String,
    runs: String,
    values: Vec<Value>,
    commands: &'a [String],
}

#[derive(Serialize)]
struct Value {
    run: String,
    cell: String,
    role: &'static str,
    text: String,
}

impl<'a> Claim<'a> {
    fn of(claim: &'a ClaimResult) -> Self {
        let estimate = claim.estimate.as_ref();
        let value = |run: &UsedRun| Value {
            run: run.run_id.to_string(),
            cell: run.cell_key.to_string(),
            role: run.role,
            text: format!("{}{}", if run.at_least { "≥ " } else { "" }, number::significant(run.value, 4)),
        };
        Self {
            id: &claim.id,
            statement: &claim.statement,
            source: &claim.source,
            transcribed: claim.transcribed_text(),
            metric: claim.metric_text(),
            region_from: &claim.region_from,
            pairing: claim.pairing.as_deref(),
            p: claim.p.map(|_| p_value(claim)),
            parts: parts(&claim.parts, claim),
            note: claim.note.as_deref(),
            class: class(claim.verdict),
            sign: claim.verdict.sign(),
            verdict: claim.verdict.as_str(),
            order: Verdict::ALL.iter().position(|v| *v == claim.verdict).unwrap_or_default(),
            proxy: claim.proxy,
            better: claim.better,
            value: estimate.map_or_else(|| "–".to_owned(), |e| e.value_text(claim.show())),
            interval: estimate.map_or_else(String::new, |e| e.interval_text(claim.show())),
            sort_value: sort_key(estimate.map(|e| e.value)),
            sort_reported: sort_key(claim.reported),
            sort_ratio: sort_key(claim.ratio),
            n: estimate.map_or(0, |e| e.n),
            method: estimate.map_or("", |e| e.method),
            reported: claim.reported_text(),
            region: claim.region_text(),
            ratio: ratio_text(claim.ratio),
            remark: claim.remark_text(),
            runs: run_ids(&claim.runs),
            values: claim.runs.iter().map(value).collect(),
            commands: &claim.commands,
        }
    }
}

#[derive(Serialize)]
struct Table<'a> {
    id: &'a str,
    title: &'a str,
    source: Option<&'a str>,
    note: Option<&'a str>,
    columns: &'a [String],
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    label: &'a str,
    /// Why none of its cells has a number, where that is one reason.
    reason: Option<&'a str>,
    /// Commands that run all of it again, where they are the same for each of its cells.
    commands: &'a [String],
    cells: Vec<Option<Cell<'a>>>,
}

#[derive(Serialize)]
struct Cell<'a> {
    column: &'a str,
    ours: String,
    interval: String,
    reported: String,
    ratio: String,
    class: &'static str,
    sign: &'static str,
    verdict: &'static str,
    proxy: bool,
    claim: Option<&'a str>,
    metric: String,
    reason: Option<&'a str>,
    runs: String,
    commands: &'a [String],
}

impl<'a> Table<'a> {
    fn of(table: &'a TableView) -> Self {
        let cell = |(column, cell): (&'a String, &'a Option<CellView>)| {
            cell.as_ref().map(|cell| Cell {
                column,
                ours: cell.ours_text(),
                interval: cell.interval_text(),
                reported: cell.reported_text(),
                ratio: cell.ratio_text(),
                class: cell.verdict.map_or("", class),
                sign: cell.verdict.map_or("", Verdict::sign),
                verdict: cell.verdict.map_or("", Verdict::as_str),
                proxy: cell.proxy,
                claim: cell.claim.as_deref(),
                metric: format!("{} of {}", cell.aggregate, cell.metric),
                reason: cell.reason.as_deref(),
                runs: run_ids(&cell.runs),
                commands: &cell.commands,
            })
        };
        let row = |row: &'a RowView| {
            let reason = row.shared(|cell| cell.reason.as_ref().filter(|_| cell.estimate.is_none()));
            let commands = row.shared(|cell| Some(&cell.commands));
            let cell = |pair| {
                cell(pair).map(|cell| Cell {
                    reason: cell.reason.filter(|_| reason.is_none()),
                    commands: if commands.is_none() { cell.commands } else { &[] },
                    ..cell
                })
            };
            Row {
                label: &row.label,
                cells: table.columns.iter().zip(&row.cells).map(cell).collect(),
                reason: reason.map(String::as_str),
                commands: commands.map_or(&[], Vec::as_slice),
            }
        };
        Self {
            id: &table.id,
            title: &table.title,
            source: table.source.as_deref(),
            note: table.note.as_deref(),
            columns: &table.columns,
            rows: table.rows.iter().map(row).collect(),
        }
    }
}

#[derive(Serialize)]
struct Figure<'a> {
    id: &'a str,
    title: &'a str,
    source: Option<&'a str>,
    panels: Vec<Panel<'a>>,
}

#[derive(Serialize)]
pub(super) struct Panel<'a> {
    name: &'a str,
    plots: Vec<Plot<'a>>,
    keys: Vec<Key<'a>>,
    runs: String,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct Plot<'a> {
    x: &'static str,
    y: &'static str,
    svg: &'a str,
}

#[derive(Serialize)]
struct Key<'a> {
    series: Option<usize>,
    symbol: &'a str,
    text: &'a str,
}

impl<'a> Panel<'a> {
    pub(super) fn of(panel: &'a PanelView) -> Self {
        Self {
            name: &panel.name,
            plots: panel
                .plots
                .iter()
                .map(|plot| Plot { x: scale_name(plot.x), y: scale_name(plot.y), svg: &plot.svg })
                .collect(),
            keys: panel
                .keys
                .iter()
                .map(|key| Key { series: key.series, symbol: &key.symbol, text: &key.text })
                .collect(),
            runs: panel.runs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            remarks: &panel.remarks,
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
