//! What is done at each point of the sphere.

use harness_simd::{Element, Lanes};

use super::sphere::Pointwise;

/// The product of two functions.
pub(crate) struct Times;

impl Pointwise for Times {
    const FACTORS: usize = 2;
    const FIELDS: usize = 1;
    const OUTPUTS: usize = 1;

    #[inline(always)]
    fn multiply<T: Element, S: Lanes<T>>(&self, s: S, x: [S::V; 3], y: [S::V; 3]) -> [S::V; 3] {
        [s.mul(x[0], y[0]), x[1], x[2]]
    }
}

/// A power of a function: so many factors, at least one.
pub(crate) struct Power(pub(crate) usize);

impl Pointwise for Power {
    const FACTORS: usize = 1;
    const FIELDS: usize = 1;
    const OUTPUTS: usize = 1;

    #[inline(always)]
    fn multiply<T: Element, S: Lanes<T>>(&self, s: S, x: [S::V; 3], _: [S::V; 3]) -> [S::V; 3] {
        let mut power = x[0];
        for _ in 1..self.0 {
            power = s.mul(power, x[0]);
        }
        [power, x[1], x[2]]
    }
}

/// The Poisson bracket of two functions, given by their derivatives by β and, over sin β, by α.
pub(crate) struct Bracket;

impl Pointwise for Bracket {
    const FACTORS: usize = 2;
    const FIELDS: usize = 2;
    const OUTPUTS: usize = 1;

    #[inline(always)]
    fn multiply<T: Element, S: Lanes<T>>(&self, s: S, x: [S::V; 3], y: [S::V; 3]) -> [S::V; 3] {
        [s.neg_mul_add(x[1], y[0], s.mul(x[0], y[1])), x[1], x[2]]
    }
}

/// The cross product of two vector fields.
pub(crate) struct Cross;

impl Pointwise for Cross {
    const FACTORS: usize = 2;
    const FIELDS: usize = 3;
    const OUTPUTS: usize = 3;

    #[inline(always)]
    fn multiply<T: Element, S: Lanes<T>>(&self, s: S, x: [S::V; 3], y: [S::V; 3]) -> [S::V; 3] {
        [
            s.neg_mul_add(x[2], y[1], s.mul(x[1], y[2])),
            s.neg_mul_add(x[0], y[2], s.mul(x[2], y[0])),
            s.neg_mul_add(x[1], y[0], s.mul(x[0], y[1])),
        ]
    }
}
