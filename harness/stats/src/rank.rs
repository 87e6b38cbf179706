//! Ranks with ties, and selection among pairwise combinations without forming them.

/// Midranks times two (so that they are whole numbers), in the order of the input, and the sizes of the tie groups.
pub(crate) fn doubled_midranks(xs: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..xs.len()).collect();
    order.sort_unstable_by(|&i, &j| xs[i].total_cmp(&xs[j]));
    let mut ranks = vec![0; xs.len()];
    let mut groups = Vec::new();
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && xs[order[end]] == xs[order[start]] {
            end += 1;
        }
        // Ranks start + 1 ..= end; twice their mean is start + 1 + end.
        for &i in &order[start..end] {
            ranks[i] = start + 1 + end;
        }
        groups.push(end - start);
        start = end;
    }
    (ranks, groups)
}

/// Σ (t³ − t) over tie groups of size t.
pub(crate) fn tie_sum(groups: &[usize]) -> f64 {
    groups.iter().map(|&t| (t as f64).powi(3) - t as f64).sum()
}

/// Largest k with P(X ≤ k) ≤ `tail`, given the probabilities of X = 0, 1, …; `None` if P(X = 0) exceeds the tail.
pub(crate) fn critical_rank(probabilities: &[f64], tail: f64) -> Option<usize> {
    let mut sum = 0.0;
    let mut last = None;
    for (k, p) in probabilities.iter().enumerate() {
        sum += p;
        // Sums of exact dyadic or rational probabilities may exceed a tail they equal by rounding.
        if sum > tail * (1.0 + 1e-12) {
            break;
        }
        last = Some(k);
    }
    last
}

/// The same from a normal approximation with continuity correction.
pub(crate) fn critical_rank_normal(mean: f64, sd: f64, tail: f64) -> Option<usize> {
    let k = (mean + crate::dist::normal_quantile(tail) * sd - 0.5).floor();
    (k >= 0.0).then_some(k as usize)
}

/// Combinations f(i, j) of two samples, ordered so that selection needs only counting.
pub(crate) trait Pairwise {
    /// Number of combinations.
    fn len(&self) -> usize;
    /// Number of combinations at or below `t`.
    fn count_up_to(&self, t: f64) -> usize;
    /// Smallest and largest combination.
    fn range(&self) -> (f64, f64);

    /// The combination of zero-based rank `k`, exactly, by bisection over the floating-point numbers.
    fn select(&self, k: usize) -> f64 {
        let (lo, hi) = self.range();
        let (mut lo, mut hi) = (key(lo), key(hi));
        while lo < hi {
            let mid = midpoint(lo, hi);
            if self.count_up_to(value(mid)) > k {
                hi = mid;
            } else {
                lo = mid + 1;
            }
        }
        // Turns a negative zero into zero.
        value(lo) + 0.0
    }

    /// The median of the combinations.
    fn median(&self) -> f64 {
        let (below, above) = (self.select((self.len() - 1) / 2), self.select(self.len() / 2));
        0.5 * below + 0.5 * above
    }
}

/// Maps floats to integers in the same order; its own inverse on the bit patterns.
fn key(x: f64) -> i64 {
    flip(x.to_bits() as i64)
}

fn value(key: i64) -> f64 {
    f64::from_bits(flip(key) as u64)
}

fn flip(bits: i64) -> i64 {
    bits ^ ((((bits >> 63) as u64) >> 1) as i64)
}

fn midpoint(lo: i64, hi: i64) -> i64 {
    ((i128::from(lo) + i128::from(hi)) >> 1) as i64
}

/// Walsh averages (xᵢ + xⱼ)/2, i ≤ j, of a sorted sample.
pub(crate) struct WalshAverages<'a>(pub(crate) &'a [f64]);

impl Pairwise for WalshAverages<'_> {
    fn len(&self) -> usize {
        self.0.len() * (self.0.len() + 1) / 2
    }

    fn count_up_to(&self, t: f64) -> usize {
        let xs = self.0;
        // For growing i the largest admissible j falls.
        let mut upper = xs.len();
        let mut count = 0;
        for (i, x) in xs.iter().enumerate() {
            while upper > i && 0.5 * x + 0.5 * xs[upper - 1] > t {
                upper -= 1;
            }
            if upper <= i {
                break;
            }
            count += upper - i;
        }
        count
    }

    fn range(&self) -> (f64, f64) {
        (self.0[0], self.0[self.0.len() - 1])
    }
}

/// Differences bⱼ − aᵢ of two sorted samples.
pub(crate) struct Differences<'a> {
    pub(crate) b: &'a [f64],
    pub(crate) a: &'a [f64],
}

impl Pairwise for Differences<'_> {
    fn len(&self) -> usize {
        self.a.len() * self.b.len()
    }

    fn count_up_to(&self, t: f64) -> usize {
        let mut upper = 0;
        let mut count = 0;
        for a in self.a {
            while upper < self.b.len() && self.b[upper] - a <= t {
                upper += 1;
            }
            count += upper;
        }
        count
    }

    fn range(&self) -> (f64, f64) {
        (self.b[0] - self.a[self.a.len() - 1], self.b[self.b.len() - 1] - self.a[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sorted;
    use crate::oracle::{A, B};

    #[test]
    fn midranks_share_the_places_of_ties() {
        let (ranks, groups) = doubled_midranks(&[3.0, 1.0, 3.0, 2.0]);
        assert_eq!(ranks, [7, 2, 7, 4]);
        assert_eq!(groups, [1, 1, 2]);
    }

    #[test]
    fn selection_agrees_with_sorting_all_combinations() {
        let xs = sorted(&[-1.5, 0.0, 2.0, 2.0, 7.25, -3.0, 1e-9]);
        let mut walsh = Vec::new();
        for i in 0..xs.len() {
            for j in i..xs.len() {
                walsh.push(0.5 * xs[i] + 0.5 * xs[j]);
            }
        }
        let walsh = sorted(&walsh);
        for (k, want) in walsh.iter().enumerate() {
            assert_eq!(WalshAverages(&xs).select(k), *want, "{k}");
        }
        let (a, b) = (sorted(&A), sorted(&B));
        let all: Vec<f64> = b.iter().flat_map(|b| a.iter().map(move |a| b - a)).collect();
        for (k, want) in sorted(&all).iter().enumerate() {
            assert_eq!(Differences { b: &b, a: &a }.select(k), *want, "{k}");
        }
    }

    #[test]
    fn float_keys_keep_the_order() {
        let xs = [f64::MIN, -1.0, -1e-320, -0.0, 0.0, 1e-320, 1.0, f64::MAX];
        assert!(xs.windows(2).all(|w| key(w[0]) < key(w[1])));
        assert!(xs.iter().all(|&x| value(key(x)).to_bits() == x.to_bits()));
    }
}
