//! Products from a table of coefficients that are not zero.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::number::Number;
use crate::math::clebsch_gordan::nonzeros;
use crate::math::index::{dim, offset};
use crate::math::paths::{Path, Shape};

/// A table: for each pair of input irreps their outer product once, then each output as a sum over it.
pub(crate) struct SparseTable<T> {
    pairs: Vec<IrrepPair>,
    outputs: Vec<Output>,
    /// Places in the outer product of the irreps, for the terms of each output in turn.
    places: Vec<u16>,
    coefficients: Vec<T>,
    largest_product: usize,
    outer_products: usize,
}

/// A pair of input irreps.
struct IrrepPair {
    x: usize,
    dim_x: usize,
    y: usize,
    dim_y: usize,
    /// Its part of `outputs`.
    outputs: std::ops::Range<usize>,
}

/// A sum: its place in the output, and its terms.
struct Output {
    z: usize,
    terms: std::ops::Range<usize>,
    /// Whether an earlier pair has already put something there.
    adds: bool,
}

impl<T: Number> SparseTable<T> {
    /// The table of a shape's paths, each with a coupling and the place where its output begins.
    pub(crate) fn new(
        shape: Shape,
        coupling: impl Fn(usize, Path) -> f64,
        place: impl Fn(usize, Path) -> usize,
    ) -> Self {
        let mut table = Self {
            pairs: Vec::new(),
            outputs: Vec::new(),
            places: Vec::new(),
            coefficients: Vec::new(),
            largest_product: 0,
            outer_products: 0,
        };
        let paths: Vec<(usize, Path)> = shape.paths().into_iter().enumerate().collect();
        let mut written = std::collections::BTreeSet::new();
        for group in paths.chunk_by(|(_, a), (_, b)| (a.l1, a.l2) == (b.l1, b.l2)) {
            let (l1, l2) = (group[0].1.l1, group[0].1.l2);
            let first = table.outputs.len();
            for &(number, path) in group {
                let factor = coupling(number, path);
                let entries = nonzeros(path);
                for k in 0..dim(path.l3) {
                    let z = place(number, path) + k;
                    let start = table.places.len();
                    for entry in entries.iter().filter(|entry| entry.k == k) {
                        table.places.push((entry.i * dim(l2) + entry.j) as u16);
                        table.coefficients.push(T::of(factor * entry.c));
                    }
                    let terms = start..table.places.len();
                    table.outputs.push(Output { z, terms, adds: !written.insert(z) });
                }
            }
            table.pairs.push(IrrepPair {
                x: offset(l1) - shape.input_base(),
                dim_x: dim(l1),
                y: offset(l2) - shape.input_base(),
                dim_y: dim(l2),
                outputs: first..table.outputs.len(),
            });
            table.largest_product = table.largest_product.max(dim(l1) * dim(l2));
            table.outer_products += dim(l1) * dim(l2);
        }
        table
    }
}

impl<T: Element> BlockMap<T> for SparseTable<T> {
    fn scratch(&self) -> usize {
        self.largest_product
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        _: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        for irreps in &self.pairs {
            let (x, y) = (&pair.x[irreps.x..][..irreps.dim_x], &pair.y[irreps.y..][..irreps.dim_y]);
            for (x, products) in x.iter().zip(scratch.chunks_exact_mut(irreps.dim_y)) {
                let x = s.load(x);
                for (y, product) in y.iter().zip(products) {
                    s.store(s.mul(x, s.load(y)), product);
                }
            }
            for output in &self.outputs[irreps.outputs.clone()] {
                let z = &mut z[output.z];
                let mut sum = if output.adds { s.load(z) } else { s.splat(T::default()) };
                let places = &self.places[output.terms.clone()];
                for (place, c) in places.iter().zip(&self.coefficients[output.terms.clone()]) {
                    sum = s.mul_add(s.splat(*c), s.load(&scratch[usize::from(*place)]), sum);
                }
                s.store(sum, z);
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        (self.coefficients.len() + self.outer_products) as u64
    }
}
