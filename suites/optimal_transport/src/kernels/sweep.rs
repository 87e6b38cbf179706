//! One Sinkhorn iteration in scaling form, in one pass over the kernel matrix.

use std::ops::Range;

use harness_simd::{Lanes, Op};

use super::blocks::{Parts, ROW_GROUP, add_partials};
use super::dense::{add_rows, add_rows_and_dot_next, dot_row};
use super::matrix::{Matrix, Octet, octets_mut};
use super::relax::relaxed;
use super::{Kernels, check_lengths, cut};

impl Kernels {
    /// The row half of an iteration, fused with the sums that the column half needs:
    /// `u ← u^(1−ω) (r / Kv)^ω`, then `ktu = Kᵀu`. With `ω = 1` this is Sinkhorn, with `1 < ω < 2` its over-relaxation.
    /// [`Kernels::relax`] does the column half.
    ///
    /// Returns `Σ_i |u_i (Kv)_i − r_i|` for the `u` that came in: the row error of the iterate `(u, v)`, whose
    /// column error is zero if `v` is fresh from the column half of Sinkhorn.
    ///
    /// # Panics
    /// If the lengths do not agree with `k`.
    pub fn sweep(
        &mut self,
        k: &Matrix,
        r: &[f64],
        v: &[f64],
        omega: f64,
        u: &mut [f64],
        ktu: &mut [f64],
    ) -> f64 {
        check_lengths(k, r.len(), v.len());
        check_lengths(k, u.len(), ktu.len());
        let (cut, stride, isa) = (cut(k), k.stride(), self.isa);
        let v = self.along.padded(v, 0.0);
        let partials = self.partials.scratch(cut.blocks() * stride);
        let errors = Self::by_row(&mut self.by_row, cut.blocks());
        // A sweep begins where the last one ended: the second-level cache still holds that part of the matrix.
        let order = self.order;
        self.order = order.reversed();
        cut.run_in(
            order,
            [cut.by_row(u, 1), Parts::by_block(&mut *errors, 1), Parts::by_block(&mut *partials, stride)],
            |range, [u, error, partial]| {
                partial.fill(0.0);
                error[0] = isa.run(SweepRows { k, r: &r[range.clone()], v, omega, range, u, partial });
            },
        );
        add_partials(isa, partials, stride, ktu);
        errors.iter().sum()
    }
}

struct SweepRows<'a> {
    k: &'a Matrix,
    r: &'a [f64],
    v: &'a [Octet],
    omega: f64,
    range: Range<usize>,
    u: &'a mut [f64],
    partial: &'a mut [f64],
}

impl Op<f64> for SweepRows<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) -> f64 {
        match self.k.width() {
            ..=PAIR_WIDTH if S::LOADS_ARE_CHEAP => self.in_step::<S, 2>(s),
            ..=NEAR_WIDTH if S::LOADS_ARE_CHEAP => self.in_step::<S, 1>(s),
            _ => self.by_groups(s),
        }
    }
}

/// Rows of at most this many octets are swept in step, one by one: two of them, the column sums and `v` fit into a
/// first-level cache of 48 KiB.
const NEAR_WIDTH: usize = 160;

/// Rows of at most this many octets are swept in step by twos: four of them, the column sums and `v` fit as well. Two rows
/// share the loads of `v` and of the column sums.
const PAIR_WIDTH: usize = 80;

