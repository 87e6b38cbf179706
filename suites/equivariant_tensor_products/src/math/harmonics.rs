//! Real spherical harmonics with the polar axis y and without the Condon–Shortley phase, in e3nn's order.
//!
//! `Y_lm = P̃_l^|m|(cos β) · {√2 sin |m|α (m < 0); 1 (m = 0); √2 cos mα (m > 0)}` with `cos β = y` and
//! `α = atan2(x, z)`; the components of degree 1 are proportional to `(x, y, z)`.

use std::f64::consts::{PI, SQRT_2};

use super::index::{dim, flat, offset, size};
use super::legendre::{self, place};

/// How harmonics are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// `∫ Y² dΩ = 1`, what the formulas of this module assume.
    Integral,
    /// `Σ_m Y² = 2l + 1`.
    Component,
    /// `Σ_m Y² = 1`.
    Norm,
}

impl Norm {
    /// What harmonics of unit integral are multiplied by.
    pub fn factor(self, l: usize) -> f64 {
        match self {
            Self::Integral => 1.0,
            Self::Component => (4.0 * PI).sqrt(),
            Self::Norm => (4.0 * PI / dim(l) as f64).sqrt(),
        }
    }
}

/// All harmonics of degrees `0..=lmax` of unit integral at a unit vector `(x, y, z)`, by flat index.
///
/// No trigonometric function is called: `(z + i x)^m = sin^m β e^(imα)`.
pub fn harmonics(lmax: usize, [x, y, z]: [f64; 3]) -> Vec<f64> {
    let p = legendre::reduced(lmax, y);
    let mut out = vec![0.0; size(lmax)];
    let (mut cosine, mut sine) = (1.0, 0.0);
    for m in 0..=lmax {
        for l in m..=lmax {
            let value = p[place(l, m)];
            if m == 0 {
                out[flat(l, 0)] = value;
            } else {
                out[flat(l, m as isize)] = SQRT_2 * value * cosine;
                out[flat(l, -(m as isize))] = SQRT_2 * value * sine;
            }
        }
        (cosine, sine) = (cosine * z - sine * x, cosine * x + sine * z);
    }
    out
}

/// [`harmonics`] in another scale.
pub fn harmonics_scaled(lmax: usize, r: [f64; 3], norm: Norm) -> Vec<f64> {
    let mut out = harmonics(lmax, r);
    for l in 0..=lmax {
        let factor = norm.factor(l);
        for value in &mut out[offset(l)..offset(l + 1)] {
            *value *= factor;
        }
    }
    out
}

/// The unit vector at the polar angle `β` and the azimuth `α`.
pub fn direction(beta: f64, alpha: f64) -> [f64; 3] {
    let (sb, cb) = beta.sin_cos();
    let (sa, ca) = alpha.sin_cos();
    [sb * sa, cb, sb * ca]
}

/// The derivatives `∂Y/∂β` and `(∂Y/∂α) / sin β` of all harmonics of unit integral at the direction `(β, α)`, by flat
/// index: the surface gradient in the unit vectors of β and α.
///
/// # Panics
/// At a pole, where α has no direction.
pub fn gradient(lmax: usize, beta: f64, alpha: f64) -> [Vec<f64>; 2] {
    let (s, x) = beta.sin_cos();
    assert!(s > 0.0, "the gradient of harmonics in angles is asked for at a pole, β = {beta}");
    let p = legendre::associated(lmax, x, s);
    let slope = legendre::derivative(lmax, &p);
    let (mut polar, mut azimuthal) = (vec![0.0; size(lmax)], vec![0.0; size(lmax)]);
    for l in 0..=lmax {
        polar[flat(l, 0)] = slope[place(l, 0)];
        for m in 1..=l {
            let order = m as f64;
            let (sine, cosine) = (order * alpha).sin_cos();
            let (plus, minus) = (flat(l, m as isize), flat(l, -(m as isize)));
            polar[plus] = SQRT_2 * slope[place(l, m)] * cosine;
            polar[minus] = SQRT_2 * slope[place(l, m)] * sine;
            azimuthal[plus] = -SQRT_2 * order * p[place(l, m)] / s * sine;
            azimuthal[minus] = SQRT_2 * order * p[place(l, m)] / s * cosine;
        }
    }
    [polar, azimuthal]
}
