//! Small linear maps with constant coefficients, in every lane.

use harness_simd::{Block, Element, Lanes};

use super::number::Number;

/// Outputs that are computed together: each input is loaded once for so many.
pub(crate) const WIDTH: usize = 4;

/// `out[to[o]] = Σ A[o][i] v[from[i]]`.
pub(crate) struct Linear<T> {
    from: Vec<u32>,
    to: Vec<u32>,
    /// Groups of [`WIDTH`] outputs, `[group][i][WIDTH]`; outputs that fill up the last group are zero.
    coefficients: Vec<[T; WIDTH]>,
}

impl<T: Number> Linear<T> {
    /// The map with coefficients `a(o, i)`, between places.
    pub(crate) fn new(to: Vec<usize>, from: Vec<usize>, a: impl Fn(usize, usize) -> f64) -> Self {
        let groups = to.len().div_ceil(WIDTH);
        let coefficients = (0..groups)
            .flat_map(|group| (0..from.len()).map(move |i| (group, i)))
            .map(|(group, i)| {
                let mut row = [T::default(); WIDTH];
                for (lane, c) in row.iter_mut().enumerate() {
                    let o = group * WIDTH + lane;
                    if o < to.len() {
                        *c = T::of(a(o, i));
                    }
                }
                row
            })
            .collect();
        let places = |places: Vec<usize>| places.into_iter().map(|place| place as u32).collect();
        Self { from: places(from), to: places(to), coefficients }
    }
}

impl<T: Element> Linear<T> {
    /// Multiply-adds.
    pub(crate) fn multiply_adds(&self) -> usize {
        self.from.len() * self.to.len()
    }

    /// Applies it.
    #[inline(always)]
    pub(crate) fn apply<S: Lanes<T>>(&self, s: S, v: &[Block<T>], out: &mut [Block<T>]) {
        if self.from.is_empty() {
            for to in &self.to {
                out[*to as usize] = Block::default();
            }
            return;
        }
        let groups = self.coefficients.chunks_exact(self.from.len());
        for (rows, to) in groups.zip(self.to.chunks(WIDTH)) {
            let mut sums = [s.splat(T::default()); WIDTH];
            for (row, from) in rows.iter().zip(&self.from) {
                let value = s.load(&v[*from as usize]);
                for (sum, c) in sums.iter_mut().zip(row) {
                    *sum = s.mul_add(s.splat(*c), value, *sum);
                }
            }
            for (sum, to) in sums.iter().zip(to) {
                s.store(*sum, &mut out[*to as usize]);
            }
        }
    }
}
