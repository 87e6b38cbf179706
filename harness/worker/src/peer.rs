//! A peer as a process: started beside the worker, in its group, and talked to over pipes.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use harness_core::drive::Job;
use harness_core::frame::{PeerReady, Usage};
use harness_core::peer::{Answer, Channel, Hello, PROTOCOL, PeerCommand, Request, StopRule};
use harness_core::system::resident_peak;
use harness_core::{CellSpec, SolveError, Stream};

use crate::exit::{Exit, refuse};
use crate::{machine, sys};

/// The argument with which a worker becomes a peer.
pub(crate) const LAUNCH: &str = "--peer";
/// The longest message.
const LONGEST: u64 = 16 << 20;
/// How long a peer may take to exit after the end of its input.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running peer.
pub(crate) struct Program {
    child: RefCell<Child>,
    pid: u32,
    /// When it was started, on the monotonic clock.
    started_ns: i64,
    folder: PathBuf,
    input: RefCell<Option<ChildStdin>>,
    output: RefCell<BufReader<ChildStdout>>,
}

/// What a peer is told first. `solution` is what a solution file holds.
pub(crate) fn hello(
    cell: &CellSpec,
    job: &Job,
    method: &str,
    solution: &'static str,
    instance: PathBuf,
    folder: &Path,
) -> Hello {
    Hello {
        harness: PROTOCOL,
        instance,
        folder: folder.to_owned(),
        method: method.to_owned(),
        params: cell.solver.params.clone(),
        seed: job.start.seeds.seed(Stream::Solver),
        threads: job.start.threads,
        device: cell.device,
        dtype: cell.dtype,
        stop: StopRule {
            metric: cell.stop.metric.clone(),
            tol: cell.stop.tol,
            max_iter: cell.stop.max_iter,
            budget_s: cell.stop.budget_s,
        },
        solution,
    }
}

impl Program {
    /// Starts a peer. It inherits what the worker was given: limits, processors, environment, standard error.
    pub(crate) fn start(command: &PeerCommand, folder: &Path) -> Result<Self, SolveError> {
        let failed = |what: &str, e: io::Error| SolveError(format!("failed to start the peer: {what}: {e}"));
        let own = std::env::current_exe().map_err(|e| failed("this program's own path", e))?;
        let started_ns = sys::now().wall_ns;
        let mut child = Command::new(own)
            .arg(LAUNCH)
            .arg(std::process::id().to_string())
            .args(&command.argv)
            .envs(command.env.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| failed(&folder.display().to_string(), e))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            return Err(SolveError("failed to start the peer: it has no pipes".to_owned()));
        };
        Ok(Self {
            pid: child.id(),
            child: RefCell::new(child),
            started_ns,
            folder: folder.to_owned(),
            input: RefCell::new(Some(input)),
            output: RefCell::new(BufReader::new(output)),
        })
    }

    /// Tells the peer what is to be solved, and waits until it has read it.
    pub(crate) fn greet(&self, hello: Hello) -> Result<PeerReady, SolveError> {
        // A peer that ended at once may have said why, and has then read nothing.
        let sent = self.send(&Request::Hello(Box::new(hello)));
        let ready = match (sent, self.receive()) {
            (_, Ok(Answer::Error(message))) => return Err(SolveError(message)),
            (Err(error), _) | (Ok(()), Err(error)) => return Err(error),
            (Ok(()), Ok(Answer::Ready(ready))) => ready,
            _ => return Err(SolveError("the first message of the peer is not `ready`".to_owned())),
        };
        let startup_ns = sys::now().wall_ns - self.started_ns;
        let vmhwm_bytes = resident_peak(self.pid);
        machine::reset_resident_peak(self.pid);
        let import_ns = ready.import_s.map_or(startup_ns, |s| (s * 1e9) as i64);
        Ok(PeerReady { facts: ready.ready, import_ns, vmhwm_bytes })
    }

    /// Closes the peer's input and waits for its exit, for a while.
    pub(crate) fn close(self) -> io::Result<ExitStatus> {
        self.input.take();
        let mut child = self.child.borrow_mut();
        if !sys::ends_within(self.pid, PATIENCE)? {
            child.kill()?;
        }
        child.wait()
    }

    /// Why nothing can be read from or written to the peer any longer.
    fn gone(&self) -> SolveError {
        // It may take a moment until a process that has closed its pipes can be waited for.
        let ended = sys::ends_within(self.pid, Duration::from_secs(1)).unwrap_or(false);
        let status = if ended { self.child.borrow_mut().try_wait().ok().flatten() } else { None };
        let how = status.map_or("has closed its standard output".to_owned(), ended_with);
        SolveError(format!("the peer {how} in the middle of the conversation; standard error may say why"))
    }
}

