//! Two densities on an interval, discretised: "Synthetic II" of the SSNS and SPLR papers.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::line::{self, gaussian};
use crate::instance::{DEFAULT_ETA, OtInstance};
use crate::kernels::Matrix;

/// The grid is `[0, LENGTH]`.
const LENGTH: f64 = 5.0;

/// The cost of moving mass by a distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineCost {
    /// The distance.
    W1,
    /// Its square.
    #[default]
    W2,
}

/// `a ∝ exp(−x)` to `b ∝ 0.2 N(1, 0.2²) + 0.8 N(3, 0.5²)` on `n` equally spaced points of `[0, 5]`; the largest cost is 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiscretisedDensities {
    /// Grid points.
    pub n: usize,
    /// Distance or its square.
    pub cost: LineCost,
    /// Inverse regularisation.
    pub eta: f64,
}

impl Default for DiscretisedDensities {
    fn default() -> Self {
        Self { n: 1000, cost: LineCost::W2, eta: DEFAULT_ETA }
    }
}

impl Params for DiscretisedDensities {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "n", doc: "grid points; the papers' 1000, 5000 and 10000" },
        ParamDoc { name: "cost", doc: "w1: |x − y| / 5; w2: (x − y)² / 25" },
        super::ETA_DOC,
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require((2..=1 << 20).contains(&self.n), "n", "between 2 and 1048576", self.n)?;
        super::check_eta(self.eta)
    }
}

impl Problem for DiscretisedDensities {
    const ID: &'static str = "discretised_densities";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str =
        "An exponential density to a mixture of two Gaussians on a grid of an interval.";
    const SOURCE: &'static str =
        "Synthetic II of Wang and Qiu, ICML 2025 (SPLR), and Tang and Qiu, NeurIPS 2024 (SSNS)";
    type Instance = OtInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn instance(&self, _: &InstanceContext) -> Result<OtInstance, InstanceError> {
        let n = self.n;
        let x: Vec<f64> = (0..n).map(|i| LENGTH * i as f64 / (n - 1) as f64).collect();
        let mut a: Vec<f64> = x.iter().map(|x| (-x).exp()).collect();
        let mut b: Vec<f64> =
            x.iter().map(|&x| 0.2 * gaussian(x, 1.0, 0.2) + 0.8 * gaussian(x, 3.0, 0.5)).collect();
        line::normalise(&mut a);
        line::normalise(&mut b);
        let cost: fn(f64, f64) -> f64 = match self.cost {
            LineCost::W1 => |x, y| (x - y).abs() / LENGTH,
            LineCost::W2 => |x, y| (x - y) * (x - y) / (LENGTH * LENGTH),
        };
        let exact = match self.cost {
            LineCost::W1 => line::distance_of_distributions(&x, &a, &b) / LENGTH,
            LineCost::W2 => line::monotone_coupling(&x, &a, &x, &b, cost),
        };
        let matrix = Matrix::from_fn(n, n, |i, j| cost(x[i], x[j]));
        Ok(OtInstance::new(matrix, a, b, self.eta)?.with_exact_cost(exact))
    }
}
