//! Applies a product to a batch, block by block, in either layout, on any number of threads.
//!
//! Chunks of blocks are of a fixed size and independent of each other, so that results do not depend on the threads.

use harness_simd::{Block, Element, Fill, Isa, Lanes, Op, Rows, Sink, Stores, gather_rows, scatter_rows};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::number::Number;

/// How features lie in memory while they are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataLayout {
    /// One row a pair, as programs exchange them. Rows are transposed into lanes and back, on the clock.
    #[default]
    RowMajor,
    /// Blocks of pairs, `[block][component][lane]`: what a chain of such products would hand on. Converted off the clock.
    BatchLanes,
}

/// A product of one block of pairs.
pub(crate) trait BlockMap<T: Element>: Send + Sync {
    /// Whether `y` is looked at; if not, what is in it is left open.
    const READS_SECOND: bool = true;

    /// Blocks of scratch that [`apply`](Self::apply) needs.
    fn scratch(&self) -> usize;

    /// `z = T(x, y)` in every lane; `block` is the number of the block in the batch. What no path leads to may be left as it
    /// is: `z` is zero before the first call, and nobody else writes to it. Must be `#[inline(always)]`.
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        block: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    );

    /// Multiply-adds a pair.
    fn multiply_adds(&self) -> u64;

    /// Numbers that are read for each pair besides the factors.
    fn numbers_read(&self) -> usize {
        0
    }

    /// Named counts a pair, for what is worth telling apart.
    fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// The factors of a block of pairs, by component.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a, T: Element> {
    pub(crate) x: &'a [Block<T>],
    pub(crate) y: &'a [Block<T>],
}

/// Sizes of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Pairs.
    pub(crate) batch: usize,
    /// Numbers in a row of `x` or `y`.
    pub(crate) inputs: usize,
    /// Numbers in a row of the output.
    pub(crate) outputs: usize,
}

/// Outputs of more bytes than this are written past the caches, which they would only empty.
const STREAM_ABOVE: usize = 8 << 20;

/// Blocks that a thread takes at a time.
const CHUNK: usize = 32;

/// Features and products of a batch in memory.
pub(crate) struct Batch<T: Element> {
    sizes: Sizes,
    data: Data<T>,
    isa: Isa,
}

enum Data<T: Element> {
    Rows { x: Vec<T>, y: Vec<T>, z: Vec<T> },
    Lanes { x: Vec<Block<T>>, y: Vec<Block<T>>, z: Vec<Block<T>> },
}

impl<T: Number> Batch<T> {
    /// Takes features, row by row; without `y` both factors are `x`.
    pub(crate) fn new(isa: Isa, layout: DataLayout, sizes: Sizes, x: &[f64], y: &[f64]) -> Self {
        let (x, y) = (T::all_of(x), T::all_of(y));
        let data = match layout {
            DataLayout::RowMajor => Data::Rows { x, y, z: vec![T::default(); sizes.batch * sizes.outputs] },
            DataLayout::BatchLanes => {
                let blocks = sizes.batch.div_ceil(T::LANES);
                Data::Lanes {
                    x: into_lanes(isa, &x, sizes.inputs),
                    y: into_lanes(isa, &y, sizes.inputs),
                    z: vec![Block::default(); blocks * sizes.outputs],
                }
            }
        };
        Self { sizes, data, isa }
    }

