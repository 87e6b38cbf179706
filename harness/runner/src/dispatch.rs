//! The dispatcher: it alone knows what is queued and what runs, and it alone talks to the sink and the observer.
//!
//! There is one thread a slot. Each gets one job at a time through its own channel and answers through a shared one;
//! nothing else is shared. The threads live as long as the campaign, which matters: a worker is killed when the thread
//! that started it ends.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use harness_core::record::FinishedRun;
use harness_core::{Outcome, RunId};

use crate::cancel::Cancel;
use crate::error::RunError;
use crate::job::Job;
use crate::observer::{Observer, Progress};
use crate::sink::{Sink, SinkError};

/// Runs one job to its end. The dispatcher is tested with one that never sleeps.
pub(crate) trait Executor: Sync {
    /// Runs `job` and calls `started` once its process runs. A run that fails is a result; an error means that the
    /// campaign cannot go on.
    fn execute(&self, job: &Job, started: &mut dyn FnMut(RunId)) -> Result<FinishedRun, RunError>;

    /// Called with runs that the sink holds for good.
    fn durable(&self, runs: &[RunId]);

    /// The error for a sink that failed.
    fn sink_error(&self, error: SinkError) -> RunError;
}

/// What a campaign came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many runs ended in which way.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// How many cells were not started because the campaign was stopped.
    pub not_started: usize,
}

impl Summary {
    /// How many runs ended in this way.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// How many runs ended.
    pub fn done(&self) -> usize {
        self.outcomes.values().sum()
    }

    /// How many runs count as failed cells.
    pub fn failed(&self) -> usize {
        self.outcomes.iter().filter(|(outcome, _)| outcome.is_failure()).map(|(_, n)| n).sum()
    }

    /// Both together, of a campaign that was run in two goes.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (outcome, n) in &other.outcomes {
            *self.outcomes.entry(*outcome).or_default() += n;
        }
        self.not_started += other.not_started;
        self
    }

    /// Whether the campaign was stopped before its end.
    pub fn was_interrupted(&self) -> bool {
        self.not_started > 0 || self.count(Outcome::Interrupted) > 0
    }
}

enum Event {
    Started { slot: usize, run: RunId },
    Ended { slot: usize, result: Result<Box<FinishedRun>, RunError> },
    Panicked(Box<dyn Any + Send>),
}

struct Dispatcher<'a, E: Executor> {
    jobs: &'a [Job],
    next: usize,
    idle: Vec<usize>,
    /// The job in each slot that is busy.
    running: BTreeMap<usize, usize>,
    executor: &'a E,
    sink: &'a mut dyn Sink,
    observer: &'a mut dyn Observer,
    cancel: &'a Cancel,
    summary: Summary,
    error: Option<RunError>,
    began: Instant,
}

/// Runs `jobs` in their order, up to `slots` at once; timed ones alone.
pub(crate) fn dispatch<E: Executor>(
    jobs: &[Job],
    slots: NonZeroUsize,
    executor: &E,
    sink: &mut dyn Sink,
    observer: &mut dyn Observer,
    cancel: &Cancel,
) -> Result<Summary, RunError> {
    let slots = slots.get().min(jobs.len().max(1));
    let mut dispatcher = Dispatcher {
        jobs,
        next: 0,
        idle: (0..slots).rev().collect(),
        running: BTreeMap::new(),
        executor,
        sink,
        observer,
        cancel,
        summary: Summary::default(),
        error: None,
        began: Instant::now(),
    };
    thread::scope(|scope| {
        let (events, inbox) = channel();
        let orders: Vec<Sender<&'_ Job>> = (0..slots)
            .map(|slot| {
                let (order, orders) = channel();
                let events = events.clone();
                scope.spawn(move || serve(slot, executor, &orders, &events));
                order
            })
            .collect();
        dispatcher.work(&orders, &inbox);
    });
    dispatcher.conclude()
}

