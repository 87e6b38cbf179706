//! `exponent`: the power of a parameter with which a metric grows.

use harness_plan::Expr;
use harness_plan::suite_file::{ParamRef, Selection};
use harness_stats::{Estimate, Level, Result as StatsResult, least_squares};

use super::super::evidence::{Evidence, Gap};
use crate::campaign::Campaign;
use crate::number::short;
use crate::sample::{Measured, Sample};

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    metric: &Expr,
    x: &ParamRef,
) -> Evidence<'a> {
    let sample = Sample::of(campaign, &[select], metric);
    match points(&sample, x) {
        Ok((xs, ys)) => Evidence::of(sample, "point", Box::new(move |level| fit_at(&xs, &ys, level))),
        Err(gap) => {
            let is_measured = !sample.measured.is_empty();
            let mut evidence = Evidence::of(sample, "point", Box::new(|level| fit_at(&[], &[], level)));
            if is_measured {
                (evidence.estimate, evidence.at) = (Err(gap), None);
            }
            evidence
        }
    }
}

fn points(sample: &Sample<'_>, x: &ParamRef) -> Result<(Vec<f64>, Vec<f64>), Gap> {
    if sample.censored() > 0 {
        let (n, all) = (sample.censored(), sample.measured.len());
        let verb = if n == 1 { "run stopped" } else { "runs stopped" };
        let why = format!("{n} of {all} {verb} at a limit before the target, so the exponent is not known");
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
    match distinct[..] {
        [] => Err(Gap::NotRun("nothing was measured".to_owned())),
        [only] => Err(Gap::NotRun(format!(
            "an exponent needs at least two values of `{x}`; there is one, only {}",
            short(only)
        ))),
        _ => Ok((xs, ys)),
    }
}

/// The exponent at 95 %; see [`fit_at`].
pub(crate) fn fit(xs: &[f64], ys: &[f64]) -> StatsResult<Estimate> {
    fit_at(xs, ys, Level::P95)
}

/// The exponent by Theil–Sen, which single bad points do not move; by least squares where there are too few points for it.
fn fit_at(xs: &[f64], ys: &[f64], level: Level) -> StatsResult<Estimate> {
    let robust = least_squares::exponent_theil_sen(xs, ys, level)?;
    if robust.interval().is_some() {
        return Ok(robust);
    }
    Ok(least_squares::power_law(xs, ys, level)?.slope)
}

/// A parameter of the cell as a number.
pub(crate) fn parameter(x: &ParamRef, measured: &Measured<'_>) -> Option<f64> {
    x.of(&measured.picked.cell.spec).and_then(serde_json::Value::as_f64)
}
