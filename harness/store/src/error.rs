//! What can go wrong: every message names the file and what to do.

use std::io;
use std::path::{Path, PathBuf};

use harness_core::{RunId, remedy};

use crate::schema::{SCHEMA, Table};

/// Why results could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused.
    #[error("failed to {action} `{}`: {source}; {}", path.display(), remedy(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes to this suite's results.
    #[error(
        "the results in `{}` are being written by {holder}: wait until it is done, or choose another folder with out=DIR",
        path.display()
    )]
    Locked {
        /// The suite's folder.
        path: PathBuf,
        /// Who holds the lock.
        holder: String,
    },
    /// The results were written by a harness whose schema this one does not know.
    #[error(
        "`{}` has schema version {found}, and this harness writes {SCHEMA}: use the harness that wrote it, or another \
         folder with out=DIR",
        path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// The manifest is not readable.
    #[error(
        "`{}` is not a manifest ({reason}): the next command that writes to this folder makes a new one from the parts",
        path.display()
    )]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A part is not what the manifest says, or not readable.
    #[error(
        "`{}` is damaged ({reason}): restore it from a copy, or run the suite again, which moves it away and makes its runs \
         anew",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A part that the manifest lists is not there.
    #[error(
        "`{}` is listed in the manifest but is not there: restore it from a copy, or run the suite again, which makes its \
         runs anew",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Rows could not be turned into Parquet.
    #[error("failed to encode rows of `{table}` as Parquet: {reason}")]
    Encode {
        /// The table.
        table: Table,
        /// What polars said.
        reason: String,
    },
    /// Rows were given together that do not belong together.
    #[error("rows of `{table}` given with {expected} belong to {found}: the caller mixed them up")]
    Mixed {
        /// The table.
        table: Table,
        /// What they were given with.
        expected: String,
        /// What they belong to.
        found: String,
    },
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn damaged(path: &Path) -> impl Fn(String) -> Self {
        let path = path.to_owned();
        move |reason| Self::Damaged { path: path.clone(), reason }
    }

    pub(crate) fn mixed(table: Table, expected: RunId, found: RunId) -> Self {
        Self::Mixed { table, expected: format!("run {expected}"), found: format!("run {found}") }
    }
}
