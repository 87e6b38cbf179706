//! The dispatcher against an executor that starts no process and never sleeps.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};

use super::*;
use crate::assemble::skipped;
use crate::sink::MemorySink;
use crate::testing::{campaign, job};

/// An executor that does what a test wants.
struct Mock<F> {
    act: F,
    running: AtomicUsize,
    /// How many runs went on at once, at most, by whether the run that saw it was timed.
    most: [AtomicUsize; 2],
    durable: Mutex<Vec<RunId>>,
}

impl<F: Fn(&Job) -> Result<Outcome, RunError> + Sync> Mock<F> {
    fn new(act: F) -> Self {
        Self { act, running: AtomicUsize::new(0), most: Default::default(), durable: Mutex::default() }
    }
}

impl<F: Fn(&Job) -> Result<Outcome, RunError> + Sync> Executor for Mock<F> {
    fn execute(&self, job: &Job, started: &mut dyn FnMut(RunId)) -> Result<FinishedRun, RunError> {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most[usize::from(job.timed)].fetch_max(now, Ordering::SeqCst);
        let mut run = skipped(job, &campaign(), "");
        started(run.run.run_id);
        let outcome = (self.act)(job);
        self.running.fetch_sub(1, Ordering::SeqCst);
        run.run.outcome = outcome?;
        Ok(run)
    }

    fn durable(&self, runs: &[RunId]) {
        self.durable.lock().unwrap().extend(runs);
    }

    fn sink_error(&self, source: SinkError) -> RunError {
        RunError::Sink { source, journals: "journals".into() }
    }
}

/// Writes down what it is told.
#[derive(Default)]
struct Log {
    started: Vec<u32>,
    finished: Vec<u32>,
    last: Option<Progress>,
}

impl Observer for Log {
    fn started(&mut self, _: usize, job: &Job, _: RunId, _: &Progress) {
        self.started.push(job.cell.replicate);
    }

    fn finished(&mut self, _: usize, job: &Job, _: &FinishedRun, progress: &Progress) {
        self.finished.push(job.cell.replicate);
        self.last = Some(*progress);
    }
}

fn jobs(n: u32) -> Vec<Job> {
    (0..n).map(job).collect()
}

