//! `nightly`: every suite, judged against the nights before; what looks changed is looked at again by two workers in turns.
//!
//! The worker of last night is the same program behind a script that answers under another code key, and walks less: as if the
//! code had become slower since.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::CommandCargoExt;
use harness_core::record::FinishedRun;
use harness_core::{CodeKey, RunId, RunRecord, SampleRow};
use harness_store::Filter;
use serde_json::Value;

use crate::site::{Site, signal};

/// Two families that are timed. `long` is the one that last night's worker walks only a quarter of.
const TIMED: &str = "schema: 1\nsuite: selftest\ndefault_profile: ci\npapers: []\nproblems:\n  long: {problem: noop, params: \
                     {rows: 40000}}\n  other: {problem: noop, params: {rows: 30000}}\nsolvers:\n  quick: {solver: quick}\n\
                     profiles:\n  ci:\n    replicates: 4\n    controls: 0\n    stop: {tol: 0.0, max_iter: 100000}\n    \
                     measure: {solve: {warmup: 0, samples: 1}}\n    runs: [{problems: [long, other], solvers: [quick]}]\n";
const NO_CLAIMS: &str = "schema: 1\nsuite: selftest\nclaims: []\n";
const NIGHT: &str = "nightly suites=selftest profile=smoke";

fn old_code() -> CodeKey {
    CodeKey::of(b"the code of last night")
}

