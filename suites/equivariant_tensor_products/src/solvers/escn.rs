//! Convolutions in the frame of each edge.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use harness_simd::Isa;
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::{ProductInstance, Task};
use crate::kernels::batch::DataLayout;
use crate::kernels::edges::{Edges, Wigner};
use crate::kernels::number::Number;
use crate::solution::Map;

/// Features rotated so that the edge is the polar axis, orders `m` and `−m` coupled with the instance's weights, and rotated
/// back: the same map as `cg_weighted`, in O(L³). The second factor is not looked at, but the edge's direction is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Escn {
    /// How features lie in memory.
    pub layout: DataLayout,
    /// How features are rotated.
    pub wigner: Wigner,
}

impl Params for Escn {
    const DOCS: &'static [ParamDoc] = &[
        super::LAYOUT_DOC,
        ParamDoc {
            name: "wigner",
            doc: "factored: features are turned about the polar axis and by a constant matrix, no Wigner-D matrix is made; \
                  per_step: Wigner-D matrices are made in each step, on the clock; once: they are made before",
        },
    ];
}

impl BlockMethod for Escn {
    type Blocks<T: Number> = Edges<T>;

    const MAP: Map = Map::Weighted;

    fn build<T: Number>(&self, instance: &ProductInstance) -> Edges<T> {
        let Task::Convolution { directions } = instance.task() else {
            unreachable!("`accepts` takes convolutions only")
        };
        let isa = Isa::best().expect("the run has asked for it before");
        Edges::new(isa, instance.shape(), instance.weights(), directions, self.wigner)
    }
}

impl Solver for Escn {
    const ID: &'static str = "escn";
    const SUMMARY: &'static str =
        "Convolution in a frame in which the edge is the polar axis: orders couple to themselves only.";
    const SOURCE: &'static str = "Passaro and Zitnick, ICML 2023 (arXiv:2302.03655): eSCN; rotations after Pinchon and \
                                  Hoggan, J. Phys. A 40 (2007) 1597";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        if problem.id != "convolution" {
            return Err("it multiplies by spherical harmonics of directions: convolution".to_owned());
        }
        Ok(())
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
