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

    /// Adds to a named counter (`newton_steps`, `matvecs`, `gradients`, `environment_steps`, …). There are at most 64 of
    /// them; further ones are not counted.
    pub fn count(&mut self, counter: impl Into<Cow<'static, str>>, n: u64) {
        const MOST: usize = 64;
        let counter = counter.into();
        if let Some(count) = self.counters.get_mut(&counter) {
            *count += n;
        } else if self.counters.len() < MOST {
            self.counters.insert(counter, n);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_add_up_and_are_not_without_end() {
        let mut work = Work::default();
        for n in 0..1000 {
            work.count(format!("counter {:03}", n % 100), 1);
        }
        assert_eq!(work.counters().len(), 64);
        assert!(work.counters().values().all(|n| *n == 10));
    }
}
