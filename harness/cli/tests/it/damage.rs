//! Result files that were damaged: named, moved away, made anew; what is whole is kept.

use std::fs;
use std::path::{Path, PathBuf};

use harness_store::Filter;

use crate::site::{Site, signal};

/// Four cells, in two parts a table.
const HALF: &str = "selftest profile=smoke problem=short solver=quick";
const ALL: &str = "selftest profile=smoke problem=short solver=quick replicates=4";

fn filled() -> Site {
    let site = Site::new();
    site.harness(&format!("run {HALF}")).exits(0);
    site.harness(&format!("run {ALL}")).exits(0);
    site.answers_each_cell_once(4);
    assert_eq!(parts(&site, "runs").len(), 2);
    site
}

/// The parts of a table.
fn parts(site: &Site, table: &str) -> Vec<PathBuf> {
    let table = site.path().join("results/selftest").join(table);
    site.files().into_keys().filter(|path| path.starts_with(&table)).collect()
}

fn cut(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

/// A flipped bit: the size, which is all that a run looks at first, stays the same.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// What nobody can read, root neither.
fn replace_by_a_folder(path: &Path) {
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
}

#[test]
fn a_damaged_part_is_moved_away_and_its_runs_are_made_anew_by_the_next_run() {
    let how: [(&str, fn(&Path)); 3] = [("cut", cut), ("flipped", flip), ("folder", replace_by_a_folder)];
    for table in ["runs", "traces"] {
        for (what, damage) in how {
            let site = filled();
            let whole = site.good_runs();
            let part = parts(&site, table)[1].clone();
            damage(&part);
            let name = part.file_name().unwrap().to_string_lossy().into_owned();

            // What only reads says which file it is and what to do, and changes nothing.
            let told = site.harness(&format!("report {ALL}")).exits(1).stderr;
            assert!(told.contains(&name) && told.contains("run the suite again"), "{table} {what}: {told}");
            let found = site.harness("doctor suite=selftest").exits(0).stdout;
            assert!(found.contains(&name), "{table} {what}: {found}");

            let healed = site.harness(&format!("run {ALL}")).exits(0);
            assert!(
                healed.stderr.contains("warning: ") && healed.stderr.contains(&name),
                "{}",
                healed.stderr
            );
            assert!(healed.stderr.contains("2 to run, 2 reused"), "{table} {what}: {}", healed.stderr);
            site.answers_each_cell_once(4);
            let kept = site.good_runs();
            assert!(whole.iter().filter(|run| kept.contains(run)).count() == 2, "{table} {what}");
            let quarantine = site.store().quarantine_dir();
            assert!(quarantine.join(&name).exists(), "{table} {what}");
            fs::remove_dir_all(quarantine).unwrap();
            // Traces of runs that are lost stay: whoever gets the lost part back puts it where it was.
            let problems = site.store().verify().unwrap().problems;
            assert!(problems.iter().all(|p| p.what.contains("that `runs` does not have")), "{problems:?}");
            assert_eq!(problems.len(), usize::from(table == "runs"), "{problems:?}");
            let before = site.files();
            site.harness(&format!("run {ALL}")).exits(0);
            assert_eq!(before, site.files(), "{table} {what}");
        }
    }
}

#[test]
fn a_damaged_manifest_is_made_anew_from_the_parts() {
    let how: [fn(&Path); 2] = [cut, replace_by_a_folder];
    for damage in how {
        let site = filled();
        let runs = site.store().runs(&Filter::default()).unwrap();
        damage(&site.store().manifest_path());
        let told = site.harness(&format!("report {ALL}")).exits(1).stderr;
        assert!(told.contains("MANIFEST.json") && told.contains("makes a new one"), "{told}");
        let healed = site.harness(&format!("run {ALL}")).exits(0);
        assert!(healed.stderr.contains("0 to run, 4 reused"), "{}", healed.stderr);
        assert_eq!(site.store().runs(&Filter::default()).unwrap(), runs);
    }
}

#[test]
fn a_damaged_file_of_a_machine_is_made_anew() {
    let site = filled();
    let file = site.files().into_keys().find(|path| path.parent().unwrap().ends_with("env")).unwrap();
    let before = site.store().env().unwrap();
    cut(&file);
    let healed = site.harness(&format!("run {ALL}")).exits(0);
    assert!(healed.stderr.contains("0 to run, 4 reused"), "{}", healed.stderr);
    let names = |rows: &[harness_core::EnvRow]| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&site.store().env().unwrap()), names(&before));
}

