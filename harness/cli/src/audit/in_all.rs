//! Passes, one after the other, shown as one campaign.

use std::time::Instant;

use harness_core::RunId;
use harness_core::record::FinishedRun;
use harness_runner::{Job, Observer, Progress, Summary};

/// Tells an observer how far all passes are.
pub(super) struct InAll<'a> {
    inner: &'a mut dyn Observer,
    total: usize,
    /// What the passes before came to.
    pub(super) before: Summary,
    began: Instant,
}

impl<'a> InAll<'a> {
    pub(super) fn new(inner: &'a mut dyn Observer, total: usize) -> Self {
        Self { inner, total, before: Summary::default(), began: Instant::now() }
    }

    fn all(&self, pass: &Progress) -> Progress {
        Progress {
            total: self.total,
            done: self.before.done() + pass.done,
            failed: self.before.failed() + pass.failed,
            running: pass.running,
            elapsed: self.began.elapsed(),
        }
    }
}

impl Observer for InAll<'_> {
    fn started(&mut self, slot: usize, job: &Job, run: RunId, pass: &Progress) {
        let all = self.all(pass);
        self.inner.started(slot, job, run, &all);
    }

    fn finished(&mut self, slot: usize, job: &Job, run: &FinishedRun, pass: &Progress) {
        let all = self.all(pass);
        self.inner.finished(slot, job, run, &all);
    }

    fn tick(&mut self, pass: &Progress) {
        let all = self.all(pass);
        self.inner.tick(&all);
    }
}
