//! Newton's method with the whole Hessian: the strongest simple method for small problems, and the oracle of the others.
//!
//! With `D_r = diag(P1)`, `D_c = diag(Pᵀ1)` the Newton step solves `η [[D_r, P], [Pᵀ, D_c]] (dx, dy) = g`. Scaled by the
//! square roots of the diagonal, with `B = D_r^{-½} P D_c^{-½}`, and with `dx` eliminated,
//! `(I − BᵀB) dy' = g_y' − Bᵀ g_x'` and `dx' = g_x' − B dy'`. The null vector `w ∝ diag(D_c)^{½}` (a constant may move from
//! `x` to `y`) is filled by `w wᵀ`. The longer side is eliminated. Continuation in `η` and a cap on how far an entry of the
//! plan may grow in a step make it converge from anywhere.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::{self, factor::LltRegularization};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, Par, Spec};
use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::log_sinkhorn::update;
use super::pcg::dot;
use super::point::{Direction, Dual, Point, backtrack};
use super::sns::capped_step;
use crate::instance::OtInstance;
use crate::kernels::Kernels;
use crate::solution::OtSolution;

/// Sinkhorn sweeps at the start of a stage.
const OPENING_SWEEPS: u32 = 2;

/// Newton steps after which an unfinished stage is left for the next.
const STAGE_STEPS: u32 = 100;

/// Ridges tried in turn until the factorisation succeeds.
const RIDGES: [f64; 5] = [0.0, 1e-14, 1e-12, 1e-10, 1e-8];

/// Newton's method on the dual with a dense factorisation, continuation in `η` and a capped step.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewtonDense {
    /// First `η`; none: 50 / range(C).
    pub eta_start: Option<f64>,
    /// By how much `η` grows from stage to stage.
    pub factor: f64,
    /// Marginal error at which a stage but the last ends.
    pub stage_tol: f64,
    /// No `ln P_ij` may rise by more than this in a step.
    pub step_cap: f64,
}

impl Default for NewtonDense {
    fn default() -> Self {
        Self { eta_start: None, factor: 3.0, stage_tol: 1e-2, step_cap: 12.0 }
    }
}

impl Params for NewtonDense {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc {
            name: "eta_start",
            doc: "first η of the continuation; null: 50 / (largest − smallest cost)",
        },
        ParamDoc { name: "factor", doc: "by how much η grows from stage to stage" },
        ParamDoc { name: "stage_tol", doc: "L1 marginal error at which a stage but the last ends" },
        ParamDoc { name: "step_cap", doc: "no ln P_ij may rise by more than this in a step" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        let positive = |name, value: f64| ParamError::require(value > 0.0, name, "positive", value);
        self.eta_start.map_or(Ok(()), |eta| positive("eta_start", eta))?;
        ParamError::require(self.factor > 1.0, "factor", "above 1", self.factor)?;
        positive("stage_tol", self.stage_tol)?;
        positive("step_cap", self.step_cap)
    }
}

impl Solver for NewtonDense {
    const ID: &'static str = "newton_dense";
    const SUMMARY: &'static str =
        "Newton's method with a dense Schur complement and continuation in the regularisation.";
    const SOURCE: &'static str =
        "Brauer, Clason, Lorenz, Wirth 2017 (arXiv:1710.06635), with continuation and step cap";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let (n, m) = (instance.n(), instance.m());
        let mut dual = Dual::of(instance);
        dual.eta = self.eta_start.unwrap_or_else(|| first_eta(&dual)).min(instance.eta());
        Ok(Box::new(State {
            params: self,
            target_eta: instance.eta(),
            dual,
            kernels: Kernels::for_solving()?,
            at: Point::zeros(n, m),
            trial: Point::zeros(n, m),
            system: System::new(n, m),
            sweeps_left: OPENING_SWEEPS,
            steps_in_stage: 0,
            failures: 0,
            solution: OtSolution::zero_potentials(n, m),
        }))
    }
}

