//! What the next writer makes of damaged, missing, unknown and left-over files.

use std::fs;
use std::path::Path;

use harness_core::record::FinishedRun;
use proptest::prelude::*;
use tempfile::tempdir;

use super::{claim, contents, finished, machine, part_files, record, store};
use crate::error::StoreError;
use crate::read::encode;
use crate::recover::Warning;
use crate::schema::SCHEMA;
use crate::select::Filter;
use crate::store::Store;

/// A store with one part of each table for each of these cells.
fn filled(results: &Path, cells: &[&str]) -> Store {
    let store = store(results);
    let mut writer = store.writer().unwrap();
    for cell in cells {
        writer.push(finished(cell, 2)).unwrap();
        writer.flush().unwrap();
    }
    drop(writer);
    store
}

fn cut(path: &Path, bytes: usize) {
    let content = fs::read(path).unwrap();
    fs::write(path, &content[..content.len() - bytes]).unwrap();
}

#[test]
fn a_truncated_part_is_named_by_the_reader_and_quarantined_by_the_writer() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a", "b"]);
    let part = part_files(&store, "runs")[0].clone();
    cut(&part, 1);
    let message = store.runs(&Filter::default()).unwrap_err().to_string();
    assert!(message.contains(part.to_str().unwrap()) && message.contains("run the suite again"), "{message}");
    assert_eq!(store.verify().unwrap().problems[0].path, part);

    let writer = store.writer().unwrap();
    let [Warning::Quarantined { file, to, .. }] = writer.warnings() else {
        panic!("{:?}", writer.warnings())
    };
    assert_eq!(*file, part);
    assert!(to.starts_with(store.quarantine_dir()) && to.exists() && !part.exists());
    assert!(writer.warnings()[0].is_loss());
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1, "the other part is read");
}

#[test]
fn a_flipped_bit_is_found_when_reading_and_by_a_repair() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let part = part_files(&store, "traces")[0].clone();
    let mut bytes = fs::read(&part).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&part, bytes).unwrap();
    let run = store.runs(&Filter::default()).unwrap()[0].run_id;
    assert!(matches!(store.traces(&[run]), Err(StoreError::Damaged { .. })));
    assert_eq!(store.verify().unwrap().problems.len(), 1);
    assert_eq!(store.writer().unwrap().warnings(), [], "opening looks at sizes only");
    assert!(matches!(store.repair().unwrap()[..], [Warning::Quarantined { .. }, Warning::Withdrawn { .. }]));
    assert!(store.traces(&[run]).unwrap().is_empty());
    assert_eq!(store.repair().unwrap(), []);
}

#[test]
fn a_part_that_is_gone_is_an_error_until_a_writer_takes_it_off_the_list() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a", "b"]);
    let part = part_files(&store, "runs")[1].clone();
    fs::remove_file(&part).unwrap();
    assert!(matches!(store.runs(&Filter::default()), Err(StoreError::Missing { .. })));
    assert_eq!(store.writer().unwrap().warnings(), [Warning::Lost { file: part, rows: 1 }]);
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn a_run_that_lost_its_traces_counts_no_more_and_others_do() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a", "b", "c"]);
    let mut writer = store.writer().unwrap();
    let mut bare = finished("no trace", 0);
    bare.run.trace_rows = 0;
    writer.push(bare.clone()).unwrap();
    writer.push(finished("d", 1)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let runs = store.runs(&Filter::default()).unwrap();
    let parts = part_files(&store, "traces");
    fs::remove_file(&parts[1]).unwrap();
    fs::remove_file(parts.last().unwrap()).unwrap();
    let writer = store.writer().unwrap();
    assert_eq!(writer.warnings().last(), Some(&Warning::Withdrawn { table: crate::Table::Traces, runs: 2 }));
    drop(writer);
    let left: Vec<_> = store.runs(&Filter::default()).unwrap().iter().map(|r| r.run_id).collect();
    assert_eq!(left, [runs[0].run_id, runs[2].run_id, bare.run.run_id]);
    // It stays so, through a compaction too.
    store.compact().unwrap();
    assert_eq!(store.writer().unwrap().warnings(), []);
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 3);
}

