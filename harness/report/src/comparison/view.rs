//! What a comparison shows, for pages and programs.

use serde::Serialize;

use super::PeerFacts;
use crate::claims::{Shown, UsedRun, writer};
use crate::number;

/// A comparison, drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// A remark below it.
    pub note: Option<String>,
    /// What is measured in each run.
    pub metric: String,
    /// The unit of its values.
    pub unit: String,
    /// What the least of a column is called: `fastest`, or `least` where it is no time.
    pub best: &'static str,
    /// What a reader should know before reading: the control failed, the machine was busy.
    pub warnings: Vec<String>,
    /// One a problem; none if nothing was run in this profile.
    pub tables: Vec<ProblemView>,
    /// Solvers without a row: skipped, with the reason, or not run yet.
    pub absent: Vec<String>,
    /// The peers in it.
    pub peers: Vec<PeerFacts>,
}

/// The solvers on one problem.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProblemView {
    /// The problem's label with what tells it from others: `lap n=500`.
    pub problem: String,
    /// The headings of the columns.
    pub columns: Vec<String>,
    /// The same for programs: the tolerance or the parameter's value.
    pub values: Vec<String>,
    /// The solvers, best in the last column first.
    pub rows: Vec<SolverView>,
    /// The solver that the others are compared with; none: the best of each column.
    pub baseline: Option<String>,
    /// What a reader should know about this problem.
    pub remarks: Vec<String>,
}

/// A solver on a problem.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SolverView {
    /// Its label with what tells it from others.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Its id.
    pub id: String,
    /// Whether it is somebody else's software.
    pub peer: bool,
    /// One a column; none where it was not asked for.
    pub entries: Vec<Option<EntryView>>,
    /// Commands that run its cells again.
    pub commands: Vec<String>,
}

/// How an entry compares with the best of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is the best.
    Best,
    /// It is exactly as good.
    Equal,
    /// Perhaps it is as good, perhaps not: the interval of the ratio holds 1.
    NotToldApart,
    /// Neither, or not known.
    Behind,
    /// It is compared with none: what was solved is another problem.
    OtherProblem,
}

/// A number of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// The median over blocks with its 95 % interval.
    pub estimate: Option<Shown>,
    /// The least and the greatest value, where there are too few for an interval.
    pub range: Option<(f64, f64)>,
    /// How runs ended that did not reach their tolerance, and how many.
    pub unreached: Option<String>,
    /// Whether so many did not reach it that there is no value to show.
    pub not_reached: bool,
    /// The ratio to the baseline, with its 95 % interval over blocks.
    pub ratio: Option<Shown>,
    /// Why there is no ratio, or no interval of it.
    pub no_ratio: Option<String>,
    /// How it compares with the best of the column.
    pub standing: Standing,
    /// Why there is no value, or which runs are missing from it.
    pub reason: Option<String>,
    /// The runs behind it.
    pub runs: Vec<UsedRun>,
}

impl EntryView {
    /// The value, or that it was not reached, or a dash.
    pub fn value_text(&self, unit: &str) -> String {
        match (&self.estimate, self.not_reached) {
            (_, true) => self.unreached.clone().unwrap_or_else(|| "not reached".to_owned()),
            (Some(shown), false) => shown.value_text(writer(unit, false)),
            (None, false) => "–".to_owned(),
        }
    }

    /// The interval of the value, or its range, with the number of blocks.
    pub fn interval_text(&self, unit: &str) -> String {
        let Some(shown) = self.estimate.as_ref().filter(|_| !self.not_reached) else { return String::new() };
        let show = writer(unit, false);
        let spread = match self.range {
            Some((lo, hi)) => format!("{} to {}", show(lo), show(hi)),
            None => shown.interval_text(&show),
        };
        let gap = if spread.is_empty() { "" } else { ", " };
        format!("{spread}{gap}n = {}", shown.n)
    }

    /// The ratio with its interval: `2.3× [2.1, 2.6]`; or a dash and why there is none.
    pub fn ratio_text(&self) -> String {
        let reason = || self.why_no_ratio().map_or_else(String::new, |why| format!("– ({why})"));
        let Some(ratio) = self.ratio.as_ref().filter(|r| r.has_interval) else { return reason() };
        let value = ratio.value_text(number::times);
        match ratio.interval_text(number::short) {
            interval if interval.is_empty() || interval == "exact" || ratio.bound != "exact" => value,
            interval => format!("{value} {interval}"),
        }
    }

    /// Why there is no ratio to show, if there is none.
    pub fn why_no_ratio(&self) -> Option<&str> {
        let shown = self.ratio.as_ref().is_some_and(|r| r.has_interval);
        self.no_ratio.as_deref().filter(|_| !shown)
    }

    /// The word for its standing: `fastest`, `as fast`, `not told apart`, `another problem`, or nothing.
    pub fn standing_text(&self, best: &str) -> &'static str {
        match (self.standing, best) {
            (Standing::Best, "fastest") => "fastest",
            (Standing::Best, _) => "least",
            (Standing::Equal, "fastest") => "as fast",
            (Standing::Equal, _) => "as little",
            (Standing::NotToldApart, _) => "not told apart",
            (Standing::Behind, _) => "",
            (Standing::OtherProblem, _) => "another problem",
        }
    }
}
