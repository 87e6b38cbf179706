//! Sinkhorn-Newton-Sparse made safe by continuation in `η`, a cap on the step, and an adaptive choice of what is kept.

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver, StartContext, Step,
    StepContext,
};
use serde::{Deserialize, Serialize};

use super::pcg::{PcgStop, dot};
use super::point::{Direction, Dual, Point, backtrack};
use super::scaling::Scaling;
use super::schur::{Kept, Schur};
use super::sns::capped_step;
use crate::kernels::{Csr, Kernels};
use crate::{OtInstance, OtSolution};

/// Sinkhorn-Newton-Sparse with three safeguards, each of which some instances need (see the suite's README):
///
/// - `η` grows in stages to its value, each started by a few Sinkhorn iterations;
/// - a Newton step raises no `log P_ij` by more than `step_cap`: beyond it the quadratic model says nothing;
/// - an entry is kept if it matters to its row or its column, so that as many are kept as the plan has.
///
/// The Newton system is reduced to the rows before conjugate gradients.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SnsContinuation {
    start_over_range: Option<f64>,
    factor: f64,
    sinkhorn_iterations: u64,
    stage_tol: f64,
    stage_steps: u64,
    tau: f64,
    step_cap: Option<f64>,
    dense_above: f64,
}

impl Default for SnsContinuation {
    fn default() -> Self {
        Self {
            start_over_range: Some(50.0),
            factor: 3.0,
            sinkhorn_iterations: 2,
            stage_tol: 1e-2,
            stage_steps: 100,
            tau: 1e-9,
            step_cap: Some(12.0),
            dense_above: 0.25,
        }
    }
}

impl Params for SnsContinuation {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc {
            name: "start_over_range",
            doc: "the first stage has η = this over the range of the costs; null: no continuation",
        },
        ParamDoc { name: "factor", doc: "η grows by this factor from stage to stage" },
        ParamDoc { name: "sinkhorn_iterations", doc: "Sinkhorn iterations at the start of a stage" },
        ParamDoc { name: "stage_tol", doc: "L1 marginal error at which a stage before the last ends" },
        ParamDoc { name: "stage_steps", doc: "the most Newton steps of a stage before the last" },
        ParamDoc { name: "tau", doc: "an entry is kept if it is more than tau of its row or column sum" },
        ParamDoc { name: "step_cap", doc: "largest rise of log P_ij in a Newton step; null: no cap" },
        ParamDoc { name: "dense_above", doc: "with a larger share of entries kept, the whole plan is used" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        let start = self.start_over_range.unwrap_or(1.0);
        ParamError::require(start > 0.0, "start_over_range", "positive or null", start)?;
        ParamError::require(self.factor > 1.0, "factor", "above 1", self.factor)?;
        ParamError::require(self.sinkhorn_iterations >= 1, "sinkhorn_iterations", "at least 1", self.sinkhorn_iterations)?;
        ParamError::require(self.stage_tol > 0.0, "stage_tol", "positive", self.stage_tol)?;
        ParamError::require((0.0..1.0).contains(&self.tau), "tau", "from 0 to below 1", self.tau)?;
        let cap = self.step_cap.unwrap_or(1.0);
        ParamError::require(cap > 0.0, "step_cap", "positive or null", cap)?;
        ParamError::require(self.dense_above >= 0.0, "dense_above", "not negative", self.dense_above)
    }
}

impl Solver for SnsContinuation {
    const ID: &'static str = "sns_continuation";
    const SUMMARY: &'static str = "Sinkhorn-Newton-Sparse with continuation in η, capped steps and an adaptive selection";
    const SOURCE: &'static str = "this suite, after Tang et al., ICLR 2024; README, section sns_continuation";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(&'a self, instance: &'a OtInstance, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        let (n, m) = (instance.n(), instance.m());
        let target = Dual::of(instance);
        let mut kernels = Kernels::new();
        let first = self.start_over_range.map_or(target.eta, |start| start / range(&target));
        // A constant cost has range 0, and any η has the same plan.
        let dual = Dual { eta: if first.is_finite() { first.min(target.eta) } else { target.eta }, ..target };
        let scaling = Scaling::start(&mut kernels, &dual, vec![0.0; m]);
        Ok(Box::new(Run {
            params: self,
            target_eta: target.eta,
            dual,
            kernels,
            scaling,
            point: Point::zeros(n, m),
            trial: Point::zeros(n, m),
            kept: Csr::default(),
            schur: Schur::default(),
            gradient: (vec![0.0; n], vec![0.0; m]),
            direction: (vec![0.0; n], vec![0.0; m]),
            stage: Stage { sinkhorn_iterations: 0, newton_steps: 0, passes: 2 + Scaling::START_PASSES },
            marginal_l1: None,
            solution: OtSolution::zero_potentials(n, m),
        }))
    }
}

fn range(dual: &Dual<'_>) -> f64 {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in dual.cost.rows().flatten() {
        low = low.min(*v);
        high = high.max(*v);
    }
    high - low
}

/// Progress within a stage.
struct Stage {
    sinkhorn_iterations: u64,
    newton_steps: u64,
    /// Passes over the matrix not yet counted as work.
    passes: u64,
}

