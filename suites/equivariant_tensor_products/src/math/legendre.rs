//! Normalised associated Legendre functions without the Condon–Shortley phase.
//!
//! `P̃_l^m(cos β)` is the part in β of the harmonics of unit norm: `2π ∫ P̃² sin β dβ = 1`. The recursions are those of
//! Schaeffer, "Efficient spherical harmonic transforms aimed at pseudospectral numerical simulations", G-cubed 14
//! (2013) 751, equations 12–14.

use std::f64::consts::PI;

/// Where degree `l` and order `m ≥ 0` lie in a table: `l (l + 1) / 2 + m`.
pub const fn place(l: usize, m: usize) -> usize {
    l * (l + 1) / 2 + m
}

/// Entries of a table of the degrees `0..=lmax`.
pub const fn table_size(lmax: usize) -> usize {
    place(lmax + 1, 0)
}

/// `P̃_l^m / s^m`, polynomials in `x = cos β`, for all `0 ≤ m ≤ l ≤ lmax`, at [`place`].
///
/// Harmonics in Cartesian coordinates are these times the harmonic polynomials of the equator, with no division by
/// `s = sin β` at the poles.
pub fn reduced(lmax: usize, x: f64) -> Vec<f64> {
    table(lmax, x, 1.0)
}

/// `P̃_l^m(x)` for all `0 ≤ m ≤ l ≤ lmax`, at [`place`], given `x = cos β` and `s = sin β ≥ 0`.
///
/// Both are taken, since `s` cannot be had from `x` to full accuracy near the poles.
pub fn associated(lmax: usize, x: f64, s: f64) -> Vec<f64> {
    table(lmax, x, s)
}

fn table(lmax: usize, x: f64, s: f64) -> Vec<f64> {
    let mut p = vec![0.0; table_size(lmax)];
    let mut diagonal = (1.0 / (4.0 * PI)).sqrt();
    for m in 0..=lmax {
        if m > 0 {
            diagonal *= s * ((2 * m + 1) as f64 / (2 * m) as f64).sqrt();
        }
        p[place(m, m)] = diagonal;
        if m < lmax {
            p[place(m + 1, m)] = ((2 * m + 3) as f64).sqrt() * x * diagonal;
        }
        let m2 = (m * m) as f64;
        for l in m + 2..=lmax {
            let l2 = (l * l) as f64;
            let before = ((l - 1) * (l - 1)) as f64;
            let a = ((4.0 * l2 - 1.0) / (l2 - m2)).sqrt();
            let b = ((before - m2) / (4.0 * before - 1.0)).sqrt();
            p[place(l, m)] = a * (x * p[place(l - 1, m)] - b * p[place(l - 2, m)]);
        }
    }
    p
}

/// `dP̃_l^m/dβ` from a table of [`associated`], by the ladder in `m`, which needs no division by `sin β`:
/// `½ (√((l+m)(l−m+1)) P̃_l^(m−1) − √((l−m)(l+m+1)) P̃_l^(m+1))`, and `−√(l(l+1)) P̃_l^1` for `m = 0`.
pub fn derivative(lmax: usize, p: &[f64]) -> Vec<f64> {
    debug_assert_eq!(p.len(), table_size(lmax));
    let mut d = vec![0.0; table_size(lmax)];
    for l in 1..=lmax {
        d[place(l, 0)] = -((l * (l + 1)) as f64).sqrt() * p[place(l, 1)];
        for m in 1..=l {
            let down = (((l + m) * (l - m + 1)) as f64).sqrt() * p[place(l, m - 1)];
            let up = if m < l { (((l - m) * (l + m + 1)) as f64).sqrt() * p[place(l, m + 1)] } else { 0.0 };
            d[place(l, m)] = 0.5 * (down - up);
        }
    }
    d
}
