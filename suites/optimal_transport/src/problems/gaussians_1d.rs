//! Two Gaussians on the line with squared cost: the regularised optimum has a closed form.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::line::{self, gaussian};
use crate::instance::{DEFAULT_ETA, OtInstance};
use crate::kernels::Matrix;

/// How far the grid of each Gaussian reaches, in standard deviations; what is cut off is 2e-9 of the mass.
const REACH: f64 = 6.0;

/// `N(mean_a, variance_a)` to `N(mean_b, variance_b)`, each on `n` equally spaced points up to six deviations from its
/// mean. The trapezium rule makes the discretised optimum agree with the closed form to about 1e-8.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gaussians1d {
    /// Grid points of each Gaussian.
    pub n: usize,
    /// Mean of the first.
    pub mean_a: f64,
    /// Variance of the first.
    pub variance_a: f64,
    /// Mean of the second.
    pub mean_b: f64,
    /// Variance of the second.
    pub variance_b: f64,
    /// Inverse regularisation.
    pub eta: f64,
}

impl Default for Gaussians1d {
    fn default() -> Self {
        Self { n: 400, mean_a: 0.2, variance_a: 0.01, mean_b: 0.7, variance_b: 0.0049, eta: DEFAULT_ETA }
    }
}

impl Gaussians1d {
    /// The cost `⟨C, P⟩` of the regularised optimum between the densities (Janati et al. 2020).
    pub fn closed_form_cost(&self) -> f64 {
        let s = 0.5 / self.eta;
        let root = (4.0 * self.variance_a * self.variance_b + s * s).sqrt();
        let shift = self.mean_a - self.mean_b;
        shift * shift + self.variance_a + self.variance_b - root + s
    }

    /// The optimal value `⟨C, P⟩ + (1/η) KL(P | a ⊗ b)` between the densities.
    pub fn closed_form_value(&self) -> f64 {
        let s = 0.5 / self.eta;
        let root = (4.0 * self.variance_a * self.variance_b + s * s).sqrt();
        self.closed_form_cost() - s * (2.0 * s).ln() + s * (root + s).ln()
    }

    fn grid(&self, mean: f64, variance: f64) -> (Vec<f64>, Vec<f64>) {
        let deviation = variance.sqrt();
        let step = 2.0 * REACH * deviation / (self.n - 1) as f64;
        let x: Vec<f64> = (0..self.n).map(|i| mean - REACH * deviation + step * i as f64).collect();
        let mut w: Vec<f64> = x.iter().map(|&x| gaussian(x, mean, deviation)).collect();
        line::normalise(&mut w);
        (x, w)
    }
}

impl Params for Gaussians1d {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "n", doc: "grid points of each Gaussian" },
        ParamDoc { name: "mean_a", doc: "mean of the first Gaussian" },
        ParamDoc { name: "variance_a", doc: "variance of the first Gaussian" },
        ParamDoc { name: "mean_b", doc: "mean of the second Gaussian" },
        ParamDoc { name: "variance_b", doc: "variance of the second Gaussian" },
        super::ETA_DOC,
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require((2..=1 << 20).contains(&self.n), "n", "between 2 and 1048576", self.n)?;
        for (name, mean) in [("mean_a", self.mean_a), ("mean_b", self.mean_b)] {
            ParamError::require(mean.is_finite(), name, "finite", mean)?;
        }
        for (name, variance) in [("variance_a", self.variance_a), ("variance_b", self.variance_b)] {
            ParamError::require(
                variance > 0.0 && variance.is_finite(),
                name,
                "positive and finite",
                variance,
            )?;
        }
        super::check_eta(self.eta)
    }
}

impl Problem for Gaussians1d {
    const ID: &'static str = "gaussians_1d";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Two Gaussians on the line, squared cost: a closed form to compare with.";
    const SOURCE: &'static str = "Janati, Muzellec, Peyré, Cuturi, NeurIPS 2020, theorem 1";
    type Instance = OtInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn instance(&self, _: &InstanceContext) -> Result<OtInstance, InstanceError> {
        let (x, a) = self.grid(self.mean_a, self.variance_a);
        let (y, b) = self.grid(self.mean_b, self.variance_b);
        let square = |x: f64, y: f64| (x - y) * (x - y);
        let exact = line::monotone_coupling(&x, &a, &y, &b, square);
        let cost = Matrix::from_fn(self.n, self.n, |i, j| square(x[i], y[j]));
        let instance = OtInstance::new(cost, a, b, self.eta)?;
        Ok(instance.with_exact_cost(exact).with_closed_form_cost(self.closed_form_cost()))
    }
}
