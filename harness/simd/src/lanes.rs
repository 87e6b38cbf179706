//! What every instruction set can do.

use crate::element::Element;
use crate::fill::Slot;

/// Arithmetic on the values of one block. A value of an implementing type is a proof that its instructions can be executed.
///
/// Loads and stores take a block ([`Block`](crate::Block)) or any other array of as many values, on whatever boundary.
pub trait Lanes<T: Element>: Copy {
    /// The values of one block, in registers.
    type V: Copy;

    /// Whether a block is one load, so that a kernel may load more often to wait less.
    const LOADS_ARE_CHEAP: bool = false;

    /// `a` in every lane.
    fn splat(self, a: T) -> Self::V;
    /// The values of a block.
    fn load(self, from: &T::Array) -> Self::V;
    /// Writes a block.
    fn store(self, a: Self::V, to: &mut T::Array);
    /// The first values of a slice, as many as there are and at most [`Element::LANES`]; zero in the other lanes.
    fn load_part(self, from: &[T]) -> Self::V;
    /// Writes the first lanes into a slice, as many as fit.
    fn store_part(self, a: Self::V, to: &mut [T]);
    /// Writes a block past the caches where the set can. Slots are given out by a [`Sink`](crate::Sink).
    #[inline(always)]
    fn stream(self, a: Self::V, to: Slot<'_, T>) {
        self.store(a, to.0);
    }
    /// Waits until what was streamed can be seen by everyone.
    #[inline(always)]
    fn fence(self) {}
    /// Turns rows into columns: lane `l` of row `r` becomes lane `r` of row `l`.
    fn transpose(self, tile: &mut T::Tile<Self::V>);
    /// `a + b`.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a − b`.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a·b`.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a·b + c`, fused where the instruction set can.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `c − a·b`, fused where the instruction set can.
    fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger; `b` where either is not a number.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller; `b` where either is not a number.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// Adds the low bits of each `k` (nine of `f32`, twelve of `f64`) to the exponent of `a`: `a·2^k` for the integer that was
    /// rounded into the low bits of `k`, provided the result is a normal number.
    fn add_exponent(self, a: Self::V, k: Self::V) -> Self::V;
    /// Bit `l` is set where lane `l` of `a` exceeds that of `b`.
    fn above(self, a: Self::V, b: Self::V) -> u32;

    /// Asks for the cache line at `a`, which need not point to anything; does nothing where the set has no such
    /// instruction.
    #[inline(always)]
    fn prefetch(self, _a: *const T::Array) {}

    /// Sum over the lanes, in a fixed order: the upper half of the lanes is added to the lower until one is left.
    #[inline(always)]
    fn sum(self, a: Self::V) -> T {
        let mut lanes = T::array(T::default());
        self.store(a, &mut lanes);
        T::sum(&lanes)
    }

    /// Largest lane; any lane if one is not a number.
    #[inline(always)]
    fn max_lane(self, a: Self::V) -> T {
        let mut lanes = T::array(T::default());
        self.store(a, &mut lanes);
        let mut largest = lanes[0];
        for &lane in lanes.as_ref() {
            largest = if lane < largest { largest } else { lane };
        }
        largest
    }
}

/// A kernel's inner part, generic over the instruction set.
pub trait Op<T: Element> {
    /// What it gives back.
    type Output;

    /// Computes. Must be `#[inline(always)]`, and so must everything that it calls on the way to the arithmetic.
    fn run<S: Lanes<T>>(self, s: S) -> Self::Output;
}
