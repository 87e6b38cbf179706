//! The eight shapes of four cubes, two of them mirror images of each other.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::paths::{Filter, Setting, Shape};
use crate::math::tetris;

/// Each shape's `A_l = Σ |r|² Y_l(r̂)` about its centre, times `A_l` with another weight for each degree: with the same weights
/// the antisymmetric paths of `(l1, l2)` and `(l2, l1)` would cancel in maps that add paths up.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tetris {
    /// Which paths count.
    pub filter: Filter,
    /// The largest degree. The least pseudoscalar of three factors needs degrees 2, 3 and 4.
    pub lmax: usize,
}

impl Default for Tetris {
    fn default() -> Self {
        Self { filter: Filter::All, lmax: 4 }
    }
}

impl Params for Tetris {
    const DOCS: &'static [ParamDoc] = &[super::FILTER_DOC, super::LMAX_DOC];

    fn check(&self) -> Result<(), ParamError> {
        super::check_lmax(self.lmax)
    }
}

impl Problem for Tetris {
    const ID: &'static str = "tetris";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str =
        "Eight shapes of four cubes: which of them do the invariants of a product tell apart?";
    const SOURCE: &'static str =
        "Xie et al., ICML 2025 (arXiv:2506.13523), the Tetris experiment, without training";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn instance(&self, _: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape =
            Shape { setting: Setting::Mimo, filter: self.filter, lmax: self.lmax, lout: 2 * self.lmax };
        let x: Vec<f64> =
            tetris::SHAPES.iter().flat_map(|(_, cubes)| tetris::moments(cubes, self.lmax)).collect();
        let weight = |l: usize| 1.0 / (1 + l) as f64;
        let weights = (0..=self.lmax).flat_map(|l| vec![weight(l); 2 * l + 1]).cycle();
        let y = x.iter().zip(weights).map(|(x, w)| x * w).collect();
        let ones = vec![1.0; shape.paths().len()];
        Ok(ProductInstance::new(shape, Signal::Scalar, Task::Shapes, x, y)?.with_weights(ones))
    }
}
