//! What a writer does first: it puts right what a crash, a full disk or a person left behind.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use harness_core::RunId;
use harness_core::record::{Outcome, RunRecord};
use harness_core::scratch;

use crate::error::StoreError;
use crate::fs::{ensure_dir, publish};
use crate::layout::{Layout, entries};
use crate::manifest::{Manifest, Part};
use crate::read;
use crate::rows::run_column;
use crate::schema::Table;
use crate::store::Store;

/// How closely listed parts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// They are there and have the right size.
    Sizes,
    /// Their bytes are those that were written.
    Hashes,
}

/// Something that was found and put right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A file was damaged and was moved away.
    Quarantined {
        /// Where it was.
        file: PathBuf,
        /// Where it is.
        to: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// A part that the manifest listed is gone.
    Lost {
        /// The part.
        file: PathBuf,
        /// How many rows it had.
        rows: u64,
    },
    /// Runs whose samples or traces are gone count no more.
    Withdrawn {
        /// What is gone of them.
        table: Table,
        /// How many runs.
        runs: usize,
    },
    /// A part that the manifest did not list was added to it.
    Adopted {
        /// The part.
        file: PathBuf,
        /// How many rows it has.
        rows: u64,
    },
    /// A part whose runs are all in listed parts was removed.
    Redundant {
        /// The part.
        file: PathBuf,
    },
    /// An unfinished temporary file was removed.
    Unfinished {
        /// The file.
        file: PathBuf,
    },
    /// The file system has no locks: nothing stops a second writer.
    NoLock {
        /// The suite's folder.
        path: PathBuf,
    },
}

impl Warning {
    /// Whether results were lost or are at risk; otherwise it is only the trace of an interrupted write, without loss.
    pub fn is_loss(&self) -> bool {
        matches!(
            self,
            Self::Quarantined { .. } | Self::Lost { .. } | Self::Withdrawn { .. } | Self::NoLock { .. }
        )
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quarantined { file, to, reason } => write!(
                f,
                "`{}` was damaged ({reason}) and is now `{}`: runs that it held will be made anew",
                file.display(),
                to.display()
            ),
            Self::Lost { file, rows } => write!(
                f,
                "`{}` with {rows} rows is gone and no longer listed: runs that it held will be made anew",
                file.display()
            ),
            Self::Withdrawn { table, runs } => {
                write!(f, "{runs} runs lost their {table} and will be made anew")
            }
            Self::Adopted { file, rows } => {
                write!(f, "`{}` with {rows} rows was not listed and is now", file.display())
            }
            Self::Redundant { file } => {
                write!(f, "`{}` held only runs that other parts hold and was removed", file.display())
            }
            Self::Unfinished { file } => write!(f, "the unfinished file `{}` was removed", file.display()),
            Self::NoLock { path } => write!(
                f,
                "the file system of `{}` has no locks: make sure that no other process writes there",
                path.display()
            ),
        }
    }
}

/// Brings manifest and folder into agreement; the manifest, which is durable, and what was done.
pub(crate) fn recover(store: &Store, depth: Depth) -> Result<(Manifest, Vec<Warning>), StoreError> {
    let layout = &store.layout;
    let mut warnings = Vec::new();
    let before = match Manifest::read(layout) {
        Ok(manifest) => manifest,
        Err(StoreError::Manifest { path, reason }) => {
            warnings.push(quarantine(store, &path, reason)?);
            None
        }
        Err(other) => return Err(other),
    };
    let mut manifest = before.clone().unwrap_or_else(|| Manifest::empty(&layout.suite));
    remove_unfinished(store, &mut warnings)?;
    for table in Table::OF_SUITE {
        let lost = drop_unusable(store, &mut manifest, table, depth, &mut warnings)?;
        adopt(store, &mut manifest, table, &mut warnings)?;
        withdraw(layout, &mut manifest, table, &lost, &mut warnings)?;
    }
    if before.is_none() {
        withdraw_incomplete(layout, &mut manifest, &mut warnings)?;
    }
    if depth == Depth::Hashes {
        check_machines(store, &mut warnings)?;
    }
    let is_news = before.as_ref().map_or(!manifest.tables.is_empty(), |before| *before != manifest);
    if is_news {
        publish(&*store.disk, &layout.manifest(), manifest.to_json().as_bytes())?;
    }
    Ok((manifest, warnings))
}

