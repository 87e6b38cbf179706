//! Sparsification of a dense matrix: entries above a threshold relative to the marginals, or the largest overall.

use std::ops::Range;

use harness_simd::{Lanes, Op};

use super::blocks::Parts;
use super::csr::{Compressed, Csr};
use super::matrix::{LANES, Matrix, Octet};
use super::{Kernels, Marginals, check_lengths, cut};

/// [`Kernels::select_largest`] looks at one octet in so many to guess where the threshold lies.
const SAMPLE_STEP: usize = 61;

/// Reused space of the selections.
#[derive(Debug, Clone, Default)]
pub(super) struct Staging {
    /// What each row block found.
    blocks: Vec<Compressed>,
    /// Values among which the threshold is looked for.
    candidates: Vec<f64>,
    row_levels: Vec<f64>,
    column_levels: Vec<Octet>,
}

impl Staging {
    fn set_levels(&mut self, rows: impl Iterator<Item = f64>, columns: impl Iterator<Item = f64>) {
        self.row_levels.clear();
        self.row_levels.extend(rows);
        self.column_levels.clear();
        for (j, level) in columns.enumerate() {
            if j % LANES == 0 {
                self.column_levels.push([f64::INFINITY; LANES]);
            }
            self.column_levels[j / LANES][j % LANES] = level;
        }
    }

    /// Finds the entries above the lower of their row's and their column's level, block by block, in as many columns as
    /// have a level.
    fn scan(&mut self, isa: super::Isa, p: &Matrix, columns: usize) {
        let cut = cut(p);
        self.blocks.resize_with(cut.blocks(), Compressed::default);
        let (row_levels, column_levels) = (&self.row_levels, &self.column_levels);
        cut.run([Parts::by_block(&mut self.blocks, 1)], |range, [found]| {
            found[0].clear();
            isa.run(Above { p, columns, row_levels, column_levels, range, found: &mut found[0] });
        });
    }

    /// Puts the blocks' findings one after the other.
    fn gather(&self, n: usize, m: usize, into: &mut Csr) {
        into.begin(n, m);
        let rows = into.rows_mut();
        for block in &self.blocks {
            let offset = rows.indices.len();
            rows.starts.extend(block.starts[1..].iter().map(|end| offset + end));
            rows.indices.extend_from_slice(&block.indices);
            rows.values.extend_from_slice(&block.values);
        }
    }
}

impl Kernels {
    /// The entries with `P_ij > τ·(P1)_i` or `P_ij > τ·(Pᵀ1)_j`: those that matter to their row or to their column.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn select_above(&mut self, p: &Matrix, marginals: &Marginals, tau: f64, into: &mut Csr) {
        check_lengths(p, marginals.rows.len(), marginals.columns.len());
        let staging = &mut self.select;
        staging.set_levels(
            marginals.rows.iter().map(|sum| tau * sum),
            marginals.columns.iter().map(|sum| tau * sum),
        );
        staging.scan(self.isa, p, p.m());
        staging.gather(p.n(), p.m(), into);
        into.finish();
    }

    /// The `k` largest entries in the first `columns` columns of `p` (all of them if there are fewer), as a matrix of so many
    /// columns; among equal ones those that come first row by row. The entries must be finite.
    ///
    /// # Panics
    /// If `p` has fewer columns.
    pub fn select_largest(&mut self, p: &Matrix, columns: usize, k: usize, into: &mut Csr) {
        assert!(columns <= p.m(), "{columns} columns of a {} × {} matrix", p.n(), p.m());
        let k = k.min(p.n() * columns);
        let staging = &mut self.select;
        into.begin(p.n(), columns);
        if k == 0 {
            (0..p.n()).for_each(|_| into.end_row());
            return into.finish();
        }
        // A level that is likely to be below the threshold, but not far: candidates are few, and the exact
        // threshold is looked for among them only.
        let guess = guess_below_largest(p, columns, k, &mut staging.candidates);
        for level in [guess, f64::NEG_INFINITY] {
            staging.set_levels((0..p.n()).map(|_| level), (0..columns).map(|_| f64::INFINITY));
            staging.scan(self.isa, p, columns);
            staging.gather(p.n(), columns, into);
            if into.nnz() >= k {
                break;
            }
        }
        staging.candidates.clear();
        staging.candidates.extend_from_slice(into.values());
        let (larger, &mut threshold, _) =
            staging.candidates.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        let mut equal = k - larger.iter().filter(|&&value| value > threshold).count();
        into.rows_mut().retain(|value| {
            let keep = value > threshold || (value == threshold && equal > 0);
            equal -= usize::from(keep && value == threshold);
            keep
        });
        into.finish();
    }
}

/// A value that probably has at least `k` entries of these columns above it, from a sample; `−∞` if nothing better is
/// likely.
fn guess_below_largest(p: &Matrix, columns: usize, k: usize, sample: &mut Vec<f64>) -> f64 {
    sample.clear();
    let whole = columns / LANES;
    for position in (0..p.n() * whole).step_by(SAMPLE_STEP) {
        sample.extend_from_slice(&p.octets(position / whole)[position % whole]);
    }
    let expected = k as f64 * sample.len() as f64 / (p.n() * columns) as f64;
    // Neighbouring entries are alike, so the sample is worth less than its size: a generous margin.
    let rank = (expected + 8.0 * expected.sqrt() + 16.0) as usize;
    if rank >= sample.len() {
        return f64::NEG_INFINITY;
    }
    *sample.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
}

struct Above<'a> {
    p: &'a Matrix,
    columns: usize,
    row_levels: &'a [f64],
    column_levels: &'a [Octet],
    range: Range<usize>,
    found: &'a mut Compressed,
}

impl Op<f64> for Above<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let Compressed { starts, indices, values } = self.found;
        let last = self.column_levels.len() - 1;
        let inside_last = u32::from(u8::MAX) >> (self.column_levels.len() * LANES - self.columns);
        for i in self.range {
            let row_level = s.splat(self.row_levels[i]);
            for (j, (octet, level)) in self.p.octets(i).iter().zip(self.column_levels).enumerate() {
                let mut found = s.above(s.load(octet), s.min(row_level, s.load(level)));
                if j == last {
                    found &= inside_last;
                }
                while found != 0 {
                    let lane = found.trailing_zeros() as usize;
                    indices.push((j * LANES + lane) as u32);
                    values.push(octet[lane]);
                    found &= found - 1;
                }
            }
            starts.push(indices.len());
        }
    }
}
