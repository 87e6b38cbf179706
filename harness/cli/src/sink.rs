//! Between runner and store.

use harness_core::RunId;
use harness_core::record::FinishedRun;
use harness_runner::{Sink, SinkError};
use harness_store::Writer;

/// Lets the runner store what is finished.
pub(crate) struct StoreSink(pub(crate) Writer);

impl Sink for StoreSink {
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError> {
        self.0.push(run).map_err(SinkError::new)
    }

    fn flush(&mut self) -> Result<Vec<RunId>, SinkError> {
        self.0.flush().map_err(SinkError::new)
    }

    fn flush_if_due(&mut self) -> Result<Vec<RunId>, SinkError> {
        self.0.flush_if_due().map_err(SinkError::new)
    }

    fn holds(&mut self, run: RunId) -> Result<bool, SinkError> {
        self.0.holds(run).map_err(SinkError::new)
    }
}

/// Hands runs on, and keeps a copy of each.
pub(crate) struct Tee<'a> {
    inner: &'a mut dyn Sink,
    pub(crate) kept: Vec<FinishedRun>,
}

impl<'a> Tee<'a> {
    pub(crate) fn new(inner: &'a mut dyn Sink) -> Self {
        Self { inner, kept: Vec::new() }
    }
}

impl Sink for Tee<'_> {
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError> {
        self.kept.push(run.clone());
        self.inner.finished(run)
    }

    fn flush(&mut self) -> Result<Vec<RunId>, SinkError> {
        self.inner.flush()
    }

    fn flush_if_due(&mut self) -> Result<Vec<RunId>, SinkError> {
        self.inner.flush_if_due()
    }

    fn holds(&mut self, run: RunId) -> Result<bool, SinkError> {
        self.inner.holds(run)
    }
}
