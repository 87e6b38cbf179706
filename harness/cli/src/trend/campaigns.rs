//! The campaigns in a results folder, oldest first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use harness_core::{CellKey, CodeKey, EnvKey, RunId, RunRecord};
use harness_plan::plan::{Resolved, read_cells};
use harness_store::{Filter, Store};

use crate::error::CliError;

/// What the ids of campaigns begin with that run cells again to confirm a change. They are no campaigns that a person asked
/// for: reports, resuming and history pass over them.
pub(crate) const CONFIRMATION: &str = "confirm-";

/// Whether a run was made to confirm a change.
pub(crate) fn is_confirmation(run: &RunRecord) -> bool {
    confirms(&run.campaign_id)
}

/// Whether the runs of a campaign were made to confirm a change.
pub(crate) fn confirms(campaign: &str) -> bool {
    campaign.starts_with(CONFIRMATION)
}

/// The suites that have results in a folder.
pub(crate) fn suites_in(results: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(results).into_iter().flatten().flatten();
    let has_results = |path: &PathBuf| path.join("MANIFEST.json").is_file() || path.join("runs").is_dir();
    let mut suites: Vec<String> = entries
        .filter(|entry| has_results(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    suites.sort();
    suites
}

/// The stored runs of one suite, with their campaigns.
pub(crate) struct SuiteRuns {
    pub(crate) store: Store,
    pub(crate) runs: Vec<RunRecord>,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) suite: String,
    pub(crate) id: String,
    /// Its last run; none if it only reuses others' runs.
    pub(crate) last: Option<RunId>,
    /// Its profile, of its last run.
    pub(crate) profile: Option<String>,
}

impl SuiteRuns {
    pub(crate) fn read(results: &Path, suite: &str) -> Result<Self, CliError> {
        let store = Store::open(results, suite);
        let runs = store.runs(&Filter::default())?;
        Ok(Self { store, runs })
    }

    /// Its campaigns, those without runs of their own first, then by their last run.
    pub(crate) fn campaigns(&self) -> Result<Vec<Known>, CliError> {
        let mut last: BTreeMap<&str, &RunRecord> = BTreeMap::new();
        for run in &self.runs {
            let slot = last.entry(&run.campaign_id).or_insert(run);
            if run.run_id > slot.run_id {
                *slot = run;
            }
        }
        let suite = self.store.suite();
        let folders = self.store.campaigns()?;
        let mut known: Vec<Known> = folders
            .into_iter()
            .filter(|id| !last.contains_key(id.as_str()))
            .map(|id| Known { suite: suite.to_owned(), id, last: None, profile: None })
            .collect();
        known.extend(last.into_iter().map(|(id, run)| Known {
            suite: suite.to_owned(),
            id: id.to_owned(),
            last: Some(run.run_id),
            profile: Some(run.profile.clone()),
        }));
        known.sort_by(|a, b| (a.last, &a.id).cmp(&(b.last, &b.id)));
        Ok(known)
    }

    /// The runs that answer the cells of a campaign: its own, and of cells that it reused those of the same code, and of the
    /// same machine where times count.
    pub(crate) fn of_campaign(&self, id: &str) -> Vec<&RunRecord> {
        let own: Vec<&RunRecord> = self.runs.iter().filter(|run| run.campaign_id == id).collect();
        let folder = self.store.campaign_dir(id);
        let answered: BTreeSet<&CellKey> = own.iter().map(|run| &run.cell_key).collect();
        let Some(planned) = Planned::read(&folder) else { return own };
        let reused = self.runs.iter().filter(|run| {
            !answered.contains(&run.cell_key)
                && !is_confirmation(run)
                && planned.code.as_ref().is_none_or(|code| *code == run.code_key)
                && planned.cells.get(&run.cell_key).is_some_and(|timed| {
                    !timed || planned.machine.as_ref().is_none_or(|machine| *machine == run.env_key)
                })
        });
        let reused: Vec<&RunRecord> = reused.collect();
        own.into_iter().chain(reused).collect()
    }
}

/// What a campaign's folder says of it.
struct Planned {
    /// Its cells, and whether each is timed.
    cells: BTreeMap<CellKey, bool>,
    code: Option<CodeKey>,
    machine: Option<EnvKey>,
}

impl Planned {
    fn read(folder: &Path) -> Option<Self> {
        let file = std::fs::File::open(folder.join("plan.jsonl")).ok()?;
        let cells = read_cells(std::io::BufReader::new(file)).ok()?;
        let resolved = std::fs::read_to_string(folder.join("resolved.yaml")).unwrap_or_default();
        let resolved = Resolved::parse(&resolved).ok();
        Some(Self {
            cells: cells.into_iter().filter(|c| c.skip.is_none()).map(|c| (c.key, c.timed)).collect(),
            code: resolved.as_ref().map(|r| r.code_key.clone()),
            machine: resolved.map(|r| r.env_key),
        })
    }
}
