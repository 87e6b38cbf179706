//! When and what the writer writes.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use harness_core::record::Outcome;
use harness_core::{CodeKey, EnvKey, RunId};
use tempfile::tempdir;

use super::{StillClock, audit, claim, contents, finished, machine, part_files, record, store};
use crate::error::StoreError;
use crate::select::{Filter, latest};
use crate::store::Store;
use crate::writer::Policy;

#[test]
fn a_folder_that_is_not_there_reads_as_empty_and_is_not_made() {
    let dir = tempdir().unwrap();
    let store = Store::open(dir.path().join("none"), "suite");
    assert!(store.runs(&Filter::default()).unwrap().is_empty());
    assert!(store.traces(&[RunId::fresh()]).unwrap().is_empty());
    assert!(store.samples(&[RunId::fresh()]).unwrap().is_empty());
    assert!(store.env().unwrap().is_empty() && store.claims().unwrap().is_empty());
    assert!(store.campaigns().unwrap().is_empty());
    assert!(store.verify().unwrap().is_clean());
    assert!(!dir.path().join("none").exists());
}

#[test]
fn a_batch_is_one_part_a_table_and_is_due_at_its_size() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let mut writer = store.writer().unwrap().with_policy(Policy { runs: 3, ..Policy::default() });
    let runs = [finished("a", 2), finished("b", 2), finished("c", 2)];
    assert_eq!(writer.push(runs[0].clone()).unwrap(), []);
    assert_eq!(writer.push(runs[1].clone()).unwrap(), []);
    assert!(store.runs(&Filter::default()).unwrap().is_empty(), "nothing is durable yet");
    let durable = writer.push(runs[2].clone()).unwrap();
    assert_eq!(durable, runs.each_ref().map(|r| r.run.run_id));
    assert_eq!(writer.pending(), 0);
    for table in ["runs", "samples", "traces"] {
        let files = part_files(&store, table);
        assert_eq!(files.len(), 1, "{table}");
        assert_eq!(files[0].parent().unwrap(), store.suite_dir().join(table).join("day=2026-03-01"));
    }
    assert_eq!(writer.flush().unwrap(), [], "there is nothing more to write");
}

#[test]
fn a_batch_is_due_at_its_age() {
    let dir = tempdir().unwrap();
    let clock = StillClock::new();
    let store = Store::open(dir.path(), "suite").with_clock(clock.clone());
    let mut writer = store.writer().unwrap();
    clock.advance(Duration::from_secs(3600));
    assert_eq!(
        writer.push(finished("a", 1)).unwrap(),
        [],
        "age counts from the first run, not from the start"
    );
    clock.advance(Duration::from_millis(29_999));
    assert_eq!(writer.flush_if_due().unwrap(), []);
    clock.advance(Duration::from_millis(1));
    assert_eq!(writer.flush_if_due().unwrap().len(), 1);
    assert_eq!(writer.push(finished("b", 1)).unwrap(), [], "the next batch has its own age");
}

