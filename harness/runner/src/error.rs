//! Why a campaign ends early.

use std::io;
use std::path::{Path, PathBuf};

use harness_core::remedy;

use crate::sink::SinkError;
use crate::worker::WorkerError;

/// The campaign cannot go on. Finished runs are in the sink or in their journals; running it again resumes.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The worker program is missing, or built from other sources.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// Finished runs could not be stored.
    #[error("failed to store finished runs: {source}; their journals are kept in {}", journals.display())]
    Sink {
        /// What the store says.
        source: SinkError,
        /// Where the journals lie.
        journals: PathBuf,
    },
    /// A worker could not write its journal.
    #[error("the journals in {} cannot be written ({said}): make room there, then run again; finished runs are kept", journals.display())]
    Journal {
        /// Where the journals lie.
        journals: PathBuf,
        /// What the worker said.
        said: String,
    },
    /// A file or folder could not be used.
    #[error("failed to {what} {}: {source}; {}", path.display(), remedy(source))]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A system call failed.
    #[error("failed to {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl RunError {
    /// For `map_err`: an error about a path.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }

    /// For `map_err`: an error of a system call.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
