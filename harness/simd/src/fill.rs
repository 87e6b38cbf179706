//! Outputs that are written and not read, which may go past the caches.

use std::marker::PhantomData;

use crate::element::Element;
use crate::isa::Isa;
use crate::lanes::{Lanes, Op};

/// How an output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stores {
    /// As everything else: right for what is read again soon.
    Cached,
    /// Past the caches (*non-temporal*): for outputs larger than the caches it saves reading what is overwritten, and leaves in
    /// the cache what was there. What is read again soon comes from memory.
    Streamed,
}

/// A kernel that fills an output without reading it, so that the output may go past the caches: [`Isa::fill`] runs it.
///
/// ```
/// use harness_simd::{Block, Fill, Isa, Lanes, Sink, Stores};
///
/// /// The squares of `x`.
/// struct Squares<'a>(&'a [Block<f32>]);
///
/// impl Fill<f32> for Squares<'_> {
///     type Output = ();
///
///     #[inline(always)]
///     fn run<S: Lanes<f32>, const STREAMED: bool>(self, s: S, mut out: Sink<'_, f32, STREAMED>) {
///         for (j, x) in self.0.iter().enumerate() {
///             let x = s.load(x);
///             out.put(s, s.mul(x, x), 16 * j);
///         }
///     }
/// }
///
/// let x = [Block::splat(3.0); 4];
/// let mut squares = [Block::splat(0.0); 4];
/// Isa::best()?.fill(Squares(&x), Stores::Streamed, Block::flatten_mut(&mut squares));
/// assert_eq!(squares, [Block::splat(9.0); 4]);
/// # Ok::<(), harness_simd::UnknownIsa>(())
/// ```
pub trait Fill<T: Element> {
    /// What it gives back.
    type Output;

    /// Computes, and puts the values into `out`. Must be `#[inline(always)]`, like [`Op::run`].
    fn run<S: Lanes<T>, const STREAMED: bool>(self, s: S, out: Sink<'_, T, STREAMED>) -> Self::Output;
}

impl Isa {
    /// Runs a kernel that fills `out`. When it returns, `out` can be read, by other threads as well: there is no fence to
    /// remember.
    pub fn fill<T: Element, F: Fill<T>>(self, kernel: F, stores: Stores, out: &mut [T]) -> F::Output {
        match stores {
            Stores::Cached => self.run(Filling::<T, F, false> { kernel, out }),
            Stores::Streamed => self.run(Filling::<T, F, true> { kernel, out }),
        }
    }
}

struct Filling<'a, T, F, const STREAMED: bool> {
    kernel: F,
    out: &'a mut [T],
}

impl<T: Element, F: Fill<T>, const STREAMED: bool> Op<T> for Filling<'_, T, F, STREAMED> {
    type Output = F::Output;

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) -> F::Output {
        // Also if the kernel panics.
        let _fence = STREAMED.then(|| Fence(s, PhantomData));
        self.kernel.run(s, Sink::<T, STREAMED> { values: self.out })
    }
}

struct Fence<T: Element, S: Lanes<T>>(S, PhantomData<T>);

impl<T: Element, S: Lanes<T>> Drop for Fence<T, S> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.fence();
    }
}

/// An output that can be written and not read. With `STREAMED`, whole blocks on 64-byte boundaries go past the caches.
#[derive(Debug)]
pub struct Sink<'a, T, const STREAMED: bool> {
    values: &'a mut [T],
}

impl<'a, T: Element> Sink<'a, T, false> {
    /// An output that is written as everything else: for use within an [`Op`].
    #[inline(always)]
    pub fn cached(values: &'a mut [T]) -> Self {
        Self { values }
    }
}

impl<T: Element, const STREAMED: bool> Sink<'_, T, STREAMED> {
    /// The number of values.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is nothing to write.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Writes a block from value `at` on.
    ///
    /// # Panics
    ///
    /// If it does not fit.
    #[inline(always)]
    pub fn put<S: Lanes<T>>(&mut self, s: S, a: S::V, at: usize) {
        let block = T::whole_mut(&mut self.values[at..at + T::LANES]);
        if STREAMED && Slot::<T>::aligned(block) {
            s.stream(a, Slot(block));
        } else {
            s.store(a, block);
        }
    }

    /// Writes the first `n` lanes, at most all, from value `at` on.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    #[inline(always)]
    pub fn put_part<S: Lanes<T>>(&mut self, s: S, a: S::V, at: usize, n: usize) {
        s.store_part(a, &mut self.values[at..at + n.min(T::LANES)]);
    }

    /// The first `middle` values, and the others.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    #[inline(always)]
    pub fn split_at(&mut self, middle: usize) -> (Sink<'_, T, STREAMED>, Sink<'_, T, STREAMED>) {
        let (head, tail) = self.values.split_at_mut(middle);
        (Sink { values: head }, Sink { values: tail })
    }
}

/// A place for one block: on a 64-byte boundary, within a sink that is fenced before anyone reads it. Made nowhere else.
#[derive(Debug)]
pub struct Slot<'a, T: Element>(pub(crate) &'a mut T::Array);

impl<T: Element> Slot<'_, T> {
    #[inline(always)]
    fn aligned(block: &T::Array) -> bool {
        std::ptr::from_ref(block).addr().is_multiple_of(64)
    }
}
