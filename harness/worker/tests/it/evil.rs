//! Every way in which a solver goes wrong has its own outcome, and costs its own cell only.

use std::fs;

use harness_core::frame::{Frame, read_journal};
use harness_core::{Outcome, RunRecord};
use harness_runner::{Cancel, Job, Limits, Quiet};
use rustix::process::{Pid, test_kill_process_group};
use serde_json::json;

use crate::fixture::{Memory, curve, job, none, replicate, run, run_with};

fn limited(mut job: Job, limits: Limits) -> Job {
    job.limits = limits;
    job
}

/// The parts of a row that say how a run ended.
fn ending(row: &RunRecord) -> (Outcome, Option<i32>, Option<i32>, Option<&str>, bool) {
    (row.outcome, row.signal, row.exit_code, row.solver_status.as_deref(), row.leaked)
}

#[test]
fn each_evil_solver_has_its_own_outcome_and_costs_only_its_cell() {
    let quick = |n| replicate(job("quick", none(), none()), n);
    let segv = job("segv", none(), none());
    let abort = job("abort", none(), none());
    let panic = job("panic", none(), none());
    let fail = job("fail", none(), none());
    let early = job("exit0_early", none(), none());
    let hang =
        limited(job("hang", none(), none()), Limits { hard_s: 1.0, grace_s: 0.2, ..Limits::default() });
    let oom = limited(job("oom", none(), none()), Limits { memory: Some(300 << 20), ..Limits::default() });
    let flood = job("flood", json!({"mib": 8}), none());
    let utf8 = job("bad_utf8", none(), none());
    let leak = job("fork_leak", none(), none());
    let daemon = job("fork_leak", json!({"own_group": true, "seconds": 20}), none());
    let nan = job("nan", none(), none());
    let mut jobs = vec![daemon.clone(), hang.clone()];
    for (n, evil) in
        [&segv, &abort, &panic, &fail, &early, &oom, &flood, &utf8, &leak, &nan].into_iter().enumerate()
    {
        jobs.extend([evil.clone(), quick(n as u32)]);
    }
    let ran = run(&jobs, 3);
    let summary = ran.summary.as_ref().unwrap();
    assert_eq!((summary.done(), summary.not_started), (jobs.len(), 0));

    let ok = |status, leaked| (Outcome::Ok, None, Some(0), Some(status), leaked);
    for n in 0..10 {
        assert_eq!(ending(ran.row(&quick(n))), ok("solved", false), "quick {n}");
    }
    assert_eq!(ending(ran.row(&segv)), (Outcome::Signal, Some(11), None, None, false));
    assert_eq!(ending(ran.row(&abort)), (Outcome::Signal, Some(6), None, None, false));
    assert_eq!(ending(ran.row(&panic)), (Outcome::Panic, None, Some(101), None, false));
    assert_eq!(ending(ran.row(&fail)), (Outcome::Error, None, Some(3), None, false));
    assert_eq!(ending(ran.row(&early)), (Outcome::Error, None, Some(0), None, false));
    assert_eq!(ending(ran.row(&hang)), (Outcome::Timeout, Some(9), None, None, false));
    assert_eq!(ending(ran.row(&oom)), (Outcome::Oom, Some(6), None, None, false));
    assert_eq!(ending(ran.row(&flood)), ok("solved", false));
    assert_eq!(ending(ran.row(&utf8)), ok("solved", false));
    assert_eq!(ending(ran.row(&leak)), ok("solved", true));
    assert_eq!(ending(ran.row(&daemon)), ok("solved", true));
    assert_eq!(ending(ran.row(&nan)), ok("diverged", false));

    let reason = |job: &Job| ran.row(job).reason.clone().unwrap_or_default();
    assert!(reason(&segv).contains("SIGSEGV"), "{}", reason(&segv));
    assert!(reason(&panic).contains("index out of bounds") && reason(&panic).contains("crash.rs:"));
    assert!(reason(&fail).contains("singular at row 4"));
    assert!(reason(&early).contains("without reporting its end"));
    assert!(reason(&hang).contains("hard limit of 1 s"));
    assert!(reason(&oom).contains("memory allocation of"), "{}", reason(&oom));
    assert_eq!(ran.row(&utf8).stderr_tail.as_deref(), Some("caf\u{FFFD} \u{FFFD}\u{FFFD}\n"));

    // The crash came in the fourth step; the points before it are kept.
    for crashed in [&segv, &abort, &panic, &fail, &early, &hang] {
        let steps: Vec<i64> = curve(ran.of(crashed), "left").iter().map(|row| row.step).collect();
        assert_eq!(steps, [0, 1, 2, 3], "{}", crashed.labels.solver);
        assert_eq!(ran.row(crashed).n_iter, Some(3));
    }
    let lost = curve(ran.of(&nan), "left");
    assert!(lost.last().is_some_and(|row| row.step == 7 && row.value.is_nan()));

    let log =
        |job: &Job, extension: &str| ran.dir.path().join(format!("logs/{}.{extension}", ran.row(job).run_id));
    let text = fs::read_to_string(log(&flood, "out")).unwrap();
    assert!(text.contains(&format!("[… {} bytes dropped …]", (7 << 20) - (8 << 10))));
    assert!(!log(&flood, "err").exists() && !log(&quick(0), "out").exists());
    assert!(ran.journals().is_empty(), "{:?}", ran.journals());
}

