//! A campaign as the verbs see it: what is asked, what is stored, what is left to do.

mod answered;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use harness_core::record::RunRecord;
use harness_core::scratch::replace;
use harness_core::{CellKey, EnvKey, EnvRow, remedy};
use harness_datasets::DataDir;
use harness_plan::overrides::Executor;
use harness_plan::plan::{Machine, write_cells};
use harness_plan::resume::{Decision, Mode, decide};
use harness_plan::{Overrides, Plan};
use harness_report::{Data, Identity, Input, Judgement, Link, Previous, Report, not_kept};
use harness_runner::{Campaign as Columns, Config, env, find_worker};
use harness_store::{Filter, Store, Table};

use crate::data_lookup::Lookup;
use crate::error::CliError;
use crate::site::{self, LoadedSuite};
use crate::trend::campaigns::{confirms, is_confirmation};

/// Keys that are not the planner's, of every verb that has a campaign: one line names it for all of them.
const OWN_KEYS: &[&str] = &["slots", "data"];
/// Keys of the planner that a command which re-runs a cell says itself, or that do not change the cell. Of the others none
/// changes a cell.
const NOT_REPEATED: &[&str] = &["suite", "profile", "problem", "solver", "executor"];

/// A campaign: one suite, one profile, overrides.
pub(crate) struct Campaign {
    pub(crate) loaded: LoadedSuite,
    pub(crate) plan: Plan,
    pub(crate) store: Store,
    pub(crate) id: String,
    pub(crate) env_key: EnvKey,
    pub(crate) env_rows: Vec<EnvRow>,
    data_dir: PathBuf,
    slots: NonZeroUsize,
    pub(crate) overrides: Overrides,
    pairs: Vec<String>,
    answered_by: AnsweredBy,
    /// Of an excerpt: what is kept for each claim.
    excerpt: Option<BTreeMap<String, String>>,
}

/// Which runs answer the cells of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnsweredBy {
    /// Those of any campaign.
    Any,
    /// Its own: a night measures anew.
    Own,
    /// Its own, and of cells that it reused those of others: a campaign that is over.
    OwnFirst,
}

