use super::ClaimsFile;
use crate::diagnostic::Diagnostics;
use crate::suite_file::SuiteFile;
use harness_core::Suite;
pub(super) fn check(_c: &ClaimsFile, _s: &Suite, _f: &SuiteFile) -> Result<(), Diagnostics> {
    Ok(())
}
pub(super) fn citations(_f: &SuiteFile, _c: &ClaimsFile) -> Result<(), Diagnostics> {
    Ok(())
}
