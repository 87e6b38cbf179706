//! A worker process: started in a group of its own, watched to its end, and its group with it.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

use harness_core::Limits;
use harness_core::system::resident_peak;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::cancel::{Cancel, Urgency};
use crate::capture::Capture;
use crate::facts::{EndedFor, Exit, ProcessFacts};
use crate::oom;
use crate::sys;

/// How often memory is looked at. The first times are closer together, for runs that die young.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);
const FIRST_SAMPLE: Duration = Duration::from_millis(5);
/// How long output is read after the process has ended, when something else keeps it open.
const DRAIN: Duration = Duration::from_secs(2);

/// A running worker. Dropped without being watched to its end, it is killed with its group.
pub(crate) struct Process {
    pid: Pid,
    pidfd: OwnedFd,
    started: Instant,
    oom_kills: Option<u64>,
    stdin: Option<ChildStdin>,
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    reaped: bool,
}

/// What was seen of a process that has ended.
pub(crate) struct Watched {
    pub(crate) facts: ProcessFacts,
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
}

/// A pipe, until it is closed, and what came out of it.
struct Stream<P> {
    pipe: Option<P>,
    capture: Capture,
}

impl<P: Read + AsFd> Stream<P> {
    /// Reads once; the pipe must be readable.
    fn read(&mut self, buffer: &mut [u8]) {
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(buffer) {
            Ok(n) if n > 0 => self.capture.push(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            _ => self.pipe = None,
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }
}

/// How far the end of a process has been forced.
enum Phase {
    Running,
    /// It got SIGTERM, and gets SIGKILL at this instant.
    Terminating(Instant),
    Killed,
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let oom_kills = oom::kills_before();
        let mut child = command.spawn()?;
        let started = Instant::now();
        let pid = Pid::from_child(&child);
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(e) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(e.into());
            }
        };
        Ok(Self {
            pid,
            pidfd,
            started,
            oom_kills,
            stdin: child.stdin.take(),
            stdout: Stream { pipe: child.stdout.take(), capture: Capture::default() },
            stderr: Stream { pipe: child.stderr.take(), capture: Capture::default() },
            reaped: false,
        })
    }

    /// The process group, whose number is the process's.
    pub(crate) fn group(&self) -> Pid {
        self.pid
    }

    /// Gives the process its input, to the end. A request fits into a pipe, so that this waits for nobody; a process that is
    /// gone already does not read it, and is judged by how it went.
    pub(crate) fn ask(&mut self, request: &[u8]) {
        if let Some(mut stdin) = self.stdin.take() {
            let _ = stdin.write_all(request);
        }
    }

    /// Waits for the end of the process, and brings it about when its hard limit is reached or the campaign is stopped.
    pub(crate) fn watch(mut self, limits: &Limits, cancel: &Cancel) -> io::Result<Watched> {
        // On the stack: a fresh block of the heap for each run is returned and faulted in again each time.
        let mut buffer = [0; 16 << 10];
        let mut phase = Phase::Running;
        let mut ended_for = None;
        let mut urgency = Urgency::None;
        let mut peak = None;
        let hard_at = self.started + limits.hard();
        let mut sample_after = FIRST_SAMPLE;
        let mut sample_at = self.started + sample_after;
        loop {
            let deadline = match phase {
                Phase::Running => hard_at.min(sample_at),
                Phase::Terminating(kill_at) => kill_at.min(sample_at),
                Phase::Killed => sample_at,
            };
            let seen = self.wait(deadline, cancel.becomes_more_urgent_than(urgency))?;
            self.read(seen, &mut buffer);
            if seen.ended {
                break;
            }
            urgency = cancel.urgency();
            let now = Instant::now();
            let next = match phase {
                Phase::Running | Phase::Terminating(_) if urgency == Urgency::Kill => {
                    Some((EndedFor::Interrupt, Duration::ZERO))
                }
                Phase::Running if urgency == Urgency::Stop => Some((EndedFor::Interrupt, limits.grace())),
                Phase::Running if now >= hard_at => Some((EndedFor::HardLimit, limits.grace())),
                Phase::Terminating(kill_at) if now >= kill_at => {
                    Some((ended_for.unwrap_or(EndedFor::HardLimit), Duration::ZERO))
                }
                _ => None,
            };
            if let Some((why, grace)) = next {
                ended_for.get_or_insert(why);
                phase = self.end_group(grace, now);
            }
            if now >= sample_at {
                peak = peak.max(peak_with_children(self.pid));
                sample_after = (sample_after * 2).min(SAMPLE_EVERY);
                sample_at = now + sample_after;
            }
        }
        self.conclude(ended_for, peak, &mut buffer)
    }

    /// Signals the group: SIGTERM where there is grace, else SIGKILL.
    fn end_group(&self, grace: Duration, now: Instant) -> Phase {
        let (signal, phase) = if grace.is_zero() {
            (Signal::KILL, Phase::Killed)
        } else {
            (Signal::TERM, Phase::Terminating(now + grace))
        };
        // The leader is not reaped yet, so the group exists and its number is not anybody else's.
        if let Err(e) = kill_process_group(self.pid, signal) {
            tracing::warn!("failed to signal the process group {}: {e}", self.pid.as_raw_nonzero());
        }
        phase
    }

    fn conclude(
        mut self,
        ended_for: Option<EndedFor>,
        peak: Option<i64>,
        buffer: &mut [u8],
    ) -> io::Result<Watched> {
        let elapsed = self.started.elapsed();
        let (exit, cpu_ns) = sys::reap(self.pid)?;
        self.reaped = true;
        let mut leaked = kill_process_group(self.pid, Signal::KILL).is_ok();
        leaked |= self.drain(buffer)?;
        let unbidden_kill = exit == Exit::Signal(libc::SIGKILL) && ended_for.is_none();
        Ok(Watched {
            facts: ProcessFacts {
                exit,
                ended_for,
                elapsed_ns: elapsed.as_nanos() as i64,
                cpu_ns,
                peak_bytes: peak,
                oom_kill: unbidden_kill && oom::more_than(self.oom_kills),
                leaked,
                stderr_tail: self.stderr.capture.tail_text(),
            },
            stdout: std::mem::take(&mut self.stdout.capture),
            stderr: std::mem::take(&mut self.stderr.capture),
        })
    }

    /// Reads what is left of the output. Gives back whether something still kept it open when time was up.
    fn drain(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let until = Instant::now() + DRAIN;
        while self.stdout.pipe.is_some() || self.stderr.pipe.is_some() {
            if Instant::now() >= until {
                return Ok(true);
            }
            let seen = self.wait(until, None)?;
            self.read(seen, buffer);
        }
        Ok(false)
    }

    fn read(&mut self, seen: Seen, buffer: &mut [u8]) {
        if seen.stdout {
            self.stdout.read(buffer);
        }
        if seen.stderr {
            self.stderr.read(buffer);
        }
    }

    /// Waits until the process has ended (unless it is reaped), its output is readable, `cancelled` is, or `deadline`.
    fn wait(&self, deadline: Instant, cancelled: Option<BorrowedFd<'_>>) -> io::Result<Seen> {
        let watched =
            [(!self.reaped).then(|| self.pidfd.as_fd()), self.stdout.fd(), self.stderr.fd(), cancelled];
        let mut fds: Vec<PollFd<'_>> =
            watched.iter().flatten().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => {}
            Err(e) if e == rustix::io::Errno::INTR => return Ok(Seen::default()),
            Err(e) => return Err(e.into()),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let [ended, stdout, stderr, _] = watched.map(|fd| fd.is_some() && ready.next().unwrap_or(false));
        Ok(Seen { ended, stdout, stderr })
    }
}

/// What a wait found.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    ended: bool,
    stdout: bool,
    stderr: bool,
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = kill_process_group(self.pid, Signal::KILL);
            let _ = sys::reap(self.pid);
        }
    }
}

/// The largest high-water mark of resident memory, in bytes, of a worker and the programs that it has started.
fn peak_with_children(worker: Pid) -> Option<i64> {
    let pid = worker.as_raw_nonzero().get().cast_unsigned();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    children.chain([pid]).filter_map(resident_peak).max()
}
