//! One run outside a campaign: in a worker process like any cell, but nothing is stored.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use harness_core::{RunRecord, Suite};
use harness_runner::{Campaign, Cancel, Config, Job, MemorySink, Quiet, env, find_worker};

use crate::error::CliError;

/// What became of it.
pub(crate) enum OneOff {
    /// It ended, one way or another.
    Ended(Box<RunRecord>),
    /// It was stopped before it began.
    Interrupted,
}

/// Runs `job`; `profile` is what its row says that it was for.
pub(crate) fn run(suite: &Suite, profile: &str, data_dir: PathBuf, job: Job) -> Result<OneOff, CliError> {
    let scratch = tempfile::tempdir()?;
    let config = Config {
        worker: find_worker().map_err(CliError::failed)?,
        slots: NonZeroUsize::MIN,
        journal_dir: scratch.path().join("journal"),
        log_dir: scratch.path().join("logs"),
        data_dir,
        campaign: Campaign {
            campaign_id: profile.to_owned(),
            profile: profile.to_owned(),
            suite: suite.id.to_owned(),
            code_key: suite.code_key.clone(),
            env_key: env::Machine::probe().key,
            shard: None,
            git_commit: None,
            git_dirty: None,
            harness_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        metrics: suite.metrics(),
    };
    let (mut sink, cancel) = (MemorySink::default(), Cancel::new()?);
    cancel.on_signals()?;
    harness_runner::run(&[job], &config, &mut sink, &mut Quiet, &cancel)?;
    Ok(sink.runs.pop().map_or(OneOff::Interrupted, |finished| OneOff::Ended(Box::new(finished.run))))
}
