//! A time of day that jumps: the harness program sees one through libfaketime (the package `faketime` of Debian and others).
//! Without it these tests say so and pass.
//!
//! The monotonic clock is left alone, as it is by whoever sets a machine's clock.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use harness_core::Outcome;
use harness_store::Filter;

use crate::site::Site;

/// The library, if it is installed; a message otherwise.
fn faketime(test: &str) -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let library = |folder: PathBuf| folder.join("faketime/libfaketimeMT.so.1");
    let found = folders.map(library).chain([library("/usr/lib".into())]).find(|path| path.exists());
    if found.is_none() {
        // Not `eprintln`, whose output is shown only if the test fails.
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: install the package `faketime` to run it");
    }
    found
}

/// A command that sees another time of day.
fn at(site: &Site, line: &str, library: &Path, offset: &str) -> Command {
    let mut command = site.command(line);
    command.env("LD_PRELOAD", library).env("FAKETIME", offset).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

const LINE: &str = "selftest profile=smoke problem=short solver=quick replicates=3";

#[test]
fn the_last_attempt_counts_even_if_the_clock_was_set_back_before_it() {
    let Some(library) = faketime("the_last_attempt_counts_even_if_the_clock_was_set_back_before_it") else {
        return;
    };
    let site = Site::new();
    site.harness(&format!("run {LINE}")).exits(0);
    let first = site.good_runs();
    for (attempt, offset) in [(1, "-1d"), (2, "-400d"), (3, "+2d"), (4, "-2d")] {
        let again = site.run(&mut at(&site, &format!("run {LINE} --fresh"), &library, offset)).exits(0);
        assert!(again.stderr.contains("3 to run"), "{}", again.stderr);
        let latest: Vec<_> = site.good_runs().into_iter().filter(|run| run.attempt == attempt).collect();
        assert_eq!(latest.len(), 3, "attempts are counted, clock {offset}");
        let set_back = offset.starts_with('-');
        let oldest = first.iter().map(|run| run.run_id).min().unwrap();
        assert!(latest.iter().all(|run| (run.run_id < oldest) == set_back), "the clock was not {offset}");

        // Resume and report take the last attempt, at whatever time they look.
        for now in ["+0", "-3d", "+3d"] {
            let plan =
                site.run(&mut at(&site, &format!("plan {LINE} --json"), &library, now)).exits(0).stdout;
            for run in &latest {
                assert!(plan.contains(&run.run_id.to_string()), "clock {offset}, now {now}: {plan}");
            }
        }
        let cells = site.files().into_iter().find(|(path, _)| path.ends_with("cells.csv")).unwrap().1;
        let cells = String::from_utf8(cells).unwrap();
        assert!(latest.iter().all(|run| cells.contains(&run.run_id.to_string())), "clock {offset}: {cells}");
    }
    assert_eq!(site.good_runs().len(), 5 * 3);
    site.is_in_order();
}

#[test]
fn a_clock_that_jumps_while_cells_run_changes_no_limit_and_no_time() {
    let Some(library) = faketime("a_clock_that_jumps_while_cells_run_changes_no_limit_and_no_time") else {
        return;
    };
    let site = Site::new();
    let clock = site.path().join("clock");
    fs::write(&clock, "+0").unwrap();
    let line = "run selftest profile=smoke problem=short solver=slow,hang solver.seconds=0.2 solver.at=10 \
                limits.hard_s=3 limits.grace_s=0.2 slots=2 replicates=8";
    let mut command = site.command(line);
    command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &clock);
    command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut jumps = ["-1d", "+30d", "+0", "-10y", "+1h"].iter().cycle();
    while child.try_wait().unwrap().is_none() {
        // Written aside: the library must not read half a file.
        fs::write(clock.with_extension("new"), jumps.next().unwrap()).unwrap();
        fs::rename(clock.with_extension("new"), &clock).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let runs = site.store().runs(&Filter::default()).unwrap();
    let of = |solver: &str| runs.iter().filter(|run| run.solver == solver).collect::<Vec<_>>();
    assert_eq!((of("slow").len(), of("hang").len()), (8, 8));
    for run in of("slow") {
        assert_eq!(run.outcome, Outcome::Ok);
        assert!((200_000_000..30_000_000_000).contains(&run.elapsed_ns), "{} ns", run.elapsed_ns);
        assert!((190_000_000..30_000_000_000).contains(&run.solve_wall_ns.unwrap()));
    }
    for run in of("hang") {
        assert_eq!(run.outcome, Outcome::Timeout);
        assert!((3_200_000_000..30_000_000_000).contains(&run.elapsed_ns), "{} ns", run.elapsed_ns);
    }
    let started: Vec<i64> = runs.iter().map(|run| run.started_unix_ns / 86_400_000_000_000).collect();
    assert!(started.iter().min() != started.iter().max(), "the clock did not jump");
    site.processes_end();
    site.is_in_order();
    // Nothing is done twice when the time of day is another one.
    let files = site.files();
    let again = site.run(&mut at(&site, line, &library, "-5d"));
    assert!(again.stderr.contains("0 to run, 16 reused"), "{}", again.stderr);
    assert_eq!(files, site.files());
}
