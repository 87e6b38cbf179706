//! The determinism audit through the command line.

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