    /// Multiplies every pair.
    pub(crate) fn apply<M: BlockMap<T>>(&mut self, threads: usize, map: &M) {
        let (Sizes { inputs, outputs, .. }, isa) = (self.sizes, self.isa);
        match &mut self.data {
            Data::Rows { x, y, z } => {
                let y = if y.is_empty() { &*x } else { &*y };
                let rows = CHUNK * T::LANES;
                let stores = if size_of_val(&**z) > STREAM_ABOVE { Stores::Streamed } else { Stores::Cached };
                let pass = |scratch: &mut Vec<Block<T>>, (chunk, z): (usize, &mut [T])| {
                    scratch.resize(2 * inputs + outputs + map.scratch(), Block::default());
                    let range = chunk * rows * inputs..(chunk * rows + z.len() / outputs) * inputs;
                    let samples = z.len() / outputs;
                    let (x, y) = (&x[range.clone()], &y[range]);
                    let pass =
                        RowsPass { map, first: chunk * CHUNK, samples, inputs, outputs, x, y, scratch };
                    isa.fill(pass, stores, z);
                };
                if threads > 1 {
                    z.par_chunks_mut(rows * outputs).enumerate().for_each_init(Vec::new, pass);
                } else {
                    let mut scratch = Vec::new();
                    z.chunks_mut(rows * outputs).enumerate().for_each(|chunk| pass(&mut scratch, chunk));
                }
            }
            Data::Lanes { x, y, z } => {
                let y = if y.is_empty() { &*x } else { &*y };
                let pass = |scratch: &mut Vec<Block<T>>, (chunk, z): (usize, &mut [Block<T>])| {
                    scratch.resize(map.scratch(), Block::default());
                    let range = chunk * CHUNK * inputs..(chunk * CHUNK + z.len() / outputs) * inputs;
                    let (x, y) = (&x[range.clone()], &y[range]);
                    isa.run(LanesPass { map, first: chunk * CHUNK, inputs, outputs, x, y, z, scratch });
                };
                if threads > 1 {
                    z.par_chunks_mut(CHUNK * outputs).enumerate().for_each_init(Vec::new, pass);
                } else {
                    let mut scratch = Vec::new();
                    z.chunks_mut(CHUNK * outputs).enumerate().for_each(|chunk| pass(&mut scratch, chunk));
                }
            }
        }
    }

    /// The products, row by row.
    pub(crate) fn rows(&self) -> Vec<T> {
        match &self.data {
            Data::Rows { z, .. } => z.clone(),
            Data::Lanes { z, .. } => {
                let shape = Rows::dense(self.sizes.batch, self.sizes.outputs);
                let mut rows = vec![T::default(); shape.span()];
                self.isa.scatter_rows(z, shape, Stores::Cached, &mut rows);
                rows
            }
        }
    }
}

struct RowsPass<'a, T: Element, M> {
    map: &'a M,
    first: usize,
    samples: usize,
    inputs: usize,
    outputs: usize,
    x: &'a [T],
    y: &'a [T],
    scratch: &'a mut [Block<T>],
}

impl<T: Element, M: BlockMap<T>> Fill<T> for RowsPass<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>, const STREAMED: bool>(self, s: S, mut z: Sink<'_, T, STREAMED>) {
        let Self { map, first, samples, inputs, outputs, x, y, scratch } = self;
        let (x_block, rest) = scratch.split_at_mut(inputs);
        let (y_block, rest) = rest.split_at_mut(inputs);
        let (z_block, scratch) = rest.split_at_mut(outputs);
        for block in 0..samples.div_ceil(T::LANES) {
            let start = block * T::LANES;
            let count = (samples - start).min(T::LANES);
            gather_rows(s, &x[start * inputs..], Rows::dense(count, inputs), x_block);
            if M::READS_SECOND {
                gather_rows(s, &y[start * inputs..], Rows::dense(count, inputs), y_block);
            }
            map.apply(s, first + block, Pair { x: x_block, y: y_block }, z_block, scratch);
            scatter_rows(s, z_block, Rows::dense(count, outputs), &mut z.split_at(start * outputs).1);
        }
    }
}

struct LanesPass<'a, T: Element, M> {
    map: &'a M,
    first: usize,
    inputs: usize,
    outputs: usize,
    x: &'a [Block<T>],
    y: &'a [Block<T>],
    z: &'a mut [Block<T>],
    scratch: &'a mut [Block<T>],
}

impl<T: Element, M: BlockMap<T>> Op<T> for LanesPass<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) {
        let factors = self.x.chunks_exact(self.inputs).zip(self.y.chunks_exact(self.inputs));
        for (block, ((x, y), z)) in factors.zip(self.z.chunks_exact_mut(self.outputs)).enumerate() {
            self.map.apply(s, self.first + block, Pair { x, y }, z, self.scratch);
        }
    }
}

fn into_lanes<T: Element>(isa: Isa, rows: &[T], size: usize) -> Vec<Block<T>> {
    let shape = Rows::dense(rows.len() / size, size);
    let mut blocks = vec![Block::default(); shape.blocks::<T>()];
    isa.gather_rows(rows, shape, &mut blocks);
    blocks
}