impl Campaign {
    /// Reads the command line and the suite's files and makes the plan. Touches no results. `of_verb` are keys that only
    /// this verb has: see [`own_key`].
    pub(crate) fn resolve(words: &[String], of_verb: &[&'static str]) -> Result<Self, CliError> {
        let pairs = with_suite(words)?;
        let overrides = Overrides::parse(&pairs, &[OWN_KEYS, of_verb].concat())?;
        let Some(suite) = &overrides.suite else {
            let known = site::names().join(", ");
            return Err(CliError::usage(format!("which suite? say suite=NAME; known: {known}")));
        };
        if overrides.executor == Some(Executor::Slurm) {
            return Err(CliError::usage(
                "executor=slurm is not built yet; executor=local runs on this machine",
            ));
        }
        let loaded = site::load(suite, &overrides.peers.files)?;
        let profile = overrides.profile.as_ref().unwrap_or(&loaded.file.default_profile).value.clone();
        let data_dir = own_key(&overrides, "data").map_or_else(site::data_dir, PathBuf::from);
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let slots = match own_key(&overrides, "slots") {
            None => cores,
            Some(text) => text.parse().map_err(|_| {
                CliError::usage(format!("`slots` must be a whole number of at least 1, found `{text}`"))
            })?,
        };
        let here = env::Machine::probe();
        let machine = Machine { cuda: has_cuda(&here), max_threads: cores.get() as u32 };
        let lookup = Lookup::new(DataDir::new(&data_dir));
        let plan = Plan::make(&loaded.suite, &loaded.file, &profile, &overrides, &lookup, &machine)?;
        let id = plan.campaign_id(&here.key);
        let results = overrides.out.clone().unwrap_or_else(site::results_dir);
        let store = Store::open(results, loaded.suite.id);
        let (env_key, env_rows) = (here.key, here.rows);
        Ok(Self {
            loaded,
            plan,
            store,
            id,
            env_key,
            env_rows,
            data_dir,
            slots,
            overrides,
            pairs,
            answered_by: AnsweredBy::Any,
            excerpt: None,
        })
    }

    /// The campaign that the key `campaign` names, as it was stored; without it, the one that the command line resolves to.
    pub(crate) fn stored_or_resolved(words: &[String], of_verb: &[&'static str]) -> Result<Self, CliError> {
        let pairs = with_suite(words)?;
        match pairs.iter().rev().find_map(|pair| pair.strip_prefix("campaign=")) {
            Some(name) => Self::of_stored(&pairs, name, of_verb),
            None => Self::resolve(words, of_verb),
        }
    }

    /// Whether it is over, and only read.
    pub(crate) fn is_over(&self) -> bool {
        self.answered_by == AnsweredBy::OwnFirst
    }

    /// Whether only what its claims read is left of it.
    pub(crate) fn is_excerpt(&self) -> bool {
        self.excerpt.is_some()
    }

    /// The same as the campaign of a night: with an id that begins with the day, and with runs of its own.
    pub(crate) fn of_night(mut self, date: &str) -> Self {
        self.id = format!("{date}-{}", self.id);
        self.answered_by = AnsweredBy::Own;
        self
    }

    /// Whether a run can answer a cell. Those that confirm a change cannot: they stand in blocks of their own.
    fn counts(&self, run: &RunRecord) -> bool {
        !is_confirmation(run) && (self.answered_by != AnsweredBy::Own || run.campaign_id == self.id)
    }

    /// Whether a run answers its cell: one of the same code, and of the same machine if the cell is `timed`, for times of other
    /// machines are not this campaign's.
    fn answers(&self, run: &RunRecord, timed: bool) -> bool {
        run.code_key == self.plan.code_key && (!timed || run.env_key == self.env_key)
    }

    /// What is done about each cell of the plan, given the stored runs.
    pub(crate) fn decisions(&self, runs: &[RunRecord], mode: Mode) -> Vec<Decision> {
        let decide =
            |runs: &[RunRecord]| decide(&self.plan.cells, &self.plan.code_key, &self.env_key, runs, mode);
        if runs.iter().all(|run| self.counts(run)) {
            return decide(runs);
        }
        decide(&runs.iter().filter(|run| self.counts(run)).cloned().collect::<Vec<_>>())
    }

    /// The campaign's folder.
    pub(crate) fn dir(&self) -> PathBuf {
        self.store.campaign_dir(&self.id)
    }

    /// The columns that are the same for every run.
    pub(crate) fn columns(&self) -> Columns {
        let git = site::commit();
        Columns {
            campaign_id: self.id.clone(),
            profile: self.plan.profile.clone(),
            suite: self.plan.suite.clone(),
            code_key: self.plan.code_key.clone(),
            env_key: self.env_key.clone(),
            shard: None,
            git_commit: git.commit,
            git_dirty: git.dirty,
            harness_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// How its cells are run, by every verb that runs some. `columns` are [those](Self::columns) of every run.
    pub(crate) fn config(&self, columns: Columns) -> Result<Config, CliError> {
        Ok(Config {
            worker: find_worker().map_err(CliError::failed)?,
            slots: self.slots,
            journal_dir: self.store.journal_dir(),
            log_dir: self.dir().join("logs"),
            data_dir: self.data_dir.clone(),
            campaign: columns,
            metrics: self.loaded.suite.metrics(),
        })
    }

    /// Writes the resolved configuration and the plan, where they are not there already.
    pub(crate) fn write_plan(&self) -> Result<(), CliError> {
        self.write_plan_to(&self.dir(), &self.plan, &self.pairs, "")
    }

    /// Writes a plan of it, started with these pairs, to a folder; `more` follows the resolved configuration.
    pub(crate) fn write_plan_to(
        &self,
        dir: &Path,
        plan: &Plan,
        pairs: &[String],
        more: &str,
    ) -> Result<(), CliError> {
        let mut cells = Vec::new();
        write_cells(&plan.cells, &mut cells)?;
        write_if_new(&dir.join("plan.jsonl"), &cells)?;
        // The plan knows nothing of nights.
        let own = plan.campaign_id(&self.env_key);
        let resolved = plan.resolved_yaml(&self.env_key, pairs).replacen(&own, &self.id, 1);
        write_if_new(&dir.join("resolved.yaml"), (resolved + more).as_bytes())
    }

    /// The pairs that it was started with, as a campaign that others read says them: without places on this machine.
    pub(crate) fn portable_pairs(&self) -> Vec<String> {
        let keys = ["suite", "profile", "problem", "solver"];
        let repeated = |pair: &&String| {
            let key = pair.split('=').next().unwrap_or_default();
            keys.contains(&key) || (key != "out" && own_key(&self.overrides, key).is_none())
        };
        self.pairs.iter().filter(repeated).cloned().collect()
    }

    /// Judges the claims and makes the report from what is stored.
    pub(crate) fn report(&self) -> Result<Report, CliError> {
        let (data, previous) = (self.stored()?, self.previous()?);
        let input = Input { links: self.links()?, previous: previous.as_ref(), ..self.input(&data) };
        harness_report::build(&input).map_err(CliError::failed)
    }

    /// Judges the claims from what is stored, and draws nothing.
    pub(crate) fn judge(&self) -> Result<Judgement, CliError> {
        if let Some(kept) = &self.excerpt {
            let lost = not_kept(&self.loaded.file, &self.loaded.claims, kept);
            if !lost.is_empty() {
                return Err(CliError::usage(format!(
                    "{} is an excerpt, made for claims as they were, and lacks what {} now: make it anew, with \
                     `claims … export=DIR` from a campaign that has all",
                    self.dir().display(),
                    match lost[..] {
                        [one] => format!("`{one}` reads"),
                        _ => format!("`{}` read", lost.join("`, `")),
                    }
                )));
            }
        }
        Ok(harness_report::judge(&self.input(&self.stored()?)))
    }

    pub(crate) fn input<'a>(&'a self, data: &'a Data) -> Input<'a> {
        Input {
            identity: self.identity(),
            suite: &self.loaded.suite,
            suite_file: &self.loaded.file,
            claims: &self.loaded.claims,
            cells: &self.plan.cells,
            data,
            links: Vec::new(),
            previous: None,
        }
    }

    /// What is stored about the campaign's cells.
    pub(crate) fn stored(&self) -> Result<Data, CliError> {
        let filter = Filter {
            cells: Some(self.plan.cells.iter().map(|c| c.key.clone()).collect()),
            code: Some(self.plan.code_key.clone()),
            ..Filter::default()
        };
        let timed: BTreeMap<&CellKey, bool> = self.plan.cells.iter().map(|c| (&c.key, c.timed)).collect();
        let mut runs = self.store.runs(&filter)?;
        runs.retain(|run| self.counts(run));
        if self.answered_by == AnsweredBy::OwnFirst {
            let own = runs.iter().filter(|run| run.campaign_id == self.id);
            let answered: BTreeSet<CellKey> = own.map(|run| run.cell_key.clone()).collect();
            runs.retain(|run| run.campaign_id == self.id || !answered.contains(&run.cell_key));
        }
        runs.retain(|run| self.answers(run, timed[&run.cell_key]));
        let ids: Vec<_> = runs.iter().map(|r| r.run_id).collect();
        let traces = self.store.traces(&ids)?;
        let samples = self.store.samples(&ids)?;
        // What is stored, not what is seen now: the load of this minute is not the campaign's.
        let mut env: Vec<EnvRow> =
            self.store.env()?.into_iter().filter(|r| r.env_key == self.env_key).collect();
        if env.is_empty() {
            env.clone_from(&self.env_rows);
        }
        Ok(Data { runs, traces, samples, env, audits: self.store.audits()? })
    }

    /// The suite's campaign before this one: the one whose runs began last before this one's did. Cells that this one reused
    /// may be that one's.
    fn previous(&self) -> Result<Option<Previous>, CliError> {
        let runs = self.store.origins()?;
        let own = runs.iter().filter(|run| run.campaign_id == self.id);
        let began = own.map(|run| run.started_unix_ns).min().unwrap_or(i64::MAX);
        let earlier = runs.iter().filter(|run| {
            run.campaign_id != self.id && run.started_unix_ns < began && !confirms(&run.campaign_id)
        });
        let Some(last) = earlier.max_by_key(|run| (run.started_unix_ns, run.run_id)) else { return Ok(None) };
        let mut env = self.store.env()?;
        env.retain(|row| row.env_key == last.env_key);
        Ok(Some(Previous {
            campaign_id: last.campaign_id.clone(),
            started_unix_ns: last.started_unix_ns,
            env,
        }))
    }

    /// That no run of its cells is stored, and what to do.
    fn nothing_stored(&self) -> String {
        let folder = self.store.suite_dir();
        format!("no run of this campaign is stored in {}; `run` it first", folder.display())
    }

    fn identity(&self) -> Identity {
        let repeated = |pair: &&String| {
            let key = pair.split_once('=').map_or(pair.as_str(), |(key, _)| key);
            let is_place = key == "out" && self.reference().is_some();
            !NOT_REPEATED.contains(&key) && !is_place && own_key(&self.overrides, key).is_none()
        };
        Identity {
            campaign_id: self.id.clone(),
            suite: self.plan.suite.clone(),
            profile: self.plan.profile.clone(),
            overrides: self.pairs.iter().filter(repeated).cloned().collect(),
            solvers: self.overrides.solver.iter().map(|name| name.value.clone()).collect(),
            code_key: self.plan.code_key.clone(),
            env_key: self.env_key.clone(),
        }
    }

    /// Links from the report to the Parquet parts.
    fn links(&self) -> Result<Vec<Link>, CliError> {
        let suite_dir = self.store.suite_dir();
        let mut links = Vec::new();
        for table in [Table::Runs, Table::Samples, Table::Traces] {
            for path in self.store.files(table)? {
                if let Ok(relative) = path.strip_prefix(&suite_dir) {
                    let relative = relative.display().to_string();
                    links.push(Link { href: format!("../../{relative}"), label: relative });
                }
            }
        }
        Ok(links)
    }
}

/// Whether a machine has a CUDA device.
pub(crate) fn has_cuda(machine: &env::Machine) -> bool {
    machine.get("gpus").is_some()
}

/// The value of a key that is not the planner's.
pub(crate) fn own_key<'a>(overrides: &'a Overrides, key: &str) -> Option<&'a str> {
    overrides.extra.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
}

/// The pairs, with a bare first word as the suite.
pub(crate) fn with_suite(words: &[String]) -> Result<Vec<String>, CliError> {
    let mut pairs = Vec::new();
    for (i, word) in words.iter().enumerate() {
        match word.contains('=') {
            true => pairs.push(word.clone()),
            false if i == 0 => pairs.push(format!("suite={word}")),
            false => {
                return Err(CliError::usage(format!(
                    "expected key=value, found `{word}`; only the first word may stand alone: it names the suite"
                )));
            }
        }
    }
    Ok(pairs)
}

fn write_if_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    replace(path, bytes)
        .map_err(|e| CliError::failed(format!("failed to write {}: {e}; {}", path.display(), remedy(&e))))
}
