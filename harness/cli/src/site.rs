//! Where things lie: the checkout, the results, the data, a suite's files.

use std::path::{Path, PathBuf};

use harness_core::{Suite, suggest};
use harness_plan::claims_file::check_citations;
use harness_plan::{ClaimsFile, SuiteFile};
use harness_runner::env::{self, GitFacts};
use suite_registry::Entry;

use crate::error::CliError;
use crate::peers;

/// The checkout: the one that `HARNESS_ROOT` names (`scripts/harness` sets it to its own), else the one that holds the
/// current directory.
pub(crate) fn checkout() -> Option<PathBuf> {
    let is_checkout = |folder: &&Path| {
        folder.join("suites").is_dir() && folder.join("harness/peers/harness_peer.py").is_file()
    };
    let named = std::env::var_os("HARNESS_ROOT").map(PathBuf::from);
    named.or_else(|| here().ancestors().find(is_checkout).map(Path::to_owned))
}

fn here() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// The path of `name` below the checkout, else below the current directory; written as a person here would write it.
pub(crate) fn below_root(name: &str) -> PathBuf {
    match checkout() {
        Some(root) if root != here() => root.join(name),
        _ => PathBuf::from(name),
    }
}

/// The commit of the code that runs: the checkout's, wherever the command was typed.
pub(crate) fn commit() -> GitFacts {
    checkout().map_or_else(GitFacts::default, |root| env::git(&root))
}

/// The results folder unless `out` names another.
pub(crate) fn results_dir() -> PathBuf {
    below_root("results")
}

/// The data folder unless `data` names another.
pub(crate) fn data_dir() -> PathBuf {
    below_root(harness_datasets::DEFAULT_DATA_DIR)
}

/// A suite's code and its two files.
pub(crate) struct LoadedSuite {
    pub(crate) suite: Suite,
    pub(crate) file: SuiteFile,
    pub(crate) claims: ClaimsFile,
}

/// The registration of this id.
pub(crate) fn entry(id: &str) -> Result<&'static Entry, CliError> {
    suite_registry::find(id)
        .ok_or_else(|| CliError::usage(format!("there is no suite `{id}`; {}", suggest::hint(id, names()))))
}

/// The ids of the suites that `list` shows.
pub(crate) fn names() -> Vec<&'static str> {
    suite_registry::suites().iter().filter(|s| !s.hidden).map(|s| s.id).collect()
}

/// Reads a suite's files: those of the checkout if there is one, so that an edit needs no build, else those that were built
/// in. `peer_files` declare further peers.
pub(crate) fn load(id: &str, peer_files: &[PathBuf]) -> Result<LoadedSuite, CliError> {
    let entry = entry(id)?;
    let mut suite = (entry.make)();
    let declared = peers::declared(&suite, entry, peer_files)?;
    peers::register(&mut suite, &declared)?;
    let (suite_name, suite_text) = text(id, "suite.yaml", entry.suite_yaml)?;
    let (claims_name, claims_text) = text(id, "claims.yaml", entry.claims_yaml)?;
    let file = SuiteFile::parse(&suite_name, &suite_text, &suite)?;
    let claims = ClaimsFile::parse(&claims_name, &claims_text, &suite, &file)?;
    check_citations(&file, &claims)?;
    Ok(LoadedSuite { suite, file, claims })
}

pub(crate) fn text(id: &str, name: &str, built_in: &str) -> Result<(String, String), CliError> {
    let path = below_root("suites").join(id).join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Ok((format!("{id}/{name}"), built_in.to_owned()))
        }
        Err(e) => Err(CliError::failed(format!("cannot read {}: {e}", path.display()))),
    }
}
