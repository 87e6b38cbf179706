//! Journal files of durable runs, used again for later runs.
//!
//! To make two files a run and delete them again would be cheap, but for file systems that look at everything that was
//! deleted in the last minutes before they make a file (ext4 without a journal, as in many virtual machines): after some
//! thousand runs that is a millisecond a run. Used again under other names, files need no looking.
//!
//! Only files of runs that ended well are used again: a process that something left behind cannot write into them.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use harness_core::RunId;
use harness_core::frame::BLANK;

use crate::facts::{Exit, ProcessFacts};

/// Enough for the batch that a sink makes durable at once, and those that run meanwhile.
const MOST: usize = 128;

/// The runs of one folder whose files may be used again.
#[derive(Debug, Default)]
pub(crate) struct Spares(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// They ended well and are not durable yet.
    clean: BTreeSet<RunId>,
    /// They are durable, and their files are there without content.
    spare: Vec<RunId>,
}

impl Spares {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how a run's process ended.
    pub(crate) fn ended(&self, run: RunId, facts: &ProcessFacts) {
        if facts.exit == Exit::Code(0) && !facts.leaked {
            self.known().clean.insert(run);
        }
    }

    /// Whether the files of a durable run are to be kept rather than deleted.
    pub(crate) fn wants(&self, run: RunId) -> bool {
        let mut known = self.known();
        known.clean.remove(&run) && known.spare.len() < MOST
    }

    /// Adds a run whose files are free for another.
    pub(crate) fn put(&self, run: RunId) {
        self.known().spare.push(run);
    }

    /// A run whose files are free for another.
    pub(crate) fn take(&self) -> Option<RunId> {
        self.known().spare.pop()
    }
}

/// The ticket and the journal of a run.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) ticket: PathBuf,
    pub(crate) journal: PathBuf,
}

/// One step on the way of files from one run to another. From the first to the last, the one ticket that there is has no
/// complete line: to recovery it is of a run that was never started, whose files are deleted.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Blank(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl Step {
    /// Makes the files of a durable run spare ones.
    pub(crate) fn give_up(files: Files) -> [Self; 2] {
        [Self::Blank(files.ticket), Self::Blank(files.journal)]
    }

    /// Makes spare files those of another run.
    pub(crate) fn hand_over(spare: Files, new: Files) -> [Self; 2] {
        [Self::Rename(spare.journal, new.journal), Self::Rename(spare.ticket, new.ticket)]
    }

    pub(crate) fn take(&self) -> io::Result<()> {
        match self {
            Self::Blank(path) => OpenOptions::new().write(true).open(path)?.set_len(BLANK),
            Self::Rename(from, to) => fs::rename(from, to),
        }
    }
}
