//! What each solver costs on each instance.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::canon::canon;
use harness_core::suite::is_peer;
use harness_core::{CellSpec, Randomness};
use harness_plan::SuiteFile;
use harness_plan::suite_file::Ranking;
use harness_stats::Censored;
use serde_json::json;

use crate::Identity;
use crate::campaign::{Campaign, Picked};
use crate::claims::{UsedRun, used};
use crate::comparison::{Entry, with_added};
use crate::eval::{EvalError, is_asked};
use crate::natural::natural;
use crate::sample::{Absence, count};
use crate::varying::Varying;

/// The costs of solvers on the instances that all of them ran.
pub(super) struct Costs {
    pub(super) instances: Vec<String>,
    pub(super) solvers: Vec<Solver>,
    pub(super) remarks: Vec<String>,
    /// Whether any cell was run, whatever came of it.
    pub(super) ran: bool,
}

/// A solver with its cost on each instance.
pub(super) struct Solver {
    pub(super) name: String,
    pub(super) peer: bool,
    pub(super) costs: Vec<Cost>,
    pub(super) commands: Vec<String>,
}

/// The cost on one instance; none: it failed.
#[derive(Clone)]
pub(super) struct Cost {
    pub(super) value: Option<f64>,
    pub(super) reason: Option<String>,
    pub(super) runs: Vec<UsedRun>,
}

impl Cost {
    /// For statistics: a failure is censored, wherever it stopped.
    pub(super) fn censored(&self) -> Censored {
        self.value.map_or(Censored::AtLeast(f64::MIN_POSITIVE), Censored::Value)
    }
}

/// An instance, in the order of the suite file: the place of its problem there, its name, its replicate.
type Instance = (usize, String, u32);

/// The cells of one solver by instance.
type Column<'a> = BTreeMap<Instance, Vec<Picked<'a>>>;

impl Costs {
    pub(super) fn of(
        campaign: &Campaign<'_>,
        identity: &Identity,
        file: &SuiteFile,
        ranking: &Ranking,
    ) -> Self {
        let mut cells = with_added(campaign, file, &ranking.select);
        // A run that ends at a looser tolerance fails nobody.
        cells.retain(|picked| is_asked(&ranking.metric.expr, &picked.cell.spec.stop));
        let (columns, names) = columns(campaign, file, &cells);
        let cost = |cells: &Vec<Picked<'_>>| cost(campaign, cells, ranking);
        let mut all: Vec<(String, bool, BTreeMap<_, Cost>, Vec<String>)> = Vec::new();
        let mut absent: Vec<String> = Vec::new();
        let mut elsewhere: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        for (name, column) in &columns {
            let mut runs = column.values().flatten().filter_map(|picked| picked.run);
            if let Some(problem) = runs.find_map(|run| campaign.other_problem(run)) {
                elsewhere.entry(problem).or_default().push(name);
                continue;
            }
            let costs: BTreeMap<_, Cost> =
                column.iter().filter_map(|(key, cells)| Some((key.clone(), cost(cells)?))).collect();
            if costs.is_empty() {
                absent.push(name.clone());
                continue;
            }
            let of_column = || column.values().flatten();
            let peer = of_column().any(|p| is_peer(&p.cell.spec.solver.id));
            all.push((name.clone(), peer, costs, campaign.commands(identity, of_column())));
        }
        let asked: BTreeSet<_> = all.iter().flat_map(|(_, _, costs, _)| costs.keys().cloned()).collect();
        let (common, left_out): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|key| all.iter().all(|(_, _, costs, _)| costs.contains_key(key)));
        let mut remarks = Vec::new();
        if !absent.is_empty() {
            remarks.push(format!("without runs: {}", absent.join(", ")));
        }
        for (problem, solvers) in elsewhere {
            remarks.push(format!(
                "not ranked, since they solve another problem, {problem}: {}",
                solvers.join(", ")
            ));
        }
        if !left_out.is_empty() {
            let missing =
                all.iter().filter(|(_, _, costs, _)| left_out.iter().any(|key| !costs.contains_key(key)));
            let missing: Vec<&str> = missing.map(|(name, ..)| name.as_str()).collect();
            remarks.push(format!(
                "{} left out, which not every solver ran: {}",
                count(left_out.len(), "instance is", "instances are"),
                missing.join(", ")
            ));
        }
        Self {
            instances: common.iter().map(|key| names[key].clone()).collect(),
            ran: !all.is_empty(),
            solvers: all
                .into_iter()
                .map(|(name, peer, costs, commands)| {
                    let costs = common.iter().map(|key| costs[key].clone()).collect();
                    Solver { name, peer, costs, commands }
                })
                .collect(),
            remarks,
        }
    }
}

