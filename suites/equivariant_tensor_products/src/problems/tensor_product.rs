//! Random features: the microbenchmark of both papers.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::random::{Random, rotate_last_rows};
use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::paths::{Filter, Setting, Shape};

/// `x, y ~ N(0, 1)`. The last four rows are the first four, rotated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TensorProduct {
    /// Which degrees go in and come out.
    pub setting: Setting,
    /// Which paths count.
    pub filter: Filter,
    /// The largest input degree.
    pub lmax: usize,
    /// The largest output degree; none: `2L`.
    pub lout: Option<usize>,
    /// Functions or vector fields.
    pub signal: Signal,
    /// Pairs.
    pub batch: usize,
    /// Channels, which multiply the batch.
    pub channels: usize,
}

impl Default for TensorProduct {
    fn default() -> Self {
        Self {
            setting: Setting::Mimo,
            filter: Filter::Even,
            lmax: 3,
            lout: None,
            signal: Signal::Scalar,
            batch: 10_000,
            channels: 1,
        }
    }
}

impl TensorProduct {
    pub(crate) fn shape(&self) -> Shape {
        Shape {
            setting: self.setting,
            filter: self.filter,
            lmax: self.lmax,
            lout: self.lout.unwrap_or(2 * self.lmax),
        }
    }
}

impl Params for TensorProduct {
    const DOCS: &'static [ParamDoc] = &[
        super::SETTING_DOC,
        super::FILTER_DOC,
        super::LMAX_DOC,
        super::LOUT_DOC,
        ParamDoc {
            name: "signal",
            doc: "scalar: functions on the sphere; vector: vector fields, irreps 1 ⊗ l",
        },
        ParamDoc { name: "batch", doc: "pairs; The Price of Freedom takes 10000" },
        ParamDoc { name: "channels", doc: "multiplies the batch; the products are elementwise" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        super::check_lmax(self.lmax)?;
        super::check_lout(self.lout, self.lmax)?;
        super::check_count("batch", self.batch)?;
        super::check_count("channels", self.channels)?;
        let fits = self.signal == Signal::Scalar || self.setting == Setting::Mimo;
        ParamError::require(fits, "signal", "scalar where a single irrep goes in", "vector")
    }
}

impl Problem for TensorProduct {
    const ID: &'static str = "tensor_product";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Pairs of random features, multiplied.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523), benchmarks: SISO, SIMO, MIMO";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, context: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape = self.shape();
        let mut random = Random::of(context);
        let count = self.batch * self.channels * self.signal.components() * shape.input_size();
        let (mut x, mut y) = (random.normals(count), random.normals(count));
        let rotated = rotate_last_rows(shape, self.signal, &mut random, &mut x, &mut y);
        let weights = random.normals(shape.paths().len());
        Ok(ProductInstance::new(shape, self.signal, Task::Product, x, y)?
            .with_weights(weights)
            .with_rotated(rotated))
    }
}
