//! Solvers side by side: for each problem a table of all that ran there, ours and peers alike, by accuracy or by a
//! parameter, with intervals, ratios over blocks, and what did not reach its tolerance said so.

mod entry;
mod layout;
mod peers;
mod text;
mod view;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use harness_plan::SuiteFile;
use harness_plan::expr::{Clocks, Expr, Quantity};
use harness_plan::suite_file::{By, Comparison, Place, Selection};
use harness_stats::{Bound, Estimate, StatsError, Uncertainty};

use crate::Identity;
use crate::campaign::{Campaign, Picked};
use crate::claims::{Shown, used};
use crate::eval::unit_of;
use crate::timing::{Timing, took_turns};
pub(crate) use entry::Entry;
use layout::{Layout, Row};

pub use peers::PeerFacts;
pub(crate) use text::{comparison_csv, text};
pub use view::{ComparisonView, EntryView, ProblemView, SolverView, Standing};

/// The id of the comparison that is drawn where no declared one shows anything.
const DEFAULT_ID: &str = "timed-solvers";

/// A row with its entries, one a column; none where nothing was asked for.
type Filled<'r, 'a> = (&'r Row<'a>, Vec<Option<Entry<'a>>>);

/// Draws every comparison of the suite file, or one over all timed cells where none of those shows anything.
pub(crate) fn draw(
    campaign: &Campaign<'_>,
    identity: &Identity,
    file: &SuiteFile,
    timing: Option<&Timing>,
) -> Vec<ComparisonView> {
    let context = Context { campaign, identity, file, timing };
    let mut views: Vec<ComparisonView> = file.comparisons.iter().map(|c| context.declared(c)).collect();
    if timing.is_some() && views.iter().all(|view| view.tables.is_empty()) {
        views.push(context.default());
    }
    views
}

/// The cells of a selection, and on its problems those of solvers that somebody added to be compared: that the suite file does
/// not know, or the command line names. What the selection asks of solvers, these need not have.
pub(crate) fn with_added<'a>(
    campaign: &'a Campaign<'_>,
    file: &SuiteFile,
    select: &Selection,
) -> Vec<Picked<'a>> {
    let any_solver = Selection { solver: Vec::new(), conditions: Vec::new(), ..select.clone() };
    campaign.select_where(|place: Place<'_>| {
        let is_added = file.solver(place.solver_label).is_none() || campaign.is_named(place);
        let added = is_added && any_solver.matches(place);
        let mut asked = select.conditions.iter().filter(|c| c.param.of(place.spec).is_some());
        select.matches(place) || (added && asked.all(|c| c.holds(place.spec)))
    })
}

struct Context<'a, 'c> {
    campaign: &'a Campaign<'c>,
    identity: &'a Identity,
    file: &'a SuiteFile,
    timing: Option<&'a Timing>,
}

/// What is compared, declared or not.
struct Question<'q> {
    id: String,
    title: String,
    note: Option<String>,
    select: Selection,
    expr: &'q Expr,
    by: &'q By,
    baseline: Option<&'q str>,
}

impl Question<'_> {
    /// What the least of a column is called.
    fn best(&self) -> &'static str {
        if self.expr.reads_time() { "fastest" } else { "least" }
    }
}

