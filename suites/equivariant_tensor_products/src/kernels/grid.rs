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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::batch::Sizes;
    use crate::kernels::rows::RowBatch;
    use crate::math::paths::{Filter, Setting, Shape};
    use crate::math::quadrature::{driscoll_healy, gauss_legendre};

    /// The products of a few pairs on a grid, or powers of the first factors.
    fn products(factors: Factors, shape: Shape, grid: &SphereGrid) -> Vec<f64> {
        let map = GridProduct::new(factors, &Degrees::of(shape, factors), grid);
        let sizes = Sizes { batch: 5, inputs: shape.input_size(), outputs: shape.merged_size() };
        let numbers =
            |step: f64| (0..5 * sizes.inputs).map(|i| (step * (i + 1) as f64).sin()).collect::<Vec<_>>();
        let mut batch = RowBatch::new(sizes, &numbers(0.37), &numbers(0.61));
        batch.apply(1, &map);
        batch.rows()
    }

    fn error(z: &[f64], exact: &[f64]) -> f64 {
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        largest(&mut z.iter().zip(exact).map(|(z, e)| (z - e).abs()))
            / largest(&mut exact.iter().map(|e| e.abs()))
    }

    #[test]
    fn both_grids_are_the_smallest_that_are_exact() {
        for lmax in 1..=5 {
            for factors in [Factors::Pair, Factors::Power(3)] {
                let shape = Shape::full(Setting::Mimo, Filter::Even, lmax);
                let total = Degrees::of(shape, factors).total();
                let grid = SphereGrid::gauss_legendre(total);
                let equispaced = SphereGrid::driscoll_healy(total);
                let exact = products(factors, shape, &grid);
                let error_on = |grid: &SphereGrid| error(&products(factors, shape, grid), &exact);
                assert!(error_on(&equispaced) < 1e-13, "L = {lmax}, {factors:?}");
                let (n, m) = (grid.latitudes.len(), equispaced.latitudes.len());
                for (what, worse) in [
                    ("latitude", SphereGrid { latitudes: gauss_legendre(n - 1), ..grid.clone() }),
                    ("longitude", SphereGrid { azimuths: grid.azimuths - 1, ..grid.clone() }),
                    (
                        "pair of equispaced latitudes",
                        SphereGrid { latitudes: driscoll_healy(m - 2), ..grid.clone() },
                    ),
                ] {
                    // Of equispaced latitudes a pair fewer costs the less the more there are, but never as little as rounding.
                    let found = error_on(&worse);
                    assert!(found > 1e-6, "L = {lmax}, {factors:?}: {found:e} with one {what} fewer");
                }
            }
        }
    }
}
