//! What runs of the past answer.

use harness_core::{CodeKey, EnvKey, Outcome, RunId, RunRecord};
use serde_json::json;

use super::plan;
use crate::plan::PlannedCell;
use crate::resume::{Decision, Mode, decide};

const HARD_S: f64 = 120.0;

fn code() -> CodeKey {
    CodeKey::of(b"code")
}

fn env() -> EnvKey {
    EnvKey::of(b"env")
}

/// A run of a cell that ended well.
fn run(cell: &PlannedCell) -> RunRecord {
    let spec = &cell.spec;
    RunRecord {
        run_id: RunId::fresh(),
        campaign_id: "c".into(),
        cell_key: cell.key.clone(),
        code_key: code(),
        env_key: env(),
        attempt: 1,
        shard: None,
        suite: spec.suite.clone(),
        profile: "smoke".into(),
        problem: spec.problem.id.clone(),
        problem_params: json!(spec.problem.params).to_string(),
        solver: spec.solver.id.clone(),
        solver_params: json!(spec.solver.params).to_string(),
        stop: json!(spec.stop).to_string(),
        measure: json!(spec.measure).to_string(),
        replicate: spec.replicate,
        master_seed: spec.master_seed,
        device: spec.device.to_string(),
        dtype: spec.dtype.to_string(),
        threads: spec.threads,
        outcome: Outcome::Ok,
        solver_status: None,
        control: None,
        block: None,
        position: None,
        solver_code: None,
        solver_facts: None,
        import_ns: None,
        compile_ns: None,
        seen_wall_ns: None,
        cpu_list: None,
        quiet: None,
        contaminated: None,
        signal: None,
        exit_code: None,
        reason: None,
        stderr_tail: None,
        leaked: false,
        hard_limit_ns: Some((HARD_S * 1e9) as i64),
        memory_limit: Some(2 << 30),
        started_unix_ns: 0,
        elapsed_ns: 0,
        setup_ns: None,
        solve_wall_ns: None,
        solve_cpu_ns: None,
        eval_ns: None,
        process_cpu_ns: None,
        n_iter: None,
        work: None,
        counters: "{}".into(),
        objective: None,
        feas: None,
        gap: None,
        metrics: "{}".into(),
        instance: "{}".into(),
        vmhwm_setup: None,
        vmhwm_solve: None,
        minflt: None,
        majflt: None,
        nvcsw: None,
        nivcsw: None,
        result_hash: None,
        trace_rows: 0,
        git_commit: None,
        git_dirty: None,
        harness_version: "0".into(),
    }
}

/// The decisions for the first cell of a plan.
fn first(pairs: &[&str], profile: &str, runs: &[RunRecord], mode: Mode) -> String {
    let cells = plan(profile, pairs).cells;
    decide(&cells, &code(), &env(), runs, mode)[0].to_string()
}

fn one(profile: &str) -> PlannedCell {
    plan(profile, &["problem=small"]).cells[0].clone()
}

#[test]
fn a_finished_campaign_runs_nothing_and_more_replicates_run_only_the_new_ones() {
    let cells = plan("smoke", &[]).cells;
    let runs: Vec<_> = cells.iter().filter(|c| c.skip.is_none()).map(run).collect();
    let decisions = decide(&cells, &code(), &env(), &runs, Mode::Resume);
    assert!(decisions.iter().all(|d| !d.runs()));
    assert_eq!(decisions.iter().filter(|d| matches!(d, Decision::Reuse { .. })).count(), runs.len());

    let more = plan("smoke", &["problem=small", "replicates=5"]).cells;
    let decisions = decide(&more, &code(), &env(), &runs, Mode::Resume);
    assert_eq!(decisions.iter().filter(|d| d.runs()).count(), 2 * 2);
    assert!(decisions.iter().filter(|d| d.runs()).all(|d| d.to_string() == "new"));
}

#[test]
fn what_cannot_be_reused_says_why() {
    let cell = one("smoke");
    let with = |change: &dyn Fn(&mut RunRecord)| {
        let mut record = run(&cell);
        change(&mut record);
        first(&["problem=small"], "smoke", &[record], Mode::Resume)
    };
    let ended = |outcome| with(&|r| r.outcome = outcome);
    assert!(ended(Outcome::Ok).starts_with("reuse "));
    for outcome in [Outcome::Panic, Outcome::Signal, Outcome::Error, Outcome::Interrupted, Outcome::Skipped] {
        assert_eq!(ended(outcome), format!("again: its last run ended with {outcome}"));
    }
    assert!(with(&|r| r.code_key = CodeKey::of(b"other")).starts_with("again: the code changed ("));
    assert!(with(&|r| r.env_key = EnvKey::of(b"other")).starts_with("reuse "), "it is not timed");
}

#[test]
fn a_limit_that_was_hit_counts_until_it_is_raised() {
    let cell = one("smoke");
    let mut timeout = run(&cell);
    timeout.outcome = Outcome::Timeout;
    let at =
        |limit: &str| first(&["problem=small", limit], "smoke", std::slice::from_ref(&timeout), Mode::Resume);
    assert!(at("limits.hard_s=120").starts_with("reuse "));
    assert!(at("limits.hard_s=60").starts_with("reuse "));
    assert_eq!(at("limits.hard_s=121"), "again: it was ended after 120 s, and the limit is now 121 s");

    let mut oom = run(&cell);
    oom.outcome = Outcome::Oom;
    let at =
        |limit: &str| first(&["problem=small", limit], "smoke", std::slice::from_ref(&oom), Mode::Resume);
    assert!(at("limits.memory=2GiB").starts_with("reuse "));
    assert!(at("limits.memory=3GiB").starts_with("again: it ran out of 2147483648 bytes"));
    assert!(at("limits.memory=null").starts_with("again: "));
}

