//! Where finished runs go.

use harness_core::RunId;
use harness_core::record::FinishedRun;

/// Takes finished runs and makes them durable, in batches of its own choosing.
///
/// A run's journal is deleted only after the sink has named the run durable (written, synced and published), so a crash
/// at any instant leaves each run in the sink, in its journal, or in both; [`holds`](Sink::holds) settles the last case.
/// An error of the sink ends the campaign: no further cell starts, running ones are stopped, all journals stay.
pub trait Sink {
    /// Takes a run. Gives back the runs, this or earlier ones, that became durable.
    ///
    /// # Errors
    ///
    /// When a batch could not be made durable.
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError>;

    /// Makes every run taken so far durable. Gives back those that had not been named before.
    ///
    /// # Errors
    ///
    /// When the batch could not be made durable.
    fn flush(&mut self) -> Result<Vec<RunId>, SinkError>;

    /// Makes durable what has waited for long. Called from time to time while runs go on that are not timed. Gives back the
    /// runs that became durable.
    ///
    /// # Errors
    ///
    /// When a batch could not be made durable.
    fn flush_if_due(&mut self) -> Result<Vec<RunId>, SinkError> {
        Ok(Vec::new())
    }

    /// Whether a run is durable already. Asked during recovery, where the runner may have died between the sink's
    /// publication and the deletion of the journal.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn holds(&mut self, run: RunId) -> Result<bool, SinkError>;
}

/// A sink failed. The message says what and where.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SinkError(Box<dyn std::error::Error + Send + Sync>);

impl SinkError {
    /// Wraps the error of a store, or a message.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// Keeps runs in memory: for one-off solves and tests.
#[derive(Debug, Default)]
pub struct MemorySink {
    /// Every run taken, in the order in which they finished.
    pub runs: Vec<FinishedRun>,
}

impl Sink for MemorySink {
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError> {
        let id = run.run.run_id;
        self.runs.push(run);
        Ok(vec![id])
    }

    fn flush(&mut self) -> Result<Vec<RunId>, SinkError> {
        Ok(Vec::new())
    }

    fn holds(&mut self, run: RunId) -> Result<bool, SinkError> {
        Ok(self.runs.iter().any(|r| r.run.run_id == run))
    }
}