/// Takes parts off the list that are gone or not what was written, and gives them back.
fn drop_unusable(
    store: &Store,
    manifest: &mut Manifest,
    table: Table,
    depth: Depth,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Part>, StoreError> {
    let mut lost = Vec::new();
    for part in manifest.parts(table).to_vec() {
        match check(&store.layout, &part, depth) {
            Ok(()) => continue,
            Err(StoreError::Missing { path }) => {
                warnings.push(Warning::Lost { file: path, rows: part.rows });
            }
            Err(StoreError::Damaged { path, reason }) => warnings.push(quarantine(store, &path, reason)?),
            Err(other) => return Err(other),
        }
        manifest.tables.entry(table).or_default().retain(|p| p.path != part.path);
        lost.push(part);
    }
    Ok(lost)
}

/// Withdraws the runs whose samples or traces were in lost parts and are in no other.
fn withdraw(
    layout: &Layout,
    manifest: &mut Manifest,
    table: Table,
    lost: &[Part],
    warnings: &mut Vec<Warning>,
) -> Result<(), StoreError> {
    if lost.is_empty() || !matches!(table, Table::Samples | Table::Traces) {
        return Ok(());
    }
    let runs: Vec<RunRecord> = read::rows(layout, manifest, None)?;
    let mut incomplete: BTreeSet<RunId> = runs
        .iter()
        // How many samples a run had is not known: then it is withdrawn even if it had none, and runs once more.
        .filter(|run| table == Table::Samples || run.trace_rows > 0)
        .map(|run| run.run_id)
        .filter(|run| lost.iter().any(|part| part.may_hold(*run)))
        .collect();
    for part in manifest.parts(table) {
        for run in read::runs_of(&layout.part(&part.path), &read::part_bytes(layout, part)?, table)? {
            incomplete.remove(&run);
        }
    }
    if !incomplete.is_empty() {
        warnings.push(Warning::Withdrawn { table, runs: incomplete.len() });
        manifest.withdrawn.extend(incomplete);
    }
    Ok(())
}

/// Withdraws the runs that have no traces or samples and should. A manifest that is made anew does not say which runs
/// were withdrawn before.
fn withdraw_incomplete(
    layout: &Layout,
    manifest: &mut Manifest,
    warnings: &mut Vec<Warning>,
) -> Result<(), StoreError> {
    let runs: Vec<RunRecord> = read::rows(layout, manifest, None)?;
    for table in [Table::Traces, Table::Samples] {
        let should_have = |run: &&RunRecord| match table {
            Table::Traces => run.trace_rows > 0,
            _ => run.outcome == Outcome::Ok && run.measure != TRACE_ONLY,
        };
        let mut incomplete: BTreeSet<RunId> = runs.iter().filter(should_have).map(|run| run.run_id).collect();
        if incomplete.is_empty() {
            continue;
        }
        for part in manifest.parts(table) {
            for run in read::runs_of(&layout.part(&part.path), &read::part_bytes(layout, part)?, table)? {
                incomplete.remove(&run);
            }
        }
        if !incomplete.is_empty() {
            warnings.push(Warning::Withdrawn { table, runs: incomplete.len() });
            manifest.withdrawn.extend(incomplete);
        }
    }
    Ok(())
}

/// The column `measure` of a run that is not timed and so has no samples.
const TRACE_ONLY: &str = r#"{"trace":{}}"#;

/// Moves files of machines that cannot be read to the quarantine: what is known of this machine is stored again.
fn check_machines(store: &Store, warnings: &mut Vec<Warning>) -> Result<(), StoreError> {
    for path in read::env_files(&store.layout)? {
        match read::env_rows(&path) {
            Err(StoreError::Damaged { path, reason }) => warnings.push(quarantine(store, &path, reason)?),
            other => drop(other?),
        }
    }
    Ok(())
}

fn check(layout: &Layout, part: &Part, depth: Depth) -> Result<(), StoreError> {
    let path = layout.part(&part.path);
    match (depth, std::fs::metadata(&path)) {
        (Depth::Hashes, Ok(_)) => read::part_bytes(layout, part).map(drop),
        (Depth::Sizes, Ok(found)) if found.len() == part.bytes => Ok(()),
        (Depth::Sizes, Ok(found)) => Err(StoreError::Damaged {
            path,
            reason: format!("it has {} bytes and the manifest says {}", found.len(), part.bytes),
        }),
        (_, Err(e)) if e.kind() == std::io::ErrorKind::NotFound => Err(StoreError::Missing { path }),
        (_, Err(e)) => Err(StoreError::io("look at", &path)(e)),
    }
}

/// Adds parts to the list that are on the disk: a crash came between their renaming and the manifest, or a person
/// copied them here.
fn adopt(
    store: &Store,
    manifest: &mut Manifest,
    table: Table,
    warnings: &mut Vec<Warning>,
) -> Result<(), StoreError> {
    let layout = &store.layout;
    let found = unlisted(layout, manifest, table)?;
    if found.is_empty() {
        return Ok(());
    }
    let mut known: BTreeSet<RunId> = BTreeSet::new();
    if run_column(table).is_some() {
        for part in manifest.parts(table) {
            known.extend(read::runs_of(&layout.part(&part.path), &read::part_bytes(layout, part)?, table)?);
        }
    }
    for file in found {
        match inspect(layout, table, &file) {
            Ok((_, runs)) if !runs.is_empty() && runs.iter().all(|run| known.contains(run)) => {
                // Left by a compaction: what was merged, or the merged part before it was listed.
                store.disk.remove(&file).map_err(StoreError::io("remove", &file))?;
                warnings.push(Warning::Redundant { file });
            }
            Ok((part, runs)) => {
                known.extend(runs);
                warnings.push(Warning::Adopted { file, rows: part.rows });
                manifest.insert(table, part);
            }
            Err(StoreError::Damaged { path, reason }) => warnings.push(quarantine(store, &path, reason)?),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// The part that a file is, and the runs in it; [`StoreError::Damaged`] if it cannot be read to its end.
pub(crate) fn inspect(
    layout: &Layout,
    table: Table,
    file: &Path,
) -> Result<(Part, BTreeSet<RunId>), StoreError> {
    let bytes = std::fs::read(file).map_err(StoreError::io("read", file))?;
    let frame = read::decode(file, &bytes, table, &table.columns())?;
    let runs: BTreeSet<RunId> = read::runs_of(file, &bytes, table)?.into_iter().collect();
    let inside = file.strip_prefix(layout.suite_dir()).expect("listed below the suite's folder");
    let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
    Ok((Part::new(names.join("/"), &bytes, frame.rows, runs.iter().copied()), runs))
}

/// The parts of a table on the disk that the manifest does not list, by age.
pub(crate) fn unlisted(
    layout: &Layout,
    manifest: &Manifest,
    table: Table,
) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    for day in days(layout, table)? {
        let day_name = name_of(&day);
        for file in entries(&day).map_err(StoreError::io("list the folder", &day))? {
            let name = name_of(&file);
            let is_part = name.starts_with("part-") && name.ends_with(".parquet");
            if is_part && !manifest.lists(table, &format!("{table}/{day_name}/{name}")) {
                found.push(file);
            }
        }
    }
    found.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(found)
}

fn days(layout: &Layout, table: Table) -> Result<Vec<PathBuf>, StoreError> {
    let dir = layout.suite_dir().join(table.as_str());
    let mut days = entries(&dir).map_err(StoreError::io("list the folder", &dir))?;
    days.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("day=")));
    Ok(days)
}

/// Temporary files of the suite's tables. While the lock is held nobody else is writing them.
pub(crate) fn unfinished(layout: &Layout) -> Result<Vec<PathBuf>, StoreError> {
    let mut dirs = vec![layout.suite_dir()];
    for table in Table::OF_SUITE {
        dirs.extend(days(layout, table)?);
    }
    let mut found = Vec::new();
    for dir in dirs {
        let files = entries(&dir).map_err(StoreError::io("list the folder", &dir))?;
        found.extend(files.into_iter().filter(|file| scratch::is_temporary(&name_of(file))));
    }
    Ok(found)
}

/// Temporary files whose writers are gone, in folders that others write to without the suite's lock: `env`, which all
/// suites share, and those of the campaigns, where `report` writes too.
pub(crate) fn abandoned(layout: &Layout) -> Result<Vec<PathBuf>, StoreError> {
    /// Where it cannot be told whether the writer lives: it would need moments.
    const OLD: Duration = Duration::from_secs(3600);
    let list = |dir: &Path| entries(dir).map_err(StoreError::io("list the folder", dir));
    let mut dirs = vec![layout.env_dir()];
    for campaign in list(&layout.campaigns_dir())?.into_iter().filter(|path| path.is_dir()) {
        dirs.extend(list(&campaign)?.into_iter().filter(|path| path.is_dir()));
        dirs.push(campaign);
    }
    let mut found = Vec::new();
    for dir in dirs {
        found.extend(list(&dir)?.into_iter().filter(|file| {
            let name = name_of(file);
            scratch::is_temporary(&name) && (scratch::is_abandoned(&name) || age(file) >= OLD)
        }));
    }
    Ok(found)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn remove_unfinished(store: &Store, warnings: &mut Vec<Warning>) -> Result<(), StoreError> {
    for file in unfinished(&store.layout)?.into_iter().chain(abandoned(&store.layout)?) {
        match store.disk.remove(&file) {
            Ok(()) => warnings.push(Warning::Unfinished { file }),
            // The writer of another suite tidied up the folder `env` at the same time.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(StoreError::io("remove", &file)(e)),
        }
    }
    Ok(())
}

fn age(file: &Path) -> Duration {
    let modified = std::fs::metadata(file).and_then(|m| m.modified());
    modified.ok().and_then(|time| SystemTime::now().duration_since(time).ok()).unwrap_or_default()
}

/// Moves a file to the quarantine.
pub(crate) fn quarantine(store: &Store, file: &Path, reason: String) -> Result<Warning, StoreError> {
    let dir = store.layout.quarantine();
    ensure_dir(&*store.disk, &dir)?;
    let name = name_of(file);
    let to = (0..=u32::MAX)
        .map(|n| dir.join(if n == 0 { name.clone() } else { format!("{name}.{n}") }))
        .find(|path| !path.exists())
        .expect("some number is free");
    store.disk.rename(file, &to).map_err(StoreError::io("move to the quarantine", file))?;
    store.disk.sync_dir(&dir).map_err(StoreError::io("sync the folder", &dir))?;
    Ok(Warning::Quarantined { file: file.to_owned(), to, reason })
}
