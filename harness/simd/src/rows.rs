//! Between rows of samples, as other programs lay them out, and blocks, in which each lane is a sample.
//!
//! In rows, the components of a sample lie side by side. In blocks, the same component of [`Element::LANES`] samples does: block
//! `c` holds component `c`, and every kernel computes on as many samples at once as there are lanes. Tiles of as many components
//! as lanes are transposed in registers.

use crate::element::{Block, Element};
use crate::fill::{Fill, Sink, Stores};
use crate::isa::Isa;
use crate::lanes::{Lanes, Op};

/// How samples lie in rows: sample `i` has `components` values from `i · stride` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// The number of samples.
    pub samples: usize,
    /// Values of a sample.
    pub components: usize,
    /// Distance between the starts of two rows, in values: `components`, unless there are others between.
    pub stride: usize,
}

impl Rows {
    /// Rows that follow each other without gaps.
    pub fn dense(samples: usize, components: usize) -> Self {
        Self { samples, components, stride: components }
    }

    /// Values from the first to the last.
    pub fn span(self) -> usize {
        match self.samples {
            0 => 0,
            samples => (samples - 1) * self.stride + self.components,
        }
    }

    /// Blocks for all samples: `components` for each group of [`Element::LANES`].
    pub fn blocks<T: Element>(self) -> usize {
        self.samples.div_ceil(T::LANES) * self.components
    }

    /// The samples of group `g`, and where it begins.
    #[inline(always)]
    fn group<T: Element>(self, g: usize) -> (usize, Self) {
        let first = g * T::LANES;
        (first * self.stride, Self { samples: (self.samples - first).min(T::LANES), ..self })
    }

    /// Panics unless this is one group, and [`Rows::check`] holds.
    #[inline(always)]
    fn check_group<T: Element>(self, values: usize, blocks: usize) {
        assert!(self.samples <= T::LANES, "a group has {} samples at most, not {}", T::LANES, self.samples);
        self.check::<T>(values, blocks);
    }

    /// Panics unless so many values hold the rows, and so many blocks their lanes.
    #[inline(always)]
    fn check<T: Element>(self, values: usize, blocks: usize) {
        let Self { samples, components, stride } = self;
        assert!(components <= stride || samples < 2, "rows of {components} values every {stride} overlap");
        assert!(
            self.span() <= values,
            "{samples} rows of {components} values every {stride} in {values} values"
        );
        let expected = self.blocks::<T>();
        assert_eq!(blocks, expected, "{samples} samples of {components} components take {expected} blocks");
    }
}

impl Isa {
    /// Copies rows into blocks, `components` for each group of [`Element::LANES`] samples; zeros where the last group has no
    /// sample.
    ///
    /// ```
    /// use harness_simd::{Block, Isa, Rows, Stores};
    /// let (shape, rows) = (Rows::dense(2, 3), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// let mut blocks = vec![Block::<f64>::default(); shape.blocks::<f64>()];
    /// Isa::best()?.gather_rows(&rows, shape, &mut blocks);
    /// assert_eq!(blocks[1][..3], [2.0, 5.0, 0.0]);
    ///
    /// let mut back = [0.0; 6];
    /// Isa::best()?.scatter_rows(&blocks, shape, Stores::Cached, &mut back);
    /// assert_eq!(back, rows);
    /// # Ok::<(), harness_simd::UnknownIsa>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the shape does not fit, or rows overlap.
    pub fn gather_rows<T: Element>(self, rows: &[T], shape: Rows, blocks: &mut [Block<T>]) {
        self.run(Gather { rows, shape, blocks });
    }

    /// Copies blocks into rows: the reverse of [`Isa::gather_rows`]. What lies between rows is left as it is. Streamed rows go past
    /// the caches where they have whole blocks on 64-byte boundaries: if `rows` begins on one and the stride is a multiple of
    /// [`Element::LANES`], all but the ends.
    ///
    /// # Panics
    ///
    /// If the shape does not fit, or rows overlap.
    pub fn scatter_rows<T: Element>(self, blocks: &[Block<T>], shape: Rows, stores: Stores, rows: &mut [T]) {
        self.fill(Scatter { blocks, shape }, stores, rows);
    }
}

struct Gather<'a, T: Element> {
    rows: &'a [T],
    shape: Rows,
    blocks: &'a mut [Block<T>],
}

impl<T: Element> Op<T> for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) {
        let Self { rows, shape, blocks } = self;
        shape.check::<T>(rows.len(), blocks.len());
        for (g, blocks) in blocks.chunks_exact_mut(shape.components.max(1)).enumerate() {
            let (start, group) = shape.group::<T>(g);
            gather_rows(s, &rows[start..], group, blocks);
        }
    }
}

struct Scatter<'a, T: Element> {
    blocks: &'a [Block<T>],
    shape: Rows,
}

impl<T: Element> Fill<T> for Scatter<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<T>, const STREAMED: bool>(self, s: S, mut out: Sink<'_, T, STREAMED>) {
        let Self { blocks, shape } = self;
        shape.check::<T>(out.len(), blocks.len());
        for (g, blocks) in blocks.chunks_exact(shape.components.max(1)).enumerate() {
            let (start, group) = shape.group::<T>(g);
            scatter_rows(s, blocks, group, &mut out.split_at(start).1);
        }
    }
}

/// One group of [`Isa::gather_rows`], for use within a kernel: at most [`Element::LANES`] samples, one block a component.
///
/// # Panics
///
/// If the shape does not fit, or rows overlap.
#[inline(always)]
pub fn gather_rows<T: Element, S: Lanes<T>>(s: S, rows: &[T], group: Rows, blocks: &mut [Block<T>]) {
    group.check_group::<T>(rows.len(), blocks.len());
    let zero = s.splat(T::default());
    for (tile, blocks) in blocks.chunks_mut(T::LANES).enumerate() {
        let left = tile * T::LANES;
        let mut lanes = T::tile(zero);
        for (i, lane) in lanes.as_mut().iter_mut().enumerate().take(group.samples) {
            let row = &rows[i * group.stride + left..][..blocks.len()];
            *lane = if row.len() == T::LANES { s.load(T::whole(row)) } else { s.load_part(row) };
        }
        s.transpose(&mut lanes);
        for (block, &lane) in blocks.iter_mut().zip(lanes.as_ref()) {
            s.store(lane, block);
        }
    }
}

/// One group of [`Isa::scatter_rows`], for use within a kernel: at most [`Element::LANES`] samples, one block a component.
///
/// # Panics
///
/// If the shape does not fit, or rows overlap.
#[inline(always)]
pub fn scatter_rows<T: Element, S: Lanes<T>, const STREAMED: bool>(
    s: S,
    blocks: &[Block<T>],
    group: Rows,
    rows: &mut Sink<'_, T, STREAMED>,
) {
    group.check_group::<T>(rows.len(), blocks.len());
    let zero = s.splat(T::default());
    for (tile, blocks) in blocks.chunks(T::LANES).enumerate() {
        let left = tile * T::LANES;
        let mut lanes = T::tile(zero);
        for (lane, block) in lanes.as_mut().iter_mut().zip(blocks) {
            *lane = s.load(block);
        }
        s.transpose(&mut lanes);
        for (i, &lane) in lanes.as_ref().iter().enumerate().take(group.samples) {
            let at = i * group.stride + left;
            if blocks.len() == T::LANES {
                rows.put(s, lane, at);
            } else {
                rows.put_part(s, lane, at, blocks.len());
            }
        }
    }
}
