//! The energy statistic of E-divisive means.
//!
//! For X = z[s..τ] of n values and Y = z[τ..κ] of m values (Matteson and James 2014, section 2, with α = 1):
//!
//! Ê = 2/(n m) Σ |Xᵢ − Yⱼ| − 2/(n (n−1)) Σ_{i<k} |Xᵢ − Xₖ| − 2/(m (m−1)) Σ_{j<k} |Yⱼ − Yₖ|,
//! Q(s, τ, κ) = n m/(n + m) Ê.

/// Sums of |zᵢ − zₖ| over all pairs of each stretch of a window; any Q costs a few additions then.
pub(super) struct PairSums {
    /// Stretches [a, b) at a·(n + 1) + b.
    sums: Vec<f64>,
    n: usize,
}

impl PairSums {
    pub(super) fn of(window: &[f64]) -> Self {
        let n = window.len();
        let mut sums = vec![0.0; (n + 1) * (n + 1)];
        for last in 1..n {
            // Distances of the last value to all from `a` on.
            let mut distances = 0.0;
            for a in (0..last).rev() {
                distances += (window[last] - window[a]).abs();
                sums[a * (n + 1) + last + 1] = sums[a * (n + 1) + last] + distances;
            }
        }
        Self { sums, n }
    }

    fn within(&self, a: usize, b: usize) -> f64 {
        self.sums[a * (self.n + 1) + b]
    }

    /// Q(s, τ, κ); at least two values on each side.
    pub(super) fn q(&self, s: usize, tau: usize, kappa: usize) -> f64 {
        let (n, m) = ((tau - s) as f64, (kappa - tau) as f64);
        let (x, y) = (self.within(s, tau), self.within(tau, kappa));
        let cross = self.within(s, kappa) - x - y;
        let energy = 2.0 * cross / (n * m) - 2.0 * x / (n * (n - 1.0)) - 2.0 * y / (m * (m - 1.0));
        n * m / (n + m) * energy
    }

    /// The τ of the largest Q above zero in [s, e), each side of at least `shortest` ≥ 2 values. As in the paper, the right side may
    /// end before e, which keeps a change from being hidden by the next one; here, the left side may begin after s
    /// just as well, so that the series read backwards gives the same points.
    pub(super) fn best_split(&self, s: usize, e: usize, shortest: usize) -> Option<usize> {
        let mut best = (0.0, None);
        for tau in s + shortest..=e.saturating_sub(shortest) {
            let cut_right = (tau + shortest..=e).map(|kappa| (s, kappa));
            let cut_left = (s + 1..=tau - shortest).map(|sigma| (sigma, e));
            for (sigma, kappa) in cut_right.chain(cut_left) {
                let q = self.q(sigma, tau, kappa);
                if q > best.0 {
                    best = (q, Some(tau));
                }
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change_point::divisive::tests::STEP;
    use crate::oracle::close;

    #[test]
    fn oracle_q() {
        // NumPy, all pairs.
        let sums = PairSums::of(&STEP);
        close(sums.q(0, 10, 20), 69.333_333_333_333_33, 1e-14);
        close(sums.q(0, 9, 20), 55.21, 1e-13);
        close(sums.q(2, 8, 15), 19.323_076_923_076_922, 1e-13);
        assert_eq!(sums.best_split(0, 20, 2), Some(10));
    }

    #[test]
    fn a_lone_outlier_counts_nothing() {
        // Q is zero wherever the series is cut beside the outlier: 2 S/k − 2 S (k − 1)/(k (k − 1)) on a side of k values.
        let mut series = [1.0; 12];
        series[7] = 100.0;
        let sums = PairSums::of(&series);
        for tau in 2..=10 {
            assert!(sums.q(0, tau, 12).abs() < 1e-11, "{tau}");
        }
    }

    #[test]
    fn short_stretches_have_no_split() {
        let sums = PairSums::of(&[1.0, 5.0, 9.0]);
        assert_eq!(sums.best_split(0, 3, 2), None);
        assert_eq!(PairSums::of(&[2.0; 9]).best_split(0, 9, 2), None);
    }
}
