//! Distribution functions and quantiles, on top of statrs.
//!
//! The quantiles are polished by Newton steps on the distribution function, so that an interval's end is accurate to
//! a few units in the last place wherever the distribution function is.

use statrs::distribution::{Beta, ChiSquared, Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_ur;

/// Φ(z).
pub(crate) fn normal_cdf(z: f64) -> f64 {
    normal_sf(-z)
}

/// 1 − Φ(z), accurate in the upper tail.
///
/// By the incomplete gamma function: statrs's error function is good to ten digits only.
pub(crate) fn normal_sf(z: f64) -> f64 {
    if z.is_infinite() {
        return if z > 0.0 { 0.0 } else { 1.0 };
    }
    let half_tails = if z == 0.0 { 0.5 } else { 0.5 * gamma_ur(0.5, 0.5 * z * z) };
    if z > 0.0 { half_tails } else { 1.0 - half_tails }
}

/// Φ⁻¹(p) for p in [0, 1].
pub(crate) fn normal_quantile(p: f64) -> f64 {
    let normal = Normal::standard();
    // By symmetry the quantile is found in the tail, where the distribution function keeps its relative accuracy.
    let tail = p.min(1.0 - p);
    let z = polish(-normal.inverse_cdf(tail), -tail, |z| -normal_sf(z), |z| normal.pdf(z));
    if p < 0.5 { -z } else { z }
}

/// P(T ≤ t) for Student's t.
pub(crate) fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// P(T > t) for Student's t; t may be infinite, df must be above zero.
pub(crate) fn t_sf(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let half_tails = 0.5 * beta_reg(0.5 * df, 0.5, df / (df + t * t));
    if t > 0.0 { half_tails } else { 1.0 - half_tails }
}

/// t such that P(|T| ≤ t) = `level`.
pub(crate) fn t_two_sided(level: f64, df: f64) -> f64 {
    let Ok(student) = StudentsT::new(0.0, 1.0, df) else { return f64::NAN };
    let tail = 0.5 * (1.0 - level);
    // Work with the upper tail, which keeps its relative accuracy.
    polish(-student.inverse_cdf(tail), -tail, |t| -t_sf(t, df), |t| student.pdf(t))
}

/// x such that Iₓ(a, b) = p.
pub(crate) fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let Ok(beta) = Beta::new(a, b) else { return f64::NAN };
    // Bisection: monotone, safe for every shape; the bracket shrinks until its ends are neighbours.
    let (mut lo, mut hi) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let mid = 0.5 * (lo + hi);
        if mid <= lo || mid >= hi {
            break;
        }
        if beta.cdf(mid) < p {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    0.5 * (lo + hi)
}

/// Iₓ(a, b), the distribution function of the beta distribution.
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    beta_reg(a, b, x.clamp(0.0, 1.0))
}

/// P(X > x) for χ² with `df` degrees of freedom.
pub(crate) fn chi_squared_sf(x: f64, df: f64) -> f64 {
    ChiSquared::new(df).map_or(f64::NAN, |chi| chi.sf(x))
}

/// P(X ≤ k) for X ~ Binomial(n, 1/2).
pub(crate) fn fair_binomial_cdf(k: u64, n: u64) -> f64 {
    if k >= n { 1.0 } else { beta_reg((n - k) as f64, k as f64 + 1.0, 0.5) }
}

fn polish(start: f64, p: f64, cdf: impl Fn(f64) -> f64, pdf: impl Fn(f64) -> f64) -> f64 {
    let mut x = start;
    for _ in 0..4 {
        let density = pdf(x);
        let step = (cdf(x) - p) / density;
        // A step this large means that the start was not in Newton's basin or that the density vanished.
        if !step.is_finite() || step.abs() > 0.5 * (1.0 + x.abs()) {
            break;
        }
        x -= step;
        if step.abs() <= f64::EPSILON * x.abs() {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, tol: f64) {
        assert!((got - want).abs() <= tol * want.abs(), "got {got}, want {want}");
    }

    #[test]
    fn quantiles_match_published_values() {
        close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-14);
        close(normal_quantile(0.025), -1.959_963_984_540_054, 1e-14);
        assert_eq!(normal_quantile(0.5), 0.0);
        // SciPy's norm.sf.
        for (z, want) in [
            (0.1, 0.460_172_162_722_971),
            (1.0, 0.158_655_253_931_457_07),
            (3.0, 0.001_349_898_031_630_093_3),
            (6.0, 9.865_876_450_376_946e-10),
            (12.0, 1.776_482_112_077_653e-33),
        ] {
            close(normal_sf(z), want, 1e-13);
            close(normal_cdf(z), 1.0 - want, 1e-15);
        }
        close(t_two_sided(0.95, 1.0), 12.706_204_736_174_7, 1e-12);
        // t with two degrees of freedom has the closed form p·√(2/(1−p²)), p the central probability.
        close(t_two_sided(0.95, 2.0), 0.95 * (2.0 / (1.0 - 0.95_f64.powi(2))).sqrt(), 1e-13);
        close(t_two_sided(0.95, 9.0), 2.262_157_162_798_205, 1e-12);
    }

    #[test]
    fn t_quantile_inverts_the_tail_for_all_degrees_of_freedom() {
        for df in [1.0, 1.7, 3.0, 8.4, 29.0, 250.0, 1e5] {
            for level in [0.5, 0.9, 0.95, 0.999] {
                close(2.0 * t_sf(t_two_sided(level, df), df), 1.0 - level, 1e-9);
            }
        }
    }

    #[test]
    fn beta_quantile_inverts_the_distribution_function() {
        // I_x(1, b) = 1 − (1 − x)^b.
        close(beta_quantile(1.0, 20.0, 0.025), 1.0 - 0.975_f64.powf(1.0 / 20.0), 1e-12);
        for (a, b) in [(0.7, 9.0), (17.0, 4.0), (400.0, 3.0)] {
            close(beta_cdf(a, b, beta_quantile(a, b, 0.3)), 0.3, 1e-12);
        }
    }

    #[test]
    fn fair_binomial_is_the_sum_of_its_terms() {
        // n = 10: 1 + 10 + 45 of 1024.
        close(fair_binomial_cdf(2, 10), 56.0 / 1024.0, 1e-13);
        assert_eq!(fair_binomial_cdf(10, 10), 1.0);
    }
}
