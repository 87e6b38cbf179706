//! Which runs: filters, and the one run that an analysis takes of several attempts.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::record::{Outcome, RunRecord};
use harness_core::{CellKey, CodeKey, EnvKey};

/// Which runs to read; an empty filter is every run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this campaign. A campaign also uses runs that earlier ones made: select those by `cells`.
    pub campaign: Option<String>,
    /// Only of these cells.
    pub cells: Option<BTreeSet<CellKey>>,
    /// Only of this code.
    pub code: Option<CodeKey>,
    /// Only of this machine.
    pub env: Option<EnvKey>,
}

impl Filter {
    /// Every run of some cells.
    pub fn cells(cells: impl IntoIterator<Item = CellKey>) -> Self {
        Self { cells: Some(cells.into_iter().collect()), ..Self::default() }
    }

    /// Every run that a campaign made.
    pub fn campaign(id: impl Into<String>) -> Self {
        Self { campaign: Some(id.into()), ..Self::default() }
    }

    /// Whether a run passes.
    pub fn accepts(&self, run: &RunRecord) -> bool {
        self.campaign.as_ref().is_none_or(|id| *id == run.campaign_id)
            && self.cells.as_ref().is_none_or(|cells| cells.contains(&run.cell_key))
            && self.code.as_ref().is_none_or(|key| *key == run.code_key)
            && self.env.as_ref().is_none_or(|key| *key == run.env_key)
    }
}

/// Whether a run with this outcome says something about its cell: it finished, or it met the limit that was set. (A
/// plan runs a cell again if the limit was raised; that is the planner's decision.)
pub fn is_reusable(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Ok | Outcome::Timeout | Outcome::Oom)
}

/// The run that an analysis takes for each (cell, code, machine): of the reusable ones, the [latest](RunRecord::recency).
/// In order of these keys, whatever the order of `runs`.
pub fn latest(runs: &[RunRecord]) -> Vec<&RunRecord> {
    let mut chosen: BTreeMap<(&CellKey, &CodeKey, &EnvKey), &RunRecord> = BTreeMap::new();
    for run in runs.iter().filter(|run| is_reusable(run.outcome)) {
        let best = chosen.entry((&run.cell_key, &run.code_key, &run.env_key)).or_insert(run);
        if run.recency() > best.recency() {
            *best = run;
        }
    }
    chosen.into_values().collect()
}
