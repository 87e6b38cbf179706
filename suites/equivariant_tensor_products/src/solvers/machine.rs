//! Running against a limit of the machine.
//!
//! There is no product to be judged. What can be is that the work was done: each multiply-add counts itself in its register,
//! and what was written or copied is ones, whose sum is their number.

use harness_core::{
    Dtype, Iterations, ProblemSpec, Solve, SolveError, Solver, StartContext, Step, StepContext,
};
use harness_simd::{Block, Isa};

use crate::instance::{ProductInstance, Task};
use crate::kernels::limits;
use crate::kernels::number::Number;
use crate::solution::{Map, ProductSolution, Values};

/// What is driven to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Arithmetic,
    Write,
    Copy,
}

pub(super) fn accepts(problem: &ProblemSpec) -> Result<(), String> {
    if problem.id == "machine" { Ok(()) } else { Err("it measures the machine: machine".to_owned()) }
}

pub(super) fn start<'a, S: Solver<Instance = ProductInstance> + 'a>(
    limit: Limit,
    instance: &ProductInstance,
    context: &StartContext,
) -> Result<Solve<'a, S>, SolveError> {
    let isa = Isa::best().map_err(|e| SolveError(e.to_string()))?;
    let Task::Machine { size } = *instance.task() else { unreachable!("`accepts` takes the machine only") };
    let one = instance.x()[0];
    Ok(match context.dtype {
        Dtype::F32 => Box::new(State::<f32>::new(limit, isa, context.threads, size, one)),
        Dtype::F64 => Box::new(State::<f64>::new(limit, isa, context.threads, size, one)),
        Dtype::Bf16 => return Err(SolveError("limits are measured in f32 or f64".to_owned())),
    })
}

struct State<T: Number> {
    limit: Limit,
    isa: Isa,
    threads: usize,
    size: usize,
    one: T,
    from: Vec<Block<T>>,
    to: Vec<Block<T>>,
    counted: f64,
    steps: u64,
    solution: ProductSolution,
}

impl<T: Number> State<T> {
    fn new(limit: Limit, isa: Isa, threads: usize, size: usize, one: f64) -> Self {
        let blocks = size / T::LANES;
        let one = T::of(one);
        let (from, to) = match limit {
            Limit::Arithmetic => (0, 0),
            Limit::Write => (0, blocks),
            Limit::Copy => (blocks, blocks),
        };
        Self {
            limit,
            isa,
            threads,
            size,
            one,
            from: vec![Block::splat(one); from],
            to: vec![Block::default(); to],
            counted: 0.0,
            steps: 0,
            solution: ProductSolution { map: Map::Machine, values: Values::F64(Vec::new()) },
        }
    }
}

impl<T: Number> Iterations for State<T> {
    type Solution = ProductSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        match self.limit {
            Limit::Arithmetic => {
                self.counted = limits::multiply_add(self.isa, self.threads, self.size, self.one);
            }
            Limit::Write => limits::write(self.isa, self.threads, self.one, &mut self.to),
            Limit::Copy => limits::copy(self.isa, self.threads, &self.from, &mut self.to),
        }
        if self.steps == 0 {
            // Told once, as the methods do: it is the same in every step.
            let size = self.size as u64;
            let of_array = size * size_of::<T>() as u64;
            let (multiply_adds, bytes) = match self.limit {
                Limit::Arithmetic => (size, 0),
                Limit::Write => (0, of_array),
                Limit::Copy => (0, 2 * of_array),
            };
            context.work.spend(multiply_adds);
            context.work.count("flops", 2 * multiply_adds);
            context.work.count("bytes", bytes);
        }
        self.steps += 1;
        Ok(Step::Continue)
    }

    fn has_solution(&self) -> bool {
        self.steps > 0
    }

    fn solution(&mut self) -> &ProductSolution {
        let count = match self.limit {
            Limit::Arithmetic => self.counted,
            Limit::Write | Limit::Copy => Block::flatten(&self.to).iter().map(|value| value.into_f64()).sum(),
        };
        self.solution.values = Values::F64(vec![count]);
        &self.solution
    }
}
