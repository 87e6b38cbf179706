//! When a run ends.

use serde::{Deserialize, Serialize};

/// The rules that end a run. Part of the cell key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The metric that `tol` is about, evaluated by the instance.
    pub metric: String,
    /// Solved when the metric is at most this; none: run to another rule.
    pub tol: Option<f64>,
    /// The most steps.
    pub max_iter: u64,
    /// Solver time in seconds (evaluation excluded) after which the solver is told to stop.
    pub budget_s: Option<f64>,
    /// Stop when there is no progress. Off unless set: on plateaus it would end a run that still converges.
    pub stall: Option<Stall>,
}

/// No progress: the metric did not fall below `factor` times its best within `steps` steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// The window in steps.
    pub steps: u64,
    /// The relative progress that counts, below 1.
    pub factor: f64,
}
