//! The studentized range with infinite degrees of freedom: the range of k independent standard normal values.

use crate::dist;

/// P(Q ≤ q) = k ∫ φ(z) [Φ(z) − Φ(z − q)]^(k − 1) dz, z the largest of the values (Tukey 1953).
///
/// The trapezoidal rule: for an integrand that is analytic and vanishes with all its derivatives at both ends its error falls
/// exponentially with the step, to the rounding of Φ here.
pub(crate) fn cdf(q: f64, k: usize) -> f64 {
    const STEP: f64 = 1.0 / 8.0;
    const REACH: i32 = 9 * 8;
    if q <= 0.0 {
        return 0.0;
    }
    let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let sum: f64 = (-REACH..=REACH)
        .map(|i| {
            let z = f64::from(i) * STEP;
            let below = dist::normal_cdf(z) - dist::normal_cdf(z - q);
            density(z) * below.max(0.0).powi(k as i32 - 1)
        })
        .sum();
    (k as f64 * STEP * sum).min(1.0)
}

/// q such that P(Q ≤ q) = `level`, by the Illinois variant of false position.
pub(crate) fn quantile(level: f64, k: usize) -> f64 {
    let miss = |q: f64| cdf(q, k) - level;
    let (mut lo, mut hi) = (0.0_f64, 1.0_f64);
    let (mut below, mut above) = (-level, miss(hi));
    while above < 0.0 && hi < 64.0 {
        (lo, below) = (hi, above);
        hi *= 2.0;
        above = miss(hi);
    }
    let mut q = hi;
    for _ in 0..100 {
        let next = hi - above * (hi - lo) / (above - below);
        let step = (next - q).abs();
        q = next;
        let at = miss(q);
        // An end that stays counts half, so that it does not stay for good.
        if at < 0.0 {
            (lo, below) = (q, at);
            above *= 0.5;
        } else {
            (hi, above) = (q, at);
            below *= 0.5;
        }
        if at == 0.0 || step <= f64::EPSILON * q {
            break;
        }
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::close;

    #[test]
    fn the_range_of_two_values_is_a_normal_difference() {
        for level in [0.5, 0.9, 0.95, 0.99] {
            close(quantile(level, 2), 2.0_f64.sqrt() * dist::normal_quantile(0.5 + 0.5 * level), 1e-12);
        }
        assert_eq!(cdf(0.0, 4), 0.0);
        assert_eq!(cdf(40.0, 4), 1.0);
    }

    #[test]
    fn probabilities_match_adaptive_quadrature() {
        // The same integral by SciPy's `quad` in 18 pieces.
        for (q, k, want) in [
            (1.0, 3, 0.240_712_641_229_338_8),
            (3.5, 5, 0.903_661_536_034_573_4),
            (5.0, 10, 0.985_142_562_112_216_7),
        ] {
            close(cdf(q, k), want, 1e-12);
        }
    }

    #[test]
    fn critical_values_match_the_published_table() {
        // q/√2 for 2 to 10 methods: Demšar 2006, table 5(a), of three decimals (2.949 and the like come from a rounded q), and with
        // all digits by SciPy's `quad` and `brentq` on the integral.
        let published = [
            (0.95, [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]),
            (0.90, [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920]),
        ];
        for (level, row) in published {
            for (k, want) in (2..).zip(row) {
                let got = quantile(level, k) / 2.0_f64.sqrt();
                assert!((got - want).abs() < 0.001, "{k} methods at {level}: {got}, published {want}");
            }
        }
        for (level, k, want) in [
            (0.95, 3, 2.343_700_586_378_407_7),
            (0.95, 4, 2.569_031_772_546_482),
            (0.95, 7, 2.948_320_017_529_672),
            (0.95, 10, 3.163_683_577_053_368_4),
            (0.95, 50, 3.992_343_290_009_406_2),
            (0.90, 4, 2.291_341_496_888_057),
            (0.90, 10, 2.919_888_840_061_537_5),
            (0.99, 20, 3.991_769_594_199_761_5),
        ] {
            close(quantile(level, k) / 2.0_f64.sqrt(), want, 1e-12);
        }
    }
}
