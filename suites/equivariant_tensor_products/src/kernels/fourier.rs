//! Products of functions on the sphere as trigonometric polynomials on the torus: [`FourierFft`] multiplies their values,
//! [`FourierDirect`] convolves their coefficients. [`crate::math::fourier`] says how functions go there and back.

use std::sync::Arc;

use harness_simd::{Block, Element, Lanes};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use super::batch::{BlockMap, Pair};
use super::degrees::{Degrees, Factors};
use super::number::Number;
use super::rows::{RowMap, multiply, raise};
use crate::math::fourier::{Fourier, Term};
use crate::math::index::degree_order;

/// A coefficient of a change of basis: between a component of a row and a place among Fourier coefficients.
#[derive(Debug, Clone, Copy)]
struct Entry<T> {
    component: usize,
    place: usize,
    re: T,
    im: T,
}

/// The table to the Fourier coefficients of the factors that `place` keeps.
fn forth<T: Number>(degrees: &Degrees, place: impl Fn(Term) -> Option<usize>) -> Vec<Entry<T>> {
    let fourier = Fourier::new(degrees.lmax);
    table(degrees.inputs(), |l, m| fourier.harmonic(l, m), 1.0, place)
}

/// The table back from those of the product, times `scale`.
fn back<T: Number>(degrees: &Degrees, scale: f64, place: impl Fn(Term) -> Option<usize>) -> Vec<Entry<T>> {
    let fourier = Fourier::new(degrees.out_max);
    table(degrees.outputs(), |l, m| fourier.integrals(l, m, degrees.product), scale, place)
}

fn table<T: Number>(
    components: std::ops::Range<usize>,
    terms: impl Fn(usize, isize) -> Vec<Term>,
    scale: f64,
    place: impl Fn(Term) -> Option<usize>,
) -> Vec<Entry<T>> {
    let first = components.start;
    let entries = components.flat_map(|flat| {
        let (l, m) = degree_order(flat);
        let place = &place;
        terms(l, m).into_iter().filter_map(move |term| {
            let place = place(term)?;
            let (re, im) = (T::of(scale * term.re), T::of(scale * term.im));
            Some(Entry { component: flat - first, place, re, im })
        })
    });
    entries.collect()
}

/// Products of values on a grid of the torus that is fine enough for the product, by fast Fourier transforms. Of what is
/// conjugate in pairs, as coefficients of real functions are, one is kept: those of `v ≥ 0`.
pub(crate) struct FourierFft<T: FftNum> {
    factors: Factors,
    inputs: usize,
    outputs: usize,
    /// Points in each angle.
    side: usize,
    /// Frequencies `v ≥ 0` of the factors.
    orders: usize,
    /// Those of the product that something comes out of.
    out_orders: usize,
    forth: Vec<Entry<T>>,
    /// Times two for `v > 0`, which stand for `−v` as well.
    back: Vec<Entry<T>>,
    columns: Arc<dyn Fft<T>>,
    columns_back: Arc<dyn Fft<T>>,
    rows: Arc<dyn ComplexToReal<T>>,
    rows_back: Arc<dyn RealToComplex<T>>,
}

impl<T: Number> FourierFft<T> {
    /// The tables and plans for products of these degrees.
    pub(crate) fn new(factors: Factors, degrees: &Degrees) -> Self {
        let side = fast_size(2 * degrees.product + 1);
        let (orders, out_orders) = (degrees.lmax + 1, degrees.out_max.min(degrees.product) + 1);
        let place = |orders: usize| {
            move |Term { u, v, .. }: Term| {
                let v = usize::try_from(v).ok().filter(|v| *v < orders)?;
                Some(v * side + u.rem_euclid(side as isize) as usize)
            }
        };
        let mut back = back::<T>(degrees, 1.0 / (side * side) as f64, place(out_orders));
        for entry in &mut back {
            if entry.place >= side {
                entry.re = entry.re + entry.re;
                entry.im = entry.im + entry.im;
            }
        }
        let (mut complex, mut real) = (FftPlanner::new(), RealFftPlanner::new());
        Self {
            factors,
            inputs: degrees.inputs().len(),
            outputs: degrees.outputs().len(),
            side,
            orders,
            out_orders,
            forth: forth(degrees, place(orders)),
            back,
            columns: complex.plan_fft_inverse(side),
            columns_back: complex.plan_fft_forward(side),
            rows: real.plan_fft_inverse(side),
            rows_back: real.plan_fft_forward(side),
        }
    }

    /// Frequencies `v ≥ 0` of a real row.
    fn half(&self) -> usize {
        self.side / 2 + 1
    }

