//! The cells of a campaign, in the order in which they run.

mod choose;
mod files;
mod make;
mod named;
mod order;
mod settings;

use harness_core::{CellKey, CellSpec, CodeKey, EnvKey};
use serde::{Deserialize, Serialize};

pub use files::{Resolved, read_cells, write_cells};
pub use make::{DataLookup, Machine, NoData};
pub use named::solver_hint;

use harness_core::Limits;
pub use harness_core::record::BlockPlace;

/// The cells of one invocation, in the order in which they run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The suite's id.
    pub suite: String,
    /// The profile's name.
    pub profile: String,
    /// The code that answers.
    pub code_key: CodeKey,
    /// The cells, each key once.
    pub cells: Vec<PlannedCell>,
    /// What a person should know before it runs.
    pub notes: Vec<String>,
}

/// A cell of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCell {
    /// Its key.
    pub key: CellKey,
    /// What is asked.
    pub spec: CellSpec,
    /// The labels `(problem, solver)` under which it is planned: several where they resolve to the same cell.
    pub labels: Vec<(String, String)>,
    /// What its process may use.
    pub limits: Limits,
    /// Why it is not run.
    pub skip: Option<String>,
    /// Whether times are what it is about: it then runs alone on the machine.
    pub timed: bool,
    /// Where it stands among the solvers that it is compared with, if it is timed.
    pub place: Option<BlockPlace>,
}

impl PlannedCell {
    /// The first label of its problem.
    pub fn problem_label(&self) -> &str {
        self.labels.first().map_or(self.spec.problem.id.as_str(), |(problem, _)| problem)
    }

    /// The first label of its solver.
    pub fn solver_label(&self) -> &str {
        self.labels.first().map_or(self.spec.solver.id.as_str(), |(_, solver)| solver)
    }
}

impl Plan {
    /// The campaign's id: the same for the same cells, code and machine.
    pub fn campaign_id(&self, env_key: &EnvKey) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"harness/campaign/1\0");
        for cell in &self.cells {
            hasher.update(cell.key.as_str().as_bytes());
        }
        hasher.update(self.code_key.as_str().as_bytes());
        hasher.update(env_key.as_str().as_bytes());
        format!("{}-{}", self.profile, &hasher.finalize().to_hex()[..10])
    }
}
