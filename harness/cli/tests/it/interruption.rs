//! A campaign that is interrupted: nothing finished is lost, and the same command goes on from there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::site::Site;

/// Twelve cells of a tenth of a second.
const LINE: &str = "suite=selftest profile=smoke problem=short solver=slow problem.rows=10,11,12,13,14,15,16,17,18,19,20,21 \
                    solver.seconds=0.1 slots=2 replicates=1";

fn start(site: &Site) -> Child {
    let mut command = site.command(&format!("run {LINE}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
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
fn killing_the_runner_loses_at_most_the_cells_in_flight() {
    for started in [1, 4, 9] {
        let site = Site::new();
        let mut child = start(&site);
        wait_for_runs(&site, started);
        signal(&child, "-KILL");
        child.wait().unwrap();
        site.harness(&format!("run {LINE}")).exits(0);
        assert_eq!(finished_cells(&site), 12, "killed after {started} had started");
        let is_left =
            |p: &PathBuf| p.to_string_lossy().contains("/journal/") || p.to_string_lossy().contains(".tmp-");
        let left: Vec<_> = site.files().into_keys().filter(is_left).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

#[test]
fn ctrl_c_keeps_what_is_finished_and_exits_130() {
    let site = Site::new();
    let mut child = start(&site);
    wait_for_runs(&site, 5);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kept = finished_cells(&site);
    assert!(kept < 12, "nothing was interrupted");
    let resumed = site.harness(&format!("run {LINE}")).exits(0);
    assert!(resumed.stderr.contains(&format!("{} to run, {kept} reused", 12 - kept)), "{}", resumed.stderr);
    assert_eq!(finished_cells(&site), 12);
}
