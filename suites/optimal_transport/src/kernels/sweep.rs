//! One Sinkhorn iteration in scaling form, in one pass over the kernel matrix.

use std::ops::Range;

use super::blocks::{Parts, ROW_GROUP, add_partials};
use super::dense::{add_row_and_dot_next, add_rows, dot_row, rows};
use super::matrix::{Matrix, Octet, octets_mut};
use super::simd::{Op, Simd};
use super::{Kernels, check_lengths, cut};

impl Kernels {
    /// The row half of an iteration, fused with the sums that the column half needs:
    /// `u ← u^(1−ω) (r / Kv)^ω`, then `ktu = Kᵀu`. With `ω = 1` this is Sinkhorn, with `1 < ω < 2` its over-relaxation.
    /// [`relax`] does the column half.
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
        cut.run(
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

/// `w_i ← w_i^(1−ω) (target_i / image_i)^ω` for each `i`; plain division for `ω = 1`.
///
/// # Panics
/// If the lengths differ.
pub fn relax(target: &[f64], image: &[f64], omega: f64, w: &mut [f64]) {
    assert_eq!((target.len(), image.len()), (w.len(), w.len()), "target, image and scaling have one length");
    for ((w, target), image) in w.iter_mut().zip(target).zip(image) {
        *w = relaxed(*w, target / image, omega);
    }
}

#[inline(always)]
fn relaxed(old: f64, sinkhorn: f64, omega: f64) -> f64 {
    if omega == 1.0 { sinkhorn } else { sinkhorn * (old / sinkhorn).powf(1.0 - omega) }
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

impl Op for SweepRows<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        if S::LOADS_ARE_CHEAP && self.k.width() <= NEAR_WIDTH {
            self.row_by_row(s)
        } else {
            self.by_groups(s)
        }
    }
}

/// Rows of at most this many octets are swept one by one: two of them, the column sums and `v` fit into a first-level
/// cache of 48 KiB.
const NEAR_WIDTH: usize = 160;

impl SweepRows<'_> {
    /// While a row is added to the column sums, its successor is multiplied with `v`: the slow read of the one goes on
    /// during the arithmetic of the other.
    #[inline(always)]
    fn row_by_row<S: Simd>(self, s: S) -> f64 {
        let Self { k, r, v, omega, range, u, partial } = self;
        let columns = &mut octets_mut(partial)[..k.width()];
        let mut rows = k.octet_rows(range);
        let Some(mut row) = rows.next() else { return 0.0 };
        let mut kv = dot_row(s, row, v);
        let mut error = 0.0;
        for (u, r) in u.iter_mut().zip(r) {
            error += scale_row(u, kv, *r, omega);
            if let Some(next) = rows.next() {
                kv = add_row_and_dot_next(s, row, *u, columns, next, v);
                row = next;
            } else {
                add_rows::<S, 1, true>(s, [row], [*u], columns);
            }
        }
        error
    }

    /// The rows of a group are read twice, the second time from a near cache.
    #[inline(always)]
    fn by_groups<S: Simd>(self, s: S) -> f64 {
        let Self { k, r, v, omega, range, u, partial } = self;
        let columns = &mut octets_mut(partial)[..k.width()];
        let (u_groups, u_rest) = u.as_chunks_mut::<ROW_GROUP>();
        let (r_groups, r_rest) = r.as_chunks::<ROW_GROUP>();
        let mut first = range.start;
        let mut error = 0.0;
        for (u, r) in u_groups.iter_mut().zip(r_groups) {
            error += sweep_group(s, rows(k, first), r, v, omega, u, columns);
            first += ROW_GROUP;
        }
        for (u, r) in u_rest.as_chunks_mut::<1>().0.iter_mut().zip(r_rest.as_chunks::<1>().0) {
            error += sweep_group(s, rows(k, first), r, v, omega, u, columns);
            first += 1;
        }
        error
    }
}

#[inline(always)]
fn sweep_group<S: Simd, const R: usize>(
    s: S,
    rows: [&[Octet]; R],
    r: &[f64; R],
    v: &[Octet],
    omega: f64,
    u: &mut [f64; R],
    columns: &mut [Octet],
) -> f64 {
    let mut error = 0.0;
    for i in 0..R {
        error += scale_row(&mut u[i], dot_row(s, rows[i], v), r[i], omega);
    }
    add_rows::<S, R, true>(s, rows, *u, columns);
    error
}

/// Scales one row, given its product with `v`; returns its error before.
#[inline(always)]
fn scale_row(u: &mut f64, kv: f64, r: f64, omega: f64) -> f64 {
    let error = (*u * kv - r).abs();
    *u = relaxed(*u, r / kv, omega);
    error
}

#[cfg(test)]
mod tests {
    use super::super::Isa;
    use super::super::matrix::Aligned;
    use super::*;

    enum Way {
        RowByRow,
        ByGroups,
    }

    struct Sweep<'a>(SweepRows<'a>, Way);

    impl Op for Sweep<'_> {
        type Output = f64;

        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> f64 {
            match self.1 {
                Way::RowByRow => self.0.row_by_row(s),
                Way::ByGroups => self.0.by_groups(s),
            }
        }
    }

    #[test]
    fn both_ways_to_sweep_give_the_same_bits_on_every_instruction_set() {
        for (n, m) in [(1, 1), (3, 8), (4, 33), (66, 250), (7, 1400)] {
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
                assert_eq!(sweep(Way::RowByRow), sweep(Way::ByGroups), "{n} × {m} on {isa}");
            }
        }
    }
}
