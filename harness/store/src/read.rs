//! Reading tables: parts to rows, each run once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use harness_core::RunId;
use harness_core::record::{AuditRow, ClaimRow, EnvRow};
use harness_core::remedy::is_about_the_file;

use crate::error::StoreError;
use crate::layout::{Layout, entries};
use crate::manifest::{Manifest, Part};
use crate::parquet::{self, Frame};
use crate::recover::{inspect, unlisted};
use crate::rows::{Row, build, run_column, run_ids};
use crate::schema::{Column, SCHEMA, Table, major};

/// The bytes of a live part, which are those that were written.
pub(crate) fn part_bytes(layout: &Layout, part: &Part) -> Result<Vec<u8>, StoreError> {
    let path = layout.part(&part.path);
    let bytes = std::fs::read(&path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => StoreError::Missing { path: path.clone() },
        _ if is_about_the_file(&e) => StoreError::damaged(&path)(format!("it cannot be read: {e}")),
        _ => StoreError::io("read", &path)(e),
    })?;
    if bytes.len() as u64 != part.bytes {
        let reason = format!("it has {} bytes and the manifest says {}", bytes.len(), part.bytes);
        return Err(StoreError::Damaged { path, reason });
    }
    if blake3::hash(&bytes).to_hex().as_str() != part.blake3 {
        return Err(StoreError::Damaged { path, reason: "its BLAKE3 is not the manifest's".to_owned() });
    }
    Ok(bytes)
}

/// Decodes columns of a file of a table, after checking that it is one.
pub(crate) fn decode(
    path: &Path,
    bytes: &[u8],
    table: Table,
    columns: &[Column],
) -> Result<Frame, StoreError> {
    let damaged = StoreError::damaged(path);
    let frame = parquet::decode(bytes, columns);
    // A file of a newer schema may lack columns: its version is looked at first.
    let metadata = match &frame {
        Ok(frame) => frame.metadata.clone(),
        Err(_) => parquet::decode(bytes, &[]).map(|f| f.metadata).unwrap_or_default(),
    };
    if let Some(found) = metadata.get("harness.schema").filter(|found| major(found) != major(SCHEMA)) {
        return Err(StoreError::Schema { path: path.to_owned(), found: found.clone() });
    }
    let frame = frame.map_err(&damaged)?;
    match metadata.get("harness.table").map(String::as_str) {
        Some(name) if name == table.as_str() => Ok(frame),
        Some(name) => Err(damaged(format!("it holds the table `{name}`, not `{table}`"))),
        None => Err(damaged("its metadata does not name a table of this harness".to_owned())),
    }
}

/// Every row of a file.
pub(crate) fn all_rows<R: Row>(path: &Path, bytes: &[u8]) -> Result<Vec<R>, StoreError> {
    let frame = decode(path, bytes, R::TABLE, &R::columns())?;
    (0..frame.rows)
        .map(|row| R::read(&frame.views, row))
        .collect::<Result<_, _>>()
        .map_err(StoreError::damaged(path))
}

/// The runs in a file, one a row; empty for a table without runs.
pub(crate) fn runs_of(path: &Path, bytes: &[u8], table: Table) -> Result<Vec<RunId>, StoreError> {
    let Some(column) = run_column(table) else { return Ok(Vec::new()) };
    run_ids(&decode(path, bytes, table, &[column])?).map_err(StoreError::damaged(path))
}

/// The rows of a table of runs, only the wanted ones, sorted. Where several parts hold a run, the first counts; runs that
/// were withdrawn do not.
pub(crate) fn rows<R: Row>(
    layout: &Layout,
    manifest: &Manifest,
    wanted: Option<&BTreeSet<RunId>>,
) -> Result<Vec<R>, StoreError> {
    let mut holder: HashMap<RunId, usize> = HashMap::new();
    let mut rows = Vec::new();
    for (index, part) in manifest.parts(R::TABLE).iter().enumerate() {
        if wanted.is_some_and(|wanted| !wanted.iter().any(|run| part.may_hold(*run))) {
            continue;
        }
        let path = layout.part(&part.path);
        let bytes = part_bytes(layout, part)?;
        let keep: Vec<bool> = runs_of(&path, &bytes, R::TABLE)?
            .into_iter()
            .map(|run| {
                let counts = R::TABLE != Table::Runs || !manifest.withdrawn.contains(&run);
                counts
                    && wanted.is_none_or(|wanted| wanted.contains(&run))
                    && *holder.entry(run).or_insert(index) == index
            })
            .collect();
        if !keep.contains(&true) {
            continue;
        }
        let frame = decode(&path, &bytes, R::TABLE, &R::columns())?;
        for (row, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
            rows.push(R::read(&frame.views, row).map_err(StoreError::damaged(&path))?);
        }
    }
    rows.sort_by(R::order);
    Ok(rows)
}

