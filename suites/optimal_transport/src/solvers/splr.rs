//! The sparse-plus-low-rank quasi-Newton method of Wang and Qiu (2025).
//!
//! It minimises `F(α, β) = (1/η) Σ T_ij − a·α − b·β`, `T_ij = exp(η(α_i + β_j − C_ij))`, with the last `β` fixed at zero, along
//! `d = −B g`. The inverse Hessian `B` is that of `A = H_Ω + λI`, `λ = min(‖g‖, 0.001)`, updated by the last step `s` and its change
//! of the gradient `y` as in BFGS, so that `B y = s`: a correction of rank two for what sparsification left out. `H_Ω` has the
//! whole diagonal, and of `T` the first row, the first column and the largest entries. Their number follows the progress: one
//! per cent fewer after each step, ten per cent more where the gradient grew. The line search is that of [`super::wolfe`].

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::bfgs::{Pairs, difference};
use super::pcg::dot;
use super::point::{Dual, Point, step};
use super::sparse_cholesky::{Order, SparseCholesky};
use super::sparse_hessian::Hessian;
use super::wolfe::{self, Limits, WolfeReport};
use crate::instance::OtInstance;
use crate::kernels::{Csr, Kernels};
use crate::solution::OtSolution;

/// Evaluations of one line search.
const MAX_EVALUATIONS: u64 = 20;
/// As long as `F` falls, a search goes on beyond its last step by this times that step.
const EXTRAPOLATION: f64 = 1.1;
/// The longest step.
const LONGEST: f64 = 2.0;
/// The first step tried is at most this times the last one, and at most one.
const LENGTHENING: f64 = 1.5;

/// Quasi-Newton steps with a sparse Hessian and a low-rank correction.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Splr {
    /// The greatest density times the smaller dimension.
    pub keep_per_row: f64,
    /// The first density, as a share of the greatest.
    pub density_start: f64,
    /// The least density, as a share of the greatest.
    pub density_least: f64,
    /// What the density is multiplied by after a step.
    pub density_decay: f64,
    /// What it is multiplied by instead where the gradient grew.
    pub density_growth: f64,
    /// The greatest shift `λ`.
    pub shift_most: f64,
    /// Least `y·s / y·y` of a step that corrects the Hessian; if none is given, no step does.
    pub curvature_least: Option<f64>,
}

impl Default for Splr {
    fn default() -> Self {
        Self {
            keep_per_row: 10.0,
            density_start: 0.1,
            density_least: 0.01,
            density_decay: 0.99,
            density_growth: 1.1,
            shift_most: 1e-3,
            curvature_least: Some(1e-6),
        }
    }
}

impl Params for Splr {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc {
            name: "keep_per_row",
            doc: "greatest density of the plan's part in the Hessian, times min(n, m); 10 in the paper's experiments",
        },
        ParamDoc { name: "density_start", doc: "first density, as a share of the greatest" },
        ParamDoc { name: "density_least", doc: "least density, as a share of the greatest" },
        ParamDoc { name: "density_decay", doc: "factor of the density after a step" },
        ParamDoc {
            name: "density_growth",
            doc: "factor of the density instead, where the gradient grew from below its first norm",
        },
        ParamDoc {
            name: "shift_most",
            doc: "the shift of the Hessian is the norm of the gradient, at most this",
        },
        ParamDoc {
            name: "curvature_least",
            doc: "the last step corrects the Hessian if y·s exceeds this times y·y; null: never, a sparse Newton method",
        },
    ];

    fn check(&self) -> Result<(), ParamError> {
        let share = |name: &'static str, value: f64| {
            ParamError::require(value > 0.0 && value <= 1.0, name, "above 0 and at most 1", value)
        };
        ParamError::require(self.keep_per_row > 0.0, "keep_per_row", "positive", self.keep_per_row)?;
        share("density_start", self.density_start)?;
        share("density_least", self.density_least)?;
        share("density_decay", self.density_decay)?;
        ParamError::require(self.density_growth >= 1.0, "density_growth", "at least 1", self.density_growth)?;
        ParamError::require(self.shift_most > 0.0, "shift_most", "positive", self.shift_most)?;
        let least = self.curvature_least.unwrap_or(0.0);
        ParamError::require(least >= 0.0, "curvature_least", "not negative, or null", least)
    }
}

