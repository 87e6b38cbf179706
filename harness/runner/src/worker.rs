//! Finding the worker program, and checking that it is the right one.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness_core::CodeKey;
use harness_core::protocol::WORKER_PROTOCOL;
use serde::Deserialize;

/// The worker cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// There is none.
    #[error("no `harness-worker` at {}: build it with `cargo build{flag} -p harness-worker`", path.display())]
    Missing {
        /// Where it was expected.
        path: PathBuf,
        /// The flag of cargo that gives the profile of the running program.
        flag: &'static str,
    },
    /// It does not start or does not answer.
    #[error("{} does not answer `--identify`: {reason}; build it again", path.display())]
    Mute {
        /// The program.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// It speaks another version of the protocol.
    #[error(
        "{} speaks protocol {found}, this program speaks {WORKER_PROTOCOL}: build both from the same sources",
        path.display()
    )]
    Protocol {
        /// The program.
        path: PathBuf,
        /// The version it speaks.
        found: u32,
    },
    /// It was built from other sources of the suite, or with another profile.
    #[error(
        "{} was built from other sources or with another profile than this program \
         (suite `{suite}`: code {found}, expected {expected}): build both with the same command",
        path.display()
    )]
    Stale {
        /// The program.
        path: PathBuf,
        /// The suite.
        suite: String,
        /// The key of its code, or `none` where it lacks the suite.
        found: String,
        /// The key of this program's code.
        expected: CodeKey,
    },
}

/// The worker beside the running program; in tests and examples, which lie in a folder below, one
/// folder up.
///
/// # Errors
///
/// When there is none. The message names the command that builds it.
pub fn find_worker() -> Result<PathBuf, WorkerError> {
    let name = format!("harness-worker{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let beside = folder.join(&name);
    let above = folder
        .parent()
        .filter(|_| folder.ends_with("deps") || folder.ends_with("examples"))
        .map(|up| up.join(&name));
    match [Some(beside.clone()), above].into_iter().flatten().find(|p| p.is_file()) {
        Some(path) => Ok(path),
        None => Err(WorkerError::Missing {
            path: beside,
            flag: if cfg!(debug_assertions) { "" } else { " --release" },
        }),
    }
}

/// What a worker answers to `--identify`.
#[derive(Debug, Deserialize)]
struct Identity {
    protocol: u32,
    suites: Vec<SuiteIdentity>,
}

#[derive(Debug, Deserialize)]
struct SuiteIdentity {
    id: String,
    code_key: CodeKey,
}

/// Checks that the program at `path` is a worker built from the sources that `expected` is the key of.
///
/// # Errors
///
/// When it is not. The message says what to build.
pub fn check_worker(path: &Path, suite: &str, expected: &CodeKey) -> Result<(), WorkerError> {
    let mute = |reason: String| WorkerError::Mute { path: path.to_owned(), reason };
    let output =
        Command::new(path).arg("--identify").stdin(Stdio::null()).output().map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => WorkerError::Missing {
                path: path.to_owned(),
                flag: if cfg!(debug_assertions) { "" } else { " --release" },
            },
            _ => mute(e.to_string()),
        })?;
    if !output.status.success() {
        return Err(mute(format!("{}, {}", output.status, String::from_utf8_lossy(&output.stderr).trim())));
    }
    let identity: Identity = serde_json::from_slice(&output.stdout).map_err(|e| mute(e.to_string()))?;
    if identity.protocol != WORKER_PROTOCOL {
        return Err(WorkerError::Protocol { path: path.to_owned(), found: identity.protocol });
    }
    let found = identity.suites.iter().find(|s| s.id == suite).map(|s| &s.code_key);
    if found == Some(expected) {
        return Ok(());
    }
    Err(WorkerError::Stale {
        path: path.to_owned(),
        suite: suite.to_owned(),
        found: found.map_or("none".to_owned(), ToString::to_string),
        expected: expected.clone(),
    })
}