#[test]
fn a_run_that_is_stored_is_durable_at_once_and_not_stored_again() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let run = finished("a", 2);
    let mut writer = store.writer().unwrap();
    writer.push(run.clone()).unwrap();
    writer.push(run.clone()).unwrap();
    assert_eq!(writer.pending(), 1, "the same run twice in a batch");
    assert!(!writer.holds(run.run.run_id).unwrap(), "it is not durable before it is flushed");
    writer.flush().unwrap();
    drop(writer);
    let before = contents(dir.path());
    let mut writer = store.writer().unwrap();
    assert!(writer.holds(run.run.run_id).unwrap() && !writer.holds(RunId::fresh()).unwrap());
    assert_eq!(writer.push(run.clone()).unwrap(), [run.run.run_id]);
    assert_eq!(writer.flush().unwrap(), []);
    drop(writer);
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn running_twice_with_nothing_new_changes_no_byte() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let claims = [claim("campaign", "b", Some(f64::NAN)), claim("campaign", "a", None)];
    let mut writer = store.writer().unwrap();
    writer.push(finished("a", 2)).unwrap();
    writer.flush().unwrap();
    assert!(writer.put_env(&machine(), "campaign").unwrap());
    assert!(writer.put_claims(&claims).unwrap());
    drop(writer);
    let before = contents(dir.path());

    let mut writer = store.writer().unwrap();
    assert_eq!(writer.warnings(), []);
    assert!(!writer.put_env(&machine(), "another").unwrap());
    assert!(!writer.put_claims(&claims).unwrap());
    assert_eq!(writer.flush().unwrap(), []);
    drop(writer);
    assert!(!store.put_claims(&claims).unwrap());
    assert!(!store.put_claims(&[]).unwrap());
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn verdicts_are_stored_when_they_change_and_the_last_count() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let (first, other) = ([claim("c1", "a", Some(1.0))], [claim("c2", "a", Some(2.0))]);
    assert!(store.put_claims(&first).unwrap());
    assert!(store.put_claims(&other).unwrap());
    // A bit that `==` does not see is a change; so is going back to what was stored before.
    let changed = [claim("c1", "a", Some(-0.0))];
    assert!(store.put_claims(&[claim("c1", "a", Some(0.0))]).unwrap());
    assert!(store.put_claims(&changed).unwrap());
    assert_eq!(store.claims().unwrap()[0].estimate.map(f64::to_bits), Some((-0.0f64).to_bits()));
    assert!(store.put_claims(&first).unwrap());
    let estimates: Vec<_> =
        store.claims().unwrap().iter().map(|c| (c.campaign_id.clone(), c.estimate)).collect();
    assert_eq!(estimates, [("c1".to_owned(), Some(1.0)), ("c2".to_owned(), Some(2.0))]);
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let writer = store.writer().unwrap();
    let error = store.writer().unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }));
    let message = error.to_string();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    assert!(message.contains("out=DIR"), "{message}");
    let holder = store.verify().unwrap().writer.unwrap();
    assert!(holder.starts_with(&format!("process {}", std::process::id())), "{holder}");
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    assert!(holder.ends_with(host.trim()), "{holder}");
    // Another suite in the same folder is another lock.
    Store::open(dir.path(), "other").writer().unwrap();
    drop(writer);
    store.writer().unwrap();
    assert_eq!(store.verify().unwrap().writer, None);
}

#[test]
fn rows_that_do_not_belong_together_are_refused() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let mut writer = store.writer().unwrap();
    let mut mixed = finished("a", 1);
    mixed.traces[0].run_id = RunId::fresh();
    assert!(matches!(writer.push(mixed), Err(StoreError::Mixed { .. })));
    let mut mixed = finished("a", 1);
    mixed.samples[0].run_id = RunId::fresh();
    assert!(matches!(writer.push(mixed), Err(StoreError::Mixed { .. })));
    let mut mixed = finished("a", 1);
    mixed.run.suite = "other".to_owned();
    assert!(matches!(writer.push(mixed), Err(StoreError::Mixed { .. })));
    let mut rows = machine();
    rows[1].env_key = EnvKey::of(b"other");
    assert!(matches!(writer.put_env(&rows, "c"), Err(StoreError::Mixed { .. })));
    assert!(writer.put_claims(&[claim("c1", "a", None), claim("c2", "a", None)]).is_err());
    assert_eq!(writer.pending(), 0);
}

#[test]
fn filters_select_and_traces_are_those_of_the_runs_asked_for() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let mut writer = store.writer().unwrap().with_policy(Policy { runs: 2, ..Policy::default() });
    let mut all: Vec<_> = ["a", "b", "a", "c", "b"].map(|cell| finished(cell, 2)).to_vec();
    all[1].run.campaign_id = "other".to_owned();
    all[2].run.code_key = CodeKey::of(b"new code");
    for run in &all {
        writer.push(run.clone()).unwrap();
    }
    writer.flush().unwrap();
    let ids = |filter: &Filter| store.runs(filter).unwrap().iter().map(|r| r.run_id).collect::<Vec<_>>();
    let of = |picked: &[usize]| picked.iter().map(|i| all[*i].run.run_id).collect::<Vec<_>>();
    assert_eq!(ids(&Filter::default()), of(&[0, 1, 2, 3, 4]));
    assert_eq!(ids(&Filter::campaign("other")), of(&[1]));
    assert_eq!(
        ids(&Filter::cells([all[0].run.cell_key.clone(), all[3].run.cell_key.clone()])),
        of(&[0, 2, 3])
    );
    assert_eq!(ids(&Filter { code: Some(CodeKey::of(b"code")), ..Filter::default() }), of(&[0, 1, 3, 4]));
    assert_eq!(ids(&Filter { env: Some(EnvKey::of(b"no")), ..Filter::default() }), of(&[]));

    let picked = of(&[3, 0]);
    let traces = store.traces(&picked).unwrap();
    assert_eq!(traces.len(), 8);
    assert_eq!(traces.iter().map(|t| t.run_id).collect::<BTreeSet<_>>(), picked.iter().copied().collect());
    assert!(traces.is_sorted_by_key(|t| (t.cell_key.clone(), t.run_id, t.metric.clone(), t.step)));
    assert_eq!(store.samples(&picked).unwrap().len(), 4);
    assert!(store.traces(&[]).unwrap().is_empty());
}

