//! One of two kernels, chosen when a method is built: one for products and one for powers.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Group, Out, Pair};

/// One of two kernels.
pub(crate) enum Either<A, B> {
    /// The product of a pair.
    Pair(A),
    /// The power of a feature.
    Power(B),
}

impl<T: Element, A: BlockMap<T>, B: BlockMap<T>> BlockMap<T> for Either<A, B> {
    fn group(&self) -> usize {
        match self {
            Self::Pair(map) => map.group(),
            Self::Power(map) => map.group(),
        }
    }

    fn scratch(&self) -> usize {
        match self {
            Self::Pair(map) => map.scratch(),
            Self::Power(map) => map.scratch(),
        }
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        block: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        match self {
            Self::Pair(map) => map.apply(s, block, pair, z, scratch),
            Self::Power(map) => map.apply(s, block, pair, z, scratch),
        }
    }

    fn parts(&self, outputs: usize) -> Vec<usize> {
        match self {
            Self::Pair(map) => map.parts(outputs),
            Self::Power(map) => map.parts(outputs),
        }
    }

    #[inline(always)]
    fn apply_part<S: Lanes<T>>(
        &self,
        s: S,
        part: usize,
        group: Group<'_, T>,
        out: Out<'_, T>,
        scratch: &mut [Block<T>],
    ) {
        match self {
            Self::Pair(map) => map.apply_part(s, part, group, out, scratch),
            Self::Power(map) => map.apply_part(s, part, group, out, scratch),
        }
    }

    fn multiply_adds(&self) -> u64 {
        match self {
            Self::Pair(map) => map.multiply_adds(),
            Self::Power(map) => map.multiply_adds(),
        }
    }
}
