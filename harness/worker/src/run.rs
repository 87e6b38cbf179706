//! One run: from the request to the end.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use harness_core::drive::{DriveError, Host, Job};
use harness_core::frame::{Begin, Failure, FailureKind, Frame, Grant, Ready};
use harness_core::protocol::{ASLR, JOURNAL_FAILED, PINNING, Peer, Request, WORKER_PROTOCOL};
use harness_core::suite::AnyInstance;
use harness_core::system::{resident_peak, unix_ns};
use harness_core::{Device, Suite};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::{Exit, refuse, say};
use crate::host::WorkerHost;
use crate::journal::Journal;
use crate::panics::caught;
use crate::peer::{self, Program};
use crate::{machine, sys};

/// Whether the process that started us must be the runner that wrote the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    Checked,
    Ignored,
}

/// Serves the request on standard input.
///
/// `fixed_addresses` is what became of the attempt to lay out memory at the same addresses, if it was made.
pub(crate) fn run(suites: &[Suite], parent: Parent, fixed_addresses: Option<Grant>) -> Exit {
    if parent == Parent::Checked
        && let Err(e) = sys::die_with_parent()
    {
        return refuse(&format!("failed to tie its life to its runner's: {e}"));
    }
    let request = match read_request(&mut io::stdin().lock()) {
        Ok(request) => request,
        Err(message) => return refuse(&message),
    };
    // The runner may have died before the tie was made.
    if parent == Parent::Checked && !sys::is_child_of(request.parent_pid) {
        return refuse("its runner is gone; to run a request by hand, use --standalone");
    }
    let suite = match suite_for(suites, &request) {
        Ok(suite) => suite,
        Err(message) => return refuse(&message),
    };
    let prepared = match prepare(&request, fixed_addresses) {
        Ok(prepared) => prepared,
        Err(message) => return refuse(&message),
    };
    let journal = match Journal::create(&request.journal) {
        Ok(journal) => journal,
        Err(e) => {
            return journal_failed(&request, &e);
        }
    };
    let host = WorkerHost::new(journal, Arc::clone(&prepared.stop));
    let (exit, failure) = match caught(|| serve(suite, &request, &prepared, &host)) {
        Ok(Ok(())) => return Exit::Ended,
        Ok(Err(RunError::Journal(e))) => return journal_failed(&request, &e),
        Ok(Err(RunError::Run(message))) => (Exit::Error, failure(FailureKind::Error, message)),
        Err(message) => (Exit::Panic, failure(FailureKind::Panic, message)),
    };
    if failure.kind == FailureKind::Error {
        say(&failure.message);
    }
    match host.emit(Frame::Failure(failure)) {
        Ok(()) => exit,
        Err(e) => journal_failed(&request, &e),
    }
}

/// The runner knows this sentence: it ends the campaign, since the next cell could not write a journal either.
fn journal_failed(request: &Request, error: &io::Error) -> Exit {
    say(&format!("{JOURNAL_FAILED} {}: {error}", request.journal.display()));
    Exit::Journal
}

/// The first JSON document on `input`; what follows it is the runner's own.
fn read_request(input: &mut impl Read) -> Result<Request, String> {
    let mut text = Vec::new();
    input.read_to_end(&mut text).map_err(|e| format!("failed to read the request: {e}"))?;
    match serde_json::Deserializer::from_slice(&text).into_iter().next() {
        None => Err("no request on standard input: a runner starts this program".to_owned()),
        Some(Err(e)) => Err(format!("the request on standard input cannot be read: {e}")),
        Some(Ok(request)) => Ok(request),
    }
}

fn suite_for<'a>(suites: &'a [Suite], request: &Request) -> Result<&'a Suite, String> {
    if request.protocol != WORKER_PROTOCOL {
        return Err(format!(
            "the request has protocol {}, this worker speaks {WORKER_PROTOCOL}: build both from the same sources",
            request.protocol
        ));
    }
    let id = &request.cell.suite;
    let suite = suites.iter().find(|s| s.id == id);
    let suite = suite.ok_or_else(|| format!("this worker has no suite `{id}`: build it again"))?;
    if suite.code_key != request.code_key {
        return Err(format!(
            "this worker's code of suite `{id}` is {}, the request expects {}: build both with the same command",
            suite.code_key, request.code_key
        ));
    }
    Ok(suite)
}

/// What was set up for a run.
struct Prepared {
    /// The flag that SIGTERM sets.
    stop: Arc<AtomicBool>,
    /// What became of each attempt to keep the machine quiet.
    quiet: BTreeMap<String, Grant>,
}