#[test]
fn runs_that_lost_their_samples_count_no_more() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a", "b"]);
    fs::remove_file(&part_files(&store, "samples")[0]).unwrap();
    assert_eq!(store.repair().unwrap().len(), 2);
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn left_over_temporary_files_are_removed() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let clean = contents(dir.path());
    let day = part_files(&store, "samples")[0].parent().unwrap().to_owned();
    let left = [day.join(".tmp-part-x.parquet.7"), store.suite_dir().join(".tmp-MANIFEST.json.7")];
    for file in &left {
        fs::write(file, "half").unwrap();
    }
    assert_eq!(store.verify().unwrap().problems.len(), 2);
    let writer = store.writer().unwrap();
    assert_eq!(writer.warnings().len(), 2);
    assert!(writer.warnings().iter().all(|w| matches!(w, Warning::Unfinished { .. }) && !w.is_loss()));
    drop(writer);
    assert_eq!(contents(dir.path()), clean);
}

#[test]
fn a_temporary_file_of_another_suites_machine_stays_while_it_is_young() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    store.writer().unwrap().put_env(&machine(), "c").unwrap();
    let young = dir.path().join("env/.tmp-young.parquet.7");
    let old = dir.path().join("env/.tmp-old.parquet.7");
    fs::write(&young, "half").unwrap();
    let file = fs::File::create(&old).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
    assert_eq!(store.writer().unwrap().warnings(), [Warning::Unfinished { file: old }]);
    assert!(young.exists());
    assert_eq!(store.env().unwrap(), machine(), "it is not read either");
}

#[test]
fn a_part_that_is_not_listed_is_ignored_by_readers_and_adopted_by_the_next_writer() {
    let (dir, other_dir) = (tempdir().unwrap(), tempdir().unwrap());
    let store = filled(dir.path(), &["a"]);
    let other = filled(other_dir.path(), &["b"]);
    for table in ["runs", "samples", "traces"] {
        let from = part_files(&other, table)[0].clone();
        let to = part_files(&store, table)[0].with_file_name(from.file_name().unwrap());
        fs::copy(from, to).unwrap();
    }
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
    assert_eq!(store.verify().unwrap().problems.len(), 3);
    let writer = store.writer().unwrap();
    assert_eq!(writer.warnings().len(), 3);
    assert!(writer.warnings().iter().all(|w| matches!(w, Warning::Adopted { .. }) && !w.is_loss()));
    drop(writer);
    let runs = store.runs(&Filter::default()).unwrap();
    let ids: Vec<_> = runs.iter().map(|r| r.run_id).collect();
    assert_eq!((ids.len(), store.traces(&ids).unwrap().len()), (2, 8));
    assert!(store.verify().unwrap().is_clean());
    // Its runs count as stored.
    let mut writer = store.writer().unwrap();
    let again = FinishedRun { run: runs[1].clone(), samples: vec![], traces: vec![] };
    assert_eq!(writer.push(again).unwrap().len() + writer.flush().unwrap().len(), 1);
    assert_eq!(writer.pending(), 0);
}

#[test]
fn copies_of_runs_are_read_once_and_removed() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let part = part_files(&store, "runs")[0].clone();
    let copy = part.with_file_name("part-copy.parquet");
    fs::copy(&part, &copy).unwrap();
    // Without a manifest both are found, and each run is still read once.
    let manifest = fs::read(store.manifest_path()).unwrap();
    fs::remove_file(store.manifest_path()).unwrap();
    assert_eq!(store.manifest().unwrap().parts(crate::Table::Runs).len(), 2);
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
    fs::write(store.manifest_path(), manifest).unwrap();
    assert_eq!(store.writer().unwrap().warnings(), [Warning::Redundant { file: copy.clone() }]);
    assert!(!copy.exists() && part.exists());
}

