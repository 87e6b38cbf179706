//! Claims as text for a terminal, and the phrases that all renderings share.

use std::fmt::Write as _;

use super::{ClaimResult, Headline, Shown};
use crate::number;

impl Shown {
    /// The value with its unit and, for a bound, its sign: `29`, `≥ 6`, `17 ms`.
    pub fn value_text(&self, unit: &str) -> String {
        let sign = match self.bound {
            "at_least" => "≥ ",
            "at_most" => "≤ ",
            _ => "",
        };
        format!("{sign}{}", number::with_unit(self.value, unit))
    }

    /// The interval: `[27, 31]`, `exact`, `≥ 6`, or nothing with too few replicates.
    pub fn interval_text(&self, unit: &str) -> String {
        if !self.has_interval {
            return String::new();
        }
        let lo = self.lo.unwrap_or(f64::NEG_INFINITY);
        let hi = self.hi.unwrap_or(f64::INFINITY);
        match unit {
            "s" | "B" if lo.is_finite() && hi.is_finite() && lo != hi => {
                format!("[{}, {}]", number::with_unit(lo, unit), number::with_unit(hi, unit))
            }
            _ => number::interval(lo, hi),
        }
    }
}

impl ClaimResult {
    /// Our estimate: `29 [27, 31]`, or a dash.
    pub fn ours_text(&self) -> String {
        match &self.estimate {
            None => "–".to_owned(),
            Some(shown) => {
                let value = shown.value_text(&self.unit);
                let interval = shown.interval_text(&self.unit);
                if interval.is_empty() || interval == value { value } else { format!("{value} {interval}") }
            }
        }
    }

    /// The paper's number, or a dash.
    pub fn reported_text(&self) -> String {
        self.reported.map_or_else(|| "–".to_owned(), |r| number::with_unit(r, &self.unit))
    }

    /// The region that counts as agreement: `15 to 60`, `≥ 5`.
    pub fn region_text(&self) -> String {
        let show = |x: f64| number::with_unit(x, &self.unit);
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

/// The claims as an aligned table for a terminal, the headline below it.
pub fn text_table(results: &[ClaimResult]) -> String {
    let head = ["verdict", "claim", "ours", "paper", "accepted", "n"].map(str::to_owned);
    let row = |r: &ClaimResult| {
        let n = r.estimate.as_ref().map_or_else(|| "–".to_owned(), |e| e.n.to_string());
        [r.verdict_text(), r.id.clone(), r.ours_text(), r.reported_text(), r.region_text(), n]
    };
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(results.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut out = String::new();
    for (i, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let pad = width - cell.chars().count();
            let _ = write!(line, "{cell}{}  ", " ".repeat(pad));
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if i > 0 {
            let remark = results[i - 1].remark_text();
            if !remark.is_empty() {
                let _ = writeln!(out, "{}{remark}", " ".repeat(widths[0] + 2));
            }
        }
    }
    let _ = writeln!(out, "\n{}.", Headline::of(results).sentence());
    out
}
