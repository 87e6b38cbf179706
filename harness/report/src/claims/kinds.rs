//! The estimate of each kind of claim.

use harness_plan::claims_file::{Claim, ClaimKind};
use harness_plan::suite_file::{Aggregate, ParamRef, Selection};
use harness_stats::order::OrderCounts;
use harness_stats::{
    Censored, Estimate, Interval, Level, Result as StatsResult, StatsError, Uncertainty, censored,
    least_squares,
};

use super::pairs::{self, Pair};
use super::{Evidence, Gap};
use crate::campaign::Campaign;
use crate::sample::{Measured, Sample, count};

/// The estimate of a claim and the runs behind it.
pub(super) fn evidence<'a>(campaign: &'a Campaign<'_>, claim: &Claim) -> Evidence<'a> {
    match &claim.kind {
        ClaimKind::Value => value(campaign, claim),
        ClaimKind::Ratio { numerator, denominator } => {
            paired(campaign, claim, ("numerator", numerator), ("denominator", denominator), ratio)
        }
        ClaimKind::Order { less, greater } => {
            paired(campaign, claim, ("less", less), ("greater", greater), order)
        }
        ClaimKind::Slope { x } => slope(campaign, claim, x),
    }
}

fn undecidable(error: &StatsError) -> Gap {
    Gap::Undecidable(error.to_string())
}

fn value<'a>(campaign: &'a Campaign<'_>, claim: &Claim) -> Evidence<'a> {
    let sample = Sample::of(campaign, &[&claim.select], &claim.metric.expr);
    let estimate = if sample.measured.is_empty() {
        Err(Gap::NotRun(absent(&sample)))
    } else {
        sample.estimate(campaign, &claim.metric.expr, claim.aggregate).map_err(|e| undecidable(&e))
    };
    let (remarks, ran) = (remarks(&sample, ""), sample.ran());
    Evidence { estimate, runs: sample.measured.into_iter().map(|m| ("value", m)).collect(), remarks, ran }
}

/// Why nothing was measured.
fn absent(sample: &Sample<'_>) -> String {
    sample.explain_missing().unwrap_or_else(|| "the campaign plans no such cell".to_owned())
}

fn remarks(sample: &Sample<'_>, side: &str) -> Vec<String> {
    let side = if side.is_empty() { String::new() } else { format!("{side} side: ") };
    let mut out = Vec::new();
    let measured = sample.measured.len();
    if sample.censored() > 0 {
        let n = sample.censored();
        out.push(format!("{side}{n} of {measured} runs stopped at a limit before the target"));
    }
    if let (Some(missing), true) = (sample.explain_missing(), measured > 0) {
        out.push(format!("{side}{missing}"));
    }
    out
}

