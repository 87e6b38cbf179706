//! How many replicates are needed: to settle an undecided claim, and to detect a difference at all.

use crate::check;
use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Level, Uncertainty};
use crate::region::Region;

/// Above this many replicates a forecast is not a plan.
pub const CAP: usize = 100_000;

/// A number of replicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// About this many replicates in total.
    About(usize),
    /// More than this: the estimate lies (almost) on the boundary.
    MoreThan(usize),
}

/// Total replicates at which an interval of `half_width` from `n` replicates has shrunk to `distance`:
/// `n`·(`half_width`/`distance`)², at least n + 1, capped at [`CAP`].
pub fn needed_n(n: usize, half_width: f64, distance: f64) -> Result<Needed> {
    if n == 0 {
        return Err(StatsError::Empty { what: "the set of replicates" });
    }
    for (what, value) in [("the half-width", half_width), ("the distance to the boundary", distance)] {
        if value.is_nan() || value < 0.0 {
            return Err(StatsError::OutOfRange { what, value, expected: "a number, at least 0" });
        }
    }
    if distance == 0.0 || half_width == f64::INFINITY {
        return Ok(Needed::MoreThan(CAP));
    }
    let total = (n as f64 * (half_width / distance).powi(2)).ceil();
    if total > CAP as f64 || n >= CAP {
        Ok(Needed::MoreThan(CAP))
    } else {
        Ok(Needed::About((total as usize).max(n + 1)))
    }
}

/// [`needed_n`] for an estimate whose interval crosses a boundary of the region, measured on the side that crosses, in
/// logarithms where the interval was made in logarithms; the larger number if both ends cross. `None` if the interval does not
/// cross, if there is none, or if the quantity has no randomness: more replicates would say the same again.
pub fn needed_for(estimate: &Estimate, region: &Region) -> Option<Needed> {
    let Uncertainty::Interval(interval) = estimate.uncertainty else { return None };
    let scale = |x: f64| if estimate.method.is_logarithmic() { x.ln() } else { x };
    let (value, lo, hi) = (scale(estimate.value), scale(interval.lo), scale(interval.hi));
    let crossed = |&boundary: &f64| {
        interval.contains(boundary) && crosses(estimate.value, boundary, interval.lo, interval.hi)
    };
    [region.lo, region.hi]
        .into_iter()
        .flatten()
        .filter(crossed)
        .filter_map(|boundary| {
            let arm = if estimate.value >= boundary { value - lo } else { hi - value };
            needed_n(estimate.n, arm, (value - scale(boundary)).abs()).ok()
        })
        .max()
}

/// Whether values of the interval lie strictly beyond the boundary, seen from the estimate, or the estimate is on it.
fn crosses(value: f64, boundary: f64, lo: f64, hi: f64) -> bool {
    if value > boundary {
        lo < boundary
    } else if value < boundary {
        // Reaching the boundary from outside already shares a value with the closed region.
        hi >= boundary
    } else {
        lo < hi
    }
}

/// What is compared when replicates are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// Mean of paired differences; the standard deviation is theirs.
    Paired,
    /// Two independent samples; the standard deviation is that of each, the answer counts each.
    Unpaired,
}