impl Solver for Splr {
    const ID: &'static str = "splr";
    const SUMMARY: &'static str =
        "Sparse plus low rank: quasi-Newton steps with a sparse Hessian and a BFGS correction.";
    const SOURCE: &'static str =
        "Wang and Qiu, ICML 2025: The Sparse-Plus-Low-Rank Quasi-Newton Method for Entropic-Regularized OT";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        Ok(Box::new(State::new(self, instance, Kernels::for_solving()?)))
    }
}

/// A point with the gradient of `F`.
struct Iterate {
    point: Point,
    gradient: Vec<f64>,
    /// `‖g‖`.
    norm: f64,
}

impl Iterate {
    fn zeros(n: usize, m: usize) -> Self {
        Self { point: Point::zeros(n, m), gradient: vec![0.0; n + m - 1], norm: f64::INFINITY }
    }

    fn differentiate(&mut self, dual: &Dual<'_>) {
        self.point.marginals.gradient_of_minimisation(dual, &mut self.gradient);
        self.norm = dot(&self.gradient, &self.gradient).sqrt();
    }
}

struct State<'a> {
    params: &'a Splr,
    dual: Dual<'a>,
    kernels: Kernels,
    at: Iterate,
    trial: Iterate,
    /// `‖g‖` at the start.
    first_norm: f64,
    greatest_density: f64,
    /// Share of the entries of `T`, the last column left out, that are kept as the largest.
    density: f64,
    kept: Csr,
    hessian: Hessian,
    cholesky: SparseCholesky,
    /// `s` and `y` of the last step, if it had enough curvature.
    pair: Pairs,
    step_length: f64,
    /// `d`, with the zero for the last `β`.
    direction: Vec<f64>,
    /// Passes not yet counted as work.
    passes: u64,
    solution: OtSolution,
}

impl<'a> State<'a> {
    fn new(params: &'a Splr, instance: &'a OtInstance, mut kernels: Kernels) -> Self {
        let (n, m) = (instance.n(), instance.m());
        let dual = Dual::of(instance);
        let mut at = Iterate::zeros(n, m);
        at.point.start_with_exact_columns(&mut kernels, &dual);
        at.differentiate(&dual);
        let greatest_density = (params.keep_per_row / n.min(m) as f64).min(1.0);
        Self {
            params,
            dual,
            kernels,
            trial: Iterate::zeros(n, m),
            first_norm: at.norm,
            at,
            greatest_density,
            density: params.density_start * greatest_density,
            kept: Csr::default(),
            hessian: Hessian::default(),
            cholesky: SparseCholesky::default(),
            pair: Pairs::new(1, n + m - 1),
            step_length: 1.0,
            direction: vec![0.0; n + m],
            passes: 2,
            solution: OtSolution::zero_potentials(n, m),
        }
    }

    /// `H_Ω` with the symbolic part of its factorisation.
    fn prepare(&mut self) -> Result<(), SolveError> {
        let Point { plan, marginals, .. } = &self.at.point;
        let (n, columns) = (plan.n(), plan.m() - 1);
        let largest = ((n * columns) as f64 * self.density) as usize;
        self.kernels.select_largest(plan, columns, largest, &mut self.kept);
        self.passes += 1;
        let kept = (0..columns).map(|j| {
            let whole = if j == 0 { n } else { 1 };
            let (rows, values) = self.kept.column(j);
            let largest = rows.iter().zip(values).map(|(&i, &value)| (i as usize, value));
            let largest = largest.filter(move |&(i, _)| i >= whole);
            (0..whole).map(move |i| (i, plan[(i, j)])).chain(largest)
        });
        self.hessian.assemble(kept, marginals, self.dual.eta);
        self.cholesky
            .analyse(&self.hessian.starts, &self.hessian.rows, Order::Last)
            .map_err(|e| SolveError(format!("the sparse Hessian could not be analysed: {e}")))
    }

    /// `v ← B v`; false where `A` is not positive definite.
    fn apply_inverse(
        pair: &mut Pairs,
        cholesky: &mut SparseCholesky,
        hessian: &Hessian,
        shift: f64,
        v: &mut [f64],
    ) -> bool {
        let mut solved = false;
        pair.apply(v, |v| {
            solved = cholesky.solve(&hessian.starts, &hessian.rows, &hessian.values, shift, v);
        });
        solved
    }

