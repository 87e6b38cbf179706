//! A suite: problems and solvers under one name, with their types erased so that the harness can list, check and run
//! them from YAML.

mod any_instance;
mod peer;
mod problem;
mod solver;

use std::path::Path;

use serde_json::{Map, Value};

use crate::cell::CellSpec;
use crate::drive::{DriveError, Host, Job};
use crate::keys::CodeKey;
use crate::metrics::MetricInfo;
use crate::problem::{InstanceContext, InstanceError, Problem};
use crate::protocol::Save;
use crate::seed::Seeds;
use crate::solver::{SolveError, Solver};

pub use any_instance::AnyInstance;
pub use peer::{PEER_PREFIX, PeerSolver, is_peer};
pub use problem::ProblemEntry;
pub use solver::SolverEntry;

type ParamMap = Map<String, Value>;

/// A topic with its problems and solvers.
pub struct Suite {
    /// The id: the folder below `suites/`.
    pub id: &'static str,
    /// The title.
    pub title: &'static str,
    /// What one unit of [`Work`](crate::Work) is.
    pub work_unit: &'static str,
    /// Whether `harness list` leaves it out.
    pub hidden: bool,
    /// The fingerprint of the code of the suite's crate.
    pub code_key: CodeKey,
    problems: Vec<ProblemEntry>,
    solvers: Vec<SolverEntry>,
}

/// Builds a [`Suite`].
pub struct SuiteBuilder(Suite);

impl SuiteBuilder {
    /// A suite without problems and solvers. `fingerprint` comes from the crate's build script.
    pub fn new(id: &'static str, title: &'static str, work_unit: &'static str, fingerprint: &str) -> Self {
        Self(Suite {
            id,
            title,
            work_unit,
            hidden: false,
            code_key: CodeKey::of(fingerprint.as_bytes()),
            problems: Vec::new(),
            solvers: Vec::new(),
        })
    }

    /// Leaves the suite out of `harness list`.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.0.hidden = true;
        self
    }

    /// Registers a problem.
    #[must_use]
    pub fn problem<P: Problem>(mut self) -> Self {
        self.0.problems.push(ProblemEntry::of::<P>());
        self
    }

    /// Registers a solver.
    #[must_use]
    pub fn solver<S: Solver>(mut self) -> Self {
        self.0.solvers.push(SolverEntry::of::<S>());
        self
    }

    /// The suite.
    pub fn build(self) -> Suite {
        self.0
    }
}

impl Suite {
    /// The problems, in the order of registration.
    pub fn problems(&self) -> &[ProblemEntry] {
        &self.problems
    }

    /// The solvers, in the order of registration.
    pub fn solvers(&self) -> &[SolverEntry] {
        &self.solvers
    }

    /// A problem by id.
    pub fn problem(&self, id: &str) -> Option<&ProblemEntry> {
        self.problems.iter().find(|p| p.id == id)
    }

    /// Registers a peer.
    ///
    /// # Errors
    ///
    /// When there is one of that name.
    pub fn add_peer(&mut self, peer: PeerSolver) -> Result<(), String> {
        let entry = SolverEntry::of_peer(peer);
        if self.solver(&entry.id).is_some() {
            return Err(format!("there are two peers `{}`", entry.id));
        }
        self.solvers.push(entry);
        Ok(())
    }

    /// A solver by id.
    pub fn solver(&self, id: &str) -> Option<&SolverEntry> {
        self.solvers.iter().find(|s| s.id == id)
    }

    /// The metrics of all problems, each once.
    pub fn metrics(&self) -> Vec<MetricInfo> {
        let mut metrics: Vec<MetricInfo> = Vec::new();
        for metric in self.problems.iter().flat_map(|p| p.metrics) {
            if metrics.iter().all(|m| m.id != metric.id) {
                metrics.push(*metric);
            }
        }
        metrics
    }

    /// Makes a cell's instance: reads `instance` if a file is given, else asks the problem.
    ///
    /// # Errors
    ///
    /// When the cell names an unknown problem or the instance cannot be made.
    pub fn instance(
        &self,
        cell: &CellSpec,
        data_dir: &Path,
        file: Option<&Path>,
    ) -> Result<Box<dyn AnyInstance>, InstanceError> {
        let problem = self.problem(&cell.problem.id).ok_or_else(|| {
            InstanceError(format!("suite `{}` has no problem `{}`", self.id, cell.problem.id))
        })?;
        match file {
            Some(path) => problem.read(path),
            None => {
                let seeds = Seeds::of(cell).map_err(|e| InstanceError(e.to_string()))?;
                let context =
                    InstanceContext { seeds, replicate: cell.replicate, data_dir: data_dir.to_owned() };
                problem.instance(&cell.problem.params, &context)
            }
        }
    }

    /// Runs a cell on an instance and emits its events to `host`.
    ///
    /// # Errors
    ///
    /// When the cell names an unknown solver, the solver refuses the instance, or recording fails.
    pub fn run(
        &self,
        cell: &CellSpec,
        instance: &dyn AnyInstance,
        host: &dyn Host,
        save: Option<&Save>,
    ) -> Result<(), DriveError> {
        let solver = self
            .solver(&cell.solver.id)
            .ok_or_else(|| SolveError(format!("suite `{}` has no solver `{}`", self.id, cell.solver.id)))?;
        solver.run(&cell.solver.params, instance, &Job::of(cell)?, host, save)
    }
}
