//! A campaign that is over, from what its folder says of it.

use std::io::{BufReader, ErrorKind};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use harness_core::suggest;
use harness_plan::plan::{Resolved, read_cells};
use harness_plan::{Overrides, Plan, PlannedCell};
use harness_store::Store;

use super::{AnsweredBy, Campaign, OWN_KEYS};
use crate::error::CliError;
use crate::site;
use crate::trend::campaigns::suites_in;

impl Campaign {
    /// A campaign that is over: its own cells, code and machine, whatever they are now.
    pub(super) fn of_stored(
        pairs: &[String],
        name: &str,
        of_verb: &[&'static str],
    ) -> Result<Self, CliError> {
        let given: Vec<&str> = pairs.iter().map(|pair| pair.split('=').next().unwrap_or_default()).collect();
        let known = |key: &&&str| ["suite", "out", "data"].contains(key) || of_verb.contains(key);
        if let Some(key) = given.iter().find(|key| !known(key)) {
            return Err(CliError::usage(format!(
                "`{key}=` does not go with `campaign=`: what that campaign ran is stored with it"
            )));
        }
        let keys = [OWN_KEYS, of_verb].concat();
        let overrides = Overrides::parse(pairs, &keys)?;
        let Some(suite) = &overrides.suite else {
            return Err(CliError::usage("which suite? say suite=NAME beside campaign=ID"));
        };
        let store =
            Store::open(overrides.out.clone().unwrap_or_else(site::results_dir), site::entry(suite)?.id);
        let stored = StoredPlan::read(&store, name)?;
        // The folder was another where it ran, or had another name.
        let is_place = |pair: &&String| pair.starts_with("out=") || pair.starts_with("data=");
        let mut started: Vec<String> =
            stored.resolved.command_line.iter().filter(|pair| !is_place(pair)).cloned().collect();
        started.extend(pairs.iter().filter(is_place).cloned());
        let all: Vec<String> = started.iter().chain(pairs).cloned().collect();
        let overrides = Overrides::parse(&all, &keys)?;
        let loaded = site::load(store.suite(), &overrides.peers.files)?;
        let Resolved { profile, code_key, env_key, excerpt, .. } = stored.resolved;
        let plan = Plan {
            suite: store.suite().to_owned(),
            profile,
            code_key,
            cells: stored.cells,
            notes: Vec::new(),
        };
        Ok(Self {
            loaded,
            plan,
            id: stored.id,
            store,
            env_key,
            env_rows: Vec::new(),
            data_dir: site::data_dir(),
            slots: NonZeroUsize::MIN,
            overrides,
            pairs: started,
            answered_by: AnsweredBy::OwnFirst,
            excerpt,
        })
    }

    /// The excerpt that its results folder holds, of this or another suite: such a folder is a reference, and only read.
    pub(crate) fn reference(&self) -> Option<PathBuf> {
        let results = self.store.results_dir();
        let of_suite = |suite: String| {
            let store = Store::open(results, &suite);
            let campaigns = store.campaigns().unwrap_or_default();
            campaigns.into_iter().map(move |id| store.campaign_dir(&id))
        };
        let is_excerpt = |folder: &PathBuf| {
            let text = std::fs::read_to_string(folder.join("resolved.yaml")).unwrap_or_default();
            // Most are none, and need not be parsed.
            text.contains("\nexcerpt:") && Resolved::parse(&text).is_ok_and(|of| of.excerpt.is_some())
        };
        suites_in(results).into_iter().flat_map(of_suite).find(is_excerpt)
    }

    /// That its results may be written.
    ///
    /// # Errors
    ///
    /// If its results folder is a reference.
    pub(crate) fn check_is_no_reference(&self) -> Result<(), CliError> {
        self.reference().map_or(Ok(()), |excerpt| {
            Err(CliError::usage(format!(
                "{} is a reference that is only read, for it holds the excerpt {}: name another results folder with `out=DIR`",
                self.store.results_dir().display(),
                excerpt.display()
            )))
        })
    }
}

/// A campaign's plan as it was written when it ran.
struct StoredPlan {
    id: String,
    resolved: Resolved,
    cells: Vec<PlannedCell>,
}

impl StoredPlan {
    /// Reads the plan of the one campaign whose id is `name` or begins so.
    fn read(store: &Store, name: &str) -> Result<Self, CliError> {
        let id = find(store, name)?;
        let folder = store.campaign_dir(&id);
        let resolved = folder.join("resolved.yaml");
        let text = std::fs::read_to_string(&resolved).map_err(|e| unreadable(&resolved, &e))?;
        let resolved = Resolved::parse(&text).map_err(|e| unreadable(&resolved, &e))?;
        let plan = folder.join("plan.jsonl");
        let file = std::fs::File::open(&plan).map_err(|e| unreadable(&plan, &e))?;
        let cells = read_cells(BufReader::new(file)).map_err(|e| match e.kind() {
            ErrorKind::InvalidData => CliError::usage(format!("{}: {e}", folder.display())),
            _ => unreadable(&plan, &e),
        })?;
        Ok(Self { id, resolved, cells })
    }
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> CliError {
    CliError::usage(format!("cannot read {} of the campaign: {why}", path.display()))
}

fn find(store: &Store, name: &str) -> Result<String, CliError> {
    let all = store.campaigns()?;
    if all.iter().any(|id| id == name) {
        return Ok(name.to_owned());
    }
    let found: Vec<&String> = all.iter().filter(|id| id.starts_with(name)).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => {
            let hint = suggest::hint(name, all.iter().map(String::as_str));
            let folder = store.suite_dir().display().to_string();
            Err(CliError::usage(format!("no campaign `{name}` is stored in {folder}; {hint}")))
        }
        _ => {
            let ids: Vec<&str> = found.iter().map(|id| id.as_str()).collect();
            Err(CliError::usage(format!("`{name}` begins several campaigns: {}", ids.join(", "))))
        }
    }
}