struct Run<'a> {
    params: &'a SnsContinuation,
    target_eta: f64,
    dual: Dual<'a>,
    kernels: Kernels,
    scaling: Scaling<'a>,
    point: Point,
    trial: Point,
    kept: Csr,
    schur: Schur,
    gradient: (Vec<f64>, Vec<f64>),
    direction: (Vec<f64>, Vec<f64>),
    stage: Stage,
    marginal_l1: Option<f64>,
    solution: OtSolution,
}

impl Run<'_> {
    fn is_last_stage(&self) -> bool {
        self.dual.eta >= self.target_eta
    }

    fn sinkhorn_step(&mut self, context: &mut StepContext<'_>) {
        let report = self.scaling.iterate(&mut self.kernels, 1.0);
        self.stage.sinkhorn_iterations += 1;
        self.stage.passes += report.passes;
        self.marginal_l1 = Some(report.marginal_l1);
        self.scaling.potentials(&mut self.point.x, &mut self.point.y);
        if self.stage.sinkhorn_iterations == self.params.sinkhorn_iterations {
            self.point.refresh(&mut self.kernels, &self.dual);
            self.stage.passes += 1;
            self.marginal_l1 = Some(self.point.marginal_l1);
        }
        context.work.count("sinkhorn_iterations", 1);
        context.note("phase", 0.0);
    }

    fn newton_step(&mut self, context: &mut StepContext<'_>) {
        let (kernels, dual, point) = (&mut self.kernels, &self.dual, &mut self.point);
        let (gx, gy) = (&mut self.gradient.0, &mut self.gradient.1);
        let (dx, dy) = (&mut self.direction.0, &mut self.direction.1);
        kernels.select_above(&point.plan, &point.marginals, self.params.tau, &mut self.kept);
        let kept = if self.kept.density() > self.params.dense_above {
            Kept::Dense(&point.plan)
        } else {
            Kept::Sparse(&self.kept)
        };
        let nnz = kept.nnz();

        point.gradient(dual, gx, gy);
        let stop = PcgStop { relative: point.marginal_l1.sqrt().clamp(1e-8, 0.1), cap: 2000 };
        let sums = (&point.marginals.rows[..], &point.marginals.columns[..]);
        let report = self.schur.solve(kernels, &kept, sums, (gx, gy), stop, (dx, dy));
        dx.iter_mut().chain(dy.iter_mut()).for_each(|d| *d /= dual.eta);
        let slope = dot(gx, dx) + dot(gy, dy);
        let first = self.params.step_cap.map_or(1.0, |cap| capped_step(cap, dual.eta, dx, dy));
        let direction = Direction { dx, dy, slope };
        let search = backtrack(kernels, dual, point, &direction, (first, 12), &mut self.trial);
        self.stage.passes += search.passes + 1;
        if search.accepted.is_some() {
            std::mem::swap(point, &mut self.trial);
        } else {
            for _ in 0..5 {
                point.sinkhorn_iteration(kernels, dual, gx, gy);
            }
            self.stage.passes += 15;
            context.work.count("line_search_failures", 1);
        }
        self.stage.newton_steps += 1;
        self.marginal_l1 = Some(point.marginal_l1);

        context.work.spend(2 * (report.iterations + 1) * nnz);
        context.work.count("newton_steps", 1);
        context.work.count("cg_iterations", report.iterations);
        context.note("phase", 1.0);
        context.note("step_length", search.accepted.unwrap_or(0.0));
        context.note("cg_relative_residual", report.relative_residual);
        context.note("nnz", nnz as f64);
    }

    /// Moves on to the next `η` from the potentials reached.
    fn next_stage(&mut self) {
        self.dual.eta = (self.params.factor * self.dual.eta).min(self.target_eta);
        self.scaling.restart(&mut self.kernels, self.dual.eta, &self.point.y);
        self.stage = Stage { sinkhorn_iterations: 0, newton_steps: 0, passes: Scaling::START_PASSES };
    }

    fn stage_is_over(&self) -> bool {
        let solved = self.marginal_l1.is_some_and(|e| e <= self.params.stage_tol);
        let in_newton = self.stage.sinkhorn_iterations >= self.params.sinkhorn_iterations;
        in_newton && !self.is_last_stage() && (solved || self.stage.newton_steps >= self.params.stage_steps)
    }
}

impl Iterations for Run<'_> {
    type Solution = OtSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        if self.stage_is_over() {
            self.next_stage();
        }
        if self.stage.sinkhorn_iterations < self.params.sinkhorn_iterations {
            self.sinkhorn_step(context);
        } else {
            self.newton_step(context);
        }
        context.work.spend(std::mem::take(&mut self.stage.passes) * self.dual.entries());
        context.note("stage_eta", self.dual.eta);
        context.note("stage_marginal_l1", self.marginal_l1.unwrap_or(f64::NAN));
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        // In earlier stages the error is that of another problem.
        if self.is_last_stage() { self.marginal_l1 } else { None }
    }

    fn solution(&mut self) -> &OtSolution {
        self.solution.set_potentials(&self.point.x, &self.point.y);
        &self.solution
    }
}
