//! Sinkhorn-Newton-Sparse made safe by continuation in `η`, a cap on the step, and an adaptive choice of what is kept.

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::pcg::{PcgStop, dot};
use super::point::{Dual, step};
use super::scaling::{Scaling, bounds};
use super::schur::{Kept, Schur};
use super::screened::{LOOK_AT_ONE_IN, Position, Screen, density_above};
use super::sns::log_rise;
use crate::kernels::{Csr, Kernels, Matrix, Potentials};
use crate::{OtInstance, OtSolution};

/// A plan of which a screen would keep more than this share is computed as a whole: a larger screen takes longer to make
/// than it saves, most of it in touching new memory.
const MOST_SCREENED: f64 = 0.1;

/// Sinkhorn-Newton-Sparse with three safeguards, each of which some instances need (see the suite's README):
///
/// - `η` grows in stages to its value, each started by a few Sinkhorn iterations;
/// - a Newton step raises no `log P_ij` by more than `step_cap`: beyond it the quadratic model says nothing;
/// - an entry is kept if it matters to its row or its column, so that as many are kept as the plan has.
///
/// The Newton system is reduced to the rows before conjugate gradients. Where the plan is sparse to rounding, a Newton step
/// computes only the entries that can matter (see `screened`).
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
            sinkhorn_iterations: 4,
            stage_tol: 1e-2,
            stage_steps: 100,
            tau: 1e-9,
            step_cap: Some(12.0),
            dense_above: 0.1,
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
        ParamError::require(
            self.sinkhorn_iterations >= 1,
            "sinkhorn_iterations",
            "at least 1",
            self.sinkhorn_iterations,
        )?;
        ParamError::require(self.stage_tol > 0.0, "stage_tol", "positive", self.stage_tol)?;
        ParamError::require((0.0..1.0).contains(&self.tau), "tau", "from 0 to below 1", self.tau)?;
        let cap = self.step_cap.unwrap_or(1.0);
        ParamError::require(cap > 0.0, "step_cap", "positive or null", cap)?;
        ParamError::require(self.dense_above >= 0.0, "dense_above", "not negative", self.dense_above)
    }
}

impl Solver for SnsContinuation {
    const ID: &'static str = "sns_continuation";
    const SUMMARY: &'static str =
        "Sinkhorn-Newton-Sparse with continuation in η, capped steps and an adaptive selection";
    const SOURCE: &'static str = "this suite, after Tang et al., ICLR 2024; README, section sns_continuation";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let (n, m) = (instance.n(), instance.m());
        let target = Dual::of(instance);
        let mut kernels = Kernels::for_solving()?;
        let (range, row_minima) = range_and_row_minima(&target);
        let first = self.start_over_range.map_or(target.eta, |start| start / range);
        // A constant cost has range 0, and any η has the same plan.
        let dual = Dual { eta: if first.is_finite() { first.min(target.eta) } else { target.eta }, ..target };
        let scaling = Scaling::start_from(&mut kernels, &dual, row_minima);
        Ok(Box::new(Run {
            params: self,
            target_eta: target.eta,
            dual,
            kernels,
            scaling,
            at: Position::zeros(n, m),
            trial: Position::zeros(n, m),
            screen: Screen::new(n, m),
            kept: Csr::default(),
            schur: Schur::default(),
            gradient: (vec![0.0; n], vec![0.0; m]),
            direction: (vec![0.0; n], vec![0.0; m]),
            stage: Stage { phase: Phase::Sinkhorn, sinkhorn_iterations: 0, newton_steps: 0 },
            entries: Scaling::START_PASSES * dual.entries(),
            marginal_l1: None,
            solution: OtSolution::zero_potentials(n, m),
        }))
    }
}

fn range_and_row_minima(dual: &Dual<'_>) -> (f64, Vec<f64>) {
    let mut largest = f64::NEG_INFINITY;
    let minima: Vec<f64> = dual
        .cost
        .rows()
        .map(|row| {
            let (low, high) = bounds(row);
            largest = largest.max(high);
            low
        })
        .collect();
    (largest - bounds(&minima).0, minima)
}

