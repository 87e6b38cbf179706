//! Plain reads of a dense matrix: products with a vector, and the sum of all entries.

use std::ops::Range;

use harness_simd::{Lanes, Op};

use super::blocks::{Parts, ROW_GROUP, add_partials};
use super::matrix::{Matrix, Octet, octets_mut};
use super::{Kernels, check_lengths, cut};

impl Kernels {
    /// `out = A v`.
    ///
    /// # Panics
    /// If the lengths do not agree with `a`.
    pub fn matvec(&mut self, a: &Matrix, v: &[f64], out: &mut [f64]) {
        check_lengths(a, out.len(), v.len());
        let (cut, isa) = (cut(a), self.isa);
        let v = self.along.padded(v, 0.0);
        cut.run([cut.by_row(out, 1)], |range, [out]| isa.run(Rows { a, v, range, out }));
    }

    /// `out = Aᵀ u`.
    ///
    /// # Panics
    /// If the lengths do not agree with `a`.
    pub fn matvec_transposed(&mut self, a: &Matrix, u: &[f64], out: &mut [f64]) {
        check_lengths(a, u.len(), out.len());
        let (cut, stride, isa) = (cut(a), a.stride(), self.isa);
        let partials = self.partials.scratch(cut.blocks() * stride);
        cut.run([Parts::by_block(&mut *partials, stride)], |range, [partial]| {
            partial.fill(0.0);
            isa.run(Columns { a, u: &u[range.clone()], range, partial });
        });
        add_partials(isa, partials, stride, out);
    }

    /// The sum of all entries of `a`. This is the least work that any pass over a matrix can be.
    pub fn sum(&mut self, a: &Matrix) -> f64 {
        let (cut, isa) = (cut(a), self.isa);
        let sums = Self::by_row(&mut self.by_row, cut.blocks());
        cut.run([Parts::by_block(&mut *sums, 1)], |range, [sum]| sum[0] = isa.run(Sum { a, range }));
        sums.iter().sum()
    }
}

struct Rows<'a> {
    a: &'a Matrix,
    v: &'a [Octet],
    range: Range<usize>,
    out: &'a mut [f64],
}

impl Op<f64> for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        for (out, i) in self.out.iter_mut().zip(self.range) {
            *out = dot_row(s, self.a.octets(i), self.v);
        }
    }
}

struct Columns<'a> {
    a: &'a Matrix,
    u: &'a [f64],
    range: Range<usize>,
    partial: &'a mut [f64],
}

impl Op<f64> for Columns<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let (groups, rest) = self.u.as_chunks::<ROW_GROUP>();
        let columns = &mut octets_mut(self.partial)[..self.a.width()];
        let mut first = self.range.start;
        for &u in groups {
            add_rows::<S, _, false>(s, rows(self.a, first), u, columns);
            first += ROW_GROUP;
        }
        for &u in rest {
            add_rows::<S, _, false>(s, rows(self.a, first), [u], columns);
            first += 1;
        }
    }
}

struct Sum<'a> {
    a: &'a Matrix,
    range: Range<usize>,
}

impl Op<f64> for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) -> f64 {
        let mut sums = [s.splat(0.0); 4];
        for i in self.range {
            let (quads, rest) = self.a.octets(i).as_chunks::<4>();
            for quad in quads {
                for (sum, octet) in sums.iter_mut().zip(quad) {
                    *sum = s.add(*sum, s.load(octet));
                }
            }
            for (sum, octet) in sums.iter_mut().zip(rest) {
                *sum = s.add(*sum, s.load(octet));
            }
        }
        s.sum(s.add(s.add(sums[0], sums[2]), s.add(sums[1], sums[3])))
    }
}

/// `R` consecutive rows of `a` from row `first` on.
#[inline(always)]
pub(super) fn rows<const R: usize>(a: &Matrix, first: usize) -> [&[Octet]; R] {
    let mut group: [&[Octet]; R] = [&[]; R];
    for (r, row) in group.iter_mut().enumerate() {
        *row = a.octets(first + r);
    }
    group
}

