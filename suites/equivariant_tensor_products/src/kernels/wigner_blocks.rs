//! Wigner-D matrices of directions in every lane, and their products with features.

use harness_simd::{Block, Element, Lanes};

use super::groups::{Groups, Row};
use super::number::Number;
use super::turns::multiples_size;
use crate::math::index::{dim, flat, offset};
use crate::math::wigner_d::WignerD;

/// Rows that are multiplied together: each number of the other factor is loaded once for so many.
const WIDTH: usize = 4;

/// Coefficients of a constant matrix that are less are rounding.
pub(crate) const ROUNDING: f64 = 1e-13;

/// How `D(R)` of the rotation that takes a direction to the polar axis is made, and where its blocks lie. Rows of orders above
/// `order` are left out: nothing is coupled to them.
pub(crate) struct WignerBlocks<T> {
    order: usize,
    /// For each degree, where its block begins.
    starts: Vec<usize>,
    /// Entries of `J Y(β)ᵀ Jᵀ` as sums of cosines and sines of multiples of β, at the places of the entries of `D` whose
    /// column's order has the sign of the row's.
    by_beta: Groups<T>,
}

impl<T: Number> WignerBlocks<T> {
    /// For degrees up to that of `quarter`, the matrix `J`, and orders of rows up to `order`.
    pub(crate) fn new(quarter: &WignerD, order: usize) -> Self {
        let lmax = quarter.lmax();
        let mut starts = vec![0];
        let mut rows: Vec<Row> = Vec::new();
        let mut start = 0;
        for l in 0..=lmax {
            let (n, kept) = (dim(l), l.min(order));
            let j = |row: usize, column: usize| quarter.block(l)[row * n + column];
            for (r, a) in (l - kept..=l + kept).enumerate() {
                // The rotation about x keeps apart what is even in x (orders m ≥ 0) and what is odd (m < 0).
                let columns = if a >= l { l..n } else { 0..l };
                for b in columns {
                    let mut terms = vec![(0, j(a, l) * j(b, l))];
                    for m in 1..=l {
                        let (plus, minus) = (l + m, l - m);
                        terms.push((m, j(a, plus) * j(b, plus) + j(a, minus) * j(b, minus)));
                        terms.push((lmax + 1 + m, j(a, plus) * j(b, minus) - j(a, minus) * j(b, plus)));
                    }
                    terms.retain(|(_, c)| c.abs() > ROUNDING);
                    rows.push((start + r * n + b, terms));
                }
            }
            start += dim(kept) * n;
            starts.push(start);
        }
        Self { order, starts, by_beta: Groups::new(rows) }
    }
}

impl<T: Element> WignerBlocks<T> {
    fn lmax(&self) -> usize {
        self.starts.len() - 2
    }

    /// Numbers of all blocks.
    pub(crate) fn size(&self) -> usize {
        self.starts[self.lmax() + 1]
    }

    /// Numbers in a table of multiples.
    pub(crate) fn multiples(&self) -> usize {
        multiples_size(self.lmax())
    }

    /// Multiply-adds of [`make`](Self::make).
    pub(crate) fn making(&self) -> usize {
        self.by_beta.multiply_adds() + self.size()
    }

    /// Multiply-adds of the products with features of degrees up to `lmax`.
    pub(crate) fn applying(&self, lmax: usize) -> usize {
        self.starts[lmax + 1]
    }

