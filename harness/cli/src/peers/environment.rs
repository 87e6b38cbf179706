//! Virtual environments: one a name, beside the peers file, with exactly the pinned requirements.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness_plan::peers_file;

use crate::error::CliError;
use crate::out;

/// The folder of all environments of a peers file; git ignores it.
const FOLDER: &str = ".venv";
/// The file in an environment that says which requirements are installed.
const INSTALLED: &str = "harness-installed";

/// A virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) requirements: PathBuf,
    python: Option<(u32, u32)>,
}

/// Whether an environment can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Installed,
    /// Other requirements than those that are asked for now.
    Outdated,
    Absent,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Installed => "installed",
            State::Outdated => "installed with other requirements",
            State::Absent => "not installed",
        })
    }
}

impl Environment {
    pub(super) fn of(declared: &peers_file::Environment, folder: &Path) -> Self {
        Self {
            name: declared.name.value.clone(),
            folder: folder.join(FOLDER).join(&declared.name.value),
            requirements: folder.join(&declared.requirements.value),
            python: declared.python,
        }
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    pub(crate) fn state(&self) -> State {
        let installed = fs::read(self.folder.join(INSTALLED));
        match (installed, fs::read(&self.requirements)) {
            (Ok(installed), Ok(asked)) if installed == asked && self.python().exists() => State::Installed,
            (Ok(_), _) => State::Outdated,
            (Err(_), _) => State::Absent,
        }
    }

    /// Installs it: makes the environment and brings the requirements. What is installed already stays.
    pub(crate) fn install(&self) -> Result<(), CliError> {
        if self.state() == State::Installed {
            out::text(&format!("{}: installed already, in {}", self.name, self.folder.display()));
            return Ok(());
        }
        let asked = fs::read(&self.requirements)
            .map_err(|e| CliError::usage(format!("cannot read {}: {e}", self.requirements.display())))?;
        let python = self.system_python()?;
        // An environment that was left half made, or for other requirements, is made anew.
        match fs::remove_dir_all(&self.folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(CliError::failed(format!("cannot remove {}: {e}", self.folder.display())));
            }
            _ => {}
        }
        out::status(&format!("{}: making the environment {}", self.name, self.folder.display()));
        self.call(Command::new(python).args(["-m", "venv"]).arg(&self.folder), "make the environment")?;
        out::status(&format!("{}: installing {}", self.name, self.requirements.display()));
        self.call(
            Command::new(self.python())
                .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"])
                .args(["--only-binary", ":all:", "--requirement"])
                .arg(&self.requirements),
            "install the requirements",
        )?;
        fs::write(self.folder.join(INSTALLED), asked)?;
        out::text(&format!("{}: installed in {}", self.name, self.folder.display()));
        Ok(())
    }

    /// The system's interpreter, if it is new enough.
    fn system_python(&self) -> Result<&'static str, CliError> {
        let missing = || {
            CliError::failed("there is no `python3` with `venv` here: install Python (Debian: python3-venv)")
        };
        let output = Command::new("python3")
            .args(["-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(|_| missing())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut parts = text.split_whitespace().map(|part| part.parse::<u32>().ok());
        let (Some(Some(major)), Some(Some(minor))) = (parts.next(), parts.next()) else {
            return Err(missing());
        };
        match self.python {
            Some(least) if (major, minor) < least => Err(CliError::failed(format!(
                "`python3` is {major}.{minor}; the environment `{}` needs {}.{} or newer",
                self.name, least.0, least.1
            ))),
            _ => Ok("python3"),
        }
    }

    fn call(&self, command: &mut Command, what: &str) -> Result<(), CliError> {
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|e| CliError::failed(format!("failed to {what}: {e}")))?;
        if output.status.success() {
            return Ok(());
        }
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        let last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Err(CliError::failed(format!(
            "{}: failed to {what}:\n{}\nwithout a network, make a folder of wheels elsewhere (`pip download --requirement {} \
             --dest WHEELS`), bring it here, and say PIP_NO_INDEX=1 PIP_FIND_LINKS=WHEELS before the command",
            self.name,
            last.join("\n"),
            self.requirements.display()
        )))
    }
}
