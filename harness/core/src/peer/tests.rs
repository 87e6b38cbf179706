//! The driver against a peer that plays a script, on a machine whose clock the script moves.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::path::Path;

use super::*;
use crate::cell::{Measure, Warmup};
use crate::drive::{DriveError, Host, Job, Now};
use crate::frame::{self, Frame, Point, Sample};
use crate::solver::SolverStatus;
use crate::testing::{self, Number};

/// Answers with the lines of a script, each after some seconds of the machine's clock; what it is sent is kept.
struct Script {
    lines: RefCell<VecDeque<(f64, String)>>,
    sent: RefCell<Vec<String>>,
    machine: Machine,
    folder: tempfile::TempDir,
}

/// A machine whose clock moves only when somebody says so.
#[derive(Default)]
struct Machine {
    wall_ns: Cell<i64>,
    frames: RefCell<Vec<Frame>>,
    stopped: Cell<bool>,
}

impl Host for Machine {
    fn now(&self) -> Now {
        Now { wall_ns: self.wall_ns.get(), cpu_ns: self.wall_ns.get() / 1000 }
    }

    fn stop_requested(&self) -> bool {
        self.stopped.get()
    }

    fn emit(&self, frame: Frame) -> io::Result<()> {
        // Recording takes long, and must not count.
        self.wall_ns.set(self.wall_ns.get() + 7_000_000_000);
        self.frames.borrow_mut().push(frame);
        Ok(())
    }
}

impl Script {
    fn new(lines: &[(f64, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, x) in [("one", "1e-1"), ("two", "1e-2"), ("ten", "1e-10"), ("bad", "many"), ("inf", "inf")]
        {
            std::fs::write(folder.path().join(name), x).unwrap();
        }
        Self {
            lines: RefCell::new(lines.iter().map(|(s, line)| (*s, (*line).to_owned())).collect()),
            sent: RefCell::default(),
            machine: Machine::default(),
            folder,
        }
    }

    fn run(&self, job: &Job) -> Result<(), DriveError> {
        run(&Number, self, job, &self.machine, None)
    }

    fn points(&self) -> Vec<Point> {
        let point = |f: &Frame| if let Frame::Point(p) = f { Some(p.clone()) } else { None };
        self.machine.frames.borrow().iter().filter_map(point).collect()
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |f: &Frame| if let Frame::Sample(s) = f { Some(s.clone()) } else { None };
        self.machine.frames.borrow().iter().filter_map(sample).collect()
    }

    fn end(&self) -> frame::End {
        let end = |f: &Frame| if let Frame::End(e) = f { Some((**e).clone()) } else { None };
        self.machine.frames.borrow().iter().find_map(end).unwrap()
    }

    fn sent(&self) -> Vec<String> {
        self.sent.borrow().clone()
    }
}

impl Channel for Script {
    fn send(&self, request: &Request) -> Result<(), SolveError> {
        self.sent.borrow_mut().push(serde_json::to_string(request).unwrap());
        Ok(())
    }