/// The first `η` of a continuation: `50 / range(C)`, but not above the last.
fn first_eta(dual: &Dual<'_>) -> f64 {
    let entries = || dual.cost.rows().flatten();
    let (least, largest) =
        entries().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &c| (a.min(c), b.max(c)));
    // Constant costs have the same plan for any η.
    if largest > least { dual.eta.min(50.0 / (largest - least)) } else { dual.eta }
}

/// What rounding of the exponents leaves of the marginal error of an exact solution.
pub(super) fn rounding_floor(eta: f64, at: &Point) -> f64 {
    let largest = |w: &[f64]| w.iter().fold(0.0_f64, |a, w| a.max(w.abs()));
    0.5 * f64::EPSILON * eta * (largest(&at.x) + largest(&at.y))
}

struct State<'a> {
    params: &'a NewtonDense,
    target_eta: f64,
    /// The dual at the stage's `η`.
    dual: Dual<'a>,
    kernels: Kernels,
    at: Point,
    trial: Point,
    system: System,
    sweeps_left: u32,
    steps_in_stage: u32,
    /// Line searches that failed in succession.
    failures: u32,
    solution: OtSolution,
}

impl State<'_> {
    fn is_last_stage(&self) -> bool {
        self.dual.eta == self.target_eta
    }

    fn sweep(&mut self, context: &mut StepContext<'_>) {
        let (dx, dy) = (&mut self.system.dx, &mut self.system.dy);
        self.at.sinkhorn_iteration(&mut self.kernels, &self.dual, dx, dy);
        context.work.spend(3 * self.dual.entries());
        context.work.count("sinkhorn_iterations", 1);
    }

    fn newton(&mut self, context: &mut StepContext<'_>) -> Step {
        let ridge = self.system.solve(&self.dual, &self.at);
        context.work.spend(self.system.passes() * self.dual.entries());
        context.work.count("newton_steps", 1);
        let Some(ridge) = ridge else { return Step::Done(SolverStatus::Numerical) };
        let System { dx, dy, slope, .. } = &self.system;
        let first = capped_step(self.params.step_cap, self.dual.eta, dx, dy);
        let direction = Direction { dx, dy, slope: *slope };
        let search =
            backtrack(&mut self.kernels, &self.dual, &self.at, &direction, (first, 12), &mut self.trial);
        context.work.spend(search.passes * self.dual.entries());
        context.note("ridge", ridge);
        context.note("step_length", search.accepted.unwrap_or(0.0));
        if search.accepted.is_some() {
            std::mem::swap(&mut self.at, &mut self.trial);
            self.failures = 0;
            return Step::Continue;
        }
        self.failures += 1;
        if self.at.marginal_l1 <= 10.0 * rounding_floor(self.dual.eta, &self.at) {
            return Step::Done(SolverStatus::Solved);
        }
        if self.failures >= 3 {
            return Step::Done(SolverStatus::Stalled);
        }
        for _ in 0..5 {
            self.sweep(context);
        }
        Step::Continue
    }
}

