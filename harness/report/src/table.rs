//! The papers' tables redrawn: ours beside the paper's, cell by cell.

use std::collections::BTreeMap;

use harness_plan::SuiteFile;
use harness_plan::suite_file::{Row, Table, TableCell};
use serde::Serialize;

use crate::Identity;
use crate::campaign::{Campaign, Picked};
use crate::claims::{ClaimResult, Shown, UsedRun, Verdict, used, writer};
use crate::csv::csv;
use crate::eval::{is_asked, unit_of};
use crate::number::{self, exact};
use crate::sample::Sample;

/// A table, redrawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it is in the paper.
    pub source: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<RowView>,
    /// A remark below it.
    pub note: Option<String>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowView {
    /// Its label.
    pub label: String,
    /// One a column; none where the table has nothing.
    pub cells: Vec<Option<CellView>>,
}

/// A number of a table, ours beside the paper's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellView {
    /// What is measured in each run.
    pub metric: String,
    /// `mean`, `median`, `geomean`, `min` or `max`.
    pub aggregate: String,
    /// The unit of both numbers.
    pub unit: String,
    /// Ours.
    pub estimate: Option<Shown>,
    /// The paper's.
    pub reported: Option<f64>,
    /// Ours over the paper's.
    pub ratio: Option<f64>,
    /// The claim about it.
    pub claim: Option<String>,
    /// The verdict on that claim.
    pub verdict: Option<Verdict>,
    /// Whether that claim is a proxy in this profile: shown and not counted.
    pub proxy: bool,
    /// Why there is no number of ours, or what is missing from it.
    pub reason: Option<String>,
    /// The runs behind it.
    pub runs: Vec<UsedRun>,
    /// Commands that run its cells again.
    pub commands: Vec<String>,
    /// Whether any of its cells was run in this campaign, with whatever outcome.
    #[serde(skip)]
    pub ran: bool,
    /// Whether any of its cells is asked for as much: a run that ends at a looser tolerance is not.
    #[serde(skip)]
    pub asked: bool,
}

impl TableView {
    /// Whether any of its cells was run in this campaign.
    pub(crate) fn ran(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).flatten().any(|cell| cell.ran)
    }
}

impl RowView {
    /// What all its cells have in common, if they have it.
    pub(crate) fn shared<'a, T: PartialEq>(
        &'a self,
        of: impl Fn(&'a CellView) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let mut cells = self.cells.iter().flatten();
        let first = of(cells.next()?)?;
        cells.all(|cell| of(cell) == Some(first)).then_some(first)
    }
}

impl CellView {
    /// How its numbers are written.
    fn show(&self) -> impl Fn(f64) -> String + '_ {
        writer(&self.unit, self.reported.is_some())
    }

    /// Ours as text, or a dash.
    pub fn ours_text(&self) -> String {
        self.estimate.as_ref().map_or_else(|| "–".to_owned(), |e| e.value_text(self.show()))
    }

    /// The interval and the number of replicates as text.
    pub fn interval_text(&self) -> String {
        self.estimate.as_ref().map_or_else(String::new, |e| {
            if matches!(self.aggregate.as_str(), "min" | "max") {
                return format!("{} of {}", self.aggregate, e.n);
            }
            let interval = e.interval_text(self.show());
            let gap = if interval.is_empty() { "" } else { ", " };
            format!("{interval}{gap}n = {}", e.n)
        })
    }

    /// The paper's number as text, or a dash.
    pub fn reported_text(&self) -> String {
        self.reported.map_or_else(|| "–".to_owned(), self.show())
    }

    /// The ratio as text, or a dash.
    pub fn ratio_text(&self) -> String {
        self.ratio.map_or_else(|| "–".to_owned(), number::times)
    }
}

/// A redrawn table as CSV, one line a cell.
pub(crate) fn table_csv(table: &TableView) -> String {
    let number = |x: Option<f64>| x.map(exact).unwrap_or_default();
    let line = |row: &RowView, column: &String, cell: &CellView| {
        let estimate = cell.estimate.as_ref();
        [
            row.label.clone(),
            column.clone(),
            number(estimate.map(|e| e.value)),
            number(estimate.and_then(|e| e.lo)),
            number(estimate.and_then(|e| e.hi)),
            estimate.map_or_else(String::new, |e| e.n.to_string()),
            number(cell.reported),
            number(cell.ratio),
            cell.verdict.map_or_else(String::new, |v| v.as_str().to_owned()),
            cell.reason.clone().unwrap_or_default(),
            cell.runs.iter().map(|r| r.run_id.to_string()).collect::<Vec<_>>().join(" "),
        ]
    };
    let lines = table.rows.iter().flat_map(|row| {
        let cells = table.columns.iter().zip(&row.cells);
        cells.filter_map(move |(column, cell)| Some(line(row, column, cell.as_ref()?)))
    });
    let header = ["row", "column", "ours", "lo", "hi", "n", "paper", "ratio", "verdict", "reason", "runs"];
    csv(&header, lines)
}

