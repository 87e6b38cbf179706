//! Pairs with one degree each, which show the coupling of every path.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::random::Random;
use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::index::{dim, offset};
use crate::math::paths::{Filter, Setting, Shape};

/// One pair for each `(l1, l2)`: `x` has nothing but degree `l1`, `y` nothing but `l2`. The numbers are always the same: what is
/// read off them does not depend on them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PathProbes {
    /// Which paths count.
    pub filter: Filter,
    /// The largest input degree.
    pub lmax: usize,
    /// The largest output degree; none: `2L`.
    pub lout: Option<usize>,
}

impl Default for PathProbes {
    fn default() -> Self {
        Self { filter: Filter::All, lmax: 3, lout: None }
    }
}

impl Params for PathProbes {
    const DOCS: &'static [ParamDoc] = &[super::FILTER_DOC, super::LMAX_DOC, super::LOUT_DOC];

    fn check(&self) -> Result<(), ParamError> {
        super::check_lmax(self.lmax)?;
        super::check_lout(self.lout, self.lmax)
    }
}

impl Problem for PathProbes {
    const ID: &'static str = "path_probes";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str =
        "What a product can express: the coupling of every path, read off its outputs.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523): expressivity and interactability";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn instance(&self, _: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape = Shape {
            setting: Setting::Mimo,
            filter: self.filter,
            lmax: self.lmax,
            lout: self.lout.unwrap_or(2 * self.lmax),
        };
        let mut random = Random::fixed();
        let (size, degrees) = (shape.input_size(), self.lmax + 1);
        let mut x = vec![0.0; degrees * degrees * size];
        let mut y = x.clone();
        for l1 in 0..degrees {
            for l2 in 0..degrees {
                let row = (l1 * degrees + l2) * size;
                for (rows, l) in [(&mut x, l1), (&mut y, l2)] {
                    rows[row + offset(l)..][..dim(l)].copy_from_slice(&random.normals(dim(l)));
                }
            }
        }
        let weights = random.normals(shape.paths().len());
        Ok(ProductInstance::new(shape, Signal::Scalar, Task::PathProbes, x, y)?.with_weights(weights))
    }
}
