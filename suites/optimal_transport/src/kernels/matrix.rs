//! Dense storage made for vector loops: rows padded to whole octets of `f64`, each row starting on a cache line.

use std::ops::{Index, Range};

use harness_simd::Element;

/// Values handled together: one AVX-512 register, two AVX2 registers, one cache line.
pub(super) const LANES: usize = f64::LANES;

/// Eight consecutive values, the unit of every vector loop.
pub(super) type Octet = [f64; LANES];

/// A row stride that is a multiple of this makes every row start in the same set of the first-level cache.
const ALIASING_STRIDE: usize = 256;

/// A growable buffer whose first element lies on a 64-byte boundary.
#[derive(Debug, Default)]
pub(super) struct Aligned {
    buffer: Vec<f64>,
    start: usize,
    len: usize,
}

impl Aligned {
    pub(super) fn zeros(len: usize) -> Self {
        let buffer = vec![0.0; len + LANES - 1];
        let start = buffer.as_ptr().align_offset(64).min(LANES - 1);
        Self { buffer, start, len }
    }

    /// The first `len` values, whatever they are; allocates only when the buffer has never been that long.
    pub(super) fn scratch(&mut self, len: usize) -> &mut [f64] {
        if self.len < len {
            *self = Self::zeros(len);
        }
        &mut self.as_mut_slice()[..len]
    }

    /// `values` followed by `fill` up to the next whole octet, as octets.
    pub(super) fn padded(&mut self, values: &[f64], fill: f64) -> &[Octet] {
        let buffer = self.scratch(values.len().next_multiple_of(LANES));
        let (head, tail) = buffer.split_at_mut(values.len());
        head.copy_from_slice(values);
        tail.fill(fill);
        octets(buffer)
    }

    pub(super) fn as_slice(&self) -> &[f64] {
        &self.buffer[self.start..self.start + self.len]
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len);
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }

    fn clone_from(&mut self, source: &Self) {
        if self.len == source.len {
            self.as_mut_slice().copy_from_slice(source.as_slice());
        } else {
            *self = source.clone();
        }
    }
}

/// A slice of whole octets, seen as octets.
#[inline(always)]
pub(super) fn octets(values: &[f64]) -> &[Octet] {
    let (whole, rest) = values.as_chunks();
    debug_assert!(rest.is_empty(), "storage is padded to whole octets");
    whole
}

/// A slice of whole octets, seen as octets that can be written.
#[inline(always)]
pub(super) fn octets_mut(values: &mut [f64]) -> &mut [Octet] {
    let (whole, rest) = values.as_chunks_mut();
    debug_assert!(rest.is_empty(), "storage is padded to whole octets");
    whole
}

/// A dense `n × m` matrix of `f64`, row-major, `n, m ≥ 1`.
///
/// Rows are padded with zeros to a multiple of eight values and start on 64-byte boundaries. The padding is not
/// reachable from outside, so it stays zero, and the kernels may run over whole rows without a remainder loop.
///
/// ```
/// use suite_optimal_transport::kernels::Matrix;
/// let a = Matrix::from_row_major(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// assert_eq!(a.row(1), [4.0, 5.0, 6.0]);
/// assert_eq!(a.transpose()[(2, 0)], 3.0);
/// ```
#[derive(Debug, Clone)]
pub struct Matrix {
    n: usize,
    m: usize,
    stride: usize,
    data: Aligned,
}

impl Matrix {
    /// The zero matrix with `n` rows and `m` columns.
    ///
    /// # Panics
    /// If `n` or `m` is zero.
    pub fn zeros(n: usize, m: usize) -> Self {
        assert!(n > 0 && m > 0, "a matrix has at least one row and one column, not {n} × {m}");
        let mut stride = m.next_multiple_of(LANES);
        if stride.is_multiple_of(ALIASING_STRIDE) {
            stride += LANES;
        }
        Self { n, m, stride, data: Aligned::zeros(n * stride) }
    }

    /// The matrix whose rows are the consecutive `m`-tuples of `values`.
    ///
    /// # Panics
    /// If `values` does not hold exactly `n · m` numbers.
    pub fn from_row_major(n: usize, m: usize, values: &[f64]) -> Self {
        assert_eq!(values.len(), n * m, "a {n} × {m} matrix needs {} values", n * m);
        let mut matrix = Self::zeros(n, m);
        for (i, row) in values.chunks_exact(m).enumerate() {
            matrix.row_mut(i).copy_from_slice(row);
        }
        matrix
    }

