//! What a progress display is told.

use std::time::Duration;

use harness_core::RunId;
use harness_core::record::FinishedRun;

use crate::job::Job;

/// Watches a campaign. All calls come from the thread that called [`run`](crate::run).
pub trait Observer {
    /// A run has started in a slot.
    fn started(&mut self, slot: usize, job: &Job, run: RunId, progress: &Progress) {
        let _ = (slot, job, run, progress);
    }

    /// A run has ended.
    fn finished(&mut self, slot: usize, job: &Job, run: &FinishedRun, progress: &Progress) {
        let _ = (slot, job, run, progress);
    }

    /// Called when runs go on and nothing else has happened for a second: a display can show that the program is alive.
    fn tick(&mut self, progress: &Progress) {
        let _ = progress;
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {}

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Cells in all.
    pub total: usize,
    /// Cells whose run has ended.
    pub done: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// Runs that go on.
    pub running: usize,
    /// Since the campaign started.
    pub elapsed: Duration,
}

impl Progress {
    /// The time that is left if the remaining cells take as long as those that are done; none before the first is.
    pub fn eta(&self) -> Option<Duration> {
        let left = self.total.saturating_sub(self.done);
        (self.done > 0).then(|| self.elapsed.mul_f64(left as f64 / self.done as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_extrapolates_the_mean() {
        let at = |done| Progress { total: 12, done, failed: 0, running: 1, elapsed: Duration::from_secs(6) };
        assert_eq!(at(0).eta(), None);
        assert_eq!(at(3).eta(), Some(Duration::from_secs(18)));
        assert_eq!(at(12).eta(), Some(Duration::ZERO));
    }
}
