//! Harmonics as trigonometric polynomials on the torus, and back.
//!
//! A function on the sphere is continued to `θ ∈ [0, 2π)` by `f(2π − θ, φ + π) = f(θ, φ)`, so that `P̃_l^m(cos θ)` is a
//! cosine polynomial of degree `l` in θ for even `m` and a sine polynomial for odd `m`, and
//! `Y_lm = Σ y[u, v] e^(i(uθ + vφ))` with `v = ±m`, `|u| ≤ l` and `u ≡ l (mod 2)` (Luo, Chen and Krishnapriyan, ICLR
//! 2024). Products are convolutions of the coefficients. The way back integrates over the sphere proper:
//! `z_lm = Re Σ h[u, v] ∫ e^(i(uθ + vφ)) Y_lm dΩ`.
//!
//! Polynomials of known degree are determined by enough equispaced samples: the tables are exact up to rounding. Here
//! θ and φ are the angles β and α of the other files.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

use super::legendre::{self, place};

/// A coefficient of `e^(i(uθ + vφ))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Frequency in the polar angle.
    pub u: isize,
    /// Frequency in the azimuth.
    pub v: isize,
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

/// The expansions of all harmonics up to a degree.
#[derive(Clone, Debug)]
pub struct Fourier {
    lmax: usize,
    /// `a[u]`, `u = 0..=l`, of `P̃_l^m = Σ a[u] cos uθ` or `Σ a[u] sin uθ`, by [`place`].
    theta: Vec<Vec<f64>>,
    /// The same, `u = 0..=l + 1`, of `P̃_l^m sin θ`, a sine polynomial for even `m` and a cosine polynomial for odd.
    weighted: Vec<Vec<f64>>,
}

impl Fourier {
    /// Expands the harmonics of degrees up to `lmax`.
    pub fn new(lmax: usize) -> Self {
        // Frequencies up to lmax + 1 are told apart by twice as many samples and one more.
        let n = 2 * (lmax + 1) + 1;
        let angles: Vec<f64> = (0..n).map(|k| 2.0 * PI * k as f64 / n as f64).collect();
        let samples: Vec<Vec<f64>> =
            angles.iter().map(|theta| legendre::associated(lmax, theta.cos(), theta.sin())).collect();
        let (mut theta, mut weighted) = (Vec::new(), Vec::new());
        for l in 0..=lmax {
            for m in 0..=l {
                let values: Vec<f64> = samples.iter().map(|table| table[place(l, m)]).collect();
                let with_sine: Vec<f64> =
                    values.iter().zip(&angles).map(|(p, theta)| p * theta.sin()).collect();
                theta.push(series(Parity::of_order(m), l, &values));
                weighted.push(series(Parity::of_order(m + 1), l + 1, &with_sine));
            }
        }
        Self { lmax, theta, weighted }
    }

    /// The highest degree.
    pub fn lmax(&self) -> usize {
        self.lmax
    }

    /// The coefficients of `P̃_l^m(cos θ)`, `m ≥ 0`: of `cos uθ` for even `m`, of `sin uθ` for odd, `u = 0..=l`. Those of
    /// `u ≢ l (mod 2)` are zero.
    pub fn theta(&self, l: usize, m: usize) -> &[f64] {
        &self.theta[place(l, m)]
    }

    /// The expansion of `Y_lm`: its terms that are not zero, ordered by `(u, v)`.
    pub fn harmonic(&self, l: usize, m: isize) -> Vec<Term> {
        let order = m.unsigned_abs();
        let mut terms = Vec::new();
        for u in -(l as isize)..=l as isize {
            let a = self.theta(l, order)[u.unsigned_abs()];
            if a == 0.0 {
                continue;
            }
            let theta = match Parity::of_order(order) {
                Parity::Even if u == 0 => (a, 0.0),
                Parity::Even => (0.5 * a, 0.0),
                Parity::Odd => (0.0, if u > 0 { -0.5 * a } else { 0.5 * a }),
            };
            for (v, phi) in azimuthal(m) {
                let (re, im) = product(theta, phi);
                terms.push(Term { u, v, re, im });
            }
        }
        terms
    }

