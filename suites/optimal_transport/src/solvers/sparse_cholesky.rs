//! Sparse Cholesky factorisation with reuse of its ordering, of its symbolic part and of all buffers.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::LltRegularization;
use faer::perm::PermRef;
use faer::sparse::linalg::cholesky::{
    CholeskySymbolicParams, LltRef, SymbolicCholesky, SymmetricOrdering, factorize_symbolic_cholesky,
};
use faer::sparse::{FaerError, SparseColMatRef, SymbolicSparseColMatRef};
use faer::{Conj, MatMut, Par, Side, Spec};

/// How much more than when it was found an ordering may let the factor fill.
const TOLERATED_FILL: f64 = 1.2;

/// The factorisation of symmetric matrices given by the upper triangle in compressed columns, rows ascending, so that each
/// column ends with its diagonal entry.
#[derive(Default)]
pub(crate) struct SparseCholesky {
    ordering: Option<Ordering>,
    symbolic: Option<SymbolicCholesky<usize>>,
    factor: Vec<f64>,
    shifted: Vec<f64>,
    scratch: Option<MemBuffer>,
}

/// Which order of elimination a pattern is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// One of its own: best where factorising takes longest.
    New,
    /// That of the last pattern, as long as it serves: best for thin patterns that change little, where finding an order takes
    /// longest.
    Last,
}

/// An order of elimination, with what it came to.
struct Ordering {
    forward: Vec<usize>,
    inverse: Vec<usize>,
    /// Entries of the factor for each of the matrix, where it was found.
    fill: f64,
}

impl SparseCholesky {
    /// Finds the pattern of the factor.
    pub(crate) fn analyse(
        &mut self,
        starts: &[usize],
        rows: &[usize],
        order: Order,
    ) -> Result<(), FaerError> {
        if order == Order::New {
            self.ordering = None;
        }
        let symbolic = match self.by_last_ordering(starts, rows)? {
            Some(symbolic) => symbolic,
            None => self.by_new_ordering(starts, rows)?,
        };
        self.factor.resize(symbolic.len_val(), 0.0);
        let need = symbolic
            .factorize_numeric_llt_scratch::<f64>(Par::Seq, Spec::default())
            .or(symbolic.solve_in_place_scratch::<f64>(1, Par::Seq));
        self.scratch = Some(MemBuffer::new(need));
        self.symbolic = Some(symbolic);
        Ok(())
    }

    fn by_last_ordering(
        &self,
        starts: &[usize],
        rows: &[usize],
    ) -> Result<Option<SymbolicCholesky<usize>>, FaerError> {
        let size = starts.len() - 1;
        let Some(last) = self.ordering.as_ref().filter(|last| last.forward.len() == size) else {
            return Ok(None);
        };
        let order = PermRef::new_checked(&last.forward, &last.inverse, size);
        let symbolic = symbolic(starts, rows, SymmetricOrdering::Custom(order))?;
        let serves = fill(&symbolic, rows) <= TOLERATED_FILL * last.fill;
        Ok(serves.then_some(symbolic))
    }

    fn by_new_ordering(
        &mut self,
        starts: &[usize],
        rows: &[usize],
    ) -> Result<SymbolicCholesky<usize>, FaerError> {
        let symbolic = symbolic(starts, rows, SymmetricOrdering::Amd)?;
        self.ordering = symbolic.perm().map(|order| {
            let (forward, inverse) = order.arrays();
            Ordering { forward: forward.to_vec(), inverse: inverse.to_vec(), fill: fill(&symbolic, rows) }
        });
        Ok(symbolic)
    }

    /// Entries of the factor.
    pub(crate) fn factor_len(&self) -> usize {
        self.factor.len()
    }

    /// Solves `(A + shift·I) d = b` in place for an `A` with the pattern analysed last; false where it is not positive
    /// definite.
    pub(crate) fn solve(
        &mut self,
        starts: &[usize],
        rows: &[usize],
        values: &[f64],
        shift: f64,
        b: &mut [f64],
    ) -> bool {
        let (Some(symbolic), Some(scratch)) = (&self.symbolic, &mut self.scratch) else { return false };
        self.shifted.clear();
        self.shifted.extend_from_slice(values);
        for end in &starts[1..] {
            self.shifted[end - 1] += shift;
        }
        let matrix = SparseColMatRef::new(pattern(starts, rows), &self.shifted[..]);
        let stack = MemStack::new(scratch);
        let factored: Result<LltRef<'_, usize, f64>, _> = symbolic.factorize_numeric_llt(
            &mut self.factor,
            matrix,
            Side::Upper,
            LltRegularization::default(),
            Par::Seq,
            stack,
            Spec::default(),
        );
        let Ok(factor) = factored else { return false };
        let len = b.len();
        factor.solve_in_place_with_conj(
            Conj::No,
            MatMut::from_column_major_slice_mut(b, len, 1),
            Par::Seq,
            stack,
        );
        b.iter().all(|d| d.is_finite())
    }
}