impl<'a> Context<'a, '_> {
    fn declared(&self, comparison: &Comparison) -> ComparisonView {
        self.view(&Question {
            id: comparison.id.to_string(),
            title: comparison.title.clone(),
            note: comparison.note.clone(),
            select: comparison.select.clone(),
            expr: &comparison.metric.expr,
            by: &comparison.by,
            baseline: comparison.baseline.as_ref().map(|b| b.as_str()),
        })
    }

    /// All timed cells, by tolerance where there are several.
    fn default(&self) -> ComparisonView {
        let timed: Vec<Picked<'_>> = self.cells(&Selection::default(), true);
        let sampled = timed.iter().filter_map(|p| p.run).any(|run| !run.samples.is_empty());
        let expr = Expr::Quantity(if sampled { Quantity::SampleCpu } else { Quantity::Cpu });
        let first = timed.first().map(|p| p.cell.spec.stop.tol);
        let several = timed.iter().any(|p| Some(p.cell.spec.stop.tol) != first);
        self.view(&Question {
            id: DEFAULT_ID.to_owned(),
            title: "Timed solvers side by side".to_owned(),
            note: None,
            select: Selection::default(),
            expr: &expr,
            by: if several { &By::Tolerance } else { &By::Nothing },
            baseline: None,
        })
    }

    fn cells(&self, select: &Selection, timed: bool) -> Vec<Picked<'a>> {
        let mut cells = with_added(self.campaign, self.file, select);
        cells.retain(|picked| !timed || picked.cell.timed);
        cells
    }

    fn view(&self, question: &Question<'_>) -> ComparisonView {
        let clocks = question.expr.clocks();
        let mut sampled = false;
        question.expr.visit(&mut |e| {
            sampled |= matches!(e, Expr::Quantity(Quantity::SampleWall | Quantity::SampleCpu));
        });
        let cells = self.cells(&question.select, sampled);
        let mut absent = BTreeMap::new();
        let drawn = layout::layouts(&cells, question.by, self.file);
        let tables: Vec<ProblemView> =
            drawn.iter().filter_map(|layout| self.problem(layout, question, &mut absent)).collect();
        ComparisonView {
            id: question.id.clone(),
            title: question.title.clone(),
            note: question.note.clone(),
            metric: question.expr.to_string(),
            unit: unit_of(question.expr, &self.campaign.suite().metrics()),
            best: question.best(),
            warnings: if tables.is_empty() { Vec::new() } else { self.warnings(clocks) },
            absent: absent_lines(absent, tables.len()),
            peers: peers::facts(self.campaign.suite(), &cells),
            tables,
        }
    }

    fn warnings(&self, clocks: Clocks) -> Vec<String> {
        let Some(timing) = self.timing else { return Vec::new() };
        timing.biased(clocks).into_iter().chain(timing.contended().filter(|_| clocks.wall)).collect()
    }

    /// The table of a problem; none if nothing was run there. Solvers without a row are noted in `absent`.
    fn problem(
        &self,
        layout: &Layout<'a>,
        question: &Question<'_>,
        absent: &mut BTreeMap<(String, String), BTreeSet<String>>,
    ) -> Option<ProblemView> {
        let name = [layout.problem, &layout.words].join(" ").trim().to_owned();
        let mut rows: Vec<Filled<'_, '_>> = Vec::new();
        for row in &layout.rows {
            let entry = |cells: &Vec<Picked<'a>>| {
                (!cells.is_empty()).then(|| Entry::of(self.campaign, cells, question.expr))
            };
            let entries: Vec<Option<Entry<'_>>> = row.cells.iter().map(entry).collect();
            if entries.iter().flatten().any(Entry::ran) {
                rows.push((row, entries));
                continue;
            }
            let skipped = entries.iter().flatten().find_map(Entry::skipped);
            let reason = skipped.map_or_else(|| "not run yet".to_owned(), |why| format!("skipped: {why}"));
            absent.entry((reason, row.name())).or_default().insert(name.clone());
        }
        if rows.is_empty() {
            return None;
        }
        // A column in which nothing was run says nothing.
        let shown: Vec<usize> = (0..layout.columns.len())
            .filter(|at| rows.iter().any(|(_, entries)| entries[*at].as_ref().is_some_and(Entry::ran)))
            .collect();
        for (_, entries) in &mut rows {
            *entries = shown.iter().map(|at| entries[*at].take()).collect();
        }
        let columns: Vec<&layout::Column> = shown.iter().map(|at| &layout.columns[*at]).collect();
        let (baseline, mut remarks) = baseline(question, &rows);
        let best: Vec<Option<usize>> = (0..columns.len()).map(|at| best_of(&rows, at)).collect();
        let mut views: Vec<(Vec<f64>, SolverView)> = rows
            .iter()
            .map(|(row, entries)| {
                let entry = |(at, entry): (usize, &Option<Entry<'_>>)| {
                    let of = |row: Option<usize>| row.and_then(|row| rows[row].1[at].as_ref());
                    entry
                        .as_ref()
                        .map(|entry| self.entry(entry, of(best[at]), baseline.map(|b| of(Some(b))), question))
                };
                let view = SolverView {
                    name: row.name(),
                    label: row.solver.to_owned(),
                    id: row.id.to_owned(),
                    peer: row.is_peer(),
                    entries: entries.iter().enumerate().map(entry).collect(),
                    commands: self.campaign.commands(self.identity, row.cells.iter().flatten()),
                };
                (entries.iter().rev().map(|e| rank(e.as_ref())).collect(), view)
            })
            .collect();
        views.sort_by(|a, b| {
            let by_rank = a.0.iter().zip(&b.0).map(|(a, b)| a.total_cmp(b)).find(|o| *o != Ordering::Equal);
            by_rank.unwrap_or(Ordering::Equal)
        });
        if question.expr.reads_time() && !in_turns(&rows) {
            remarks.push(
                "the solvers did not all run in the same blocks, one after another: a slow change of the machine may favour some \
                 of them; --fresh runs all of them again"
                    .to_owned(),
            );
        }
        let metric = question.expr.to_string();
        Some(ProblemView {
            problem: name,
            columns: columns.iter().map(|c| c.heading(&metric)).collect(),
            values: columns.iter().map(|c| c.value()).collect(),
            rows: views.into_iter().map(|(_, view)| view).collect(),
            baseline: baseline.map(|b| rows[b].0.name()),
            remarks,
        })
    }

    /// `baseline`: none if the best of the column is meant; and then the baseline's entry, if it has one.
    #[expect(
        clippy::option_option,
        reason = "the outer is whether a baseline is named, the inner whether it has a value here"
    )]
    fn entry(
        &self,
        entry: &Entry<'_>,
        best: Option<&Entry<'_>>,
        baseline: Option<Option<&Entry<'_>>>,
        question: &Question<'_>,
    ) -> EntryView {
        let against = |other: &Entry<'_>| entry.ratio_to(other, self.campaign, question.expr);
        let to_best = best.map(against);
        let standing = match (best, &to_best) {
            _ if entry.other_problem.is_some() => Standing::OtherProblem,
            (Some(best), _) if std::ptr::eq(best, entry) => Standing::Best,
            (_, Some(Ok(ratio))) if entry.is_known() => match ratio.interval() {
                Some(interval) if (interval.lo, interval.hi) == (1.0, 1.0) => Standing::Equal,
                Some(interval) if interval.contains(1.0) => Standing::NotToldApart,
                _ => Standing::Behind,
            },
            _ => Standing::Behind,
        };
        let ratio = match baseline {
            None => to_best,
            Some(base) => base.map(against),
        };
        let (ratio, no_ratio) = match ratio {
            _ if entry.sample.measured.is_empty() => (None, None),
            _ if entry.other_problem.is_some() => (None, entry.other_problem.map(str::to_owned)),
            None => (None, Some("nothing to compare with".to_owned())),
            Some(Err(StatsError::Empty { .. })) => (None, Some(one_block(0))),
            Some(Err(error)) => (None, Some(error.to_string())),
            Some(Ok(ratio)) => {
                let few = matches!(ratio.uncertainty, Uncertainty::TooFew { .. });
                (Some(Shown::from(&ratio)), few.then(|| one_block(ratio.n)))
            }
        };
        let estimate = entry.estimate.as_ref();
        EntryView {
            range: estimate.filter(|e| e.interval().is_none()).and_then(|e| range(entry, e)),
            estimate: estimate.map(Shown::from),
            unreached: entry.unreached_text(),
            not_reached: estimate.is_some_and(|e| e.bound == Bound::AtLeast) && !entry.unreached.is_empty(),
            ratio,
            no_ratio,
            standing,
            reason: entry
                .error
                .clone()
                .or_else(|| entry.skipped().map(|why| format!("skipped: {why}")))
                .or_else(|| entry.missing_text()),
            runs: entry.sample.measured.iter().filter_map(|m| used("value", m)).collect(),
        }
    }
}