fn slots(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

fn go<F: Fn(&Job) -> Result<Outcome, RunError> + Sync>(
    jobs: &[Job],
    n: usize,
    mock: &Mock<F>,
    log: &mut Log,
) -> Result<Summary, RunError> {
    dispatch(jobs, slots(n), mock, &mut MemorySink::default(), log, &Cancel::new().unwrap())
}

#[test]
fn one_slot_keeps_the_order_and_every_run_is_stored() {
    let mock = Mock::new(|_| Ok(Outcome::Ok));
    let mut log = Log::default();
    let summary = go(&jobs(20), 1, &mock, &mut log).unwrap();
    assert_eq!(log.started, (0..20).collect::<Vec<_>>());
    assert_eq!(log.finished, log.started);
    assert_eq!((summary.count(Outcome::Ok), summary.not_started), (20, 0));
    assert_eq!(mock.durable.lock().unwrap().len(), 20);
    let last = log.last.unwrap();
    assert_eq!((last.total, last.done, last.running), (20, 20, 0));
}

#[test]
fn slots_work_at_once() {
    // Each pair of runs waits for the other: with less than two at once this would not end.
    let barrier = Barrier::new(2);
    let mock = Mock::new(|_| {
        barrier.wait();
        Ok(Outcome::Ok)
    });
    go(&jobs(10), 2, &mock, &mut Log::default()).unwrap();
    assert_eq!(mock.most[0].load(Ordering::SeqCst), 2);
}

#[test]
fn timed_jobs_run_alone_and_the_order_is_kept() {
    let mut jobs = jobs(30);
    for job in jobs.iter_mut().filter(|job| job.cell.replicate % 3 == 1) {
        job.timed = true;
    }
    let mock = Mock::new(|_| {
        thread::yield_now();
        Ok(Outcome::Ok)
    });
    let mut log = Log::default();
    go(&jobs, 4, &mock, &mut log).unwrap();
    assert_eq!(mock.most[1].load(Ordering::SeqCst), 1, "nothing else runs beside a timed job");
    // Only the two neighbours that are not timed can overtake each other.
    let timed: Vec<usize> =
        (0..10).map(|k| log.finished.iter().position(|r| *r == 3 * k + 1).unwrap()).collect();
    assert_eq!(timed, (0..10).map(|k| 3 * k + 1).collect::<Vec<_>>());
}

#[test]
fn a_failed_cell_is_a_result_like_any_other() {
    let outcome = |job: &Job| match job.cell.replicate {
        2 => Outcome::Signal,
        3 => Outcome::Timeout,
        _ => Outcome::Ok,
    };
    let mock = Mock::new(|job| Ok(outcome(job)));
    let mut log = Log::default();
    let summary = go(&jobs(5), 2, &mock, &mut log).unwrap();
    assert_eq!((summary.done(), summary.failed(), summary.count(Outcome::Ok)), (5, 2, 3));
    assert_eq!(log.last.unwrap().failed, 2);
    assert!(!summary.was_interrupted());
}

/// Keeps runs until it is asked for what is due.
#[derive(Default)]
struct Hoarder {
    waiting: Vec<RunId>,
    asked: usize,
}

impl Sink for Hoarder {
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError> {
        self.waiting.push(run.run.run_id);
        Ok(Vec::new())
    }

    fn flush(&mut self) -> Result<Vec<RunId>, SinkError> {
        Ok(std::mem::take(&mut self.waiting))
    }

    fn flush_if_due(&mut self) -> Result<Vec<RunId>, SinkError> {
        self.asked += 1;
        self.flush()
    }

    fn holds(&mut self, _: RunId) -> Result<bool, SinkError> {
        Ok(false)
    }
}

#[test]
fn what_waits_is_stored_while_a_long_run_goes_on_unless_it_is_timed() {
    let mut jobs = jobs(2);
    jobs[1].timed = true;
    let mock = Mock::new(|_| Ok(Outcome::Ok));
    for (running, asked) in [(0, 1), (1, 0)] {
        let (mut sink, mut log, cancel) = (Hoarder::default(), Log::default(), Cancel::new().unwrap());
        sink.finished(skipped(&jobs[0], &campaign(), "")).unwrap();
        let mut dispatcher = Dispatcher {
            jobs: &jobs,
            next: 2,
            idle: Vec::new(),
            running: [(0, running)].into(),
            executor: &mock,
            sink: &mut sink,
            observer: &mut log,
            cancel: &cancel,
            summary: Summary::default(),
            error: None,
            began: Instant::now(),
        };
        dispatcher.tick();
        assert!(dispatcher.error.is_none());
        assert_eq!((sink.asked, mock.durable.lock().unwrap().drain(..).count()), (asked, asked));
    }
}

#[test]
fn an_error_of_the_machine_ends_the_campaign() {
    let broken = || RunError::System { what: "poll", source: std::io::Error::other("no") };
    let mock = Mock::new(|job| if job.cell.replicate == 3 { Err(broken()) } else { Ok(Outcome::Ok) });
    let mut log = Log::default();
    assert!(matches!(go(&jobs(10), 1, &mock, &mut log), Err(RunError::System { .. })));
    assert_eq!(log.finished, [0, 1, 2]);
    assert_eq!(mock.durable.lock().unwrap().len(), 3, "what was finished is stored");
}

#[test]
fn a_cancelled_campaign_starts_nothing_more_but_keeps_what_ends() {
    let cancel = Cancel::new().unwrap();
    let mock = Mock::new(|job| {
        if job.cell.replicate == 4 {
            cancel.request();
            return Ok(Outcome::Interrupted);
        }
        Ok(Outcome::Ok)
    });
    let mut sink = MemorySink::default();
    let summary = dispatch(&jobs(10), slots(1), &mock, &mut sink, &mut Log::default(), &cancel).unwrap();
    assert_eq!((summary.done(), summary.not_started, sink.runs.len()), (5, 5, 5));
    assert!(summary.was_interrupted());
}

#[test]
fn a_panic_of_an_executor_reaches_the_caller() {
    let mock = Mock::new(|job| {
        assert!(job.cell.replicate != 2, "broken executor");
        Ok(Outcome::Ok)
    });
    let caught = catch_unwind(AssertUnwindSafe(|| go(&jobs(10), 2, &mock, &mut Log::default())));
    assert!(caught.is_err());
}

#[test]
fn no_jobs_are_no_work() {
    let mock = Mock::new(|_| Ok(Outcome::Ok));
    assert_eq!(go(&[], 2, &mock, &mut Log::default()).unwrap(), Summary::default());
}
