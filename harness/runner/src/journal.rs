//! The folder of a runner's journals.
//!
//! `journal_dir/<runner>/` belongs to one runner process, which holds a lock on the file `lock` in it for as long as it
//! lives; the kernel releases the lock when the process is gone, however it went. For each run there are `<run>.jsonl`,
//! the journal that the worker writes, and `<run>.request.json`: three JSON documents, one a line — the request, the
//! context that rows are made from, and, once the process has ended, what the runner saw of it. When a run is durable its
//! files are deleted, or emptied and given to a later run: see [`spare`](crate::spare).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use harness_core::frame::{self, Grant, Journal};
use harness_core::protocol::{Request, WORKER_PROTOCOL};
use harness_core::record::BlockPlace;
use harness_core::remedy::is_about_the_file;
use harness_core::{Limits, RunId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::{Campaign, MetricNames};
use crate::error::RunError;
use crate::facts::ProcessFacts;
use crate::job::Labels;
use crate::spare::{Files, Spares, Step};

const LOCK: &str = "lock";
const TICKET: &str = ".request.json";
const JOURNAL: &str = ".jsonl";
/// Ends the name of the folder in which a peer keeps its files.
const FILES: &str = ".files";

/// What rows are made from, beside the request and the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunContext {
    /// How people name the cell.
    pub labels: Labels,
    /// Its limits.
    pub limits: Limits,
    /// Which attempt, from 0.
    pub attempt: u32,
    /// The columns that are the same for every run.
    pub campaign: Campaign,
    /// The metrics and their roles.
    pub metrics: MetricNames,
    /// Where the cell stands among the solvers that it is compared with.
    pub place: Option<BlockPlace>,
    /// What became of each attempt to keep the machine quiet, besides those of the worker.
    pub quiet: BTreeMap<String, Grant>,
    /// When the process was started, in nanoseconds since the Unix epoch.
    pub spawned_unix_ns: i64,
}

/// A run as it is known before its process starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// What the worker is asked.
    pub request: Request,
    /// What rows are made from.
    pub context: RunContext,
}

/// A run as it is found in a folder of journals.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) ticket: Ticket,
    pub(crate) facts: Option<ProcessFacts>,
    pub(crate) journal: Journal,
}

/// A run that cannot be read.
#[derive(Debug)]
pub(crate) struct Damaged {
    pub(crate) run: RunId,
    pub(crate) reason: String,
}

/// The folder of one runner process, locked.
#[derive(Debug)]
pub(crate) struct JournalDir {
    path: PathBuf,
    spares: Spares,
    /// Held for its lock.
    _lock: File,
}

impl JournalDir {
    /// Makes a folder for this process.
    pub(crate) fn create(journal_dir: &Path) -> Result<Self, RunError> {
        let name = Uuid::now_v7().to_string();
        // Until the lock is held the folder has a name that recovery does not look at.
        let unborn = journal_dir.join(format!(".{name}"));
        fs::create_dir_all(&unborn).map_err(RunError::io("create", &unborn))?;
        let path =
            std::path::absolute(journal_dir.join(name)).map_err(RunError::io("resolve", journal_dir))?;
        let lock = File::create(unborn.join(LOCK)).map_err(RunError::io("create a lock in", &unborn))?;
        lock.lock().map_err(RunError::io("lock", &unborn))?;
        fs::rename(&unborn, &path).map_err(RunError::io("rename", &unborn))?;
        Ok(Self { path, spares: Spares::default(), _lock: lock })
    }

    /// The folders of runners that are gone, locked. Folders of living runners are left alone.
    pub(crate) fn orphans(journal_dir: &Path) -> Result<Vec<Self>, RunError> {
        let folders = folders(journal_dir)?.into_iter().filter(|path| !is_unborn(path));
        Ok(folders.filter_map(Self::adopt).collect())
    }

    /// Removes folders whose runners died before they had a lock. Nothing was ever started from them.
    pub(crate) fn remove_unborn(journal_dir: &Path) -> Result<(), RunError> {
        for unborn in folders(journal_dir)?.into_iter().filter(|path| is_unborn(path)) {
            if let Some(orphan) = Self::adopt(unborn) {
                orphan.remove_if_empty();
            }
        }
        Ok(())
    }