/// A slot's thread: it runs what it is given until there is nothing more to come.
fn serve<E: Executor>(slot: usize, executor: &E, orders: &Receiver<&Job>, events: &Sender<Event>) {
    for job in orders {
        let mut started = |run| {
            // The dispatcher outlives the slots, so somebody listens.
            let _ = events.send(Event::Started { slot, run });
        };
        let event = match catch_unwind(AssertUnwindSafe(|| executor.execute(job, &mut started))) {
            Ok(result) => Event::Ended { slot, result: result.map(Box::new) },
            Err(panic) => Event::Panicked(panic),
        };
        let _ = events.send(event);
    }
}

impl<'a, E: Executor> Dispatcher<'a, E> {
    fn work(&mut self, orders: &[Sender<&'a Job>], inbox: &Receiver<Event>) {
        loop {
            self.fill(orders);
            if self.running.is_empty() {
                return;
            }
            match inbox.recv_timeout(Duration::from_secs(1)) {
                Ok(Event::Started { slot, run }) => {
                    let progress = self.progress();
                    self.observer.started(slot, &self.jobs[self.running[&slot]], run, &progress);
                }
                Ok(Event::Ended { slot, result }) => self.ended(slot, result),
                Ok(Event::Panicked(panic)) => {
                    self.cancel.stop();
                    resume_unwind(panic);
                }
                Err(RecvTimeoutError::Timeout) => self.tick(),
                Err(RecvTimeoutError::Disconnected) => unreachable!("a slot lives as long as its orders"),
            }
        }
    }

    /// Gives the next jobs to idle slots. The order is kept: a timed job waits until nothing runs, and the jobs behind
    /// it wait for it.
    fn fill(&mut self, orders: &[Sender<&'a Job>]) {
        while !self.cancel.is_requested() && self.next < self.jobs.len() {
            let alone = self.running.values().any(|running| self.jobs[*running].timed);
            let job = &self.jobs[self.next];
            if alone || (job.timed && !self.running.is_empty()) {
                return;
            }
            let Some(slot) = self.idle.pop() else { return };
            self.running.insert(slot, self.next);
            self.next += 1;
            orders[slot].send(job).expect("a slot lives as long as its orders");
        }
    }

    fn ended(&mut self, slot: usize, result: Result<Box<FinishedRun>, RunError>) {
        let job = &self.jobs[self.running.remove(&slot).expect("a slot that ended a run was running it")];
        self.idle.push(slot);
        match result {
            Err(error) => self.fail(error),
            Ok(run) => {
                *self.summary.outcomes.entry(run.run.outcome).or_default() += 1;
                let progress = self.progress();
                self.observer.finished(slot, job, &run, &progress);
                // A sink that failed gets nothing more: the journals keep what it did not take.
                if self.error.is_none() {
                    let stored = self.sink.finished(*run);
                    self.stored(stored);
                }
            }
        }
    }

    /// Nothing has happened for a second.
    fn tick(&mut self) {
        let progress = self.progress();
        self.observer.tick(&progress);
        // What waits in journals is stored in time even if the runs that go on take hours; but writing would disturb a
        // timed run.
        let timed = self.running.values().any(|running| self.jobs[*running].timed);
        if !timed && self.error.is_none() {
            let stored = self.sink.flush_if_due();
            self.stored(stored);
        }
    }

    fn stored(&mut self, stored: Result<Vec<RunId>, SinkError>) {
        match stored {
            Ok(runs) => self.executor.durable(&runs),
            Err(error) => self.fail(self.executor.sink_error(error)),
        }
    }

    /// Stops the campaign; the first error is the one that is reported.
    fn fail(&mut self, error: RunError) {
        self.cancel.stop();
        self.error.get_or_insert(error);
    }

    fn progress(&self) -> Progress {
        Progress {
            total: self.jobs.len(),
            done: self.summary.done(),
            failed: self.summary.failed(),
            running: self.running.len(),
            elapsed: self.began.elapsed(),
        }
    }

    fn conclude(mut self) -> Result<Summary, RunError> {
        if !matches!(self.error, Some(RunError::Sink { .. })) {
            let stored = self.sink.flush();
            self.stored(stored);
        }
        self.summary.not_started = self.jobs.len() - self.next;
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.summary),
        }
    }
}

#[cfg(test)]
mod tests;
