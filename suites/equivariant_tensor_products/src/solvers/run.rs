//! A method at work: one step multiplies every pair of the batch once.

use std::marker::PhantomData;

use harness_core::{Dtype, Iterations, ProblemSpec, SolveError, StartContext, Step, StepContext};
use harness_simd::Isa;

use crate::instance::ProductInstance;
use crate::kernels::batch::{Batch, BlockMap, DataLayout, Sizes};
use crate::kernels::number::Number;
use crate::kernels::rows::{RowBatch, RowMap};
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

/// A method that works on rows as they are.
pub(super) trait RowMethod {
    /// What it multiplies rows with.
    type Rows<T: Number>: RowMap<T>;

    /// The map that it computes.
    const MAP: Map;

    /// Makes its tables. It is on the clock of the solve, but not of the timed steps.
    fn build<T: Number>(&self, instance: &ProductInstance) -> Self::Rows<T>;
}

/// The states of a solve: as many steps as are asked for, all alike.
pub(super) type Run<'a> = Box<dyn Iterations<Solution = ProductSolution> + 'a>;

/// Starts a method that works on blocks.
pub(super) fn start<'a, M: BlockMethod + 'a>(
    method: &M,
    instance: &ProductInstance,
    context: &StartContext,
    layout: DataLayout,
) -> Result<Run<'a>, SolveError>
where
    M::Blocks<f32>: 'a,
    M::Blocks<f64>: 'a,
{
    begin(&ByBlocks { method, layout }, instance, context)
}

/// Starts a method that works on rows.
pub(super) fn start_rows<'a, M: RowMethod + 'a>(
    method: &M,
    instance: &ProductInstance,
    context: &StartContext,
) -> Result<Run<'a>, SolveError>
where
    M::Rows<f32>: 'a,
    M::Rows<f64>: 'a,
{
    begin(&ByRows(method), instance, context)
}

/// What multiplies a whole batch.
trait Method {
    type Work<T: Number>: Work<T>;

    fn map(&self) -> Map;

    fn prepare<T: Number>(&self, instance: &ProductInstance, isa: Isa, sizes: Sizes) -> Self::Work<T>;
}

/// A batch with the tables to multiply it.
trait Work<T> {
    /// Whether `y` is looked at.
    const READS_SECOND: bool = true;

    /// Multiplies every pair.
    fn apply(&mut self, threads: usize);

    /// Multiply-adds a pair.
    fn multiply_adds(&self) -> u64;

    /// Numbers that are read for each pair besides the factors.
    fn numbers_read(&self) -> usize {
        0
    }

    /// Named counts a pair.
    fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// The products, row by row.
    fn rows(&self) -> Vec<T>;
}

struct ByBlocks<'m, M> {
    method: &'m M,
    layout: DataLayout,
}

impl<M: BlockMethod> Method for ByBlocks<'_, M> {
    type Work<T: Number> = (M::Blocks<T>, Batch<T>);

    fn map(&self) -> Map {
        self.method.map()
    }

    fn prepare<T: Number>(&self, instance: &ProductInstance, isa: Isa, sizes: Sizes) -> Self::Work<T> {
        let blocks = self.method.build(instance);
        (blocks, Batch::new(isa, self.layout, sizes, instance.x(), instance.y()))
    }
}

impl<T: Number, B: BlockMap<T>> Work<T> for (B, Batch<T>) {
    const READS_SECOND: bool = B::READS_SECOND;

    fn apply(&mut self, threads: usize) {
        self.1.apply(threads, &self.0);
    }

    fn multiply_adds(&self) -> u64 {
        self.0.multiply_adds()
    }

    fn numbers_read(&self) -> usize {
        self.0.numbers_read()
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        self.0.counts()
    }

    fn rows(&self) -> Vec<T> {
        self.1.rows()
    }
}

struct ByRows<'m, M>(&'m M);

