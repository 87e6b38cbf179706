//! Several commands on one results folder at the same time.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::site::{Site, signal};

/// Twelve cells of a quarter of a second.
const FIRST: &str =
    "suite=selftest profile=smoke problem=short solver=slow solver.seconds=0.25 slots=1 replicates=12";

/// Starts a campaign and waits until it runs its first cell.
fn start(site: &Site) -> Child {
    let mut command = site.command(&format!("run {FIRST}"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !site
        .files_below("results/selftest/journal")
        .iter()
        .any(|p| p.extension().is_some_and(|e| e == "jsonl"))
    {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it ran anything");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn a_second_runner_is_refused_with_who_holds_the_results_and_nothing_is_lost() {
    let site = Site::new();
    let mut first = start(&site);
    // The same cells, others, and what else writes there.
    for line in [
        &format!("run {FIRST}"),
        "run suite=selftest profile=smoke problem=long solver=quick",
        "doctor suite=selftest --repair",
        "doctor suite=selftest --compact",
    ] {
        let second = site.harness(line).exits(1);
        assert!(second.stderr.contains(&format!("process {}", first.id())), "{line}: {}", second.stderr);
        for part in ["results/selftest", "wait until it is done", "out=DIR"] {
            assert!(second.stderr.contains(part), "{line}: {}", second.stderr);
        }
        assert!(first.try_wait().unwrap().is_none(), "the first was done before the second was refused");
    }
    // Another folder, and another suite in the same folder, are nobody's business.
    site.harness("run suite=selftest profile=smoke problem=short solver=quick out=elsewhere").exits(0);
    site.harness(
        "run suite=optimal_transport profile=smoke problem=lap128 problem.n=16 solver=sinkhorn replicates=1",
    );
    assert_eq!(first.wait().unwrap().code(), Some(0));
    site.answers_each_cell_once(12);
    site.processes_end();
    site.is_in_order();
    let after = site.harness(&format!("run {FIRST}")).exits(0);
    assert!(after.stderr.contains("0 to run, 12 reused"), "{}", after.stderr);
}

#[test]
fn a_runner_that_was_killed_holds_nothing() {
    let site = Site::new();
    let mut first = start(&site);
    signal(&first, "-KILL");
    first.wait().unwrap();
    site.harness(&format!("run {FIRST}")).exits(0);
    site.answers_each_cell_once(12);
}

#[test]
fn what_only_reads_works_while_a_campaign_runs_and_does_not_disturb_it() {
    let site = Site::new();
    let mut run = start(&site);
    // Something to report, from an earlier campaign of the same suite.
    let report = |line: &str| site.harness(line);
    let mut reports = 0;
    while run.try_wait().unwrap().is_none() {
        for line in [format!("plan {FIRST}"), format!("claims {FIRST}"), "doctor suite=selftest".to_owned()] {
            report(&line).exits(0);
        }
        // Until the first batch is stored there is nothing to report.
        let said = report(&format!("report {FIRST}"));
        assert!(
            said.code == 0 || (said.code == 2 && said.stderr.contains("`run` it first")),
            "{}",
            said.stderr
        );
        reports += 1;
    }
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert!(reports > 0);
    site.answers_each_cell_once(12);
    site.is_in_order();
}

/// `report` reads, the run ends and writes its own report, and only then does `report` write: the last word must not be
/// that of the earlier state.
#[test]
fn a_report_that_is_made_while_a_campaign_ends_is_not_older_than_the_results() {
    let site = Site::new();
    let half =
        "suite=selftest profile=smoke problem=short solver=slow solver.seconds=0.01 slots=2 replicates=2";
    site.harness(&format!("run {half}")).exits(0);
    for round in 1..4 {
        let line = format!(
            "suite=selftest profile=smoke problem=short solver=quick,slow solver.seconds=0.0{round} replicates=2"
        );
        let mut run = site.command(&format!("run {line}"));
        let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while run.try_wait().unwrap().is_none() {
            site.harness(&format!("report {line}"));
        }
        assert_eq!(run.wait().unwrap().code(), Some(0), "round {round}");
        let before = reports(&site);
        site.harness(&format!("run {line}")).exits(0);
        assert_eq!(before, reports(&site), "round {round}");
    }
    site.is_in_order();
}

fn reports(site: &Site) -> Vec<(PathBuf, Vec<u8>)> {
    site.files()
        .into_iter()
        .filter(|(path, _)| path.components().any(|c| c.as_os_str() == "campaigns"))
        .collect()
}

/// While a run holds the lock, a report is written and its verdicts are left to the run.
#[test]
fn a_report_beside_a_run_says_that_it_stores_no_verdicts() {
    let claimed = "suite=selftest profile=smoke problem=short solver=quick replicates=6";
    let site = Site::new();
    site.harness(&format!("run {claimed}")).exits(0);
    let folder = site.store().suite_dir().join("claims");
    std::fs::remove_dir_all(&folder).unwrap();
    drop(site.store().writer().unwrap());
    assert!(site.store().claims().unwrap().is_empty());
    let writer = site.store().writer().unwrap();
    let told = site.harness(&format!("report {claimed}")).exits(0);
    assert!(
        told.stderr.contains("shown and not stored") && told.stdout.contains("reproduced"),
        "{}",
        told.stderr
    );
    drop(writer);
    site.harness(&format!("report {claimed}")).exits(0);
    assert_eq!(site.store().claims().unwrap()[0].verdict, "reproduced");
}
