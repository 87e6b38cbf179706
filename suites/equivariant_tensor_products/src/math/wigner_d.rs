//! Wigner-D matrices in the real basis: `Y(R r) = D(R) Y(r)`.
//!
//! Degree 1 is the rotation matrix itself, and degree `l` follows from degree 1 and degree `l − 1` by the coupling
//! `1 ⊗ (l − 1) → l`: `D^l[k, k'] = (2l + 1) Σ C[i, j, k] D¹[i, i'] D^(l−1)[j, j'] C[i', j', k']`, which is equivariance
//! of the coupling together with the orthogonality `Σ C[i, j, k] C[i, j, k'] = δ / (2l + 1)`.

use super::clebsch_gordan::nonzeros;
use super::index::{dim, offset, size};
use super::paths::Path;
use super::rotation::{Euler, Rotation};

/// The blocks `D^l(R)`, `l = 0..=lmax`, of one rotation.
#[derive(Clone, Debug, PartialEq)]
pub struct WignerD {
    blocks: Vec<Vec<f64>>,
}

impl WignerD {
    /// The blocks of a rotation by the recursion, `O(L⁴)`.
    pub fn new(lmax: usize, rotation: &Rotation) -> Self {
        let mut blocks = vec![vec![1.0]];
        let first: Vec<f64> = rotation.matrix().as_flattened().to_vec();
        for l in 1..=lmax {
            let block = if l == 1 { first.clone() } else { next(l, &first, &blocks[l - 1]) };
            blocks.push(block);
        }
        Self { blocks }
    }

    /// The highest degree.
    pub fn lmax(&self) -> usize {
        self.blocks.len() - 1
    }

    /// The block of a degree, `(2l + 1)²` numbers by rows.
    pub fn block(&self, l: usize) -> &[f64] {
        &self.blocks[l]
    }

    /// `D x` of the components of one degree.
    pub fn apply_to_degree(&self, l: usize, x: &[f64]) -> Vec<f64> {
        debug_assert_eq!(x.len(), dim(l));
        self.block(l).chunks_exact(dim(l)).map(|row| row.iter().zip(x).map(|(d, x)| d * x).sum()).collect()
    }

    /// `Dᵀ x` of the components of one degree: the rotation back.
    pub fn apply_transposed_to_degree(&self, l: usize, x: &[f64]) -> Vec<f64> {
        debug_assert_eq!(x.len(), dim(l));
        let mut out = vec![0.0; dim(l)];
        for (row, x) in self.block(l).chunks_exact(dim(l)).zip(x) {
            for (out, d) in out.iter_mut().zip(row) {
                *out += d * x;
            }
        }
        out
    }

    /// `D x` of a vector of all degrees `0..=lmax` of the vector, which may be lower than [`Self::lmax`].
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.by_degree(x, Self::apply_to_degree)
    }

    /// `Dᵀ x` of a vector of all degrees.
    pub fn apply_transposed(&self, x: &[f64]) -> Vec<f64> {
        self.by_degree(x, Self::apply_transposed_to_degree)
    }

    fn by_degree(&self, x: &[f64], apply: impl Fn(&Self, usize, &[f64]) -> Vec<f64>) -> Vec<f64> {
        let degrees = x.len().isqrt();
        assert!(
            degrees > 0 && x.len() == size(degrees - 1) && degrees <= self.blocks.len(),
            "a vector of {} components does not have all degrees up to one that is at most {}",
            x.len(),
            self.lmax()
        );
        (0..degrees).flat_map(|l| apply(self, l, &x[offset(l)..offset(l + 1)])).collect()
    }
}

/// `D^l` from `D¹` and `D^(l−1)`.
fn next(l: usize, first: &[f64], previous: &[f64]) -> Vec<f64> {
    let entries = nonzeros(Path::new(1, l - 1, l));
    let (n, inner) = (dim(l), dim(l - 1));
    let mut block = vec![0.0; n * n];
    for a in entries.iter() {
        for b in entries.iter() {
            block[a.k * n + b.k] += a.c * b.c * first[a.i * 3 + b.i] * previous[a.j * inner + b.j];
        }
    }
    for d in &mut block {
        *d *= n as f64;
    }
    block
}

/// A quicker way to the blocks of many rotations, `D(R_y(α) R_x(β) R_y(γ)) = Y(α) J Y(β) Jᵀ Y(γ)` (Pinchon and Hoggan,
/// J. Phys. A 40 (2007) 1597).
///
/// A turn `Y` about the polar axis mixes the orders `m` and `−m` only. `J` is the quarter turn about z that takes y to
/// x; it is made once, by the recursion.
#[derive(Clone, Debug)]
pub struct EulerD {
    quarter: WignerD,
}

impl EulerD {
    /// Prepares for degrees up to `lmax`.
    pub fn new(lmax: usize) -> Self {
        let quarter = Rotation::from_quaternion([1.0, 0.0, 0.0, -1.0]).expect("the quaternion is not zero");
        Self { quarter: WignerD::new(lmax, &quarter) }
    }

    /// `J`, up to the prepared degree.
    pub fn quarter(&self) -> &WignerD {
        &self.quarter
    }

    /// `D(R) x` of a vector of all degrees up to at most the prepared one, in `O(L³)`.
    pub fn apply(&self, rotation: &Rotation, x: &[f64]) -> Vec<f64> {
        let Euler { alpha, beta, gamma } = rotation.euler();
        let mut out = x.to_vec();
        turn_all(&mut out, gamma);
        out = self.quarter.apply_transposed(&out);
        turn_all(&mut out, beta);
        out = self.quarter.apply(&out);
        turn_all(&mut out, alpha);
        out
    }

    /// The blocks of a rotation.
    pub fn blocks(&self, rotation: &Rotation) -> WignerD {
        let Euler { alpha, beta, gamma } = rotation.euler();
        let blocks = (0..=self.quarter.lmax()).map(|l| {
            let n = dim(l);
            // Columns of the block are images of unit vectors: rows of its transpose.
            let mut block = vec![0.0; n * n];
            for column in 0..n {
                let mut x = vec![0.0; n];
                x[column] = 1.0;
                turn(l, &mut x, gamma);
                x = self.quarter.apply_transposed_to_degree(l, &x);
                turn(l, &mut x, beta);
                x = self.quarter.apply_to_degree(l, &x);
                turn(l, &mut x, alpha);
                for (row, value) in x.into_iter().enumerate() {
                    block[row * n + column] = value;
                }
            }
            block
        });
        WignerD { blocks: blocks.collect() }
    }
}

fn turn_all(x: &mut [f64], angle: f64) {
    for l in 0..x.len().isqrt() {
        turn(l, &mut x[offset(l)..offset(l + 1)], angle);
    }
}

/// `D(R_y(angle)) x` of one degree, in place.
fn turn(l: usize, x: &mut [f64], angle: f64) {
    for m in 1..=l {
        let (s, c) = (m as f64 * angle).sin_cos();
        let (sine, cosine) = (x[l - m], x[l + m]);
        x[l + m] = c * cosine - s * sine;
        x[l - m] = c * sine + s * cosine;
    }
}
