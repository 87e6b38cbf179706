//! One claim from end to end, for a terminal: what the paper says, what was run, and how one became a verdict on the other.

use std::fmt::Write as _;

use harness_stats::needed::CAP;

use super::text::{WIDTH, wrapped};
use super::{ClaimResult, Part, Selected, UsedRun};
use crate::aligned::aligned;
use crate::number::{self, short};
use crate::sample::count;

/// How many runs, pairs or points are listed.
const LISTED: usize = 20;

/// The width of the names on the left.
const INDENT: usize = 12;

/// Everything that is known about a claim and its verdict.
pub fn explain(claim: &ClaimResult) -> String {
    let mut out = Page(format!("{}  {}\n\n", claim.verdict_text(), claim.id));
    out.item("statement", &claim.statement);
    out.item("source", &claim.source);
    out.item("transcribed", &claim.transcribed_text());
    out.item("kind", &format!("{}: {}", claim.kind, claim.metric_text()));
    let scale = if claim.proxy {
        "smaller than the paper's (proxy): shown, and not counted in the headline"
    } else {
        "the paper's: the verdict counts"
    };
    out.item("scale", scale);
    if let Some(printed) = &claim.printed {
        out.item("paper", printed);
    }
    out.list("cells", &claim.selected.iter().map(selected).collect::<Vec<_>>());
    if let Some(pairing) = &claim.pairing {
        out.item("pairing", pairing);
    }
    out.table("numbers", parts(&claim.parts, claim));
    out.table("runs", runs(&claim.runs, claim));
    out.item("estimate", &estimate(claim));
    out.item("region", &format!("{}, {}", claim.region_text(), claim.region_from));
    if let Some(note) = &claim.note {
        out.item("note", note);
    }
    out.item("p", &p_value(claim));
    out.item("verdict", &claim.verdict_text());
    if let Some(reason) = &claim.reason {
        out.item("reason", reason);
    }
    if let Some(needed) = claim.needed_n {
        let about = if needed >= CAP { "more than" } else { "about" };
        out.item("needed", &format!("{about} n = {needed} in total"));
    }
    out.list("remarks", &claim.remarks);
    out.lines("run again", &claim.commands);
    out.0
}

/// Names on the left, texts on the right.
struct Page(String);

impl Page {
    fn item(&mut self, name: &str, text: &str) {
        for (i, line) in wrapped(text, WIDTH - INDENT).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            let _ = writeln!(self.0, "{name:<INDENT$}{line}");
        }
    }

    fn list(&mut self, name: &str, texts: &[String]) {
        for (i, text) in texts.iter().enumerate() {
            self.item(if i == 0 { name } else { "" }, text);
        }
    }

    /// Lines that stay whole, so that they can be copied.
    fn lines(&mut self, name: &str, lines: &[String]) {
        for (i, line) in lines.iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            let _ = writeln!(self.0, "{name:<INDENT$}{line}");
        }
    }

    /// Rows with a head, the first [`LISTED`] of them.
    fn table(&mut self, name: &str, rows: Vec<Vec<String>>) {
        if rows.len() < 2 {
            return;
        }
        let more = rows.len().saturating_sub(LISTED + 1);
        let shown: Vec<Vec<String>> = rows.into_iter().take(LISTED + 1).collect();
        for (i, line) in aligned(&shown).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            let _ = writeln!(self.0, "{}", format!("{name:<INDENT$}{line}").trim_end());
        }
        if more > 0 {
            self.item("", &format!("… and {more} more: --json lists all"));
        }
    }
}

fn selected(s: &Selected) -> String {
    let runs = match (s.cells, s.measured) {
        (1, 1) => "1 cell".to_owned(),
        (cells, measured) if cells == measured => format!("{cells} cells"),
        (cells, measured) => format!("{cells} cells, {measured} with a value"),
    };
    format!("{}: {} on {}, {runs}", s.role, s.solver, s.problem)
}

/// The numbers that a claim is about, where there are several: rows below their heading.
pub(crate) fn parts(parts: &[Part], claim: &ClaimResult) -> Vec<Vec<String>> {
    let head = ["", "ours", "interval", "n", "paper", "factor", ""].map(str::to_owned).to_vec();
    let dash = || "–".to_owned();
    let row = |part: &Part| {
        let estimate = part.estimate.as_ref();
        let number = |x: Option<f64>| x.map_or_else(dash, short);
        vec![
            part.label.clone(),
            estimate.map_or_else(dash, |e| e.value_text(claim.show())),
            estimate.map_or_else(String::new, |e| e.interval_text(claim.show())),
            estimate.map_or_else(String::new, |e| e.n.to_string()),
            number(part.reported),
            number(part.factor),
            part.remark.clone().unwrap_or_default(),
        ]
    };
    let compared = parts.iter().any(|p| p.estimate.is_some() || p.reported.is_some());
    let short_row = |part: &Part| vec![part.label.clone(), part.remark.clone().unwrap_or_default()];
    let rows = parts.iter().map(|part| if compared { row(part) } else { short_row(part) });
    let head = if compared { head } else { vec!["compared".to_owned(), "agreement".to_owned()] };
    if parts.is_empty() { Vec::new() } else { std::iter::once(head).chain(rows).collect() }
}

fn runs(runs: &[UsedRun], claim: &ClaimResult) -> Vec<Vec<String>> {
    let head = ["as", "value", "run"].map(str::to_owned).to_vec();
    let row = |run: &UsedRun| {
        let sign = if run.at_least { "≥ " } else { "" };
        let value = match claim.kind {
            "success" | "negative" | "determinism" => if run.value > 0.0 { "yes" } else { "no" }.to_owned(),
            _ => format!("{sign}{}", number::significant(run.value, 6)),
        };
        vec![run.role.to_owned(), value, run.run_id.to_string()]
    };
    if runs.is_empty() { Vec::new() } else { std::iter::once(head).chain(runs.iter().map(row)).collect() }
}

fn estimate(claim: &ClaimResult) -> String {
    let Some(e) = &claim.estimate else { return "none".to_owned() };
    let bound = match e.bound {
        "at_least" => ": a lower bound, since runs stopped at a limit",
        "at_most" => ": an upper bound, since runs stopped at a limit",
        _ => "",
    };
    let interval = match (e.has_interval, e.level, e.lo, e.hi) {
        (false, ..) => "no interval".to_owned(),
        (true, 1.0, Some(lo), Some(hi)) if lo == hi => "exact: nothing is random".to_owned(),
        (true, 1.0, ..) => format!("certainly {}", e.interval_text(claim.show())),
        (true, level, Some(lo), Some(hi)) if lo == hi => {
            format!("{} % interval [{1}, {1}]", short(100.0 * level), claim.show()(lo))
        }
        (true, level, ..) => format!("{} % interval {}", short(100.0 * level), e.interval_text(claim.show())),
    };
    let ratio = claim.ratio.map_or_else(String::new, |r| format!("; {} times the paper's", short(r)));
    format!("{}{bound}; {interval}; n = {}, {}{ratio}", e.value_text(claim.show()), e.n, e.method)
}

/// The p-value of a contradiction with what it becomes in its family.
pub(crate) fn p_value(claim: &ClaimResult) -> String {
    match (claim.p, claim.p_adjusted, claim.tests) {
        (Some(p), Some(adjusted), Some(tests)) => format!(
            "{}; {} adjusted for {} (Holm); a contradiction counts below 0.05",
            short(p),
            short(adjusted),
            count(tests, "claim that is tested", "claims that are tested together")
        ),
        _ => "none: nothing was tested against chance".to_owned(),
    }
}
