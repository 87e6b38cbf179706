//! Peers: solvers that are programs of their own, in any language. The protocol is described in `docs/peers.md`.
//!
//! A peer is driven as any other solver is ([`run`]): its answers become [`Iterations`](crate::Iterations) whose steps
//! take the time that the peer says they took, so that curves, stop rules and samples mean the same for all solvers.

mod clock;
mod messages;
mod method;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::frame::Usage;
use crate::solver::SolveError;

pub use messages::{Answer, End, Hello, Ready, Request, StartSolve, StopRule, Times};
pub use method::{PROTOCOL, run};

/// How a peer is started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerCommand {
    /// The program and its arguments; never given to a shell.
    pub argv: Vec<PathBuf>,
    /// Variables that it gets besides those of the worker.
    pub env: Vec<(String, String)>,
    /// Which of the program's methods.
    pub method: String,
}

/// The line to a running peer.
pub trait Channel {
    /// Sends a message.
    ///
    /// # Errors
    ///
    /// When the peer is gone.
    fn send(&self, request: &Request) -> Result<(), SolveError>;
    /// Waits for the next message.
    ///
    /// # Errors
    ///
    /// When the peer is gone, or sends what is no message.
    fn receive(&self) -> Result<Answer, SolveError>;
    /// Where the peer's files are.
    fn folder(&self) -> &Path;
    /// CPU time of the peer until now in nanoseconds, if the system tells.
    fn cpu_ns(&self) -> Option<i64>;
    /// What the peer has used until now.
    fn usage(&self) -> Usage;
}
