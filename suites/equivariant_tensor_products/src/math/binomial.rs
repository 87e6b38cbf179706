//! Binomial coefficients as exact integers.

use std::sync::LazyLock;

/// The largest `n` whose binomial coefficients all fit an `i128`.
pub const MAX_N: usize = 130;

static PASCAL: LazyLock<Vec<Vec<i128>>> = LazyLock::new(|| {
    let mut rows = vec![vec![1_i128]];
    for n in 1..=MAX_N {
        let above = &rows[n - 1];
        let row = (0..=n).map(|k| if k == 0 || k == n { 1 } else { above[k - 1] + above[k] }).collect();
        rows.push(row);
    }
    rows
});

/// `n` over `k`; zero for `k > n`.
///
/// # Panics
/// For `n` above [`MAX_N`].
pub fn binomial(n: usize, k: usize) -> i128 {
    assert!(
        n <= MAX_N,
        "the binomial coefficient of {n} over {k} may not fit an i128: n must be at most {MAX_N}"
    );
    PASCAL[n].get(k).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_the_triangle_sum_to_powers_of_two_and_the_largest_entry_is_known() {
        for n in 0..=125 {
            assert_eq!((0..=n).map(|k| binomial(n, k)).sum::<i128>(), 1 << n);
        }
        assert_eq!(binomial(5, 7), 0);
        assert_eq!(binomial(100, 50), 100_891_344_545_564_193_334_812_497_256);
        assert_eq!(binomial(130, 65), 2 * binomial(129, 64));
    }
}
