//! Sparse matrices in compressed rows, with the same entries in compressed columns for the transposed product.

use super::Kernels;

/// Stored entries from which a sparse product is worth handing to more threads.
const PARALLEL_FROM: usize = 1 << 18;

/// Rows handed out together.
const ROWS_PER_TASK: usize = 128;

/// A sparse `n × m` matrix. Entries lie row by row, columns ascending; a second copy lies column by column, so that
/// `Sᵀu` needs no scattered additions and both products are the same bit for bit for any number of threads.
///
/// A `Csr` is a buffer: filling it again reuses its memory. Either a selection of [`Kernels`] fills it, or
/// [`Csr::begin`], then [`Csr::push`] and [`Csr::end_row`] row by row, then [`Csr::finish`].
///
/// ```
/// use suite_optimal_transport::kernels::Csr;
/// let mut s = Csr::default();
/// s.begin(2, 3);
/// s.push(0, 1.0);
/// s.push(2, 2.0);
/// s.end_row();
/// s.push(2, 3.0);
/// s.end_row();
/// s.finish();
/// assert_eq!((s.nnz(), s.row(0)), (3, (&[0, 2][..], &[1.0, 2.0][..])));
/// assert_eq!(s.column(2), (&[0, 1][..], &[2.0, 3.0][..]));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Csr {
    n: usize,
    m: usize,
    by_row: Compressed,
    by_column: Compressed,
    next: Vec<usize>,
}

/// Lines (rows or columns) of positions and values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Compressed {
    /// Where each line starts, and where the last ends.
    pub(super) starts: Vec<usize>,
    pub(super) indices: Vec<u32>,
    pub(super) values: Vec<f64>,
}

impl Compressed {
    pub(super) fn clear(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        self.indices.clear();
        self.values.clear();
    }

    /// Keeps the entries that `keep` accepts, asked in order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(f64) -> bool) {
        let (mut kept, mut start) = (0, 0);
        for end in &mut self.starts[1..] {
            for k in start..*end {
                if keep(self.values[k]) {
                    self.indices[kept] = self.indices[k];
                    self.values[kept] = self.values[k];
                    kept += 1;
                }
            }
            start = *end;
            *end = kept;
        }
        self.indices.truncate(kept);
        self.values.truncate(kept);
    }

    fn line(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.indices[range.clone()], &self.values[range])
    }
}

impl Csr {
    /// Empties the matrix and begins an `n × m` one.
    pub fn begin(&mut self, n: usize, m: usize) {
        (self.n, self.m) = (n, m);
        self.by_row.clear();
    }

    /// Adds the entry `value` in column `column` of the row being filled; columns ascend.
    ///
    /// # Panics
    /// If the column lies outside the matrix or does not exceed the row's last one.
    pub fn push(&mut self, column: usize, value: f64) {
        assert!(column < self.m, "column {column} of a matrix with {} columns", self.m);
        let row = &self.by_row;
        let filled = row.starts.last().copied().unwrap_or(0);
        if let Some(&last) = row.indices[filled..].last() {
            assert!((last as usize) < column, "column {column} after column {last}: columns ascend");
        }
        self.by_row.indices.push(column as u32);
        self.by_row.values.push(value);
    }

    /// Ends the row being filled.
    pub fn end_row(&mut self) {
        self.by_row.starts.push(self.by_row.indices.len());
    }

    /// Ends the matrix and makes the copy by columns.
    ///
    /// # Panics
    /// If not exactly `n` rows were ended.
    pub fn finish(&mut self) {
        let Self { n, m, by_row, by_column, next } = self;
        assert_eq!(by_row.starts.len(), *n + 1, "a matrix with {n} rows has {n} ends of rows");
        next.clear();
        next.resize(*m + 1, 0);
        for &j in &by_row.indices {
            next[j as usize + 1] += 1;
        }
        for j in 0..*m {
            next[j + 1] += next[j];
        }
        by_column.starts.clone_from(next);
        by_column.indices.resize(by_row.indices.len(), 0);
        by_column.values.resize(by_row.values.len(), 0.0);
        for i in 0..*n {
            let (indices, values) = by_row.line(i);
            for (&j, &value) in indices.iter().zip(values) {
                let place = &mut next[j as usize];
                by_column.indices[*place] = i as u32;
                by_column.values[*place] = value;
                *place += 1;
            }
        }
    }

