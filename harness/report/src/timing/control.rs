//! The A/A control: the same solver timed twice. Any difference between the two is not the solver's.

use std::collections::BTreeMap;

use harness_core::{CellSpec, RunId};
use harness_plan::Expr;
use harness_plan::expr::Quantity;
use harness_stats::{Censored, Estimate, Level, mean, ratio};
use serde::Serialize;

use super::Clock;
use crate::Identity;
use crate::campaign::{Campaign, Picked};
use crate::claims::Shown;
use crate::eval::evaluate;
use crate::natural::natural;

/// The level at which all controls together are judged.
const POOLED: f64 = 0.99;

/// A solver that is timed twice on a problem.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlPair {
    /// The problem with what tells it from others.
    pub problem: String,
    /// The solver with what tells it from others.
    pub solver: String,
    /// Blocks in which both were timed.
    pub blocks: usize,
    /// The double's CPU time over the original's, 95 % interval over blocks.
    pub cpu: Option<Shown>,
    /// The same in wall time.
    pub wall: Option<Shown>,
    /// The runs of both.
    pub runs: Vec<RunId>,
    /// The command that runs both again.
    pub command: String,
}

type Arms<'a> = (Picked<'a>, Picked<'a>);

/// The time that one process took: the median of its samples, or of its traced solve where there are none.
fn time(arm: &Picked<'_>, clock: Clock) -> Option<f64> {
    let quantities = match clock {
        Clock::Cpu => [Quantity::SampleCpu, Quantity::Cpu],
        Clock::Wall => [Quantity::SampleWall, Quantity::Wall],
    };
    let run = arm.run?;
    let value = quantities.into_iter().find_map(|q| evaluate(&Expr::Quantity(q), run).ok())?;
    match value {
        Censored::Value(seconds) if seconds > 0.0 => Some(seconds),
        _ => None,
    }
}

/// Both times, original first.
fn times((original, double): &Arms<'_>, clock: Clock) -> Option<(f64, f64)> {
    Some((time(original, clock)?, time(double, clock)?))
}

/// The arms by what is timed, replicates together.
fn groups<'a, 'b>(arms: &'b [Arms<'a>]) -> Vec<Vec<&'b Arms<'a>>> {
    let mut groups: BTreeMap<String, Vec<&Arms<'_>>> = BTreeMap::new();
    for pair in arms {
        let spec = CellSpec { replicate: 0, ..pair.0.cell.spec.clone() };
        groups.entry(spec.key().to_string()).or_default().push(pair);
    }
    groups.into_values().collect()
}

/// Each control by itself.
pub(super) fn pairs(campaign: &Campaign<'_>, identity: &Identity, arms: &[Arms<'_>]) -> Vec<ControlPair> {
    let pair = |group: &Vec<&Arms<'_>>| {
        let original = &group[0].0;
        let words = campaign
            .varying(original.problem_label, original.solver_label)
            .map(|varying| varying.words(&original.cell.spec))
            .unwrap_or_default();
        let estimate = |clock| {
            let (a, b): (Vec<f64>, Vec<f64>) = group.iter().filter_map(|arms| times(arms, clock)).unzip();
            ratio::paired(&b, &a, Level::P95).ok()
        };
        let (cpu, wall) = (estimate(Clock::Cpu), estimate(Clock::Wall));
        let mut runs: Vec<RunId> =
            group.iter().flat_map(|(a, b)| [a.run, b.run]).flatten().map(|run| run.record.run_id).collect();
        runs.sort_unstable();
        ControlPair {
            problem: [&[original.problem_label.to_owned()], &words[..]].concat().join(" "),
            solver: original.solver_label.to_owned(),
            blocks: [&cpu, &wall].into_iter().flatten().map(|e| e.n).max().unwrap_or(0),
            cpu: cpu.as_ref().map(Shown::from),
            wall: wall.as_ref().map(Shown::from),
            runs,
            command: campaign.command(identity, original),
        }
    };
    let mut pairs: Vec<ControlPair> = groups(arms).iter().map(pair).collect();
    pairs.sort_by_cached_key(|pair| (natural(&pair.problem), natural(&pair.solver)));
    pairs
}

/// All controls together: the mean over pairs within a block, then Student t over blocks, on logarithms.
pub(super) fn pooled(arms: &[Arms<'_>], clock: Clock) -> Option<Estimate> {
    let mut blocks: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for pair in arms {
        if let Some((original, double)) = times(pair, clock) {
            blocks.entry(pair.0.cell.spec.replicate).or_default().push(double.ln() - original.ln());
        }
    }
    let effects: Vec<f64> =
        blocks.values().map(|logs| (logs.iter().sum::<f64>() / logs.len() as f64).exp()).collect();
    mean::geometric(&effects, Level::new(POOLED).ok()?).ok()
}
