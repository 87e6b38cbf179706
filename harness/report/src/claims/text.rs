//! Claims as text for a terminal, and the phrases that all renderings share.

use std::fmt::Write as _;

use super::{ClaimResult, Headline, Shown};
use crate::aligned::{aligned, second_column};
use crate::number;

impl Shown {
    /// The value and, for a bound, its sign: `29`, `≥ 6`; `show` writes numbers.
    pub(crate) fn value_text(&self, show: impl Fn(f64) -> String) -> String {
        let sign = match self.bound {
            "at_least" => "≥ ",
            "at_most" => "≤ ",
            _ => "",
        };
        format!("{sign}{}", show(self.value))
    }

    /// The interval: `[27, 31]`, `exact`, `≥ 6`, or nothing with too few replicates; `show` writes numbers.
    pub(crate) fn interval_text(&self, show: impl Fn(f64) -> String) -> String {
        let (lo, hi) = (self.lo.unwrap_or(f64::NEG_INFINITY), self.hi.unwrap_or(f64::INFINITY));
        // Ends that look the same are told apart by more digits, without the unit.
        let distinct = lo.is_finite() && hi.is_finite() && show(lo) != show(hi);
        match self.has_interval {
            false => String::new(),
            true if distinct => format!("[{}, {}]", show(lo), show(hi)),
            true if lo.is_finite() && hi.is_infinite() => format!("≥ {}", show(lo)),
            true if hi.is_finite() && lo.is_infinite() => format!("≤ {}", show(hi)),
            true => number::interval(lo, hi),
        }
    }
}

/// Writes numbers in `unit`: as it is beside a paper's number, else with the prefix that suits.
pub(crate) fn writer(unit: &str, beside_paper: bool) -> impl Fn(f64) -> String + '_ {
    move |x| if beside_paper { number::in_unit(x, unit) } else { number::with_unit(x, unit) }
}

impl ClaimResult {
    /// How its numbers are written.
    pub(crate) fn show(&self) -> impl Fn(f64) -> String + '_ {
        writer(&self.unit, self.reported.is_some())
    }

    /// Our estimate: `29 [27, 31]`, or a dash.
    pub fn ours_text(&self) -> String {
        match &self.estimate {
            None => "–".to_owned(),
            Some(shown) => {
                let value = shown.value_text(self.show());
                let interval = shown.interval_text(self.show());
                if interval.is_empty() || interval == value { value } else { format!("{value} {interval}") }
            }
        }
    }

    /// The paper's number, or a dash.
    pub fn reported_text(&self) -> String {
        self.reported.map_or_else(|| "–".to_owned(), self.show())
    }

    /// The region that counts as agreement: `15 to 60`, `≥ 5`.
    pub fn region_text(&self) -> String {
        let show = self.show();
        match (self.region_lo, self.region_hi) {
            (Some(lo), Some(hi)) => format!("{} to {}", show(lo), show(hi)),
            (Some(lo), None) => format!("≥ {}", show(lo)),
            (None, Some(hi)) => format!("≤ {}", show(hi)),
            (None, None) => "any".to_owned(),
        }
    }

    /// The verdict with its sign and marks: `✓ reproduced ▲`, `? inconclusive (proxy)`.
    pub fn verdict_text(&self) -> String {
        let better = if self.better { " ▲" } else { "" };
        let proxy = if self.proxy { " (proxy)" } else { "" };
        format!("{} {}{proxy}{better}", self.verdict.sign(), self.verdict.as_str())
    }

    /// Reason and remarks in one line, or nothing.
    pub fn remark_text(&self) -> String {
        self.reason.iter().chain(&self.remarks).cloned().collect::<Vec<_>>().join("; ")
    }
}

/// The claims as an aligned table for a terminal, the headline below it. Those that nothing was run for are only counted.
pub fn text_table(results: &[ClaimResult]) -> String {
    let ran: Vec<&ClaimResult> = results.iter().filter(|r| r.ran).collect();
    let mut out = if ran.is_empty() { String::new() } else { table(&ran) + "\n" };
    match results.len() - ran.len() {
        0 => {}
        1 => out.push_str("Nothing was run here for 1 claim.\n"),
        n => {
            let _ = writeln!(out, "Nothing was run here for {n} claims.");
        }
    }
    let _ = writeln!(out, "{}.", Headline::of(results).sentence());
    out
}

fn table(results: &[&ClaimResult]) -> String {
    let head = ["verdict", "claim", "ours", "paper", "accepted", "n"].map(str::to_owned);
    let row = |r: &&ClaimResult| {
        let n = r.estimate.as_ref().map_or_else(|| "–".to_owned(), |e| e.n.to_string());
        [r.verdict_text(), r.id.clone(), r.ours_text(), r.reported_text(), r.region_text(), n]
    };
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(results.iter().map(row)).collect();
    let indent = " ".repeat(second_column(&rows));
    let mut out = String::new();
    for (i, line) in aligned(&rows).into_iter().enumerate() {
        let _ = writeln!(out, "{line}");
        let remark = i.checked_sub(1).map(|i| results[i].remark_text()).unwrap_or_default();
        if !remark.is_empty() {
            let _ = writeln!(out, "{indent}{remark}");
        }
    }
    out
}
