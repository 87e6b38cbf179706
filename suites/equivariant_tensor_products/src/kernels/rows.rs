//! Applies a product to a batch row by row, on any number of threads: for methods whose libraries take matrices or signals.
//!
//! Chunks of rows are of a fixed size and independent of each other, so that results do not depend on the threads.

use harness_simd::Element;
use rayon::prelude::*;

use super::batch::Sizes;
use super::number::Number;

/// A product of consecutive rows.
pub(crate) trait RowMap<T: Element>: Send + Sync {
    /// What [`apply`](Self::apply) works in; one for each thread.
    type Scratch: Send;

    /// Rows that [`apply`](Self::apply) takes at a time, at most.
    fn chunk(&self) -> usize;

    /// Makes room to work in.
    fn scratch(&self) -> Self::Scratch;

    /// `z = T(x, y)` for each row.
    fn apply(&self, x: &[T], y: &[T], z: &mut [T], scratch: &mut Self::Scratch);

    /// Multiply-adds a pair.
    fn multiply_adds(&self) -> u64;
}

/// Features and products of a batch, in rows.
pub(crate) struct RowBatch<T> {
    sizes: Sizes,
    x: Vec<T>,
    y: Vec<T>,
    z: Vec<T>,
}

impl<T: Number> RowBatch<T> {
    /// Takes features, row by row; without `y` both factors are `x`.
    pub(crate) fn new(sizes: Sizes, x: &[f64], y: &[f64]) -> Self {
        let z = vec![T::default(); sizes.batch * sizes.outputs];
        Self { sizes, x: T::all_of(x), y: T::all_of(y), z }
    }

    /// Multiplies every pair.
    pub(crate) fn apply<M: RowMap<T>>(&mut self, threads: usize, map: &M) {
        let Sizes { inputs, outputs, .. } = self.sizes;
        let (x, z, rows) = (&self.x, &mut self.z, map.chunk());
        let y = if self.y.is_empty() { x } else { &self.y };
        let pass = |scratch: &mut M::Scratch, (chunk, z): (usize, &mut [T])| {
            let range = chunk * rows * inputs..(chunk * rows + z.len() / outputs) * inputs;
            map.apply(&x[range.clone()], &y[range], z, scratch);
        };
        if threads > 1 {
            z.par_chunks_mut(rows * outputs).enumerate().for_each_init(|| map.scratch(), pass);
        } else {
            let mut scratch = map.scratch();
            z.chunks_mut(rows * outputs).enumerate().for_each(|chunk| pass(&mut scratch, chunk));
        }
    }

    /// The products.
    pub(crate) fn rows(&self) -> Vec<T> {
        self.z.clone()
    }
}

/// Multiplies values by others, one by one.
pub(crate) fn multiply<T: Number>(values: &mut [T], others: &[T]) {
    for (value, other) in values.iter_mut().zip(others) {
        *value *= *other;
    }
}

/// Raises values to a power, one by one.
pub(crate) fn raise<T: Number>(values: &mut [T], nu: usize) {
    for value in values {
        let base = *value;
        for _ in 1..nu {
            *value *= base;
        }
    }
}
