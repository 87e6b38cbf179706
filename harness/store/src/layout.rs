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
        self.results.join(plain_name(&self.suite))
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.suite_dir().join("MANIFEST.json")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.suite_dir().join(".lock")
    }

    pub(crate) fn campaigns_dir(&self) -> PathBuf {
        self.suite_dir().join("campaigns")
    }

    pub(crate) fn campaign_dir(&self, id: &str) -> PathBuf {
        self.campaigns_dir().join(plain_name(id))
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

/// A name for a file or folder: the text itself if it can be one, else with what is dangerous replaced, so that whatever
/// it says, the file lies where it should.
fn plain_name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = text.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with('.') { format!("_{name}") } else { name }
}

/// Whether a path is one that a part of this table can have: a manifest that was tampered with must not lead out of the
/// suite's folder, where parts are read, moved and removed.
pub(crate) fn is_part_path(table: Table, path: &str) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    let [folder, day, part] = names[..] else { return false };
    let is_name = |name: &str| name == plain_name(name);
    let is_day = day.strip_prefix("day=").is_some_and(is_name);
    folder == table.as_str()
        && is_day
        && part.starts_with("part-")
        && part.ends_with(".parquet")
        && is_name(part)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(suite: &str) -> Layout {
        Layout { results: PathBuf::from("/results"), suite: suite.to_owned() }
    }

    /// Folders lie one below the other, whatever they are called.
    #[test]
    fn no_name_leads_out_of_the_results_folder() {
        for name in ["..", "../..", "/etc", "a/../../b", "", ".", ".hidden", "a\0b", "a b", "ü", "C:\\x", "-"]
        {
            let dir = layout(name).campaign_dir(name);
            let inside: Vec<_> = dir.strip_prefix("/results").unwrap().components().collect();
            let is_plain = |c: &std::path::Component<'_>| matches!(c, std::path::Component::Normal(n) if !n.to_string_lossy().starts_with('.'));
            assert!(inside.len() == 3 && inside.iter().all(is_plain), "{name:?}: {}", dir.display());
        }
        assert_eq!(layout("ot").campaign_dir("ci-0a1b"), Path::new("/results/ot/campaigns/ci-0a1b"));
    }

    #[test]
    fn only_a_part_has_the_path_of_a_part() {
        assert!(is_part_path(Table::Runs, &new_part(Table::Runs, "2026-03-01")));
        for path in [
            "traces/day=2026-03-01/part-x.parquet",
            "runs/part-x.parquet",
            "runs/day=../part-x.parquet",
            "runs/day=x/../part-x.parquet",
            "runs/day=x/part-x.parquet/",
            "runs/day=x/part-../x.parquet",
            "../runs/day=x/part-x.parquet",
            "/runs/day=x/part-x.parquet",
            "runs/day=x/notes.txt",
            "",
        ] {
            assert!(!is_part_path(Table::Runs, path), "{path}");
        }
    }
}