impl Iterations for State<'_> {
    type Solution = OtSolution;

    /// One Sinkhorn iteration at the start of a stage, or one Newton step.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        context.note("stage_eta", self.dual.eta);
        if self.sweeps_left > 0 {
            context.note("phase", 0.0);
            self.sweep(context);
            self.sweeps_left -= 1;
            return Ok(Step::Continue);
        }
        context.note("phase", 1.0);
        let outcome = self.newton(context);
        self.steps_in_stage += 1;
        if self.is_last_stage() {
            return Ok(outcome);
        }
        let is_over = matches!(outcome, Step::Done(_))
            || self.at.marginal_l1 <= self.params.stage_tol
            || self.steps_in_stage >= STAGE_STEPS;
        if is_over {
            self.dual.eta = (self.dual.eta * self.params.factor).min(self.target_eta);
            (self.sweeps_left, self.steps_in_stage, self.failures) = (OPENING_SWEEPS, 0, 0);
        }
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        (self.is_last_stage() && self.sweeps_left < OPENING_SWEEPS).then_some(self.at.marginal_l1)
    }

    /// The potentials of an earlier stage are completed by a row update at the instance's own `η`: at that `η` their own
    /// plan might overflow.
    fn solution(&mut self) -> &OtSolution {
        if self.residual().is_some() {
            self.solution.set_potentials(&self.at.x, &self.at.y);
        } else {
            let trial = &mut self.trial;
            self.kernels.row_log_sums(self.dual.cost, self.target_eta, &self.at.y, &mut trial.marginals.rows);
            update(self.dual.r, &trial.marginals.rows, self.target_eta, &mut trial.x);
            self.solution.set_potentials(&trial.x, &self.at.y);
        }
        &self.solution
    }
}

/// The Newton system of one plan.
struct System {
    /// `Bᵀ`, `m × n`: its columns are the rows of the plan, scaled.
    scaled: Mat<f64>,
    /// The Schur complement of the longer side, and its factor.
    schur: Mat<f64>,
    stack: MemBuffer,
    row_scale: Vec<f64>,
    column_scale: Vec<f64>,
    /// `g_x'`, `g_y'`; then `dx`, `dy`.
    dx: Vec<f64>,
    dy: Vec<f64>,
    /// The gradient times the step.
    slope: f64,
    scratch_x: Vec<f64>,
    scratch_y: Vec<f64>,
}

impl System {
    fn new(n: usize, m: usize) -> Self {
        let side = n.min(m);
        let scratch = llt::factor::cholesky_in_place_scratch::<f64>(side, Par::Seq, Spec::default());
        Self {
            scaled: Mat::zeros(m, n),
            schur: Mat::zeros(side, side),
            stack: MemBuffer::new(scratch),
            row_scale: vec![0.0; n],
            column_scale: vec![0.0; m],
            dx: vec![0.0; n],
            dy: vec![0.0; m],
            slope: 0.0,
            scratch_x: vec![0.0; n],
            scratch_y: vec![0.0; m],
        }
    }

    /// The multiplications of one solve in units of `n·m`.
    fn passes(&self) -> u64 {
        let (side, longer) = (self.schur.nrows() as u64, self.dx.len().max(self.dy.len()) as u64);
        side / 2 + side * side / (6 * longer)
    }

    /// Sets `dx`, `dy` to the Newton step at a point; gives the ridge that was needed, or `None` where no
    /// ridge was enough.
    fn solve(&mut self, dual: &Dual<'_>, at: &Point) -> Option<f64> {
        inverse_roots(&at.marginals.rows, &mut self.row_scale);
        inverse_roots(&at.marginals.columns, &mut self.column_scale);
        for (i, row) in at.plan.rows().enumerate() {
            let scale = self.row_scale[i];
            let out = self.scaled.col_as_slice_mut(i);
            for ((out, p), column_scale) in out.iter_mut().zip(row).zip(&self.column_scale) {
                *out = scale * p * column_scale;
            }
        }
        let scaled_gradient = |w: &[f64], sums: &[f64], scale: &[f64], out: &mut [f64]| {
            for (((out, w), sum), scale) in out.iter_mut().zip(w).zip(sums).zip(scale) {
                *out = (w - sum) * scale;
            }
        };
        scaled_gradient(dual.r, &at.marginals.rows, &self.row_scale, &mut self.dx);
        scaled_gradient(dual.c, &at.marginals.columns, &self.column_scale, &mut self.dy);
        let ridge = RIDGES
            .into_iter()
            .find(|&ridge| self.factor(&at.marginals.rows, &at.marginals.columns, ridge))?;
        let (gx, gy) = (&mut self.dx, &mut self.dy);
        if gy.len() <= gx.len() {
            multiply(&self.scaled, gx, &mut self.scratch_y);
            subtract(gy, &self.scratch_y);
            back_substitute(&self.schur, gy, &mut self.stack);
            multiply_transposed(&self.scaled, gy, &mut self.scratch_x);
            subtract(gx, &self.scratch_x);
        } else {
            multiply_transposed(&self.scaled, gy, &mut self.scratch_x);
            subtract(gx, &self.scratch_x);
            back_substitute(&self.schur, gx, &mut self.stack);
            multiply(&self.scaled, gx, &mut self.scratch_y);
            subtract(gy, &self.scratch_y);
        }
        self.dx.iter_mut().zip(&self.row_scale).for_each(|(d, scale)| *d *= scale / dual.eta);
        self.dy.iter_mut().zip(&self.column_scale).for_each(|(d, scale)| *d *= scale / dual.eta);
        self.slope =
            slope(dual.r, &at.marginals.rows, &self.dx) + slope(dual.c, &at.marginals.columns, &self.dy);
        let is_finite = self.dx.iter().chain(&self.dy).all(|d| d.is_finite());
        is_finite.then_some(ridge)
    }

