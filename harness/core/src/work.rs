//! Work: what a run cost, in units that do not depend on the machine.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Work counted so far: one primary unit per suite (its [`Suite::work_unit`](crate::Suite)), by which methods are
/// compared at equal work, and named counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    units: u64,
    counters: BTreeMap<Cow<'static, str>, u64>,
}

impl Work {
    /// Adds to the primary unit.
    pub fn spend(&mut self, units: u64) {
        self.units += units;
    }

    /// Adds to a named counter (`newton_steps`, `matvecs`, `gradients`, `environment_steps`, …).
    pub fn count(&mut self, counter: impl Into<Cow<'static, str>>, n: u64) {
        *self.counters.entry(counter.into()).or_default() += n;
    }

    /// The primary unit so far.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// The named counters so far, by name.
    pub fn counters(&self) -> &BTreeMap<Cow<'static, str>, u64> {
        &self.counters
    }
}
