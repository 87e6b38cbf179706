//! One campaign with everything that a solver can do to it: each costs its own cell, and the report tells.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use harness_core::{Outcome, RunRecord, TraceRow};
use harness_store::Filter;

use crate::site::Site;

const SUITE: &str = "
schema: 1
suite: selftest
default_profile: evil
papers: []
.stop: &stop {tol: 0.0, max_iter: 100000000}
problems:
  walk: {problem: noop, params: {rows: 10}}
  endless_setup: {problem: noop, params: {setup_seconds: 600}}
  ten_million: {problem: noop, params: {rows: 10000000}}
solvers:
  quick: {solver: quick}
profiles:
  evil:
    replicates: 1
    stop: *stop
    limits: {hard_s: 300, grace_s: 0.3, memory: 1GiB}
    runs:
      - problems: [walk]
        solvers: [quick, segv, abort, panic, fail, exit0_early, flood, bad_utf8, fork_leak, nan, complain, gabble]
      - {problems: [walk], solvers: [hang], limits: {hard_s: 1, grace_s: 0.3}}
      - {problems: [walk], solvers: [oom], limits: {hard_s: 300, memory: 200MiB}}
      - {problems: [endless_setup], solvers: [quick], limits: {hard_s: 1, grace_s: 0.3}}
      - {problems: [ten_million], solvers: [quick]}
      - {problems: [walk], solvers: [slow], replicates: 8}
";

/// The suite file with a label for every solver that has none: its id.
fn suite() -> String {
    let ids = [
        "segv",
        "abort",
        "panic",
        "fail",
        "exit0_early",
        "flood",
        "bad_utf8",
        "fork_leak",
        "nan",
        "complain",
        "gabble",
        "hang",
        "oom",
    ];
    let labels = ids.map(|id| format!("  {id}: {{solver: {id}}}\n")).concat();
    let slow = "  slow: {solver: slow, params: {seconds: 0.05}}\n";
    SUITE.replace("  quick: {solver: quick}\n", &format!("  quick: {{solver: quick}}\n{labels}{slow}"))
}

struct Ran {
    site: Site,
    rows: BTreeMap<(String, String), RunRecord>,
    most_memory_kib: u64,
}

impl Ran {
    fn row(&self, problem: &str, solver: &str) -> &RunRecord {
        &self.rows[&(problem.to_owned(), solver.to_owned())]
    }

    fn traces(&self, problem: &str, solver: &str) -> Vec<TraceRow> {
        self.site.store().traces(&[self.row(problem, solver).run_id]).unwrap()
    }

    fn steps(&self, problem: &str, solver: &str) -> Vec<i64> {
        let rows = self.traces(problem, solver);
        rows.iter().filter(|row| row.metric == "left").map(|row| row.step).collect()
    }

    fn file(&self, name: &str) -> String {
        let files = self.site.files();
        let (_, bytes) = files.iter().find(|(path, _)| path.ends_with(name)).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }
}

