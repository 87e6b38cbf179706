//! `plan` and `run`: what is executed, stored and reported.

use crate::site::Site;

const QUICK: &str = "suite=selftest profile=smoke solver=quick replicates=1";

#[test]
fn a_finished_campaign_executes_nothing_and_changes_no_byte() {
    let site = Site::new();
    let first = site.harness(&format!("run {QUICK}")).exits(0);
    assert!(first.stdout.contains("report: results/selftest/campaigns/smoke-"), "{}", first.stdout);
    let before = site.files();
    let second = site.harness(&format!("run {QUICK}")).exits(0);
    assert!(second.stderr.contains("0 to run"), "{}", second.stderr);
    assert_eq!(before, site.files());
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn more_replicates_run_only_the_new_ones() {
    let site = Site::new();
    let line = "suite=optimal_transport profile=smoke problem=lap128 problem.n=16 solver=sinkhorn";
    site.harness(&format!("run {line} replicates=2"));
    let more = format!("{line} replicates=5");
    assert_eq!((site.decisions(&more, "reuse"), site.decisions(&more, "new")), (2, 3));
    let run = site.harness(&format!("run {more}"));
    assert!(run.stderr.contains("3 to run, 2 reused"), "{}", run.stderr);
    assert_eq!(site.decisions(&more, "reuse"), 5);
}

#[test]
fn plan_says_new_then_reuse_then_what_changed() {
    let site = Site::new();
    assert_eq!(site.decisions(QUICK, "new"), 2);
    site.harness(&format!("run {QUICK}")).exits(0);
    assert_eq!(site.decisions(QUICK, "reuse"), 2);
    let changed = site.harness(&format!("plan {QUICK} problem.rows=17")).exits(0);
    assert!(changed.stdout.contains("changed: problem.params.rows"), "{}", changed.stdout);
}

#[test]
fn fresh_runs_everything_again_and_keeps_the_old_runs() {
    let site = Site::new();
    site.harness(&format!("run {QUICK}")).exits(0);
    let again = site.harness(&format!("run {QUICK} --fresh")).exits(0);
    assert!(again.stderr.contains("2 to run"), "{}", again.stderr);
    let parts = site.files().keys().filter(|p| p.to_string_lossy().contains("/runs/day=")).count();
    assert_eq!(parts, 2);
}

#[test]
fn a_crash_costs_its_cell_and_the_exit_code_says_so() {
    let site = Site::new();
    let run = site
        .harness("run suite=selftest profile=smoke problem=short solver=quick,segv,panic replicates=1")
        .exits(5);
    assert!(run.stderr.contains("2 cells failed"), "{}", run.stderr);
    let report = std::fs::read_to_string(
        site.files().keys().find(|p| p.ends_with("report.md")).expect("a report is written all the same"),
    )
    .unwrap();
    assert!(report.contains("segv") && report.contains("panic"), "{report}");
}

#[test]
fn failed_cells_are_run_again_and_nothing_else_is() {
    let site = Site::new();
    let line = "suite=selftest profile=smoke problem=short solver=quick,segv replicates=1";
    site.harness(&format!("run {line}")).exits(5);
    let again = site.harness(&format!("run {line} --retry-failed")).exits(5);
    assert!(again.stderr.contains("1 to run"), "{}", again.stderr);
}

#[test]
fn a_claim_that_is_contradicted_at_full_scale_exits_4() {
    let suite = include_str!("../../../../suites/selftest/suite.yaml");
    let claims = include_str!("../../../../suites/selftest/claims.yaml");
    let wrong = claims.replace("between: [10, 10]", "between: [11, 12]");
    assert_ne!(claims, wrong);
    let site = Site::with_selftest(suite, &wrong);
    let run = site.harness(&format!("run {QUICK} replicates=6")).exits(4);
    assert!(run.stdout.contains("contradicted"), "{}", run.stdout);
    site.harness(&format!("claims {QUICK} replicates=6")).exits(4);
}

#[test]
fn claims_and_reports_come_from_what_is_stored() {
    let site = Site::new();
    let line = format!("{QUICK} replicates=6");
    let before = site.harness(&format!("claims {line}")).exits(0);
    assert!(before.stdout.contains("not run"), "{}", before.stdout);
    site.harness(&format!("run {line}")).exits(0);
    let claims = site.harness(&format!("claims {line} --json")).exits(0);
    let claims: serde_json::Value = serde_json::from_str(&claims.stdout).unwrap();
    assert_eq!(claims["claims"][0]["verdict"], "reproduced");
    let html = site.files().into_keys().find(|p| p.ends_with("report.html")).unwrap();
    let made = std::fs::read(&html).unwrap();
    std::fs::remove_file(&html).unwrap();
    site.harness(&format!("report {line}")).exits(0);
    assert_eq!(made, std::fs::read(&html).unwrap());
}

#[test]
fn a_run_with_nothing_to_run_says_so_and_fails() {
    let site = Site::new();
    let run = site.harness("run suite=optimal_transport problem=mnist_l2 solver=sinkhorn").exits(5);
    assert!(run.stderr.contains("nothing ran"), "{}", run.stderr);
    assert!(run.stderr.contains("harness data fetch mnist"), "{}", run.stderr);
}

#[test]
fn a_report_without_runs_is_refused_and_writes_nothing() {
    let site = Site::new();
    assert!(site.harness(&format!("report {QUICK}")).exits(2).stderr.contains("`run` it first"));
    assert!(site.files().is_empty());
}

#[test]
fn every_spelling_of_a_campaign_is_the_same_campaign() {
    let site = Site::new();
    let id = |line: &str| {
        let output = site.harness(line).exits(0).stdout;
        output.lines().last().unwrap().to_owned()
    };
    let expected = id("plan suite=selftest profile=smoke solver=quick replicates=1");
    for line in [
        "plan selftest profile=smoke solver=quick replicates=1",
        "suite=selftest profile=smoke plan solver=quick replicates=1",
        "plan --suite selftest --profile=smoke --solver quick replicates=1",
        "plan selftest solver=slow solver=quick replicates=1",
    ] {
        assert_eq!(id(line), expected, "{line}");
    }
}
