//! What a product of matrices couples: vectors of irreps are embedded in matrices by Clebsch–Gordan tensors, the
//! matrices are multiplied, and the product is read out by the same tensors.
//!
//! A matrix from irrep `b` to irrep `a` holds the degrees `|a − b|..=a + b`, `X[p, q] = Σ C^(a b l)[p, q, i] x[i]`. Three
//! tensors contracted along the inner irreps are one tensor again,
//! `Σ C^(a b l1)[p, q, i] C^(b c l2)[q, r, j] C^(a c l3)[p, r, k] = κ C^(l1 l2 l3)[i, j, k]`, with
//! `κ = (−1)^(a + c + l3) {l1 l2 l3; c a b}`. The 6j symbol is known (recoupling); the sign is that of this basis and is
//! tested by contraction.

use super::index::dim;
use super::paths::Path;
use super::symbols::{sign, wigner_6j};

/// `κ` of a path through blocks `a ← b` and `b ← c`.
///
/// # Panics
/// As [`wigner_6j`] does.
pub fn through_blocks(path: Path, [a, b, c]: [usize; 3]) -> f64 {
    let Path { l1, l2, l3 } = path;
    sign((a + c + l3) as isize) * wigner_6j([l1, l2, l3], [c, a, b])
}

/// The degree of the one irrep on which e3x's fused product lets matrices act: `⌈max(L, lout) / 2⌉`, the smallest whose
/// matrices hold every degree.
pub fn inner_degree(lmax: usize, lout: usize) -> usize {
    lmax.max(lout).div_ceil(2)
}

/// The coupling of a path in a product of matrices on one irrep of degree `inner`: `(−1)^l3 {l1 l2 l3; l̃ l̃ l̃}`.
///
/// Exactly zero where the 6j symbol is: with `l̃ = 6` on the permutations of (3, 5, 6).
///
/// # Panics
/// As [`wigner_6j`] does.
pub fn single(path: Path, inner: usize) -> f64 {
    through_blocks(path, [inner; 3])
}

/// How the blocks of [`full`] are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockScale {
    /// Tensors of unit norm.
    Unit,
    /// Times `√((2a + 1)(2b + 1))`, e3nn's normalisation "norm", as in the code of "The Price of Freedom".
    Norm,
}

impl BlockScale {
    /// What a block `a ← b` is multiplied by.
    pub fn factor(self, a: usize, b: usize) -> f64 {
        match self {
            Self::Unit => 1.0,
            Self::Norm => ((dim(a) * dim(b)) as f64).sqrt(),
        }
    }
}

/// The coupling of a path in a product of matrices on all irreps of degree `0..=lmax`, every block of which holds the
/// same `x`: a sum over blocks, in floating point.
///
/// # Panics
/// As [`wigner_6j`] does.
pub fn full(path: Path, lmax: usize, scale: BlockScale) -> f64 {
    let blocks = || 0..=lmax;
    let triples = blocks().flat_map(|a| blocks().flat_map(move |b| blocks().map(move |c| [a, b, c])));
    triples
        .map(|[a, b, c]| {
            let scales = scale.factor(a, b) * scale.factor(b, c) * scale.factor(a, c);
            scales * through_blocks(path, [a, b, c])
        })
        .sum()
}