/// Replicates (pairs, or on each side) with which a t test at `level` detects a difference `delta` with probability
/// `power`, for normal values of standard deviation `sd`: (z₁ + z₂)²·v·`sd`²/`delta`² + v'·z₁², z₁ = Φ⁻¹(1 − α/2), z₂ = Φ⁻¹(power), v = 1, v' = ½ for
/// pairs and v = 2, v' = ¼ for two samples; the last term corrects for Student t (Guenther 1981). At least 2.
pub fn sample_size(design: Design, sd: f64, delta: f64, level: Level, power: f64) -> Result<Needed> {
    check::positive_value("the standard deviation", sd)?;
    check::positive_value("the difference to detect", delta)?;
    check::open_unit("the power", power)?;
    let z = dist::normal_quantile(1.0 - level.tail());
    let (variance, correction) = match design {
        Design::Paired => (1.0, 0.5),
        Design::Unpaired => (2.0, 0.25),
    };
    let reach = (z + dist::normal_quantile(power)).max(0.0) * sd / delta;
    let n = (variance * reach * reach + correction * z * z).ceil();
    Ok(if n > CAP as f64 { Needed::MoreThan(CAP) } else { Needed::About((n as usize).max(2)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::{Interval, Method, Uncertainty};

    fn estimate(value: f64, lo: f64, hi: f64) -> Estimate {
        let interval = Interval::new(lo, hi, 0.95).unwrap();
        Estimate::exact(value, Uncertainty::Interval(interval), 10, Method::StudentT)
    }

    #[test]
    fn half_the_distance_needs_four_times_the_replicates() {
        assert_eq!(needed_n(10, 1.0, 0.5), Ok(Needed::About(40)));
        assert_eq!(needed_n(10, 1.0, 1.0), Ok(Needed::About(11)));
        assert_eq!(needed_n(10, 1.0, 1e-6), Ok(Needed::MoreThan(CAP)));
        assert_eq!(needed_n(10, 1.0, 0.0), Ok(Needed::MoreThan(CAP)));
        assert_eq!(needed_n(10, f64::INFINITY, 1.0), Ok(Needed::MoreThan(CAP)));
        assert!(needed_n(0, 1.0, 1.0).is_err());
        assert!(needed_n(10, -1.0, 1.0).is_err());
        assert!(needed_n(10, 1.0, f64::NAN).is_err());
    }

    #[test]
    fn the_side_that_crosses_counts() {
        let region = Region::at_least(5.0).unwrap();
        assert_eq!(needed_for(&estimate(6.0, 4.0, 20.0), &region), Some(Needed::About(40)));
        assert_eq!(needed_for(&estimate(4.0, 1.0, 6.0), &region), Some(Needed::About(40)));
        assert_eq!(needed_for(&estimate(7.0, 5.0, 9.0), &region), None);
        assert_eq!(needed_for(&estimate(5.0, 4.0, 6.0), &region), Some(Needed::MoreThan(CAP)));
        // Both boundaries crossed: the nearer one, which needs more.
        let band = Region::between(5.0, 8.0).unwrap();
        assert_eq!(needed_for(&estimate(6.0, 3.0, 9.0), &band), Some(Needed::About(90)));
    }

    #[test]
    fn ratios_are_measured_in_logarithms_and_certainty_needs_nothing() {
        let region = Region::at_least(2.0).unwrap();
        let mut ratio = estimate(4.0, 1.0, 16.0);
        ratio.method = Method::PairedLogT;
        // ln 4 / ln 2 = 2: four times the ten replicates.
        assert_eq!(needed_for(&ratio, &region), Some(Needed::About(40)));
        let half_line = Interval::new(1.0, f64::INFINITY, 1.0).unwrap();
        let certain = Estimate { uncertainty: Uncertainty::Deterministic(half_line), ..ratio };
        assert_eq!(needed_for(&certain, &region), None);
    }

    #[test]
    fn sample_sizes_match_the_noncentral_t() {
        // Tabulated for 5 % two-sided and power 0.8: effects 0.2, 0.5, 0.8.
        for (effect, paired, unpaired) in [(0.2, 199, 394), (0.5, 34, 64), (0.8, 15, 26)] {
            let size = |design| sample_size(design, 1.0, effect, Level::P95, 0.8).unwrap();
            assert_eq!(size(Design::Paired), Needed::About(paired), "{effect}");
            assert_eq!(size(Design::Unpaired), Needed::About(unpaired), "{effect}");
        }
        assert!(sample_size(Design::Paired, 0.0, 1.0, Level::P95, 0.8).is_err());
        assert!(sample_size(Design::Paired, 1.0, 1.0, Level::P95, 1.0).is_err());
        assert_eq!(sample_size(Design::Paired, 1.0, 1e-9, Level::P95, 0.8), Ok(Needed::MoreThan(CAP)));
    }
}