    /// The matrix with entries `entry(i, j)`, asked for row by row.
    pub fn from_fn(n: usize, m: usize, mut entry: impl FnMut(usize, usize) -> f64) -> Self {
        let mut matrix = Self::zeros(n, m);
        for i in 0..n {
            for (j, value) in matrix.row_mut(i).iter_mut().enumerate() {
                *value = entry(i, j);
            }
        }
        matrix
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of columns.
    pub fn m(&self) -> usize {
        self.m
    }

    /// Row `i`, `m` values.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data.as_slice()[i * self.stride..][..self.m]
    }

    /// Row `i`, `m` values that can be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.data.as_mut_slice()[i * self.stride..][..self.m]
    }

    /// The rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.data.as_slice().chunks_exact(self.stride).map(|row| &row[..self.m])
    }

    /// The entries in row-major order, without padding.
    pub fn to_row_major(&self) -> Vec<f64> {
        self.rows().flatten().copied().collect()
    }

    /// The `m × n` transpose.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut result = Self::zeros(self.m, self.n);
        // Octet-square tiles keep both the reads and the writes within a few cache lines.
        for top in (0..self.n).step_by(LANES) {
            for left in (0..self.m).step_by(LANES) {
                for j in left..(left + LANES).min(self.m) {
                    for i in top..(top + LANES).min(self.n) {
                        result.row_mut(j)[i] = self.row(i)[j];
                    }
                }
            }
        }
        result
    }

    /// Distance between the starts of two rows, in values.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Number of octets that hold a row's values; the stride may be one longer.
    pub(super) fn width(&self) -> usize {
        self.m.div_ceil(LANES)
    }

    /// Row `i` with its padding, as octets.
    #[inline(always)]
    pub(super) fn octets(&self, i: usize) -> &[Octet] {
        &octets(&self.data.as_slice()[i * self.stride..][..self.stride])[..self.width()]
    }

    /// The rows of `range`, each as [`Matrix::octets`] gives it: in groups of `R`, and those left over.
    #[inline(always)]
    pub(super) fn octet_rows<const R: usize>(
        &self,
        range: Range<usize>,
    ) -> (impl Iterator<Item = [&[Octet]; R]>, impl Iterator<Item = &[Octet]>) {
        let (stride, width) = (self.stride / LANES, self.width());
        let rows =
            octets(self.data.as_slice())[range.start * stride..range.end * stride].chunks_exact(R * stride);
        let rest = rows.remainder().chunks_exact(stride).map(move |row| &row[..width]);
        let groups = rows.map(move |group| {
            let mut rows: [&[Octet]; R] = [&[]; R];
            for (row, octets) in rows.iter_mut().zip(group.chunks_exact(stride)) {
                *row = &octets[..width];
            }
            rows
        });
        (groups, rest)
    }

    /// The whole storage, `n` rows of `stride` values.
    pub(super) fn storage_mut(&mut self) -> &mut [f64] {
        self.data.as_mut_slice()
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.row(i)[j]
    }
}

impl PartialEq for Matrix {
    fn eq(&self, other: &Self) -> bool {
        (self.n, self.m) == (other.n, other.m) && self.rows().eq(other.rows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip_transpose_and_padding(n in 1_usize..40, m in 1_usize..40, seed in any::<u32>()) {
            let values: Vec<f64> = (0..n * m).map(|k| f64::from(seed) + k as f64).collect();
            let a = Matrix::from_row_major(n, m, &values);
            prop_assert_eq!(a.to_row_major(), values);
            let t = a.transpose();
            for i in 0..n {
                for j in 0..m {
                    prop_assert_eq!(a[(i, j)], t[(j, i)]);
                }
                prop_assert!(a.octets(i).as_flattened()[m..].iter().all(|&pad| pad == 0.0));
            }
            prop_assert_eq!(t.transpose(), a);
        }
    }

    #[test]
    fn rows_start_on_cache_lines_and_avoid_aliasing_strides() {
        for m in [1, 7, 8, 255, 256, 2048] {
            let a = Matrix::zeros(3, m);
            for i in 0..3 {
                assert_eq!(a.row(i).as_ptr().align_offset(64), 0, "row {i} of width {m}");
            }
            assert_ne!(a.stride() % ALIASING_STRIDE, 0, "width {m}");
            assert_eq!(a.clone().row(2).as_ptr().align_offset(64), 0, "clone of width {m}");
        }
    }

    #[test]
    #[should_panic(expected = "at least one row")]
    fn empty_shapes_are_refused() {
        let _ = Matrix::zeros(0, 3);
    }
}
