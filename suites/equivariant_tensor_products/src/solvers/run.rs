//! A method at work: one step multiplies every pair of the batch once.

use harness_core::{Dtype, Iterations, ProblemSpec, SolveError, StartContext, Step, StepContext};
use harness_simd::Isa;

use crate::instance::ProductInstance;
use crate::kernels::batch::{Batch, BlockMap, DataLayout, Sizes};
use crate::kernels::number::Number;
use crate::problems::TensorProduct;
use crate::solution::{Map, ProductSolution, Values};

/// A method that works on blocks.
pub(super) trait BlockMethod {
    /// What it multiplies a block with.
    type Blocks<T: Number>: BlockMap<T>;

    /// The map that it computes.
    const MAP: Map;

    /// The map that it computes with its parameters.
    fn map(&self) -> Map {
        Self::MAP
    }

    /// Makes its tables. It is on the clock of the solve, but not of the timed steps.
    fn build<T: Number>(&self, instance: &ProductInstance) -> Self::Blocks<T>;
}

/// The states of a solve: as many steps as are asked for, all alike.
pub(super) type Run<'a> = Box<dyn Iterations<Solution = ProductSolution> + 'a>;

/// Starts a method.
pub(super) fn start<'a, M: BlockMethod + 'a>(
    method: &M,
    instance: &ProductInstance,
    context: &StartContext,
    layout: DataLayout,
) -> Result<Run<'a>, SolveError> {
    let isa = Isa::best().map_err(|e| SolveError(e.to_string()))?;
    let sizes = Sizes {
        batch: instance.batch(),
        inputs: instance.input_size(),
        outputs: instance.output_size(method.map()),
    };
    if sizes.outputs == 0 {
        return Err(SolveError(format!(
            "no path leads from degrees up to {} to an output with this filter",
            instance.shape().lmax
        )));
    }
    Ok(match context.dtype {
        Dtype::F32 => Box::new(State::<f32, M>::new(method, instance, isa, context.threads, layout, sizes)),
        Dtype::F64 => Box::new(State::<f64, M>::new(method, instance, isa, context.threads, layout, sizes)),
        Dtype::Bf16 => return Err(SolveError("products are computed in f32 or f64".to_owned())),
    })
}

struct State<T: Number, M: BlockMethod> {
    blocks: M::Blocks<T>,
    batch: Batch<T>,
    threads: usize,
    /// What a step costs, told once: it is the same every time, and counting would be on the clock.
    cost: Option<Cost>,
    solution: ProductSolution,
    steps: u64,
}

/// What one step costs.
struct Cost {
    multiply_adds: u64,
    bytes: u64,
    outputs: u64,
    counts: Vec<(&'static str, u64)>,
}

impl<T: Number, M: BlockMethod> State<T, M> {
    fn new(
        method: &M,
        instance: &ProductInstance,
        isa: Isa,
        threads: usize,
        layout: DataLayout,
        sizes: Sizes,
    ) -> Self {
        let blocks = method.build::<T>(instance);
        let batch = Batch::new(isa, layout, sizes, instance.x(), instance.y());
        let pairs = sizes.batch as u64;
        let factors = if instance.y().is_empty() || !M::Blocks::<T>::READS_SECOND { 1 } else { 2 };
        let numbers = factors * sizes.inputs + sizes.outputs + blocks.numbers_read();
        let cost = Cost {
            multiply_adds: pairs * blocks.multiply_adds(),
            bytes: pairs * (numbers * size_of::<T>()) as u64,
            outputs: sizes.outputs as u64,
            counts: blocks.counts().into_iter().map(|(name, count)| (name, pairs * count)).collect(),
        };
        let solution = ProductSolution { map: method.map(), values: Values::F64(Vec::new()) };
        Self { blocks, batch, threads, cost: Some(cost), solution, steps: 0 }
    }
}

impl<T: Number, M: BlockMethod> Iterations for State<T, M> {
    type Solution = ProductSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        self.batch.apply(self.threads, &self.blocks);
        self.steps += 1;
        if let Some(cost) = self.cost.take() {
            context.work.spend(cost.multiply_adds);
            context.work.count("flops", 2 * cost.multiply_adds);
            context.work.count("bytes", cost.bytes);
            context.work.count("outputs", cost.outputs);
            for (name, count) in cost.counts {
                context.work.count(name, count);
            }
        }
        Ok(Step::Continue)
    }

    fn has_solution(&self) -> bool {
        self.steps > 0
    }

    fn solution(&mut self) -> &ProductSolution {
        self.solution.values = T::values(self.batch.rows());
        &self.solution
    }
}

/// Refuses problems that are not products of pairs of scalar features.
pub(super) fn accepts_products(problem: &ProblemSpec) -> Result<(), String> {
    const PRODUCTS: [&str; 5] = ["tensor_product", "convolution", "path_probes", "tetris", "file"];
    if !PRODUCTS.contains(&problem.id.as_str()) {
        return Err(format!("it multiplies pairs: {}", PRODUCTS.join(", ")));
    }
    match problem.params.get("signal") {
        Some(signal) if signal == "vector" => Err("it multiplies functions, `signal: scalar`".to_owned()),
        _ => Ok(()),
    }
}

/// Refuses shapes of which a product that writes out every path has none to write.
pub(super) fn accepts_paths(problem: &ProblemSpec) -> Result<(), String> {
    accepts_products(problem)?;
    let params = serde_json::Value::Object(problem.params.clone());
    match serde_json::from_value::<TensorProduct>(params) {
        Ok(product) if product.shape().paths().is_empty() => {
            Err("the shape has no path: nothing comes out".to_owned())
        }
        _ => Ok(()),
    }
}

/// Refuses problems that are not products of pairs of vector fields.
pub(super) fn accepts_vector_fields(problem: &ProblemSpec) -> Result<(), String> {
    match problem.params.get("signal") {
        Some(signal) if signal == "vector" => Ok(()),
        _ => Err("it multiplies vector fields, `signal: vector`".to_owned()),
    }
}

/// Refuses shapes whose paths are not all of a kind.
pub(super) fn accepts_filter(problem: &ProblemSpec, filter: &str, why: &str) -> Result<(), String> {
    match problem.params.get("filter") {
        Some(found) if found == filter => Ok(()),
        _ => Err(format!("{why}: it needs `filter: {filter}`")),
    }
}