#[test]
fn the_hard_limit_ends_the_whole_group_within_its_grace() {
    let mut hang = job("hang", none(), none());
    hang.limits = Limits { hard_s: 0.2, grace_s: 0.2, memory: None };
    let sink = Memory { forgetful: true, ..Memory::default() };
    let ran = run_with(std::slice::from_ref(&hang), 1, sink, &mut Quiet, &Cancel::new().unwrap());
    let seconds = ran.row(&hang).elapsed_ns as f64 / 1e9;
    // Without an end it would be there for ever; a second would do on a machine that does nothing else.
    assert!((0.4..5.0).contains(&seconds), "{seconds} s");
    let journal = ran.journals().into_iter().find(|p| p.extension().is_some_and(|e| e == "jsonl")).unwrap();
    let journal = read_journal(&mut fs::read(journal).unwrap().as_slice()).unwrap();
    let Frame::Begin(begin) = &journal.frames[0] else { panic!("{:?}", journal.frames[0]) };
    let group = Pid::from_raw(begin.pid as i32).unwrap();
    assert_eq!(test_kill_process_group(group), Err(rustix::io::Errno::SRCH));
}

#[test]
fn a_solver_that_listens_ends_gently_at_the_hard_limit_and_keeps_its_result() {
    let mut slow = job("slow", json!({"seconds": 20.0}), json!({"rows": 1000}));
    slow.limits = Limits { hard_s: 1.0, grace_s: 20.0, memory: None };
    let ran = run(std::slice::from_ref(&slow), 1);
    let row = ran.row(&slow);
    assert_eq!(ending(row), (Outcome::Timeout, None, Some(0), Some("stopped"), false));
    assert!(row.n_iter.unwrap() > 0 && row.result_hash.is_some() && row.objective.is_some());
}

#[test]
fn a_run_that_succeeds_fills_its_row() {
    let quick = job("quick", none(), json!({"rows": 5}));
    let ran = run(std::slice::from_ref(&quick), 1);
    let row = ran.row(&quick);
    assert_eq!((row.n_iter, row.work, row.counters.as_str()), (Some(5), Some(5), r#"{"strides":5}"#));
    assert_eq!((row.objective, row.gap, row.feas), (Some(0.0), Some(0.0), None));
    assert_eq!(row.instance, r#"{"ballast_bytes":0,"rows":5}"#);
    assert_eq!(
        (row.suite.as_str(), row.problem.as_str(), row.solver.as_str()),
        ("selftest", "noop", "quick")
    );
    assert!(row.process_cpu_ns.unwrap() > 0 && row.elapsed_ns > 0 && row.started_unix_ns > 0);
    assert!(row.minflt.unwrap() > 0 && row.nvcsw.is_some());
    let left: Vec<f64> = curve(ran.of(&quick), "left").iter().map(|r| r.value).collect();
    assert_eq!(left, [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
    assert_eq!(curve(ran.of(&quick), "cpu_s").len(), 6);
}
