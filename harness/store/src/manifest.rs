//! The manifest: which parts are live.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use harness_core::RunId;
use harness_core::remedy::is_about_the_file;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::layout::{Layout, is_part_path, name_of};
use crate::schema::{SCHEMA, Table, is_known, major};

/// The live parts of one suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the schema.
    pub schema: String,
    /// The suite.
    pub suite: String,
    /// The parts of each table, oldest first. Where two parts hold the same run, the first counts; where two hold
    /// verdicts of the same campaign, the last.
    pub tables: BTreeMap<Table, Vec<Part>>,
    /// Runs whose samples or traces were lost: their rows in `runs` do not count, so that their cells are run again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub withdrawn: BTreeSet<RunId>,
}

/// A Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its path from the suite's folder, with `/`.
    pub path: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub blake3: String,
    /// The smallest run id in it, of tables with a column `run_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_run: Option<RunId>,
    /// The largest run id in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<RunId>,
}

impl Part {
    /// The entry of a file with these bytes, rows and runs.
    pub(crate) fn new(path: String, bytes: &[u8], rows: usize, runs: impl Iterator<Item = RunId>) -> Self {
        let range = runs.fold(None, |range: Option<(RunId, RunId)>, id| {
            Some(range.map_or((id, id), |(first, last)| (first.min(id), last.max(id))))
        });
        Self {
            path,
            rows: rows as u64,
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
            first_run: range.map(|r| r.0),
            last_run: range.map(|r| r.1),
        }
    }

    /// Whether a run may be in the part.
    pub(crate) fn may_hold(&self, run: RunId) -> bool {
        self.first_run.is_none_or(|first| first <= run) && self.last_run.is_none_or(|last| run <= last)
    }
}

impl Manifest {
    pub(crate) fn empty(suite: &str) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            suite: suite.to_owned(),
            tables: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
        }
    }

    /// The live parts of a table.
    pub fn parts(&self, table: Table) -> &[Part] {
        self.tables.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Adds a new part.
    pub(crate) fn push(&mut self, table: Table, part: Part) {
        self.tables.entry(table).or_default().push(part);
        self.raise_schema();
    }

    /// Says that it lists parts of the present schema. That of a later harness stays: its parts are still there.
    pub(crate) fn raise_schema(&mut self) {
        if is_known(&self.schema) {
            SCHEMA.clone_into(&mut self.schema);
        }
    }

    /// Adds a part that was found on the disk, at its place by age.
    pub(crate) fn insert(&mut self, table: Table, part: Part) {
        let parts = self.tables.entry(table).or_default();
        let at = parts.iter().position(|p| name_of(&p.path) > name_of(&part.path)).unwrap_or(parts.len());
        parts.insert(at, part);
    }

    pub(crate) fn lists(&self, table: Table, path: &str) -> bool {
        self.parts(table).iter().any(|p| p.path == path)
    }

    /// The file's text.
    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest has string keys");
        text.push('\n');
        text
    }

    /// Reads the manifest; `None` if there is none.
    pub(crate) fn read(layout: &Layout) -> Result<Option<Self>, StoreError> {
        let path = layout.manifest();
        match std::fs::read(&path) {
            Ok(bytes) => Self::parse(&path, &bytes).map(Some),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) if is_about_the_file(&e) => {
                Err(StoreError::Manifest { path, reason: format!("it cannot be read: {e}") })
            }
            Err(e) => Err(StoreError::io("read", &path)(e)),
        }
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        /// The field that every version has: read first, so that a newer manifest is named as such.
        #[derive(Deserialize)]
        struct Versioned {
            schema: String,
        }
        let unreadable =
            |e: serde_json::Error| StoreError::Manifest { path: path.to_owned(), reason: e.to_string() };
        let Versioned { schema } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if major(&schema) != major(SCHEMA) {
            return Err(StoreError::Schema { path: path.to_owned(), found: schema });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        let listed =
            manifest.tables.iter().flat_map(|(table, parts)| parts.iter().map(move |p| (*table, &p.path)));
        match listed.into_iter().find(|(table, part)| !is_part_path(*table, part)) {
            Some((table, part)) => {
                let reason = format!("`{part}` is no path of a part of `{table}`");
                Err(StoreError::Manifest { path: path.to_owned(), reason })
            }
            None => Ok(manifest),
        }
    }
}
