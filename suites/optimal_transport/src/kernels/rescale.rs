//! A dense matrix between two diagonal ones, in place, with its row and column sums.

use std::ops::Range;

use harness_simd::{Lanes, Op};

use super::blocks::{Parts, add_partials};
use super::matrix::{Matrix, Octet, octets_mut};
use super::{Kernels, Marginals, check_lengths, cut};

impl Kernels {
    /// `K ← diag(u) K diag(v)`, and its row and column sums: the plan of scalings, without an exponential.
    ///
    /// # Panics
    /// If the lengths do not agree with `k`.
    pub fn rescale(&mut self, k: &mut Matrix, u: &[f64], v: &[f64], marginals: &mut Marginals) {
        check_lengths(k, u.len(), v.len());
        check_lengths(k, marginals.rows.len(), marginals.columns.len());
        let (cut, stride, width, isa) = (cut(k), k.stride(), k.width(), self.isa);
        let v = self.along.padded(v, 0.0);
        let partials = self.partials.scratch(cut.blocks() * stride);
        cut.run(
            [
                cut.by_row(k.storage_mut(), stride),
                cut.by_row(&mut marginals.rows, 1),
                Parts::by_block(&mut *partials, stride),
            ],
            |range, [k, rows, partial]| {
                partial.fill(0.0);
                isa.run(Rescale { k, stride, width, u, v, range, rows, partial });
            },
        );
        add_partials(isa, partials, stride, &mut marginals.columns);
    }
}

/// The rows of one block; the padding stays zero because the scaling of the padding is.
struct Rescale<'a> {
    k: &'a mut [f64],
    stride: usize,
    width: usize,
    u: &'a [f64],
    v: &'a [Octet],
    range: Range<usize>,
    rows: &'a mut [f64],
    partial: &'a mut [f64],
}

impl Op<f64> for Rescale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let width = self.width;
        let columns = &mut octets_mut(self.partial)[..width];
        let v = &self.v[..width];
        for (local, i) in self.range.enumerate() {
            let row = &mut octets_mut(&mut self.k[local * self.stride..][..self.stride])[..width];
            let u = s.splat(self.u[i]);
            let mut sum = s.splat(0.0);
            for j in 0..width {
                let value = s.mul(s.mul(u, s.load(&row[j])), s.load(&v[j]));
                s.store(value, &mut row[j]);
                sum = s.add(sum, value);
                s.store(s.add(s.load(&columns[j]), value), &mut columns[j]);
            }
            self.rows[local] = s.sum(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Isa, Kernels};
    use super::{Marginals, Matrix};

    #[test]
    fn it_is_the_product_entry_by_entry_for_every_instruction_set() {
        for (n, m) in [(1, 1), (5, 8), (70, 13), (130, 300)] {
            let entry = |i: usize, j: usize| 1.0 + ((i * 31 + j * 17) % 23) as f64;
            let u: Vec<f64> = (0..n).map(|i| 0.5 + i as f64).collect();
            let v: Vec<f64> = (0..m).map(|j| 2.0 + (j % 7) as f64).collect();
            let expected = Matrix::from_fn(n, m, |i, j| u[i] * entry(i, j) * v[j]);
            for isa in Isa::available() {
                let mut k = Matrix::from_fn(n, m, entry);
                let mut marginals = Marginals::zeros(n, m);
                Kernels::with_isa(isa).rescale(&mut k, &u, &v, &mut marginals);
                // All numbers are small integers or halves, so that every order of summation is exact.
                assert_eq!(k, expected, "{isa}");
                let rows: Vec<f64> = expected.rows().map(|row| row.iter().sum()).collect();
                let columns: Vec<f64> =
                    expected.transpose().rows().map(|column| column.iter().sum()).collect();
                assert_eq!((&marginals.rows, &marginals.columns), (&rows, &columns), "{isa}");
            }
        }
    }
}
