//! What a block holds.

use std::fmt::Debug;
use std::ops::{Add, Deref, DerefMut, Index, IndexMut, Mul, Sub};

use crate::arch::{self, Level};
use crate::lanes::Op;

/// `f32` or `f64`.
pub trait Element:
    Copy
    + Debug
    + Default
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Send
    + Sync
    + 'static
    + sealed::Sealed
{
    /// Values of one block: 8 of `f64`, 16 of `f32`.
    const LANES: usize;

    /// The values of one block, `[Self; LANES]`, wherever they lie.
    type Array: Copy
        + Debug
        + PartialEq
        + AsRef<[Self]>
        + AsMut<[Self]>
        + Index<usize, Output = Self>
        + IndexMut<usize>
        + Send
        + Sync
        + 'static;

    /// One `V` for each lane, `[V; LANES]`: with `V` a block in registers, as many rows as lanes.
    type Tile<V: Copy>: Copy + AsRef<[V]> + AsMut<[V]>;

    /// The value in every lane.
    fn array(value: Self) -> Self::Array;

    /// The same for every lane.
    fn tile<V: Copy>(v: V) -> Self::Tile<V>;

    /// A slice of [`Element::LANES`] values.
    ///
    /// # Panics
    ///
    /// If it is longer or shorter.
    fn whole(values: &[Self]) -> &Self::Array;

    /// A slice of [`Element::LANES`] values that can be written.
    ///
    /// # Panics
    ///
    /// If it is longer or shorter.
    fn whole_mut(values: &mut [Self]) -> &mut Self::Array;

    /// The sum: the upper half of the lanes is added to the lower until one is left.
    fn sum(lanes: &Self::Array) -> Self;

    /// Runs an operation with a set.
    #[doc(hidden)]
    fn run<O: Op<Self>>(level: Level, op: O) -> O::Output;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

macro_rules! element {
    ($t:ty, $lanes:literal, $sum:expr) => {
        impl Element for $t {
            const LANES: usize = $lanes;

            type Array = [$t; $lanes];
            type Tile<V: Copy> = [V; $lanes];

            #[inline(always)]
            fn array(value: Self) -> Self::Array {
                [value; $lanes]
            }

            #[inline(always)]
            fn tile<V: Copy>(v: V) -> [V; $lanes] {
                [v; $lanes]
            }

            #[inline(always)]
            fn whole(values: &[Self]) -> &Self::Array {
                values.try_into().expect("a slice of as many values as lanes")
            }

            #[inline(always)]
            fn whole_mut(values: &mut [Self]) -> &mut Self::Array {
                values.try_into().expect("a slice of as many values as lanes")
            }

            // Written out: what the compiler makes of loops takes longer.
            #[inline(always)]
            fn sum(s: &Self::Array) -> Self {
                $sum(s)
            }

            fn run<O: Op<Self>>(level: Level, op: O) -> O::Output {
                arch::run(level, op)
            }
        }
    };
}

#[inline(always)]
fn sum_of_8<T: Element>(s: &[T; 8]) -> T {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

#[inline(always)]
fn sum_of_16<T: Element>(s: &[T; 16]) -> T {
    sum_of_8(&[
        s[0] + s[8],
        s[1] + s[9],
        s[2] + s[10],
        s[3] + s[11],
        s[4] + s[12],
        s[5] + s[13],
        s[6] + s[14],
        s[7] + s[15],
    ])
}

element!(f32, 16, sum_of_16);
element!(f64, 8, sum_of_8);

/// One block in memory, on a 64-byte boundary: a vector of them needs no care for alignment.
///
/// ```
/// use harness_simd::Block;
/// let mut block = Block::splat(1.5_f32);
/// block[15] = 0.0;
/// assert_eq!(block.iter().sum::<f32>(), 22.5);
/// assert_eq!((size_of::<Block<f32>>(), align_of::<Block<f64>>()), (64, 64));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Block<T: Element>(pub T::Array);

impl<T: Element> Block<T> {
    /// The value in every lane.
    #[inline(always)]
    pub fn splat(value: T) -> Self {
        Self(T::array(value))
    }

    /// The values of consecutive blocks.
    pub fn flatten(blocks: &[Self]) -> &[T] {
        arch::flatten(blocks)
    }

    /// The values of consecutive blocks, to be written.
    pub fn flatten_mut(blocks: &mut [Self]) -> &mut [T] {
        arch::flatten_mut(blocks)
    }
}

impl<T: Element> Default for Block<T> {
    fn default() -> Self {
        Self::splat(T::default())
    }
}

impl<T: Element> Deref for Block<T> {
    type Target = T::Array;

    #[inline(always)]
    fn deref(&self) -> &T::Array {
        &self.0
    }
}

impl<T: Element> DerefMut for Block<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T::Array {
        &mut self.0
    }
}
