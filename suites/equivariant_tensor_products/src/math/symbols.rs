//! 3j, 6j and 9j symbols of integer degrees, and complex Clebsch–Gordan coefficients.
//!
//! Racah's sums are evaluated in the form of L. Wei, "Unified approach for exact calculation of angular momentum
//! coupling and recoupling coefficients", Comput. Phys. Commun. 120 (1999) 222: all terms are products of binomial
//! coefficients, so the alternating sum is an exact integer. The result is zero exactly when the symbol is, its sign
//! is certain, and its error is a few units in the last place.

use super::binomial::{MAX_N, binomial};

/// The largest `l1 + l2 + l3` of a triad; sums of larger degrees may not fit an `i128`.
pub const MAX_DEGREE_SUM: usize = 126;

const fn is_triangle(a: usize, b: usize, c: usize) -> bool {
    a.abs_diff(b) <= c && c <= a + b
}

fn check_range(symbol: &str, a: usize, b: usize, c: usize) {
    assert!(
        a + b + c <= MAX_DEGREE_SUM,
        "the {symbol} symbol has the triad ({a}, {b}, {c}), whose sum exceeds {MAX_DEGREE_SUM}: use lower degrees"
    );
}

/// `(−1)^k` for the sign of a phase.
pub(super) const fn sign(k: isize) -> f64 {
    if k % 2 == 0 { 1.0 } else { -1.0 }
}

/// The Wigner 3j symbol `(l1 l2 l3; m1 m2 m3)`.
///
/// # Panics
/// When `l1 + l2 + l3` exceeds [`MAX_DEGREE_SUM`].
pub fn wigner_3j(l: [usize; 3], m: [isize; 3]) -> f64 {
    let [l1, l2, l3] = l;
    let [m1, m2, m3] = m;
    if m1 + m2 + m3 != 0 || !is_triangle(l1, l2, l3) || l.iter().zip(m).any(|(&l, m)| m.unsigned_abs() > l) {
        return 0.0;
    }
    check_range("3j", l1, l2, l3);
    let sum = l1 + l2 + l3;
    let down1 = (l1 as isize - m1) as usize;
    let up2 = (l2 as isize + m2) as usize;
    let (n1, n2, n3) = (sum - 2 * l3, sum - 2 * l2, sum - 2 * l1);
    let mut total = 0_i128;
    for k in down1.saturating_sub(n2).max(up2.saturating_sub(n3))..=n1.min(down1).min(up2) {
        let term = binomial(n1, k) * binomial(n2, down1 - k) * binomial(n3, up2 - k);
        total += if k % 2 == 0 { term } else { -term };
    }
    let real = |n, k| binomial(n, k) as f64;
    let numerator = real(2 * l1, n1) * real(2 * l2, n1);
    let denominator = (sum + 1) as f64
        * real(sum, n1)
        * real(2 * l1, down1)
        * real(2 * l2, up2)
        * real(2 * l3, (l3 as isize - m3) as usize);
    sign(l1 as isize - l2 as isize - m3) * (numerator / denominator).sqrt() * total as f64
}

/// The complex Clebsch–Gordan coefficient `⟨l1 m1 l2 m2 | l3 m3⟩` in the Condon–Shortley phase.
///
/// # Panics
/// When `l1 + l2 + l3` exceeds [`MAX_DEGREE_SUM`].
pub fn clebsch_gordan(l: [usize; 3], m: [isize; 3]) -> f64 {
    let [l1, l2, l3] = l;
    let [m1, m2, m3] = m;
    sign(l1 as isize - l2 as isize + m3) * ((2 * l3 + 1) as f64).sqrt() * wigner_3j(l, [m1, m2, -m3])
}

/// The square of the triangle coefficient, `(a+b−c)! (a−b+c)! (−a+b+c)! / (a+b+c+1)!`.
fn triangle_squared(a: usize, b: usize, c: usize) -> f64 {
    let sum = a + b + c;
    1.0 / ((sum + 1) as f64 * binomial(sum, 2 * a) as f64 * binomial(2 * a, a + b - c) as f64)
}

/// Racah's sum of a 6j symbol over `k`, given the sums `t` of its triads; none if it does not fit.
fn alternating_sum([a, b, c]: [usize; 3], t: [usize; 4], first: usize, last: usize) -> Option<i128> {
    let mut total = 0_i128;
    for k in first..=last {
        let term = binomial(a + b - c, k - t[3])
            .checked_mul(binomial(b + c - a, k - t[1]))?
            .checked_mul(binomial(a + c - b, k - t[2]))?
            .checked_mul(binomial(k + 1, t[0] + 1))?;
        total = total.checked_add(if k % 2 == 0 { term } else { -term })?;
    }
    Some(total)
}

/// The Wigner 6j symbol `{a b c; d e f}`, given as `[a, b, c], [d, e, f]`.
///
/// # Panics
/// When a triad's sum exceeds [`MAX_DEGREE_SUM`], or a term of the sum does not fit an `i128`; symbols of degrees up to 24
/// on the lower row and 48 on the upper are safe.
pub fn wigner_6j(upper: [usize; 3], lower: [usize; 3]) -> f64 {
    let [a, b, c] = upper;
    let [d, e, f] = lower;
    let triads = [[a, b, c], [a, e, f], [d, b, f], [d, e, c]];
    if triads.iter().any(|&[a, b, c]| !is_triangle(a, b, c)) {
        return 0.0;
    }
    for [a, b, c] in triads {
        check_range("6j", a, b, c);
    }
    let t = triads.map(|triad| triad.iter().sum::<usize>());
    let first = t[0].max(t[1]).max(t[2]).max(t[3]);
    let last = (a + b + d + e).min(b + c + e + f).min(c + a + f + d);
    let total = if last < MAX_N { alternating_sum(upper, t, first, last) } else { None };
    let total = total
        .unwrap_or_else(|| panic!("the 6j symbol {upper:?}, {lower:?} overflows an i128: use lower degrees"));
    let [d1, d2, d3, d4] = triads.map(|[a, b, c]| triangle_squared(a, b, c));
    (d2 * d3 * d4 / d1).sqrt() * total as f64
}

/// The Wigner 9j symbol of a matrix of degrees, by rows.
///
/// A sum of products of three 6j symbols: accurate to about 1e-14 of the largest term, so that zeros are zero only to
/// that accuracy.
///
/// # Panics
/// As [`wigner_6j`] does.
pub fn wigner_9j(rows: [[usize; 3]; 3]) -> f64 {
    let [[a, b, c], [d, e, f], [g, h, i]] = rows;
    let first = a.abs_diff(i).max(d.abs_diff(h)).max(b.abs_diff(f));
    let last = (a + i).min(d + h).min(b + f);
    (first..=last)
        .map(|x| {
            (2 * x + 1) as f64
                * wigner_6j([a, b, c], [f, i, x])
                * wigner_6j([d, e, f], [b, x, h])
                * wigner_6j([g, h, i], [x, a, d])
        })
        .sum()
}