    /// `∫ e^(i(uθ + vφ)) Y_lm dΩ` for `|u| ≤ band`: those that are not zero, ordered by `(u, v)`.
    ///
    /// A product of harmonics of degrees up to `L` has frequencies up to `band = 2L`.
    pub fn integrals(&self, l: usize, m: isize, band: usize) -> Vec<Term> {
        let order = m.unsigned_abs();
        let mut terms = Vec::new();
        for u in -(band as isize)..=band as isize {
            let theta = self.polar_integral(l, order, u);
            if theta == (0.0, 0.0) {
                continue;
            }
            // The part of Y_lm in φ is real: its coefficient of e^(−ivφ) is the conjugate of that of e^(ivφ).
            for (v, phi) in azimuthal(m) {
                let (re, im) = product(theta, (2.0 * PI * phi.0, -2.0 * PI * phi.1));
                terms.push(Term { u, v, re, im });
            }
        }
        terms
    }

    /// `∫_0^π e^(iuθ) P̃_l^m(cos θ) sin θ dθ`.
    fn polar_integral(&self, l: usize, m: usize, u: isize) -> (f64, f64) {
        let (mut re, mut im) = (0.0, 0.0);
        for (k, &b) in self.weighted[place(l, m)].iter().enumerate() {
            let k = k as isize;
            // The halves of a sine or cosine.
            let (plus, minus) = (half_period(u + k), half_period(u - k));
            match Parity::of_order(m + 1) {
                Parity::Even => {
                    re += 0.5 * b * (plus.0 + minus.0);
                    im += 0.5 * b * (plus.1 + minus.1);
                }
                // 1 / 2i = −i / 2
                Parity::Odd => {
                    re += 0.5 * b * (plus.1 - minus.1);
                    im -= 0.5 * b * (plus.0 - minus.0);
                }
            }
        }
        (re, im)
    }
}

/// Whether a polynomial in θ is one of cosines or of sines.
#[derive(Clone, Copy)]
enum Parity {
    Even,
    Odd,
}

impl Parity {
    const fn of_order(m: usize) -> Self {
        if m.is_multiple_of(2) { Self::Even } else { Self::Odd }
    }
}

/// The coefficients of a trigonometric polynomial of a degree from more than twice as many equispaced samples. Those of
/// the wrong parity are zero for every polynomial that occurs here, and are set to zero.
fn series(parity: Parity, degree: usize, samples: &[f64]) -> Vec<f64> {
    let n = samples.len();
    let coefficient = |u: usize| {
        if !(degree - u).is_multiple_of(2) {
            return 0.0;
        }
        let sum: f64 = samples
            .iter()
            .enumerate()
            .map(|(k, value)| {
                let angle = 2.0 * PI * (u * k % n) as f64 / n as f64;
                value * if matches!(parity, Parity::Even) { angle.cos() } else { angle.sin() }
            })
            .sum();
        match parity {
            Parity::Odd if u == 0 => 0.0,
            Parity::Even if u == 0 => sum / n as f64,
            _ => 2.0 * sum / n as f64,
        }
    };
    (0..=degree).map(coefficient).collect()
}

/// The coefficients of `e^(ivφ)` in the part of `Y_lm` in φ, `v` ascending.
fn azimuthal(m: isize) -> Vec<(isize, (f64, f64))> {
    let order = m.abs();
    match m {
        0 => vec![(0, (1.0, 0.0))],
        1.. => vec![(-order, (FRAC_1_SQRT_2, 0.0)), (order, (FRAC_1_SQRT_2, 0.0))],
        // √2 sin = (e^(i|m|φ) − e^(−i|m|φ)) / i√2
        _ => vec![(-order, (0.0, 0.5 * SQRT_2)), (order, (0.0, -0.5 * SQRT_2))],
    }
}

fn product(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// `∫_0^π e^(ikθ) dθ`.
fn half_period(k: isize) -> (f64, f64) {
    match k {
        0 => (PI, 0.0),
        _ if k % 2 == 0 => (0.0, 0.0),
        _ => (0.0, 2.0 / k as f64),
    }
}
