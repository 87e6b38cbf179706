//! A folder to work in, and the program in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use assert_cmd::cargo::CommandCargoExt;
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
        let output = self.command(line).output().unwrap();
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