impl<M: RowMethod> Method for ByRows<'_, M> {
    type Work<T: Number> = (M::Rows<T>, RowBatch<T>);

    fn map(&self) -> Map {
        M::MAP
    }

    fn prepare<T: Number>(&self, instance: &ProductInstance, _: Isa, sizes: Sizes) -> Self::Work<T> {
        (self.0.build(instance), RowBatch::new(sizes, instance.x(), instance.y()))
    }
}

impl<T: Number, R: RowMap<T>> Work<T> for (R, RowBatch<T>) {
    fn apply(&mut self, threads: usize) {
        self.1.apply(threads, &self.0);
    }

    fn multiply_adds(&self) -> u64 {
        self.0.multiply_adds()
    }

    fn rows(&self) -> Vec<T> {
        self.1.rows()
    }
}

fn begin<'a, M: Method>(
    method: &M,
    instance: &ProductInstance,
    context: &StartContext,
) -> Result<Run<'a>, SolveError>
where
    M::Work<f32>: 'a,
    M::Work<f64>: 'a,
{
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
        Dtype::F32 => Box::new(State::<f32, _>::new(method, instance, isa, context.threads, sizes)),
        Dtype::F64 => Box::new(State::<f64, _>::new(method, instance, isa, context.threads, sizes)),
        Dtype::Bf16 => return Err(SolveError("products are computed in f32 or f64".to_owned())),
    })
}

struct State<T, W> {
    work: W,
    threads: usize,
    /// What a step costs, told once: it is the same every time, and counting would be on the clock.
    cost: Option<Cost>,
    solution: ProductSolution,
    steps: u64,
    dtype: PhantomData<T>,
}

/// What one step costs.
struct Cost {
    multiply_adds: u64,
    bytes: u64,
    outputs: u64,
    counts: Vec<(&'static str, u64)>,
}

impl<T: Number, W: Work<T>> State<T, W> {
    fn new<M: Method<Work<T> = W>>(
        method: &M,
        instance: &ProductInstance,
        isa: Isa,
        threads: usize,
        sizes: Sizes,
    ) -> Self {
        let work = method.prepare::<T>(instance, isa, sizes);
        let pairs = sizes.batch as u64;
        let factors = if instance.y().is_empty() || !W::READS_SECOND { 1 } else { 2 };
        let numbers = factors * sizes.inputs + sizes.outputs + work.numbers_read();
        let cost = Cost {
            multiply_adds: pairs * work.multiply_adds(),
            bytes: pairs * (numbers * size_of::<T>()) as u64,
            outputs: sizes.outputs as u64,
            counts: work.counts().into_iter().map(|(name, count)| (name, pairs * count)).collect(),
        };
        let solution = ProductSolution { map: method.map(), values: Values::F64(Vec::new()) };
        Self { work, threads, cost: Some(cost), solution, steps: 0, dtype: PhantomData }
    }
}

impl<T: Number, W: Work<T>> Iterations for State<T, W> {
    type Solution = ProductSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        self.work.apply(self.threads);
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
        self.solution.values = T::values(self.work.rows());
        &self.solution
    }
}

/// Problems that are products of pairs.
const PRODUCTS: [&str; 5] = ["tensor_product", "convolution", "path_probes", "tetris", "file"];

/// The problem that is powers of features.
const POWERS: &str = "many_body";

/// Refuses problems that are not products of pairs of scalar features.
pub(super) fn accepts_products(problem: &ProblemSpec) -> Result<(), String> {
    if !PRODUCTS.contains(&problem.id.as_str()) {
        return Err(format!("it multiplies pairs: {}", PRODUCTS.join(", ")));
    }
    accepts_scalars(problem)
}

/// Refuses problems that are neither products of pairs of scalar features nor powers of them.
pub(super) fn accepts_products_and_powers(problem: &ProblemSpec) -> Result<(), String> {
    match problem.id.as_str() {
        POWERS => accepts_scalars(problem),
        id if PRODUCTS.contains(&id) => accepts_scalars(problem),
        _ => Err(format!("it multiplies features: {POWERS}, {}", PRODUCTS.join(", "))),
    }
}

fn accepts_scalars(problem: &ProblemSpec) -> Result<(), String> {
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
