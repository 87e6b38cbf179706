//! The hot loops: everything whose time is proportional to the size of the matrix.
//!
//! A solver owns one [`Kernels`], which holds the chosen instruction set ([`Isa`]) and the scratch space, and
//! calls its methods. The outputs are the caller's and are overwritten; after the first call on a given shape no
//! method allocates. All arithmetic is in `f64`.
//!
//! | method | computes | reads of the matrix |
//! | --- | --- | --- |
//! | [`Kernels::plan`] | `P_ij = exp(η(x_i + y_j − C_ij))`, `P1`, `Pᵀ1` | 1, and 1 write |
//! | [`Kernels::marginals`], [`Kernels::marginals_and_cost`] | the same sums, and `⟨C, P⟩`, without storing `P` | 1 |
//! | [`Kernels::row_log_sums`], [`Kernels::column_log_sums`] | log-sum-exp for a Sinkhorn half-update | 1 |
//! | [`Kernels::sweep`] | `u = r / Kv` and `Kᵀu`, and the row error for free | 1 |
//! | [`Kernels::relax`] | `v = c / Kᵀu`, relaxed or not | – |
//! | [`Kernels::rescale`] | `K ← diag(u) K diag(v)` with row and column sums | 1, and 1 write |
//! | [`Kernels::matvec`], [`Kernels::matvec_transposed`] | `Pv`, `Pᵀu` | 1 |
//! | [`Kernels::select_above`], [`Kernels::select_largest`] | sparsify `P` into a [`Csr`] | 1; 2 |
//! | [`Kernels::sparse_matvec`], [`Kernels::sparse_matvec_transposed`] | `Sv`, `Sᵀu` | – |
//! | [`Kernels::sum`] | the sum of all entries: the plain read that the others are measured against | 1 |
//!
//! **Threads.** Matrices of at least half a million entries are worked on by the threads of the current rayon pool,
//! in fixed row blocks whose sums are added in a fixed order: results are the same bit for bit for any number of
//! threads. They may differ in the last bits between instruction sets.
//!
//! **Not a number.** Potentials or matrices that hold NaN give NaN in the sums they enter; nothing panics.

mod blocks;
mod csr;
mod dense;
mod exp;
mod lse;
mod matrix;
mod plan;
mod relax;
mod rescale;
mod select;
mod sweep;

#[cfg(test)]
mod reference;

pub use csr::Csr;
pub use exp::MAX_EXPONENT;
pub use harness_simd::Isa;
pub use matrix::Matrix;
pub use plan::{Marginals, Potentials};
pub use relax::Relaxed;

use blocks::{Cut, Order};
use harness_core::SolveError;
use matrix::Aligned;

/// The instruction set and the scratch space of one solver.
///
/// ```
/// use suite_optimal_transport::kernels::{Kernels, Matrix};
/// let mut kernels = Kernels::new();
/// let k = Matrix::from_row_major(2, 2, &[1.0, 0.5, 0.5, 1.0]);
/// let (mut u, mut ktu) = ([1.0; 2], [0.0; 2]);
/// let row_error = kernels.sweep(&k, &[0.5, 0.5], &[1.0, 1.0], 1.0, &mut u, &mut ktu);
/// assert_eq!(row_error, 2.0);
/// assert!((ktu[0] - 0.5).abs() < 1e-15);
/// ```
#[derive(Debug, Clone)]
pub struct Kernels {
    isa: Isa,
    /// A copy of the vector that runs along the rows, padded to whole octets.
    along: Aligned,
    /// Partial results over columns, one vector for each row block.
    partials: Aligned,
    /// Row results that are only needed to be added up.
    by_row: Vec<f64>,
    /// In which order the next sweep takes the blocks of the matrix.
    order: Order,
    select: select::Staging,
}

impl Default for Kernels {
    fn default() -> Self {
        Self::new()
    }
}

impl Kernels {
    /// Kernels for the fastest instruction set of this processor: for judging, which nothing shall change.
    pub fn new() -> Self {
        Self::with_isa(Isa::fastest())
    }

    /// Kernels for the instruction set to solve with: the one that `HARNESS_SIMD` names, or else the fastest.
    ///
    /// # Errors
    ///
    /// When this processor has no such set.
    pub fn for_solving() -> Result<Self, SolveError> {
        Isa::best().map(Self::with_isa).map_err(|unknown| SolveError(unknown.to_string()))
    }

    /// Kernels for a given instruction set.
    pub fn with_isa(isa: Isa) -> Self {
        Self {
            isa,
            along: Aligned::default(),
            partials: Aligned::default(),
            by_row: Vec::new(),
            order: Order::Forwards,
            select: select::Staging::default(),
        }
    }

    /// The instruction set in use.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Replaces every value by its exponential, the argument clamped to ±[`MAX_EXPONENT`]. Relative error at most
    /// two units in the last place.
    pub fn exp(&self, values: &mut [f64]) {
        self.isa.run(exp::ExpSlice(values));
    }

    /// The first `len` values of the row scratch.
    fn by_row(by_row: &mut Vec<f64>, len: usize) -> &mut [f64] {
        if by_row.len() < len {
            by_row.resize(len, 0.0);
        }
        &mut by_row[..len]
    }
}

/// The cut of a dense matrix.
fn cut(matrix: &Matrix) -> Cut {
    Cut::new(matrix.n(), matrix.stride())
}

/// Panics unless the vectors fit the matrix.
fn check_lengths(matrix: &Matrix, by_row: usize, by_column: usize) {
    assert_eq!(by_row, matrix.n(), "a vector over the rows of a {} × {} matrix", matrix.n(), matrix.m());
    assert_eq!(
        by_column,
        matrix.m(),
        "a vector over the columns of a {} × {} matrix",
        matrix.n(),
        matrix.m()
    );
}
