//! The half of a Sinkhorn iteration that needs no pass over the matrix: new scalings from the products with the old.

use harness_simd::{Lanes, Op};

use super::Kernels;
use super::matrix::LANES;

/// What [`Kernels::relax`] says of the new scalings `w` with the `image` that they were made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relaxed {
    /// `Σ |w_i image_i − target_i|`: rounding, unless there is a relaxation.
    pub error: f64,
    /// `Σ w_i image_i`.
    pub mass: f64,
}

impl Kernels {
    /// `w_i ← w_i^(1−ω) (target_i / image_i)^ω` for each `i`; plain division for `ω = 1`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn relax(&self, target: &[f64], image: &[f64], omega: f64, w: &mut [f64]) -> Relaxed {
        assert_eq!(
            (target.len(), image.len()),
            (w.len(), w.len()),
            "target, image and scaling have one length"
        );
        self.isa.run(Relax { target, image, omega, w })
    }

    /// Whether all of `values` lie in `[low, high]`. What is not a number does not.
    pub fn all_within(&self, values: &[f64], low: f64, high: f64) -> bool {
        self.isa.run(AllWithin { values, low, high })
    }
}

/// One scaling, given what a step without relaxation would make of it.
#[inline(always)]
pub(super) fn relaxed(old: f64, sinkhorn: f64, omega: f64) -> f64 {
    if omega == 1.0 { sinkhorn } else { sinkhorn * (old / sinkhorn).powf(1.0 - omega) }
}

struct Relax<'a> {
    target: &'a [f64],
    image: &'a [f64],
    omega: f64,
    w: &'a mut [f64],
}

impl Op<f64> for Relax<'_> {
    type Output = Relaxed;

    // Plain arithmetic, which the compiler makes into the vectors of the instruction set.
    #[inline(always)]
    fn run<S: Lanes<f64>>(self, _: S) -> Relaxed {
        let Self { target, image, omega, w } = self;
        if omega == 1.0 {
            for ((w, target), image) in w.iter_mut().zip(target).zip(image) {
                *w = target / image;
            }
        } else {
            for ((w, target), image) in w.iter_mut().zip(target).zip(image) {
                *w = relaxed(*w, target / image, omega);
            }
        }
        let (mut error, mut mass) = ([0.0; LANES], [0.0; LANES]);
        let (w, w_rest) = w.as_chunks::<LANES>();
        let (target, target_rest) = target.as_chunks::<LANES>();
        let (image, image_rest) = image.as_chunks::<LANES>();
        for ((w, target), image) in w.iter().zip(target).zip(image) {
            for l in 0..LANES {
                let product = w[l] * image[l];
                error[l] += (product - target[l]).abs();
                mass[l] += product;
            }
        }
        for (l, ((w, target), image)) in w_rest.iter().zip(target_rest).zip(image_rest).enumerate() {
            error[l] += (w * image - target).abs();
            mass[l] += w * image;
        }
        Relaxed { error: error.iter().sum(), mass: mass.iter().sum() }
    }
}

struct AllWithin<'a> {
    values: &'a [f64],
    low: f64,
    high: f64,
}

impl Op<f64> for AllWithin<'_> {
    type Output = bool;

    // No early end: so the comparisons are made many at a time.
    #[inline(always)]
    fn run<S: Lanes<f64>>(self, _: S) -> bool {
        let mut all = true;
        for value in self.values {
            all &= (self.low..=self.high).contains(value);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::Isa;
    use super::*;

    #[test]
    fn it_divides_relaxes_and_adds_up_what_is_left() {
        for isa in Isa::available() {
            let kernels = Kernels::with_isa(isa);
            // Small integers and halves: every order of summation is exact.
            for n in [1, 7, 8, 21] {
                let image: Vec<f64> = (0..n).map(|i| f64::from(1 << (i % 3))).collect();
                let target: Vec<f64> = (0..n).map(|i| f64::from(i % 5 + 1)).collect();
                let mut w = vec![4.0; n as usize];
                let plain = kernels.relax(&target, &image, 1.0, &mut w);
                assert_eq!(plain, Relaxed { error: 0.0, mass: target.iter().sum() }, "{isa}");
                assert!(w.iter().zip(&target).zip(&image).all(|((w, t), i)| *w == t / i), "{isa}");
                // From w = target / image over-relaxation does not move.
                let fixed = w.clone();
                kernels.relax(&target, &image, 1.5, &mut w);
                assert_eq!(w, fixed, "{isa}");
                // From four times that, 4^(1−ω) = 1/2 remains, and half of the target is missing.
                let mut w: Vec<f64> = fixed.iter().map(|w| 4.0 * w).collect();
                let half = kernels.relax(&target, &image, 1.5, &mut w);
                let mass: f64 = target.iter().map(|t| 0.5 * t).sum();
                assert_eq!(half, Relaxed { error: mass, mass }, "{isa}");
            }
        }
    }

    #[test]
    fn bounds_are_inclusive_and_what_is_not_a_number_is_outside() {
        for isa in Isa::available() {
            let kernels = Kernels::with_isa(isa);
            let mut values = vec![1.0; 100];
            (values[3], values[99]) = (0.5, 2.0);
            assert!(kernels.all_within(&values, 0.5, 2.0), "{isa}");
            assert!(kernels.all_within(&[], 0.5, 2.0), "{isa}");
            for at in [0, 50, 99] {
                for outside in [0.499, 2.001, f64::INFINITY, f64::NAN] {
                    let mut values = values.clone();
                    values[at] = outside;
                    assert!(!kernels.all_within(&values, 0.5, 2.0), "{isa}: {outside} at {at}");
                }
            }
        }
    }
}
