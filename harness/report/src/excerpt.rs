//! The part of a campaign's results on which its verdicts rest: small enough to be kept beside the code.
//!
//! Kept are the runs, the samples and, of traces, the points that the claims read. Other points are left out, so that an
//! excerpt answers its claims and nothing else: what each of them reads is kept with it, and says when one has come to ask for
//! something else.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::{Outcome, RunId};
use harness_plan::claims_file::{Claim, ClaimKind};
use harness_plan::expr::Cost;
use harness_plan::suite_file::{FigureKind, Selection};
use harness_plan::{ClaimsFile, Expr, PlannedCell, SuiteFile};

use crate::Input;
use crate::campaign::{Campaign, Data, Picked, Run};
use crate::eval::{CPU_TRACE, Reached, points, reached};

/// An excerpt of a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct Excerpt {
    /// The cells that a claim selects or that are timed.
    pub cells: Vec<PlannedCell>,
    /// The results.
    pub data: Data,
}

/// What a claim reads in the cells that all of some selections select.
struct Reading<'a> {
    selections: Vec<&'a Selection>,
    what: What<'a>,
}

enum What<'a> {
    /// The values of expressions.
    Values(Vec<&'a Expr>),
    /// A trace from end to end.
    Trace(&'a str),
    /// How runs ended, and what an audit found.
    Runs,
}

/// What each claim reads, in words, by its id. The same words mean the same runs and points.
pub fn reads(suite_file: &SuiteFile, file: &ClaimsFile) -> BTreeMap<String, String> {
    file.claims.iter().map(|claim| (claim.id.to_string(), in_words(&readings(suite_file, claim)))).collect()
}

fn in_words(readings: &[Reading<'_>]) -> String {
    let one = |reading: &Reading<'_>| {
        let what = match &reading.what {
            What::Values(exprs) => exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
            What::Trace(metric) => format!("all of {metric}"),
            What::Runs => "runs".to_owned(),
        };
        let places: Vec<String> = reading.selections.iter().map(ToString::to_string).collect();
        format!("{what} in {}", places.join(" & "))
    };
    readings.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn readings<'a>(suite_file: &'a SuiteFile, claim: &'a Claim) -> Vec<Reading<'a>> {
    let select = &claim.select;
    let values = |expr| What::Values(vec![expr]);
    let one = |what| vec![Reading { selections: vec![select], what }];
    match &claim.kind {
        ClaimKind::Value { metric, .. }
        | ClaimKind::Threshold { metric, .. }
        | ClaimKind::Optimum { metric, .. }
        | ClaimKind::Exponent { metric, .. } => one(values(&metric.expr)),
        ClaimKind::Ratio { metric, numerator: a, denominator: b, .. }
        | ClaimKind::Order { metric, less: a, greater: b } => {
            let side = |side| Reading { selections: vec![select, side], what: values(&metric.expr) };
            vec![side(a), side(b)]
        }
        ClaimKind::Rate { trace, .. } => one(What::Trace(trace)),
        ClaimKind::Success { goal } | ClaimKind::Negative { goal } => {
            one(What::Values(goal.goal.expressions()))
        }
        ClaimKind::Table { table, rows, columns } => {
            let cells = suite_file.table(table).map(|t| t.reported(rows, columns)).unwrap_or_default();
            let of_cell = cells.into_iter().map(|(row, _, cell, _)| Reading {
                selections: vec![&row.select, &cell.select],
                what: values(&cell.metric.expr),
            });
            of_cell.collect()
        }
        ClaimKind::Curve { figure, .. } => match suite_file.figure(figure).map(|f| &f.kind) {
            Some(FigureKind::Convergence { y, .. }) => one(What::Trace(y)),
            _ => Vec::new(),
        },
        ClaimKind::Determinism { .. } => one(What::Runs),
    }
}

/// The excerpt of a campaign that judges its claims alike. Runs are all kept; of traces only what claims read.
pub fn excerpt(input: &Input<'_>) -> Excerpt {
    let campaign = Campaign::of(input);
    let mut cells: BTreeSet<&harness_core::CellKey> =
        input.cells.iter().filter(|cell| cell.timed).map(|cell| &cell.key).collect();
    let mut kept = Kept::default();
    for reading in input.claims.claims.iter().flat_map(|claim| readings(input.suite_file, claim)) {
        for picked in campaign.select(&reading.selections) {
            cells.insert(&picked.cell.key);
            kept.add(&picked, &reading.what);
        }
    }
    let mut data = input.data.clone();
    data.traces.retain(|row| kept.holds(row.run_id, &row.metric, row.step));
    let mut rows: BTreeMap<RunId, i64> = BTreeMap::new();
    for row in &data.traces {
        *rows.entry(row.run_id).or_default() += 1;
    }
    for run in &mut data.runs {
        run.trace_rows = rows.get(&run.run_id).copied().unwrap_or(0);
    }
    let cells = input.cells.iter().filter(|cell| cells.contains(&cell.key)).cloned().collect();
    Excerpt { cells, data }
}

/// The steps of the traces that are kept.
#[derive(Default)]
struct Kept(BTreeMap<RunId, BTreeMap<String, BTreeSet<i64>>>);

impl Kept {
    fn holds(&self, run: RunId, metric: &str, step: i64) -> bool {
        self.0.get(&run).and_then(|of_run| of_run.get(metric)).is_some_and(|steps| steps.contains(&step))
    }

    fn step(&mut self, run: Run<'_>, metric: &str, step: i64) {
        let of_run = self.0.entry(run.record.run_id).or_default();
        of_run.entry(metric.to_owned()).or_default().insert(step);
    }

    fn whole(&mut self, run: Run<'_>, metric: &str) {
        for point in points(metric, run).unwrap_or_default() {
            self.step(run, metric, point.step);
        }
    }

    fn last(&mut self, run: Run<'_>, metric: &str) {
        if let Some(point) = points(metric, run).ok().and_then(<[_]>::last) {
            self.step(run, metric, point.step);
        }
    }

    fn add(&mut self, picked: &Picked<'_>, what: &What<'_>) {
        let Some(run) = picked.run else { return };
        match what {
            What::Trace(metric) => self.whole(run, metric),
            What::Values(exprs) => exprs.iter().for_each(|expr| expr.visit(&mut |e| self.values(run, e))),
            What::Runs => {}
        }
        // What was spent by a run that was ended at its limit stands in its last points.
        if run.record.outcome == Outcome::Timeout {
            for metric in run.trace.into_iter().flat_map(BTreeMap::keys) {
                self.last(run, metric);
            }
        }
    }

    /// The points that one expression reads itself.
    fn values(&mut self, run: Run<'_>, expr: &Expr) {
        match expr {
            Expr::Final(metric) => self.last(run, metric),
            Expr::Best(metric) | Expr::At { metric, .. } | Expr::Auc { metric, .. } => {
                self.whole(run, metric);
            }
            Expr::To { cost, metric, relation, threshold, patience } => {
                let all = points(metric, run).unwrap_or_default();
                let found = match reached(all, |p| relation.holds(p.value, *threshold), *patience) {
                    Some(Reached::AndHeld(first) | Reached::AtItsEnd(first)) => Some(first.step),
                    None => None,
                };
                let until = found.map(|first| first.saturating_add_unsigned(*patience));
                // Of the points beyond the patience the first says that it was over.
                let beyond = all.iter().find(|p| until.is_some_and(|until| p.step > until)).map(|p| p.step);
                let held = all.iter().filter(|p| Some(p.step) >= found && until.is_some_and(|u| p.step <= u));
                let ends = all.last().map(|p| p.step);
                for step in held.map(|p| p.step).chain(beyond).chain(ends) {
                    self.step(run, metric, step);
                    if *cost == Cost::Cpu {
                        self.step(run, CPU_TRACE, step);
                    }
                }
            }
            Expr::Number(_)
            | Expr::Quantity(_)
            | Expr::Outcome(_)
            | Expr::Counter(_)
            | Expr::Instance(_)
            | Expr::Negate(_)
            | Expr::Binary { .. } => {}
        }
    }
}

/// Claims that read something else than an excerpt was made for, which has not kept it.
pub fn not_kept<'a>(
    suite_file: &SuiteFile,
    file: &'a ClaimsFile,
    kept: &BTreeMap<String, String>,
) -> Vec<&'a str> {
    let now = reads(suite_file, file);
    let ids = file.claims.iter().map(|claim| claim.id.as_str());
    ids.filter(|id| now.get(*id) != kept.get(*id)).collect()
}
