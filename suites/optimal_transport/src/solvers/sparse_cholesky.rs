//! Sparse Cholesky factorisation with reuse of its symbolic part and of all buffers.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::LltRegularization;
use faer::sparse::linalg::cholesky::{
    CholeskySymbolicParams, LltRef, SymbolicCholesky, SymmetricOrdering, factorize_symbolic_cholesky,
};
use faer::sparse::{FaerError, SparseColMatRef, SymbolicSparseColMatRef};
use faer::{Conj, MatMut, Par, Side, Spec};

/// The factorisation of symmetric matrices given by the upper triangle in compressed columns, rows ascending, so that each
/// column ends with its diagonal entry.
#[derive(Default)]
pub(crate) struct SparseCholesky {
    symbolic: Option<SymbolicCholesky<usize>>,
    factor: Vec<f64>,
    shifted: Vec<f64>,
    scratch: Option<MemBuffer>,
}

impl SparseCholesky {
    /// Orders the unknowns and finds the pattern of the factor.
    pub(crate) fn analyse(&mut self, starts: &[usize], rows: &[usize]) -> Result<(), FaerError> {
        let pattern = pattern(starts, rows);
        let symbolic = factorize_symbolic_cholesky(
            pattern,
            Side::Upper,
            SymmetricOrdering::Amd,
            CholeskySymbolicParams::default(),
        )?;
        self.factor.resize(symbolic.len_val(), 0.0);
        let need = symbolic
            .factorize_numeric_llt_scratch::<f64>(Par::Seq, Spec::default())
            .or(symbolic.solve_in_place_scratch::<f64>(1, Par::Seq));
        self.scratch = Some(MemBuffer::new(need));
        self.symbolic = Some(symbolic);
        Ok(())
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

fn pattern<'a>(starts: &'a [usize], rows: &'a [usize]) -> SymbolicSparseColMatRef<'a, usize> {
    let size = starts.len() - 1;
    SymbolicSparseColMatRef::new_checked(size, size, starts, None, rows)
}
