//! Powers of features: the many-body interaction of MACE-like models.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::random::Random;
use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::many_body;
use crate::math::paths::{Filter, Setting, Shape};

/// `x ~ N(0, 1)` for each node and channel; asked for is `x ⊗ x ⊗ … ⊗ x`, cut at an output degree.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ManyBody {
    /// Which paths count in each product.
    pub filter: Filter,
    /// The largest input degree.
    pub lmax: usize,
    /// The largest output degree; none: `L`.
    pub lout: Option<usize>,
    /// Factors.
    pub nu: usize,
    /// Nodes.
    pub nodes: usize,
    /// Channels.
    pub channels: usize,
}

impl Default for ManyBody {
    fn default() -> Self {
        Self { filter: Filter::Even, lmax: 2, lout: None, nu: 3, nodes: 32, channels: 128 }
    }
}

impl Params for ManyBody {
    const DOCS: &'static [ParamDoc] = &[
        super::FILTER_DOC,
        super::LMAX_DOC,
        ParamDoc { name: "lout", doc: "the largest output degree; null: L" },
        ParamDoc { name: "nu", doc: "factors, 2 to 8" },
        ParamDoc { name: "nodes", doc: "nodes; the Gaunt paper takes 32" },
        ParamDoc { name: "channels", doc: "channels; the Gaunt paper takes 128" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        super::check_lmax(self.lmax * (self.nu - 1).max(1))
            .map_err(|_| ParamError::out_of_range("lmax", "at most 16/(nu − 1)", self.lmax))?;
        ParamError::require((2..=8).contains(&self.nu), "nu", "between 2 and 8", self.nu)?;
        let lout = self.lout.unwrap_or(self.lmax);
        ParamError::require(lout <= self.nu * self.lmax, "lout", "at most nu·lmax", lout)?;
        super::check_count("nodes", self.nodes)?;
        super::check_count("channels", self.channels)
    }
}

impl Problem for ManyBody {
    const ID: &'static str = "many_body";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Powers of random features, cut at an output degree.";
    const SOURCE: &'static str =
        "Luo et al., ICLR 2024 (arXiv:2401.10216), section 3.2 and figure 1: many-body interactions";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, context: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape = Shape {
            setting: Setting::Mimo,
            filter: self.filter,
            lmax: self.lmax,
            lout: self.lout.unwrap_or(self.lmax),
        };
        let mut random = Random::of(context);
        let x = random.normals(self.nodes * self.channels * shape.input_size());
        let paths = many_body::steps(shape, self.nu).iter().map(|step| step.paths.len()).sum();
        let weights = random.normals(paths);
        let task = Task::ManyBody { nu: self.nu };
        Ok(ProductInstance::new(shape, Signal::Scalar, task, x, Vec::new())?.with_weights(weights))
    }
}
