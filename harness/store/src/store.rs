//! The results of one suite: where they lie, and how they are read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness_core::record::{AuditRow, ClaimRow, EnvRow, RunRecord, SampleRow, TraceRow};
use harness_core::{EnvKey, RunId};

use crate::clock::{Clock, SystemClock};
use crate::compact::Compaction;
use crate::error::StoreError;
use crate::fs::{Fs, RealFs};
use crate::layout::{self, Layout};
use crate::manifest::Manifest;
use crate::read;
use crate::recover::{Depth, Warning};
use crate::rows::Origin;
use crate::schema::Table;
use crate::select::Filter;
use crate::verify::{self, Verification};
use crate::writer::Writer;

/// The results of one suite in one results folder. Opening and reading touch nothing on the disk; a folder that is not
/// there reads as empty.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) layout: Layout,
    pub(crate) disk: Arc<dyn Fs>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Store {
    /// The results of `suite` in the folder `results`.
    pub fn open(results: impl Into<PathBuf>, suite: &str) -> Self {
        Self {
            layout: Layout { results: results.into(), suite: suite.to_owned() },
            disk: Arc::new(RealFs),
            clock: Arc::new(SystemClock::default()),
        }
    }

    /// The same with another clock: for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Takes the suite's lock, puts right what a crash left behind (see [`Writer::warnings`]) and opens for writing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] if another writer is open, [`StoreError::Schema`] if a newer harness wrote here, and
    /// errors of the system.
    pub fn writer(&self) -> Result<Writer, StoreError> {
        Writer::open(self.clone(), Depth::Sizes)
    }

    /// As opening a writer, but checks the content of every part: those that are damaged go to the quarantine.
    pub fn repair(&self) -> Result<Vec<Warning>, StoreError> {
        Ok(Writer::open(self.clone(), Depth::Hashes)?.warnings().to_vec())
    }

    /// The runs that pass the filter, in order of run id.
    pub fn runs(&self, filter: &Filter) -> Result<Vec<RunRecord>, StoreError> {
        let mut runs: Vec<RunRecord> = self.consistent(|m| read::rows(&self.layout, m, None))?;
        runs.retain(|run| filter.accepts(run));
        Ok(runs)
    }

    /// Where every run comes from, in order of run id. Reads four columns of `runs` and no other.
    pub fn origins(&self) -> Result<Vec<Origin>, StoreError> {
        self.consistent(|m| read::rows(&self.layout, m, None))
    }

    /// The samples of some runs, in order of run id, those of a run as recorded.
    pub fn samples(&self, runs: &[RunId]) -> Result<Vec<SampleRow>, StoreError> {
        let wanted = runs.iter().copied().collect();
        self.consistent(|m| read::rows(&self.layout, m, Some(&wanted)))
    }

    /// The traces of some runs, in order of (cell key, run id, metric, step).
    pub fn traces(&self, runs: &[RunId]) -> Result<Vec<TraceRow>, StoreError> {
        let wanted = runs.iter().copied().collect();
        self.consistent(|m| read::rows(&self.layout, m, Some(&wanted)))
    }

    /// The latest verdicts of every campaign, in order of (campaign, claim).
    pub fn claims(&self) -> Result<Vec<ClaimRow>, StoreError> {
        self.consistent(|m| read::claims(&self.layout, m))
    }

    /// Every comparison of an audit, oldest part first.
    pub fn audits(&self) -> Result<Vec<AuditRow>, StoreError> {
        self.consistent(|m| read::audits(&self.layout, m))
    }

    /// What is known of every machine, in order of (key, name).
    pub fn env(&self) -> Result<Vec<EnvRow>, StoreError> {
        read::env(&self.layout)
    }

    /// The manifest; without one, what it would be. `Table::Env` is not part of it.
    pub fn manifest(&self) -> Result<Manifest, StoreError> {
        match Manifest::read(&self.layout)? {
            Some(manifest) => Ok(manifest),
            None => read::manifest_of_disk(&self.layout),
        }
    }

    /// Checks every part against the manifest and says what else is amiss. Changes nothing.
    pub fn verify(&self) -> Result<Verification, StoreError> {
        verify::verify(self)
    }

    /// Merges small parts: one part a table and day, up to 128 MiB. Takes the suite's lock. Verdicts are left alone:
    /// their order says which is the last.
    pub fn compact(&self) -> Result<Compaction, StoreError> {
        self.writer()?.compact()
    }

    /// Stores a campaign's verdicts, if they differ from those stored last; whether they did. If not, nothing is locked
    /// and no byte changes.
    pub fn put_claims(&self, rows: &[ClaimRow]) -> Result<bool, StoreError> {
        if read::same_claims(&self.claims()?, rows)? {
            return Ok(false);
        }
        self.writer()?.put_claims(rows)
    }

    /// The results folder.
    pub fn results_dir(&self) -> &Path {
        &self.layout.results
    }

    /// The suite's id.
    pub fn suite(&self) -> &str {
        &self.layout.suite
    }

    /// The suite's folder.
    pub fn suite_dir(&self) -> PathBuf {
        self.layout.suite_dir()
    }

    /// The folder of a campaign: resolved YAML, plan, logs, report.
    pub fn campaign_dir(&self, campaign_id: &str) -> PathBuf {
        self.layout.campaign_dir(campaign_id)
    }

    /// The campaigns that have a folder, by name.
    pub fn campaigns(&self) -> Result<Vec<String>, StoreError> {
        let dir = self.layout.campaigns_dir();
        let entries = layout::entries(&dir).map_err(StoreError::io("list the folder", &dir))?;
        let names = entries.iter().filter(|path| path.is_dir()).filter_map(|path| path.file_name());
        Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
    }

    /// The folder of the journals of runs that are not durable yet.
    pub fn journal_dir(&self) -> PathBuf {
        self.suite_dir().join("journal")
    }

    /// Where damaged files go.
    pub fn quarantine_dir(&self) -> PathBuf {
        self.layout.quarantine()
    }

    /// The manifest's file.
    pub fn manifest_path(&self) -> PathBuf {
        self.layout.manifest()
    }

    /// The file that holds what is known of a machine.
    pub fn env_path(&self, env_key: &EnvKey) -> PathBuf {
        self.layout.env_dir().join(format!("{env_key}.parquet"))
    }

    /// The live files of a table, for those who read them with other tools.
    pub fn files(&self, table: Table) -> Result<Vec<PathBuf>, StoreError> {
        if table == Table::Env {
            return read::env_files(&self.layout);
        }
        Ok(self.manifest()?.parts(table).iter().map(|part| self.layout.part(&part.path)).collect())
    }

    /// Reads over one state of the manifest. A part that vanishes meanwhile was merged into another by a compaction:
    /// then the manifest is a newer one, over which reading starts again.
    pub(crate) fn consistent<T>(
        &self,
        read: impl Fn(&Manifest) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut manifest = self.manifest()?;
        loop {
            match read(&manifest) {
                Err(StoreError::Missing { path }) => {
                    let newer = self.manifest()?;
                    if newer == manifest {
                        return Err(StoreError::Missing { path });
                    }
                    manifest = newer;
                }
                other => return other,
            }
        }
    }
}
