//! The exponential, eight lanes at a time.
//!
//! `exp(x) = 2^k · exp(r)` with `k = round(x / ln 2)`, `|r| ≤ ln 2 / 2`. The rounding adds and takes away
//! `1.5 · 2^52`, which leaves `k` in the low bits of the sum; `ln 2` is split in two so that `k · LN2_HIGH` is exact.
//! `exp(r) = 1 + r + r²q(r)`, where `q` is the degree-9 minimax polynomial of the relative error (Remez exchange in
//! 60 digits, coefficients rounded: 1.1e-17). Within two units in the last place of the exact value on ±700.

use harness_simd::{Lanes, Op};

use super::matrix::{LANES, Octet};

/// Arguments are clamped to `±MAX_EXPONENT`. So no value is infinite, and none is zero: the smallest,
/// `exp(−700) ≈ 1e-304`, is lost in any sum with an entry that matters, yet keeps a row that has none from
/// producing a division by zero.
pub const MAX_EXPONENT: f64 = 700.0;

const ROUNDER: f64 = 6_755_399_441_055_744.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Coefficients of `q`, highest power first.
const Q: [f64; 10] = [
    2.500_007_177_983_979_7e-8,
    2.763_023_414_675_856_7e-7,
    2.755_758_626_922_926e-6,
    2.480_149_313_557_066e-5,
    1.984_126_950_677_487_2e-4,
    1.388_888_894_359_826_7e-3,
    8.333_333_333_494_336e-3,
    4.166_666_666_653_026_7e-2,
    1.666_666_666_666_641_3e-1,
    5.000_000_000_000_011e-1,
];

/// `exp` of each lane, clamped to ±[`MAX_EXPONENT`]; what is not a number stays so.
#[inline(always)]
pub(super) fn exp<S: Lanes<f64>>(s: S, x: S::V) -> S::V {
    exp_bounded(s, s.min(s.splat(MAX_EXPONENT), x))
}

/// [`exp`] for arguments of at most [`MAX_EXPONENT`], clamped from below only.
#[inline(always)]
pub(super) fn exp_bounded<S: Lanes<f64>>(s: S, x: S::V) -> S::V {
    let x = s.max(s.splat(-MAX_EXPONENT), x);
    let rounded = s.mul_add(x, s.splat(std::f64::consts::LOG2_E), s.splat(ROUNDER));
    let k = s.sub(rounded, s.splat(ROUNDER));
    let r = s.neg_mul_add(k, s.splat(LN2_HIGH), x);
    let r = s.neg_mul_add(k, s.splat(LN2_LOW), r);
    let mut q = s.splat(Q[0]);
    for &coefficient in &Q[1..] {
        q = s.mul_add(q, r, s.splat(coefficient));
    }
    let tail = s.mul_add(s.mul(r, r), q, r);
    s.add_exponent(s.add(s.splat(1.0), tail), rounded)
}

/// Replaces every value by its exponential.
pub(super) struct ExpSlice<'a>(pub(super) &'a mut [f64]);

impl Op<f64> for ExpSlice<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let (whole, rest) = self.0.as_chunks_mut::<LANES>();
        for octet in whole {
            s.store(exp(s, s.load(octet)), octet);
        }
        let mut last: Octet = [0.0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        let values = exp(s, s.load(&last));
        s.store(values, &mut last);
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Isa, Kernels};
    use super::MAX_EXPONENT;

    fn exp(isa: Isa, values: &[f64]) -> Vec<f64> {
        let mut result = values.to_vec();
        Kernels::with_isa(isa).exp(&mut result);
        result
    }

    #[test]
    fn agrees_with_the_library_over_the_whole_range() {
        // 1.4 million points: a uniform grid over ±690 that is not aligned with anything, and small arguments.
        let points: Vec<f64> = (0..1_380_001)
            .map(|i| -690.0 + f64::from(i) * 1e-3 + 1.234_567e-5)
            .chain((-20_000..20_000).map(|i| f64::from(i) * 1.73e-5))
            .collect();
        for isa in Isa::available() {
            let worst = exp(isa, &points)
                .iter()
                .zip(&points)
                .map(|(ours, x)| (ours / x.exp() - 1.0).abs())
                .fold(0.0, f64::max);
            assert!(worst <= 2.3e-16, "{isa}: relative difference {worst:e}");
        }
    }

    #[test]
    fn edges() {
        let (high, low) = (MAX_EXPONENT.exp(), (-MAX_EXPONENT).exp());
        let cases = [
            (0.0, 1.0),
            (-0.0, 1.0),
            (f64::MIN_POSITIVE, 1.0),
            (-5e-324, 1.0),
            (MAX_EXPONENT, high),
            (MAX_EXPONENT + 1.0, high),
            (1e300, high),
            (f64::INFINITY, high),
            (-MAX_EXPONENT, low),
            (-745.0, low),
            (-1e300, low),
            (f64::NEG_INFINITY, low),
            (std::f64::consts::LN_2, 2.0),
            (0.5 * std::f64::consts::LN_2, std::f64::consts::SQRT_2),
        ];
        for isa in Isa::available() {
            for (x, expected) in cases {
                let got = exp(isa, &[x])[0];
                assert!((got / expected - 1.0).abs() <= 3e-16, "{isa}: exp({x}) = {got}, not {expected}");
            }
            assert!(exp(isa, &[f64::NAN, 0.0])[0].is_nan(), "{isa}");
        }
    }

    #[test]
    fn every_length_gives_the_values_of_single_calls() {
        for isa in Isa::available() {
            for len in 0..20 {
                let points: Vec<f64> = (0..len).map(|i| f64::from(i) * 0.37 - 3.0).collect();
                let single: Vec<f64> = points.iter().map(|&x| exp(isa, &[x])[0]).collect();
                assert_eq!(exp(isa, &points), single, "{isa}, {len} values");
            }
        }
    }
}
