//! A campaign that is interrupted: nothing finished is lost, and the same command goes on from there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use harness_core::{Outcome, RunRecord};
use harness_store::Filter;
use serde_json::{Map, Value, json};

use crate::site::{Site, signal};

/// Twelve cells of a tenth of a second.
const LINE: &str = "suite=selftest profile=smoke problem=short solver=slow problem.rows=10,11,12,13,14,15,16,17,18,19,20,21 \
                    solver.seconds=0.1 slots=2 replicates=1";

fn start(site: &Site, verb: &str) -> Child {
    let mut command = site.command(&format!("{verb} {LINE}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Waits until so many runs have started, so that the signal meets a campaign at work.
fn wait_for_runs(site: &Site, wanted: usize) {
    let began = Instant::now();
    let mut seen = BTreeSet::new();
    while seen.len() < wanted {
        seen.extend(journals(site));
        assert!(began.elapsed() < Duration::from_secs(60), "the campaign does not get to run {wanted}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The requests of runs that are not stored yet.
fn journals(site: &Site) -> Vec<PathBuf> {
    let folders =
        std::fs::read_dir(site.path().join("results/selftest/journal")).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
    files.map(|file| file.path()).filter(|path| path.to_string_lossy().ends_with(".request.json")).collect()
}

/// The cells of the stored runs, one entry a run that ended well.
fn finished_cells(site: &Site) -> usize {
    site.decisions(LINE, "reuse")
}

#[test]
fn ctrl_c_keeps_what_is_finished_and_exits_130() {
    let site = Site::new();
    let mut child = start(&site, "run");
    wait_for_runs(&site, 5);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kept = finished_cells(&site);
    assert!(kept < 12, "nothing was interrupted");
    let resumed = site.harness(&format!("run {LINE}")).exits(0);
    assert!(resumed.stderr.contains(&format!("{} to run, {kept} reused", 12 - kept)), "{}", resumed.stderr);
    assert_eq!(finished_cells(&site), 12);
}

#[test]
fn ctrl_c_in_the_midst_of_an_audit_keeps_what_is_finished() {
    let site = Site::new();
    let mut child = start(&site, "audit");
    wait_for_runs(&site, 5);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Two at a time: when the fifth has started, three have ended.
    let kept = finished_cells(&site);
    assert!((3..12).contains(&kept), "{kept} are kept");
    site.answers_each_cell_once(kept);
    site.is_in_order();
    site.processes_end();
}

/// Running cells are not stopped with the program: the time would count as theirs.
#[test]
fn a_program_that_is_stopped_and_continued_loses_nothing() {
    let site = Site::new();
    let mut child = start(&site, "run");
    for started in [2, 5, 8] {
        wait_for_runs(&site, started);
        signal(&child, "-STOP");
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        while !state().contains(") T ") {
            std::thread::sleep(Duration::from_millis(2));
        }
        // The worker that runs goes on and ends, with nobody there to see it.
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, "-CONT");
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(finished_cells(&site), 12);
    site.answers_each_cell_once(12);
    site.processes_end();
    site.is_in_order();
}

/// H6: whatever is not a time, a size in memory or an id is the same.
#[test]
fn an_interrupted_and_resumed_campaign_equals_an_uninterrupted_one() {
    const LINE: &str = "suite=selftest profile=smoke problem=short,long solver=quick,slow,nan,fail \
                        solver.seconds=0.05 slots=2 replicates=3";
    let whole = Site::new();
    whole.harness(&format!("run {LINE}")).exits(5);
    let resumed = Site::new();
    for (started, name) in [(3, "-KILL"), (6, "-INT"), (2, "-KILL")] {
        let mut command = resumed.command(&format!("run {LINE}"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_runs(&resumed, started);
        signal(&child, name);
        child.wait().unwrap();
    }
    resumed.harness(&format!("run {LINE}")).exits(5);

    let (expected, found) = (answers(&whole), answers(&resumed));
    // Seven pairs: the profile has `slow` on the short problem only.
    assert_eq!(expected.len(), 7 * 3);
    for (cell, answer) in &expected {
        assert_eq!(Some(answer), found.get(cell), "cell {cell}");
    }
    assert_eq!(expected.len(), found.len());
    let verdicts = |site: &Site| site.harness(&format!("claims {LINE}")).exits(0).stdout;
    assert_eq!(verdicts(&whole), verdicts(&resumed));
}

/// The last answer to each cell, and its curve, without what differs between two runs of the same cell.
fn answers(site: &Site) -> BTreeMap<String, (Map<String, Value>, Vec<String>)> {
    const MEASURED: [&str; 8] =
        ["run_id", "attempt", "vmhwm_setup", "vmhwm_solve", "minflt", "majflt", "nvcsw", "nivcsw"];
    let store = site.store();
    let mut runs = store.runs(&Filter::default()).unwrap();
    runs.retain(|run| run.outcome != Outcome::Interrupted);
    runs.sort_by_key(RunRecord::recency);
    let answer = |run: &RunRecord| {
        let Ok(Value::Object(mut columns)) = serde_json::to_value(run) else { panic!("{run:?}") };
        columns.retain(|name, _| !name.ends_with("_ns") && !MEASURED.contains(&name.as_str()));
        columns.insert("hard_limit_ns".to_owned(), json!(run.hard_limit_ns));
        // Of a run that reported its end before its runner was killed, nobody saw the process exit.
        columns.retain(|name, _| name != "exit_code" || run.outcome != Outcome::Ok);
        let rows = store.traces(&[run.run_id]).unwrap();
        let rows = rows.iter().filter(|row| row.metric != "cpu_s");
        let curve = rows.map(|row| format!("{} {} {} {}", row.metric, row.step, row.work, row.value));
        (run.cell_key.to_string(), (columns, curve.collect()))
    };
    runs.iter().map(answer).collect()
}
