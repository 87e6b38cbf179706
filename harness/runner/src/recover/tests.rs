//! Folders of journals as runners leave them that die at any moment, on any disk.

use std::fs;
use std::path::PathBuf;

use harness_core::frame::{Begin, Frame, Point, Ready, write_frame};
use harness_core::protocol::WORKER_PROTOCOL;
use harness_core::{Outcome, RunId, SolverStatus};
use tempfile::TempDir;

use super::*;
use crate::facts::{Exit, ProcessFacts};
use crate::journal::Ticket;
use crate::sink::MemorySink;
use crate::spare::Step;
use crate::testing;

/// A suite's folder, with what a runner left there.
struct Left {
    dir: TempDir,
}

impl Left {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn journals(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    fn quarantine(&self) -> PathBuf {
        self.dir.path().join("quarantine")
    }

    /// Leaves a run behind: its ticket with what was seen of its process, and its journal, as they are given.
    fn run(&self, ticket: &[u8], journal: &[u8]) {
        let folder = JournalDir::create(&self.journals()).unwrap();
        let run = run_id();
        fs::write(folder.path().join(format!("{run}.request.json")), ticket).unwrap();
        fs::write(folder.journal(run), journal).unwrap();
    }

    /// Recovers, and checks that nothing is left, whatever there was.
    fn recover(&self) -> Vec<FinishedRun> {
        let mut sink = MemorySink::default();
        let n = recover_into(&self.journals(), &self.quarantine(), &mut sink).unwrap();
        assert_eq!(n, sink.runs.len());
        assert_eq!(names(&self.journals()), [""; 0], "something is left");
        sink.runs
    }
}

/// The run of [`ticket`].
fn run_id() -> RunId {
    "0198a0c0-0000-7000-8000-000000000001".parse().unwrap()
}

/// The names of everything in a folder.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn ticket() -> Ticket {
    let mut ticket = testing::ticket();
    ticket.request.run_id = run_id();
    ticket
}

/// The three lines of a ticket, as they lie on the disk.
fn lines() -> [Vec<u8>; 3] {
    let ticket = ticket();
    let facts = ProcessFacts { stderr_tail: "last words".into(), ..testing::facts(Exit::Signal(11)) };
    let line = |json: serde_json::Result<Vec<u8>>| [json.unwrap(), b"\n".to_vec()].concat();
    [
        line(serde_json::to_vec(&ticket.request)),
        line(serde_json::to_vec(&ticket.context)),
        line(serde_json::to_vec(&facts)),
    ]
}

