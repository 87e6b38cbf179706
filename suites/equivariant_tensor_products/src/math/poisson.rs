//! Coefficients of the Poisson bracket of functions on the sphere, `{A, B} = (∂_β A ∂_α B − ∂_α A ∂_β B) / sin β`.
//!
//! The bracket is antisymmetric and gives what a pointwise product cannot, the paths of odd sum (the idea is that of
//! arXiv 2605.15073; the closed form is derived here). In the basis of this module
//! `∫ {Y1, Y2} Y3 dΩ = p(l1, l2, l3) C[i, j, k]` with `p ≥ 0`; the sign is tested by quadrature.

use super::gaunt::norm;
use super::paths::Path;
use super::symbols::wigner_3j;

/// `p(l1, l2, l3) = √((2 l1 + 1)(2 l2 + 1)(2 l3 + 1) / 4π) √(l1 (l1 + 1) l2 (l2 + 1)) |(l1 l2 l3; 1 −1 0)|`; zero for
/// even sums.
///
/// Positive on every odd path that is a triangle: those have `l1, l2, l3 ≥ 1`. The product of harmonics differentiated
/// once each has degree up to `l1 + l2 − 1`, so grids that are exact for [`super::gaunt`] are for this.
///
/// # Panics
/// When `l1 + l2 + l3` exceeds [`super::symbols::MAX_DEGREE_SUM`].
pub fn poisson(path: Path) -> f64 {
    if path.is_even() {
        return 0.0;
    }
    let Path { l1, l2, l3 } = path;
    let slopes = (l1 * (l1 + 1) * l2 * (l2 + 1)) as f64;
    norm(path) * slopes.sqrt() * wigner_3j([l1, l2, l3], [1, -1, 0]).abs()
}
