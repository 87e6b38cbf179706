//! What the runner is asked to run.

use std::path::PathBuf;
use std::time::Duration;

use harness_core::protocol::Save;
use harness_core::{CellKey, CellSpec};
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
    /// Which attempt at this cell, from 0.
    pub attempt: u32,
    /// An instance file to read instead of making the problem's instance.
    pub instance: Option<PathBuf>,
    /// Where and what to write of the solution.
    pub save: Option<Save>,
}

impl Job {
    /// A first attempt at `cell`, timed if the cell's measure is.
    pub fn new(cell: CellSpec, labels: Labels, limits: Limits) -> Self {
        let (key, timed) = (cell.key(), cell.measure.is_timed());
        Self { cell, key, labels, limits, timed, attempt: 0, instance: None, save: None }
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

/// When a run is ended by force. None of it is part of the cell's key.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Wall seconds after which the process group gets SIGTERM.
    pub hard_s: f64,
    /// Seconds from SIGTERM to SIGKILL.
    pub grace_s: f64,
    /// A limit on the worker's data segment in bytes.
    pub memory: Option<u64>,
}

impl Limits {
    /// The hard limit.
    pub fn hard(&self) -> Duration {
        seconds(self.hard_s)
    }

    /// The time from SIGTERM to SIGKILL.
    pub fn grace(&self) -> Duration {
        seconds(self.grace_s)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { hard_s: 600.0, grace_s: 5.0, memory: None }
    }
}

/// Seconds as a duration: negative is zero, and what is too long to count (NaN included) is about thirty years.
fn seconds(s: f64) -> Duration {
    const LONGEST: Duration = Duration::from_secs(1_000_000_000);
    if s <= 0.0 { Duration::ZERO } else { Duration::try_from_secs_f64(s).unwrap_or(LONGEST).min(LONGEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_no_clock_can_count_do_not_panic() {
        let limits = |hard_s| Limits { hard_s, ..Limits::default() }.hard();
        assert_eq!(limits(1.5), Duration::from_millis(1500));
        assert_eq!(limits(-1.0), Duration::ZERO);
        assert_eq!(limits(f64::INFINITY), limits(f64::NAN));
        assert!(limits(1e300) > Duration::from_secs(900_000_000));
    }
}
