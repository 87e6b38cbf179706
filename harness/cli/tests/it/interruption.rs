//! A campaign that is interrupted: nothing finished is lost, and the same command goes on from there.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::site::Site;

/// Twelve cells of a tenth of a second.
const LINE: &str = "suite=selftest profile=smoke problem=short solver=slow problem.rows=10,11,12,13,14,15,16,17,18,19,20,21 \
                    solver.seconds=0.1 slots=2";

fn start(site: &Site) -> Child {
    let mut command = site.command(&format!("run {LINE}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
}

/// Waits until some journal holds a finished or running cell, so that the signal meets a campaign at work.
fn wait_for_work(site: &Site, instant: u32) {
    let began = Instant::now();
    let journals = site.path().join("results/selftest/journal");
    while std::fs::read_dir(&journals).map_or(0, Iterator::count) == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the campaign does not start");
        std::thread::yield_now();
    }
    // Different instants of a cell's life, without a sleep: until so many journals have come and gone.
    let mut seen = BTreeSet::new();
    while seen.len() < instant as usize && began.elapsed() < Duration::from_secs(60) {
        for entry in std::fs::read_dir(&journals).into_iter().flatten().flatten() {
            seen.insert(entry.file_name());
        }
        std::thread::yield_now();
    }
}

/// The cells of the stored runs, one entry a run that ended well.
fn finished_cells(site: &Site) -> usize {
    site.decisions(LINE, "reuse")
}

#[test]
fn killing_the_runner_loses_at_most_the_cells_in_flight() {
    for instant in [1, 5, 13] {
        let site = Site::new();
        let mut child = start(&site);
        wait_for_work(&site, instant);
        signal(&child, "-KILL");
        child.wait().unwrap();
        site.harness(&format!("run {LINE}")).exits(0);
        assert_eq!(finished_cells(&site), 12, "killed at {instant}");
        let left: Vec<_> = site
            .files()
            .into_keys()
            .filter(|p| {
                let name = p.file_name().unwrap().to_string_lossy().into_owned();
                name.starts_with(".tmp-") || p.parent().unwrap().ends_with("journal")
            })
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

#[test]
fn ctrl_c_keeps_what_is_finished_and_exits_130() {
    let site = Site::new();
    let mut child = start(&site);
    wait_for_work(&site, 5);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kept = finished_cells(&site);
    assert!(kept < 12, "nothing was interrupted");
    let resumed = site.harness(&format!("run {LINE}")).exits(0);
    assert!(resumed.stderr.contains(&format!("{} to run, {kept} reused", 12 - kept)), "{}", resumed.stderr);
    assert_eq!(finished_cells(&site), 12);
}