    /// Takes a folder over if nobody living holds its lock. A runner that died while it removed its folder has removed
    /// the lock already.
    fn adopt(path: PathBuf) -> Option<Self> {
        let file = path.join(LOCK);
        let lock = File::open(&file).or_else(|_| File::create_new(&file)).ok()?;
        is_free(&lock).then_some(Self { path, spares: Spares::default(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn journal(&self, run: RunId) -> PathBuf {
        self.path.join(format!("{run}{JOURNAL}"))
    }

    pub(crate) fn files(&self, run: RunId) -> PathBuf {
        self.path.join(format!("{run}{FILES}"))
    }

    fn ticket(&self, run: RunId) -> PathBuf {
        self.path.join(format!("{run}{TICKET}"))
    }

    /// Writes a ticket. Gives back the request as the worker is to read it.
    pub(crate) fn issue(&self, ticket: &Ticket) -> io::Result<Vec<u8>> {
        let mut request = serde_json::to_vec(&ticket.request)?;
        request.push(b'\n');
        let mut text = request.clone();
        serde_json::to_writer(&mut text, &ticket.context)?;
        text.push(b'\n');
        let run = ticket.request.run_id;
        self.use_again_for(run);
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(self.ticket(run))?;
        file.write_all(&text)?;
        Ok(request)
    }

    /// Gives a run the files of a durable one, if there are any to spare.
    fn use_again_for(&self, run: RunId) {
        let Some(spare) = self.spares.take() else { return };
        let steps = Step::hand_over(self.of(spare), self.of(run));
        if let Err(e) = steps.iter().try_for_each(Step::take) {
            tracing::debug!("files of run {spare} cannot be used again: {e}");
            self.delete(spare);
            self.delete(run);
        }
    }

    pub(crate) fn of(&self, run: RunId) -> Files {
        Files { ticket: self.ticket(run), journal: self.journal(run) }
    }

    /// Adds what was seen of the process to its ticket.
    pub(crate) fn close(&self, run: RunId, facts: &ProcessFacts) -> io::Result<()> {
        let mut line = serde_json::to_vec(facts)?;
        line.push(b'\n');
        OpenOptions::new().append(true).open(self.ticket(run))?.write_all(&line)?;
        self.spares.ended(run, facts);
        Ok(())
    }

    /// The journal of a run; empty if its worker wrote none.
    pub(crate) fn read_journal(&self, run: RunId) -> io::Result<Journal> {
        match File::open(self.journal(run)) {
            Ok(file) => frame::read_journal(&mut BufReader::new(file)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Ok(Journal { frames: Vec::new(), damaged: false })
            }
            Err(e) => Err(e),
        }
    }

    /// Every run in the folder that can be read, and those that cannot, oldest first. A ticket of another version stays
    /// where it is, with a warning.
    pub(crate) fn find(&self) -> Result<(Vec<Found>, Vec<Damaged>), RunError> {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for run in self.runs()? {
            let path = self.ticket(run);
            match self.read(run) {
                Ok(Some(run)) => found.push(run),
                // The runner died while it wrote the ticket: nothing had been started.
                Ok(None) => self.discard(&[run]),
                Err(e) if e.kind() == io::ErrorKind::InvalidData && self.is_of_another_version(run) => {
                    tracing::warn!(
                        "{} is left alone, it was written by another version: {e}",
                        path.display()
                    );
                }
                Err(e) if e.kind() == io::ErrorKind::InvalidData || is_about_the_file(&e) => {
                    damaged.push(Damaged { run, reason: e.to_string() });
                }
                Err(e) => return Err(RunError::io("read", &path)(e)),
            }
        }
        Ok((found, damaged))
    }

    fn is_of_another_version(&self, run: RunId) -> bool {
        /// The field that every version has.
        #[derive(Deserialize)]
        struct Versioned {
            protocol: u32,
        }
        let text = fs::read(self.ticket(run)).unwrap_or_default();
        let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
        serde_json::from_slice(first).is_ok_and(|Versioned { protocol }| protocol != WORKER_PROTOCOL)
    }

    /// Moves what belongs to a damaged run to the quarantine.
    pub(crate) fn quarantine(&self, damaged: &Damaged, quarantine: &Path) -> Result<(), RunError> {
        fs::create_dir_all(quarantine).map_err(RunError::io("create", quarantine))?;
        let run = damaged.run;
        for path in [self.journal(run), self.ticket(run)] {
            let to = quarantine.join(path.file_name().unwrap_or_default());
            match fs::rename(&path, &to) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(RunError::io("move to the quarantine", &path)(e));
                }
                _ => {}
            }
        }
        tracing::warn!(
            "the journal of run {run} was damaged ({}) and is now in {}: its cell will be run again",
            damaged.reason,
            quarantine.display()
        );
        Ok(())
    }

    fn runs(&self) -> Result<Vec<RunId>, RunError> {
        let mut runs = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(RunError::io("read", &self.path))? {
            let name = entry.map_err(RunError::io("read", &self.path))?.file_name();
            let id: Option<RunId> =
                name.to_str().and_then(|n| n.strip_suffix(TICKET)).and_then(|id| id.parse().ok());
            runs.extend(id);
        }
        runs.sort();
        Ok(runs)
    }

    fn read(&self, run: RunId) -> io::Result<Option<Found>> {
        let text = fs::read(self.ticket(run))?;
        let mut lines = text.split_inclusive(|b| *b == b'\n').filter(|line| line.ends_with(b"\n"));
        let Some((request, context)) = lines.next().zip(lines.next()) else { return Ok(None) };
        let ticket = Ticket { request: parse(request)?, context: parse(context)? };
        if ticket.request.run_id != run {
            let reason = format!("it is a request for run {}", ticket.request.run_id);
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        if ticket.request.cell.key() != ticket.request.cell_key {
            let reason = "its cell is not the one that its key says";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let facts = lines.next().map(parse).transpose()?;
        Ok(Some(Found { ticket, facts, journal: self.read_journal(run)? }))
    }

    /// Gives up what belongs to runs that are durable: it is deleted, or used again for later runs. What cannot be deleted
    /// is only a nuisance: recovery finds that the sink holds it.
    pub(crate) fn discard(&self, runs: &[RunId]) {
        for run in runs {
            let given_up = || Step::give_up(self.of(*run)).iter().try_for_each(Step::take);
            if self.spares.wants(*run) && given_up().is_ok() {
                self.spares.put(*run);
            } else {
                self.delete(*run);
            }
            self.discard_files(*run);
        }
    }

    fn delete(&self, run: RunId) {
        for path in [self.journal(run), self.ticket(run)] {
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!("failed to delete {}: {e}", path.display());
                }
                _ => {}
            }
        }
    }

    /// Deletes the files of a peer, if the run had any.
    pub(crate) fn discard_files(&self, run: RunId) {
        let folder = self.files(run);
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("failed to delete {}: {e}", folder.display());
            }
            _ => {}
        }
    }

    /// Removes the folder if no run is left in it.
    pub(crate) fn remove_if_empty(self) {
        while let Some(run) = self.spares.take() {
            self.delete(run);
        }
        if matches!(self.runs(), Ok(runs) if runs.is_empty())
            && let Err(e) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!("failed to remove {}: {e}", self.path.display());
        }
    }
}

/// The folders of runners, oldest first.
fn folders(journal_dir: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = match fs::read_dir(journal_dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RunError::io("read", journal_dir))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(RunError::io("read", journal_dir))?.path());
    }
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}

/// Whether a folder's runner has not got as far as having its lock.
fn is_unborn(folder: &Path) -> bool {
    folder.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."))
}

/// Takes a lock if nobody living holds it. A worker that was being started when its runner died shares the runner's lock
/// until its `exec`, a millisecond or so: hence the patience.
fn is_free(lock: &File) -> bool {
    const PATIENCE: Duration = Duration::from_millis(100);
    let until = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return true,
            Err(_) if Instant::now() >= until => return false,
            Err(_) => thread::sleep(PATIENCE / 50),
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    serde_json::from_slice(line).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}
