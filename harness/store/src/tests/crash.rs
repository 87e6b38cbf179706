//! A crash at every step of every write: what was durable stays, what is there is whole, and the next writer goes on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness_core::RunId;
use harness_core::record::FinishedRun;
use tempfile::tempdir;

use super::{QuickFs, claim, finished, machine, store};
use crate::fs::Fs;
use crate::recover::Warning;
use crate::schema::Table;
use crate::select::Filter;
use crate::store::Store;

/// What happens at the step that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The process dies: nothing after it happens.
    Dies,
    /// This one step fails, as on a disk that is full for a moment.
    Once,
}

/// A disk that fails at one step.
#[derive(Debug)]
struct FaultyFs {
    at: usize,
    fault: Fault,
    steps: AtomicUsize,
}

impl FaultyFs {
    fn step(&self) -> io::Result<()> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        let fails = step == self.at || (self.fault == Fault::Dies && step > self.at);
        if fails { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
    }

    fn was_reached(&self) -> bool {
        self.steps.load(Ordering::SeqCst) > self.at
    }
}

impl Fs for FaultyFs {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.step()?;
        QuickFs.create_dir(dir)
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let step = self.steps.load(Ordering::SeqCst);
        if let Err(error) = self.step() {
            if step == self.at {
                // The step that fails leaves half of a file.
                QuickFs.write_synced(path, &bytes[..bytes.len() / 2])?;
            }
            return Err(error);
        }
        QuickFs.write_synced(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        QuickFs.rename(from, to)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step()?;
        QuickFs.sync_dir(dir)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        QuickFs.remove(path)
    }
}

/// Does `work` on a disk that fails at step 0, 1, 2, … until no step fails any more; after each, `check`.
fn at_every_step<T>(
    fault: Fault,
    prepare: impl Fn(&Store) -> T,
    work: impl Fn(&Store, &T) -> Vec<RunId>,
    check: impl Fn(&Store, T, Vec<RunId>),
) -> usize {
    for at in 0.. {
        let dir = tempdir().unwrap();
        let good = store(dir.path());
        let prepared = prepare(&good);
        let disk = Arc::new(FaultyFs { at, fault, steps: AtomicUsize::new(0) });
        let mut bad = good.clone();
        bad.disk = disk.clone();
        let durable = work(&bad, &prepared);
        let reached = disk.was_reached();
        check(&good, prepared, durable);
        if !reached {
            return at;
        }
    }
    unreachable!("some number of steps is enough")
}

fn ids(store: &Store) -> Vec<RunId> {
    store.runs(&Filter::default()).unwrap().iter().map(|run| run.run_id).collect()
}

