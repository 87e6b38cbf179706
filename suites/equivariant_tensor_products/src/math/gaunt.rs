//! Gaunt coefficients: integrals of three real harmonics over the sphere.
//!
//! In the basis of this module `∫ Y1 Y2 Y3 dΩ = g(l1, l2, l3) C[i, j, k]` with `g ≥ 0` and [`clebsch_gordan`]'s `C`
//! (Gaunt 1929; the sign is a property of the basis and is tested by quadrature).
//!
//! [`clebsch_gordan`]: super::clebsch_gordan

use std::f64::consts::PI;

use super::index::dim;
use super::paths::Path;
use super::symbols::wigner_3j;

/// `√((2 l1 + 1)(2 l2 + 1)(2 l3 + 1) / 4π)`.
pub(super) fn norm(path: Path) -> f64 {
    (path.dense_macs() as f64 / (4.0 * PI)).sqrt()
}

/// `g(l1, l2, l3) = √((2 l1 + 1)(2 l2 + 1)(2 l3 + 1) / 4π) |(l1 l2 l3; 0 0 0)|`; zero for odd sums.
///
/// # Panics
/// When `l1 + l2 + l3` exceeds [`super::symbols::MAX_DEGREE_SUM`].
pub fn gaunt(path: Path) -> f64 {
    if !path.is_even() {
        return 0.0;
    }
    norm(path) * wigner_3j([path.l1, path.l2, path.l3], [0, 0, 0]).abs()
}

/// What the Gaunt product does on a vector of all degrees with one input fixed to the harmonic of degree 0: it divides
/// by √4π. Conventions in which degree 0 is the identity (e3nn-jax) multiply [`gaunt`] by the inverse of this.
pub fn scale_of_degree_zero() -> f64 {
    debug_assert_eq!(dim(0), 1);
    (4.0 * PI).sqrt().recip()
}