/// A journal, and where each of its frames ends.
fn journal() -> (Vec<u8>, Vec<usize>) {
    let ticket = ticket();
    let begin = Frame::Begin(Begin {
        protocol: WORKER_PROTOCOL,
        run_id: ticket.request.run_id,
        cell_key: ticket.request.cell_key,
        code_key: ticket.request.code_key,
        pid: 2,
        started_unix_ns: 6,
        quiet: std::collections::BTreeMap::new(),
    });
    let ready =
        Frame::Ready(Ready { instance: serde_json::Map::new(), setup_ns: 40, vmhwm_bytes: Some(1000) });
    let point = |step: u64| {
        let values = [("err", 1.0 / (1 + step) as f64)].into_iter().collect();
        Frame::Point(Point { step, t_ns: 100, cpu_ns: 90, work: step, values })
    };
    let end = Frame::End(Box::new(testing::end(SolverStatus::Solved)));
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for frame in [begin, ready, point(0), point(1), point(2), point(3), end] {
        write_frame(&mut bytes, &frame).unwrap();
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// How many frames of [`journal`] come before its points.
const BEFORE_POINTS: usize = 2;

#[test]
fn a_journal_cut_at_any_byte_gives_back_every_complete_record() {
    let [request, context, _] = lines();
    let (bytes, ends) = journal();
    let left = Left::new();
    for cut in 0..=bytes.len() {
        left.run(&[request.clone(), context.clone()].concat(), &bytes[..cut]);
        let [run] = &left.recover()[..] else { panic!("one run is recovered, cut at {cut}") };
        let complete = ends.iter().filter(|end| **end <= cut).count();
        let curve: Vec<i64> = run.traces.iter().filter(|r| r.metric == "err").map(|r| r.step).collect();
        let points = complete.saturating_sub(BEFORE_POINTS).min(4);
        assert_eq!(curve, (0..points as i64).collect::<Vec<_>>(), "cut at {cut}");
        let outcome = if complete == ends.len() { Outcome::Ok } else { Outcome::Interrupted };
        assert_eq!((run.run.outcome, run.run.trace_rows), (outcome, 2 * points as i64), "cut at {cut}");
    }
    assert!(!left.quarantine().exists(), "a torn journal is no damage: its end was not written");
}

#[test]
fn a_ticket_cut_at_any_byte_is_a_run_that_had_not_started_or_was_not_seen_to_end() {
    let [request, context, facts] = lines();
    let started = request.len() + context.len();
    let whole = [request, context, facts].concat();
    let (journal, _) = journal();
    let left = Left::new();
    for cut in 0..=whole.len() {
        left.run(&whole[..cut], &journal);
        let outcomes: Vec<Outcome> = left.recover().iter().map(|run| run.run.outcome).collect();
        let expected = match cut {
            cut if cut < started => vec![],
            cut if cut < whole.len() => vec![Outcome::Ok],
            _ => vec![Outcome::Signal],
        };
        assert_eq!(outcomes, expected, "cut at {cut}");
    }
    assert!(!left.quarantine().exists());
}

#[test]
fn a_ticket_with_a_flipped_bit_is_read_or_kept_in_the_quarantine() {
    let whole = lines().concat();
    let (journal, _) = journal();
    let left = Left::new();
    // Of the first line the version tells damage from another version: that is another test.
    let from = format!("{{\"protocol\":{WORKER_PROTOCOL},").len();
    let mut damaged = 0;
    for at in (from..whole.len()).filter(|at| whole[*at] != b'\n') {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        left.run(&broken, &journal);
        let recovered = left.recover().len();
        let kept = names(&left.quarantine()).len();
        fs::remove_dir_all(left.quarantine()).unwrap_or_default();
        damaged += kept / 2;
        assert!(
            matches!((recovered, kept), (1, 0) | (0, 2)),
            "bit at {at}: {recovered} recovered, {kept} files kept"
        );
    }
    assert!(damaged > 100, "only {damaged} flipped bits were damage");
}

#[test]
fn a_journal_that_cannot_be_read_goes_to_the_quarantine_and_the_rest_is_recovered() {
    let [request, context, facts] = lines();
    let left = Left::new();
    let (bytes, _) = journal();
    left.run(&[request.clone(), context.clone(), facts].concat(), &bytes);
    let folder = JournalDir::create(&left.journals()).unwrap();
    let run = RunId::fresh();
    let other = String::from_utf8(request).unwrap().replace(&run_id().to_string(), &run.to_string());
    fs::write(folder.path().join(format!("{run}.request.json")), [other.into_bytes(), context].concat())
        .unwrap();
    fs::create_dir(folder.journal(run)).unwrap();
    drop(folder);
    assert_eq!(left.recover().len(), 1);
    assert_eq!(names(&left.quarantine()), [format!("{run}.jsonl"), format!("{run}.request.json")]);
}

#[test]
fn a_ticket_of_another_version_is_left_to_that_version() {
    let [request, context, _] = lines();
    let ours = format!("{{\"protocol\":{WORKER_PROTOCOL},");
    let newer = String::from_utf8(request).unwrap().replace(&ours, r#"{"protocol":99,"new":1,"#);
    let left = Left::new();
    left.run(&[newer.into_bytes(), context].concat(), b"");
    let mut sink = MemorySink::default();
    assert_eq!(recover_into(&left.journals(), &left.quarantine(), &mut sink).unwrap(), 0);
    let folder = left.journals().join(&names(&left.journals())[0]);
    assert_eq!(names(&folder).len(), 3, "ticket, journal and lock");
    assert!(!left.quarantine().exists());
}

#[test]
fn a_runner_that_dies_while_it_makes_or_removes_its_folder_leaves_nothing_for_good() {
    let left = Left::new();
    for (folder, has_lock) in
        [(".0198-before-its-lock", false), (".0198-with-its-lock", true), ("0198-at-the-end", false)]
    {
        let folder = left.journals().join(folder);
        fs::create_dir_all(&folder).unwrap();
        if has_lock {
            fs::write(folder.join("lock"), "").unwrap();
        }
    }
    assert!(left.recover().is_empty());
}

/// A run that ended well, issued, closed and with a journal.
fn ended_well(folder: &JournalDir, run: RunId) {
    let mut ticket = ticket();
    ticket.request.run_id = run;
    let request = folder.issue(&ticket).unwrap();
    assert!(request.ends_with(b"\n"));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(false).open(folder.journal(run)).unwrap();
    std::io::Write::write_all(&mut file, &journal().0).unwrap();
    let facts: ProcessFacts = serde_json::from_slice(&lines()[2]).unwrap();
    folder.close(run, &ProcessFacts { exit: Exit::Code(0), ..facts }).unwrap();
}

/// The inodes of the files of runs in a folder.
fn inodes(folder: &JournalDir) -> Vec<u64> {
    use std::os::unix::fs::MetadataExt;
    let files = names(folder.path()).into_iter().filter(|name| name != "lock");
    let mut inodes: Vec<u64> =
        files.map(|name| fs::metadata(folder.path().join(name)).unwrap().ino()).collect();
    inodes.sort_unstable();
    inodes
}

#[test]
fn files_of_durable_runs_that_ended_well_are_used_again_and_hold_the_new_run_alone() {
    let left = Left::new();
    let folder = JournalDir::create(&left.journals()).unwrap();
    let first = RunId::fresh();
    ended_well(&folder, first);
    let files = inodes(&folder);
    folder.discard(&[first]);
    for _ in 0..3 {
        let run = RunId::fresh();
        ended_well(&folder, run);
        assert_eq!(inodes(&folder), files, "no file was made");
        let (found, damaged) = folder.find().unwrap();
        assert!(damaged.is_empty());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ticket.request.run_id, run);
        assert_eq!(found[0].journal, harness_core::frame::read_journal(&mut &journal().0[..]).unwrap());
        folder.discard(&[run]);
    }
    folder.remove_if_empty();
    assert_eq!(names(&left.journals()), [""; 0]);
}

#[test]
fn files_of_runs_that_did_not_end_well_are_deleted() {
    let left = Left::new();
    let folder = JournalDir::create(&left.journals()).unwrap();
    let facts: ProcessFacts = serde_json::from_slice(&lines()[2]).unwrap();
    let leaked = ProcessFacts { exit: Exit::Code(0), leaked: true, ..facts.clone() };
    for facts in [facts, leaked] {
        let run = RunId::fresh();
        let mut ticket = ticket();
        ticket.request.run_id = run;
        folder.issue(&ticket).unwrap();
        folder.close(run, &facts).unwrap();
        folder.discard(&[run]);
        assert_eq!(names(folder.path()), ["lock"]);
    }
}

#[test]
fn a_runner_that_dies_at_any_step_while_files_change_hands_leaves_no_run_and_nothing_for_good() {
    for steps in 0..=4 {
        let left = Left::new();
        let folder = JournalDir::create(&left.journals()).unwrap();
        let (old, new) = (RunId::fresh(), RunId::fresh());
        ended_well(&folder, old);
        let all = [Step::give_up(folder.of(old)), Step::hand_over(folder.of(old), folder.of(new))].concat();
        all[..steps].iter().try_for_each(Step::take).unwrap();
        drop(folder);
        // Before the first step the old run is still there, for the sink to say that it holds it.
        assert_eq!(left.recover().len(), usize::from(steps == 0), "after {steps} steps");
        assert!(!left.quarantine().exists(), "after {steps} steps");
    }
}

#[test]
fn a_living_runner_s_folder_is_left_alone() {
    let left = Left::new();
    let living = JournalDir::create(&left.journals()).unwrap();
    let mut sink = MemorySink::default();
    assert_eq!(recover_into(&left.journals(), &left.quarantine(), &mut sink).unwrap(), 0);
    assert!(living.path().exists());
    drop(living);
    assert!(left.recover().is_empty());
}
