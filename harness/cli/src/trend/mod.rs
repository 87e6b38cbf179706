//! What `compare`, `history` and `nightly` share: words of the command line, campaigns in the results, and their rows.

pub(crate) mod campaigns;
pub(crate) mod selector;
pub(crate) mod side;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use harness_core::{Determinism, Suite};
use harness_trend::history::{self, Annotation};

use crate::error::CliError;
use crate::site;

/// What the solvers of these suites declare; a suite that is not built in declares nothing.
pub(crate) fn determinism<'a>(
    suites: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<(String, String), Determinism> {
    let mut declared = BTreeMap::new();
    for suite in suites {
        let known = match site::load(suite, &[]) {
            Ok(loaded) => Some(loaded.suite),
            Err(_) => suite_registry::find(suite).map(|entry| (entry.make)()),
        };
        for solver in known.iter().flat_map(Suite::solvers) {
            declared.insert((suite.to_owned(), solver.id.clone().into_owned()), solver.determinism);
        }
    }
    declared
}

/// Where accepted changes are noted: in the repository, with the code that they are about.
pub(crate) fn annotations_path() -> PathBuf {
    site::below_root("history").join("annotations.yaml")
}

/// The changes that were accepted; none without the file.
pub(crate) fn read_annotations() -> Result<Vec<Annotation>, CliError> {
    let path = annotations_path();
    match std::fs::read_to_string(&path) {
        Ok(text) => history::parse(&path.display().to_string(), &text).map_err(CliError::usage),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(CliError::failed(format!("cannot read {}: {e}", path.display()))),
    }
}