/// The row that the others are compared with, if one is named and it is there.
fn baseline(question: &Question<'_>, rows: &[Filled<'_, '_>]) -> (Option<usize>, Vec<String>) {
    let Some(wanted) = question.baseline else { return (None, Vec::new()) };
    let called = |is: fn(&Row<'_>, &str) -> bool| -> Vec<usize> {
        (0..rows.len()).filter(|i| is(rows[*i].0, wanted)).collect()
    };
    let mut found = called(|row, wanted| row.solver == wanted);
    if found.is_empty() {
        found = called(|row, wanted| row.id == wanted);
    }
    let best = question.best();
    match found[..] {
        [only] => (Some(only), Vec::new()),
        [] => (None, vec![format!("`{wanted}` was not run here: ratios are to the {best} of each column")]),
        _ => {
            (None, vec![format!("`{wanted}` has several rows here: ratios are to the {best} of each column")])
        }
    }
}

/// Whether what is compared in each column under the same tolerance took turns, as far as it is timed.
fn in_turns(rows: &[Filled<'_, '_>]) -> bool {
    let mut compared: BTreeMap<(usize, String), Vec<Picked<'_>>> = BTreeMap::new();
    for (row, _) in rows {
        for (column, cells) in row.cells.iter().enumerate() {
            for cell in cells.iter().filter(|c| c.cell.timed) {
                let tol = format!("{:?}", cell.cell.spec.stop.tol);
                compared.entry((column, tol)).or_default().push(*cell);
            }
        }
    }
    compared.values().all(|cells| took_turns(cells))
}