impl SweepRows<'_> {
    /// While `R` rows are added to the column sums, the next `R` are multiplied with `v`: the slow read of the ones goes on
    /// during the arithmetic of the others.
    #[inline(always)]
    fn in_step<S: Lanes<f64>, const R: usize>(self, s: S) -> f64 {
        let Self { k, r, v, omega, range, u, partial } = self;
        let columns = &mut octets_mut(partial)[..k.width()];
        let (u_groups, u_rest) = u.as_chunks_mut::<R>();
        let (r_groups, r_rest) = r.as_chunks::<R>();
        let (mut groups, rest) = k.octet_rows(range);
        let mut error = 0.0;
        if let Some(first) = groups.next() {
            let mut rows: [&[Octet]; R] = first;
            let mut kv = dot_rows(s, rows, v);
            for (u, r) in u_groups.iter_mut().zip(r_groups) {
                error = scale_rows(u, kv, r, omega, error);
                if let Some(next) = groups.next() {
                    kv = add_rows_and_dot_next(s, rows, *u, columns, next, v);
                    rows = next;
                } else {
                    add_rows::<S, R, true>(s, rows, *u, columns);
                }
            }
        }
        for ((row, u), r) in rest.zip(u_rest.as_chunks_mut().0).zip(r_rest.as_chunks().0) {
            error = scale_rows(u, dot_rows(s, [row], v), r, omega, error);
            add_rows::<S, 1, true>(s, [row], *u, columns);
        }
        error
    }

    /// The rows of a group are read twice, the second time from a near cache.
    #[inline(always)]
    fn by_groups<S: Lanes<f64>>(self, s: S) -> f64 {
        let Self { k, r, v, omega, range, u, partial } = self;
        let columns = &mut octets_mut(partial)[..k.width()];
        let (u_groups, u_rest) = u.as_chunks_mut::<ROW_GROUP>();
        let (r_groups, r_rest) = r.as_chunks::<ROW_GROUP>();
        let (groups, rest) = k.octet_rows(range);
        let mut error = 0.0;
        for ((rows, u), r) in groups.zip(u_groups).zip(r_groups) {
            error = scale_rows(u, dot_rows(s, rows, v), r, omega, error);
            add_rows::<S, ROW_GROUP, true>(s, rows, *u, columns);
        }
        for ((row, u), r) in rest.zip(u_rest.as_chunks_mut().0).zip(r_rest.as_chunks().0) {
            error = scale_rows(u, dot_rows(s, [row], v), r, omega, error);
            add_rows::<S, 1, true>(s, [row], *u, columns);
        }
        error
    }
}

#[inline(always)]
fn dot_rows<S: Lanes<f64>, const R: usize>(s: S, rows: [&[Octet]; R], v: &[Octet]) -> [f64; R] {
    let mut products = [0.0; R];
    for (product, row) in products.iter_mut().zip(rows) {
        *product = dot_row(s, row, v);
    }
    products
}

/// Scales rows, given their products with `v`; returns `error` plus what their errors were before.
#[inline(always)]
fn scale_rows<const R: usize>(
    u: &mut [f64; R],
    kv: [f64; R],
    r: &[f64; R],
    omega: f64,
    mut error: f64,
) -> f64 {
    for i in 0..R {
        error += (u[i] * kv[i] - r[i]).abs();
        u[i] = relaxed(u[i], r[i] / kv[i], omega);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::super::Isa;
    use super::super::matrix::Aligned;
    use super::*;

    enum Way {
        InStep,
        InStepByTwos,
        ByGroups,
    }

    struct Sweep<'a>(SweepRows<'a>, Way);

    impl Op<f64> for Sweep<'_> {
        type Output = f64;

        #[inline(always)]
        fn run<S: Lanes<f64>>(self, s: S) -> f64 {
            match self.1 {
                Way::InStep => self.0.in_step::<S, 1>(s),
                Way::InStepByTwos => self.0.in_step::<S, 2>(s),
                Way::ByGroups => self.0.by_groups(s),
            }
        }
    }

    #[test]
    fn all_ways_to_sweep_give_the_same_bits_on_every_instruction_set() {
        for (n, m) in [(1, 1), (3, 8), (4, 33), (68, 250), (233, 9), (7, 1400)] {
            let mut state = 1_u64;
            let mut draw = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                0.1 + (state >> 11) as f64 * 2.0_f64.powi(-53)
            };
            let k = Matrix::from_fn(n, m, |_, _| draw());
            let r: Vec<f64> = (0..n).map(|_| draw()).collect();
            let v: Vec<f64> = (0..m).map(|_| draw()).collect();
            // All rows but the first, as in a later block.
            let range = 1.min(n - 1)..n;
            for isa in Isa::available() {
                let sweep = |way| {
                    let mut along = Aligned::default();
                    let (v, mut u, mut partial) =
                        (along.padded(&v, 0.0), vec![1.0; range.len()], vec![0.0; k.stride()]);
                    let rows = SweepRows {
                        k: &k,
                        r: &r[range.clone()],
                        v,
                        omega: 1.0,
                        range: range.clone(),
                        u: &mut u,
                        partial: &mut partial,
                    };
                    let error = isa.run(Sweep(rows, way));
                    assert!(error > 0.0 && u.iter().chain(&partial[..m]).all(|v| *v > 0.0));
                    (error, u, partial)
                };
                let expected = sweep(Way::ByGroups);
                assert_eq!(sweep(Way::InStep), expected, "{n} × {m} on {isa}");
                assert_eq!(sweep(Way::InStepByTwos), expected, "{n} × {m} on {isa}, by twos");
            }
        }
    }
}
