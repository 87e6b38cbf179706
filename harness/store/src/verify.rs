//! Checks a store without changing it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use harness_core::RunId;
use harness_core::record::{AuditRow, ClaimRow, EnvRow, RunRecord, SampleRow, TraceRow};

use crate::error::StoreError;
use crate::layout::entries;
use crate::lock;
use crate::manifest::{Manifest, Part};
use crate::read;
use crate::recover::{abandoned, unfinished, unlisted};
use crate::schema::Table;
use crate::store::Store;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many parts are listed.
    pub parts: usize,
    /// How many rows they have by the manifest.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Who is writing now. Then files that are not listed yet are no problem and are not looked for.
    pub writer: Option<String>,
    /// What is amiss, in order of tables and paths.
    pub problems: Vec<Problem>,
}

/// Something amiss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub what: String,
}

impl Verification {
    /// Whether nothing is amiss.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, path: PathBuf, what: impl Into<String>) {
        self.problems.push(Problem { path, what: what.into() });
    }

    /// An error about a file is a finding; others end the check.
    fn note(&mut self, error: StoreError) -> Result<(), StoreError> {
        let what = error.to_string();
        match error {
            StoreError::Damaged { path, .. }
            | StoreError::Missing { path }
            | StoreError::Schema { path, .. }
            | StoreError::Manifest { path, .. } => {
                self.problem(path, what);
                Ok(())
            }
            other => Err(other),
        }
    }
}

pub(crate) fn verify(store: &Store) -> Result<Verification, StoreError> {
    let mut found = Verification { writer: lock::held_by(&store.layout), ..Verification::default() };
    match Manifest::read(&store.layout) {
        Ok(manifest) => {
            let manifest = manifest.unwrap_or_else(|| Manifest::empty(store.suite()));
            check_parts(store, &manifest, &mut found)?;
            if found.writer.is_none() {
                check_strays(store, &manifest, &mut found)?;
            }
        }
        Err(error) => found.note(error)?,
    }
    for path in read::env_files(&store.layout)? {
        if let Err(error) = read::env_rows(&path) {
            found.note(error)?;
        }
    }
    Ok(found)
}

fn check_parts(store: &Store, manifest: &Manifest, found: &mut Verification) -> Result<(), StoreError> {
    let mut runs: BTreeSet<RunId> = BTreeSet::new();
    // `runs` is the first table: samples and traces are checked against it.
    for table in Table::OF_SUITE {
        for part in manifest.parts(table) {
            found.parts += 1;
            found.rows += part.rows;
            found.bytes += part.bytes;
            match check_part(store, table, part) {
                Ok(ids) if table == Table::Runs => runs.extend(ids),
                Ok(ids) => {
                    let orphans = ids.difference(&runs).count();
                    if orphans > 0 {
                        let what = format!(
                            "it has rows of {orphans} runs that `runs` does not have: they are not read"
                        );
                        found.problem(store.layout.part(&part.path), what);
                    }
                }
                Err(error) => found.note(error)?,
            }
        }
    }
    Ok(())
}

/// Reads a part to its end; the runs in it.
fn check_part(store: &Store, table: Table, part: &Part) -> Result<BTreeSet<RunId>, StoreError> {
    let path = store.layout.part(&part.path);
    let bytes = read::part_bytes(&store.layout, part)?;
    let rows = match table {
        Table::Runs => read::all_rows::<RunRecord>(&path, &bytes)?.len(),
        Table::Samples => read::all_rows::<SampleRow>(&path, &bytes)?.len(),
        Table::Traces => read::all_rows::<TraceRow>(&path, &bytes)?.len(),
        Table::Claims => read::all_rows::<ClaimRow>(&path, &bytes)?.len(),
        Table::Audits => read::all_rows::<AuditRow>(&path, &bytes)?.len(),
        Table::Env => read::all_rows::<EnvRow>(&path, &bytes)?.len(),
    };
    if rows as u64 != part.rows {
        let reason = format!("it has {rows} rows and the manifest says {}", part.rows);
        return Err(StoreError::Damaged { path, reason });
    }
    Ok(read::runs_of(&path, &bytes, table)?.into_iter().collect())
}

fn check_strays(store: &Store, manifest: &Manifest, found: &mut Verification) -> Result<(), StoreError> {
    for table in Table::OF_SUITE {
        for path in unlisted(&store.layout, manifest, table)? {
            found.problem(
                path,
                "the manifest does not list it: the next command that writes adds it or removes it",
            );
        }
    }
    for path in unfinished(&store.layout)?.into_iter().chain(abandoned(&store.layout)?) {
        found.problem(path, "it is an unfinished file: the next command that writes removes it");
    }
    let dir = store.quarantine_dir();
    for path in entries(&dir).map_err(StoreError::io("list the folder", &dir))? {
        found.problem(
            path,
            "it was damaged and moved here: its runs were made anew if needed; delete it when done with it",
        );
    }
    Ok(())
}