#[test]
fn a_timed_cell_asks_for_the_same_machine() {
    let cell = one("ci");
    assert!(cell.timed);
    let mut record = run(&cell);
    assert!(
        first(&["problem=small"], "ci", std::slice::from_ref(&record), Mode::Resume).starts_with("reuse ")
    );
    record.env_key = EnvKey::of(b"other");
    let text = first(&["problem=small"], "ci", &[record], Mode::Resume);
    assert!(text.starts_with("again: it was timed on another machine ("), "{text}");
}

#[test]
fn the_latest_reusable_run_is_taken_even_after_a_failure() {
    let cell = one("smoke");
    let (old, new, mut failed) = (run(&cell), run(&cell), run(&cell));
    failed.outcome = Outcome::Panic;
    let text = first(&["problem=small"], "smoke", &[new.clone(), failed, old], Mode::Resume);
    assert_eq!(text, format!("reuse {}", new.run_id));
}

#[test]
fn the_latest_is_the_last_attempt_even_if_the_clock_was_set_back() {
    let cell = one("smoke");
    let (mut first_run, mut second) = (run(&cell), run(&cell));
    std::mem::swap(&mut first_run.run_id, &mut second.run_id);
    second.attempt = first_run.attempt + 1;
    assert!(second.run_id < first_run.run_id);
    let decided = |mode| first(&["problem=small"], "smoke", &[first_run.clone(), second.clone()], mode);
    assert_eq!(decided(Mode::Resume), format!("reuse {}", second.run_id));
    let mut failed = second.clone();
    failed.outcome = Outcome::Signal;
    let text = first(&["problem=small"], "smoke", &[first_run.clone(), failed], Mode::RetryFailed);
    assert_eq!(text, "again: its last run ended with signal");
}

#[test]
fn modes() {
    let cell = one("smoke");
    let good = run(&cell);
    let mut bad = run(&cell);
    bad.outcome = Outcome::Signal;
    let pairs = &["problem=small"][..];
    assert_eq!(first(pairs, "smoke", std::slice::from_ref(&good), Mode::Fresh), "again: asked for");
    assert_eq!(first(pairs, "smoke", &[], Mode::Fresh), "new");
    assert_eq!(first(pairs, "smoke", &[], Mode::RetryFailed), "left: it never ran");
    assert_eq!(
        first(pairs, "smoke", std::slice::from_ref(&good), Mode::RetryFailed),
        "left: its last run did not fail"
    );
    assert_eq!(
        first(pairs, "smoke", &[good, bad], Mode::RetryFailed),
        "again: its last run ended with signal"
    );
}

#[test]
fn a_new_cell_says_which_part_changed() {
    let past: Vec<_> = plan("smoke", &["problem=small"]).cells.iter().map(run).collect();
    let now = |pair: &str| first(&["problem=small", "solver=sinkhorn", pair], "smoke", &past, Mode::Resume);
    assert_eq!(now("solver.eta=5000"), "changed: solver.params.eta 1200.0 → 5000.0");
    assert_eq!(now("problem.n=51"), "changed: problem.params.n 50 → 51");
    assert_eq!(now("stop.tol=1e-6"), "changed: stop.tol 1e-9 → 1e-6");
    assert_eq!(now("stop.tol=null"), "changed: stop.tol 1e-9 → null");
    assert_eq!(now("threads=2"), "changed: threads 1 → 2");
    assert_eq!(now("seed=8"), "changed: master_seed 7 → 8");
    assert!(now("replicates=9").starts_with("reuse"));
    let cells = plan("smoke", &["problem=small", "solver=sinkhorn", "solver.eta=1200,5000"]).cells;
    let decisions = decide(&cells, &code(), &env(), &past, Mode::Resume);
    let new: Vec<String> = decisions.iter().filter(|d| d.runs()).map(ToString::to_string).collect();
    assert_eq!(new, ["new"; 3], "nothing changed where the old cells are still asked for");
}

#[test]
fn a_change_that_the_tables_do_not_hold_is_named_as_one() {
    let cell = one("smoke");
    let mut past = run(&cell);
    past.cell_key = harness_core::CellKey::of(b"another version of the generator");
    let text = first(&["problem=small"], "smoke", &[past], Mode::Resume);
    assert_eq!(text, "changed: the problem's version, its data, or the protocol");
}

#[test]
fn another_program_of_a_peer_is_named_if_the_fingerprint_tells_its_parts() {
    let mut cell = one("smoke");
    let mut with = |code: &str| {
        cell.spec.solver.code = Some(code.to_owned());
        cell.key = cell.spec.key();
        cell.clone()
    };
    let changed = |before: &str, now: &PlannedCell| {
        let past = RunRecord {
            cell_key: harness_core::CellKey::of(before.as_bytes()),
            solver_code: Some(before.to_owned()),
            ..run(now)
        };
        decide(std::slice::from_ref(now), &code(), &env(), &[past], Mode::Resume)[0].to_string()
    };
    let now = with(r#"{"mine.py":"b","requirements.txt":"c"}"#);
    assert_eq!(changed(r#"{"mine.py":"a","requirements.txt":"c"}"#, &now), "changed: mine.py");
    assert_eq!(changed(r#"{"mine.py":"a"}"#, &now), "changed: mine.py, requirements.txt");
    let other = "changed: the peer's program or what it depends on";
    assert_eq!(changed("0123456789abcdef0123456789abcdef", &now), other);
    assert_eq!(changed("0123456789abcdef0123456789abcdef", &with("f1")), other);
}