/// Processors, limits, threads and signals.
fn prepare(request: &Request, fixed_addresses: Option<Grant>) -> Result<Prepared, String> {
    let mut quiet = BTreeMap::new();
    quiet.extend(fixed_addresses.map(|grant| (ASLR.to_owned(), grant)));
    if let Some(cpus) = &request.cpus {
        let grant = if sys::pin(cpus).is_ok() { Grant::Granted } else { Grant::Refused };
        quiet.insert(PINNING.to_owned(), grant);
    }
    sys::forbid_core_dumps().map_err(|e| format!("failed to forbid core dumps: {e}"))?;
    // Libraries for accelerators map far more than they use.
    let limit = request.memory_limit.filter(|_| request.cell.device == Device::Cpu);
    if let Some(bytes) = limit {
        sys::limit_memory(bytes).map_err(|e| format!("failed to limit memory to {bytes} bytes: {e}"))?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    // At a terminal, a second Ctrl-C ends a solver that does not stop.
    signal_hook::flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&stop))
        .and_then(|_| signal_hook::flag::register(SIGINT, Arc::clone(&stop)))
        .and_then(|_| signal_hook::flag::register(SIGTERM, Arc::clone(&stop)))
        .map_err(|e| format!("failed to handle signals: {e}"))?;
    // The main thread is one of the pool's, so a run with one thread starts no other.
    rayon::ThreadPoolBuilder::new()
        .num_threads(request.cell.threads.max(1) as usize)
        .use_current_thread()
        .build_global()
        .map_err(|e| format!("failed to start {} threads: {e}", request.cell.threads))?;
    Ok(Prepared { stop, quiet })
}

/// Why a run did not end well.
enum RunError {
    Journal(io::Error),
    Run(String),
}

impl From<DriveError> for RunError {
    fn from(error: DriveError) -> Self {
        match error {
            DriveError::Record(e) => Self::Journal(e),
            DriveError::Solve(e) => Self::Run(e.to_string()),
        }
    }
}

fn serve(suite: &Suite, request: &Request, prepared: &Prepared, host: &WorkerHost) -> Result<(), RunError> {
    let record = |frame| host.emit(frame).map_err(RunError::Journal);
    record(Frame::Begin(Begin {
        protocol: WORKER_PROTOCOL,
        run_id: request.run_id,
        cell_key: request.cell_key.clone(),
        code_key: suite.code_key.clone(),
        pid: std::process::id(),
        started_unix_ns: unix_ns(),
        quiet: prepared.quiet.clone(),
    }))?;
    let began = host.now();
    let instance = suite
        .instance(&request.cell, &request.data_dir, request.instance.as_deref())
        .map_err(|e| RunError::Run(e.to_string()))?;
    record(Frame::Ready(Ready {
        instance: instance.describe(),
        setup_ns: host.now().wall_ns - began.wall_ns,
        vmhwm_bytes: resident_peak(std::process::id()),
    }))?;
    match &request.peer {
        None => {
            machine::reset_resident_peak(std::process::id());
            Ok(suite.run(&request.cell, instance.as_ref(), host, request.save.as_ref())?)
        }
        Some(peer) => serve_peer(peer, request, instance.as_ref(), host),
    }
}

/// Starts the peer on the instance, and drives it.
fn serve_peer(
    peer: &Peer,
    request: &Request,
    instance: &dyn AnyInstance,
    host: &WorkerHost,
) -> Result<(), RunError> {
    let folder = &peer.folder;
    fs::create_dir_all(folder)
        .map_err(|e| RunError::Run(format!("failed to make the peer's folder {}: {e}", folder.display())))?;
    let file = folder.join(format!("instance.{}", instance.extension()));
    instance.write(&file).map_err(|e| RunError::Run(e.to_string()))?;
    let job = Job::of(&request.cell).map_err(DriveError::Solve)?;
    let program = Program::start(&peer.command, folder).map_err(DriveError::Solve)?;
    let (method, solution) = (&peer.command.method, instance.solution());
    let hello = peer::hello(&request.cell, &job, method, solution, file, folder);
    let ready = program.greet(hello).map_err(DriveError::Solve)?;
    host.emit(Frame::Peer(ready)).map_err(RunError::Journal)?;
    instance.run_peer(&program, &job, host, request.save.as_ref())?;
    match program.close() {
        Ok(status) if !status.success() => {
            say(&format!("the peer {} after its last solve", peer::ended_with(status)));
        }
        Ok(_) => {}
        Err(e) => say(&format!("failed to wait for the end of the peer: {e}")),
    }
    Ok(())
}

/// A failure with a message that fits into a column, whatever the solver said: its first 8 KiB.
fn failure(kind: FailureKind, mut message: String) -> Failure {
    const MOST: usize = 8 << 10;
    if message.len() > MOST {
        let end = (0..=MOST).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    Failure { kind, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_end_is_cut() {
        let said = failure(FailureKind::Panic, "ü".repeat(1 << 20)).message;
        assert!(said.len() <= (8 << 10) + '…'.len_utf8() && said.ends_with("ü…"));
        assert_eq!(failure(FailureKind::Error, "short".to_owned()).message, "short");
    }

    #[test]
    fn what_is_no_request_is_refused_in_words() {
        let refused = |text: &str| read_request(&mut text.as_bytes()).unwrap_err();
        assert!(refused("").contains("a runner starts this program"));
        assert!(refused("{\"protocol\": 1}").contains("missing field"));
    }
}
