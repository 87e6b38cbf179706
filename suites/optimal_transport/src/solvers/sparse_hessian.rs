//! The Hessian of `F(α, β) = (1/η) Σ T_ij − a·α − b·β` with the last `β` fixed, of which only some entries of `T` are kept.

use crate::kernels::Marginals;

/// The upper triangle, in compressed columns, of `η [[diag(T1), S], [Sᵀ, diag(Tᵀ1)]]` without the last row and column, for
/// a part `S` of `T`. The diagonal is that of the whole `T`, so that the matrix is diagonally dominant.
#[derive(Default)]
pub(super) struct Hessian {
    pub(super) starts: Vec<usize>,
    pub(super) rows: Vec<usize>,
    pub(super) values: Vec<f64>,
}

impl Hessian {
    /// `kept` are the entries of the columns of `S` but the last, rows ascending.
    pub(super) fn assemble<C>(&mut self, kept: impl Iterator<Item = C>, marginals: &Marginals, eta: f64)
    where
        C: Iterator<Item = (usize, f64)>,
    {
        let n = marginals.rows.len();
        self.starts.clear();
        self.rows.clear();
        self.values.clear();
        self.starts.push(0);
        for (i, sum) in marginals.rows.iter().enumerate() {
            self.rows.push(i);
            self.values.push(eta * sum);
            self.starts.push(self.rows.len());
        }
        for ((j, column), sum) in kept.enumerate().zip(&marginals.columns) {
            for (i, value) in column {
                self.rows.push(i);
                self.values.push(eta * value);
            }
            self.rows.push(n + j);
            self.values.push(eta * sum);
            self.starts.push(self.rows.len());
        }
    }

    /// Entries of `T` kept.
    pub(super) fn kept(&self) -> usize {
        self.rows.len() + 1 - self.starts.len()
    }

    /// `out = H v`.
    pub(super) fn multiply(&self, v: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, range) in self.starts.windows(2).enumerate() {
            for k in range[0]..range[1] {
                let (i, value) = (self.rows[k], self.values[k]);
                out[i] += value * v[j];
                if i != j {
                    out[j] += value * v[i];
                }
            }
        }
    }
}