#[test]
fn without_a_manifest_or_with_a_broken_one_it_is_made_anew() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a", "b"]);
    store.put_claims(&[claim("c", "a", Some(1.0))]).unwrap();
    store.put_claims(&[claim("c", "a", Some(2.0))]).unwrap();
    let (manifest, runs) = (store.manifest().unwrap(), store.runs(&Filter::default()).unwrap());

    fs::remove_file(store.manifest_path()).unwrap();
    assert_eq!(store.runs(&Filter::default()).unwrap(), runs, "readers find the parts themselves");
    drop(store.writer().unwrap());
    assert_eq!(Some(store.manifest().unwrap()), crate::manifest::Manifest::read(&store.layout).unwrap());
    assert_eq!(store.manifest().unwrap(), manifest);
    assert_eq!(store.claims().unwrap()[0].estimate, Some(2.0));

    cut(&store.manifest_path(), 20);
    let message = store.runs(&Filter::default()).unwrap_err().to_string();
    assert!(message.contains("MANIFEST.json"), "{message}");
    assert_eq!(store.verify().unwrap().problems.len(), 1);
    let writer = store.writer().unwrap();
    assert!(matches!(writer.warnings()[0], Warning::Quarantined { .. }));
    drop(writer);
    assert_eq!(store.manifest().unwrap(), manifest);
}

#[test]
fn a_manifest_cut_at_any_byte_is_made_anew_and_loses_no_run() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let mut writer = store.writer().unwrap();
    // A run without traces and samples: one part, so that the manifest is short.
    let mut bare = finished("a", 0);
    bare.samples.clear();
    (bare.run.trace_rows, bare.run.measure) = (0, r#"{"trace":{}}"#.to_owned());
    writer.push(bare).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let manifest = store.manifest().unwrap();
    let (text, runs) = (fs::read(store.manifest_path()).unwrap(), store.runs(&Filter::default()).unwrap());
    for length in 0..text.len() {
        fs::write(store.manifest_path(), &text[..length]).unwrap();
        let whole = length == text.len() - 1;
        assert_eq!(
            store.runs(&Filter::default()).is_ok(),
            whole,
            "cut to {length}: only the line's end may lack"
        );
        let writer = store.writer().unwrap();
        assert_eq!(writer.warnings().iter().any(|w| matches!(w, Warning::Quarantined { .. })), !whole);
        drop(writer);
        assert_eq!(store.manifest().unwrap(), manifest, "cut to {length}");
        assert_eq!(store.runs(&Filter::default()).unwrap(), runs, "cut to {length}");
        fs::remove_dir_all(store.quarantine_dir()).unwrap_or_default();
    }
}

#[test]
fn a_manifest_that_leads_out_of_the_folder_is_not_followed() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let (text, runs) =
        (fs::read_to_string(store.manifest_path()).unwrap(), store.runs(&Filter::default()).unwrap());
    let outside = dir.path().join("precious.parquet");
    fs::copy(&part_files(&store, "runs")[0], &outside).unwrap();
    let listed = store.manifest().unwrap().parts(crate::Table::Runs)[0].path.clone();
    fs::write(store.manifest_path(), text.replace(&listed, "runs/../../precious.parquet")).unwrap();
    let message = store.runs(&Filter::default()).unwrap_err().to_string();
    assert!(message.contains("precious.parquet` is no path of a part"), "{message}");
    let writer = store.writer().unwrap();
    assert!(
        matches!(&writer.warnings()[0], Warning::Quarantined { file, .. } if *file == store.manifest_path())
    );
    drop(writer);
    store.compact().unwrap();
    assert_eq!(store.runs(&Filter::default()).unwrap(), runs);
    assert!(outside.exists());
}

