//! Exit codes.

use std::io::Write;
use std::process::ExitCode;

use harness_core::protocol::JOURNAL_EXIT;

/// How a worker exits, when it gets to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The run reported its end.
    Ended = 0,
    /// The request is not one that this worker can serve; standard error says why.
    Refused = 2,
    /// The run reported an error.
    Error = 3,
    /// The journal could not be written.
    Journal = JOURNAL_EXIT,
    /// Rust code panicked.
    Panic = 101,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Says on standard error why a request is refused.
pub(crate) fn refuse(message: &str) -> Exit {
    say(message);
    Exit::Refused
}

/// Writes a line to standard error, if there is one.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "harness-worker: {message}");
}
