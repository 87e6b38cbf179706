//! Writing: batches of finished runs become parts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use harness_core::RunId;
use harness_core::record::{AuditRow, ClaimRow, EnvRow, FinishedRun, RunRecord, SampleRow, TraceRow};

use crate::clock::day;
use crate::compact::{self, Compaction};
use crate::error::StoreError;
use crate::fs::{ensure_dir, publish};
use crate::layout;
use crate::lock::Lock;
use crate::manifest::{Manifest, Part};
use crate::read;
use crate::recover::{self, Depth, Warning};
use crate::rows::Row;
use crate::schema::Table;
use crate::store::Store;

/// When a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// At this many runs.
    pub runs: usize,
    /// At this time after its first run.
    pub age: Duration,
}

impl Default for Policy {
    /// 64 runs or 30 seconds: few files, and little to recover from journals after a crash.
    fn default() -> Self {
        Self { runs: 64, age: Duration::from_secs(30) }
    }
}

/// The one writer of a suite's results. It holds the suite's lock until it is dropped. Dropping it does not write what
/// is pending: call [`Writer::flush`]; what was not flushed is still in the journals.
#[derive(Debug)]
pub struct Writer {
    pub(crate) store: Store,
    pub(crate) manifest: Manifest,
    policy: Policy,
    pending: Vec<FinishedRun>,
    pending_since: Option<Duration>,
    /// The runs of those parts of `runs` that were looked into.
    durable: BTreeMap<String, BTreeSet<RunId>>,
    warnings: Vec<Warning>,
    _lock: Option<Lock>,
}

impl Writer {
    pub(crate) fn open(store: Store, depth: Depth) -> Result<Self, StoreError> {
        ensure_dir(&*store.disk, &store.layout.suite_dir())?;
        let lock = Lock::take(&store.layout)?;
        let (manifest, mut warnings) = recover::recover(&store, depth)?;
        if lock.is_none() {
            warnings.push(Warning::NoLock { path: store.layout.suite_dir() });
        }
        Ok(Self {
            store,
            manifest,
            policy: Policy::default(),
            pending: Vec::new(),
            pending_since: None,
            durable: BTreeMap::new(),
            warnings,
            _lock: lock,
        })
    }

    /// The same with another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// What was found and put right when this writer was opened.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The store that is written to. Reading it shows what is durable.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How many runs are not durable yet.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Adds a finished run to the batch and writes the batch if it is due. Gives back the runs that are durable now and
    /// were not before this call, or not known to be: their journals may be deleted. A run that is already stored (its
    /// journal outlived a crash) is not stored again and is given back at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Mixed`] if rows belong to another run or suite; errors of the system. After an error the batch is
    /// kept, and the next flush tries again.
    pub fn push(&mut self, finished: FinishedRun) -> Result<Vec<RunId>, StoreError> {
        self.check(&finished)?;
        let id = finished.run.run_id;
        let mut durable = Vec::new();
        if self.holds(id)? {
            durable.push(id);
        } else if self.pending.iter().all(|p| p.run.run_id != id) {
            self.pending.push(finished);
            self.pending_since.get_or_insert(self.store.clock.monotonic());
        }
        durable.extend(self.flush_if_due()?);
        Ok(durable)
    }

    /// Writes the batch if it is due by the policy; the runs that are durable now.
    pub fn flush_if_due(&mut self) -> Result<Vec<RunId>, StoreError> {
        let Some(since) = self.pending_since else { return Ok(Vec::new()) };
        let age = self.store.clock.monotonic().saturating_sub(since);
        if self.pending.len() >= self.policy.runs || age >= self.policy.age {
            self.flush()
        } else {
            Ok(Vec::new())
        }
    }

    /// Writes the batch; the runs that are durable now.
    pub fn flush(&mut self) -> Result<Vec<RunId>, StoreError> {
        if self.pending.is_empty() {
            return Ok(Vec::new());
        }
        let day = day(self.store.clock.unix_ns());
        let mut manifest = self.manifest.clone();
        let campaigns: BTreeSet<&str> = self.pending.iter().map(|p| p.run.campaign_id.as_str()).collect();
        let campaigns: Vec<&str> = campaigns.into_iter().collect();
        // `runs` comes last: a run is never seen without its traces.
        let traces = self.pending.iter().flat_map(|p| &p.traces).collect();
        self.write_part(&mut manifest, &day, &campaigns, traces, |row: &TraceRow| Some(row.run_id))?;
        let samples = self.pending.iter().flat_map(|p| &p.samples).collect();
        self.write_part(&mut manifest, &day, &campaigns, samples, |row: &SampleRow| Some(row.run_id))?;
        let runs = self.pending.iter().map(|p| &p.run).collect();
        self.write_part(&mut manifest, &day, &campaigns, runs, |row: &RunRecord| Some(row.run_id))?;
        self.replace_manifest(manifest)?;
        self.pending_since = None;
        Ok(self.pending.drain(..).map(|p| p.run.run_id).collect())
    }

