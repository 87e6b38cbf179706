//! Random assignment problems: the first experiment of the Sinkhorn-Newton-Sparse paper.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use crate::instance::{DEFAULT_ETA, OtInstance};
use crate::kernels::Matrix;
use crate::splitmix::SplitMix64;

/// The marginals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginalKind {
    /// `r = 1/n`, `c = 1/m`.
    #[default]
    Uniform,
    /// Weights `0.1 + U` divided by their sum, drawn after the costs: first `r`, then `c`.
    Random,
}

/// `C_ij ~ U[0, 1)`, drawn row by row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomAssignment {
    /// Rows.
    pub n: usize,
    /// Columns; none: as many as rows.
    pub m: Option<usize>,
    /// Inverse regularisation.
    pub eta: f64,
    /// Seed of the generator at replicate 0.
    pub first_seed: Option<u64>,
    /// The marginals.
    pub marginals: MarginalKind,
}

impl Default for RandomAssignment {
    fn default() -> Self {
        Self { n: 500, m: None, eta: DEFAULT_ETA, first_seed: Some(1), marginals: MarginalKind::Uniform }
    }
}

impl Params for RandomAssignment {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "n", doc: "rows" },
        ParamDoc { name: "m", doc: "columns; null: as many as rows" },
        super::ETA_DOC,
        super::FIRST_SEED_DOC,
        ParamDoc { name: "marginals", doc: "uniform, or random: 0.1 + U, normalised" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        super::check_size("n", self.n)?;
        super::check_size("m", self.m.unwrap_or(self.n))?;
        super::check_eta(self.eta)
    }
}

impl Problem for RandomAssignment {
    const ID: &'static str = "random_assignment";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Costs uniform on [0, 1), equal or random masses.";
    const SOURCE: &'static str =
        "Tang et al., ICLR 2024 (arXiv:2401.12253), section 6: random linear assignment";
    type Instance = OtInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, context: &InstanceContext) -> Result<OtInstance, InstanceError> {
        let (n, m) = (self.n, self.m.unwrap_or(self.n));
        let mut generator = SplitMix64::new(super::seed(self.first_seed, context));
        let cost = Matrix::from_fn(n, m, |_, _| generator.uniform());
        let (r, c) = match self.marginals {
            MarginalKind::Uniform => (vec![1.0 / n as f64; n], vec![1.0 / m as f64; m]),
            MarginalKind::Random => (generator.weights(n), generator.weights(m)),
        };
        OtInstance::new(cost, r, c, self.eta)
    }
}