/// The most memory that a process has had resident so far.
fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn run_them_all() -> Ran {
    let site = Site::with_selftest(&suite(), "schema: 1\nsuite: selftest\nclaims: []\n");
    let mut command = site.command("run selftest slots=3");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut most_memory_kib = 0;
    while child.try_wait().unwrap().is_none() {
        most_memory_kib = most_memory_kib.max(peak_kib(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let runs = site.store().runs(&Filter::default()).unwrap();
    let good = runs.iter().filter(|run| run.solver == "slow" && run.outcome == Outcome::Ok).count();
    assert_eq!((runs.len(), good), (16 + 8, 8), "the cells beside them are as ever");
    let name = |run: RunRecord| {
        let params: serde_json::Value = serde_json::from_str(&run.problem_params).unwrap();
        let problem = match (params["rows"].as_u64(), params["setup_seconds"].as_f64()) {
            (Some(10_000_000), _) => "ten_million",
            (_, Some(600.0)) => "endless_setup",
            _ => "walk",
        };
        ((problem.to_owned(), run.solver.clone()), run)
    };
    Ran { rows: runs.into_iter().map(name).collect(), site, most_memory_kib }
}

#[test]
fn every_evil_solver_costs_just_its_own_cell_and_the_report_tells_of_each() {
    let ran = run_them_all();
    ran.site.processes_end();
    ran.site.is_in_order();

    let ending = |solver: &str| {
        let row = ran.row("walk", solver);
        (row.outcome, row.signal, row.exit_code, row.solver_status.as_deref(), row.leaked)
    };
    let ok = |status, leaked| (Outcome::Ok, None, Some(0), Some(status), leaked);
    assert_eq!(ending("quick"), ok("solved", false));
    assert_eq!(ending("segv"), (Outcome::Signal, Some(11), None, None, false));
    assert_eq!(ending("abort"), (Outcome::Signal, Some(6), None, None, false));
    assert_eq!(ending("panic"), (Outcome::Panic, None, Some(101), None, false));
    assert_eq!(ending("fail"), (Outcome::Error, None, Some(3), None, false));
    assert_eq!(ending("exit0_early"), (Outcome::Error, None, Some(0), None, false));
    assert_eq!(ending("hang"), (Outcome::Timeout, Some(9), None, None, false));
    assert_eq!(ending("oom"), (Outcome::Oom, Some(6), None, None, false));
    assert_eq!(ending("flood"), ok("solved", false));
    assert_eq!(ending("bad_utf8"), ok("solved", false));
    assert_eq!(ending("fork_leak"), ok("solved", true));
    assert_eq!(ending("nan"), ok("diverged", false));
    assert_eq!(ending("complain"), (Outcome::Error, None, Some(3), None, false));
    assert_eq!(ending("gabble"), ok("solved", false));

    // A second and 0.3 s of grace; the rest is for a machine that has other things to do.
    for (problem, solver) in [("walk", "hang"), ("endless_setup", "quick")] {
        let row = ran.row(problem, solver);
        assert_eq!(row.outcome, Outcome::Timeout, "{problem}");
        assert!((1.3..15.0).contains(&(row.elapsed_ns as f64 / 1e9)), "{problem}: {} ns", row.elapsed_ns);
        assert!(row.reason.as_ref().unwrap().contains("hard limit of 1 s"), "{:?}", row.reason);
    }
    let setup = ran.row("endless_setup", "quick");
    assert_eq!((setup.setup_ns, setup.n_iter, setup.trace_rows), (None, None, 0));

    // Curves are kept up to where it went wrong, and marked.
    for crashed in ["segv", "abort", "panic", "fail", "exit0_early", "hang"] {
        assert_eq!(ran.steps("walk", crashed), [0, 1, 2, 3], "{crashed}");
    }
    assert_eq!(ran.steps("walk", "nan"), (0..=7).collect::<Vec<_>>());
    let values = ran.traces("walk", "nan");
    assert!(
        values.iter().filter(|row| row.metric == "left").all(|row| row.value.is_nan() == (row.step == 7))
    );

    let steps = ran.steps("ten_million", "quick");
    assert!(steps.len() < 1000, "{} points of ten million steps", steps.len());
    assert_eq!((steps[64], steps.last()), (64, Some(&10_000_000)));
    assert_eq!(ran.row("ten_million", "quick").outcome, Outcome::Ok);
    let told = ran.traces("walk", "gabble").iter().filter(|row| row.step == 3).count();
    assert!((64..80).contains(&told), "{told} numbers of 100000 at a step");

    // A gibibyte went by, and a mebibyte and the end were kept; the program itself stayed small.
    let log = ran
        .site
        .path()
        .join(format!("results/selftest/campaigns/{}/logs", ran.row("walk", "flood").campaign_id));
    let log = std::fs::metadata(log.join(format!("{}.out", ran.row("walk", "flood").run_id))).unwrap().len();
    assert!((1 << 20..2 << 20).contains(&log), "a log of {log} bytes");
    assert!((1..400 << 10).contains(&ran.most_memory_kib), "the program took {} KiB", ran.most_memory_kib);

    let (html, markdown) = (ran.file("report.html"), ran.file("report.md"));
    for (what, said) in [
        ("segv on walk", "SIGSEGV (segmentation fault)"),
        ("abort on walk", "SIGABRT (aborted)"),
        ("panic on walk", "index out of bounds: the len is 3 but the index is 3"),
        ("fail on walk", "the matrix is singular at row 4; try another"),
        ("exit0\\_early on walk", "exited with code 0 without reporting its end"),
        ("hang on walk", "the hard limit of 1 s was reached; it did not stop when told to and was killed"),
        ("oom on walk", "memory allocation of 67108864 bytes failed"),
        ("complain on walk", "this will not do"),
        ("quick on endless\\_setup", "the hard limit of 1 s was reached"),
    ] {
        assert!(markdown.contains(what) && markdown.contains(said), "{what}: {said}");
        let (what, said) = (what.replace('\\', ""), said.replace('\'', "&#x27;"));
        assert!(html.contains(&what) && html.contains(&said), "{what}: {said}");
    }
    // What they wrote to standard error, besides the reason.
    assert!(html.contains(">harness-worker: the matrix is singular"), "{html}");
    assert!(html.contains("1 run left processes behind") && html.contains("diverged"));
    assert!(html.contains("9 failed") && markdown.contains("9 failed"));
}
