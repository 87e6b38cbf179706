//! Comparisons for a terminal, and as CSV.

use std::fmt::Write as _;

use super::{ComparisonView, EntryView, ProblemView, SolverView, Standing};
use crate::claims::Shown;
use crate::figures::csv_field;
use crate::number::exact;
use crate::timing::Timing;

/// Comparisons for a terminal: values and ratios, and what makes the timings doubtful; the page has the rest.
pub(crate) fn text(comparisons: &[ComparisonView], timing: Option<&Timing>) -> String {
    let mut out = String::new();
    for comparison in comparisons.iter().filter(|c| !c.tables.is_empty()) {
        let _ = writeln!(
            out,
            "{}: median {} and ratio to the {}",
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
    let cell = |entry: &Option<EntryView>| {
        let Some(entry) = entry else { return String::new() };
        let value = entry.value_text(&comparison.unit);
        let word = entry.standing_text(comparison.best);
        let beside = match entry.standing {
            Standing::Best | Standing::Equal => word.to_owned(),
            Standing::NotToldApart => format!("{}, {word}", entry.ratio_text()),
            Standing::Behind => entry.ratio_text(),
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
            .chain(row.entries.iter().map(cell))
            .collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(table.rows.iter().map(row)).collect();
    let width = |at: usize| rows.iter().map(|r| r[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..=table.columns.len()).map(width).collect();
    for row in &rows {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{}  ", " ".repeat(width - cell.chars().count()));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    for remark in &table.remarks {
        let _ = writeln!(out, "    {remark}");
    }
}

/// Every number of a comparison, one line an entry.
pub(crate) fn csv(comparison: &ComparisonView) -> String {
    let mut out = String::from(
        "problem,column,solver,solver_id,peer,value,bound,lo,hi,n,least,greatest,unreached,baseline,ratio,ratio_bound,ratio_lo,\
         ratio_hi,ratio_n,standing,reason,cells,runs\n",
    );
    for table in &comparison.tables {
        for row in &table.rows {
            for (at, entry) in row.entries.iter().enumerate() {
                let Some(entry) = entry else { continue };
                let (value, ratio) = (numbers(entry.estimate.as_ref()), numbers(entry.ratio.as_ref()));
                let [value, bound, lo, hi, n] = value;
                let [ratio, ratio_bound, ratio_lo, ratio_hi, ratio_n] = ratio;
                let end =
                    |pick: fn((f64, f64)) -> f64| entry.range.map(|r| exact(pick(r))).unwrap_or_default();
                let join = |texts: Vec<String>| texts.join(" ");
                let reasons =
                    [&entry.reason, &entry.no_ratio].into_iter().flatten().cloned().collect::<Vec<_>>();
                let fields = [
                    table.problem.clone(),
                    table.values[at].clone(),
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
                ];
                let line: Vec<String> = fields.iter().map(|f| csv_field(f)).collect();
                let _ = writeln!(out, "{}", line.join(","));
            }
        }
    }
    out
}

/// Value, bound, ends of the interval, number.
fn numbers(shown: Option<&Shown>) -> [String; 5] {
    let Some(shown) = shown else { return Default::default() };
    let end = |x: Option<f64>| x.map(exact).unwrap_or_default();
    [exact(shown.value), shown.bound.to_owned(), end(shown.lo), end(shown.hi), shown.n.to_string()]
}
