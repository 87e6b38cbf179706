//! What the runner is asked to run.

use std::path::PathBuf;

use harness_core::peer::PeerCommand;
use harness_core::protocol::Save;
use harness_core::record::BlockPlace;
use harness_core::{CellKey, CellSpec, CodeKey, Limits};
use serde::{Deserialize, Serialize};

/// One cell to run, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// What to run.
    pub cell: CellSpec,
    /// Its key.
    pub key: CellKey,
    /// How people name it.
    pub labels: Labels,
    /// When it is ended by force.
    pub limits: Limits,
    /// Whether times are what it is about: it then runs while nothing else does.
    pub timed: bool,
    /// Where it stands among the solvers that it is compared with.
    pub place: Option<BlockPlace>,
    /// Which attempt at this cell, from 0.
    pub attempt: u32,
    /// An instance file to read instead of making the problem's instance.
    pub instance: Option<PathBuf>,
    /// Where and what to write of the solution.
    pub save: Option<Save>,
    /// The program that solves it, if its solver is a peer.
    pub peer: Option<PeerCommand>,
    /// Another worker than the campaign's: the run's code is then that worker's.
    pub worker: Option<OtherWorker>,
}

/// A worker of other code than the campaign's, to be compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherWorker {
    /// The program.
    pub path: PathBuf,
    /// The key of its code of the suite.
    pub code_key: CodeKey,
    /// The commit that it was built from.
    pub git_commit: Option<String>,
    /// Whether the sources differed from that commit.
    pub git_dirty: Option<bool>,
}

impl Job {
    /// A first attempt at `cell`, timed if the cell's measure is.
    pub fn new(cell: CellSpec, labels: Labels, limits: Limits) -> Self {
        let (key, timed) = (cell.key(), cell.measure.is_timed());
        Self {
            cell,
            key,
            labels,
            limits,
            timed,
            place: None,
            attempt: 0,
            instance: None,
            save: None,
            peer: None,
            worker: None,
        }
    }
}

/// The labels of a cell's problem and solver in the suite's YAML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The problem's label.
    pub problem: String,
    /// The solver's label.
    pub solver: String,
}
