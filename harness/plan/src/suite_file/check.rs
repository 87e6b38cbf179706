use super::SuiteFile;
use crate::diagnostic::Diagnostics;
use harness_core::Suite;
pub(super) fn check(_f: &SuiteFile, _s: &Suite) -> Result<(), Diagnostics> {
    Ok(())
}