#[test]
fn runs_without_their_traces_or_samples_stay_withdrawn_when_the_manifest_is_lost() {
    for table in ["traces", "samples"] {
        let dir = tempdir().unwrap();
        let store = store(dir.path());
        let mut writer = store.writer().unwrap();
        let mut timed = finished("timed", 2);
        timed.run.measure = r#"{"solve":{"samples":1,"warmup":1}}"#.to_owned();
        let mut bare = finished("bare", 0);
        bare.samples.clear();
        (bare.run.trace_rows, bare.run.measure) = (0, r#"{"trace":{}}"#.to_owned());
        for run in [timed, bare.clone()] {
            writer.push(run).unwrap();
            writer.flush().unwrap();
        }
        drop(writer);
        fs::remove_file(&part_files(&store, table)[0]).unwrap();
        drop(store.writer().unwrap());
        let left = store.runs(&Filter::default()).unwrap();
        fs::remove_file(store.manifest_path()).unwrap();
        drop(store.writer().unwrap());
        assert_eq!(store.runs(&Filter::default()).unwrap(), left, "{table}");
        assert!(left.contains(&bare.run), "{table}");
    }
}

/// Tests may run as root, whom no permission stops: a folder in the part's place cannot be read either.
#[test]
fn a_part_that_cannot_be_read_goes_to_the_quarantine_and_the_rest_is_read() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a", "b"]);
    let part = part_files(&store, "runs")[0].clone();
    fs::remove_file(&part).unwrap();
    fs::create_dir(&part).unwrap();
    fs::write(part.join("inside"), "x").unwrap();
    let error = store.runs(&Filter::default()).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { path, .. } if *path == part), "{error}");
    let warnings = store.repair().unwrap();
    assert!(
        matches!(&warnings[0], Warning::Quarantined { to, .. } if to.join("inside").exists()),
        "{warnings:?}"
    );
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn a_file_of_another_machine_that_is_damaged_is_found_by_a_repair() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    store.writer().unwrap().put_env(&machine(), "c").unwrap();
    let other = dir.path().join("env").join(format!("{}.parquet", harness_core::EnvKey::of(b"other")));
    fs::write(&other, "no parquet").unwrap();
    assert!(store.env().is_err());
    assert!(matches!(store.repair().unwrap()[..], [Warning::Quarantined { .. }]));
    assert_eq!(store.env().unwrap(), machine());
}

#[test]
fn temporary_files_of_a_campaign_go_when_their_writer_is_gone() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let tables = store.campaign_dir("c").join("tables");
    fs::create_dir_all(&tables).unwrap();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let living = tables.join(harness_core::scratch::temporary_name("one.csv"));
    let me = format!(".{}", std::process::id());
    let gone = living.to_string_lossy().replace(&me, &format!(".{}", child.id())).replace("/tables", "");
    for file in [living.as_path(), Path::new(&gone)] {
        fs::write(file, "half").unwrap();
    }
    assert_eq!(store.verify().unwrap().problems.len(), 1);
    assert_eq!(store.writer().unwrap().warnings(), [Warning::Unfinished { file: gone.into() }]);
    assert!(living.exists());
}

#[test]
fn a_newer_schema_is_refused_and_nothing_is_touched() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let text = fs::read_to_string(store.manifest_path()).unwrap();
    fs::write(store.manifest_path(), text.replace(&format!("\"{SCHEMA}\""), "\"2.0\"")).unwrap();
    let before = contents(dir.path());
    let error = store.writer().unwrap_err();
    assert!(matches!(&error, StoreError::Schema { found, .. } if found == "2.0"));
    assert!(error.to_string().contains("out=DIR"), "{error}");
    assert_eq!(contents(dir.path()), before);
    // A newer minor version only adds columns.
    fs::write(store.manifest_path(), text.replace(&format!("\"{SCHEMA}\""), "\"1.7\"")).unwrap();
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn a_newer_part_is_refused_too_even_if_its_columns_are_others() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let mut column = crate::parquet::Builder::new(&crate::Table::Claims.columns()[0], 1);
    column.text(Some("x"));
    let metadata = [("harness.schema", "2.0"), ("harness.table", "runs")];
    let bytes = crate::parquet::encode(vec![column], &metadata).unwrap();
    let part = part_files(&store, "runs")[0].with_file_name("part-new.parquet");
    fs::write(&part, bytes).unwrap();
    assert!(matches!(store.writer(), Err(StoreError::Schema { .. })));
    assert!(part.exists());
}

