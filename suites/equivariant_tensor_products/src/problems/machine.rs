//! The machine's own limits, measured as everything else is.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::paths::{Filter, Setting, Shape};

/// Nothing but a size: what the solvers named after limits work on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// Numbers in the element type of the cell, and multiply-adds.
    pub size: usize,
}

impl Default for Machine {
    fn default() -> Self {
        Self { size: 1 << 25 }
    }
}

impl Params for Machine {
    const DOCS: &'static [ParamDoc] = &[ParamDoc {
        name: "size",
        doc: "numbers that are written or copied, which should not fit into any cache, and multiply-adds that are made: a power \
              of two",
    }];

    fn check(&self) -> Result<(), ParamError> {
        let fits = self.size.is_power_of_two() && (1 << 10..=1 << 30).contains(&self.size);
        ParamError::require(fits, "size", "a power of two between 2^10 and 2^30", self.size)
    }
}

impl Problem for Machine {
    const ID: &'static str = "machine";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str =
        "The machine's peak of arithmetic and of memory, which kernels are measured against.";
    const SOURCE: &'static str =
        "Williams, Waterman and Patterson, CACM 52(4), 2009: the roofline; McCalpin's STREAM";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn instance(&self, _: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape = Shape::full(Setting::Siso, Filter::All, 0);
        ProductInstance::new(shape, Signal::Scalar, Task::Machine { size: self.size }, vec![1.0], vec![1.0])
    }
}
