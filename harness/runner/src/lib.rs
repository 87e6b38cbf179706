//! Runs the cells of a plan: one process a run, limits, measurement, journals.
//!
//! [`run`] takes [`Job`]s in their order. A dispatcher gives them to slots; each slot starts a worker process in a group
//! of its own, watches it, and ends the group when a limit is reached or the campaign is [stopped](Cancel). The worker
//! writes a journal; from it, and from what was seen of the process, [`assemble`] makes the rows that a [`Sink`] stores.
//! Journals are deleted once the sink has made their runs durable, so that whatever happens to the runner, the next one
//! [recovers](recover_into) what was finished.

pub mod env;

mod assemble;
mod cancel;
mod capture;
mod classify;
mod config;
mod cost;
mod dispatch;
mod error;
mod facts;
mod guard;
mod job;
mod journal;
mod local;
mod observer;
mod oom;
mod process;
mod quiet;
mod recover;
mod sink;
mod spare;
mod sys;
#[cfg(test)]
mod testing;
mod worker;

pub use assemble::{CPU_METRIC, assemble, skipped};
pub use cancel::{Cancel, Urgency};
pub use config::{Campaign, Config, MetricNames};
pub use cost::Cost;
pub use dispatch::Summary;
pub use error::RunError;
pub use facts::{EndedFor, Exit, ProcessFacts};
pub use harness_core::Limits;
pub use job::{Job, Labels, OtherWorker};
pub use journal::{RunContext, Ticket};
pub use observer::{Observer, Progress, Quiet};
pub use recover::{recover, recover_into};
pub use sink::{MemorySink, Sink, SinkError};
pub use worker::{WorkerError, check_worker, find_worker};

/// Runs `jobs` in their order on this machine: those that are not timed in parallel slots, timed ones while nothing else
/// runs. Each run ends as a [`FinishedRun`](harness_core::record::FinishedRun) in `sink`, whatever its solver did.
///
/// A stop through `cancel` is not an error: cells that did not start are counted in the [`Summary`].
///
/// # Errors
///
/// When the worker is missing or stale, when a journal cannot be written, or when the sink fails. What was finished is in
/// the sink or in journals.
pub fn run(
    jobs: &[Job],
    config: &Config,
    sink: &mut dyn Sink,
    observer: &mut dyn Observer,
    cancel: &Cancel,
) -> Result<Summary, RunError> {
    check_worker(&config.worker, &config.campaign.suite, &config.campaign.code_key)?;
    let mut others: Vec<&OtherWorker> = jobs.iter().filter_map(|job| job.worker.as_ref()).collect();
    others.sort_unstable_by_key(|other| (&other.path, &other.code_key));
    others.dedup();
    for other in others {
        check_worker(&other.path, &config.campaign.suite, &other.code_key)?;
    }
    let executor = local::Local::new(config, jobs, cancel)?;
    let result = dispatch::dispatch(jobs, config.slots, &executor, sink, observer, cancel);
    executor.close();
    result
}
