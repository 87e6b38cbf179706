//! Small linear maps with constant coefficients, in every lane, of several vectors at once: from places side by side, so that
//! no index is looked up for an input, and each coefficient is loaded once for all vectors.

use harness_simd::{Block, Element, Lanes};

use super::number::Number;

/// Outputs that are computed together, at most: each input is loaded once for so many.
const WIDTH: usize = 4;

/// `out[to[o]] = Σ A[o][i] v[from + i]`.
pub(crate) struct LinearMany<T> {
    from: usize,
    inputs: usize,
    to: Vec<u32>,
    /// Outputs of each group: as alike as can be, so that none is nearly empty.
    widths: Vec<usize>,
    /// `[group][i][output]`
    coefficients: Vec<T>,
}

impl<T: Number> LinearMany<T> {
    /// The map with coefficients `a(o, i)`, from consecutive places on.
    pub(crate) fn new(to: &[usize], (from, inputs): (usize, usize), a: impl Fn(usize, usize) -> f64) -> Self {
        let groups = to.len().div_ceil(WIDTH);
        let starts: Vec<usize> = (0..=groups).map(|group| to.len() * group / groups.max(1)).collect();
        let mut coefficients = Vec::with_capacity(to.len() * inputs);
        for group in starts.windows(2) {
            for i in 0..inputs {
                coefficients.extend((group[0]..group[1]).map(|o| T::of(a(o, i))));
            }
        }
        let widths = starts.windows(2).map(|group| group[1] - group[0]).collect();
        Self { from, inputs, to: to.iter().map(|place| *place as u32).collect(), widths, coefficients }
    }
}

impl<T: Element> LinearMany<T> {
    /// Multiply-adds of one vector.
    pub(crate) fn multiply_adds(&self) -> usize {
        self.coefficients.len()
    }

    /// Applies it to `N` vectors, whose components lie side by side.
    #[inline(always)]
    pub(crate) fn apply<S: Lanes<T>, const N: usize>(&self, s: S, v: &[Block<T>], out: &mut [Block<T>]) {
        let v = &v[self.from * N..][..self.inputs * N];
        let (mut to, mut coefficients) = (&*self.to, &*self.coefficients);
        for width in &self.widths {
            let (group, after) = to.split_at(*width);
            let (rows, rest) = coefficients.split_at(*width * self.inputs);
            match *width {
                1 => sums::<T, S, N, 1>(s, v, rows, group, out),
                2 => sums::<T, S, N, 2>(s, v, rows, group, out),
                3 => sums::<T, S, N, 3>(s, v, rows, group, out),
                _ => sums::<T, S, N, WIDTH>(s, v, rows, group, out),
            }
            (to, coefficients) = (after, rest);
        }
    }
}

/// `W` outputs of each vector.
#[inline(always)]
fn sums<T: Element, S: Lanes<T>, const N: usize, const W: usize>(
    s: S,
    v: &[Block<T>],
    rows: &[T],
    to: &[u32],
    out: &mut [Block<T>],
) {
    let zero = s.splat(T::default());
    if S::LOADS_ARE_CHEAP {
        let mut sums = [[zero; N]; W];
        for (v, row) in v.chunks_exact(N).zip(rows.chunks_exact(W)) {
            let mut values = [zero; N];
            for (value, v) in values.iter_mut().zip(v) {
                *value = s.load(v);
            }
            for (sums, c) in sums.iter_mut().zip(row) {
                let c = s.splat(*c);
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = s.mul_add(c, value, *sum);
                }
            }
        }
        for (sums, to) in sums.iter().zip(to) {
            for (sum, out) in sums.iter().zip(&mut out[*to as usize * N..][..N]) {
                s.store(*sum, out);
            }
        }
    } else {
        // A block takes two registers here: the sums of more than one vector do not fit.
        for n in 0..N {
            let mut sums = [zero; W];
            for (v, row) in v.chunks_exact(N).zip(rows.chunks_exact(W)) {
                let value = s.load(&v[n]);
                for (sum, c) in sums.iter_mut().zip(row) {
                    *sum = s.mul_add(s.splat(*c), value, *sum);
                }
            }
            for (sum, to) in sums.iter().zip(to) {
                s.store(*sum, &mut out[*to as usize * N + n]);
            }
        }
    }
}
