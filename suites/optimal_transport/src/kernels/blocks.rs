//! Fixed row blocks, run in order or on rayon's threads with bit-identical results.
//!
//! A kernel's rows are cut into blocks whose size depends on the matrix only. Each block writes its own part of
//! every output, sums over columns into its own partial vector; the partial vectors are added in block order at
//! the end. So no result depends on which thread ran which block, nor on how many threads there were.

use std::ops::Range;

use harness_simd::{Isa, Lanes, Op};

use super::matrix::{LANES, Octet, octets};

/// Entries from which a pass over a matrix is worth handing to more threads: below, a pass takes about as long as
/// waking one up twice.
pub(super) const PARALLEL_FROM: usize = 1 << 19;

/// Rows of a block are a multiple of this, so that only the last block has an incomplete group of rows.
pub(super) const ROW_GROUP: usize = 4;

/// In which order one thread takes its blocks. Results do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Forwards,
    Backwards,
}

impl Order {
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::Forwards => Self::Backwards,
            Self::Backwards => Self::Forwards,
        }
    }
}

/// How the rows of one matrix are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) rows: usize,
    pub(super) rows_per_block: usize,
    parallel: bool,
}

impl Cut {
    /// Blocks of at least 64 rows and 32 768 entries: large enough that the partial column sums cost under two per
    /// cent, small enough to share among threads.
    pub(super) fn new(rows: usize, row_len: usize) -> Self {
        let rows_per_block = (32_768 / row_len.max(1)).max(64).next_multiple_of(ROW_GROUP);
        Self { rows, rows_per_block, parallel: rows * row_len >= PARALLEL_FROM }
    }

    pub(super) fn blocks(&self) -> usize {
        self.rows.div_ceil(self.rows_per_block)
    }

    fn rows_of(&self, block: usize) -> Range<usize> {
        let start = block * self.rows_per_block;
        start..(start + self.rows_per_block).min(self.rows)
    }

    /// An output of `per_row` values for each row.
    pub(super) fn by_row<'a, T>(&self, data: &'a mut [T], per_row: usize) -> Parts<'a, T> {
        debug_assert_eq!(data.len(), self.rows * per_row);
        Parts { data, per_block: self.rows_per_block * per_row }
    }

    /// Calls `kernel(rows, parts)` for every block, `parts` being that block's pieces of the `outputs`.
    pub(super) fn run<T: Send, const N: usize>(
        &self,
        outputs: [Parts<'_, T>; N],
        kernel: impl Fn(Range<usize>, [&mut [T]; N]) + Sync,
    ) {
        self.run_in(Order::Forwards, outputs, kernel);
    }

    /// [`Cut::run`], each thread taking its blocks in the given order.
    pub(super) fn run_in<T: Send, const N: usize>(
        &self,
        order: Order,
        outputs: [Parts<'_, T>; N],
        kernel: impl Fn(Range<usize>, [&mut [T]; N]) + Sync,
    ) {
        if self.parallel && rayon::current_num_threads() > 1 {
            return self.join(order, 0..self.blocks(), outputs, &kernel);
        }
        let mut rest = outputs;
        for done in 0..self.blocks() {
            let left = self.blocks() - 1 - done;
            let (block, part);
            (block, part, rest) = match order {
                Order::Forwards => {
                    let (first, others) = split(rest, 1);
                    (done, first, others)
                }
                Order::Backwards => {
                    let (others, last) = split(rest, left);
                    (left, last, others)
                }
            };
            kernel(self.rows_of(block), part.map(|part| part.data));
        }
    }

    fn join<T: Send, const N: usize>(
        &self,
        order: Order,
        blocks: Range<usize>,
        outputs: [Parts<'_, T>; N],
        kernel: &(impl Fn(Range<usize>, [&mut [T]; N]) + Sync),
    ) {
        if blocks.len() == 1 {
            return kernel(self.rows_of(blocks.start), outputs.map(|part| part.data));
        }
        let half = blocks.len() / 2;
        let middle = blocks.start + half;
        let (left, right) = split(outputs, half);
        let left = || self.join(order, blocks.start..middle, left, kernel);
        let right = || self.join(order, middle..blocks.end, right, kernel);
        // This thread begins with the first.
        match order {
            Order::Forwards => rayon::join(left, right),
            Order::Backwards => rayon::join(right, left),
        };
    }
}

/// One output, cut along the blocks. An empty one stays empty in every block: an output that is not wanted.
#[derive(Debug)]
pub(super) struct Parts<'a, T> {
    data: &'a mut [T],
    per_block: usize,
}

impl<'a, T> Parts<'a, T> {
    /// An output of `per_block` values for each block.
    pub(super) fn by_block(data: &'a mut [T], per_block: usize) -> Self {
        Self { data, per_block }
    }

    /// No output.
    pub(super) fn none() -> Self {
        Self { data: &mut [], per_block: 0 }
    }
}

fn split<T, const N: usize>(
    parts: [Parts<'_, T>; N],
    blocks: usize,
) -> ([Parts<'_, T>; N], [Parts<'_, T>; N]) {
    let mut tails = [const { None }; N];
    let mut index = 0;
    let heads = parts.map(|Parts { data, per_block }| {
        let (head, tail) = data.split_at_mut((blocks * per_block).min(data.len()));
        tails[index] = Some(Parts { data: tail, per_block });
        index += 1;
        Parts { data: head, per_block }
    });
    (heads, tails.map(|tail| tail.expect("every part was split")))
}

/// Adds the blocks' partial vectors, in block order, into `total`. `per_block` is a whole number of octets, at least as
/// long as `total`.
pub(super) fn add_partials(isa: Isa, partials: &[f64], per_block: usize, total: &mut [f64]) {
    isa.run(AddPartials { partials: octets(partials), per_block: per_block / LANES, total });
}

struct AddPartials<'a> {
    partials: &'a [Octet],
    per_block: usize,
    total: &'a mut [f64],
}

impl Op<f64> for AddPartials<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        for (j, total) in self.total.chunks_mut(LANES).enumerate() {
            let mut sum = s.splat(0.0);
            for partial in self.partials.chunks_exact(self.per_block) {
                sum = s.add(sum, s.load(&partial[j]));
            }
            let mut octet = [0.0; LANES];
            s.store(sum, &mut octet);
            total.copy_from_slice(&octet[..total.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_visited_once_whatever_the_thread_count_and_the_order() {
        for (rows, row_len) in
            [(1, 1), (63, 9), (64, 600), (65, 600), (1000, 1000), (3, 400_000), (1_000_000, 1)]
        {
            let cut = Cut::new(rows, row_len);
            for (threads, order) in
                [(1, Order::Forwards), (1, Order::Backwards), (3, Order::Forwards), (3, Order::Backwards)]
            {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
                let mut visits = vec![0_u32; rows];
                let mut starts = vec![0_u32; cut.blocks()];
                pool.install(|| {
                    cut.run_in(
                        order,
                        [cut.by_row(&mut visits, 1), Parts::by_block(&mut starts, 1), Parts::none()],
                        |range, [visits, start, nothing]| {
                            assert_eq!(visits.len(), range.len());
                            assert!(nothing.is_empty());
                            start[0] = range.start as u32;
                            for visit in visits {
                                *visit += 1;
                            }
                        },
                    );
                });
                assert!(visits.iter().all(|&v| v == 1));
                assert!(starts.windows(2).all(|w| w[0] < w[1]));
            }
        }
    }
}