/// The cells by solver, in the order of the suite file, and instance; and the names of instances.
fn columns<'a>(
    campaign: &Campaign<'_>,
    file: &SuiteFile,
    cells: &[Picked<'a>],
) -> (Vec<(String, Column<'a>)>, BTreeMap<Instance, String>) {
    let over = |of: fn(&Picked<'a>) -> &'a str| {
        let mut by: BTreeMap<&str, Vec<&CellSpec>> = BTreeMap::new();
        for cell in cells {
            by.entry(of(cell)).or_default().push(&cell.cell.spec);
        }
        by.into_iter()
            .map(|(label, specs)| (label, Varying::over(specs)))
            .collect::<BTreeMap<&str, Varying>>()
    };
    let by_solver: BTreeMap<&str, Varying> = over(|c| c.solver_label)
        .into_iter()
        .map(|(label, v)| (label, v.without_problem().without_stop()))
        .collect();
    let by_problem = over(|c| c.problem_label);
    let place = |label: &str| file.problems.iter().position(|p| *p.label == *label).unwrap_or(usize::MAX);
    let solver_place =
        |label: &str| file.solvers.iter().position(|s| *s.label == *label).unwrap_or(usize::MAX);
    let mut columns: BTreeMap<(usize, String, String), Column<'a>> = BTreeMap::new();
    let mut names = BTreeMap::new();
    // The same problem under two labels is one.
    let mut known: BTreeMap<(String, u32), Instance> = BTreeMap::new();
    for cell in cells {
        let spec = &cell.cell.spec;
        let mut words = vec![cell.solver_label.to_owned()];
        words.extend(by_solver.get(cell.solver_label).map(|v| v.words(spec)).unwrap_or_default());
        let solver = words.join(" ");
        let problem =
            json!({"id": spec.problem.id, "version": spec.problem.version, "params": spec.problem.params});
        let mut words = vec![cell.problem_label.to_owned()];
        words.extend(by_problem.get(cell.problem_label).map(|v| v.problem_words(spec)).unwrap_or_default());
        let entry = campaign.suite().problem(&spec.problem.id);
        let seeded = entry.and_then(|p| p.randomness(&spec.problem.params).ok()) != Some(Randomness::Fixed);
        let replicate = if seeded { spec.replicate } else { 0 };
        if seeded {
            words.push(format!("#{replicate}"));
        }
        let name = words.join(" ");
        let canonical = canon(&problem).unwrap_or_else(|_| problem.to_string());
        let key = known.entry((canonical, replicate));
        let key = key.or_insert_with(|| (place(cell.problem_label), natural(&name), replicate)).clone();
        names.entry(key.clone()).or_insert(name);
        let column = (solver_place(cell.solver_label), natural(&solver), solver);
        columns.entry(column).or_default().entry(key).or_default().push(*cell);
    }
    (columns.into_iter().map(|((_, _, name), column)| (name, column)).collect(), names)
}

/// The cost of the tightest cells of a solver on an instance: the median over repetitions; none: none was run.
fn cost(campaign: &Campaign<'_>, cells: &[Picked<'_>], ranking: &Ranking) -> Option<Cost> {
    let tolerance = |p: &Picked<'_>| p.cell.spec.stop.tol.unwrap_or(0.0);
    let tightest = cells.iter().map(tolerance).fold(f64::INFINITY, f64::min);
    let cells: Vec<Picked<'_>> = cells.iter().filter(|p| tolerance(p) <= tightest).copied().collect();
    let entry = Entry::of(campaign, &cells, &ranking.metric.expr);
    let mut values: Vec<f64> = Vec::new();
    let mut reason = entry.unreached_text();
    for measured in &entry.sample.measured {
        values.push(match measured.value {
            Censored::Value(cost) if ranking.limit.is_none_or(|limit| cost <= limit) => cost,
            Censored::Value(_) => {
                reason.get_or_insert_with(|| "above the limit".to_owned());
                f64::INFINITY
            }
            Censored::AtLeast(_) => {
                reason.get_or_insert_with(|| "target not reached".to_owned());
                f64::INFINITY
            }
        });
    }
    for (_, absence) in &entry.sample.missing {
        if let Absence::Failed(error @ EvalError::Failed { .. }) = absence {
            reason.get_or_insert_with(|| error.to_string());
            values.push(f64::INFINITY);
        }
    }
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let cost = upper.is_finite().then(|| f64::midpoint(values[(values.len() - 1) / 2], upper));
    let failed = entry.sample.missing.iter().filter_map(|(picked, _)| failed_run(picked));
    let runs = entry.sample.measured.iter().filter_map(|m| used("value", m)).chain(failed).collect();
    Some(Cost { reason: reason.filter(|_| cost.is_none()), value: cost, runs })
}

/// A run that gave no value.
fn failed_run(picked: &Picked<'_>) -> Option<UsedRun> {
    let record = picked.run?.record;
    Some(UsedRun {
        run_id: record.run_id,
        cell_key: record.cell_key.clone(),
        role: "failed",
        value: 0.0,
        at_least: true,
    })
}
