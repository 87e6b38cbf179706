//! Spherical harmonics in every lane, by recurrences from Cartesian coordinates: no trigonometric function, no square root, no
//! division.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::number::Number;
use crate::math::index::flat;

/// The harmonics of degrees up to `lmax`.
///
/// For each order, from `l = m` up: `p_l = a (y p_(l−1)) − b p_(l−2)`, as [`legendre`](crate::math::legendre) scales it, with
/// the √2 of orders `m ≠ 0` in its start; times the real and imaginary part of `(z + ix)^m`.
pub(crate) struct HarmonicsTable<T> {
    lmax: usize,
    /// `p_m` of each order.
    starts: Vec<T>,
    /// `a` and `b` of each order and degree above it, order by order.
    steps: Vec<[T; 2]>,
}

impl<T: Number> HarmonicsTable<T> {
    pub(crate) fn new(lmax: usize) -> Self {
        let mut starts = Vec::new();
        let mut steps = Vec::new();
        let mut start = (1.0 / (4.0 * std::f64::consts::PI)).sqrt();
        for m in 0..=lmax {
            if m > 0 {
                start *= ((2 * m + 1) as f64 / (2 * m) as f64).sqrt();
            }
            starts.push(T::of(if m > 0 { std::f64::consts::SQRT_2 * start } else { start }));
            let m2 = (m * m) as f64;
            for l in m + 1..=lmax {
                let (l2, before) = ((l * l) as f64, ((l - 1) * (l - 1)) as f64);
                let a = ((4.0 * l2 - 1.0) / (l2 - m2)).sqrt();
                // Zero for l = m + 1, where there is no p_(l−2).
                let b = if l > m + 1 { a * ((before - m2) / (4.0 * before - 1.0)).sqrt() } else { 0.0 };
                steps.push([T::of(a), T::of(b)]);
            }
        }
        Self { lmax, starts, steps }
    }
}

impl<T: Element> BlockMap<T> for HarmonicsTable<T> {
    const READS_SECOND: bool = false;

    fn scratch(&self) -> usize {
        0
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(&self, s: S, _: usize, pair: Pair<'_, T>, z: &mut [Block<T>], _: &mut [Block<T>]) {
        let [x, y, along] = [0, 1, 2].map(|component| s.load(&pair.x[component]));
        let mut steps = &self.steps[..];
        // (z + ix)^m
        let (mut cosine, mut sine) = (along, x);
        for (m, start) in self.starts.iter().enumerate() {
            let (own, rest) = steps.split_at(self.lmax - m);
            steps = rest;
            let (mut p, mut before) = (s.splat(*start), s.splat(T::default()));
            if m == 0 {
                s.store(p, &mut z[0]);
            } else {
                s.store(s.mul(p, cosine), &mut z[flat(m, m as isize)]);
                s.store(s.mul(p, sine), &mut z[flat(m, -(m as isize))]);
            }
            for (l, [a, b]) in (m + 1..).zip(own) {
                let next = s.neg_mul_add(s.splat(*b), before, s.mul(s.splat(*a), s.mul(y, p)));
                (before, p) = (p, next);
                let middle = flat(l, 0);
                if m == 0 {
                    s.store(p, &mut z[middle]);
                } else {
                    s.store(s.mul(p, cosine), &mut z[middle + m]);
                    s.store(s.mul(p, sine), &mut z[middle - m]);
                }
            }
            if m > 0 {
                (cosine, sine) =
                    (s.neg_mul_add(sine, x, s.mul(cosine, along)), s.mul_add(cosine, x, s.mul(sine, along)));
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        (3 * self.steps.len() + (self.lmax + 1).pow(2) + 4 * self.lmax) as u64
    }
}
