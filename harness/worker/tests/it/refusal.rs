//! What a worker does not do.

use std::fs::{self, File};
use std::process::{Command, Output};

use harness_core::frame::{Frame, read_journal};
use harness_core::protocol::{Request, WORKER_PROTOCOL};
use harness_core::{CodeKey, RunId};
use harness_runner::{Cancel, MemorySink, Quiet, RunError, WorkerError};

use crate::fixture::{config, job, none};

fn request(dir: &std::path::Path) -> Request {
    let job = job("quick", none(), none());
    Request {
        protocol: WORKER_PROTOCOL,
        run_id: RunId::fresh(),
        cell_key: job.key,
        cell: job.cell,
        code_key: suite_selftest::suite().code_key,
        journal: dir.join("journal"),
        data_dir: dir.to_owned(),
        parent_pid: std::process::id(),
        memory_limit: None,
        instance: None,
        save: None,
        cpus: None,
        peer: None,
    }
}

fn serve(dir: &std::path::Path, request: &Request, arguments: &[&str]) -> Output {
    let path = dir.join("request");
    fs::write(&path, serde_json::to_vec(request).unwrap()).unwrap();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_harness-worker"));
    worker.args(arguments).stdin(File::open(path).unwrap()).output().unwrap()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_refuses_requests_that_are_not_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let good = request(dir.path());
    let stale = Request { code_key: CodeKey::of(b"other"), ..good.clone() };
    assert!(refused(&serve(dir.path(), &stale, &[])).contains("build both with the same command"));
    let newer = Request { protocol: WORKER_PROTOCOL + 1, ..good.clone() };
    assert!(refused(&serve(dir.path(), &newer, &[])).contains("protocol"));
    let orphan = Request { parent_pid: 1, ..good.clone() };
    assert!(refused(&serve(dir.path(), &orphan, &[])).contains("--standalone"));
    let mut strange = good.clone();
    strange.cell.suite = "nothing".to_owned();
    assert!(refused(&serve(dir.path(), &strange, &[])).contains("no suite `nothing`"));
    assert!(!good.journal.exists());
}

#[test]
fn by_hand_it_runs_any_request_once() {
    let dir = tempfile::tempdir().unwrap();
    let request = Request { parent_pid: 1, ..request(dir.path()) };
    let output = serve(dir.path(), &request, &["--standalone"]);
    assert!(output.status.success(), "{output:?}");
    let journal = read_journal(&mut fs::read(&request.journal).unwrap().as_slice()).unwrap();
    assert!(matches!(journal.frames.last(), Some(Frame::End(end)) if end.n_iter == 10));
    let again = serve(dir.path(), &request, &["--standalone"]);
    assert_eq!(again.status.code(), Some(74), "the journal is another attempt's");
}

#[test]
fn a_campaign_with_a_stale_or_missing_worker_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let run = |config| {
        let jobs = [job("quick", none(), none())];
        harness_runner::run(&jobs, &config, &mut MemorySink::default(), &mut Quiet, &Cancel::new().unwrap())
    };
    let mut stale = config(dir.path(), 1);
    stale.campaign.code_key = CodeKey::of(b"other");
    assert!(matches!(run(stale), Err(RunError::Worker(WorkerError::Stale { .. }))));
    let mut missing = config(dir.path(), 1);
    missing.worker = dir.path().join("harness-worker");
    let error = run(missing).unwrap_err();
    assert!(error.to_string().contains("cargo build"), "{error}");
}
