//! Products of functions on the sphere by three dense matrix products: to a grid, point by point, and back.
//!
//! With `A` the harmonics at the points and `B` those of the output times the weights, `Z = (X A ∘ Y A) B`. That is
//! O(L⁴), but large matrix products are what machines do best: this is what everybody writes first, and what is hard to beat.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::degrees::{Degrees, Factors};
use super::number::Number;
use super::rows::{RowMap, multiply, raise};
use crate::math::harmonics::harmonics;
use crate::math::quadrature::SphereGrid;

/// Bytes of the values on the grid that are worked on at a time: they and the matrices are to stay in the second cache.
const CHUNK_BYTES: usize = 256 << 10;

/// The tables of a product, or of a power.
pub(crate) struct GridProduct<T> {
    factors: Factors,
    inputs: usize,
    points: usize,
    outputs: usize,
    /// `[input][point]`
    forth: Vec<T>,
    /// `[point][output]`
    back: Vec<T>,
}

impl<T: Number> GridProduct<T> {
    /// The tables for a grid.
    pub(crate) fn new(factors: Factors, degrees: &Degrees, grid: &SphereGrid) -> Self {
        let (inputs, outputs) = (degrees.inputs(), degrees.outputs());
        let points = grid.len();
        let mut forth = vec![T::default(); inputs.len() * points];
        let mut back = Vec::with_capacity(outputs.len() * points);
        for (p, (r, weight)) in grid.points().enumerate() {
            let values = harmonics(degrees.lmax.max(degrees.out_max), r);
            for (i, value) in values[inputs.clone()].iter().enumerate() {
                forth[i * points + p] = T::of(*value);
            }
            back.extend(values[outputs.clone()].iter().map(|value| T::of(weight * value)));
        }
        Self { factors, inputs: inputs.len(), points, outputs: outputs.len(), forth, back }
    }
}

/// `c = a b`, all of them row by row.
fn matrix_product<T: Number>(a: &[T], b: &[T], c: &mut [T], (rows, inner, columns): (usize, usize, usize)) {
    let a = MatRef::from_row_major_slice(a, rows, inner);
    let b = MatRef::from_row_major_slice(b, inner, columns);
    let c = MatMut::from_row_major_slice_mut(c, rows, columns);
    matmul(c, Accum::Replace, a, b, T::of(1.0), Par::Seq);
}

impl<T: Number> RowMap<T> for GridProduct<T> {
    type Scratch = [Vec<T>; 2];

    fn chunk(&self) -> usize {
        (CHUNK_BYTES / (2 * self.points * size_of::<T>())).next_multiple_of(16)
    }

    fn scratch(&self) -> [Vec<T>; 2] {
        [(); 2].map(|()| vec![T::default(); self.chunk() * self.points])
    }

    fn apply(&self, x: &[T], y: &[T], z: &mut [T], [f, g]: &mut [Vec<T>; 2]) {
        let Self { inputs, points, outputs, .. } = *self;
        let rows = z.len() / outputs;
        let (f, g) = (&mut f[..rows * points], &mut g[..rows * points]);
        matrix_product(x, &self.forth, f, (rows, inputs, points));
        match self.factors {
            Factors::Pair => {
                matrix_product(y, &self.forth, g, (rows, inputs, points));
                multiply(f, g);
            }
            Factors::Power(nu) => raise(f, nu),
        }
        matrix_product(f, &self.back, z, (rows, points, outputs));
    }

    fn multiply_adds(&self) -> u64 {
        let (maps, products) = (self.factors.distinct(), self.factors.count() - 1);
        (self.points * (maps * self.inputs + products + self.outputs)) as u64
    }
}
