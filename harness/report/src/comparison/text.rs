//! Comparisons for a terminal, and as CSV.

use std::fmt::Write as _;

use super::{ComparisonView, EntryView, ProblemView, SolverView, Standing};
use crate::aligned::aligned;
use crate::claims::Shown;
use crate::csv;
use crate::number::exact;
use crate::timing::Timing;

/// Comparisons for a terminal: values and ratios, and what makes the timings doubtful; the page has the rest.
pub(crate) fn text(comparisons: &[ComparisonView], timing: Option<&Timing>) -> String {
    let mut out = String::new();
    for comparison in comparisons.iter().filter(|c| !c.tables.is_empty()) {
        let _ = writeln!(
            out,
            "{}: median {}, and ratio to the {} [95 % interval]; the report has the medians' intervals",
            comparison.title,
            comparison.metric,
            against(comparison)
        );
        for table in &comparison.tables {
            problem(&mut out, comparison, table);
        }
        for line in &comparison.absent {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }
    for banner in timing.map(Timing::banners).unwrap_or_default() {
        let _ = writeln!(out, "{banner}");
    }
    out
}

/// What ratios are to, if it is the same in all tables.
fn against(comparison: &ComparisonView) -> String {
    let first = comparison.tables.first().and_then(|t| t.baseline.clone());
    let same = comparison.tables.iter().all(|t| t.baseline == first);
    first.filter(|_| same).unwrap_or_else(|| comparison.best.to_owned())
}

fn problem(out: &mut String, comparison: &ComparisonView, table: &ProblemView) {
    // A sentence in a cell would make its whole column as wide.
    let mut notes: Vec<String> = Vec::new();
    let mut ratio = |entry: &EntryView| match entry.why_no_ratio() {
        None => entry.ratio_text(),
        Some(why) => {
            let at = notes.iter().position(|note| note == why).unwrap_or_else(|| {
                notes.push(why.to_owned());
                notes.len() - 1
            });
            format!("– [{}]", at + 1)
        }
    };
    let mut cell = |entry: &Option<EntryView>| {
        let Some(entry) = entry else { return String::new() };
        let value = entry.value_text(&comparison.unit);
        let word = entry.standing_text(comparison.best);
        let beside = match entry.standing {
            Standing::Best | Standing::Equal => word.to_owned(),
            Standing::NotToldApart => format!("{}, {word}", ratio(entry)),
            Standing::OtherProblem => format!("{word} {}", ratio(entry).trim_start_matches("– ")),
            Standing::Behind => ratio(entry),
        };
        // The page says it in full.
        let reason = entry.reason.as_ref().filter(|_| entry.estimate.is_none());
        let reason = reason.and_then(|r| r.split(" (").next()).unwrap_or_default().to_owned();
        [value, beside, reason].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("  ")
    };
    let head = std::iter::once(table.problem.clone()).chain(table.columns.iter().cloned()).collect();
    let row = |row: &SolverView| {
        let peer = if row.peer { " (peer)" } else { "" };
        std::iter::once(format!("  {}{peer}", row.name))
            .chain(row.entries.iter().map(&mut cell))
            .collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(table.rows.iter().map(row)).collect();
    for line in aligned(&rows) {
        let _ = writeln!(out, "  {line}");
    }
    for (at, note) in notes.iter().enumerate() {
        let _ = writeln!(out, "    [{}] no ratio: {note}", at + 1);
    }
    for remark in &table.remarks {
        let _ = writeln!(out, "    {remark}");
    }
}

/// Every number of a comparison, one line an entry.
pub(crate) fn comparison_csv(comparison: &ComparisonView) -> String {
    let header = [
        "problem",
        "column",
        "solver",
        "solver_id",
        "peer",
        "value",
        "bound",
        "lo",
        "hi",
        "n",
        "least",
        "greatest",
        "unreached",
        "baseline",
        "ratio",
        "ratio_bound",
        "ratio_lo",
        "ratio_hi",
        "ratio_n",
        "standing",
        "reason",
        "cells",
        "runs",
    ];
    let entries = comparison.tables.iter().flat_map(|table| {
        table.rows.iter().flat_map(move |row| {
            let entries = row.entries.iter().enumerate();
            entries.filter_map(move |(at, entry)| Some(line(comparison, table, row, at, entry.as_ref()?)))
        })
    });
    csv::csv(&header, entries)
}

fn line(
    comparison: &ComparisonView,
    table: &ProblemView,
    row: &SolverView,
    column: usize,
    entry: &EntryView,
) -> [String; 23] {
    let [value, bound, lo, hi, n] = numbers(entry.estimate.as_ref());
    let [ratio, ratio_bound, ratio_lo, ratio_hi, ratio_n] = numbers(entry.ratio.as_ref());
    let end = |pick: fn((f64, f64)) -> f64| entry.range.map(|r| exact(pick(r))).unwrap_or_default();
    let join = |texts: Vec<String>| texts.join(" ");
    let reasons = [&entry.reason, &entry.no_ratio].into_iter().flatten().cloned().collect::<Vec<_>>();
    [
        table.problem.clone(),
        table.values[column].clone(),
        row.name.clone(),
        row.id.clone(),
        row.peer.to_string(),
        value,
        bound,
        lo,
        hi,
        n,
        end(|r| r.0),
        end(|r| r.1),
        entry.unreached.clone().unwrap_or_default(),
        table.baseline.clone().unwrap_or_else(|| comparison.best.to_owned()),
        ratio,
        ratio_bound,
        ratio_lo,
        ratio_hi,
        ratio_n,
        entry.standing_text(comparison.best).to_owned(),
        reasons.join("; "),
        join(entry.runs.iter().map(|r| r.cell_key.to_string()).collect()),
        join(entry.runs.iter().map(|r| r.run_id.to_string()).collect()),
    ]
}

/// Value, bound, ends of the interval, number.
fn numbers(shown: Option<&Shown>) -> [String; 5] {
    let Some(shown) = shown else { return Default::default() };
    let end = |x: Option<f64>| x.map(exact).unwrap_or_default();
    [exact(shown.value), shown.bound.to_owned(), end(shown.lo), end(shown.hi), shown.n.to_string()]
}
