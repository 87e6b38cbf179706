//! The workers of past nights, kept so that a change can be tried with the code from before it.

use std::path::{Path, PathBuf};

use harness_core::protocol::WORKER_PROTOCOL;
use harness_core::scratch::{replace, temporary_name};
use harness_core::{CodeKey, remedy};
use serde::{Deserialize, Serialize};

use super::summary;
use crate::error::CliError;

/// How many are kept of each suite.
const KEPT: usize = 5;

/// `manifest.json` beside a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) schema: u32,
    pub(crate) suite: String,
    pub(crate) code_key: CodeKey,
    /// The version of the protocol that it speaks.
    pub(crate) protocol: u32,
    pub(crate) harness_version: String,
    pub(crate) commit: Option<String>,
    pub(crate) dirty: Option<bool>,
    /// The last night that it ran.
    pub(crate) date: String,
}

/// A worker that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
}

fn folder(results: &Path) -> PathBuf {
    summary::folder(results).join("workers")
}

/// Keeps a worker under the key of the suite's code.
pub(crate) fn keep(results: &Path, worker: &Path, manifest: &Manifest) -> Result<(), CliError> {
    let folder = folder(results).join(manifest.code_key.as_str());
    let program = folder.join("harness-worker");
    let failed = |e: std::io::Error| {
        CliError::failed(format!("failed to keep the worker in {}: {e}; {}", folder.display(), remedy(&e)))
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    if !program.is_file() {
        let temporary = folder.join(temporary_name("harness-worker"));
        let copied = std::fs::copy(worker, &temporary).and_then(|_| std::fs::rename(&temporary, &program));
        if let Err(e) = copied {
            let _ = std::fs::remove_file(&temporary);
            return Err(failed(e));
        }
    }
    let json = serde_json::to_string_pretty(manifest).map_err(CliError::failed)?;
    replace(&folder.join("manifest.json"), format!("{json}\n").as_bytes()).map_err(failed)
}

/// Every worker that is kept, the one that ran last first. Folders without a manifest that can be read are none.
fn all(results: &Path) -> Vec<Kept> {
    let entries = std::fs::read_dir(folder(results)).into_iter().flatten().flatten();
    let mut all: Vec<Kept> = entries
        .filter_map(|entry| {
            let text = std::fs::read(entry.path().join("manifest.json")).ok()?;
            let manifest = serde_json::from_slice(&text).ok()?;
            let path = entry.path().join("harness-worker");
            path.is_file().then_some(Kept { path, manifest })
        })
        .collect();
    all.sort_by(|a, b| {
        (&b.manifest.date, &b.manifest.code_key).cmp(&(&a.manifest.date, &a.manifest.code_key))
    });
    all
}

/// The worker with this code, if it is kept and this program can talk to it; else why not.
pub(crate) fn find(results: &Path, suite: &str, code: &CodeKey) -> Result<Kept, String> {
    let kept = all(results).into_iter().find(|kept| kept.manifest.code_key == *code);
    let Some(kept) = kept else {
        return Err(format!("the worker with code {} is not kept any more", code.short()));
    };
    if kept.manifest.protocol != WORKER_PROTOCOL {
        return Err(format!(
            "the worker of {} speaks protocol {}, this program speaks {WORKER_PROTOCOL}: the two cannot take turns",
            kept.manifest.date, kept.manifest.protocol
        ));
    }
    harness_runner::check_worker(&kept.path, suite, code).map_err(|e| e.to_string())?;
    Ok(kept)
}

/// Removes the workers of a suite that are not among the last few, nor in use.
pub(crate) fn prune(results: &Path, suite: &str, in_use: &[&CodeKey]) -> Result<(), CliError> {
    let of_suite = all(results).into_iter().filter(|kept| kept.manifest.suite == suite);
    for kept in of_suite.skip(KEPT).filter(|kept| !in_use.contains(&&kept.manifest.code_key)) {
        if let Some(folder) = kept.path.parent() {
            std::fs::remove_dir_all(folder)
                .map_err(|e| CliError::failed(format!("failed to remove {}: {e}", folder.display())))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(code: &str, date: &str, protocol: u32) -> Manifest {
        Manifest {
            schema: 1,
            suite: "selftest".to_owned(),
            code_key: CodeKey::of(code.as_bytes()),
            protocol,
            harness_version: "0".to_owned(),
            commit: None,
            dirty: None,
            date: date.to_owned(),
        }
    }

    #[test]
    fn the_last_few_are_kept_and_those_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let (results, program) = (folder.path(), folder.path().join("program"));
        std::fs::write(&program, "x").unwrap();
        let codes: Vec<String> = (0..8).map(|i| i.to_string()).collect();
        for (i, code) in codes.iter().enumerate() {
            keep(results, &program, &manifest(code, &format!("2026-01-0{}", i + 1), WORKER_PROTOCOL))
                .unwrap();
        }
        let first = CodeKey::of(codes[0].as_bytes());
        prune(results, "selftest", &[&first]).unwrap();
        let left: Vec<String> = all(results).into_iter().map(|kept| kept.manifest.date).collect();
        let newest = ["2026-01-08", "2026-01-07", "2026-01-06", "2026-01-05", "2026-01-04", "2026-01-01"];
        assert_eq!(left, newest);
    }

    #[test]
    fn a_worker_of_another_protocol_or_none_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let (results, program) = (folder.path(), folder.path().join("program"));
        std::fs::write(&program, "x").unwrap();
        let old = manifest("old", "2026-01-01", WORKER_PROTOCOL - 1);
        keep(results, &program, &old).unwrap();
        let said = find(results, "selftest", &old.code_key).unwrap_err();
        assert!(said.contains("speaks protocol") && said.contains("2026-01-01"), "{said}");
        let said = find(results, "selftest", &CodeKey::of(b"never")).unwrap_err();
        assert!(said.contains("is not kept any more"), "{said}");
    }
}