    /// `d = −B g`; false where `A` is not positive definite.
    fn descend(&mut self) -> bool {
        let Self { at, hessian, cholesky, pair, direction, .. } = self;
        let d = &mut direction[..at.gradient.len()];
        for (d, g) in d.iter_mut().zip(&at.gradient) {
            *d = -g;
        }
        Self::apply_inverse(pair, cholesky, hessian, at.norm.min(self.params.shift_most), d)
    }

    /// Leaves in `trial` a point that satisfies the Wolfe conditions.
    fn search(&mut self) -> WolfeReport {
        let Self { dual, kernels, at, trial, direction, .. } = self;
        let from = &at.point;
        let (dx, dy) = direction.split_at(from.x.len());
        let d = &direction[..at.gradient.len()];
        let limits = Limits {
            first: (LENGTHENING * self.step_length).min(1.0),
            extrapolation: [EXTRAPOLATION; 2],
            longest: LONGEST,
            max_evaluations: MAX_EVALUATIONS,
            resolution: dual.resolution((&from.x, &from.y)),
        };
        let report = wolfe::search(dot(&at.gradient, d), limits, |alpha| {
            step(&from.x, alpha, dx, &mut trial.point.x);
            step(&from.y, alpha, dy, &mut trial.point.y);
            trial.point.refresh(kernels, dual);
            trial.differentiate(dual);
            (from.value - trial.point.value, dot(&trial.gradient, d))
        });
        self.passes += report.evaluations;
        report
    }

    /// Moves to `trial`, so far along the direction, and learns from the way there.
    fn accept(&mut self, step_length: f64) {
        let Self { at, trial, direction, params, .. } = self;
        self.step_length = step_length;
        if let Some(least) = params.curvature_least {
            let step = direction[..at.gradient.len()].iter().map(|d| step_length * d);
            self.pair.push(step, difference(&trial.gradient, &at.gradient), least);
        }
        std::mem::swap(at, trial);
        let grew = at.norm > trial.norm && trial.norm < self.first_norm;
        self.density *= if grew { params.density_growth } else { params.density_decay };
        let least = params.density_least * self.greatest_density;
        self.density = self.density.clamp(least, self.greatest_density);
    }
}

