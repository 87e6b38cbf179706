//! What solvers give back.

use serde::{Deserialize, Serialize};

use crate::layout::Layout;

/// Which bilinear map a method computes. Tensor products differ in how they couple the paths `(l1, l2, l3)`; each of these
/// equals the unit-norm Clebsch-Gordan tensor times a number for each path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Map {
    /// One output a path: `z = Σ C_ijk x_i y_j` with `‖C‖ = 1`.
    ClebschGordan,
    /// Paths to a degree added up with the instance's weights.
    Weighted,
    /// The product of two functions on the sphere: couplings `∫ Y1 Y2 Y3`.
    Gaunt,
    /// The Poisson bracket of two functions on the sphere: couplings `∫ {Y1, Y2} Y3`.
    PoissonBracket,
    /// The product of two operators on one irrep of the least sufficient degree (e3x): couplings are 6j symbols.
    MatrixSingleIrrep,
    /// The product of two operators on `⊕ l` for `l ≤ L` (the program of The Price of Freedom).
    MatrixFull,
    /// The cross product of two vector fields on the sphere.
    VectorCross,
}

impl Map {
    /// How its output is laid out.
    pub fn layout(self) -> Layout {
        match self {
            Self::ClebschGordan => Layout::Paths,
            _ => Layout::Merged,
        }
    }
}

/// Numbers in the type in which they were computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Values {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all are finite.
    pub fn are_finite(&self) -> bool {
        match self {
            Self::F32(v) => v.iter().all(|v| v.is_finite()),
            Self::F64(v) => v.iter().all(|v| v.is_finite()),
        }
    }

    /// The numbers from `start` on, in double precision.
    pub fn row(&self, start: usize, len: usize) -> Vec<f64> {
        match self {
            Self::F32(v) => v[start..][..len].iter().map(|v| f64::from(*v)).collect(),
            Self::F64(v) => v[start..][..len].to_vec(),
        }
    }
}

/// The product of every pair of a batch: rows of [`Layout`], one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductSolution {
    /// What was computed.
    pub map: Map,
    /// `[batch][dim]`, or `[nodes][channels][dim]` for a many-body product.
    pub values: Values,
}
