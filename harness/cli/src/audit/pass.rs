//! A pass of an audit: every subject once, all under the same circumstances.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use harness_core::CellKey;
use harness_core::record::RunRecord;
use harness_runner::Job;

use super::{Kind, Subject};

/// The number of the next attempt at each cell.
#[derive(Default)]
pub(crate) struct Attempts(BTreeMap<CellKey, u32>);

impl Attempts {
    /// Those that follow the last attempts that are stored.
    pub(crate) fn after(last: &BTreeMap<CellKey, &RunRecord>) -> Self {
        Self(last.iter().map(|(cell, run)| (cell.clone(), run.attempt + 1)).collect())
    }

    fn next(&mut self, cell: &CellKey) -> u32 {
        let next = self.0.entry(cell.clone()).or_default();
        *next += 1;
        *next - 1
    }
}

/// What is run.
pub(super) struct Pass {
    pub(super) jobs: Vec<Job>,
    /// For each subject, the cell that is run. Subjects may share one.
    pub(super) cells: Vec<CellKey>,
    pub(super) slots: NonZeroUsize,
}

impl Pass {
    /// The subjects as they are, or with what is different for `kind`; `slots` are those of the subjects as they are.
    pub(super) fn new(
        subjects: &[Subject],
        kind: Option<Kind>,
        slots: NonZeroUsize,
        attempts: &mut Attempts,
    ) -> Self {
        let mut pass = Self { jobs: Vec::new(), cells: Vec::new(), slots };
        let mut seen = BTreeSet::new();
        for subject in subjects {
            let mut job = subject.job.clone();
            if kind == Some(Kind::Threads) {
                job.cell.threads = if job.cell.threads == 1 { 2 } else { 1 };
                job.key = job.cell.key();
            }
            pass.cells.push(job.key.clone());
            if seen.insert(job.key.clone()) {
                job.attempt = attempts.next(&job.key);
                pass.jobs.push(job);
            }
        }
        if kind == Some(Kind::Order) {
            pass.jobs.reverse();
            // One at a time if several ran at once before, and the other way round.
            let one = NonZeroUsize::MIN;
            pass.slots = if slots > one { one } else { one.saturating_add(1) };
        }
        pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::subject;

    fn threads(pass: &Pass) -> Vec<(u32, u32)> {
        pass.jobs.iter().map(|job| (job.cell.threads, job.attempt)).collect()
    }

    #[test]
    fn attempts_at_a_cell_are_counted_over_the_passes() {
        let subjects = [subject(1), subject(4)];
        let mut attempts = Attempts::default();
        attempts.next(&subjects[0].job.key);
        let mut pass = |kind| Pass::new(&subjects, kind, NonZeroUsize::MIN, &mut attempts);
        assert_eq!(threads(&pass(None)), [(1, 1), (4, 0)]);
        assert_eq!(threads(&pass(Some(Kind::Order))), [(4, 1), (1, 2)]);
        assert_eq!(threads(&pass(Some(Kind::Threads))), [(2, 0), (1, 3)]);
    }

    #[test]
    fn subjects_that_become_the_same_cell_share_its_run() {
        let subjects = [subject(2), subject(4)];
        let pass = Pass::new(&subjects, Some(Kind::Threads), NonZeroUsize::MIN, &mut Attempts::default());
        assert_eq!(threads(&pass), [(1, 0)]);
        assert_eq!(pass.cells, [pass.jobs[0].key.clone(), pass.jobs[0].key.clone()]);
    }

    #[test]
    fn another_order_is_also_another_number_of_slots() {
        let two = NonZeroUsize::MIN.saturating_add(1);
        let slots = |slots| Pass::new(&[], Some(Kind::Order), slots, &mut Attempts::default()).slots;
        assert_eq!((slots(NonZeroUsize::MIN), slots(two)), (two, NonZeroUsize::MIN));
    }
}