/// The verdicts stored last for each campaign.
pub(crate) fn claims(layout: &Layout, manifest: &Manifest) -> Result<Vec<ClaimRow>, StoreError> {
    let mut campaigns: BTreeMap<String, Vec<ClaimRow>> = BTreeMap::new();
    for part in manifest.parts(Table::Claims) {
        let rows: Vec<ClaimRow> = all_rows(&layout.part(&part.path), &part_bytes(layout, part)?)?;
        // A part holds the verdicts of one campaign.
        if let Some(campaign) = rows.first().map(|row| row.campaign_id.clone()) {
            campaigns.insert(campaign, rows);
        }
    }
    Ok(campaigns.into_values().flatten().collect())
}

/// Every comparison of an audit.
pub(crate) fn audits(layout: &Layout, manifest: &Manifest) -> Result<Vec<AuditRow>, StoreError> {
    let mut rows = Vec::new();
    for part in manifest.parts(Table::Audits) {
        rows.append(&mut all_rows(&layout.part(&part.path), &part_bytes(layout, part)?)?);
    }
    Ok(rows)
}

/// Whether `rows`, all of one campaign, are the verdicts that `stored` has of it. NaN equals NaN here.
pub(crate) fn same_claims(stored: &[ClaimRow], rows: &[ClaimRow]) -> Result<bool, StoreError> {
    let campaign = rows.first().map(|row| &row.campaign_id);
    let before: Vec<&ClaimRow> = stored.iter().filter(|row| Some(&row.campaign_id) == campaign).collect();
    let mut now: Vec<&ClaimRow> = rows.iter().collect();
    now.sort_by(|a, b| ClaimRow::order(a, b));
    // Equal rows are those that make the same file.
    Ok(before.len() == now.len() && encode(&before, &[])? == encode(&now, &[])?)
}

/// The files of machines, by name.
pub(crate) fn env_files(layout: &Layout) -> Result<Vec<PathBuf>, StoreError> {
    let dir = layout.env_dir();
    let mut files = entries(&dir).map_err(StoreError::io("list the folder", &dir))?;
    files.retain(|path| {
        path.extension().is_some_and(|e| e == "parquet") && path.file_stem().is_some_and(|s| s.len() == 32)
    });
    Ok(files)
}

/// What is known of every machine.
pub(crate) fn env(layout: &Layout) -> Result<Vec<EnvRow>, StoreError> {
    let mut rows = Vec::new();
    for path in env_files(layout)? {
        rows.extend(env_rows(&path)?);
    }
    rows.sort_by(EnvRow::order);
    Ok(rows)
}

/// What a file says of a machine.
pub(crate) fn env_rows(path: &Path) -> Result<Vec<EnvRow>, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| match e {
        e if is_about_the_file(&e) => StoreError::damaged(path)(format!("it cannot be read: {e}")),
        e => StoreError::io("read", path)(e),
    })?;
    all_rows(path, &bytes)
}

/// What a manifest would list, made from the files on the disk; unreadable ones are left out.
pub(crate) fn manifest_of_disk(layout: &Layout) -> Result<Manifest, StoreError> {
    let mut manifest = Manifest::empty(&layout.suite);
    for table in Table::OF_SUITE {
        for path in unlisted(layout, &manifest, table)? {
            match inspect(layout, table, &path) {
                Ok((part, _)) => manifest.insert(table, part),
                Err(StoreError::Damaged { path, reason }) => {
                    tracing::warn!("`{}` is left out: {reason}", path.display());
                }
                Err(other) => return Err(other),
            }
        }
    }
    Ok(manifest)
}

/// The bytes of a file that holds these rows as they are.
pub(crate) fn encode<R: Row>(rows: &[&R], campaigns: &[&str]) -> Result<Vec<u8>, StoreError> {
    let metadata = [
        ("harness.schema", SCHEMA),
        ("harness.table", R::TABLE.as_str()),
        ("harness.version", env!("CARGO_PKG_VERSION")),
        ("harness.campaign", &campaigns.join(",")),
    ];
    parquet::encode(build(rows), &metadata).map_err(|reason| StoreError::Encode { table: R::TABLE, reason })
}
