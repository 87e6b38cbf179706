//! A runner that is killed at any instant loses at most the cells in flight.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness_core::record::FinishedRun;
use harness_core::{Outcome, RunId};
use harness_runner::{Cancel, Job, Observer, Progress, Quiet, Sink, SinkError, recover_into};
use serde_json::json;

use crate::fixture::{config, entries, job, replicate};

const DIR: &str = "HARNESS_TEST_KILLED_DIR";

fn jobs() -> Vec<Job> {
    (0..8).map(|n| replicate(job("slow", json!({"seconds": 0.02}), json!({"rows": 4})), n)).collect()
}

/// A sink in a file: one line a run, written in batches of three.
struct Lines {
    path: PathBuf,
    batch: Vec<FinishedRun>,
}

impl Lines {
    fn at(dir: &Path) -> Self {
        Self { path: dir.join("runs"), batch: Vec::new() }
    }

    /// Run, cell and outcome of every line.
    fn read(&self) -> Vec<[String; 3]> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let line = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            std::array::from_fn(|_| words.next().unwrap())
        };
        text.lines().map(line).collect()
    }
}

impl Sink for Lines {
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError> {
        self.batch.push(run);
        if self.batch.len() < 3 { Ok(Vec::new()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<Vec<RunId>, SinkError> {
        let batch = std::mem::take(&mut self.batch);
        let line = |r: &FinishedRun| format!("{} {} {}\n", r.run.run_id, r.run.cell_key, r.run.outcome);
        let text: String = batch.iter().map(line).collect();
        let mut file =
            OpenOptions::new().create(true).append(true).open(&self.path).map_err(SinkError::new)?;
        file.write_all(text.as_bytes()).map_err(SinkError::new)?;
        Ok(batch.iter().map(|r| r.run.run_id).collect())
    }

    fn holds(&mut self, run: RunId) -> Result<bool, SinkError> {
        Ok(self.read().iter().any(|[id, ..]| *id == run.to_string()))
    }
}

/// Says on standard output what happens, so that the parent can choose its moment.
struct Loud;

impl Loud {
    fn say(what: &str) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "event {what}").and_then(|()| out.flush()).unwrap();
    }
}

impl Observer for Loud {
    fn started(&mut self, _: usize, _: &Job, _: RunId, _: &Progress) {
        Self::say("started");
    }

    fn finished(&mut self, _: usize, _: &Job, _: &FinishedRun, _: &Progress) {
        Self::say("finished");
    }
}

/// Not a test by itself: the runner that the test below starts and kills.
#[test]
fn runner_to_be_killed() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let cancel = Cancel::new().unwrap();
    harness_runner::run(&jobs(), &config(&dir, 2), &mut Lines::at(&dir), &mut Loud, &cancel).unwrap();
}

/// Starts a runner, and kills it at its `n`th event; at the latest when it is done.
fn kill_at_event(dir: &Path, n: usize) {
    let mut runner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::runner_to_be_killed", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(runner.stdout.take().unwrap()).lines();
    let event = |line: &Result<String, _>| line.as_ref().is_ok_and(|l| l.contains("event "));
    let _ = lines.filter(event).nth(n);
    runner.kill().unwrap();
    runner.wait().unwrap();
}

#[test]
fn whenever_a_runner_is_killed_every_finished_cell_is_kept_once() {
    for n in [0, 1, 3, 6, 9, 12, 15] {
        let dir = tempfile::tempdir().unwrap();
        kill_at_event(dir.path(), n);
        let mut sink = Lines::at(dir.path());
        let before = sink.read().len();
        let journals = dir.path().join("journals");
        let recovered = recover_into(&journals, &dir.path().join("quarantine"), &mut sink).unwrap();
        let lines = sink.read();
        assert_eq!(lines.len(), before + recovered, "killed at event {n}");
        let rest: Vec<PathBuf> = entries(&journals).iter().flat_map(|d| entries(d)).collect();
        assert!(entries(&journals).is_empty(), "killed at event {n}: {rest:?}");
        assert_eq!(recover_into(&journals, &dir.path().join("quarantine"), &mut sink).unwrap(), 0);

        // Resume: what is not done runs again.
        let done = |lines: &[[String; 3]]| -> BTreeMap<String, usize> {
            let mut done = BTreeMap::new();
            for [_, cell, outcome] in lines {
                if *outcome == Outcome::Ok.to_string() {
                    *done.entry(cell.clone()).or_default() += 1;
                }
            }
            done
        };
        let finished = done(&lines);
        let left: Vec<Job> =
            jobs().into_iter().filter(|job| !finished.contains_key(job.key.as_str())).collect();
        harness_runner::run(&left, &config(dir.path(), 2), &mut sink, &mut Quiet, &Cancel::new().unwrap())
            .unwrap();
        let cells = done(&sink.read());
        assert_eq!(cells.len(), 8, "killed at event {n}");
        assert!(cells.values().all(|times| *times == 1), "killed at event {n}: {cells:?}");
    }
}

#[test]
fn journals_of_a_living_runner_are_left_alone() {
    struct Nosy {
        journals: PathBuf,
        looked: usize,
    }
    impl Observer for Nosy {
        fn started(&mut self, _: usize, _: &Job, _: RunId, _: &Progress) {
            assert!(harness_runner::recover(&self.journals).unwrap().is_empty());
            self.looked += 1;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    let mut observer = Nosy { journals: config.journal_dir.clone(), looked: 0 };
    let mut sink = Lines::at(dir.path());
    harness_runner::run(&jobs(), &config, &mut sink, &mut observer, &Cancel::new().unwrap()).unwrap();
    assert_eq!((observer.looked, sink.read().len()), (8, 8));
}