    fn receive(&self) -> Result<Answer, SolveError> {
        let (seconds, line) =
            self.lines.borrow_mut().pop_front().ok_or_else(|| SolveError("it is gone".into()))?;
        self.machine.wall_ns.set(self.machine.wall_ns.get() + (seconds * 1e9) as i64);
        Answer::parse(line.as_bytes()).map_err(SolveError)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn cpu_ns(&self) -> Option<i64> {
        None
    }

    fn usage(&self) -> Usage {
        Usage { vmhwm_bytes: Some(42), ..Usage::default() }
    }
}

fn job(tol: Option<f64>, measure: Measure) -> Job {
    testing::job(tol, 1000, measure)
}

fn trace(tol: f64) -> Job {
    job(Some(tol), Measure::Trace {})
}

#[test]
fn steps_times_and_work_are_the_peer_s_and_the_suite_judges() {
    let script = Script::new(&[
        (
            2.0,
            r#"{"step": 10, "time_s": 1.5, "cpu_s": 1.25, "work": 20, "counters": {"sweeps": 10}, "solution": "one"}"#,
        ),
        (
            2.0,
            r#"{"step": 30, "time_s": 3.0, "cpu_s": 2.5, "work": 60, "counters": {"sweeps": 30}, "solution": "two"}"#,
        ),
        (0.1, r#"{"end": "stopped", "step": 30}"#),
    ]);
    script.run(&trace(1e-2)).unwrap();
    let points: Vec<_> = script.points().iter().map(|p| (p.step, p.t_ns, p.cpu_ns, p.work)).collect();
    assert_eq!(points, [(10, 1_500_000_000, 1_250_000_000, 20), (30, 3_000_000_000, 2_500_000_000, 60)]);
    let end = script.end();
    assert_eq!((end.status, end.n_iter, end.counters["sweeps"]), (SolverStatus::Solved, 30, 30));
    assert_eq!((end.seen_wall_ns, end.usage.vmhwm_bytes), (Some(4_000_000_000), Some(42)));
    assert_eq!(
        script.sent(),
        [r#"{"solve":0,"max_iter":1000,"tol":0.01,"iterates":true}"#, r#"{"go":true}"#, r#"{"go":false}"#]
    );
}

#[test]
fn what_the_peer_believes_of_its_accuracy_counts_for_nothing() {
    let script = Script::new(&[(1.0, r#"{"end": "solved", "step": 5, "solution": "one"}"#)]);
    script.run(&trace(1e-6)).unwrap();
    assert_eq!(script.end().status, SolverStatus::Almost);
    let script = Script::new(&[(1.0, r#"{"end": "max_iter", "step": 5, "solution": "ten"}"#)]);
    script.run(&trace(1e-6)).unwrap();
    assert_eq!(script.end().status, SolverStatus::Solved);
    let script = Script::new(&[(1.0, r#"{"end": "solved", "step": 5, "solution": "inf"}"#)]);
    script.run(&trace(1e-6)).unwrap();
    assert_eq!(script.end().status, SolverStatus::Diverged);
}

#[test]
fn times_that_are_left_out_are_what_was_seen() {
    let script = Script::new(&[(2.5, r#"{"end": "solved", "step": 1, "solution": "ten"}"#)]);
    script.run(&trace(1e-6)).unwrap();
    assert_eq!(script.end().solve_wall_ns, 2_500_000_000);
}

#[test]
fn samples_ask_for_the_steps_of_the_traced_solve_and_are_timed_by_the_peer() {
    let script = Script::new(&[
        (9.0, r#"{"end": "solved", "step": 7, "time_s": 3.0, "compile_s": 2.0, "solution": "ten"}"#),
        (1.0, r#"{"end": "max_iter", "step": 7, "time_s": 0.75, "cpu_s": 0.5, "solution": "ten"}"#),
        (1.0, r#"{"end": "max_iter", "step": 7, "time_s": 0.5, "cpu_s": 0.25}"#),
    ]);
    script.run(&job(Some(1e-6), Measure::Solve { warmup: Warmup::Samples(1), samples: 1 })).unwrap();
    let samples: Vec<_> = script.samples().iter().map(|s| (s.warmup, s.wall_ns, s.cpu_ns)).collect();
    assert_eq!(samples, [(true, 750_000_000, 500_000_000), (false, 500_000_000, 250_000_000)]);
    assert_eq!(script.end().compile_ns, Some(2_000_000_000));
    assert_eq!(script.sent()[1], r#"{"solve":1,"max_iter":7,"tol":null,"iterates":false}"#);
}

#[test]
fn timed_steps_of_a_peer_are_solves_of_so_many_steps() {
    let script = Script::new(&[
        (9.0, r#"{"end": "max_iter", "step": 1, "time_s": 3.0, "solution": "ten"}"#),
        (0.5, r#"{"end": "max_iter", "step": 1, "time_s": 0.4}"#),
        (1.0, r#"{"end": "max_iter", "step": 2, "time_s": 0.8}"#),
        (2.0, r#"{"end": "max_iter", "step": 4, "time_s": 1.6}"#),
        (2.0, r#"{"end": "max_iter", "step": 4, "time_s": 1.2}"#),
    ]);
    let measure = Measure::Step { warmup: Warmup::Samples(0), samples: 1, min_sample_s: 1.0 };
    script.run(&job(Some(1e-6), measure)).unwrap();
    let samples: Vec<_> = script.samples().iter().map(|s| (s.wall_ns, s.iters)).collect();
    assert_eq!(samples, [(1_200_000_000, 4)]);
    assert_eq!(script.sent()[3], r#"{"solve":3,"max_iter":4,"tol":null,"iterates":false}"#);
}

#[test]
fn a_peer_that_counts_no_steps_is_asked_for_each_timed_step() {
    let one = r#"{"end": "solved", "step": 1, "time_s": 0.6, "solution": "ten"}"#;
    let script = Script::new(&[(1.0, one); 6]);
    let measure = Measure::Step { warmup: Warmup::Samples(0), samples: 1, min_sample_s: 1.0 };
    script.run(&job(Some(1e-6), measure)).unwrap();
    let samples: Vec<_> = script.samples().iter().map(|s| (s.wall_ns, s.iters)).collect();
    assert_eq!(samples, [(1_200_000_000, 2)], "traced, one, two, and two that count");
    let none = [(1.0, one), (1.0, r#"{"end": "stopped", "step": 0, "time_s": 0.1}"#)];
    let measure = Measure::Step { warmup: Warmup::Samples(0), samples: 1, min_sample_s: 1.0 };
    let error = Script::new(&none).run(&job(Some(1e-6), measure)).unwrap_err();
    assert!(error.to_string().contains("a solve of 1 steps ended without one"), "{error}");
}

#[test]
fn a_peer_that_breaks_the_protocol_fails_with_a_sentence() {
    let fails = |lines: &[(f64, &str)]| Script::new(lines).run(&trace(1e-6)).unwrap_err().to_string();
    let end = |line: &str| fails(&[(1.0, line)]);
    assert!(
        end(r#"{"end": "solved", "step": 1, "time_s": 1.5, "solution": "ten"}"#).contains("no more than 1.0")
    );
    assert!(end(r#"{"end": "perfect", "step": 1}"#).contains("`end` is \"perfect\"; expected solved"));
    assert!(end(r#"{"end": "solved", "step": 1}"#).contains("names no `solution`"));
    assert!(end(r#"{"end": "solved", "solution": "ten"}"#).contains("missing field `step`"));
    assert!(end(r#"{"end": "solved", "step": 1, "solution": "bad"}"#).contains("bad: invalid float"));
    assert!(
        end(r#"{"end": "solved", "step": 1, "solution": "../ten"}"#).contains("not below the peer's folder")
    );
    assert!(end(r#"{"end": "solved", "step": 1, "solution": "/etc/ten"}"#).contains("not below"));
    assert!(end(r#"{"error": "no memory"}"#).contains("no memory"));
    assert!(end(r#"{"answer": 42}"#).contains("expected a message with one of `ready`, `step`"));
    assert!(end("Hello!").contains("expected a JSON object"));
    assert!(fails(&[]).contains("it is gone"));
    let back = [
        (1.0, r#"{"step": 5, "time_s": 0.5, "solution": "one"}"#),
        (1.0, r#"{"step": 6, "time_s": 0.4, "solution": "two"}"#),
    ];
    assert!(fails(&back).contains("clock went back at step 6"));
    let still = [(1.0, r#"{"step": 5, "solution": "one"}"#), (1.0, r#"{"step": 5, "solution": "two"}"#)];
    assert!(fails(&still).contains("must increase: 5 after 5"));
}

#[test]
fn a_peer_that_stops_by_itself_has_spent_its_time_budget() {
    let script = Script::new(&[(1.0, r#"{"end": "stopped", "step": 5, "solution": "one"}"#)]);
    script.run(&job(Some(1e-6), Measure::Solve { warmup: Warmup::Samples(1), samples: 1 })).unwrap();
    assert_eq!((script.end().status, script.samples().len()), (SolverStatus::MaxTime, 0));
}

#[test]
fn a_peer_that_goes_on_when_told_to_stop_fails() {
    let lines = [(1.0, r#"{"step": 5, "solution": "ten"}"#), (1.0, r#"{"step": 6, "solution": "ten"}"#)];
    let error = Script::new(&lines).run(&trace(1e-6)).unwrap_err();
    assert!(error.to_string().contains("went on after `go: false`"), "{error}");
}

#[test]
fn a_peer_that_goes_when_all_are_told_to_stop_leaves_its_curve() {
    let script = Script::new(&[(1.0, r#"{"step": 5, "solution": "one"}"#)]);
    // The request comes while the peer works on: the next answer is its end.
    script.machine.stopped.set(true);
    script.run(&trace(1e-6)).unwrap();
    assert_eq!((script.points().len(), script.end().status), (1, SolverStatus::Stopped));
    assert_eq!(script.points()[0].values.get("err"), Some(0.1));
}