/// Where a stage is, and so which state is the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// `scaling` holds the iterate.
    Sinkhorn,
    /// `at` holds it; the matrix of `scaling` is its plan only if `plan_is_current`.
    Newton { plan_is_current: bool },
}

/// Progress within a stage.
struct Stage {
    phase: Phase,
    sinkhorn_iterations: u64,
    newton_steps: u64,
}

struct Run<'a> {
    params: &'a SnsContinuation,
    target_eta: f64,
    dual: Dual<'a>,
    kernels: Kernels,
    scaling: Scaling<'a>,
    at: Position,
    trial: Position,
    screen: Screen,
    kept: Csr,
    schur: Schur,
    gradient: (Vec<f64>, Vec<f64>),
    direction: (Vec<f64>, Vec<f64>),
    stage: Stage,
    /// Entries passed over and not yet counted as work.
    entries: u64,
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
        self.entries += report.passes * self.dual.entries();
        self.marginal_l1 = Some(report.marginal_l1);
        context.work.count("sinkhorn_iterations", 1);
        context.note("phase", 0.0);
    }

    /// From the scalings to a position with its plan.
    fn leave_sinkhorn(&mut self) {
        let Position { x, y, marginals, .. } = &mut self.at;
        self.scaling.finish(&mut self.kernels, x, y, marginals);
        self.at.judge(&self.dual);
        self.entries += self.dual.entries();
        self.screen.drop();
        self.stage.phase = Phase::Newton { plan_is_current: true };
    }

    fn newton_step(&mut self, context: &mut StepContext<'_>) {
        if self.stage.phase == Phase::Sinkhorn {
            self.leave_sinkhorn();
        }
        let is_dense = self.select();
        let kept = if is_dense { Kept::Dense(self.scaling.matrix()) } else { Kept::Sparse(&self.kept) };
        let nnz = kept.nnz();

        let (gx, gy) = (&mut self.gradient.0, &mut self.gradient.1);
        let (dx, dy) = (&mut self.direction.0, &mut self.direction.1);
        self.at.marginals.defect(self.dual.r, self.dual.c, gx, gy);
        let relative = self.at.merit.marginal_l1.sqrt().clamp(1e-8, 0.1);
        let stop = PcgStop { relative, cap: 2000, interrupted: &|| context.should_stop() };
        let sums = (&self.at.marginals.rows[..], &self.at.marginals.columns[..]);
        let report = self.schur.solve(&mut self.kernels, &kept, sums, (gx, gy), stop, (dx, dy));
        dx.iter_mut().chain(dy.iter_mut()).for_each(|d| *d /= self.dual.eta);
        self.entries += 2 * (report.iterations + 1) * nnz;

        let accepted = self.search();
        if accepted.is_none() {
            self.recover();
            context.work.count("line_search_failures", 1);
        }
        self.stage.newton_steps += 1;
        self.marginal_l1 = Some(self.at.merit.marginal_l1);

        context.work.count("newton_steps", 1);
        context.work.count("cg_iterations", report.iterations);
        context.note("phase", 1.0);
        context.note("step_length", accepted.unwrap_or(0.0));
        context.note("cg_relative_residual", report.relative_residual);
        context.note("nnz", nnz as f64);
    }

    /// Chooses what the Newton system keeps, and says whether that is the whole plan.
    fn select(&mut self) -> bool {
        let Position { marginals, .. } = &self.at;
        let limit = self.params.dense_above;
        if self.stage.phase == (Phase::Newton { plan_is_current: true }) {
            let plan = &*self.scaling.matrix();
            let look = self.dual.entries() / LOOK_AT_ONE_IN;
            self.entries += look;
            if density_above(plan, marginals, self.params.tau) > limit {
                self.screen.drop();
                return true;
            }
            self.screen.make(&mut self.kernels, &self.dual, plan, marginals, MOST_SCREENED);
            self.entries += look + self.dual.entries();
            if !self.screen.is_in_force() {
                self.kernels.select_above(plan, marginals, self.params.tau, &mut self.kept);
                return self.kept.density() > limit;
            }
        }
        // However dense: the plan as a whole is not at hand.
        self.screen.select_above(marginals, self.params.tau, &mut self.kept);
        self.entries += self.screen.nnz();
        false
    }

    /// Backtracking along the direction. Moves there and says how far, if a step is accepted.
    fn search(&mut self) -> Option<f64> {
        const MAX_HALVINGS: u32 = 12;
        let (dx, dy) = (&self.direction.0, &self.direction.1);
        let slope = dot(&self.gradient.0, dx) + dot(&self.gradient.1, dy);
        let rise = log_rise(self.dual.eta, dx, dy);
        if !(slope.is_finite() && rise.is_finite()) {
            return None;
        }
        let mut alpha = self.params.step_cap.map_or(1.0, |cap| if rise > cap { cap / rise } else { 1.0 });
        for _ in 0..=MAX_HALVINGS {
            step(&self.at.x, alpha, dx, &mut self.trial.x);
            step(&self.at.y, alpha, dy, &mut self.trial.y);
            let is_screened = self.screen.allows(alpha * rise);
            if is_screened {
                self.screen.evaluate(&self.kernels, &self.dual, &mut self.trial);
                self.entries += self.screen.nnz();
            } else {
                let Position { x, y, marginals, .. } = &mut self.trial;
                let potentials = Potentials { cost: self.dual.cost, eta: self.dual.eta, x, y };
                self.kernels.plan(potentials, self.scaling.matrix(), marginals);
                self.trial.judge(&self.dual);
                self.entries += self.dual.entries();
            }
            if self.trial.merit.is_accepted_from(self.at.merit, alpha * slope) {
                std::mem::swap(&mut self.at, &mut self.trial);
                self.stage.phase = Phase::Newton { plan_is_current: !is_screened };
                self.screen.spend(alpha * rise.max(0.0));
                return Some(alpha);
            }
            alpha *= 0.5;
        }
        None
    }

    /// Where no Newton step helps: a few Sinkhorn iterations, which always do.
    fn recover(&mut self) {
        const ITERATIONS: u64 = 5;
        self.scaling.restart(&mut self.kernels, self.dual.eta, &self.at.x, &self.at.y);
        self.entries += Scaling::RESTART_PASSES * self.dual.entries();
        for _ in 0..ITERATIONS {
            self.entries += self.scaling.iterate(&mut self.kernels, 1.0).passes * self.dual.entries();
        }
        self.leave_sinkhorn();
    }

    /// Moves on to the next `η` from the potentials reached.
    fn next_stage(&mut self) {
        if self.stage.phase == Phase::Sinkhorn {
            self.scaling.potentials(&mut self.at.x, &mut self.at.y);
        }
        self.dual.eta = (self.params.factor * self.dual.eta).min(self.target_eta);
        self.scaling.restart(&mut self.kernels, self.dual.eta, &self.at.x, &self.at.y);
        self.entries += Scaling::RESTART_PASSES * self.dual.entries();
        self.screen.drop();
        self.stage = Stage { phase: Phase::Sinkhorn, sinkhorn_iterations: 0, newton_steps: 0 };
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
        context.work.spend(std::mem::take(&mut self.entries));
        context.note("stage_eta", self.dual.eta);
        context.note("stage_marginal_l1", self.marginal_l1.unwrap_or(f64::NAN));
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        // In earlier stages the error is that of another problem.
        if self.is_last_stage() { self.marginal_l1 } else { None }
    }

    fn solution(&mut self) -> &OtSolution {
        if self.stage.phase == Phase::Sinkhorn {
            self.scaling.write_solution(&mut self.solution);
        } else {
            self.solution.set_potentials(&self.at.x, &self.at.y);
        }
        if !self.is_last_stage() {
            lower_to_costs(self.dual.cost, &mut self.solution);
        }
        &self.solution
    }
}

/// Lowers row potentials until no `x_i + y_j` exceeds `C_ij`: potentials of a smaller `η` may, by a little, which at the
/// instance's own `η` would overflow.
fn lower_to_costs(cost: &Matrix, solution: &mut OtSolution) {
    if let OtSolution::Potentials { x, y } = solution {
        for (x, row) in x.iter_mut().zip(cost.rows()) {
            let slack = row.iter().zip(y.iter()).map(|(c, y)| c - *x - y).fold(f64::INFINITY, f64::min);
            *x += slack.min(0.0);
        }
    }
}
