//! Cross products of vector fields on the sphere.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::degrees::{Degrees, Factors};
use crate::kernels::number::Number;
use crate::kernels::pointwise::Cross;
use crate::kernels::sphere::{Field, SphereProduct};
use crate::solution::Map;

/// Both vector fields on a grid, their cross product at each point, and back: antisymmetric paths too, at three times the transforms.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VectorSignal {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for VectorSignal {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for VectorSignal {
    type Blocks<T: Number> = SphereProduct<T, Cross>;

    const MAP: Map = Map::VectorCross;

    fn build<T: Number>(&self, instance: &ProductInstance) -> SphereProduct<T, Cross> {
        let size = instance.shape().input_size();
        let fields = [0, 1, 2].map(|component| Field::Value(component * size));
        SphereProduct::new(Cross, &Degrees::of(instance.shape(), Factors::Pair), &fields)
    }
}

impl Solver for VectorSignal {
    const ID: &'static str = "vector_signal";
    const SUMMARY: &'static str = "Cross product of two vector fields on the sphere, on a grid.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523): vector Gaunt tensor product";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_vector_fields(problem)
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
