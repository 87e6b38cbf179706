//! What the runner asks a worker to do: one JSON document on the worker's standard input.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cell::CellSpec;
use crate::keys::{CellKey, CodeKey, RunId};
use crate::peer::PeerCommand;
use crate::problem::Instance;
use crate::solver::SolveError;

/// The version of the protocol between runner and worker.
pub const WORKER_PROTOCOL: u32 = 2;

/// The argument with which a worker lays out its memory at the same addresses every time, where the system allows it.
pub const FIXED_ADDRESSES: &str = "--fixed-addresses";

/// The attempts to keep the machine quiet that a worker makes: how their grants are named.
pub const PINNING: &str = "pinning";
/// See [`PINNING`]: that the addresses of its memory are the same every time.
pub const ASLR: &str = "aslr";

/// The exit code of a worker that cannot write its journal, which is no fault of the solver's.
pub const JOURNAL_EXIT: u8 = 74;
/// What such a worker says on standard error, before it names the file and the reason.
pub const JOURNAL_FAILED: &str = "failed to write the journal";

/// The argument with which a worker program is a runner's guard. It reads lines on standard input, `+PID` when a process
/// group starts and `-PID` when it is gone, and kills those that are left when its input ends.
pub const GUARD: &str = "--guard";

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [`WORKER_PROTOCOL`].
    pub protocol: u32,
    /// Which attempt.
    pub run_id: RunId,
    /// The cell.
    pub cell: CellSpec,
    /// The cell's key.
    pub cell_key: CellKey,
    /// The code that is expected to answer; a worker built from other sources refuses.
    pub code_key: CodeKey,
    /// Where the journal is written.
    pub journal: PathBuf,
    /// Where data sets lie.
    pub data_dir: PathBuf,
    /// The runner's process id: the worker ends when the runner does.
    pub parent_pid: u32,
    /// A limit on the worker's memory in bytes.
    pub memory_limit: Option<u64>,
    /// An instance file to read instead of making the problem's instance.
    pub instance: Option<PathBuf>,
    /// Where and what to write of the solution.
    pub save: Option<Save>,
    /// The processors that the run is pinned to; none: any.
    pub cpus: Option<Vec<u32>>,
    /// The program that solves the cell, if its solver is a peer.
    pub peer: Option<Peer>,
}

/// A peer, and where it keeps its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// How it is started.
    pub command: PeerCommand,
    /// A folder of the run's own, for the instance and the solutions. The worker makes it; the runner removes it.
    pub folder: PathBuf,
}

/// What to write of a solution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// One of the instance's [`SAVES`](crate::Instance::SAVES); none: its first.
    pub what: Option<String>,
    /// The file to write.
    pub path: PathBuf,
}

impl Save {
    /// Writes a solution of an instance.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write<I: Instance>(&self, instance: &I, solution: &I::Solution) -> Result<(), SolveError> {
        let what = self.what.as_deref().unwrap_or(I::SAVES[0]);
        instance.write_solution(solution, what, &self.path).map_err(|e| SolveError(e.to_string()))
    }
}
