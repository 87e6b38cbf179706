//! Tests over several modules: error texts, keys, round trips.

mod errors;
mod keys;
mod meaning;
mod overriding;
mod resuming;

use crate::overrides::Overrides;
use crate::plan::Plan;
use crate::testing::{Data, MACHINE, suite, suite_file};

/// The plan of a profile of the miniature suite file.
pub(crate) fn plan(profile: &str, pairs: &[&str]) -> Plan {
    try_plan(profile, pairs).unwrap_or_else(|e| panic!("{e}"))
}

/// The same, or the error text.
pub(crate) fn try_plan(profile: &str, pairs: &[&str]) -> Result<Plan, String> {
    let overrides = Overrides::parse(pairs, &["cell"]).map_err(|e| e.to_string())?;
    Plan::make(&suite(), &suite_file(), profile, &overrides, &Data, &MACHINE).map_err(|e| e.to_string())
}
