//! Compaction: many small parts of a day become one.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::RunId;
use harness_core::record::{RunRecord, SampleRow, TraceRow};

use crate::error::StoreError;
use crate::layout::day_of;
use crate::manifest::{Manifest, Part};
use crate::read;
use crate::rows::Row;
use crate::schema::{Table, is_known};
use crate::writer::Writer;

/// Parts are merged up to about this size,
const TARGET_BYTES: u64 = 128 << 20;
/// and up to so many rows, which are in memory together: a few hundred MiB.
const TARGET_ROWS: u64 = 2_000_000;

/// What a compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compaction {
    /// How many parts were merged.
    pub merged: usize,
    /// How many parts they became.
    pub into: usize,
}

/// The tables whose parts are merged.
const TABLES: [Table; 3] = [Table::Runs, Table::Samples, Table::Traces];

/// With more parts than this, a table is merged without being asked: each part costs a reader about a millisecond.
pub(crate) const MANY: usize = 64;

pub(crate) fn compact(writer: &mut Writer) -> Result<Compaction, StoreError> {
    let mut done = Compaction::default();
    merge::<RunRecord>(writer, &mut done, |row| row.run_id)?;
    merge::<SampleRow>(writer, &mut done, |row| row.run_id)?;
    merge::<TraceRow>(writer, &mut done, |row| row.run_id)?;
    Ok(done)
}

/// Whether some table has so many parts that reading it suffers.
pub(crate) fn is_due(manifest: &Manifest) -> bool {
    TABLES.iter().any(|table| manifest.parts(*table).len() > MANY)
}

fn merge<R: Row>(
    writer: &mut Writer,
    done: &mut Compaction,
    run_of: fn(&R) -> RunId,
) -> Result<(), StoreError> {
    for (day, group) in groups(writer.manifest.parts(R::TABLE)) {
        // Only this group is listed here, so that reading gives each of its runs once.
        let mut source = Manifest::empty(writer.store.suite());
        let mut campaigns: BTreeSet<String> = BTreeSet::new();
        for part in &group {
            let path = writer.store.layout.part(&part.path);
            let bytes = read::part_bytes(&writer.store.layout, part)?;
            let metadata = read::decode(&path, &bytes, R::TABLE, &[])?.metadata;
            if metadata.get("harness.schema").is_none_or(|version| !is_known(version)) {
                // It may have columns that this harness does not know, and they would be lost.
                continue;
            }
            let of_part = metadata.get("harness.campaign").map_or("", String::as_str);
            campaigns.extend(of_part.split(',').map(str::to_owned));
            source.push(R::TABLE, part.clone());
        }
        let old: Vec<Part> = source.parts(R::TABLE).to_vec();
        if old.len() < 2 {
            continue;
        }
        let rows: Vec<R> = read::rows(&writer.store.layout, &source, None)?;
        let campaigns: Vec<&str> = campaigns.iter().map(String::as_str).collect();
        let mut made = Manifest::empty(writer.store.suite());
        writer.write_part(&mut made, &day, &campaigns, rows.iter().collect(), |row| Some(run_of(row)))?;
        let mut manifest = writer.manifest.clone();
        manifest.raise_schema();
        let parts = manifest.tables.entry(R::TABLE).or_default();
        // The merged part takes the place of the first: where a run is in several parts, the first still counts.
        let at = parts.iter().position(|p| p.path == old[0].path).unwrap_or(parts.len());
        parts.splice(at..at, made.parts(R::TABLE).iter().cloned());
        parts.retain(|p| !old.contains(p));
        writer.replace_manifest(manifest)?;
        for part in &old {
            let path = writer.store.layout.part(&part.path);
            writer.store.disk.remove(&path).map_err(StoreError::io("remove the merged part", &path))?;
        }
        done.merged += old.len();
        done.into += 1;
    }
    Ok(())
}

/// Parts of the same day that fit together into one of the target size, two or more each.
fn groups(parts: &[Part]) -> Vec<(String, Vec<Part>)> {
    let mut days: BTreeMap<&str, Vec<Vec<Part>>> = BTreeMap::new();
    for part in parts {
        let groups = days.entry(day_of(&part.path)).or_default();
        let fits = |group: &&mut Vec<Part>| {
            let with = |size: fn(&Part) -> u64| group.iter().map(size).sum::<u64>() + size(part);
            with(|p| p.bytes) <= TARGET_BYTES && with(|p| p.rows) <= TARGET_ROWS
        };
        match groups.last_mut().filter(fits) {
            Some(group) => group.push(part.clone()),
            None => groups.push(vec![part.clone()]),
        }
    }
    days.into_iter()
        .flat_map(|(day, groups)| groups.into_iter().map(move |group| (day.to_owned(), group)))
        .filter(|(_, group)| group.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(day: u32, bytes: u64) -> Part {
        let mut part =
            Part::new(format!("runs/day=2026-01-{day:02}/part-x.parquet"), b"", 1, std::iter::empty());
        part.bytes = bytes;
        part
    }

    #[test]
    fn groups_have_few_enough_rows_to_be_in_memory() {
        let rows = [TARGET_ROWS - 1, 1, 1, 5].map(|rows| Part { rows, ..part(1, 10) });
        let sizes: Vec<usize> = groups(&rows).iter().map(|(_, group)| group.len()).collect();
        assert_eq!(sizes, [2, 2]);
    }

    #[test]
    fn parts_of_a_day_are_grouped_up_to_the_target() {
        let parts =
            [part(1, 10), part(2, TARGET_BYTES - 10), part(1, 20), part(2, 10), part(2, 1), part(3, 5)];
        let groups: Vec<(String, usize)> =
            groups(&parts).into_iter().map(|(day, g)| (day, g.len())).collect();
        assert_eq!(groups, [("2026-01-01".to_owned(), 2), ("2026-01-02".to_owned(), 2)]);
    }
}
