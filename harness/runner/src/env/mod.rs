//! The machine that runs happen on: its identity and facts about it.
//!
//! The *identity* decides whether times taken in two campaigns may be compared: processor, cores, memory size, kernel and C
//! library, accelerators. What changes from one moment to the next on the same machine (clock speed, load, free memory) is
//! recorded as a fact, and is never part of the identity; nor are names of hosts and users.

mod cpu;
mod git;
mod gpu;
mod system;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness_core::canon::canon;
use harness_core::{EnvKey, EnvRow};

pub use git::{GitFacts, git};

/// Facts by name.
type Facts = BTreeMap<&'static str, String>;

/// A machine as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The key of its identity.
    pub key: EnvKey,
    /// The identity and the facts, for the table `env`.
    pub rows: Vec<EnvRow>,
}

impl Machine {
    /// Looks at this machine.
    pub fn probe() -> Self {
        Self::below(Path::new("/"))
    }

    /// Looks at the machine whose `/proc` and `/sys` lie below `root`.
    fn below(root: &Path) -> Self {
        let files = Files { root: root.to_owned() };
        let (mut identity, mut facts) = (Facts::new(), Facts::new());
        for look in [cpu::look, system::look, gpu::look] {
            look(&files, &mut identity, &mut facts);
        }
        let text = canon(&identity).expect("a map of texts has a canonical form");
        let key = EnvKey::of(text.as_bytes());
        let row = |name: &'static str, value, identity| EnvRow {
            env_key: key.clone(),
            name: name.to_owned(),
            value,
            identity,
        };
        let mut rows: Vec<EnvRow> =
            identity.into_iter().map(|(name, value)| row(name, value, true)).collect();
        rows.extend(facts.into_iter().map(|(name, value)| row(name, value, false)));
        Self { key, rows }
    }

    /// The value of a fact or a part of the identity.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.name == name).map(|row| row.value.as_str())
    }
}

/// Files of `/proc` and `/sys`, which may be missing.
struct Files {
    root: PathBuf,
}

impl Files {
    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The text of a file without the white space around it.
    fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok().map(|text| text.trim().to_owned())
    }

    /// The names in a folder, sorted.
    fn list(&self, path: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(path)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }
}

/// Adds a fact that is known.
fn put(facts: &mut Facts, name: &'static str, value: Option<impl ToString>) {
    if let Some(value) = value {
        facts.insert(name, value.to_string());
    }
}

#[cfg(test)]
mod tests;
