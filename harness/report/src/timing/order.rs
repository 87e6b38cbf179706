//! Whether compared solvers took turns: each at every place of a block equally often, the runs of a block one after
//! another. Only then does a slow change of the machine not favour any of them.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::{CellSpec, RunRecord};
use serde::Serialize;

use crate::campaign::Picked;

/// In how many groups of compared solvers the order was what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Orders {
    /// Groups of compared solvers: one problem under one stop rule, on one device.
    pub groups: usize,
    /// Those in which every solver stood at every place equally often, give or take one.
    pub balanced: usize,
    /// Those in which the runs of each block were made one after another.
    pub in_turns: usize,
    /// The problems of the groups that were not run in turns.
    pub split: BTreeSet<String>,
}

impl Orders {
    /// Of the timed cells of a campaign.
    pub(super) fn of<'a>(timed: impl Iterator<Item = Picked<'a>>) -> Self {
        let mut groups: BTreeMap<String, Vec<Picked<'a>>> = BTreeMap::new();
        for picked in timed.filter(|p| p.run.is_some()) {
            groups.entry(group(&picked.cell.spec)).or_default().push(picked);
        }
        groups.retain(|_, cells| {
            let solvers: BTreeSet<String> = cells.iter().map(|c| solver(&c.cell.spec)).collect();
            solvers.len() > 1
        });
        let mut orders = Self { groups: groups.len(), ..Self::default() };
        for cells in groups.values() {
            orders.balanced += usize::from(is_balanced(cells));
            if took_turns(cells) {
                orders.in_turns += 1;
            } else {
                orders.split.extend(cells.first().map(|c| c.problem_label.to_owned()));
            }
        }
        orders
    }
}

/// What compared cells have in common.
fn group(spec: &CellSpec) -> String {
    let mut parts = spec.key_parts();
    for own in ["solver", "replicate", "control"] {
        parts.remove(own);
    }
    serde_json::Value::from(parts).to_string()
}

fn solver(spec: &CellSpec) -> String {
    let parts = spec.key_parts();
    format!("{:?} {:?}", parts.get("solver"), parts.get("control"))
}

/// Whether every solver stood at every place equally often, give or take one.
fn is_balanced(cells: &[Picked<'_>]) -> bool {
    let mut counts: BTreeMap<(String, u32), usize> = BTreeMap::new();
    let places = || cells.iter().filter_map(|c| Some((solver(&c.cell.spec), c.run?.record.position?)));
    let solvers: BTreeSet<String> = places().map(|(solver, _)| solver).collect();
    let positions: BTreeSet<u32> = places().map(|(_, position)| position).collect();
    for solver in &solvers {
        for position in &positions {
            counts.insert((solver.clone(), *position), 0);
        }
    }
    for place in places() {
        *counts.entry(place).or_default() += 1;
    }
    let (least, most) = (counts.values().min(), counts.values().max());
    !counts.is_empty() && most.zip(least).is_some_and(|(most, least)| most - least <= 1)
}

/// Whether the runs of each block were made one after another, no run of another block of these cells between them.
pub(crate) fn took_turns(cells: &[Picked<'_>]) -> bool {
    let mut runs: Vec<(&RunRecord, u32)> = cells
        .iter()
        .filter_map(|c| Some((c.run?.record, c.run?.record.block.unwrap_or(c.cell.spec.replicate))))
        .collect();
    runs.sort_by_key(|(run, _)| (run.started_unix_ns, run.run_id));
    let mut seen = BTreeSet::new();
    let mut last = None;
    runs.iter().all(|(_, block)| {
        let same = last.replace(*block) == Some(*block);
        same || seen.insert(*block)
    })
}
