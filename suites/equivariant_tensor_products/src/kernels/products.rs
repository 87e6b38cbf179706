//! Products of the components of two irreps, in the sums and differences that coefficients are over
//! ([`combined`](crate::math::combined)).

use harness_simd::{Block, Element, Lanes};

use super::batch::Pair;
use crate::math::index::dim;

/// The products of two irreps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Products {
    /// Degree of the first.
    pub(crate) l1: usize,
    /// Degree of the second.
    pub(crate) l2: usize,
    /// Where the two degrees begin in a factor.
    pub(crate) at: [usize; 2],
    /// Whether the products with the factors exchanged are added.
    pub(crate) is_mirrored: bool,
}

impl Products {
    /// Multiply-adds of a pair.
    pub(crate) fn multiply_adds(self) -> usize {
        let Self { l1, l2, is_mirrored, .. } = self;
        let plain = dim(l1) * dim(l2) - 4 * l1 * l2;
        if is_mirrored { 2 * plain + 12 * l1 * l2 } else { plain + 6 * l1 * l2 }
    }

    /// Computes those of one block; the product at place `p` becomes block `p·G + g` of `out`.
    #[inline(always)]
    pub(crate) fn compute<T: Element, S: Lanes<T>, const G: usize>(
        self,
        s: S,
        pair: Pair<'_, T>,
        out: &mut [Block<T>],
        g: usize,
    ) {
        if self.is_mirrored {
            self.compute_mirrored::<T, S, G>(s, pair, out, g);
        } else {
            self.compute_plain::<T, S, G>(s, pair, out, g);
        }
    }

    #[inline(always)]
    fn compute_plain<T: Element, S: Lanes<T>, const G: usize>(
        self,
        s: S,
        pair: Pair<'_, T>,
        out: &mut [Block<T>],
        g: usize,
    ) {
        let Self { l1, l2, at: [x, y], .. } = self;
        let (x, y) = (&pair.x[x..][..dim(l1)], &pair.y[y..][..dim(l2)]);
        let (zeroth, rest) = out[..dim(l1) * dim(l2) * G].split_at_mut(dim(l2) * G);
        let a = s.load(&x[l1]);
        for (y, out) in y.iter().zip(zeroth.chunks_exact_mut(G)) {
            s.store(s.mul(a, s.load(y)), &mut out[g]);
        }
        for (m1, out) in (1..=l1).zip(rest.chunks_exact_mut(2 * dim(l2) * G)) {
            let (a, b) = (s.load(&x[l1 + m1]), s.load(&x[l1 - m1]));
            let c = s.load(&y[l2]);
            let (with_zeroth, rest) = out.split_at_mut(2 * G);
            s.store(s.mul(a, c), &mut with_zeroth[g]);
            s.store(s.mul(b, c), &mut with_zeroth[G + g]);
            for (m2, out) in (1..=l2).zip(rest.chunks_exact_mut(4 * G)) {
                let (c, d) = (s.load(&y[l2 + m2]), s.load(&y[l2 - m2]));
                let (ac, bc) = (s.mul(a, c), s.mul(b, c));
                s.store(s.neg_mul_add(b, d, ac), &mut out[g]);
                s.store(s.mul_add(b, d, ac), &mut out[G + g]);
                s.store(s.mul_add(a, d, bc), &mut out[2 * G + g]);
                s.store(s.neg_mul_add(a, d, bc), &mut out[3 * G + g]);
            }
        }
    }

    #[inline(always)]
    fn compute_mirrored<T: Element, S: Lanes<T>, const G: usize>(
        self,
        s: S,
        pair: Pair<'_, T>,
        out: &mut [Block<T>],
        g: usize,
    ) {
        let Self { l1, l2, at: [first, second], .. } = self;
        // Of x and of y.
        let one = [&pair.x[first..][..dim(l1)], &pair.y[first..][..dim(l1)]];
        let two = [&pair.y[second..][..dim(l2)], &pair.x[second..][..dim(l2)]];
        let (zeroth, rest) = out[..dim(l1) * dim(l2) * G].split_at_mut(dim(l2) * G);
        let a = [s.load(&one[0][l1]), s.load(&one[1][l1])];
        for (j, out) in zeroth.chunks_exact_mut(G).enumerate() {
            let product = s.mul(a[0], s.load(&two[0][j]));
            s.store(s.mul_add(a[1], s.load(&two[1][j]), product), &mut out[g]);
        }
        for (m1, out) in (1..=l1).zip(rest.chunks_exact_mut(2 * dim(l2) * G)) {
            let a = [s.load(&one[0][l1 + m1]), s.load(&one[1][l1 + m1])];
            let b = [s.load(&one[0][l1 - m1]), s.load(&one[1][l1 - m1])];
            let c = [s.load(&two[0][l2]), s.load(&two[1][l2])];
            let (with_zeroth, rest) = out.split_at_mut(2 * G);
            s.store(s.mul_add(a[1], c[1], s.mul(a[0], c[0])), &mut with_zeroth[g]);
            s.store(s.mul_add(b[1], c[1], s.mul(b[0], c[0])), &mut with_zeroth[G + g]);
            for (m2, out) in (1..=l2).zip(rest.chunks_exact_mut(4 * G)) {
                let c = [s.load(&two[0][l2 + m2]), s.load(&two[1][l2 + m2])];
                let d = [s.load(&two[0][l2 - m2]), s.load(&two[1][l2 - m2])];
                let ac = s.mul_add(a[1], c[1], s.mul(a[0], c[0]));
                let bc = s.mul_add(b[1], c[1], s.mul(b[0], c[0]));
                s.store(s.neg_mul_add(b[1], d[1], s.neg_mul_add(b[0], d[0], ac)), &mut out[g]);
                s.store(s.mul_add(b[1], d[1], s.mul_add(b[0], d[0], ac)), &mut out[G + g]);
                s.store(s.mul_add(a[1], d[1], s.mul_add(a[0], d[0], bc)), &mut out[2 * G + g]);
                s.store(s.neg_mul_add(a[1], d[1], s.neg_mul_add(a[0], d[0], bc)), &mut out[3 * G + g]);
            }
        }
    }
}