impl Channel for Program {
    fn send(&self, request: &Request) -> Result<(), SolveError> {
        let mut line = serde_json::to_vec(request).map_err(|e| SolveError(e.to_string()))?;
        line.push(b'\n');
        let mut input = self.input.borrow_mut();
        let Some(input) = input.as_mut() else { return Err(self.gone()) };
        input.write_all(&line).map_err(|_| self.gone())
    }

    fn receive(&self) -> Result<Answer, SolveError> {
        let mut line = Vec::new();
        let mut output = self.output.borrow_mut();
        let read = output.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        read.map_err(|e| SolveError(format!("failed to read from the peer: {e}")))?;
        if line.pop() != Some(b'\n') {
            return Err(if line.len() as u64 + 1 >= LONGEST {
                SolveError(format!("the peer sent a line longer than {} MiB", LONGEST >> 20))
            } else {
                self.gone()
            });
        }
        Answer::parse(&line).map_err(|message| {
            let shown: String = String::from_utf8_lossy(&line).chars().take(200).collect();
            SolveError(format!("the peer sent what is no message: {message}; it sent `{shown}`"))
        })
    }

    fn folder(&self) -> &Path {
        &self.folder
    }

    fn cpu_ns(&self) -> Option<i64> {
        sys::cpu_ns_of(self.pid)
    }

    fn usage(&self) -> Usage {
        machine::usage(self.pid)
    }
}

impl Drop for Program {
    /// A peer that was not closed is killed: its worker has failed.
    fn drop(&mut self) {
        let child = self.child.get_mut();
        if matches!(child.try_wait(), Ok(None)) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// How a program ended, as the rest of a sentence that begins with its name.
pub(crate) fn ended_with(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        // `signal: 9 (SIGKILL)`
        None => format!("was ended by {}", status.to_string().replacen("signal: ", "signal ", 1)),
    }
}

/// Becomes the program that `arguments` name, tied to the life of the worker whose process id comes first.
pub(crate) fn launch(mut arguments: impl Iterator<Item = OsString>) -> Exit {
    let parent = arguments.next().and_then(|id| id.to_str()?.parse().ok());
    let (Some(parent), Some(program)) = (parent, arguments.next().map(PathBuf::from)) else {
        return refuse(&format!("{LAUNCH} is for this program's own use"));
    };
    if let Err(e) = sys::die_with_parent() {
        return refuse(&format!("failed to tie the peer's life to its worker's: {e}"));
    }
    if !sys::is_child_of(parent) {
        return refuse("the peer's worker is gone");
    }
    let error = Command::new(&program).args(arguments).exec();
    let reason = match error.kind() {
        io::ErrorKind::NotFound if program.is_file() => {
            "the interpreter that its first line names is not found".to_owned()
        }
        io::ErrorKind::NotFound => "not found".to_owned(),
        io::ErrorKind::PermissionDenied => "not executable".to_owned(),
        _ => error.to_string(),
    };
    let message = format!("cannot start `{}`: {reason}", program.display());
    // The worker listens where the program would have answered.
    let told = serde_json::json!({ "error": message });
    let _ = writeln!(io::stdout().lock(), "{told}");
    refuse(&message)
}
