//! `harness nightly`: what CI calls.

use crate::args::NightlyArgs;
use crate::error::CliError;
use crate::nightly::{Settings, dry_run, run};

pub(crate) fn nightly(args: &NightlyArgs) -> Result<(), CliError> {
    let settings = Settings::parse(&args.words)?;
    if args.dry_run {
        dry_run(&settings);
        return Ok(());
    }
    run(&settings)
}