/// After a crash: every run that was said to be durable is there, whole, and once; pushing the others from their
/// journals makes the store complete, and nothing is left over.
fn check_runs(store: &Store, runs: &[FinishedRun], durable: &[RunId]) {
    let seen = ids(store);
    for id in durable {
        assert!(seen.contains(id), "a durable run is gone");
    }
    let mut writer = store.writer().unwrap();
    assert!(writer.warnings().iter().all(|w| !w.is_loss()), "{:?}", writer.warnings());
    for run in runs {
        writer.push(run.clone()).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    let expected: Vec<RunId> = runs.iter().map(|r| r.run.run_id).collect();
    assert_eq!(ids(store), expected);
    let traces = store.traces(&expected).unwrap();
    assert_eq!(traces.len(), runs.iter().map(|r| r.traces.len()).sum::<usize>());
    assert_eq!(store.samples(&expected).unwrap().len(), runs.iter().map(|r| r.samples.len()).sum::<usize>());
    // One more opening tidies up what a crash in between left; then everything is in order.
    drop(store.writer().unwrap());
    assert_eq!(store.verify().unwrap().problems, []);
    assert_eq!(ids(store), expected);
}

#[test]
fn a_crash_at_any_step_of_the_first_batches_loses_no_durable_run() {
    let steps = at_every_step(
        Fault::Dies,
        |_| (0..4).map(|i| finished(&format!("cell {i}"), 2)).collect::<Vec<_>>(),
        |store, runs| {
            let mut durable = Vec::new();
            let Ok(mut writer) = store.writer() else { return durable };
            for pair in runs.chunks(2) {
                for run in pair {
                    durable.extend(writer.push(run.clone()).unwrap_or_default());
                }
                durable.extend(writer.flush().unwrap_or_default());
            }
            durable
        },
        |store, runs, durable| check_runs(store, &runs, &durable),
    );
    // Folders, three parts and a manifest of three calls each, twice.
    assert!(steps > 24, "only {steps} steps");
}

#[test]
fn a_write_that_fails_once_can_be_tried_again_by_the_same_writer() {
    at_every_step(
        Fault::Once,
        |_| (0..2).map(|i| finished(&format!("cell {i}"), 2)).collect::<Vec<_>>(),
        |store, runs| {
            let mut writer = store.writer().or_else(|_| store.writer()).unwrap();
            for run in runs {
                writer.push(run.clone()).unwrap();
            }
            let durable = writer.flush().or_else(|_| writer.flush()).unwrap();
            assert_eq!(durable.len(), runs.len());
            assert_eq!(store.manifest().unwrap().parts(Table::Runs).len(), 1, "what failed is not listed");
            durable
        },
        |store, runs, durable| check_runs(store, &runs, &durable),
    );
}

#[test]
fn a_crash_at_any_step_of_a_compaction_loses_and_doubles_nothing() {
    let steps = at_every_step(
        Fault::Dies,
        |store| {
            let runs: Vec<_> = (0..3).map(|i| finished(&format!("cell {i}"), 2)).collect();
            let mut writer = store.writer().unwrap();
            for run in &runs {
                writer.push(run.clone()).unwrap();
                writer.flush().unwrap();
            }
            runs
        },
        |store, runs| {
            let _ = store.compact();
            runs.iter().map(|r| r.run.run_id).collect()
        },
        |store, runs, durable| {
            let seen = ids(store);
            assert_eq!(seen, durable);
            assert_eq!(store.traces(&seen).unwrap().len(), 12);
            check_runs(store, &runs, &durable);
        },
    );
    assert!(steps > 15, "only {steps} steps");
}

#[test]
fn a_crash_at_any_step_of_storing_verdicts_leaves_the_old_or_the_new() {
    let (old, new) = ([claim("c", "a", Some(1.0))], [claim("c", "a", Some(2.0))]);
    at_every_step(
        Fault::Dies,
        |store| assert!(store.put_claims(&old).unwrap()),
        |store, ()| {
            let _ = store.put_claims(&new);
            Vec::new()
        },
        |store, (), _| {
            let estimate = store.claims().unwrap()[0].estimate;
            assert!(estimate == Some(1.0) || estimate == Some(2.0));
            store.put_claims(&new).unwrap();
            assert_eq!(store.claims().unwrap()[0].estimate, Some(2.0));
            drop(store.writer().unwrap());
            assert_eq!(store.claims().unwrap()[0].estimate, Some(2.0));
            assert_eq!(store.verify().unwrap().problems, []);
        },
    );
}

#[test]
fn a_crash_while_a_machine_is_stored_leaves_no_half_file() {
    at_every_step(
        Fault::Dies,
        |_| (),
        |store, ()| {
            if let Ok(mut writer) = store.writer() {
                let _ = writer.put_env(&machine(), "c");
            }
            Vec::new()
        },
        |store, (), _| {
            let stored = store.env().unwrap();
            assert!(stored.is_empty() || stored == machine());
            store.writer().unwrap().put_env(&machine(), "c").unwrap();
            assert_eq!(store.env().unwrap(), machine());
        },
    );
}

#[test]
fn a_crash_while_recovering_is_recovered_from() {
    at_every_step(
        Fault::Dies,
        |store| {
            let runs = vec![finished("a", 2), finished("b", 2)];
            let mut writer = store.writer().unwrap();
            writer.push(runs[0].clone()).unwrap();
            writer.flush().unwrap();
            let manifest = std::fs::read(store.manifest_path()).unwrap();
            writer.push(runs[1].clone()).unwrap();
            writer.flush().unwrap();
            drop(writer);
            // As if the crash had come before the second manifest, and a temporary file had stayed.
            std::fs::write(store.manifest_path(), manifest).unwrap();
            std::fs::write(store.suite_dir().join(".tmp-MANIFEST.json.1"), "{").unwrap();
            runs
        },
        |store, _| {
            drop(store.writer());
            Vec::new()
        },
        |store, runs, durable| {
            assert!(ids(store).contains(&runs[0].run.run_id));
            check_runs(store, &runs, &durable);
            let adopted = |w: &Warning| matches!(w, Warning::Adopted { .. });
            assert!(!store.writer().unwrap().warnings().iter().any(adopted), "adopted once only");
        },
    );
}

/// A disk that writes down what it is asked to do.
#[derive(Debug, Default)]
struct RecordingFs(Mutex<Vec<String>>);

impl RecordingFs {
    /// A path by its last name, without what differs between runs.
    fn note(&self, call: &str, path: &Path) {
        let name = path.file_name().unwrap().to_string_lossy();
        let kind = match () {
            () if name.starts_with(".tmp-part-") => "temporary part",
            () if name.starts_with("part-") => "part",
            () if name.starts_with(".tmp-MANIFEST") => "temporary manifest",
            () => &name,
        };
        self.0.lock().unwrap().push(format!("{call} {kind}"));
    }
}

impl Fs for RecordingFs {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        QuickFs.create_dir(dir)?;
        self.note("create", dir);
        Ok(())
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        QuickFs.write_synced(path, bytes)?;
        self.note("write", path);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        assert_eq!(from.parent(), to.parent(), "a rename is atomic within a folder");
        QuickFs.rename(from, to)?;
        self.note("rename to", to);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.note("sync", dir);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        QuickFs.remove(path)?;
        self.note("remove", path);
        Ok(())
    }
}

