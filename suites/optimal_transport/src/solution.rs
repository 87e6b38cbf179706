//! What solvers give back.

/// A transport plan, in the form in which the solver knows it. It refers to the rows and columns that have mass (see
/// [`OtInstance`](crate::OtInstance)).
#[derive(Debug, Clone, PartialEq)]
pub enum OtSolution {
    /// `P_ij = exp(η(x_i + y_j − C_ij))`, without the `−1` that some papers put into the exponent: their `x + y` is ours
    /// plus `1/η`. The form of every entropic solver.
    Potentials {
        /// Row potentials `x`, in units of cost.
        x: Vec<f64>,
        /// Column potentials `y`, in units of cost.
        y: Vec<f64>,
    },
    /// A plan of the regularised problem given by its entries alone: what a peer may return.
    Plan(SparsePlan),
    /// A plan of the problem without regularisation: the form of exact solvers, ours and peers.
    Exact(SparsePlan),
}

/// A plan by its non-zero entries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparsePlan {
    /// Row, column, mass.
    pub entries: Vec<(u32, u32, f64)>,
    /// Dual variables `u`, `v` of the linear programme: where `u_i + v_j ≤ C_ij` everywhere, `r·u + c·v` bounds the cost
    /// of every plan from below.
    pub duals: Option<(Vec<f64>, Vec<f64>)>,
}

impl OtSolution {
    /// Zero potentials for an `n × m` instance.
    pub fn zero_potentials(n: usize, m: usize) -> Self {
        Self::Potentials { x: vec![0.0; n], y: vec![0.0; m] }
    }

    /// Overwrites the potentials; allocates only where the solution was something else or of another size.
    pub fn set_potentials(&mut self, new_x: &[f64], new_y: &[f64]) {
        if let Self::Potentials { x, y } = self
            && (x.len(), y.len()) == (new_x.len(), new_y.len())
        {
            x.copy_from_slice(new_x);
            y.copy_from_slice(new_y);
        } else {
            *self = Self::Potentials { x: new_x.to_vec(), y: new_y.to_vec() };
        }
    }
}