    /// Stores what is known of a machine, once; whether it was new. A file that is there but damaged is replaced.
    ///
    /// # Errors
    ///
    /// [`StoreError::Mixed`] if the rows have several keys; errors of the system.
    pub fn put_env(&mut self, rows: &[EnvRow], campaign_id: &str) -> Result<bool, StoreError> {
        let Some(first) = rows.first() else { return Ok(false) };
        if let Some(other) = rows.iter().find(|row| row.env_key != first.env_key) {
            return Err(StoreError::Mixed {
                table: Table::Env,
                expected: format!("machine {}", first.env_key),
                found: format!("machine {}", other.env_key),
            });
        }
        let path = self.store.env_path(&first.env_key);
        if path.exists() {
            match read::env_rows(&path) {
                Ok(_) => return Ok(false),
                Err(StoreError::Damaged { reason, .. }) => {
                    self.warnings.push(recover::quarantine(&self.store, &path, reason)?);
                }
                Err(other) => return Err(other),
            }
        }
        let mut rows: Vec<&EnvRow> = rows.iter().collect();
        rows.sort();
        publish(&*self.store.disk, &path, &read::encode(&rows, &[campaign_id])?)?;
        Ok(true)
    }

    /// Stores a campaign's verdicts, if they differ from those stored last; whether they did.
    ///
    /// # Errors
    ///
    /// [`StoreError::Mixed`] if the rows belong to several campaigns; errors of the system.
    pub fn put_claims(&mut self, rows: &[ClaimRow]) -> Result<bool, StoreError> {
        let Some(first) = rows.first() else { return Ok(false) };
        if let Some(other) = rows.iter().find(|row| row.campaign_id != first.campaign_id) {
            return Err(StoreError::Mixed {
                table: Table::Claims,
                expected: format!("campaign {}", first.campaign_id),
                found: format!("campaign {}", other.campaign_id),
            });
        }
        if read::same_claims(&read::claims(&self.store.layout, &self.manifest)?, rows)? {
            return Ok(false);
        }
        let day = day(self.store.clock.unix_ns());
        let mut manifest = self.manifest.clone();
        self.write_part(
            &mut manifest,
            &day,
            &[&first.campaign_id],
            rows.iter().collect(),
            |_: &ClaimRow| None,
        )?;
        self.replace_manifest(manifest)?;
        Ok(true)
    }

    /// Stores the comparisons of an audit.
    ///
    /// # Errors
    ///
    /// Errors of the system.
    pub fn put_audits(&mut self, rows: &[AuditRow]) -> Result<(), StoreError> {
        let day = day(self.store.clock.unix_ns());
        let mut manifest = self.manifest.clone();
        let ids: BTreeSet<&str> = rows.iter().map(|row| row.audit_id.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        self.write_part(&mut manifest, &day, &ids, rows.iter().collect(), |_: &AuditRow| None)?;
        self.replace_manifest(manifest)
    }

    /// Merges small parts: see [`Store::compact`].
    pub fn compact(&mut self) -> Result<Compaction, StoreError> {
        compact::compact(self)
    }

    /// Merges small parts if some table has many of them.
    pub fn compact_if_due(&mut self) -> Result<Compaction, StoreError> {
        if compact::is_due(&self.manifest) { self.compact() } else { Ok(Compaction::default()) }
    }

    fn check(&self, finished: &FinishedRun) -> Result<(), StoreError> {
        let FinishedRun { run, samples, traces } = finished;
        if run.suite != self.store.suite() {
            return Err(StoreError::Mixed {
                table: Table::Runs,
                expected: format!("the results of suite `{}`", self.store.suite()),
                found: format!("suite `{}`", run.suite),
            });
        }
        if let Some(row) = samples.iter().find(|row| row.run_id != run.run_id) {
            return Err(StoreError::mixed(Table::Samples, run.run_id, row.run_id));
        }
        if let Some(row) = traces.iter().find(|row| row.run_id != run.run_id) {
            return Err(StoreError::mixed(Table::Traces, run.run_id, row.run_id));
        }
        Ok(())
    }

    /// Whether a run is durable. Run ids grow, so that for a fresh one no part needs to be read.
    pub fn holds(&mut self, run: RunId) -> Result<bool, StoreError> {
        for part in self.manifest.parts(Table::Runs).iter().filter(|part| part.may_hold(run)) {
            if !self.durable.contains_key(&part.path) {
                let bytes = read::part_bytes(&self.store.layout, part)?;
                let runs = read::runs_of(&self.store.layout.part(&part.path), &bytes, Table::Runs)?;
                self.durable.insert(part.path.clone(), runs.into_iter().collect());
            }
            if self.durable[&part.path].contains(&run) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes rows as a new part and adds it to `manifest`; nothing for no rows.
    pub(crate) fn write_part<R: Row>(
        &self,
        manifest: &mut Manifest,
        day: &str,
        campaigns: &[&str],
        mut rows: Vec<&R>,
        run_of: impl Fn(&R) -> Option<RunId>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        rows.sort_by(|a, b| R::order(a, b));
        let bytes = read::encode(&rows, campaigns)?;
        let path = layout::new_part(R::TABLE, day);
        publish(&*self.store.disk, &self.store.layout.part(&path), &bytes)?;
        manifest
            .push(R::TABLE, Part::new(path, &bytes, rows.len(), rows.iter().filter_map(|row| run_of(row))));
        Ok(())
    }

    /// Makes a manifest the durable one.
    pub(crate) fn replace_manifest(&mut self, manifest: Manifest) -> Result<(), StoreError> {
        publish(&*self.store.disk, &self.store.layout.manifest(), manifest.to_json().as_bytes())?;
        self.manifest = manifest;
        Ok(())
    }
}