fn symbolic(
    starts: &[usize],
    rows: &[usize],
    ordering: SymmetricOrdering<'_, usize>,
) -> Result<SymbolicCholesky<usize>, FaerError> {
    let pattern = pattern(starts, rows);
    factorize_symbolic_cholesky(pattern, Side::Upper, ordering, CholeskySymbolicParams::default())
}

/// Entries of the factor for each of the matrix.
fn fill(symbolic: &SymbolicCholesky<usize>, rows: &[usize]) -> f64 {
    symbolic.len_val() as f64 / rows.len() as f64
}

fn pattern<'a>(starts: &'a [usize], rows: &'a [usize]) -> SymbolicSparseColMatRef<'a, usize> {
    let size = starts.len() - 1;
    SymbolicSparseColMatRef::new_checked(size, size, starts, None, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splitmix::SplitMix64;

    /// A diagonally dominant matrix whose pattern is random, in compressed columns of the upper triangle.
    fn random(size: usize, chance: f64, seed: u64) -> (Vec<usize>, Vec<usize>, Vec<f64>) {
        let mut g = SplitMix64::new(seed);
        let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
        for j in 0..size {
            for i in 0..j {
                if g.uniform() < chance {
                    rows.push(i);
                    values.push(g.uniform() - 0.5);
                }
            }
            rows.push(j);
            values.push(size as f64);
            starts.push(rows.len());
        }
        (starts, rows, values)
    }

    fn product((starts, rows, values): &(Vec<usize>, Vec<usize>, Vec<f64>), v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; v.len()];
        for j in 0..v.len() {
            for k in starts[j]..starts[j + 1] {
                out[rows[k]] += values[k] * v[j];
                if rows[k] != j {
                    out[j] += values[k] * v[rows[k]];
                }
            }
        }
        out
    }

    #[test]
    fn one_factorisation_serves_patterns_of_all_kinds_in_turn() {
        let mut cholesky = SparseCholesky::default();
        // Alike, denser, larger, empty, smaller.
        for (size, chance, seed) in
            [(60, 0.05, 1), (60, 0.05, 2), (60, 0.4, 3), (90, 0.02, 4), (90, 0.0, 5), (7, 0.5, 6)]
        {
            let matrix = random(size, chance, seed);
            cholesky.analyse(&matrix.0, &matrix.1, Order::Last).unwrap();
            let x: Vec<f64> = (0..size).map(|i| (i as f64).sin()).collect();
            let shift = 0.25;
            let mut b: Vec<f64> = product(&matrix, &x).iter().zip(&x).map(|(ax, x)| ax + shift * x).collect();
            assert!(cholesky.solve(&matrix.0, &matrix.1, &matrix.2, shift, &mut b));
            assert!(b.iter().zip(&x).all(|(b, x)| (b - x).abs() < 1e-12), "{size} {chance}");
        }
    }

    #[test]
    fn an_ordering_is_kept_for_a_pattern_alike_and_given_up_where_it_fills() {
        let size = 50;
        // All are tied to one: harmless if that one is eliminated last.
        let star = |centre: usize| {
            let (mut starts, mut rows) = (vec![0], Vec::new());
            for j in 0..size {
                rows.extend((0..j).filter(|&i| i == centre || j == centre));
                rows.push(j);
                starts.push(rows.len());
            }
            (starts, rows)
        };
        let mut cholesky = SparseCholesky::default();
        let (starts, rows) = star(0);
        cholesky.analyse(&starts, &rows, Order::Last).unwrap();
        let found = cholesky.ordering.as_ref().unwrap().forward.clone();
        cholesky.analyse(&starts, &rows, Order::Last).unwrap();
        assert_eq!(cholesky.ordering.as_ref().unwrap().forward, found);
        assert_eq!(cholesky.factor_len(), 2 * size - 1);
        // With another centre the old ordering would eliminate it first.
        let other = found[0];
        let (starts, rows) = star(other);
        cholesky.analyse(&starts, &rows, Order::Last).unwrap();
        assert_ne!(cholesky.ordering.as_ref().unwrap().forward, found);
        assert_eq!(cholesky.factor_len(), 2 * size - 1);
    }

    #[test]
    fn a_matrix_that_is_not_definite_is_said_to_be_so() {
        let mut cholesky = SparseCholesky::default();
        let (starts, rows, values) = ([0, 1, 3], [0, 0, 1], [1.0, 2.0, 1.0]);
        cholesky.analyse(&starts, &rows, Order::Last).unwrap();
        assert!(!cholesky.solve(&starts, &rows, &values, 0.0, &mut [1.0, 1.0]));
    }
}