    /// The values of a function on the torus, row by row.
    fn values(&self, x: &[T], values: &mut [T], spare: &mut Spare<T>) {
        let (side, orders, half) = (self.side, self.orders, self.half());
        let coefficients = &mut spare.coefficients[..orders * side];
        coefficients.fill(Complex::default());
        for entry in &self.forth {
            let (to, x) = (&mut coefficients[entry.place], x[entry.component]);
            *to = Complex::new(to.re + entry.re * x, to.im + entry.im * x);
        }
        self.columns.process_with_scratch(coefficients, &mut spare.fft);
        for (row, values) in values.chunks_exact_mut(side).enumerate() {
            let line = &mut spare.line[..half];
            for (v, to) in line.iter_mut().enumerate() {
                *to = if v < orders { coefficients[v * side + row] } else { Complex::default() };
            }
            // What is real but for rounding.
            line[0].im = T::default();
            let done = self.rows.process_with_scratch(line, values, &mut spare.fft);
            done.expect("lengths are those of the plan, and the first coefficient is real");
        }
    }

    /// The degrees of a function on the torus, in place of its values.
    fn project(&self, values: &mut [T], z: &mut [T], spare: &mut Spare<T>) {
        let (side, out_orders, half) = (self.side, self.out_orders, self.half());
        let coefficients = &mut spare.coefficients[..out_orders * side];
        for (row, values) in values.chunks_exact_mut(side).enumerate() {
            let line = &mut spare.line[..half];
            let done = self.rows_back.process_with_scratch(values, line, &mut spare.fft);
            done.expect("lengths are those of the plan");
            for (v, from) in line[..out_orders].iter().enumerate() {
                coefficients[v * side + row] = *from;
            }
        }
        self.columns_back.process_with_scratch(coefficients, &mut spare.fft);
        z.fill(T::default());
        for entry in &self.back {
            let from = coefficients[entry.place];
            z[entry.component] += entry.re * from.re - entry.im * from.im;
        }
    }
}

/// What [`FourierFft`] works in.
pub(crate) struct Spare<T> {
    coefficients: Vec<Complex<T>>,
    line: Vec<Complex<T>>,
    fft: Vec<Complex<T>>,
}

impl<T: Number> RowMap<T> for FourierFft<T> {
    type Scratch = (Spare<T>, [Vec<T>; 2]);

    fn chunk(&self) -> usize {
        64
    }

    fn scratch(&self) -> Self::Scratch {
        let zero = Complex::<T>::default();
        let scratch = [
            self.columns.get_inplace_scratch_len(),
            self.columns_back.get_inplace_scratch_len(),
            self.rows.get_scratch_len(),
            self.rows_back.get_scratch_len(),
        ];
        let spare = Spare {
            coefficients: vec![zero; self.orders.max(self.out_orders) * self.side],
            line: vec![zero; self.half()],
            fft: vec![zero; scratch.into_iter().max().unwrap_or(0)],
        };
        (spare, [(); 2].map(|()| vec![T::default(); self.side * self.side]))
    }

    fn apply(&self, x: &[T], y: &[T], z: &mut [T], (spare, [f, g]): &mut Self::Scratch) {
        let pairs = x.chunks_exact(self.inputs).zip(y.chunks_exact(self.inputs));
        for ((x, y), z) in pairs.zip(z.chunks_exact_mut(self.outputs)) {
            self.values(x, f, spare);
            match self.factors {
                Factors::Pair => {
                    self.values(y, g, spare);
                    multiply(f, g);
                }
                Factors::Power(nu) => raise(f, nu),
            }
            self.project(f, z, spare);
        }
    }

    /// A transform of `n` numbers counts as the customary `5/2 n log₂ n`, half of that if they are real.
    fn multiply_adds(&self) -> u64 {
        let n = self.side as f64;
        let line = 2.5 * n * n.log2();
        let transforms = |orders: usize| line * orders as f64 + 0.5 * line * n;
        let maps = self.factors.distinct();
        let fft = maps as f64 * transforms(self.orders) + transforms(self.out_orders);
        let tables = 2 * (maps * self.forth.len() + self.back.len());
        fft as u64 + (tables + (self.factors.count() - 1) * self.side * self.side) as u64
    }
}

/// The least `2^a 3^b 5^c` that is no smaller: lengths whose transforms are fast.
fn fast_size(least: usize) -> usize {
    let is_fast = |n: &usize| {
        let mut rest = *n;
        for prime in [2, 3, 5] {
            while rest.is_multiple_of(prime) {
                rest /= prime;
            }
        }
        rest == 1
    };
    (least..=least.next_power_of_two()).find(is_fast).expect("a power of two is fast")
}

