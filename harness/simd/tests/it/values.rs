//! Values to test with, and their bits.

use harness_simd::Element;
use proptest::prelude::*;

/// What the tests need to know of an element type.
pub(crate) trait Value: Element {
    /// Values of any size, zeros of both signs, infinities and what is not a number among them.
    fn any() -> BoxedStrategy<Self>;
    /// Finite values between 2⁻¹⁰ and 2¹⁰ and their negatives.
    fn moderate() -> BoxedStrategy<Self>;
    /// Exactly.
    fn from_int(value: i16) -> Self;
    /// What makes equal values of different signs or payloads differ; all that are not a number are alike.
    fn bits(self) -> u64;
    /// With the other sign.
    fn negated(self) -> Self;
    /// `self·b + c` with one rounding.
    fn fused(self, b: Self, c: Self) -> Self;
    /// `1.5·2^(fraction bits)`, which rounds what it is added to, to an integer in the low bits.
    const ROUNDER: Self;
}

macro_rules! value {
    ($t:ident, $rounder:expr) => {
        impl Value for $t {
            fn any() -> BoxedStrategy<Self> {
                proptest::num::$t::ANY.boxed()
            }
            fn moderate() -> BoxedStrategy<Self> {
                ((-10..10_i32), 1.0..2.0_f64, any::<bool>())
                    .prop_map(|(e, m, sign)| (if sign { -m } else { m } * 2.0_f64.powi(e)) as $t)
                    .boxed()
            }
            fn from_int(value: i16) -> Self {
                Self::from(value)
            }
            fn bits(self) -> u64 {
                if self.is_nan() { u64::MAX } else { self.to_bits().into() }
            }
            fn negated(self) -> Self {
                -self
            }
            fn fused(self, b: Self, c: Self) -> Self {
                self.mul_add(b, c)
            }
            const ROUNDER: Self = $rounder;
        }
    };
}

value!(f32, 12_582_912.0);
value!(f64, 6_755_399_441_055_744.0);

pub(crate) fn bits<T: Value>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.bits()).collect()
}