impl Iterations for State<'_> {
    type Solution = OtSolution;

    /// One quasi-Newton step.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        self.prepare()?;
        let solved = self.descend();
        context.work.count("factorisations", 1);
        context.work.spend(self.cholesky.factor_len() as u64);
        context.note("density", self.density);
        context.note("nnz", self.hessian.kept() as f64);
        context.note("low_rank", if self.pair.is_empty() { 0.0 } else { 2.0 });
        if !solved {
            return Ok(Step::Done(SolverStatus::Numerical));
        }
        let found = self.search();
        context.work.spend(std::mem::take(&mut self.passes) * self.dual.entries());
        context.work.count("line_search_evaluations", found.evaluations);
        context.note("step_length", found.accepted.unwrap_or(0.0));
        match found.accepted {
            Some(step_length) => self.accept(step_length),
            None if self.pair.is_empty() => return Ok(Step::Done(SolverStatus::Stalled)),
            // Rounding has spoilt the pair: once more without it.
            None => {
                self.pair.clear();
                self.step_length = 1.0;
            }
        }
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        Some(self.at.point.marginal_l1)
    }

    fn solution(&mut self) -> &OtSolution {
        self.solution.set_potentials(&self.at.point.x, &self.at.point.y);
        &self.solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Matrix;
    use crate::splitmix::SplitMix64;

    fn random(n: usize, m: usize) -> OtInstance {
        let mut g = SplitMix64::new(3);
        let cost = Matrix::from_fn(n, m, |_, _| g.uniform());
        OtInstance::new(cost, g.weights(n), g.weights(m), 50.0).unwrap()
    }

    /// A state after so many steps, with the Hessian of the next one.
    fn after<'a>(params: &'a Splr, instance: &'a OtInstance, steps: u32) -> State<'a> {
        let mut state = State::new(params, instance, Kernels::new());
        for _ in 0..steps {
            state.prepare().unwrap();
            assert!(state.descend());
            let length = state.search().accepted.unwrap();
            state.accept(length);
        }
        state.prepare().unwrap();
        state
    }

    #[test]
    fn the_hessian_keeps_the_first_row_the_first_column_and_the_largest_entries() {
        let instance = random(30, 20);
        let params = Splr { keep_per_row: 4.0, density_start: 1.0, ..Splr::default() };
        let state = after(&params, &instance, 0);
        let plan = &state.at.point.plan;
        let mut values: Vec<f64> = plan.rows().flat_map(|row| row[..19].to_vec()).collect();
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        // 4/20 of 30 · 19 entries.
        let threshold = values[114 - 1];
        for k in 0..49 {
            let mut unit = vec![0.0; 49];
            unit[k] = 1.0;
            let mut column = vec![0.0; 49];
            state.hessian.multiply(&unit, &mut column);
            let marginals = &state.at.point.marginals;
            for (l, &found) in column.iter().enumerate() {
                let expected = match (k.min(l), k.max(l)) {
                    (i, l) if i == l => {
                        if i < 30 {
                            marginals.rows[i]
                        } else {
                            marginals.columns[i - 30]
                        }
                    }
                    (i, l) if i < 30 && l >= 30 => {
                        let value = plan[(i, l - 30)];
                        if i == 0 || l == 30 || value >= threshold { value } else { 0.0 }
                    }
                    _ => 0.0,
                };
                assert_eq!(found, 50.0 * expected, "{k}, {l}");
            }
        }
    }

    #[test]
    fn the_low_rank_update_satisfies_the_secant_equation() {
        let (instance, params) = (random(30, 20), Splr::default());
        for steps in 1..6 {
            let mut state = after(&params, &instance, steps);
            let (from, to) = (&state.trial, &state.at);
            let y: Vec<f64> = difference(&to.gradient, &from.gradient).collect();
            let s: Vec<f64> = difference(&to.point.x, &from.point.x)
                .chain(difference(&to.point.y, &from.point.y).take(19))
                .collect();
            assert!(!state.pair.is_empty());
            let mut image = y;
            let State { pair, cholesky, hessian, .. } = &mut state;
            assert!(State::apply_inverse(pair, cholesky, hessian, 1e-3, &mut image));
            let error = image.iter().zip(&s).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let scale = s.iter().map(|s| s.abs()).fold(0.0, f64::max);
            assert!(error < 1e-9 * scale, "{error:e} of {scale:e} after {steps} steps");
        }
    }

    #[test]
    fn without_a_pair_the_direction_is_that_of_sparse_newton() {
        let (instance, params) = (random(30, 20), Splr::default());
        let mut state = after(&params, &instance, 3);
        state.pair.clear();
        assert!(state.descend());
        let mut image = vec![0.0; 49];
        let d = &state.direction[..49];
        state.hessian.multiply(d, &mut image);
        let shift = state.at.norm.min(1e-3);
        for ((image, d), g) in image.iter().zip(d).zip(&state.at.gradient) {
            assert!((image + shift * d + g).abs() < 1e-12 * state.at.norm, "{image} {d} {g}");
        }
        assert_eq!(state.direction[49], 0.0);
    }

    #[test]
    fn density_falls_step_by_step_grows_with_the_gradient_and_keeps_its_bounds() {
        let (instance, params) = (random(30, 20), Splr::default());
        let mut state = State::new(&params, &instance, Kernels::new());
        assert_eq!(state.density, 0.05);
        let mut accept = |first: f64, norm: f64, density: f64| {
            state.first_norm = 1.0;
            (state.at.norm, state.trial.norm, state.density) = (first, norm, density);
            state.accept(1.0);
            state.density
        };
        assert_eq!(accept(0.5, 0.4, 0.2), 0.2 * 0.99);
        assert_eq!(accept(0.5, 0.6, 0.2), 0.2 * 1.1);
        // While the gradient is above its first norm, it may grow.
        assert_eq!(accept(2.0, 3.0, 0.2), 0.2 * 0.99);
        assert_eq!(accept(0.5, 0.6, 0.49), 0.5);
        assert_eq!(accept(0.5, 0.4, 0.005), 0.005);
    }
}
