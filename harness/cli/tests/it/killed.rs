//! `kill -9` of the program at any instant: every finished cell is kept, once, and nothing is left behind.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use harness_core::Outcome;
use harness_store::Filter;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::site::{Site, paths, signal};

/// Forty cells of ten milliseconds; half of them start a process that would live for ten minutes.
const SUITE: &str = "
schema: 1
suite: selftest
default_profile: smoke
papers: []
problems:
  walk: {problem: noop, params: {rows: 10}}
solvers:
  slow: {solver: slow, params: {seconds: 0.01}}
  leaky: {solver: fork_leak, params: {linger: 0.01}}
profiles:
  smoke:
    replicates: 20
    stop: {tol: 0.0, max_iter: 1000}
    limits: {hard_s: 60, grace_s: 1}
    runs: [{problems: [walk], solvers: [slow, leaky]}]
";
const CELLS: usize = 40;
const SLOTS: usize = 2;
const RUN: &str = "run selftest slots=2";
const CLAIMS: &str = "schema: 1\nsuite: selftest\nclaims: []\n";

fn start(site: &Site) -> Child {
    let mut command = site.command(RUN);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Watches the results folder until so many different paths were seen in it, or until the program has ended. Gives back
/// how many were.
fn watch(site: &Site, child: &mut Child, wanted: usize) -> usize {
    let began = Instant::now();
    let mut seen = BTreeSet::new();
    while seen.len() < wanted && child.try_wait().unwrap().is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "{} of {wanted} paths after two minutes",
            seen.len()
        );
        std::thread::sleep(Duration::from_micros(300));
        paths(&site.path().join("results"), &mut seen);
    }
    seen.len()
}

/// Cells that are known to have ended well: those stored, and those whose process was seen to exit with code 0 after it
/// had reported its end.
fn finished_cells(site: &Site) -> BTreeSet<String> {
    let mut cells: BTreeSet<String> = site.good_runs().iter().map(|run| run.cell_key.to_string()).collect();
    let mut left = BTreeSet::new();
    paths(&site.store().journal_dir(), &mut left);
    for ticket in left.iter().filter(|path| path.to_string_lossy().ends_with(".request.json")) {
        let text = std::fs::read_to_string(ticket).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() == 3 && text.ends_with('\n') && lines[2].contains(r#""exit":{"code":0}"#) {
            let request: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
            cells.insert(request["cell_key"].as_str().unwrap().to_owned());
        }
    }
    cells
}

/// Kills a campaign when so many paths have been seen, and `later`; then resumes it.
fn kill_and_resume(seen: usize, later: Duration) {
    let when = format!("killed {later:?} after path {seen}");
    let site = Site::with_selftest(SUITE, CLAIMS);
    let mut child = start(&site);
    watch(&site, &mut child, seen);
    std::thread::sleep(later);
    // It may have ended by itself: an instant after the end is an instant too.
    if child.try_wait().unwrap().is_none() {
        signal(&child, "-KILL");
    }
    child.wait().unwrap();
    site.processes_end();
    let finished = finished_cells(&site);
    let stored: BTreeSet<_> =
        site.store().runs(&Filter::default()).unwrap().iter().map(|r| r.run_id).collect();

    let resumed = site.harness(RUN).exits(0);
    site.processes_end();
    site.answers_each_cell_once(CELLS);
    site.is_in_order();
    let runs = site.store().runs(&Filter::default()).unwrap();
    let interrupted = runs.iter().filter(|run| run.outcome == Outcome::Interrupted).count();
    assert!(interrupted <= SLOTS, "{when}: {interrupted} runs interrupted");
    assert_eq!(runs.len(), CELLS + interrupted, "{when}");
    assert!(stored.iter().all(|id| runs.iter().any(|run| run.run_id == *id)), "{when}: a stored run is gone");
    // What was finished is reused, not run again.
    let reused = format!(" to run, {} reused", CELLS - executed(&resumed.stderr));
    assert!(resumed.stderr.contains(&reused), "{when}: {}", resumed.stderr);
    assert!(CELLS - executed(&resumed.stderr) >= finished.len(), "{when}: {}", resumed.stderr);

    // H4: and now there is nothing more to do.
    let files = site.files();
    assert_eq!(executed(&site.harness(RUN).exits(0).stderr), 0);
    assert_eq!(files, site.files(), "{when}");
}

/// How many cells a run said that it has to run.
fn executed(stderr: &str) -> usize {
    let line = stderr.lines().find(|line| line.contains(" to run, ")).unwrap_or_else(|| panic!("{stderr}"));
    line.split(", ").nth(1).unwrap().trim_end_matches(" to run").parse().unwrap()
}

#[test]
fn killed_at_50_seeded_instants_a_campaign_keeps_every_finished_cell_once_and_leaves_nothing() {
    let site = Site::with_selftest(SUITE, CLAIMS);
    let mut child = start(&site);
    let in_all = watch(&site, &mut child, usize::MAX);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    site.processes_end();
    site.answers_each_cell_once(CELLS);
    site.is_in_order();
    assert!(in_all > 2 * CELLS, "only {in_all} paths were seen: too few to tell instants apart");

    // Instants are paths that have been seen, not times, so that they spread over the campaign on any machine; the
    // moments in between are for what leaves no path.
    let mut rng = ChaCha8Rng::seed_from_u64(20_260_101);
    let mut instants: Vec<(usize, Duration)> = (0..50)
        .map(|_| {
            let seen = rng.next_u64() % (in_all as u64 + 2);
            (seen as usize, Duration::from_micros(rng.next_u64() % 5_000))
        })
        .collect();
    instants.push((usize::MAX, Duration::ZERO));
    let left = Mutex::new(instants);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((seen, later)) = { left.lock().unwrap().pop() } {
                    kill_and_resume(seen, later);
                }
            });
        }
    });
}