fn one_block(n: usize) -> String {
    match n {
        0 => "no common block".to_owned(),
        _ => "one block gives no interval".to_owned(),
    }
}

/// The least and the greatest value, if there are several and none is a bound.
fn range(entry: &Entry<'_>, estimate: &Estimate) -> Option<(f64, f64)> {
    let values: Vec<f64> = entry.sample.measured.iter().map(|m| m.value.lower()).collect();
    let exact = entry.sample.censored() == 0 && estimate.n > 1;
    let (lo, hi) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
    exact.then_some((lo, hi))
}

/// The row with the least value in a column.
fn best_of(rows: &[Filled<'_, '_>], column: usize) -> Option<usize> {
    let known = |i: &usize| rows[*i].1[column].as_ref().is_some_and(Entry::is_known);
    let value = |i: &usize| rank(rows[*i].1[column].as_ref());
    (0..rows.len()).filter(known).min_by(|a, b| value(a).total_cmp(&value(b)))
}

/// Where an entry stands in its column: by its value, then those that did not reach their tolerance or solved another
/// problem, then those without a value.
fn rank(entry: Option<&Entry<'_>>) -> f64 {
    let Some((entry, estimate)) = entry.and_then(|e| Some((e, e.estimate.as_ref()?))) else {
        return f64::NAN;
    };
    if entry.is_known() { estimate.value } else { f64::INFINITY }
}

/// `peer:a, peer:b: skipped: …`, with the problems where it is not all of them.
fn absent_lines(absent: BTreeMap<(String, String), BTreeSet<String>>, tables: usize) -> Vec<String> {
    let mut lines: BTreeMap<(String, Vec<String>), Vec<String>> = BTreeMap::new();
    for ((reason, solver), problems) in absent {
        let all = tables <= problems.len();
        let on = if all { Vec::new() } else { problems.into_iter().collect() };
        lines.entry((reason, on)).or_default().push(solver);
    }
    let line = |((reason, on), solvers): ((String, Vec<String>), Vec<String>)| {
        let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
        format!("{}{on}: {reason}", solvers.join(", "))
    };
    lines.into_iter().map(line).collect()
}
