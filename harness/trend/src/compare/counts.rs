//! What is counted: the same in every run of a deterministic solver, so that any difference is a change.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::{Determinism, Outcome, RunRecord};
use harness_stats::descriptive::median;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Certainty, by_replicate};
use crate::measured::Measured;

/// Something counted that differs in some replicates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CountChange {
    /// What: `outcome`, `status`, `iterations`, `work`, `objective`, a counter, `result bits`.
    pub what: String,
    /// What it was: of numbers the median over the replicates that differ.
    pub a: String,
    /// What it is.
    pub b: String,
    /// In how many replicates it differs.
    pub changed: usize,
    /// Of how many.
    pub of: usize,
    /// In how many it became worse.
    pub worse: usize,
    /// In how many it became better.
    pub better: usize,
    /// Whether it is certain.
    pub certainty: Certainty,
}

impl CountChange {
    /// Whether it is worse or better somewhere.
    pub fn is_judged(&self) -> bool {
        self.worse + self.better > 0
    }
}

/// What became of a quantity in one replicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Worse,
    Better,
    Neither,
}

impl Turn {
    fn of(worse: bool, better: bool) -> Self {
        match (worse, better) {
            (true, false) => Turn::Worse,
            (false, true) => Turn::Better,
            _ => Turn::Neither,
        }
    }
}

/// A difference in one replicate.
struct Difference {
    what: String,
    a: String,
    b: String,
    turn: Turn,
    certainty: Certainty,
}

/// Whether a budget in seconds ended the run: what it counts then depends on the machine's day.
fn ended_by_time(run: &RunRecord) -> bool {
    run.solver_status.as_deref() == Some("max_time")
}

