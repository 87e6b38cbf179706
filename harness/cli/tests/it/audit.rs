//! The determinism audit through the command line.

use std::collections::BTreeMap;

use crate::site::Site;

const LINE: &str = "suite=selftest problem=short replicates=1 stop.max_iter=12";

#[test]
fn a_solver_that_is_less_deterministic_than_it_declares_fails_the_audit() {
    let site = Site::new();
    let told = site.harness(&format!("audit {LINE} solver=by_process,quick")).exits(5).stdout;
    let line = |solver: &str, kind: &str| {
        let found = told.lines().find(|l| l.starts_with(solver) && l.contains(kind));
        found.unwrap_or_else(|| panic!("no line for {solver} {kind} in:\n{told}")).to_owned()
    };
    for kind in ["same", "order", "threads"] {
        assert!(line("by_process", kind).contains("less than declared"), "{told}");
        assert!(line("quick", kind).contains("bitwise"), "{told}");
        assert!(!line("quick", kind).contains("less than declared"), "{told}");
    }
    assert!(told.contains("✗ by_process on short (same): the metrics differ from step 1 on"), "{told}");
}

#[test]
fn a_difference_within_the_declared_tolerance_passes_and_is_told() {
    let site = Site::new();
    let told = site.harness(&format!("audit {LINE} solver=by_threads kinds=same,threads")).exits(0).stdout;
    let line = |kind: &str| told.lines().find(|l| l.contains(kind)).unwrap().to_owned();
    assert!(line("same").contains("bitwise"), "{told}");
    let threads =
        told.lines().filter(|l| l.starts_with("by_threads")).find(|l| l.contains(" threads ")).unwrap();
    assert!(threads.contains("tolerance "), "{told}");
    assert!(site.path().join("results/selftest/audits").is_dir(), "the comparisons are stored");
}

#[test]
fn what_is_tried_can_be_chosen_and_is_checked() {
    let site = Site::new();
    let told = site.harness(&format!("audit {LINE} kinds=smae")).exits(2).stderr;
    assert!(told.contains("did you mean `same`?"), "{told}");
}

#[test]
fn attempts_go_on_from_those_that_are_stored_and_all_passes_have_one_total() {
    let site = Site::new();
    let attempts = || {
        let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for run in site.good_runs() {
            found.entry(run.threads).or_default().push(run.attempt);
        }
        for attempts in found.values_mut() {
            attempts.sort_unstable();
        }
        found
    };
    site.harness(&format!("run {LINE} solver=quick")).exits(0);
    let told = site.harness(&format!("audit {LINE} solver=quick")).exits(0).stderr;
    assert_eq!(attempts(), BTreeMap::from([(1, vec![0, 1, 2, 3]), (2, vec![0])]));
    assert!(told.contains("[1/4]") && told.contains("[4/4]"), "{told}");
    site.harness(&format!("audit {LINE} solver=quick kinds=threads")).exits(0);
    assert_eq!(attempts(), BTreeMap::from([(1, vec![0, 1, 2, 3, 4]), (2, vec![0, 1])]));
    assert_eq!(site.decisions(&format!("{LINE} solver=quick"), "reuse"), 1);
    site.is_in_order();
}