fn summary(site: &Site, date: &str) -> Value {
    let path = site.path().join(format!("results/nightly/{date}/summary.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What was found about some cells, as (what, verdict).
fn findings(summary: &Value, cells: &str) -> Vec<(String, String)> {
    let all = summary["suites"][0]["findings"].as_array().unwrap();
    let of = all.iter().filter(|finding| finding["cells"].as_str().unwrap().contains(cells));
    of.map(|f| (f["what"].as_str().unwrap().to_owned(), f["verdict"].as_str().unwrap().to_owned())).collect()
}

/// Makes the first night one of other code: its runs as `change` says, and its worker a script that edits requests.
fn as_of_other_code(site: &Site, edits: &str, change: impl Fn(&mut RunRecord, &mut Vec<SampleRow>)) {
    let store = site.store();
    let runs = store.runs(&Filter::default()).unwrap();
    let real = runs[0].code_key.clone();
    let mut changed = Vec::new();
    for mut run in runs {
        let mut samples = store.samples(&[run.run_id]).unwrap();
        run.code_key = old_code();
        run.run_id = RunId::fresh();
        run.trace_rows = 0;
        for sample in &mut samples {
            sample.run_id = run.run_id;
        }
        change(&mut run, &mut samples);
        changed.push(FinishedRun { run, samples, traces: Vec::new() });
    }
    for table in ["runs", "samples", "traces"] {
        let _ = std::fs::remove_dir_all(site.path().join("results/selftest").join(table));
    }
    std::fs::remove_file(store.manifest_path()).unwrap();
    crate::nights::store(site, changed);

    let nightly = site.path().join("results/nightly");
    let summary = nightly.join("2026-01-01/summary.json");
    let text = std::fs::read_to_string(&summary).unwrap();
    std::fs::write(&summary, text.replace(real.as_str(), old_code().as_str())).unwrap();
    let folder = nightly.join("workers").join(old_code().as_str());
    std::fs::rename(nightly.join("workers").join(real.as_str()), &folder).unwrap();
    let manifest = folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace(real.as_str(), old_code().as_str())).unwrap();
    let worker =
        PathBuf::from(Command::cargo_bin("harness").unwrap().get_program()).with_file_name("harness-worker");
    // The script becomes the worker, so that the runner is still its parent.
    let script = format!(
        "#!/usr/bin/env bash\nif [ \"$1\" = --identify ]; then '{worker}' \"$@\" | sed s/{real}/{old}/; exit; fi\nexec 3<&0\n\
         exec '{worker}' \"$@\" < <(sed -e s/{old}/{real}/ {edits} <&3)\n",
        worker = worker.display(),
        old = old_code(),
    );
    let program = folder.join("harness-worker");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The same, with the times of last night a quarter of what they were.
fn as_if_four_times_faster(site: &Site, edits: &str) {
    as_of_other_code(site, edits, |_, samples| {
        for sample in samples {
            sample.cpu_ns /= 4;
            sample.wall_ns /= 4;
        }
    });
}

#[test]
fn a_slower_code_is_confirmed_and_a_slow_night_is_cleared_by_two_workers_in_turns() {
    let site = Site::with_selftest(TIMED, NO_CLAIMS);
    // Half as much again counts as a change: whatever else the machine does, two runs of the same code differ by less.
    let night = |date: &str| format!("nightly suites=selftest date={date} cpu=0.5 wall=0.5 blocks=4");
    site.harness(&night("2026-01-01")).exits(0);
    // Both families seem four times slower now; only one of them is.
    as_if_four_times_faster(&site, "-e 's/\"rows\":40000/\"rows\":10000/'");
    let output = site.harness(&night("2026-01-02")).exits(3);
    let found = summary(&site, "2026-01-02");
    let is = |what: &str, verdict: &str| (what.to_owned(), verdict.to_owned());
    assert!(findings(&found, "rows=40000").contains(&is("CPU time", "confirmed")), "{found:#}");
    assert!(findings(&found, "rows=30000").contains(&is("CPU time", "cleared")), "{found:#}");
    assert!(!findings(&found, "rows=30000").iter().any(|(_, verdict)| verdict == "confirmed"), "{found:#}");
    assert!(output.stderr.contains("cleared: noop rows=30000"), "{}", output.stderr);
    assert_eq!((found["exit_code"].as_u64(), found["finished"].as_bool()), (Some(3), Some(true)));
    let page = std::fs::read_to_string(site.path().join("results/nightly/2026-01-02/summary.md")).unwrap();
    assert!(
        page.contains("confirmed, worse") && page.contains("in turns with the worker of 2026-01-01"),
        "{page}"
    );

    // Each run says which code answered, and the two took turns: old, new, new, old; new, old, old, new; …
    let campaign = found["suites"][0]["findings"][0]["confirmation"].as_str().unwrap().to_owned();
    let mut runs = site.store().runs(&Filter::campaign(&campaign)).unwrap();
    runs.retain(|run| run.problem_params.contains("40000"));
    runs.sort_by_key(|run| (run.block, run.position));
    let old: Vec<bool> = runs.iter().map(|run| run.code_key == old_code()).collect();
    assert_eq!(old[..8], [true, false, false, true, false, true, true, false]);
    assert_eq!(old.len(), 16);
    let again = site.harness(&night("2026-01-02")).exits(3);
    assert!(again.stderr.contains("0 to run") && !again.stderr.contains("runs in turns"), "{}", again.stderr);
    // What confirms is no night: the history has one point each.
    let history = site.harness("history metric=cpu problem=noop --json").exits(0).stdout;
    let history: Value = serde_json::from_str(&history).unwrap();
    assert_eq!(history["series"][0]["points"].as_array().unwrap().len(), 2, "{history:#}");
}

#[test]
fn what_is_counted_alarms_at_once_until_it_is_accepted() {
    let site = Site::new();
    site.harness(&format!("{NIGHT} date=2026-01-01")).exits(0);
    as_of_other_code(&site, "", |run, _| {
        if run.solver == "quick" && run.problem_params.contains("\"rows\":100,") {
            run.n_iter = run.n_iter.map(|n| n - 2);
        }
    });
    let output = site.harness(&format!("{NIGHT} date=2026-01-02")).exits(3);
    assert!(output.stdout.contains("1 confirmed regression"), "{}", output.stdout);
    let found = summary(&site, "2026-01-02");
    assert_eq!(
        findings(&found, "rows=100"),
        [("iterations".to_owned(), "confirmed".to_owned())],
        "{found:#}"
    );
    assert_eq!(found["suites"][0]["cells"]["run"].as_u64(), Some(6), "{found:#}");
    // The next night is compared with the last good one, so that the alarm stays.
    site.harness(&format!("{NIGHT} date=2026-01-03")).exits(3);
    let code = site.store().runs(&Filter::default()).unwrap().pop().unwrap().code_key;
    let mut annotate = site.command(&format!("history annotate code={} metric=iterations", code.short()));
    site.run(annotate.arg("reason=two steps more are right")).exits(0);
    site.harness(&format!("{NIGHT} date=2026-01-03")).exits(0);
    let found = summary(&site, "2026-01-03");
    assert_eq!(findings(&found, "rows=100"), [("iterations".to_owned(), "accepted".to_owned())], "{found:#}");
    // From there on that is the level.
    site.harness(&format!("{NIGHT} date=2026-01-04")).exits(0);
    assert!(findings(&summary(&site, "2026-01-04"), "rows=100").is_empty());
}

#[test]
fn without_a_worker_that_can_take_turns_a_suspicion_stays_one() {
    let site = Site::with_selftest(TIMED, NO_CLAIMS);
    let night = |date: &str| format!("nightly suites=selftest date={date} cpu=0.5 wall=0.5");
    site.harness(&night("2026-01-01")).exits(0);
    as_if_four_times_faster(&site, "");
    let manifest = site.path().join(format!("results/nightly/workers/{}/manifest.json", old_code()));
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"protocol\": ", "\"protocol\": 1000")).unwrap();
    site.harness(&night("2026-01-02")).exits(0);
    let found = summary(&site, "2026-01-02");
    let of_cpu = findings(&found, "rows=40000").into_iter().find(|(what, _)| what == "CPU time");
    assert_eq!(of_cpu.unwrap().1, "unconfirmed", "{found:#}");
    let page = std::fs::read_to_string(site.path().join("results/nightly/2026-01-02/summary.md")).unwrap();
    assert!(page.contains("cannot be confirmed") && page.contains("speaks protocol 1000"), "{page}");
}

#[test]
fn a_night_that_changes_nothing_finds_nothing_and_a_dry_one_does_nothing() {
    let site = Site::new();
    let told = site.harness(&format!("{NIGHT} date=2026-01-01 --dry-run")).exits(0).stdout;
    assert!(told.contains("6 cells, 6 to run") && told.contains("no good night yet"), "{told}");
    assert!(site.files().is_empty(), "a dry night writes nothing");
    site.harness(&format!("{NIGHT} date=2026-01-01")).exits(0);
    let told = site.harness(&format!("{NIGHT} date=2026-01-02 --dry-run")).exits(0).stdout;
    assert!(
        told.contains("6 to run") && told.contains("night of 2026-01-01 (the same code as now)"),
        "{told}"
    );
    let output = site.harness(&format!("{NIGHT} date=2026-01-02")).exits(0);
    assert!(output.stdout.contains("no confirmed regression"), "{}", output.stdout);
    let found = summary(&site, "2026-01-02");
    assert_eq!(found["suites"][0]["findings"].as_array().unwrap().len(), 0, "{found:#}");
    assert_eq!(found["suites"][0]["claims"]["inconclusive"].as_u64(), Some(1), "{found:#}");
    // Two nights are two campaigns although nothing changed, and compare knows them.
    site.harness("compare 2026-01-01 2026-01-02").exits(0);
    site.is_in_order();
}

#[test]
fn a_suite_that_cannot_run_does_not_stop_the_next_one() {
    let suite = include_str!("../../../../suites/selftest/suite.yaml");
    let site = Site::with_selftest(suite, NO_CLAIMS);
    site.write("suites/optimal_transport/suite.yaml", "schema: 1\nsuite: optimal_transport\nprofils: {}\n");
    let output =
        site.harness("nightly suites=optimal_transport,selftest profile=smoke date=2026-01-01").exits(5);
    let found = summary(&site, "2026-01-01");
    assert_eq!(found["suites"][0]["status"], "failed", "{found:#}");
    assert!(found["suites"][0]["error"].as_str().unwrap().contains("profils"), "{found:#}");
    assert_eq!(
        (found["suites"][1]["suite"].as_str(), found["suites"][1]["status"].as_str()),
        (Some("selftest"), Some("ok"))
    );
    assert!(output.stdout.contains("1 suite not finished"), "{}", output.stdout);
}

#[test]
fn ctrl_c_loses_nothing_and_the_same_night_goes_on() {
    let suite = include_str!("../../../../suites/selftest/suite.yaml").replace("seconds: 0.2", "seconds: 3");
    let site = Site::with_selftest(&suite, NO_CLAIMS);
    let mut command = site.command(&format!("{NIGHT} date=2026-01-01 slots=1"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    let journals = || site.files_below("results/selftest/journal").len();
    while journals() < 5 {
        assert!(began.elapsed() < Duration::from_secs(60), "the night does not get to run");
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let found = summary(&site, "2026-01-01");
    assert_eq!(
        (found["finished"].as_bool(), found["suites"][0]["status"].as_str()),
        (Some(false), Some("interrupted"))
    );
    let resumed = site.harness(&format!("{NIGHT} date=2026-01-01 slots=2")).exits(0);
    assert!(!resumed.stderr.contains(" 0 reused"), "{}", resumed.stderr);
    assert_eq!(summary(&site, "2026-01-01")["finished"].as_bool(), Some(true));
}

#[test]
fn what_a_night_cannot_be_is_refused() {
    let site = Site::new();
    for (line, said) in [
        ("nightly suites=selftset", "there is no suite `selftset`"),
        ("nightly date=2026-13-01", "`date` is a day"),
        ("nightly selftest", "suites=a,b chooses suites"),
        ("nightly block=3", "did you mean `blocks`?"),
    ] {
        let told = site.harness(line).exits(2).stderr;
        assert!(told.contains(said), "{line}: {told}");
    }
}