/// The convolution of the coefficients by its definition: each with each, `(2L + 1)⁴` complex multiply-adds.
pub(crate) struct FourierDirect<T> {
    lmax: usize,
    forth: Vec<Entry<T>>,
    back: Vec<Entry<T>>,
}

impl<T: Number> FourierDirect<T> {
    /// The tables for products of these degrees.
    pub(crate) fn new(degrees: &Degrees) -> Self {
        let place = |band: usize| {
            move |Term { u, v, .. }: Term| {
                let [u, v] = [u, v].map(|frequency| usize::try_from(frequency + band as isize).ok());
                let side = 2 * band + 1;
                Some(v.filter(|v| *v < side)? * side + u?)
            }
        };
        let lmax = degrees.lmax;
        Self { lmax, forth: forth(degrees, place(lmax)), back: back(degrees, 1.0, place(2 * lmax)) }
    }
}

impl<T: Element> FourierDirect<T> {
    /// Frequencies of a factor, in each angle.
    fn side(&self) -> usize {
        2 * self.lmax + 1
    }

    /// Frequencies of the product, in each angle.
    fn out_side(&self) -> usize {
        4 * self.lmax + 1
    }

    /// The coefficients of a factor, real and imaginary part of each in turn.
    #[inline(always)]
    fn coefficients<S: Lanes<T>>(&self, s: S, x: &[Block<T>], to: &mut [Block<T>]) {
        to.fill(Block::default());
        for entry in &self.forth {
            let x = s.load(&x[entry.component]);
            let [re, im] = part(to, entry.place);
            let sums =
                (s.mul_add(s.splat(entry.re), x, s.load(re)), s.mul_add(s.splat(entry.im), x, s.load(im)));
            s.store(sums.0, re);
            s.store(sums.1, im);
        }
    }
}

#[inline(always)]
fn part<T: Element>(blocks: &mut [Block<T>], place: usize) -> &mut [Block<T>; 2] {
    (&mut blocks[2 * place..][..2]).try_into().expect("two blocks")
}

impl<T: Element> BlockMap<T> for FourierDirect<T> {
    fn scratch(&self) -> usize {
        4 * self.side().pow(2) + 2 * self.out_side().pow(2)
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        _: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let (side, out_side) = (self.side(), self.out_side());
        let (x, rest) = scratch.split_at_mut(2 * side * side);
        let (y, product) = rest.split_at_mut(2 * side * side);
        self.coefficients(s, pair.x, x);
        self.coefficients(s, pair.y, y);
        for v in 0..out_side {
            for u in 0..out_side {
                let zero = s.splat(T::default());
                let [mut rr, mut ii, mut ri, mut ir] = [zero; 4];
                // Frequencies of the first factor; those of the second are what is missing.
                let (u_first, u_last) = (u.saturating_sub(side - 1), u.min(side - 1));
                for v_x in v.saturating_sub(side - 1)..=v.min(side - 1) {
                    let x = &x[2 * (v_x * side + u_first)..=2 * (v_x * side + u_last) + 1];
                    let y =
                        &y[2 * ((v - v_x) * side + u - u_last)..=2 * ((v - v_x) * side + u - u_first) + 1];
                    for (x, y) in x.chunks_exact(2).zip(y.chunks_exact(2).rev()) {
                        let (x_re, x_im) = (s.load(&x[0]), s.load(&x[1]));
                        let (y_re, y_im) = (s.load(&y[0]), s.load(&y[1]));
                        rr = s.mul_add(x_re, y_re, rr);
                        ii = s.mul_add(x_im, y_im, ii);
                        ri = s.mul_add(x_re, y_im, ri);
                        ir = s.mul_add(x_im, y_re, ir);
                    }
                }
                let [re, im] = part(product, v * out_side + u);
                s.store(s.sub(rr, ii), re);
                s.store(s.add(ri, ir), im);
            }
        }
        z.fill(Block::default());
        for entry in &self.back {
            let [re, im] = part(product, entry.place);
            let z = &mut z[entry.component];
            let sum = s.mul_add(s.splat(entry.re), s.load(re), s.load(z));
            s.store(s.neg_mul_add(s.splat(entry.im), s.load(im), sum), z);
        }
    }

    fn multiply_adds(&self) -> u64 {
        (4 * self.side().pow(4) + 2 * (2 * self.forth.len() + self.back.len())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::fast_size;

    #[test]
    fn transforms_have_the_least_length_of_small_prime_factors() {
        let found = [5, 7, 11, 17, 33, 61].map(fast_size);
        assert_eq!(found, [5, 8, 12, 18, 36, 64]);
    }
}
