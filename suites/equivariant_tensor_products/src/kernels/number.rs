//! Element types of products.

use faer::traits::RealField;
use harness_simd::Element;
use realfft::FftNum;

use crate::solution::Values;

/// `f32` or `f64`, with the ways from and to what the suite stores.
pub(crate) trait Number: Element + RealField + FftNum {
    /// The nearest number of this type.
    fn of(value: f64) -> Self;

    /// The same in double precision.
    fn into_f64(self) -> f64;

    /// The square root.
    fn sqrt(self) -> Self;

    /// `self / divisor`.
    fn over(self, divisor: Self) -> Self;

    /// Numbers as a solution holds them.
    fn values(numbers: Vec<Self>) -> Values;

    /// The nearest numbers of this type.
    fn all_of(values: &[f64]) -> Vec<Self> {
        values.iter().map(|v| Self::of(*v)).collect()
    }
}

impl Number for f32 {
    fn into_f64(self) -> f64 {
        self.into()
    }

    fn of(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }

    #[inline(always)]
    fn over(self, divisor: Self) -> Self {
        self / divisor
    }

    fn values(numbers: Vec<Self>) -> Values {
        Values::F32(numbers)
    }
}

impl Number for f64 {
    fn into_f64(self) -> f64 {
        self
    }

    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }

    #[inline(always)]
    fn over(self, divisor: Self) -> Self {
        self / divisor
    }

    fn values(numbers: Vec<Self>) -> Values {
        Values::F64(numbers)
    }
}