/// What a loss of power may undo is what was not synced; no test can cut the power, but the order of calls can be held.
#[test]
fn every_entry_is_synced_before_what_refers_to_it() {
    let dir = tempdir().unwrap();
    let disk = Arc::new(RecordingFs::default());
    let mut store = store(dir.path());
    store.disk = disk.clone();
    let mut writer = store.writer().unwrap();
    let results = dir.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(
        std::mem::take(&mut *disk.0.lock().unwrap()),
        ["create suite".to_owned(), format!("sync {results}")]
    );
    let mut run = finished("a", 1);
    run.samples.clear();
    writer.push(run).unwrap();
    writer.flush().unwrap();
    let day = "day=2026-03-01";
    let part = |table: &str| {
        [
            format!("create {table}"),
            "sync suite".to_owned(),
            format!("create {day}"),
            format!("sync {table}"),
            "write temporary part".to_owned(),
            "rename to part".to_owned(),
            format!("sync {day}"),
        ]
    };
    let manifest = ["write temporary manifest", "rename to MANIFEST.json", "sync suite"].map(str::to_owned);
    let expected = [part("traces").as_slice(), &part("runs"), &manifest].concat();
    assert_eq!(std::mem::take(&mut *disk.0.lock().unwrap()), expected);

    writer.push(finished("b", 0)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    disk.0.lock().unwrap().clear();
    store.compact().unwrap();
    let calls = disk.0.lock().unwrap().clone();
    let at = |call: &str| calls.iter().position(|c| c == call).unwrap();
    assert!(at("rename to MANIFEST.json") < at("remove part"), "{calls:?}");
    assert_eq!(calls[at("remove part") - 1], "sync suite", "the manifest is durable before a part goes");
}
