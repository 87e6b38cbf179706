//! The Newton system reduced to the rows.
//!
//! `[[D_r, S], [Sᵀ, D_c]] (dx, dy) = (g_x, g_y)` with `D_r = diag(P1)`, `D_c = diag(Pᵀ1)` and `S` a part of `P` becomes
//! `(D_r − S D_c⁻¹ Sᵀ) dx = g_x − S D_c⁻¹ g_y`, `dy = D_c⁻¹ (g_y − Sᵀ dx)`. The system is singular in the gauge
//! `(1, −1)` if nothing is left out of `S`; a relative shift of the diagonals makes it definite.

use super::pcg::{Pcg, PcgReport, PcgStop, weighted_square};
use crate::kernels::{Csr, Kernels, Matrix};

/// Added to the diagonals, relative to them.
const SHIFT: f64 = 1e-12;
/// The preconditioner is not smaller than this part of the row sum.
const FLOOR: f64 = 1e-3;

/// The part of the plan that the system keeps.
pub(crate) enum Kept<'a> {
    /// A selection of its entries.
    Sparse(&'a Csr),
    /// All of it.
    Dense(&'a Matrix),
}

impl Kept<'_> {
    /// Entries kept.
    pub(crate) fn nnz(&self) -> u64 {
        match self {
            Kept::Sparse(s) => s.nnz() as u64,
            Kept::Dense(p) => (p.n() * p.m()) as u64,
        }
    }

    fn times(&self, kernels: &mut Kernels, v: &[f64], out: &mut [f64]) {
        match self {
            Kept::Sparse(s) => kernels.sparse_matvec(s, v, out),
            Kept::Dense(p) => kernels.matvec(p, v, out),
        }
    }

    fn transposed_times(&self, kernels: &mut Kernels, u: &[f64], out: &mut [f64]) {
        match self {
            Kept::Sparse(s) => kernels.sparse_matvec_transposed(s, u, out),
            Kept::Dense(p) => kernels.matvec_transposed(p, u, out),
        }
    }
}

/// The reduced system with its work space.
#[derive(Default)]
pub(crate) struct Schur {
    pcg: Pcg,
    rows: Vec<f64>,
    inverse_columns: Vec<f64>,
    preconditioner: Vec<f64>,
    right_hand_side: Vec<f64>,
    by_column: Vec<f64>,
    image: Vec<f64>,
}

impl Schur {
    /// Solves for `(dx, dy)`, both in units of `1/η`.
    pub(crate) fn solve(
        &mut self,
        kernels: &mut Kernels,
        kept: &Kept<'_>,
        (row_sums, column_sums): (&[f64], &[f64]),
        (gx, gy): (&[f64], &[f64]),
        stop: PcgStop<'_>,
        (dx, dy): (&mut [f64], &mut [f64]),
    ) -> PcgReport {
        let (n, m) = (row_sums.len(), column_sums.len());
        self.rows.clear();
        self.rows.extend(row_sums.iter().map(|rs| rs * (1.0 + SHIFT)));
        self.inverse_columns.clear();
        self.inverse_columns.extend(column_sums.iter().map(|cs| 1.0 / (cs * (1.0 + SHIFT))));
        for (vector, len) in [
            (&mut self.preconditioner, n),
            (&mut self.right_hand_side, n),
            (&mut self.image, n),
            (&mut self.by_column, m),
        ] {
            vector.resize(len, 0.0);
        }
        self.precondition(kept, row_sums);

        let scaled = |inverse: &[f64], v: &mut [f64]| {
            for (v, inverse) in v.iter_mut().zip(inverse) {
                *v *= inverse;
            }
        };
        self.by_column.copy_from_slice(gy);
        scaled(&self.inverse_columns, &mut self.by_column);
        kept.times(kernels, &self.by_column, &mut self.right_hand_side);
        for (b, gx) in self.right_hand_side.iter_mut().zip(gx) {
            *b = gx - *b;
        }

        let (by_column, inverse_columns, rows, image) =
            (&mut self.by_column, &self.inverse_columns, &self.rows, &mut self.image);
        let report = self.pcg.solve(
            |d, out| {
                kept.transposed_times(kernels, d, by_column);
                scaled(inverse_columns, by_column);
                kept.times(kernels, by_column, image);
                for (((out, d), rs), image) in out.iter_mut().zip(d).zip(rows).zip(image.iter()) {
                    *out = rs * d - image;
                }
            },
            &self.preconditioner,
            &self.right_hand_side,
            stop,
            dx,
        );
        kept.transposed_times(kernels, dx, &mut self.by_column);
        for (((dy, gy), st_dx), inverse) in
            dy.iter_mut().zip(gy).zip(&self.by_column).zip(&self.inverse_columns)
        {
            *dy = (gy - st_dx) * inverse;
        }
        report
    }

    /// The diagonal of the reduced matrix.
    fn precondition(&mut self, kept: &Kept<'_>, row_sums: &[f64]) {
        for (i, (p, rs)) in self.preconditioner.iter_mut().zip(row_sums).enumerate() {
            let taken: f64 = match kept {
                Kept::Sparse(s) => {
                    let (columns, values) = s.row(i);
                    columns.iter().zip(values).map(|(j, v)| v * v * self.inverse_columns[*j as usize]).sum()
                }
                Kept::Dense(plan) => weighted_square(plan.row(i), &self.inverse_columns),
            };
            *p = (rs - taken).max(FLOOR * rs);
        }
    }
}
