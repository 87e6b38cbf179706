//! Claims as text for a terminal, and the phrases that all renderings share.

use std::fmt::Write as _;

use super::{ClaimResult, Headline, Shown};
use crate::aligned::{aligned, second_column};
use crate::number;

/// The width of a terminal that the texts are made for.
pub(super) const WIDTH: usize = 100;

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
                match interval.as_str() {
                    "" => value,
                    same if same == value => value,
                    // Two bounds in a row would read as one statement.
                    half if half.starts_with(['≥', '≤']) && shown.bound != "exact" => {
                        format!("{value} ({half})")
                    }
                    _ => format!("{value} {interval}"),
                }
            }
        }
    }

    /// The paper's number, or a dash.
    pub fn reported_text(&self) -> String {
        match (&self.printed, self.reported) {
            // A mean with its spread, or a range.
            (Some(printed), _) if printed.contains(' ') => printed.clone(),
            (_, reported) => reported.map_or_else(|| "–".to_owned(), self.show()),
        }
    }

    /// How the paper's number was obtained: `read`, `digitised ± 5 %`.
    pub fn transcribed_text(&self) -> String {
        let error = self.transcription_error.map(|e| format!(" ± {} %", number::short(100.0 * e)));
        format!("{}{}", self.transcribed, error.unwrap_or_default())
    }

    /// What is measured and how runs become one number: `median of iterations`.
    pub fn metric_text(&self) -> String {
        let metric = &self.metric;
        match (self.kind, &self.aggregate) {
            ("ratio", Some(aggregate)) => format!("{aggregate} of the ratios of {metric}"),
            ("optimum", Some(aggregate)) => format!("{aggregate} of the gap of {metric}"),
            ("curve", Some(aggregate)) => format!("{aggregate} of the worst factor to {metric}"),
            ("table", _) => format!("worst factor over {metric}"),
            ("negative", _) => format!("share of runs without {metric}"),
            ("success", _) => format!("share of runs with {metric}"),
            (_, Some(aggregate)) => format!("{aggregate} of {metric}"),
            (_, None) => metric.clone(),
        }
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
    text_selection(&results.iter().collect::<Vec<_>>(), results)
}

/// Some of the claims as a table, with the headline of `all`.
pub fn text_selection(chosen: &[&ClaimResult], all: &[ClaimResult]) -> String {
    let ran: Vec<&ClaimResult> = chosen.iter().copied().filter(|r| r.ran).collect();
    let mut out = if ran.is_empty() { String::new() } else { table(&ran) + "\n" };
    if chosen.len() < all.len() {
        let _ = writeln!(out, "{} of {} claims chosen.", chosen.len(), all.len());
    }
    match chosen.len() - ran.len() {
        0 => {}
        1 => out.push_str("Nothing was run here for 1 claim.\n"),
        n => {
            let _ = writeln!(out, "Nothing was run here for {n} claims.");
        }
    }
    for line in wrapped(&format!("{}.", Headline::of(all).sentence()), WIDTH) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// One line a claim, with its region below where the line has no room for it, and what is to be said about its runs.
fn table(results: &[&ClaimResult]) -> String {
    let rows = |with_region: bool| -> Vec<Vec<String>> {
        let head = ["verdict", "claim", "ours", "paper", "accepted", "n"].map(str::to_owned).to_vec();
        let row = |r: &&ClaimResult| {
            let n = r.estimate.as_ref().map_or_else(|| "–".to_owned(), |e| e.n.to_string());
            vec![r.verdict_text(), r.id.clone(), r.ours_text(), r.reported_text(), r.region_text(), n]
        };
        let mut rows: Vec<Vec<String>> = std::iter::once(head).chain(results.iter().map(row)).collect();
        if !with_region {
            for row in &mut rows {
                row.remove(4);
            }
        }
        rows
    };
    let mut shown = rows(true);
    let fits = aligned(&shown).iter().all(|line| line.chars().count() <= WIDTH);
    if !fits {
        shown = rows(false);
    }
    let indent = second_column(&shown);
    let mut out = String::new();
    for (i, line) in aligned(&shown).into_iter().enumerate() {
        let _ = writeln!(out, "{line}");
        let Some(claim) = i.checked_sub(1).map(|i| results[i]) else { continue };
        let region = (!fits).then(|| format!("accepted: {}", claim.region_text()));
        let remark = Some(claim.remark_text()).filter(|text| !text.is_empty());
        let below: Vec<String> = region.into_iter().chain(remark).collect();
        for line in below.iter().flat_map(|text| wrapped(text, WIDTH - indent)) {
            let _ = writeln!(out, "{}{line}", " ".repeat(indent));
        }
    }
    out
}

/// The lines of a text that is broken between words; a word that is longer than a line stays whole.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line from the start");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrapped("a bb  ccc d", 4), ["a bb", "ccc", "d"]);
        assert_eq!(wrapped("ααα β", 5), ["ααα β"], "characters count, not bytes");
        assert_eq!(wrapped("toolong x", 3), ["toolong", "x"]);
        assert_eq!(wrapped("", 3), [""]);
    }
}
