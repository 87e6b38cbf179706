//! How often, where and how long a cell runs.

use harness_core::{Device, Dtype, Limits, Measure, stop::Stall};

use super::select::Selection;
use crate::source::Spanned;

/// Settings of runs. What is not given comes from the profile, then from the defaults in `docs/yaml.md`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunSettings {
    /// Independent repetitions.
    pub replicates: Option<u32>,
    /// The master seed.
    pub seed: Option<u64>,
    /// Thread counts.
    pub threads: Option<Vec<u32>>,
    /// Devices.
    pub device: Option<Vec<Device>>,
    /// Element types.
    pub dtype: Option<Vec<Dtype>>,
    /// When a solve ends.
    pub stop: Option<Spanned<StopRules>>,
    /// What a process may use.
    pub limits: Option<Limits>,
    /// What is measured.
    pub measure: Option<Measure>,
    /// In how many groups of compared solvers the first is timed twice, as a control.
    pub controls: Option<u32>,
    /// Cells that are not run.
    pub exclude: Vec<Exclude>,
}

/// When a solve ends, as it is written: the metric may be left to the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct StopRules {
    /// The metric; none: the problem's own.
    pub metric: Option<Spanned<String>>,
    /// Solved when the metric is at most this; several make a cell each, none: run to another rule.
    pub tol: Vec<f64>,
    /// The most steps.
    pub max_iter: u64,
    /// Solver time in seconds.
    pub budget_s: Option<f64>,
    /// No progress.
    pub stall: Option<Stall>,
}

/// Cells that stay in the plan as skipped.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclude {
    /// Which.
    pub select: Selection,
    /// Why.
    pub reason: String,
}