/// A site whose runner was killed while it had journals.
fn killed() -> (Site, PathBuf) {
    let site = Site::new();
    let line = "run selftest profile=smoke problem=short solver=slow solver.seconds=60 slots=1 replicates=2";
    let mut child = site.command(line).stderr(std::process::Stdio::null()).spawn().unwrap();
    let journal = loop {
        let written = site.files_below("results/selftest/journal").into_iter().find(|path| {
            path.extension().is_some_and(|e| e == "jsonl") && fs::metadata(path).is_ok_and(|m| m.len() > 500)
        });
        if let Some(journal) = written {
            break journal;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended without a journal");
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    signal(&child, "-KILL");
    child.wait().unwrap();
    site.processes_end();
    (site, journal)
}

#[test]
fn a_damaged_ticket_of_a_killed_runner_goes_to_the_quarantine_and_doctor_does_it_too() {
    for command in [format!("run {HALF}"), "doctor suite=selftest --repair".to_owned()] {
        let (site, journal) = killed();
        let ticket = journal.with_extension("request.json");
        let text = fs::read_to_string(&ticket).unwrap();
        fs::write(&ticket, text.replacen("cell_key", "cell_kez", 1)).unwrap();
        let healed = site.harness(&command).exits(0);
        assert!(healed.stderr.contains("journal of run"), "{}", healed.stderr);
        let quarantine = site.store().quarantine_dir();
        assert_eq!(fs::read_dir(&quarantine).unwrap().count(), 2, "ticket and journal");
        fs::remove_dir_all(quarantine).unwrap();
        site.is_in_order();
    }
}

#[test]
fn doctor_repairs_everything_at_once_and_then_finds_nothing() {
    let (site, _) = killed();
    site.harness(&format!("run {ALL}")).exits(0);
    // A second killed runner beside results that are damaged, and files that nobody finished.
    let (other, _) = killed();
    let from = other.store().journal_dir();
    let folder = fs::read_dir(&from).unwrap().next().unwrap().unwrap();
    fs::rename(folder.path(), site.store().journal_dir().join(folder.file_name())).unwrap();
    flip(&parts(&site, "traces")[0]);
    fs::write(site.store().suite_dir().join(".tmp-MANIFEST.json.x.1"), "{").unwrap();

    let before = site.harness("doctor suite=selftest").exits(0).stdout;
    assert!(before.contains("unfinished file") && before.contains("BLAKE3"), "{before}");
    let repaired = site.harness("doctor suite=selftest --repair").exits(0);
    assert!(repaired.stderr.contains("1 runs recovered"), "{}", repaired.stderr);
    let left = |text: &str| text.lines().filter(|line| line.starts_with("– results")).count();
    // The file in the quarantine stays a finding until somebody has looked at it.
    assert!(left(&repaired.stdout) >= 1 && repaired.stdout.contains("it was damaged and moved here"));
    fs::remove_dir_all(site.store().quarantine_dir()).unwrap();
    assert_eq!(left(&site.harness("doctor suite=selftest").exits(0).stdout), 0);
    let again = site.harness("doctor suite=selftest --repair").exits(0);
    assert!(again.stderr.contains("0 runs recovered"), "{}", again.stderr);
    site.is_in_order();
}

#[test]
fn doctor_merges_small_parts_when_asked_and_run_when_there_are_many() {
    let site = filled();
    let line = |n: usize| format!("selftest profile=smoke problem=short solver=quick replicates={n}");
    let compacted = site.harness("doctor suite=selftest --compact").exits(0);
    assert!(compacted.stderr.contains("merged 4 files into 2"), "{}", compacted.stderr);
    assert_eq!((parts(&site, "runs").len(), parts(&site, "traces").len()), (1, 1));
    site.answers_each_cell_once(4);
    assert!(site.harness("doctor suite=selftest --compact").exits(0).stderr.contains("nothing to merge"));

    // Many small parts, as many short campaigns make them.
    for n in 5..=68 {
        site.harness(&format!("run {}", line(n))).exits(0);
    }
    assert_eq!(parts(&site, "runs").len(), 65 - 64, "{:?}", parts(&site, "runs"));
    site.answers_each_cell_once(68);
    site.is_in_order();
    // Nothing ran: nothing is merged, and no byte changes.
    let before = site.files();
    site.harness(&format!("run {}", line(68))).exits(0);
    assert_eq!(before, site.files());
}

#[test]
fn doctor_makes_no_folders_where_there_are_no_results() {
    let site = Site::new();
    site.harness("doctor --repair --compact").exits(0);
    assert!(site.files().is_empty() && !site.path().join("results").exists());
}
