//! Compaction and verification.

use std::sync::Arc;
use std::time::Duration;

use tempfile::tempdir;

use super::{QuickFs, StillClock, claim, contents, finished, part_files};
use crate::compact::{Compaction, MANY};
use crate::schema::Table;
use crate::select::Filter;
use crate::store::Store;

#[test]
fn compaction_merges_the_parts_of_each_day_and_changes_no_row() {
    let dir = tempdir().unwrap();
    let clock = StillClock::new();
    let mut store = Store::open(dir.path(), "suite").with_clock(clock.clone());
    store.disk = Arc::new(QuickFs);
    let mut writer = store.writer().unwrap();
    for i in 0..6 {
        let mut run = finished(&format!("cell {i}"), 3);
        run.run.campaign_id = format!("campaign {}", i % 2);
        writer.push(run).unwrap();
        writer.flush().unwrap();
        if i == 4 {
            clock.advance(Duration::from_secs(86_400));
        }
    }
    writer.put_claims(&[claim("c", "a", Some(1.0))]).unwrap();
    writer.put_claims(&[claim("c", "a", Some(2.0))]).unwrap();
    drop(writer);
    let runs = store.runs(&Filter::default()).unwrap();
    let ids: Vec<_> = runs.iter().map(|r| r.run_id).collect();
    let (samples, traces, claims) =
        (store.samples(&ids).unwrap(), store.traces(&ids).unwrap(), store.claims().unwrap());

    assert_eq!(store.compact().unwrap(), Compaction { merged: 15, into: 3 });
    for table in ["runs", "samples", "traces"] {
        let days: Vec<String> = part_files(&store, table)
            .iter()
            .map(|p| p.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(days, ["day=2026-03-01", "day=2026-03-02"], "{table}");
    }
    let manifest = store.manifest().unwrap();
    let days = manifest.parts(Table::Runs).iter().map(|part| crate::layout::day_of(&part.path));
    assert_eq!(days.collect::<Vec<_>>(), ["2026-03-01", "2026-03-02"], "oldest first, as before");
    assert_eq!(store.runs(&Filter::default()).unwrap(), runs);
    assert_eq!(store.samples(&ids).unwrap(), samples);
    assert_eq!(store.traces(&ids).unwrap(), traces);
    // As text, in which NaN equals NaN.
    assert_eq!(format!("{:?}", store.claims().unwrap()), format!("{claims:?}"));
    let bytes = std::fs::read(&store.files(Table::Runs).unwrap()[0]).unwrap();
    let metadata = crate::parquet::decode(&bytes, &[]).unwrap().metadata;
    assert_eq!(metadata["harness.campaign"], "campaign 0,campaign 1");
    assert!(store.verify().unwrap().is_clean());

    let before = contents(dir.path());
    assert_eq!(store.compact().unwrap(), Compaction::default());
    assert_eq!(contents(dir.path()), before, "there is nothing more to merge");
}

#[test]
fn many_parts_are_merged_without_being_asked_and_few_are_not() {
    let dir = tempdir().unwrap();
    let store = super::store(dir.path());
    let mut writer = store.writer().unwrap();
    for i in 0..=MANY {
        assert_eq!(writer.compact_if_due().unwrap(), Compaction::default(), "{i} parts");
        writer.push(finished(&format!("cell {i}"), 0)).unwrap();
        writer.flush().unwrap();
    }
    let before = store.runs(&Filter::default()).unwrap();
    assert_eq!(writer.compact_if_due().unwrap(), Compaction { merged: 2 * (MANY + 1), into: 2 });
    assert_eq!(store.runs(&Filter::default()).unwrap(), before);
    // The writer goes on with the merged parts.
    assert!(before.iter().all(|run| writer.holds(run.run_id).unwrap()));
    writer.push(finished("one more", 1)).unwrap();
    writer.flush().unwrap();
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), MANY + 2);
    drop(writer);
    assert!(store.verify().unwrap().is_clean());
}

#[test]
fn a_reader_with_an_old_manifest_reads_again_after_a_compaction() {
    let dir = tempdir().unwrap();
    let store = super::store(dir.path());
    let mut writer = store.writer().unwrap();
    for cell in ["a", "b"] {
        writer.push(finished(cell, 1)).unwrap();
        writer.flush().unwrap();
    }
    drop(writer);
    let calls = std::cell::Cell::new(0);
    let runs = store
        .consistent(|manifest| {
            calls.set(calls.get() + 1);
            if calls.get() == 1 {
                // Between reading the manifest and reading the parts.
                store.compact().unwrap();
            }
            crate::read::rows::<harness_core::RunRecord>(&store.layout, manifest, None)
        })
        .unwrap();
    assert_eq!((runs.len(), calls.get()), (2, 2));
}

#[test]
fn verification_counts_what_is_there_and_finds_traces_without_a_run() {
    let dir = tempdir().unwrap();
    let store = super::store(dir.path());
    let mut writer = store.writer().unwrap();
    writer.push(finished("a", 5)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let found = store.verify().unwrap();
    assert!(found.is_clean());
    // One run, two samples, five steps of two metrics.
    assert_eq!((found.parts, found.rows), (3, 13));
    let on_disk: u64 = ["runs", "samples", "traces"]
        .iter()
        .flat_map(|table| part_files(&store, table))
        .map(|path| std::fs::metadata(path).unwrap().len())
        .sum();
    assert_eq!(found.bytes, on_disk);

    std::fs::remove_file(&part_files(&store, "runs")[0]).unwrap();
    drop(store.writer().unwrap());
    let problems = store.verify().unwrap().problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|p| p.what.contains("rows of 1 runs")));
}