/// Redraws every table of the suite file.
pub(crate) fn draw(
    campaign: &Campaign<'_>,
    identity: &Identity,
    file: &SuiteFile,
    claims: &[ClaimResult],
) -> Vec<TableView> {
    let verdicts: BTreeMap<&str, &ClaimResult> = claims.iter().map(|c| (c.id.as_str(), c)).collect();
    let context = Context { campaign, identity, verdicts };
    file.tables.iter().map(|table| context.table(table)).collect()
}

/// Whether a column has a number of the paper, or a cell that is asked for what the column is about. Where all runs end at a
/// looser tolerance it would hold nothing but bounds.
fn is_shown(rows: &[RowView], column: usize) -> bool {
    let mut cells = rows.iter().filter_map(|row| row.cells[column].as_ref()).peekable();
    cells.peek().is_none() || cells.any(|cell| cell.asked || cell.reported.is_some())
}

struct Context<'a, 'c> {
    campaign: &'a Campaign<'c>,
    identity: &'a Identity,
    verdicts: BTreeMap<&'a str, &'a ClaimResult>,
}

impl Context<'_, '_> {
    fn table(&self, table: &Table) -> TableView {
        let mut rows: Vec<RowView> = table.rows.iter().map(|row| self.row(table, row)).collect();
        let shown: Vec<usize> = (0..table.columns.len()).filter(|at| is_shown(&rows, *at)).collect();
        for row in &mut rows {
            row.cells = shown.iter().map(|at| row.cells[*at].take()).collect();
        }
        TableView {
            id: table.id.to_string(),
            title: table.title.clone(),
            source: table.source.as_ref().map(ToString::to_string),
            columns: shown.iter().map(|at| table.columns[*at].to_string()).collect(),
            rows,
            note: table.note.clone(),
        }
    }

    fn row(&self, table: &Table, row: &Row) -> RowView {
        let cell = |column: &str| row.cells.iter().find(|(name, _)| **name == column).map(|(_, c)| c);
        RowView {
            label: row.label.clone(),
            cells: table.columns.iter().map(|c| cell(c).map(|cell| self.cell(row, cell))).collect(),
        }
    }

    fn cell(&self, row: &Row, cell: &TableCell) -> CellView {
        let sample = Sample::of(self.campaign, &[&row.select, &cell.select], &cell.metric.expr);
        let estimate = sample.estimate(self.campaign, &cell.metric.expr, cell.aggregate);
        let reported = cell.reported.map(|r| r.value);
        let reason = match &estimate {
            Err(_) if sample.measured.is_empty() => {
                Some(sample.explain_missing().unwrap_or_else(|| "the campaign plans no such cell".to_owned()))
            }
            Err(error) => Some(error.to_string()),
            Ok(_) => sample.explain_missing(),
        };
        let estimate = estimate.ok();
        let claim = cell.claim.as_ref().and_then(|id| self.verdicts.get(id.as_str()));
        let behind = sample.measured.iter().map(|m| &m.picked).chain(sample.missing.iter().map(|(p, _)| p));
        let behind: Vec<&Picked<'_>> = behind.collect();
        let is_asked = |picked: &&Picked<'_>| is_asked(&cell.metric.expr, &picked.cell.spec.stop);
        let asked = behind.is_empty() || behind.iter().any(is_asked);
        let metrics = self.campaign.suite().metrics();
        CellView {
            metric: cell.metric.expr.to_string(),
            aggregate: cell.aggregate.to_string(),
            unit: cell.unit.clone().unwrap_or_else(|| unit_of(&cell.metric.expr, &metrics)),
            ratio: estimate.as_ref().zip(reported).filter(|(_, r)| *r != 0.0).map(|(e, r)| e.value / r),
            estimate: estimate.as_ref().map(Shown::from),
            reported,
            claim: cell.claim.as_ref().map(ToString::to_string),
            verdict: claim.map(|c| c.verdict),
            proxy: claim.is_some_and(|c| c.proxy),
            reason,
            runs: sample.measured.iter().filter_map(|m| used("value", m)).collect(),
            commands: self.campaign.commands(self.identity, behind),
            ran: sample.ran(),
            asked,
        }
    }
}
