//! The most that a machine can do: multiply-adds in registers, and memory written and copied.

use harness_simd::{Block, Element, Fill, Isa, Lanes, Op, Sink, Stores};
use rayon::prelude::*;

use super::number::Number;

/// `z ← z·one + one` in independent chains, which hide the latency of each other. Each element counts its own steps.
struct Chains<T> {
    one: T,
    steps: usize,
    count: usize,
}

/// Chains of blocks where a block is one register of 32, and else of which two or more are of 16.
const CHAINS: [usize; 2] = [16, 4];

impl<T: Number> Op<T> for Chains<T> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) -> f64 {
        if S::LOADS_ARE_CHEAP {
            self.chains::<S, { CHAINS[0] }>(s)
        } else {
            self.chains::<S, { CHAINS[1] }>(s)
        }
    }
}

impl<T: Number> Chains<T> {
    /// The count of all elements of all chains.
    #[inline(always)]
    fn chains<S: Lanes<T>, const N: usize>(self, s: S) -> f64 {
        let one = s.splat(self.one);
        let mut chains = [s.splat(T::default()); N];
        // `count` steps of 16 chains are as many multiply-adds as 16/N times as many of N.
        for _ in 0..self.steps * self.count / N {
            for z in &mut chains {
                *z = s.mul_add(*z, one, one);
            }
        }
        let mut total = 0.0;
        for z in chains {
            let mut lanes = Block::<T>::default();
            s.store(z, &mut lanes);
            total += lanes.as_ref().iter().map(|lane| lane.into_f64()).sum::<f64>();
        }
        total
    }
}

/// Makes `size` multiply-adds on so many threads, and gives back how many the registers have counted. `size` is a power of
/// two and at least 2¹⁰; `one` is one, but the compiler does not know that.
pub(crate) fn multiply_add<T: Number>(isa: Isa, threads: usize, size: usize, one: T) -> f64 {
    let steps = size / (CHAINS[0] * T::LANES);
    let part = |thread: usize| {
        let steps = steps * (thread + 1) / threads - steps * thread / threads;
        isa.run(Chains { one, steps, count: CHAINS[0] })
    };
    if threads > 1 {
        (0..threads).into_par_iter().map(part).collect::<Vec<f64>>().iter().sum()
    } else {
        part(0)
    }
}

/// Writes one number everywhere, past the caches.
struct Constant<T>(T);

impl<T: Element> Fill<T> for Constant<T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>, const STREAMED: bool>(self, s: S, mut out: Sink<'_, T, STREAMED>) {
        let value = s.splat(self.0);
        for at in (0..out.len()).step_by(T::LANES) {
            out.put(s, value, at);
        }
    }
}

/// Copies blocks, past the caches.
struct Copied<'a, T: Element>(&'a [Block<T>]);

impl<T: Element> Fill<T> for Copied<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>, const STREAMED: bool>(self, s: S, mut out: Sink<'_, T, STREAMED>) {
        for (block, from) in self.0.iter().enumerate() {
            out.put(s, s.load(from), block * T::LANES);
        }
    }
}

/// Writes a number to every place, each thread to a part of its own.
pub(crate) fn write<T: Number>(isa: Isa, threads: usize, value: T, to: &mut [Block<T>]) {
    let part = to.len().div_ceil(threads);
    let pass = |to: &mut [Block<T>]| isa.fill(Constant(value), Stores::Streamed, Block::flatten_mut(to));
    if threads > 1 { to.par_chunks_mut(part).for_each(pass) } else { pass(to) }
}

/// Copies all blocks, each thread a part of its own.
pub(crate) fn copy<T: Number>(isa: Isa, threads: usize, from: &[Block<T>], to: &mut [Block<T>]) {
    let part = to.len().div_ceil(threads);
    let pass = |(from, to): (&[Block<T>], &mut [Block<T>])| {
        isa.fill(Copied(from), Stores::Streamed, Block::flatten_mut(to));
    };
    if threads > 1 {
        from.par_chunks(part).zip(to.par_chunks_mut(part)).for_each(pass);
    } else {
        pass((from, to));
    }
}
