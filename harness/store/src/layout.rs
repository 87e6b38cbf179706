//! Where everything lies in the results folder.

use std::path::{Path, PathBuf};

use crate::schema::Table;

/// The folders and files of one suite in one results folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) results: PathBuf,
    pub(crate) suite: String,
}

impl Layout {
    pub(crate) fn suite_dir(&self) -> PathBuf {
        self.results.join(&self.suite)
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.suite_dir().join("MANIFEST.json")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.suite_dir().join(".lock")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.suite_dir().join("quarantine")
    }

    pub(crate) fn env_dir(&self) -> PathBuf {
        self.results.join(Table::Env.as_str())
    }

    /// The file of a part, whose path in the manifest has `/` on every system.
    pub(crate) fn part(&self, path: &str) -> PathBuf {
        path.split('/').fold(self.suite_dir(), |dir, name| dir.join(name))
    }
}

/// The path in the manifest of a new part.
pub(crate) fn new_part(table: Table, day: &str) -> String {
    format!("{table}/day={day}/part-{}.parquet", uuid::Uuid::now_v7())
}

/// The day in the path of a part.
pub(crate) fn day_of(part: &str) -> &str {
    part.split('/').find_map(|name| name.strip_prefix("day=")).unwrap_or("unknown")
}

/// The name of the file in the path of a part: parts sort by it in order of creation.
pub(crate) fn name_of(part: &str) -> &str {
    part.rsplit('/').next().unwrap_or(part)
}

/// The entries of a folder by name; none if there is no such folder.
pub(crate) fn entries(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(dir) {
        Ok(entries) => {
            let mut paths = entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
            paths.sort();
            Ok(paths)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}
