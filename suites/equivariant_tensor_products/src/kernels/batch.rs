//! Applies a product to a batch, block by block, in either layout, on any number of threads.
//!
//! Chunks of blocks are of a fixed size and independent of each other, so that results do not depend on the threads.

use harness_simd::{Block, Element, Isa, Lanes, Op, Rows, Stores};
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

/// A product of blocks of pairs.
pub(crate) trait BlockMap<T: Element>: Send + Sync {
    /// Whether `y` is looked at; if not, what is in it is left open.
    const READS_SECOND: bool = true;

    /// Blocks that are best multiplied together, so that each coefficient is loaded once for all of them.
    fn group(&self) -> usize {
        1
    }

    /// Blocks of scratch that [`apply`](Self::apply) and [`apply_part`](Self::apply_part) need.
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

    /// Where each part of the output ends, for maps that compute it part by part, so that a part can be written out while it
    /// is in the cache. Of several parts all numbers are written.
    fn parts(&self, outputs: usize) -> Vec<usize> {
        vec![outputs]
    }

    /// One part of the products of at most [`group`](Self::group) blocks. Must be `#[inline(always)]`.
    #[inline(always)]
    fn apply_part<S: Lanes<T>>(
        &self,
        s: S,
        _part: usize,
        group: Group<'_, T>,
        out: Out<'_, T>,
        scratch: &mut [Block<T>],
    ) {
        for (i, z) in out.z.chunks_mut(out.stride).enumerate() {
            self.apply(s, group.first + i, group.block(i), z, scratch);
        }
    }

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

/// The factors of consecutive blocks, one block after another.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a, T: Element> {
    /// The number of the first block in the batch.
    pub(crate) first: usize,
    /// Components of a factor.
    pub(crate) inputs: usize,
    /// Those of all blocks.
    pub(crate) pair: Pair<'a, T>,
}

impl<'a, T: Element> Group<'a, T> {
    /// How many blocks there are.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.pair.x.len() / self.inputs
    }

    /// One of them.
    #[inline(always)]
    pub(crate) fn block(self, i: usize) -> Pair<'a, T> {
        let range = i * self.inputs..(i + 1) * self.inputs;
        Pair { x: &self.pair.x[range.clone()], y: &self.pair.y[range] }
    }

    /// Some of them.
    #[inline(always)]
    pub(crate) fn slice(self, start: usize, len: usize) -> Self {
        let range = start * self.inputs..(start + len) * self.inputs;
        let pair = Pair { x: &self.pair.x[range.clone()], y: &self.pair.y[range] };
        Self { first: self.first + start, pair, ..self }
    }
}

