//! A folder to work in, and the program in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Once;
use std::time::{Duration, Instant};

use assert_cmd::cargo::CommandCargoExt;
use harness_core::{Outcome, RunRecord};
use harness_store::{Filter, Store};
use tempfile::TempDir;

/// The output of a finished command.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Panics with all that was printed unless the exit code is this.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// An empty folder that is the current directory of the commands.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        build_worker();
        Self { folder: TempDir::new().unwrap() }
    }

    /// A folder that looks like a checkout, with these files for the suite `selftest`.
    pub(crate) fn with_selftest(suite: &str, claims: &str) -> Self {
        let site = Self::new();
        std::fs::create_dir_all(site.path().join("harness")).unwrap();
        site.write("suites/selftest/suite.yaml", suite);
        site.write("suites/selftest/claims.yaml", claims);
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// `harness` with a command line, blanks between the words.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::cargo_bin("harness").unwrap();
        command.current_dir(self.path()).args(line.split_whitespace()).env("NO_COLOR", "1");
        command
    }

    pub(crate) fn harness(&self, line: &str) -> Output {
        self.run(&mut self.command(line))
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, command: &mut Command) -> Output {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).unwrap().replace(&self.path().display().to_string(), "DIR")
        };
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Every file below the folder with its content.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.clone(), std::fs::read(path).unwrap());
                }
            }
        }
        files
    }

    /// Every path below one of its folders, while others change it.
    pub(crate) fn files_below(&self, folder: &str) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        paths(&self.path().join(folder), &mut found);
        found
    }

    /// The rows of `harness plan --json`.
    pub(crate) fn plan(&self, line: &str) -> Vec<serde_json::Value> {
        let output = self.harness(&format!("plan {line} --json")).exits(0);
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many cells of a plan have this decision.
    pub(crate) fn decisions(&self, line: &str, decision: &str) -> usize {
        self.plan(line).iter().filter(|row| row["decision"]["decision"] == decision).count()
    }
}

/// What must hold whenever no command runs.
impl Site {
    /// The results of the suite `selftest`.
    pub(crate) fn store(&self) -> Store {
        Store::open(self.path().join("results"), "selftest")
    }

    /// The stored runs that ended well, each with the cell that it answers.
    pub(crate) fn good_runs(&self) -> Vec<RunRecord> {
        let mut runs = self.store().runs(&Filter::default()).unwrap();
        runs.retain(|run| run.outcome == Outcome::Ok);
        runs
    }

    /// Panics unless every cell was answered just once, with all of its trace.
    #[track_caller]
    pub(crate) fn answers_each_cell_once(&self, cells: usize) {
        let runs = self.good_runs();
        let answered: BTreeSet<_> = runs.iter().map(|run| &run.cell_key).collect();
        assert_eq!((answered.len(), runs.len()), (cells, cells), "cells answered, and runs that answer them");
        let ids: Vec<_> = runs.iter().map(|run| run.run_id).collect();
        let rows = self.store().traces(&ids).unwrap().len();
        assert_eq!(rows as i64, runs.iter().map(|run| run.trace_rows).sum::<i64>(), "rows of traces");
    }

    /// Panics if something temporary is left, or the results are not in order.
    #[track_caller]
    pub(crate) fn is_in_order(&self) {
        let is_left = |path: &Path, content: &[u8]| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let locked = name == ".lock" && !content.is_empty();
            locked || name.contains(".tmp") || path.components().any(|c| c.as_os_str() == "journal")
        };
        let left: Vec<_> =
            self.files().into_iter().filter(|(p, content)| is_left(p, content)).map(|f| f.0).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let journals = std::fs::read_dir(self.store().journal_dir()).map_or(0, Iterator::count);
        assert_eq!(journals, 0, "folders of journals are left behind");
        assert_eq!(self.store().verify().unwrap().problems, []);
    }

    /// Panics if a process that a command started here does not end: worker, guard, or what a cell started.
    #[track_caller]
    pub(crate) fn processes_end(&self) {
        let began = Instant::now();
        while !self.processes().is_empty() {
            let waited = began.elapsed() > Duration::from_secs(20);
            assert!(!waited, "still running: {:?}", self.processes());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The processes whose current directory is this one, with their command lines.
    pub(crate) fn processes(&self) -> Vec<(u32, String)> {
        let here = self.path().canonicalize().unwrap();
        let folders = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
        let is_here = |pid: &u32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == here);
        let command = |pid: u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            (pid, String::from_utf8_lossy(&line).replace('\0', " "))
        };
        pids.filter(is_here).map(command).collect()
    }
}

/// Sends a signal to a command.
pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

/// Every path below a folder, as far as it can be read while others change it.
pub(crate) fn paths(folder: &Path, into: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            paths(&entry.path(), into);
        }
        into.insert(entry.path());
    }
}

/// The worker lies beside the program. Cargo builds it for the tests of its own package only.
fn build_worker() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "harness-worker", "--bin", "harness-worker"]);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(build.status().unwrap().success(), "the worker does not build");
    });
}
