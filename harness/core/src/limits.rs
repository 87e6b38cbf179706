//! When a run is ended by force.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the process of a run may use. None of it is part of the cell's key: a limit does not change the answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Wall seconds after which the process group gets SIGTERM.
    pub hard_s: f64,
    /// Seconds from SIGTERM to SIGKILL.
    pub grace_s: f64,
    /// A limit on the process's data segment in bytes.
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

    /// The greater of each; no limit is the greatest.
    #[must_use]
    pub fn widest(self, other: Self) -> Self {
        Self {
            hard_s: self.hard_s.max(other.hard_s),
            grace_s: self.grace_s.max(other.grace_s),
            memory: self.memory.zip(other.memory).map(|(a, b)| a.max(b)),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { hard_s: 3600.0, grace_s: 5.0, memory: None }
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