type Combine = fn(&[Pair<'_>], Aggregate, Exactness) -> StatsResult<Estimate>;

/// Whether a pair of values is free of randomness.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exactness {
    Exact,
    Random,
}

fn paired<'a>(
    campaign: &'a Campaign<'_>,
    claim: &Claim,
    (a_role, a): (&'static str, &Selection),
    (b_role, b): (&'static str, &Selection),
    combine: Combine,
) -> Evidence<'a> {
    let sample = |side| Sample::of(campaign, &[&claim.select, side], &claim.metric.expr);
    let (left, right) = (sample(a), sample(b));
    let mut notes = remarks(&left, a_role);
    notes.extend(remarks(&right, b_role));
    let ran = left.ran() || right.ran();
    for (role, side) in [(a_role, &left), (b_role, &right)] {
        if side.measured.is_empty() {
            let gap = Gap::NotRun(format!("{role} side: {}", absent(side)));
            return Evidence { estimate: Err(gap), runs: Vec::new(), remarks: notes, ran };
        }
    }
    let pairs = match pairs::pairs(campaign, &left.measured, &right.measured) {
        Ok(pairs) if pairs.is_empty() => {
            let why = format!("no instance and replicate was run on both sides ({a_role}, {b_role})");
            return Evidence { estimate: Err(Gap::NotRun(why)), runs: Vec::new(), remarks: notes, ran };
        }
        Ok(pairs) => pairs,
        Err(why) => {
            return Evidence { estimate: Err(Gap::Undecidable(why)), runs: Vec::new(), remarks: notes, ran };
        }
    };
    let exact = left.is_exact(campaign, &claim.metric.expr) && right.is_exact(campaign, &claim.metric.expr);
    let exactness = if exact { Exactness::Exact } else { Exactness::Random };
    let estimate = combine(&pairs, claim.aggregate, exactness).map_err(|e| undecidable(&e));
    let mut runs: Vec<(&'static str, Measured<'a>)> = Vec::new();
    for pair in &pairs {
        for (role, measured) in [(a_role, pair.a), (b_role, pair.b)] {
            if runs.iter().all(|(_, m)| m.picked.cell.key != measured.picked.cell.key) {
                runs.push((role, measured));
            }
        }
    }
    Evidence { estimate, runs, remarks: notes, ran }
}

fn split(pairs: &[Pair<'_>]) -> (Vec<Censored>, Vec<Censored>) {
    pairs.iter().map(|p| (p.a.value, p.b.value)).unzip()
}

/// The ratio a/b on logarithms.
fn ratio(pairs: &[Pair<'_>], aggregate: Aggregate, exactness: Exactness) -> StatsResult<Estimate> {
    let (a, b) = split(pairs);
    match (exactness, aggregate) {
        (Exactness::Exact, _) => censored::deterministic_ratio(&a, &b),
        (Exactness::Random, Aggregate::Median) => censored::paired_ratio_median(&a, &b, Level::P95),
        (Exactness::Random, _) => censored::paired_ratio(&a, &b, Level::P95),
    }
}

/// The share of pairs with a < b.
fn order(pairs: &[Pair<'_>], _: Aggregate, exactness: Exactness) -> StatsResult<Estimate> {
    let (a, b) = split(pairs);
    let counts = OrderCounts::of(&a, &b)?;
    let mut estimate = counts.probability_less(Level::P95)?;
    if exactness == Exactness::Exact && counts.undecided == 0 {
        let point = Interval::new(estimate.value, estimate.value, 1.0)?;
        estimate.uncertainty = Uncertainty::Deterministic(point);
    }
    Ok(estimate)
}

fn slope<'a>(campaign: &'a Campaign<'_>, claim: &Claim, x: &ParamRef) -> Evidence<'a> {
    let sample = Sample::of(campaign, &[&claim.select], &claim.metric.expr);
    let (notes, ran) = (remarks(&sample, ""), sample.ran());
    if sample.measured.is_empty() {
        let gap = Gap::NotRun(absent(&sample));
        return Evidence { estimate: Err(gap), runs: Vec::new(), remarks: notes, ran };
    }
    let estimate = slope_of(&sample, x);
    let runs = sample.measured.into_iter().map(|m| ("point", m)).collect();
    Evidence { estimate, runs, remarks: notes, ran }
}

fn slope_of(sample: &Sample<'_>, x: &ParamRef) -> Result<Estimate, Gap> {
    if sample.censored() > 0 {
        let (n, all) = (sample.censored(), sample.measured.len());
        let verb = if n == 1 { "run stopped" } else { "runs stopped" };
        let why = format!("{n} of {all} {verb} at a limit before the target, so the slope is not known");
        return Err(Gap::Undecidable(why));
    }
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for measured in &sample.measured {
        let Some(at) = parameter(x, measured) else {
            return Err(Gap::Undecidable(format!("`{x}` is not a number in every selected cell")));
        };
        xs.push(at);
        ys.push(measured.value.lower());
    }
    let mut distinct = xs.clone();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() < 2 {
        let only = distinct.first().map_or_else(String::new, |v| format!(", only {}", eval_number(*v)));
        let why =
            format!("a slope needs at least two values of `{x}`; there {}{only}", count_values(&distinct));
        return Err(Gap::NotRun(why));
    }
    fit(&xs, &ys).map_err(|e| undecidable(&e))
}

fn eval_number(value: f64) -> String {
    crate::number::short(value)
}

fn count_values(values: &[f64]) -> String {
    if values.len() == 1 {
        "is one".to_owned()
    } else {
        format!("are {}", count(values.len(), "value", "values"))
    }
}

/// The exponent by Theil–Sen, which single bad points do not move; by least squares where there are too few points for it.
pub(crate) fn fit(xs: &[f64], ys: &[f64]) -> StatsResult<Estimate> {
    let robust = least_squares::exponent_theil_sen(xs, ys, Level::P95)?;
    if robust.interval().is_some() {
        return Ok(robust);
    }
    Ok(least_squares::power_law(xs, ys, Level::P95)?.slope)
}

/// A parameter of the cell as a number.
pub(crate) fn parameter(x: &ParamRef, measured: &Measured<'_>) -> Option<f64> {
    x.of(&measured.picked.cell.spec).and_then(serde_json::Value::as_f64)
}