#[test]
fn columns_of_newer_minor_versions_are_passed_over_and_missing_ones_are_null() {
    let run = record("a");
    let columns = crate::Table::Runs.columns();
    let mut builders = crate::rows::build(&[&run]);
    // An older file without the column `gap`, a newer one with a column more.
    builders.remove(columns.iter().position(|c| c.name == "gap").unwrap());
    let new = crate::Column { name: "later", kind: crate::Kind::Int64, nullable: true };
    let mut later = crate::parquet::Builder::new(&new, 1);
    later.int64(Some(1));
    builders.push(later);
    let metadata = [("harness.schema", "1.7"), ("harness.table", "runs")];
    let bytes = crate::parquet::encode(builders, &metadata).unwrap();
    let read: Vec<harness_core::RunRecord> = crate::read::all_rows("x".as_ref(), &bytes).unwrap();
    assert_eq!(read, [run]);
}

#[test]
fn files_that_are_not_ours_go_to_the_quarantine() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    let day = part_files(&store, "runs")[0].parent().unwrap().to_owned();
    fs::write(day.join("part-empty.parquet"), "").unwrap();
    fs::write(day.join("part-text.parquet"), "PAR1 not really PAR1").unwrap();
    fs::copy(&part_files(&store, "traces")[0], day.join("part-traces.parquet")).unwrap();
    fs::write(day.join("notes.txt"), "mine").unwrap();
    let writer = store.writer().unwrap();
    assert_eq!(writer.warnings().len(), 3, "{:?}", writer.warnings());
    assert!(writer.warnings().iter().all(|w| matches!(w, Warning::Quarantined { .. })));
    assert!(day.join("notes.txt").exists(), "other names are left alone");
    assert_eq!(store.runs(&Filter::default()).unwrap().len(), 1);
    // A second file of the same name does not replace the first.
    drop(writer);
    fs::write(day.join("part-empty.parquet"), "").unwrap();
    drop(store.writer().unwrap());
    assert!(store.quarantine_dir().join("part-empty.parquet.1").exists());
}

#[test]
fn a_damaged_file_of_a_machine_is_replaced() {
    let dir = tempdir().unwrap();
    let store = filled(dir.path(), &["a"]);
    store.writer().unwrap().put_env(&machine(), "c").unwrap();
    cut(&store.env_path(&machine()[0].env_key), 3);
    assert!(matches!(store.env(), Err(StoreError::Damaged { .. })));
    assert_eq!(store.verify().unwrap().problems.len(), 1);
    let mut writer = store.writer().unwrap();
    assert!(writer.put_env(&machine(), "c").unwrap());
    assert!(matches!(writer.warnings(), [Warning::Quarantined { .. }]));
    assert_eq!(store.env().unwrap(), machine());
}

#[test]
fn a_file_cut_at_any_byte_is_an_error_and_not_a_panic() {
    let run = finished("a", 20);
    let bytes = encode(&run.traces.iter().collect::<Vec<_>>(), &[]).unwrap();
    let columns = crate::Table::Traces.columns();
    for end in 0..bytes.len() {
        assert!(crate::parquet::decode(&bytes[..end], &columns).is_err(), "cut at {end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_that_are_no_parquet_file_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(crate::parquet::decode(&bytes, &crate::Table::Runs.columns()).is_err());
    }
}
