//! Rotations of features in every lane, by turns about the polar axis and one constant matrix.
//!
//! A direction `(β, α)` becomes the polar axis by `R = (R_y(α) R_x(β))ᵀ`, and `D(R) = J Y(β)ᵀ Jᵀ Y(α)ᵀ`: a turn `Y` about the
//! polar axis mixes the orders `m` and `−m` only, and `J` is a quarter turn, the same for every direction
//! ([`EulerD`](crate::math::wigner_d::EulerD)).

use harness_simd::{Block, Element, Lanes};

use super::number::Number;
use crate::math::index::flat;

/// The cosine and sine of the two angles of directions, without a call of a trigonometric function.
pub(crate) struct Angles<V> {
    pub(crate) alpha: [V; 2],
    pub(crate) beta: [V; 2],
}

/// The angles of unit vectors. At the poles `α = 0`.
#[inline(always)]
pub(crate) fn angles<T: Number, S: Lanes<T>>(s: S, [x, y, z]: &[Block<T>; 3]) -> Angles<S::V> {
    let (mut cos, mut sin) = (Block::splat(T::of(1.0)), Block::<T>::default());
    let mut length = Block::<T>::default();
    for lane in 0..T::LANES {
        let square = x[lane] * x[lane] + z[lane] * z[lane];
        if square > T::default() {
            length[lane] = Number::sqrt(square);
            cos[lane] = z[lane].over(length[lane]);
            sin[lane] = x[lane].over(length[lane]);
        }
    }
    Angles { alpha: [s.load(&cos), s.load(&sin)], beta: [s.load(y), s.load(&length)] }
}

/// Numbers in a table of [`multiples`] up to an order.
pub(crate) const fn multiples_size(order: usize) -> usize {
    2 * (order + 1)
}

/// `cos mθ` and then `sin mθ` for the orders `m` of the table.
#[inline(always)]
pub(crate) fn multiples<T: Number, S: Lanes<T>>(s: S, [cos, sin]: [S::V; 2], table: &mut [Block<T>]) {
    let (cosines, sines) = table.split_at_mut(table.len() / 2);
    let (mut c, mut d) = (s.splat(T::of(1.0)), s.splat(T::default()));
    for (cosine, sine) in cosines.iter_mut().zip(sines) {
        s.store(c, cosine);
        s.store(d, sine);
        (c, d) = (s.neg_mul_add(d, sin, s.mul(c, cos)), s.mul_add(c, sin, s.mul(d, cos)));
    }
}

/// Multiply-adds of [`multiples`].
pub(crate) const fn multiples_work(order: usize) -> usize {
    4 * (order + 1)
}

/// Which way to turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `Y(θ)`.
    Forth,
    /// `Y(θ)ᵀ = Y(−θ)`.
    Back,
}

/// `x ← Y(±θ) x` for the degrees up to `lmax`, given the multiples of θ.
#[inline(always)]
pub(crate) fn turn<T: Element, S: Lanes<T>>(
    s: S,
    way: Way,
    lmax: usize,
    table: &[Block<T>],
    x: &mut [Block<T>],
) {
    let (cosines, sines) = table.split_at(table.len() / 2);
    for m in 1..=lmax {
        let (c, d) = (s.load(&cosines[m]), s.load(&sines[m]));
        for l in m..=lmax {
            let middle = flat(l, 0);
            let (below, above) = x.split_at_mut(middle);
            let (minus, plus) = (&mut below[middle - m], &mut above[m]);
            let (a, b) = match way {
                Way::Forth => (plus, minus),
                Way::Back => (minus, plus),
            };
            let (u, v) = (s.load(a), s.load(b));
            s.store(s.neg_mul_add(d, v, s.mul(c, u)), a);
            s.store(s.mul_add(d, u, s.mul(c, v)), b);
        }
    }
}

/// Multiply-adds of [`turn`].
pub(crate) const fn turn_work(lmax: usize) -> usize {
    2 * lmax * (lmax + 1)
}
