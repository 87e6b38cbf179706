//! Limits from the suite file and from the command line: soft budget, hard wall time, memory.

use harness_core::{Outcome, RunRecord};
use harness_store::Filter;

use crate::site::Site;

fn suite(settings: &str) -> String {
    format!(
        "schema: 1\nsuite: selftest\ndefault_profile: p\npapers: []\nproblems:\n  walk: {{problem: noop}}\n\
         solvers:\n  slow: {{solver: slow}}\n  quick: {{solver: quick}}\n  oom: {{solver: oom}}\n  hang: {{solver: hang}}\n\
         profiles:\n  p:\n    {settings}\n    runs: [{{problems: [walk], solvers: [slow, quick]}}]\n"
    )
}

/// The run of the one cell that a command line runs, after the command exited with `code`.
fn only_run(settings: &str, line: &str, code: i32) -> RunRecord {
    let site = Site::with_selftest(&suite(settings), "schema: 1\nsuite: selftest\nclaims: []\n");
    site.harness(&format!("run selftest {line}")).exits(code);
    site.processes_end();
    site.is_in_order();
    let mut runs = site.store().runs(&Filter::default()).unwrap();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

const STOP: &str = "stop: {tol: 0.0, max_iter: 1000}";

#[test]
fn the_soft_budget_ends_a_solve_gently_and_its_result_counts() {
    for (settings, line) in [
        ("stop: {tol: 0.0, max_iter: 1000, budget_s: 0.2}", ""),
        (STOP, "stop.budget_s=0.2"),
        ("stop: {tol: 0.0, max_iter: 1000, budget_s: 100}", "stop.budget_s=0.2"),
    ] {
        let run = only_run(settings, &format!("solver=slow solver.seconds=50 problem.rows=100 {line}"), 0);
        assert_eq!((run.outcome, run.solver_status.as_deref()), (Outcome::Ok, Some("max_time")), "{line}");
        let solved = run.solve_wall_ns.unwrap() as f64 / 1e9;
        assert!((0.2..20.0).contains(&solved), "{line}: {solved} s");
        assert!(run.result_hash.is_some() && run.objective.is_some());
    }
}

#[test]
fn the_hard_limit_ends_the_process_whatever_it_does() {
    for (settings, line) in [
        (format!("{STOP}\n    limits: {{hard_s: 0.5, grace_s: 0.2}}"), ""),
        (STOP.to_owned(), "limits.hard_s=0.5 limits.grace_s=0.2"),
        (format!("{STOP}\n    limits: {{hard_s: 100, grace_s: 60}}"), "limits.hard_s=0.5 limits.grace_s=0.2"),
    ] {
        let run = only_run(&settings, &format!("solver=hang {line}"), 5);
        assert_eq!((run.outcome, run.signal), (Outcome::Timeout, Some(9)), "{line}");
        let elapsed = run.elapsed_ns as f64 / 1e9;
        assert!((0.7..20.0).contains(&elapsed), "{line}: {elapsed} s");
        assert_eq!(run.hard_limit_ns, Some(500_000_000));
    }
}

#[test]
fn the_memory_limit_ends_the_cell_that_passes_it() {
    for (settings, line) in [
        (format!("{STOP}\n    limits: {{memory: 200MiB}}"), ""),
        (STOP.to_owned(), "limits.memory=200MiB"),
        (format!("{STOP}\n    limits: {{memory: 64GiB}}"), "limits.memory=200MiB"),
    ] {
        let run = only_run(&settings, &format!("solver=oom {line}"), 5);
        assert_eq!((run.outcome, run.memory_limit), (Outcome::Oom, Some(200 << 20)), "{line}");
        let reason = run.reason.unwrap();
        assert!(
            reason.contains("memory allocation of") && reason.contains("limit 209715200 bytes"),
            "{reason}"
        );
        let peak = run.vmhwm_solve.unwrap();
        assert!(peak < 220 << 20, "{line}: {peak} bytes resident");
    }
}

#[test]
fn a_limit_that_is_raised_runs_the_cell_again_and_one_that_is_not_does_not() {
    let site = Site::with_selftest(&suite(STOP), "schema: 1\nsuite: selftest\nclaims: []\n");
    let run = |limit: &str| site.harness(&format!("run selftest solver=hang limits.grace_s=0 {limit}"));
    run("limits.hard_s=0.4").exits(5);
    // What ended at a limit answers the cell, so nothing fails now.
    assert!(run("limits.hard_s=0.3").exits(0).stderr.contains("0 to run, 1 reused"));
    let raised = run("limits.hard_s=0.6").exits(5);
    assert!(raised.stderr.contains("1 to run, 0 reused"), "{}", raised.stderr);
    let attempts: Vec<u32> =
        site.store().runs(&Filter::default()).unwrap().iter().map(|run| run.attempt).collect();
    assert_eq!(attempts, [0, 1]);
}