/// Whether the runs of one side differ among themselves where they should not: the same cell, code and machine.
fn repeats(runs: &[&Measured<'_>]) -> bool {
    let mut seen: BTreeMap<_, (&Option<String>, Option<i64>)> = BTreeMap::new();
    let answers = runs.iter().map(|m| m.run).filter(|run| run.outcome == Outcome::Ok && !ended_by_time(run));
    let mut same = true;
    for run in answers {
        let answer = (&run.result_hash, run.n_iter);
        let first = seen.entry((&run.cell_key, &run.code_key, &run.env_key)).or_insert(answer);
        same &= *first == answer;
    }
    same
}

/// What is counted and differs, and what a reader should know of it.
pub(super) fn changes(
    a: &[&Measured<'_>],
    b: &[&Measured<'_>],
    declared: Option<Determinism>,
    took_turns: bool,
) -> (Vec<CountChange>, Vec<String>) {
    let mut remarks = Vec::new();
    let repeatable = repeats(a) && repeats(b);
    let exact = declared.is_none_or(|d| d == Determinism::Bitwise) && repeatable;
    if declared.is_none_or(|d| d == Determinism::Bitwise) && !repeatable {
        remarks.push(
            "the same code gave different counts for the same cell: counts are not compared".to_owned(),
        );
    }
    let limits = if took_turns { Certainty::Confirmed } else { Certainty::Suspected };
    let (a, b) = (by_replicate(a), by_replicate(b));
    let pairs: Vec<_> = a.iter().filter_map(|(replicate, a)| Some((a.run, b.get(replicate)?.run))).collect();
    let mut order: Vec<String> = Vec::new();
    let mut by_what: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
    let mut inexact = 0;
    for (a, b) in &pairs {
        let found = differences(a, b, limits);
        inexact += usize::from(!exact && found.iter().any(|d| d.what == "iterations"));
        for difference in found.into_iter().filter(|d| exact || d.what == "outcome") {
            if !order.contains(&difference.what) {
                order.push(difference.what.clone());
            }
            by_what.entry(difference.what.clone()).or_default().push(difference);
        }
    }
    if inexact > 0 && repeatable {
        remarks.push(format!(
            "iterations differ in {inexact} of {} replicates; the solver does not declare to be bitwise repeatable",
            pairs.len()
        ));
    }
    let changes = order.iter().map(|what| together(what, &by_what[what], pairs.len())).collect();
    (changes, remarks)
}

fn together(what: &str, differences: &[Difference], of: usize) -> CountChange {
    let count = |turn: Turn| differences.iter().filter(|d| d.turn == turn).count();
    let text = |side: fn(&Difference) -> &String| {
        let numbers: Option<Vec<f64>> = differences.iter().map(|d| side(d).parse().ok()).collect();
        match numbers.and_then(|numbers| median(&numbers).ok()) {
            Some(middle) if differences.len() > 1 => format!("{middle}"),
            _ => {
                let all: BTreeSet<&String> = differences.iter().map(side).collect();
                all.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            }
        }
    };
    CountChange {
        what: what.to_owned(),
        a: text(|d| &d.a),
        b: text(|d| &d.b),
        changed: differences.len(),
        of,
        worse: count(Turn::Worse),
        better: count(Turn::Better),
        certainty: differences.iter().map(|d| d.certainty).max().unwrap_or(Certainty::Confirmed),
    }
}

/// What differs between two runs of a cell. `limits`: how sure a difference is that a limit in seconds makes.
fn differences(a: &RunRecord, b: &RunRecord, limits: Certainty) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut note = |what: &str, a: String, b: String, turn: Turn, certainty: Certainty| {
        if a != b {
            found.push(Difference { what: what.to_owned(), a, b, turn, certainty });
        }
    };
    let ok = |run: &RunRecord| run.outcome == Outcome::Ok;
    let ended = |run: &RunRecord| run.outcome.to_string();
    note("outcome", ended(a), ended(b), Turn::of(ok(a) && !ok(b), !ok(a) && ok(b)), Certainty::Confirmed);
    if !ok(a) || !ok(b) {
        return found;
    }
    let timed_out = ended_by_time(a) || ended_by_time(b);
    let solved = |run: &RunRecord| run.solver_status.as_deref() == Some("solved");
    let status = |run: &RunRecord| run.solver_status.clone().unwrap_or_else(|| "none".to_owned());
    let turn = Turn::of(solved(a) && !solved(b), !solved(a) && solved(b));
    note("status", status(a), status(b), turn, if timed_out { limits } else { Certainty::Confirmed });
    if timed_out {
        return found;
    }
    // More steps to another end are neither worse nor better.
    let same_end = status(a) == status(b);
    for (what, x, y) in [("iterations", a.n_iter, b.n_iter), ("work", a.work, b.work)] {
        let (Some(x), Some(y)) = (x, y) else { continue };
        let turn = Turn::of(same_end && y > x, same_end && y < x);
        note(what, x.to_string(), y.to_string(), turn, Certainty::Confirmed);
    }
    let counters =
        |run: &RunRecord| serde_json::from_str::<Map<String, Value>>(&run.counters).unwrap_or_default();
    let (of_a, of_b) = (counters(a), counters(b));
    for name in of_a.keys().chain(of_b.keys()).collect::<BTreeSet<_>>() {
        let text = |all: &Map<String, Value>| all.get(name).map_or("none".to_owned(), ToString::to_string);
        note(name, text(&of_a), text(&of_b), Turn::Neither, Certainty::Confirmed);
    }
    if let (Some(x), Some(y)) = (a.objective, b.objective)
        && x.to_bits() != y.to_bits()
        && !(x.is_nan() && y.is_nan())
    {
        note("objective", x.to_string(), y.to_string(), Turn::Neither, Certainty::Confirmed);
    }
    if let (Some(x), Some(y)) = (&a.result_hash, &b.result_hash) {
        let short = |hash: &String| hash.chars().take(8).collect();
        if x != y {
            note("result bits", short(x), short(y), Turn::Neither, Certainty::Confirmed);
        }
    }
    found
}