    /// The blocks, given the multiples of both angles.
    #[inline(always)]
    pub(crate) fn make<S: Lanes<T>>(&self, s: S, alpha: &[Block<T>], beta: &[Block<T>], d: &mut [Block<T>]) {
        self.by_beta.apply(s, beta, d);
        let (cosines, sines) = alpha.split_at(alpha.len() / 2);
        let zero = s.splat(T::default());
        for l in 0..=self.lmax() {
            let (n, kept) = (dim(l), l.min(self.order));
            let rows = d[self.starts[l]..self.starts[l + 1]].chunks_exact_mut(n);
            for (r, row) in rows.enumerate() {
                for m in 1..=l {
                    let (c, sine) = (s.load(&cosines[m]), s.load(&sines[m]));
                    if r >= kept {
                        let value = s.load(&row[l + m]);
                        s.store(s.mul(c, value), &mut row[l + m]);
                        s.store(s.mul(sine, value), &mut row[l - m]);
                    } else {
                        let value = s.load(&row[l - m]);
                        s.store(s.neg_mul_add(sine, value, zero), &mut row[l + m]);
                        s.store(s.mul(c, value), &mut row[l - m]);
                    }
                }
                if r < kept {
                    row[l] = Block::default();
                }
            }
        }
    }

    /// `out = D x`, orders up to the kept one.
    #[inline(always)]
    pub(crate) fn rotate<S: Lanes<T>>(
        &self,
        s: S,
        lmax: usize,
        d: &[Block<T>],
        x: &[Block<T>],
        out: &mut [Block<T>],
    ) {
        for l in 0..=lmax {
            let (n, kept) = (dim(l), l.min(self.order));
            let (x, out) = (&x[offset(l)..][..n], &mut out[flat(l, -(kept as isize))..][..dim(kept)]);
            let d = &d[self.starts[l]..self.starts[l + 1]];
            for (d, out) in d.chunks(WIDTH * n).zip(out.chunks_mut(WIDTH)) {
                match out.len() {
                    WIDTH => rows::<T, S, WIDTH>(s, d, x, out),
                    3 => rows::<T, S, 3>(s, d, x, out),
                    _ => rows::<T, S, 1>(s, d, x, out),
                }
            }
        }
    }

    /// `out = Dᵀ x`, orders of `x` up to the kept one.
    #[inline(always)]
    pub(crate) fn rotate_back<S: Lanes<T>>(
        &self,
        s: S,
        lmax: usize,
        d: &[Block<T>],
        x: &[Block<T>],
        out: &mut [Block<T>],
    ) {
        for l in 0..=lmax {
            let (n, kept) = (dim(l), l.min(self.order));
            let (x, out) = (&x[flat(l, -(kept as isize))..][..dim(kept)], &mut out[offset(l)..][..n]);
            let d = &d[self.starts[l]..self.starts[l + 1]];
            for (group, out) in out.chunks_mut(WIDTH).enumerate() {
                let d = &d[group * WIDTH..];
                match out.len() {
                    WIDTH => columns::<T, S, WIDTH>(s, n, d, x, out),
                    3 => columns::<T, S, 3>(s, n, d, x, out),
                    _ => columns::<T, S, 1>(s, n, d, x, out),
                }
            }
        }
    }
}

/// Products of `N` rows with `x`.
#[inline(always)]
fn rows<T: Element, S: Lanes<T>, const N: usize>(s: S, d: &[Block<T>], x: &[Block<T>], out: &mut [Block<T>]) {
    let mut sums = [s.splat(T::default()); N];
    for (i, x) in x.iter().enumerate() {
        let value = s.load(x);
        for (r, sum) in sums.iter_mut().enumerate() {
            // The slice has exactly N rows.
            *sum = s.mul_add(s.load(&d[r * (d.len() / N) + i]), value, *sum);
        }
    }
    for (sum, out) in sums.iter().zip(out) {
        s.store(*sum, out);
    }
}

/// Products of the first `N` columns of `d`, whose rows are `n` long, with `x`.
#[inline(always)]
fn columns<T: Element, S: Lanes<T>, const N: usize>(
    s: S,
    n: usize,
    d: &[Block<T>],
    x: &[Block<T>],
    out: &mut [Block<T>],
) {
    let mut sums = [s.splat(T::default()); N];
    for (row, x) in d.chunks(n).zip(x) {
        let value = s.load(x);
        for (sum, d) in sums.iter_mut().zip(&row[..N]) {
            *sum = s.mul_add(s.load(d), value, *sum);
        }
    }
    for (sum, out) in sums.iter().zip(out) {
        s.store(*sum, out);
    }
}