    /// Fills the matrix with the positions of another that `keep(i, j, value)` accepts, with `values` in place of its
    /// own, and finishes it.
    pub(crate) fn fill_from(
        &mut self,
        other: &Self,
        values: &[f64],
        keep: impl Fn(usize, usize, f64) -> bool,
    ) {
        self.begin(other.n, other.m);
        let Compressed { starts, indices, values: kept_values } = &mut self.by_row;
        indices.resize(values.len(), 0);
        kept_values.resize(values.len(), 0.0);
        let mut kept = 0;
        for i in 0..other.n {
            let range = other.by_row.starts[i]..other.by_row.starts[i + 1];
            for (&j, &value) in other.by_row.indices[range.clone()].iter().zip(&values[range]) {
                // Written whether it stays or not: which stay is not predictable.
                indices[kept] = j;
                kept_values[kept] = value;
                kept += usize::from(keep(i, j as usize, value));
            }
            starts.push(kept);
        }
        indices.truncate(kept);
        kept_values.truncate(kept);
        self.finish();
    }

    /// The rows to be filled by a selection, between [`Csr::begin`] and [`Csr::finish`].
    pub(super) fn rows_mut(&mut self) -> &mut Compressed {
        &mut self.by_row
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of columns.
    pub fn m(&self) -> usize {
        self.m
    }

    /// Number of stored entries.
    pub fn nnz(&self) -> usize {
        self.by_row.values.len()
    }

    /// Stored entries as a share of all.
    pub fn density(&self) -> f64 {
        self.nnz() as f64 / (self.n as f64 * self.m as f64)
    }

    /// The columns and values of row `i`.
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        self.by_row.line(i)
    }

    /// The rows and values of column `j`.
    pub fn column(&self, j: usize) -> (&[u32], &[f64]) {
        self.by_column.line(j)
    }

    /// All stored values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.by_row.values
    }
}

impl Kernels {
    /// `out = S v`.
    ///
    /// # Panics
    /// If the lengths do not agree with `s`.
    pub fn sparse_matvec(&self, s: &Csr, v: &[f64], out: &mut [f64]) {
        assert_eq!((out.len(), v.len()), (s.n, s.m), "vectors for a {} × {} matrix", s.n, s.m);
        product(&s.by_row, v, out);
    }

    /// `out = Sᵀ u`.
    ///
    /// # Panics
    /// If the lengths do not agree with `s`.
    pub fn sparse_matvec_transposed(&self, s: &Csr, u: &[f64], out: &mut [f64]) {
        assert_eq!(
            (u.len(), out.len()),
            (s.n, s.m),
            "vectors for the transpose of a {} × {} matrix",
            s.n,
            s.m
        );
        product(&s.by_column, u, out);
    }
}

fn product(lines: &Compressed, v: &[f64], out: &mut [f64]) {
    use rayon::prelude::*;

    let run = |first: usize, out: &mut [f64]| {
        for (i, value) in out.iter_mut().enumerate() {
            let (indices, values) = lines.line(first + i);
            *value = sparse_dot(indices, values, v);
        }
    };
    if lines.values.len() >= PARALLEL_FROM && rayon::current_num_threads() > 1 {
        out.par_chunks_mut(ROWS_PER_TASK).enumerate().for_each(|(task, out)| run(task * ROWS_PER_TASK, out));
    } else {
        run(0, out);
    }
}

/// Four sums side by side, so that additions do not wait for one another.
fn sparse_dot(indices: &[u32], values: &[f64], v: &[f64]) -> f64 {
    let (index_quads, index_rest) = indices.as_chunks::<4>();
    let (value_quads, value_rest) = values.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (index, value) in index_quads.iter().zip(value_quads) {
        for l in 0..4 {
            sums[l] += value[l] * v[index[l] as usize];
        }
    }
    for ((sum, index), value) in sums.iter_mut().zip(index_rest).zip(value_rest) {
        *sum += value * v[*index as usize];
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}
