//! What `compare`, `history` and `nightly` share: words of the command line, campaigns in the results, and their rows.

pub(crate) mod campaigns;
pub(crate) mod selector;
pub(crate) mod side;
pub(crate) mod words;

use std::collections::BTreeMap;

use harness_core::{Determinism, Suite};

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
