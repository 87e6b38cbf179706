//! How many claims came out how.

use serde::Serialize;

use super::{ClaimResult, Verdict};

/// How many claims have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Reproduced.
    pub reproduced: usize,
    /// Contradicted.
    pub contradicted: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Not run.
    pub not_run: usize,
}

impl Counts {
    fn of<'a>(results: impl Iterator<Item = &'a ClaimResult>) -> Self {
        let mut counts = Self::default();
        for result in results {
            *match result.verdict {
                Verdict::Reproduced => &mut counts.reproduced,
                Verdict::Contradicted => &mut counts.contradicted,
                Verdict::Inconclusive => &mut counts.inconclusive,
                Verdict::NotRun => &mut counts.not_run,
            } += 1;
        }
        counts
    }

    /// The number with a verdict.
    pub fn get(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Reproduced => self.reproduced,
            Verdict::Contradicted => self.contradicted,
            Verdict::Inconclusive => self.inconclusive,
            Verdict::NotRun => self.not_run,
        }
    }

    /// All of them.
    pub fn total(&self) -> usize {
        Verdict::ALL.into_iter().map(|v| self.get(v)).sum()
    }
}

/// The headline: claims at the paper's scale, and apart from them the proxies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// Claims that this profile checks at the paper's scale.
    pub full: Counts,
    /// Claims that it checks on something smaller.
    pub proxy: Counts,
}

impl Headline {
    /// Counts verdicts.
    pub fn of(results: &[ClaimResult]) -> Self {
        Self {
            full: Counts::of(results.iter().filter(|r| !r.proxy)),
            proxy: Counts::of(results.iter().filter(|r| r.proxy)),
        }
    }

    /// One line: `3 of 8 claims reproduced at the paper's scale, 1 contradicted, …`.
    pub fn sentence(&self) -> String {
        let list = |counts: &Counts| {
            let others = Verdict::ALL[1..].iter().filter(|v| counts.get(**v) > 0);
            others.map(|v| format!(", {} {}", counts.get(*v), v.as_str())).collect::<Vec<_>>().concat()
        };
        let of = |counts: &Counts| {
            let word = if counts.total() == 1 { "claim" } else { "claims" };
            format!("{} of {} {word} reproduced", counts.reproduced, counts.total())
        };
        let full = match self.full.total() {
            0 => "No claim is checked at the paper's scale".to_owned(),
            _ => format!("{} at the paper's scale{}", of(&self.full), list(&self.full)),
        };
        match self.proxy.total() {
            0 => full,
            _ => format!("{full}. Proxies, which do not count: {}{}", of(&self.proxy), list(&self.proxy)),
        }
    }
}
