//! Campaigns that are stopped: by the user, or by a sink that fails.

use harness_core::{Outcome, RunId};
use harness_runner::{Cancel, Job, MemorySink, Observer, Progress, Quiet, RunError, recover_into};
use serde_json::json;

use crate::fixture::{Memory, curve, job, none, replicate, run_with};

/// Pulls the handle once when enough runs have started, or each time that nothing happens for a while.
struct Impatient {
    cancel: Cancel,
    after_started: Option<usize>,
    started: usize,
}

impl Observer for Impatient {
    fn started(&mut self, _: usize, _: &Job, _: RunId, _: &Progress) {
        self.started += 1;
        if self.after_started == Some(self.started) {
            self.cancel.request();
        }
    }

    fn tick(&mut self, _: &Progress) {
        if self.after_started.is_none() {
            self.cancel.request();
        }
    }
}

#[test]
fn one_request_stops_running_cells_gently_and_starts_no_more() {
    let slow = |n| replicate(job("slow", json!({"seconds": 50.0}), json!({"rows": 1000})), n);
    let jobs: Vec<Job> = (0..4).map(slow).collect();
    let cancel = Cancel::new().unwrap();
    let mut observer = Impatient { cancel: cancel.clone(), after_started: None, started: 0 };
    let ran = run_with(&jobs, 2, Memory::default(), &mut observer, &cancel);
    let summary = ran.summary.as_ref().unwrap();
    assert_eq!((summary.count(Outcome::Interrupted), summary.done(), summary.not_started), (2, 2, 2));
    assert!(summary.was_interrupted());
    for job in &jobs[..2] {
        assert_eq!(ran.row(job).solver_status.as_deref(), Some("stopped"));
        assert!(curve(ran.of(job), "left").len() > 1, "the curve is kept");
    }
}

#[test]
fn a_second_request_kills_what_does_not_listen() {
    let cancel = Cancel::new().unwrap();
    let mut observer = Impatient { cancel: cancel.clone(), after_started: None, started: 0 };
    let mut hang = job("hang", none(), none());
    hang.limits.grace_s = 60.0;
    let jobs = [hang];
    let ran = run_with(&jobs, 1, Memory::default(), &mut observer, &cancel);
    let row = ran.row(&jobs[0]);
    assert_eq!((row.outcome, row.signal), (Outcome::Interrupted, Some(9)));
    assert!(row.elapsed_ns < 30_000_000_000);
}

#[test]
fn a_request_before_anything_ran_runs_nothing() {
    let cancel = Cancel::new().unwrap();
    cancel.request();
    let ran = run_with(&[job("quick", none(), none())], 1, Memory::default(), &mut Quiet, &cancel);
    assert_eq!(ran.summary.unwrap().not_started, 1);
}

#[test]
fn a_request_as_soon_as_a_run_starts_ends_it_too() {
    let cancel = Cancel::new().unwrap();
    let mut observer = Impatient { cancel: cancel.clone(), after_started: Some(1), started: 0 };
    let slow = job("slow", json!({"seconds": 50.0}), none());
    let ran = run_with(std::slice::from_ref(&slow), 1, Memory::default(), &mut observer, &cancel);
    assert_eq!(ran.row(&slow).outcome, Outcome::Interrupted);
}

#[test]
fn a_sink_that_fails_stops_the_campaign_and_loses_nothing() {
    let jobs: Vec<Job> = (0..6).map(|n| replicate(job("quick", none(), none()), n)).collect();
    let sink = Memory { forgetful: true, fails_after: Some(2), ..Memory::default() };
    let ran = run_with(&jobs, 1, sink, &mut Quiet, &Cancel::new().unwrap());
    let Err(RunError::Sink { source, .. }) = &ran.summary else { panic!("{:?}", ran.summary) };
    assert_eq!(source.to_string(), "no space left on device");
    let mut next = MemorySink::default();
    let recovered =
        recover_into(&ran.dir.path().join("journals"), &ran.dir.path().join("quarantine"), &mut next)
            .unwrap();
    assert_eq!(recovered, 3);
    // What the failed sink had taken is recovered bit for bit.
    assert_eq!(next.runs[..2], ran.sink.runs[..]);
    assert!(next.runs.iter().all(|r| r.run.outcome == Outcome::Ok));
    assert_eq!(
        recover_into(&ran.dir.path().join("journals"), &ran.dir.path().join("quarantine"), &mut next)
            .unwrap(),
        0
    );
}
