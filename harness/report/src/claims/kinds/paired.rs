//! What `ratio` and `order` share: runs of two sides on the same instance.

use harness_plan::Expr;
use harness_plan::suite_file::Selection;
use harness_stats::{Censored, Estimate, Level, Result as StatsResult};

use super::super::evidence::{Evidence, Gap, absent, remarks, selected};
use super::super::pairs;
use crate::campaign::Campaign;
use crate::sample::{Measured, Sample, count};

/// Whether a pair of values is free of randomness.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Exactness {
    Exact,
    Random,
}

/// The values of pairs to an estimate.
pub(super) trait Combine:
    Fn(&[Censored], &[Censored], Exactness, Level) -> StatsResult<Estimate>
{
}
impl<F: Fn(&[Censored], &[Censored], Exactness, Level) -> StatsResult<Estimate>> Combine for F {}

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    metric: &Expr,
    (a_role, a): (&'static str, &Selection),
    (b_role, b): (&'static str, &Selection),
    combine: impl Combine + 'a,
) -> Evidence<'a> {
    let sample = |side| Sample::of(campaign, &[select, side], metric);
    let (left, right) = (sample(a), sample(b));
    let mut evidence = Evidence::none(Gap::NotRun(String::new()));
    evidence.remarks = [remarks(&left, a_role), remarks(&right, b_role)].concat();
    evidence.selected = [selected(&left, a_role), selected(&right, b_role)].concat();
    evidence.ran = left.ran() || right.ran();
    for (role, side) in [(a_role, &left), (b_role, &right)] {
        if side.measured.is_empty() {
            evidence.estimate = Err(Gap::NotRun(format!("{role} side: {}", absent(side))));
            return evidence;
        }
    }
    let pairs = match pairs::pairs(campaign, &left.measured, &right.measured) {
        Ok(pairs) if pairs.is_empty() => {
            let why = format!("no instance and replicate was run on both sides ({a_role}, {b_role})");
            evidence.estimate = Err(Gap::NotRun(why));
            return evidence;
        }
        Ok(pairs) => pairs,
        Err(why) => {
            evidence.estimate = Err(Gap::Undecidable(why));
            return evidence;
        }
    };
    let exact = left.is_exact(campaign, metric) && right.is_exact(campaign, metric);
    let exactness = if exact { Exactness::Exact } else { Exactness::Random };
    let (a, b): (Vec<Censored>, Vec<Censored>) = pairs.iter().map(|p| (p.a.value, p.b.value)).unzip();
    evidence.pairing = Some(format!(
        "{} on the same instance: problem with its parameters, replicate, device, element type, threads",
        count(pairs.len(), "pair of runs", "pairs of runs")
    ));
    let mut runs: Vec<(&'static str, Measured<'a>)> = Vec::new();
    for pair in &pairs {
        for (role, measured) in [(a_role, pair.a), (b_role, pair.b)] {
            if runs.iter().all(|(_, m)| m.picked.cell.key != measured.picked.cell.key) {
                runs.push((role, measured));
            }
        }
    }
    evidence.runs = runs;
    evidence.estimated(Box::new(move |level| combine(&a, &b, exactness, level)));
    evidence
}