/// The product of a row with `v`. One row at a time, with four sums side by side: the matrix is read as one stream,
/// which the processor's prefetching follows better than several.
#[inline(always)]
pub(super) fn dot_row<S: Lanes<f64>>(s: S, row: &[Octet], v: &[Octet]) -> f64 {
    let (row_quads, row_rest) = row[..v.len()].as_chunks::<4>();
    let (v_quads, v_rest) = v.as_chunks::<4>();
    let mut sums = [s.splat(0.0); 4];
    for (row, v) in row_quads.iter().zip(v_quads) {
        for l in 0..4 {
            sums[l] = s.mul_add(s.load(&row[l]), s.load(&v[l]), sums[l]);
        }
    }
    for ((sum, row), v) in sums.iter_mut().zip(row_rest).zip(v_rest) {
        *sum = s.mul_add(s.load(row), s.load(v), *sum);
    }
    s.sum(s.add(s.add(sums[0], sums[2]), s.add(sums[1], sums[3])))
}

/// `columns += Σ_r u_r · row_r`, and the products of as many next rows with `v`: together what [`add_rows`] and [`dot_row`]
/// give, bit for bit. The rows must follow each other in memory: what comes after the next ones is asked for ahead of
/// its turn.
#[inline(always)]
pub(super) fn add_rows_and_dot_next<S: Lanes<f64>, const R: usize>(
    s: S,
    rows: [&[Octet]; R],
    u: [f64; R],
    columns: &mut [Octet],
    next: [&[Octet]; R],
    v: &[Octet],
) -> [f64; R] {
    /// How far ahead, in octets, which are cache lines: 3 KiB.
    const AHEAD: usize = 48;
    let width = columns.len();
    let (v_quads, v_rest) = v[..width].as_chunks::<4>();
    let (column_quads, column_rest) = columns.as_chunks_mut::<4>();
    let (mut row_quads, mut row_rest) = ([v_quads; R], [v_rest; R]);
    let (mut next_quads, mut next_rest) = ([v_quads; R], [v_rest; R]);
    let (mut factors, mut sums) = ([s.splat(0.0); R], [[s.splat(0.0); 4]; R]);
    for r in 0..R {
        (row_quads[r], row_rest[r]) = rows[r][..width].as_chunks();
        (next_quads[r], next_rest[r]) = next[r][..width].as_chunks();
        factors[r] = s.splat(u[r]);
    }
    for (q, (columns, v)) in column_quads.iter_mut().zip(v_quads).enumerate() {
        for l in 0..4 {
            let (mut column, v) = (s.load(&columns[l]), s.load(&v[l]));
            for r in 0..R {
                let next = &next_quads[r][q];
                s.prefetch(next.as_ptr().wrapping_add(l + AHEAD));
                sums[r][l] = s.mul_add(s.load(&next[l]), v, sums[r][l]);
                column = s.mul_add(s.load(&row_quads[r][q][l]), factors[r], column);
            }
            s.store(column, &mut columns[l]);
        }
    }
    for (l, (columns, v)) in column_rest.iter_mut().zip(v_rest).enumerate() {
        let (mut column, v) = (s.load(columns), s.load(v));
        for r in 0..R {
            sums[r][l] = s.mul_add(s.load(&next_rest[r][l]), v, sums[r][l]);
            column = s.mul_add(s.load(&row_rest[r][l]), factors[r], column);
        }
        s.store(column, columns);
    }
    let mut products = [0.0; R];
    for (product, sums) in products.iter_mut().zip(sums) {
        *product = s.sum(s.add(s.add(sums[0], sums[2]), s.add(sums[1], sums[3])));
    }
    products
}

/// `columns += Σ_r u_r · row_r`; the loads and stores of `columns` are shared. `BACKWARDS` begins at the last column:
/// after a product with the same rows, their ends are what the nearest cache still holds.
#[inline(always)]
pub(super) fn add_rows<S: Lanes<f64>, const R: usize, const BACKWARDS: bool>(
    s: S,
    rows: [&[Octet]; R],
    u: [f64; R],
    columns: &mut [Octet],
) {
    let width = columns.len();
    let rows = first_octets(rows, width);
    let mut factors = [s.splat(0.0); R];
    for r in 0..R {
        factors[r] = s.splat(u[r]);
    }
    for k in 0..width {
        let j = if BACKWARDS { width - 1 - k } else { k };
        let mut sum = s.load(&columns[j]);
        for r in 0..R {
            sum = s.mul_add(s.load(&rows[r][j]), factors[r], sum);
        }
        s.store(sum, &mut columns[j]);
    }
}

/// The rows, cut to `width` octets: one check instead of one in each step.
#[inline(always)]
pub(super) fn first_octets<const R: usize>(rows: [&[Octet]; R], width: usize) -> [&[Octet]; R] {
    let mut cut = rows;
    for row in &mut cut {
        *row = &row[..width];
    }
    cut
}
