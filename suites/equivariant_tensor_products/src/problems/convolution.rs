//! Convolution over edges: the second factor is a spherical harmonic of the edge's direction.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::random::{Random, rotate_last_rows};
use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::harmonics::harmonics;
use crate::math::paths::{Filter, Setting, Shape};

/// `x ~ N(0, 1)`, `y = Y(r̂)` with `r̂` uniform on the sphere. The last four edges are the first four, rotated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Convolution {
    /// Which paths count.
    pub filter: Filter,
    /// The largest input degree.
    pub lmax: usize,
    /// The largest output degree; none: `2L`.
    pub lout: Option<usize>,
    /// Edges.
    pub edges: usize,
}

impl Default for Convolution {
    fn default() -> Self {
        Self { filter: Filter::All, lmax: 3, lout: None, edges: 2000 }
    }
}

impl Params for Convolution {
    const DOCS: &'static [ParamDoc] = &[
        super::FILTER_DOC,
        super::LMAX_DOC,
        super::LOUT_DOC,
        ParamDoc { name: "edges", doc: "pairs of a feature and a direction" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        super::check_lmax(self.lmax)?;
        super::check_lout(self.lout, self.lmax)?;
        super::check_count("edges", self.edges)
    }
}

impl Problem for Convolution {
    const ID: &'static str = "convolution";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Random features times spherical harmonics of random directions.";
    const SOURCE: &'static str =
        "Luo et al., ICLR 2024 (arXiv:2401.10216), section 3.2 and figure 1; Passaro and Zitnick, ICML 2023";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, context: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape = Shape {
            setting: Setting::Mimo,
            filter: self.filter,
            lmax: self.lmax,
            lout: self.lout.unwrap_or(2 * self.lmax),
        };
        let mut random = Random::of(context);
        let mut directions: Vec<[f64; 3]> = (0..self.edges).map(|_| random.direction()).collect();
        let mut x = random.normals(self.edges * shape.input_size());
        let mut y: Vec<f64> = directions.iter().flat_map(|r| harmonics(self.lmax, *r)).collect();
        let rotated = rotate_last_rows(shape, Signal::Scalar, &mut random, &mut x, &mut y);
        for pair in &rotated {
            directions[pair.copy] = pair.rotation.apply(directions[pair.original]);
        }
        let weights = random.normals(shape.paths().len());
        let task = Task::Convolution { directions };
        Ok(ProductInstance::new(shape, Signal::Scalar, task, x, y)?
            .with_weights(weights)
            .with_rotated(rotated))
    }
}