/// Where a part of the products of a group of blocks goes.
pub(crate) struct Out<'a, T: Element> {
    /// From the beginning of the part in the first block to its end in the last.
    pub(crate) z: &'a mut [Block<T>],
    /// From one block's part to the next one's.
    pub(crate) stride: usize,
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
        let pass = Pass { isa, map, inputs, outputs, ends: map.parts(outputs) };
        match &mut self.data {
            Data::Rows { x, y, z } => {
                let y = if y.is_empty() { &*x } else { &*y };
                let rows = CHUNK * T::LANES;
                let stores = if size_of_val(&**z) > STREAM_ABOVE { Stores::Streamed } else { Stores::Cached };
                let work = |scratch: &mut Scratch<T>, (chunk, z): (usize, &mut [T])| {
                    let range = chunk * rows * inputs..(chunk * rows + z.len() / outputs) * inputs;
                    pass.rows(chunk * CHUNK, &x[range.clone()], &y[range], stores, z, scratch);
                };
                if threads > 1 {
                    let scratch = || Scratch::for_rows(&pass);
                    z.par_chunks_mut(rows * outputs).enumerate().for_each_init(scratch, work);
                } else {
                    let mut scratch = Scratch::for_rows(&pass);
                    z.chunks_mut(rows * outputs).enumerate().for_each(|chunk| work(&mut scratch, chunk));
                }
            }
            Data::Lanes { x, y, z } => {
                let y = if y.is_empty() { &*x } else { &*y };
                let work = |scratch: &mut Scratch<T>, (chunk, z): (usize, &mut [Block<T>])| {
                    let range = chunk * CHUNK * inputs..(chunk * CHUNK + z.len() / outputs) * inputs;
                    let pair = Pair { x: &x[range.clone()], y: &y[range] };
                    pass.lanes(Group { first: chunk * CHUNK, inputs, pair }, z, scratch);
                };
                if threads > 1 {
                    let scratch = || Scratch::for_lanes(&pass);
                    z.par_chunks_mut(CHUNK * outputs).enumerate().for_each_init(scratch, work);
                } else {
                    let mut scratch = Scratch::for_lanes(&pass);
                    z.chunks_mut(CHUNK * outputs).enumerate().for_each(|chunk| work(&mut scratch, chunk));
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

/// What a thread keeps from one chunk to the next.
struct Scratch<T: Element> {
    x: Vec<Block<T>>,
    y: Vec<Block<T>>,
    z: Vec<Block<T>>,
    map: Vec<Block<T>>,
}

impl<T: Element> Scratch<T> {
    fn for_rows<M: BlockMap<T>>(pass: &Pass<'_, M>) -> Self {
        let features = vec![Block::default(); pass.map.group() * pass.inputs];
        let z = vec![Block::default(); pass.map.group() * pass.stride::<T>()];
        Self { x: features.clone(), y: features, z, ..Self::for_lanes(pass) }
    }

    fn for_lanes<M: BlockMap<T>>(pass: &Pass<'_, M>) -> Self {
        let map = vec![Block::default(); pass.map.scratch()];
        Self { x: Vec::new(), y: Vec::new(), z: Vec::new(), map }
    }
}

/// A product on its way over a batch.
struct Pass<'a, M> {
    isa: Isa,
    map: &'a M,
    inputs: usize,
    outputs: usize,
    /// Where the parts of the output end.
    ends: Vec<usize>,
}

impl<M> Pass<'_, M> {
    /// Blocks that a block's part takes while rows are made of it, with what is left of the part before.
    fn stride<T: Element>(&self) -> usize {
        match self.ends.as_slice() {
            [_] => self.outputs,
            ends => {
                let starts = std::iter::once(&0).chain(ends);
                ends.iter().zip(starts).map(|(end, start)| end - start).max().unwrap_or(0) + T::LANES
            }
        }
    }

    /// A chunk of rows: group by group into lanes, multiplied, and back. Of each part whole tiles are written out, and the rest
    /// waits for the next part.
    fn rows<T: Element>(
        &self,
        first: usize,
        x: &[T],
        y: &[T],
        stores: Stores,
        z: &mut [T],
        scratch: &mut Scratch<T>,
    ) where
        M: BlockMap<T>,
    {
        let (isa, inputs, outputs, stride) = (self.isa, self.inputs, self.outputs, self.stride::<T>());
        let rows = self.map.group() * T::LANES;
        let factors = x.chunks(rows * inputs).zip(y.chunks(rows * inputs));
        for (n, ((x, y), z)) in factors.zip(z.chunks_mut(rows * outputs)).enumerate() {
            let shape = Rows::dense(z.len() / outputs, inputs);
            let count = shape.samples.div_ceil(T::LANES);
            isa.gather_rows(x, shape, &mut scratch.x[..count * inputs]);
            if M::READS_SECOND {
                isa.gather_rows(y, shape, &mut scratch.y[..count * inputs]);
            }
            let pair = Pair { x: &scratch.x[..count * inputs], y: &scratch.y[..count * inputs] };
            let group = Group { first: first + n * self.map.group(), inputs, pair };
            // What is in the buffer and not yet written out begins here.
            let mut begin = 0;
            let mut start = 0;
            for (part, &end) in self.ends.iter().enumerate() {
                let at = start - begin;
                let buffer = &mut scratch.z[at..(count - 1) * stride + end - begin];
                let out = Out { z: buffer, stride };
                isa.run(PartPass { map: self.map, part, group, out, scratch: &mut scratch.map });
                let held = end - begin;
                let ready = if end == outputs { held } else { held / T::LANES * T::LANES };
                for (block, z) in z.chunks_mut(T::LANES * outputs).enumerate() {
                    let blocks = &mut scratch.z[block * stride..][..held];
                    let shape = Rows { samples: z.len() / outputs, components: ready, stride: outputs };
                    isa.scatter_rows(&blocks[..ready], shape, stores, &mut z[begin..]);
                    if self.ends.len() > 1 {
                        blocks.copy_within(ready.., 0);
                    }
                }
                (begin, start) = (begin + ready, end);
            }
        }
    }

    /// A chunk of blocks.
    fn lanes<T: Element>(&self, all: Group<'_, T>, z: &mut [Block<T>], scratch: &mut Scratch<T>)
    where
        M: BlockMap<T>,
    {
        let outputs = self.outputs;
        for (n, z) in z.chunks_mut(self.map.group() * outputs).enumerate() {
            let count = z.len() / outputs;
            let group = all.slice(n * self.map.group(), count);
            let mut start = 0;
            for (part, &end) in self.ends.iter().enumerate() {
                let out = Out { z: &mut z[start..(count - 1) * outputs + end], stride: outputs };
                self.isa.run(PartPass { map: self.map, part, group, out, scratch: &mut scratch.map });
                start = end;
            }
        }
    }
}

struct PartPass<'a, T: Element, M> {
    map: &'a M,
    part: usize,
    group: Group<'a, T>,
    out: Out<'a, T>,
    scratch: &'a mut [Block<T>],
}

impl<T: Element, M: BlockMap<T>> Op<T> for PartPass<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) {
        let Self { map, part, group, out, scratch } = self;
        map.apply_part(s, part, group, out, scratch);
    }
}

fn into_lanes<T: Element>(isa: Isa, rows: &[T], size: usize) -> Vec<Block<T>> {
    let shape = Rows::dense(rows.len() / size, size);
    let mut blocks = vec![Block::default(); shape.blocks::<T>()];
    isa.gather_rows(rows, shape, &mut blocks);
    blocks
}