    /// Factors `I + ridge·I + w wᵀ − BᵀB`, or with `BBᵀ` where there are fewer rows.
    fn factor(&mut self, rows: &[f64], columns: &[f64], ridge: f64) -> bool {
        let by_columns = columns.len() <= rows.len();
        let sums = if by_columns { columns } else { rows };
        let mass: f64 = sums.iter().sum();
        for j in 0..sums.len() {
            let column = self.schur.col_as_slice_mut(j);
            for (i, s) in column.iter_mut().enumerate().skip(j) {
                *s = (sums[i] * sums[j]).sqrt() / mass;
            }
            column[j] += 1.0 + ridge;
        }
        let b = self.scaled.as_ref();
        let (left, right) = if by_columns { (b, b.transpose()) } else { (b.transpose(), b) };
        triangular::matmul(
            self.schur.as_mut(),
            BlockStructure::TriangularLower,
            Accum::Add,
            left,
            BlockStructure::Rectangular,
            right,
            BlockStructure::Rectangular,
            -1.0,
            Par::Seq,
        );
        llt::factor::cholesky_in_place(
            self.schur.as_mut(),
            LltRegularization::default(),
            Par::Seq,
            MemStack::new(&mut self.stack),
            Spec::default(),
        )
        .is_ok()
    }
}

fn inverse_roots(sums: &[f64], out: &mut [f64]) {
    // A sum that has underflowed would otherwise make its line infinite.
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = 1.0 / sum.max(f64::MIN_POSITIVE).sqrt());
}

fn slope(target: &[f64], sums: &[f64], d: &[f64]) -> f64 {
    target.iter().zip(sums).zip(d).map(|((target, sum), d)| (target - sum) * d).sum()
}

fn subtract(from: &mut [f64], what: &[f64]) {
    from.iter_mut().zip(what).for_each(|(a, b)| *a -= b);
}

/// `out = A v`.
fn multiply(a: &Mat<f64>, v: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (k, v) in v.iter().enumerate() {
        out.iter_mut().zip(a.col_as_slice(k)).for_each(|(out, a)| *out += a * v);
    }
}

/// `out = Aᵀ v`.
fn multiply_transposed(a: &Mat<f64>, v: &[f64], out: &mut [f64]) {
    for (k, out) in out.iter_mut().enumerate() {
        *out = dot(a.col_as_slice(k), v);
    }
}

fn back_substitute(factor: &Mat<f64>, v: &mut [f64], stack: &mut MemBuffer) {
    let len = v.len();
    let v = MatMut::from_column_major_slice_mut(v, len, 1);
    llt::solve::solve_in_place(factor.as_ref(), v, Par::Seq, MemStack::new(stack));
}