#[test]
fn an_analysis_takes_the_latest_run_that_says_something() {
    let with = |outcome, code: &str| {
        let mut run = record("a");
        run.outcome = outcome;
        run.code_key = CodeKey::of(code.as_bytes());
        run
    };
    let mut runs = vec![
        with(Outcome::Ok, "1"),
        with(Outcome::Timeout, "1"),
        with(Outcome::Panic, "1"),
        with(Outcome::Interrupted, "1"),
        with(Outcome::Ok, "2"),
        with(Outcome::Error, "3"),
    ];
    let expected: BTreeSet<RunId> = [runs[1].run_id, runs[4].run_id].into();
    let chosen: Vec<RunId> = latest(&runs).iter().map(|r| r.run_id).collect();
    assert_eq!(chosen.iter().copied().collect::<BTreeSet<_>>(), expected);
    runs.reverse();
    assert_eq!(
        latest(&runs).iter().map(|r| r.run_id).collect::<Vec<_>>(),
        chosen,
        "their order does not matter"
    );
}

#[test]
fn the_latest_run_is_the_last_attempt_even_if_the_clock_was_set_back() {
    // Run ids grow with the clock: these two are of the same cell, and the clock was set back between them.
    let (mut first, mut second) = (record("a"), record("a"));
    std::mem::swap(&mut first.run_id, &mut second.run_id);
    (first.attempt, second.attempt) = (3, 4);
    assert!(second.run_id < first.run_id && second.started_unix_ns == first.started_unix_ns);
    for runs in [[first.clone(), second.clone()], [second.clone(), first.clone()]] {
        assert_eq!(latest(&runs), [&second]);
    }
    // Attempts that were counted apart, on two machines, say nothing: then the ids decide.
    second.attempt = first.attempt;
    assert_eq!(latest(&[second, first.clone()]), [&first]);
}

#[test]
fn the_files_say_what_they_are() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let mut writer = store.writer().unwrap();
    let mut other = finished("b", 1);
    other.run.campaign_id = "another".to_owned();
    writer.push(finished("a", 1)).unwrap();
    writer.push(other).unwrap();
    writer.flush().unwrap();
    writer.put_env(&machine(), "campaign").unwrap();
    writer.put_claims(&[claim("campaign", "a", None)]).unwrap();
    writer.put_audits(&[audit("campaign")]).unwrap();
    for table in crate::Table::ALL {
        let files = store.files(table).unwrap();
        assert_eq!(files.len(), 1, "{table}");
        let bytes = fs::read(&files[0]).unwrap();
        let metadata = crate::parquet::decode(&bytes, &[]).unwrap().metadata;
        assert_eq!(metadata["harness.schema"], crate::SCHEMA);
        assert_eq!(metadata["harness.table"], table.as_str());
        assert_eq!(metadata["harness.version"], env!("CARGO_PKG_VERSION"));
        let campaigns = match table {
            crate::Table::Env | crate::Table::Claims | crate::Table::Audits => "campaign",
            _ => "another,campaign",
        };
        assert_eq!(metadata["harness.campaign"], campaigns);
    }
}

#[test]
fn a_new_part_raises_the_schema_of_an_older_manifest_and_leaves_that_of_a_newer_one() {
    for (found, after) in [("1.0", crate::SCHEMA), ("1.777", "1.777")] {
        let dir = tempdir().unwrap();
        let store = store(dir.path());
        let push = |cell: &str| {
            let mut writer = store.writer().unwrap();
            writer.push(finished(cell, 1)).unwrap();
            writer.flush().unwrap();
        };
        push("a");
        let text = fs::read_to_string(store.manifest_path()).unwrap();
        fs::write(store.manifest_path(), text.replace(crate::SCHEMA, found)).unwrap();
        drop(store.writer().unwrap());
        assert_eq!(store.manifest().unwrap().schema, found, "nothing was written");
        push("b");
        assert_eq!(store.manifest().unwrap().schema, after);
    }
}
