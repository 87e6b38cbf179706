//! What the runner saw of a process, apart from what the process reported.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// Why the runner ended a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedFor {
    /// Its hard limit was reached.
    HardLimit,
    /// The campaign was stopped.
    Interrupt,
}

/// What the runner saw of a process. It is written beside the journal when the process has ended, so that a run whose
/// runner dies before it is stored is recovered as what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessFacts {
    /// How it ended.
    pub exit: Exit,
    /// Whether and why the runner ended it.
    pub ended_for: Option<EndedFor>,
    /// Wall time from its start to its end.
    pub elapsed_ns: i64,
    /// CPU time of all its threads and of the children it waited for.
    pub cpu_ns: i64,
    /// The high-water mark of its resident memory when it was last looked at, in bytes.
    pub peak_bytes: Option<i64>,
    /// Whether the kernel ended a process for lack of memory meanwhile.
    pub oom_kill: bool,
    /// Whether processes of its group outlived it, or something kept its output open.
    pub leaked: bool,
    /// The end of what it wrote to standard error, empty if nothing.
    pub stderr_tail: String,
}

/// A signal's name, for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignalName(pub(crate) i32);

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            libc::SIGABRT => "SIGABRT (aborted)",
            libc::SIGBUS => "SIGBUS (bad memory access)",
            libc::SIGFPE => "SIGFPE (arithmetic error)",
            libc::SIGHUP => "SIGHUP",
            libc::SIGILL => "SIGILL (illegal instruction)",
            libc::SIGINT => "SIGINT (interrupted)",
            libc::SIGKILL => "SIGKILL (killed)",
            libc::SIGPIPE => "SIGPIPE (closed pipe)",
            libc::SIGSEGV => "SIGSEGV (segmentation fault)",
            libc::SIGTERM => "SIGTERM (terminated)",
            libc::SIGXCPU => "SIGXCPU (CPU time limit)",
            other => return write!(f, "signal {other}"),
        };
        f.write_str(name)
    }
}
