//! Log-domain Sinkhorn half-updates: log-sum-exp over rows and over columns, with the largest term taken out.

use std::ops::Range;

use harness_simd::{Lanes, Op};

use super::blocks::Parts;
use super::dense::{first_octets, rows};
use super::exp::exp_bounded;
use super::matrix::{LANES, Matrix, Octet, octets, octets_mut};
use super::{Kernels, check_lengths, cut};

/// Rows of a column pass that share one rescaling of the running sums.
const RUN: usize = 16;

impl Kernels {
    /// `out_i = ln Σ_j exp(η(y_j − C_ij))`, for finite `y` and `C`.
    ///
    /// The row half-update of log-domain Sinkhorn is `x_i = (ln r_i − out_i) / η`.
    ///
    /// # Panics
    /// If the lengths do not agree with `cost`.
    pub fn row_log_sums(&mut self, cost: &Matrix, eta: f64, y: &[f64], out: &mut [f64]) {
        check_lengths(cost, out.len(), y.len());
        let (cut, isa) = (cut(cost), self.isa);
        let y = self.along.padded(y, f64::NEG_INFINITY);
        cut.run([cut.by_row(out, 1)], |range, [out]| isa.run(RowLogSums { cost, eta, y, range, out }));
    }

    /// `out_j = ln Σ_i exp(η(x_i − C_ij))`, for finite `x` and `C`, in one row-major pass.
    ///
    /// The column half-update of log-domain Sinkhorn is `y_j = (ln c_j − out_j) / η`.
    ///
    /// # Panics
    /// If the lengths do not agree with `cost`.
    pub fn column_log_sums(&mut self, cost: &Matrix, eta: f64, x: &[f64], out: &mut [f64]) {
        check_lengths(cost, x.len(), out.len());
        let (cut, isa) = (cut(cost), self.isa);
        let width = cost.width() * LANES;
        let partials = self.partials.scratch(cut.blocks() * 2 * width);
        cut.run([Parts::by_block(&mut *partials, 2 * width)], |range, [partial]| {
            isa.run(ColumnLogSums { cost, eta, x, range, partial });
        });
        isa.run(MergeLogSums { partials: &mut *partials, width, eta });
        let (largest, sums) = partials[..2 * width].split_at(width);
        for ((out, largest), sum) in out.iter_mut().zip(largest).zip(sums) {
            *out = eta * largest + sum.ln();
        }
    }
}

struct RowLogSums<'a> {
    cost: &'a Matrix,
    eta: f64,
    y: &'a [Octet],
    range: Range<usize>,
    out: &'a mut [f64],
}

impl Op<f64> for RowLogSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let eta = s.splat(self.eta);
        for (out, i) in self.out.iter_mut().zip(self.range) {
            let row = &self.cost.octets(i)[..self.y.len()];
            let mut largest = s.splat(f64::NEG_INFINITY);
            for (c, y) in row.iter().zip(self.y) {
                largest = s.max(largest, s.sub(s.load(y), s.load(c)));
            }
            let largest = s.max_lane(largest);
            let shift = s.splat(largest);
            let mut sum = s.splat(0.0);
            for (c, y) in row.iter().zip(self.y) {
                let term = s.sub(s.sub(s.load(y), s.load(c)), shift);
                sum = s.add(sum, exp_bounded(s, s.mul(eta, term)));
            }
            *out = self.eta * largest + s.sum(sum).ln();
        }
    }
}

/// Running largest terms and scaled sums of one block's rows: `partial` holds first the one, then the other.
struct ColumnLogSums<'a> {
    cost: &'a Matrix,
    eta: f64,
    x: &'a [f64],
    range: Range<usize>,
    partial: &'a mut [f64],
}

impl Op<f64> for ColumnLogSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let Self { cost, eta, x, range, partial } = self;
        let (largest, sums) = partial.split_at_mut(partial.len() / 2);
        largest.fill(f64::NEG_INFINITY);
        sums.fill(0.0);
        let (largest, sums) = (octets_mut(largest), octets_mut(sums));
        let mut first = range.start;
        while range.end - first >= RUN {
            column_run::<S, RUN>(s, cost, eta, x, first, largest, sums);
            first += RUN;
        }
        for i in first..range.end {
            column_run::<S, 1>(s, cost, eta, x, i, largest, sums);
        }
    }
}

/// Takes `R` rows into the running sums, column octet by column octet.
#[inline(always)]
fn column_run<S: Lanes<f64>, const R: usize>(
    s: S,
    cost: &Matrix,
    eta: f64,
    x: &[f64],
    first: usize,
    largest: &mut [Octet],
    sums: &mut [Octet],
) {
    let width = largest.len();
    let sums = &mut sums[..width];
    let rows = first_octets(rows::<R>(cost, first), width);
    let x = &x[first..][..R];
    let eta = s.splat(eta);
    for j in 0..width {
        let before = s.load(&largest[j]);
        let mut shift = before;
        for r in 0..R {
            shift = s.max(shift, s.sub(s.splat(x[r]), s.load(&rows[r][j])));
        }
        let rescale = exp_bounded(s, s.mul(eta, s.sub(before, shift)));
        let mut sum = s.mul(s.load(&sums[j]), rescale);
        for r in 0..R {
            let term = s.sub(s.sub(s.splat(x[r]), s.load(&rows[r][j])), shift);
            sum = s.add(sum, exp_bounded(s, s.mul(eta, term)));
        }
        s.store(shift, &mut largest[j]);
        s.store(sum, &mut sums[j]);
    }
}

/// Merges the blocks' results, in block order, into the first block's.
struct MergeLogSums<'a> {
    partials: &'a mut [f64],
    width: usize,
    eta: f64,
}

impl Op<f64> for MergeLogSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let eta = s.splat(self.eta);
        let (total, blocks) = self.partials.split_at_mut(2 * self.width);
        let (largest, sums) = total.split_at_mut(self.width);
        let (largest, sums) = (octets_mut(largest), octets_mut(sums));
        for block in blocks.chunks_exact(2 * self.width) {
            let (block_largest, block_sums) = block.split_at(self.width);
            let (block_largest, block_sums) = (octets(block_largest), octets(block_sums));
            for j in 0..largest.len() {
                let (a, b) = (s.load(&largest[j]), s.load(&block_largest[j]));
                let shift = s.max(a, b);
                let old = s.mul(s.load(&sums[j]), exp_bounded(s, s.mul(eta, s.sub(a, shift))));
                let new = s.mul(s.load(&block_sums[j]), exp_bounded(s, s.mul(eta, s.sub(b, shift))));
                s.store(shift, &mut largest[j]);
                s.store(s.add(old, new), &mut sums[j]);
            }
        }
    }
}
