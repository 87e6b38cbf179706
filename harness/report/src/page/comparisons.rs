//! Comparisons as the template takes them, and as Markdown.

use std::fmt::Write as _;

use serde::Serialize;

use super::html::{run_ids, sort_key};
use super::markdown::{code, text};
use crate::comparison::{ComparisonView, EntryView, PeerFacts, ProblemView, Standing};
use crate::number;

#[derive(Serialize)]
pub(super) struct Comparison<'a> {
    id: &'a str,
    title: &'a str,
    note: Option<&'a str>,
    metric: &'a str,
    best: &'a str,
    warnings: &'a [String],
    tables: Vec<Problem<'a>>,
    absent: &'a [String],
    peers: Vec<Peer<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    name: &'a str,
    columns: &'a [String],
    against: String,
    remarks: &'a [String],
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    peer: bool,
    entries: Vec<Option<Entry<'a>>>,
    commands: &'a [String],
}

#[derive(Serialize)]
struct Entry<'a> {
    value: String,
    /// The number by which the column is sorted.
    sort: String,
    measured: bool,
    interval: String,
    ratio: String,
    standing: &'static str,
    best: bool,
    note: Option<&'a str>,
    reason: Option<&'a str>,
    runs: String,
}

#[derive(Serialize)]
struct Peer<'a> {
    id: &'a str,
    source: &'a str,
    versions: String,
    import: String,
    compile: String,
}

/// What the ratios of a table are to.
pub(super) fn against(comparison: &ComparisonView, table: &ProblemView) -> String {
    table.baseline.clone().unwrap_or_else(|| format!("the {} of the column", comparison.best))
}

/// The ratio; that of the best to itself says nothing.
pub(super) fn ratio(entry: &EntryView, table: &ProblemView) -> String {
    if table.baseline.is_none() && entry.standing == Standing::Best {
        String::new()
    } else {
        entry.ratio_text()
    }
}

/// How many runs did not get there, where there is a value all the same.
pub(super) fn partly(entry: &EntryView) -> Option<&str> {
    entry.unreached.as_deref().filter(|_| !entry.not_reached)
}

impl<'a> Comparison<'a> {
    pub(super) fn of(comparison: &'a ComparisonView) -> Self {
        let entry = |table: &ProblemView, entry: &'a EntryView| Entry {
            value: entry.value_text(&comparison.unit),
            sort: sort_key(entry.estimate.as_ref().filter(|_| !entry.not_reached).map(|e| e.value)),
            measured: entry.estimate.is_some() && !entry.not_reached,
            interval: entry.interval_text(&comparison.unit),
            ratio: ratio(entry, table),
            standing: entry.standing_text(comparison.best),
            best: entry.standing == Standing::Best,
            note: partly(entry),
            reason: entry.reason.as_deref(),
            runs: run_ids(&entry.runs),
        };
        let table = |table: &'a ProblemView| Problem {
            name: &table.problem,
            columns: &table.columns,
            against: against(comparison, table),
            remarks: &table.remarks,
            rows: table
                .rows
                .iter()
                .map(|row| Row {
                    name: &row.name,
                    peer: row.peer,
                    entries: row.entries.iter().map(|e| e.as_ref().map(|e| entry(table, e))).collect(),
                    commands: &row.commands,
                })
                .collect(),
        };
        Self {
            id: &comparison.id,
            title: &comparison.title,
            note: comparison.note.as_deref(),
            metric: &comparison.metric,
            best: comparison.best,
            warnings: &comparison.warnings,
            tables: comparison.tables.iter().map(table).collect(),
            absent: &comparison.absent,
            peers: comparison.peers.iter().map(Peer::of).collect(),
        }
    }
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), number::seconds)
}

impl<'a> Peer<'a> {
    fn of(peer: &'a PeerFacts) -> Self {
        Self {
            id: &peer.id,
            source: &peer.source,
            versions: peer.versions.join(", "),
            import: seconds(peer.import_s),
            compile: seconds(peer.compile_s),
        }
    }
}

/// The comparisons of which something was run.
pub(super) fn markdown(out: &mut String, comparisons: &[ComparisonView]) {
    for comparison in comparisons.iter().filter(|c| !c.tables.is_empty()) {
        let _ = writeln!(out, "## {}\n", text(&comparison.title));
        let _ = writeln!(
            out,
            "Median over blocks of {} (one value a process) with its 95 % interval / ratio with its 95 % interval over blocks.\n",
            code(&comparison.metric)
        );
        for warning in &comparison.warnings {
            let _ = writeln!(out, "> ⚠ {}\n", text(warning));
        }
        for table in &comparison.tables {
            problem(out, comparison, table);
        }
        for line in comparison.absent.iter().chain(&comparison.note) {
            let _ = writeln!(out, "{}\n", text(line));
        }
        if !comparison.peers.is_empty() {
            out.push_str("| Peer | Versions | Import | Compile |\n| --- | --- | ---: | ---: |\n");
            for peer in comparison.peers.iter().map(Peer::of) {
                let (id, versions) = (text(peer.id), text(&peer.versions));
                let _ = writeln!(out, "| {id} | {versions} | {} | {} |", peer.import, peer.compile);
            }
            out.push('\n');
        }
    }
}

fn problem(out: &mut String, comparison: &ComparisonView, table: &ProblemView) {
    let against = against(comparison, table);
    let _ = writeln!(out, "**{}**, ratios to {}:\n", text(&table.problem), text(&against));
    let heads: Vec<String> = table.columns.iter().map(|c| text(c)).collect();
    let _ = writeln!(out, "| Solver | {} |", heads.join(" | "));
    let _ = writeln!(out, "| --- |{}", " ---: |".repeat(heads.len()));
    for row in &table.rows {
        let cell = |entry: &Option<EntryView>| {
            let Some(entry) = entry else { return String::new() };
            let value = text(&entry.value_text(&comparison.unit));
            let value = if entry.standing == Standing::Best { format!("**{value}**") } else { value };
            let head = [value, entry.standing_text(comparison.best).to_owned(), text(&ratio(entry, table))];
            let head: Vec<String> = head.into_iter().filter(|part| !part.is_empty()).collect();
            let below = [
                Some(entry.interval_text(&comparison.unit)),
                partly(entry).map(str::to_owned),
                entry.reason.clone(),
            ];
            let mut cell = head.join(" / ");
            for line in below.into_iter().flatten().filter(|line| !line.is_empty()) {
                let _ = write!(cell, "<br>{}", text(&line));
            }
            cell
        };
        let cells: Vec<String> = row.entries.iter().map(cell).collect();
        let peer = if row.peer { " (peer)" } else { "" };
        let _ = writeln!(out, "| {}{peer} | {} |", text(&row.name), cells.join(" | "));
    }
    out.push('\n');
    for remark in &table.remarks {
        let _ = writeln!(out, "> {}\n", text(remark));
    }
}
