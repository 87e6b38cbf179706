//! Sinkhorn in its forms and Sinkhorn-Newton-Sparse: against the dense Newton method, closed forms, published values,
//! one another, and their own account of error and work.

use std::cell::RefCell;

use harness_core::{
    Determinism, Instance, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use suite_optimal_transport::kernels::Matrix;
use suite_optimal_transport::problems::{DiscretisedDensities, GridL1, LineCost};
use suite_optimal_transport::solvers::{
    NewtonDense, Sinkhorn, SinkhornLog, SinkhornOverrelaxed, Sns, SnsContinuation, Splr,
};
use suite_optimal_transport::splitmix::SplitMix64;
use suite_optimal_transport::{OtInstance, OtSolution};

use crate::common::{Solved, assignment, instance, random_tied, run};

fn random(n: usize, m: usize, seed: u64, eta: f64) -> OtInstance {
    let mut g = SplitMix64::new(seed);
    let cost = Matrix::from_fn(n, m, |_, _| g.uniform());
    OtInstance::new(cost, g.weights(n), g.weights(m), eta).unwrap()
}

fn solver<S: Solver>(params: serde_json::Value) -> S {
    serde_json::from_value(params).expect("parameters of the solver")
}

fn sns(keep_per_row: f64) -> Sns {
    solver(serde_json::json!({"keep_per_row": keep_per_row}))
}

fn automatic() -> SinkhornOverrelaxed {
    solver(serde_json::json!({"relaxation": "automatic"}))
}

/// Potentials with the gauge fixed: the mean of `x` is zero.
fn potentials(solution: &OtSolution) -> Vec<f64> {
    let OtSolution::Potentials { x, y } = solution else { panic!("a plan has no potentials") };
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter().map(|x| x - mean).chain(y.iter().map(|y| y + mean)).collect()
}

fn gallery(eta: f64) -> Vec<(&'static str, OtInstance)> {
    vec![
        ("assignment", assignment(64, 1, eta)),
        ("rectangle", random(40, 70, 3, eta)),
        ("tall", random(70, 40, 4, eta)),
        ("tied", random_tied(30, 50, 2, eta / 3.0)),
        ("densities", instance(&DiscretisedDensities { n: 80, eta, ..DiscretisedDensities::default() }, 0)),
        ("grid", instance(&GridL1 { size: 10, eta, ..GridL1::default() }, 0)),
        ("one row", random(1, 5, 5, eta)),
        ("one column", random(5, 1, 5, eta)),
        ("one entry", random(1, 1, 5, eta)),
    ]
}

fn agrees_with_newton<S: Solver<Instance = OtInstance>>(solver: &S, eta: f64, max_iter: u64) {
    for (name, instance) in gallery(eta) {
        let oracle = run(&NewtonDense::default(), &instance, 1e-13, 200);
        let found = run(solver, &instance, 2e-12, max_iter);
        let error = found.get("marginal_l1");
        assert_eq!(found.status, SolverStatus::Solved, "{} on {name} at eta {eta}: error {error:e}", S::ID);
        for metric in ["cost", "dual_value"] {
            let (a, b) = (found.get(metric), oracle.get(metric));
            assert!((a - b).abs() < 1e-9, "{} on {name} at eta {eta}: {metric} {a} {b}", S::ID);
        }
        for (a, b) in potentials(&found.solution).iter().zip(potentials(&oracle.solution)) {
            assert!((a - b).abs() < 1e-9, "{} on {name} at eta {eta}: potential {a} {b}", S::ID);
        }
    }
}

#[test]
fn the_forms_of_sinkhorn_agree_with_newton() {
    agrees_with_newton(&SinkhornLog::default(), 30.0, 20_000);
    agrees_with_newton(&Sinkhorn::default(), 30.0, 20_000);
    agrees_with_newton(&SinkhornOverrelaxed::default(), 30.0, 20_000);
    agrees_with_newton(&automatic(), 30.0, 20_000);
}

#[test]
fn the_forms_of_sns_agree_with_newton() {
    for eta in [3.0, 30.0, 200.0] {
        agrees_with_newton(&SnsContinuation::default(), eta, 300);
    }
    // Of the small plans everything is kept: the Newton system is singular.
    agrees_with_newton(&sns(40.0), 30.0, 300);
    agrees_with_newton(
        &solver::<Sns>(serde_json::json!({"keep_per_row": 12.0, "density_base": "hessian"})),
        30.0,
        2000,
    );
}

#[test]
fn published_values_are_met() {
    let dual = -0.002_254_103_432_438_4;
    for (n, seed, cost) in
        [(500, 1, 0.003_579_318_410_54), (500, 2, 0.003_625_593_310_75), (1000, 1, 0.001_910_477_922_88)]
    {
        let solved = run(&SnsContinuation::default(), &assignment(n, seed, 1200.0), 1e-12, 200);
        assert_eq!(solved.status, SolverStatus::Solved);
        assert!((solved.get("cost") - cost).abs() < 1e-13, "n = {n}, seed {seed}: {}", solved.get("cost"));
        if (n, seed) == (500, 1) {
            assert!((solved.get("dual_value") - dual).abs() < 1e-15, "{}", solved.get("dual_value"));
        }
    }
    let relaxed = run(&SinkhornOverrelaxed::default(), &assignment(500, 1, 1200.0), 1e-9, 1000);
    assert!((relaxed.get("cost") - 0.003_579_318_410_54).abs() < 1e-11);
    // Published: 360.
    assert!((340..=380).contains(&relaxed.steps), "{} iterations", relaxed.steps);
}

#[test]
fn newton_steps_by_entries_kept_are_as_published() {
    // Measured by an independent program to 1e-13: 65, 11, 7 and 6. Its line search and its conjugate gradients differ.
    let lap = assignment(500, 1, 1200.0);
    for (keep, steps) in [(2.0, 50..=80), (4.0, 9..=13), (6.0, 6..=8), (8.0, 5..=7)] {
        let solved = run(&sns(keep), &lap, 1e-13, 200);
        assert_eq!(solved.status, SolverStatus::Solved, "{keep}n kept");
        assert!(steps.contains(&(solved.steps - 20)), "{keep}n kept: {} steps", solved.steps - 20);
    }
}

/// What was seen of each step of a watched solve.
struct Seen {
    residual: Option<f64>,
    marginal_l1: f64,
    work: u64,
    counters: Vec<(String, u64)>,
}

thread_local! {
    static SEEN: RefCell<Vec<Seen>> = const { RefCell::new(Vec::new()) };
}

/// A solver, every step of which is compared with the instance's own evaluation.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(bound = "S: Params")]
struct Watched<S>(S);

impl<S: Params> Params for Watched<S> {
    const DOCS: &'static [ParamDoc] = &[];
    fn check(&self) -> Result<(), ParamError> {
        self.0.check()
    }
}

impl<S: Solver<Instance = OtInstance>> Solver for Watched<S> {
    const ID: &'static str = S::ID;
    const SUMMARY: &'static str = S::SUMMARY;
    const SOURCE: &'static str = S::SOURCE;
    const DETERMINISM: Determinism = S::DETERMINISM;
    const RANDOMNESS: Randomness = S::RANDOMNESS;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        Ok(Box::new(Watching { instance, inner: self.0.start(instance, context)? }))
    }
}

struct Watching<'a> {
    instance: &'a OtInstance,
    inner: Box<dyn Iterations<Solution = OtSolution> + 'a>,
}

impl Iterations for Watching<'_> {
    type Solution = OtSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        let step = self.inner.step(context)?;
        let seen = Seen {
            residual: self.inner.residual(),
            marginal_l1: self.instance.evaluate(self.inner.solution()).get("marginal_l1").expect("a metric"),
            work: context.work.units(),
            counters: context
                .work
                .counters()
                .iter()
                .map(|(name, n)| (name.clone().into_owned(), *n))
                .collect(),
        };
        SEEN.with_borrow_mut(|all| all.push(seen));
        Ok(step)
    }

    fn residual(&self) -> Option<f64> {
        self.inner.residual()
    }

    fn solution(&mut self) -> &OtSolution {
        self.inner.solution()
    }
}

fn watch<S: Solver<Instance = OtInstance>>(
    solver: &S,
    instance: &OtInstance,
    tol: f64,
    max_iter: u64,
) -> Vec<Seen> {
    SEEN.take();
    run(&Watched(solver.clone()), instance, tol, max_iter);
    SEEN.take()
}

/// What rounding of the exponents may make of a marginal error.
fn rounding(eta: f64) -> f64 {
    1e-14 + 4e-16 * eta
}

#[test]
fn the_error_that_a_solver_reports_is_the_one_that_is_evaluated() {
    fn check<S: Solver<Instance = OtInstance>>(solver: &S, instance: &OtInstance, max_iter: u64) {
        let all = watch(solver, instance, 1e-10, max_iter);
        assert!(all.iter().any(|seen| seen.residual.is_some()));
        for (step, seen) in all.iter().enumerate() {
            let Some(residual) = seen.residual else { continue };
            let difference = (residual - seen.marginal_l1).abs();
            assert!(
                difference <= rounding(instance.eta()) + 1e-12 * residual,
                "{} at eta {}, step {step}: reports {residual:e}, evaluated {:e}",
                S::ID,
                instance.eta(),
                seen.marginal_l1
            );
        }
    }
    for eta in [30.0, 1200.0, 50_000.0] {
        for instance in [
            assignment(60, 3, eta),
            random(30, 50, 4, eta),
            instance(&GridL1 { size: 10, eta, ..GridL1::default() }, 0),
            instance(&DiscretisedDensities { n: 70, eta, cost: LineCost::W1 }, 0),
        ] {
            check(&SinkhornLog::default(), &instance, 60);
            check(&Sinkhorn::default(), &instance, 300);
            check(&SinkhornOverrelaxed::default(), &instance, 300);
            check(&automatic(), &instance, 300);
            check(&sns(8.0), &instance, 60);
            check(&SnsContinuation::default(), &instance, 100);
            check(&Splr::default(), &instance, 300);
        }
    }
}

#[test]
fn work_is_what_was_done() {
    let instance = random(30, 50, 4, 20.0);
    let entries = 1500;
    let last = |all: Vec<Seen>| all.into_iter().next_back().expect("a step");
    let log = last(watch(&SinkhornLog::default(), &instance, 0.0, 7));
    assert_eq!(log.work, (1 + 2 * 7) * entries);
    assert_eq!(log.counters, [("sinkhorn_iterations".to_owned(), 7)]);
    // A read for the minima, an exponential pass and a sweep at the start.
    let scaling = last(watch(&Sinkhorn::default(), &instance, 0.0, 7));
    assert_eq!(scaling.work, (3 + 7) * entries);

    // N1 = 3 in log form, entering the Newton stage, then selection, search and products.
    let newton =
        last(watch(&solver::<Sns>(serde_json::json!({"sinkhorn_iterations": 3})), &instance, 0.0, 4));
    let counters: std::collections::BTreeMap<_, _> = newton.counters.into_iter().collect();
    assert_eq!((counters["sinkhorn_iterations"], counters["newton_steps"]), (3, 1));
    let kept = 4 * 30;
    assert_eq!(newton.work, (1 + 2 * 3 + 1 + 1 + 1) * entries + 2 * counters["cg_iterations"] * kept);

    // Two passes at the start, then in every step a selection, a factorisation and a search.
    let splr = last(watch(&Splr::default(), &instance, 0.0, 4));
    let counters: std::collections::BTreeMap<_, _> = splr.counters.into_iter().collect();
    assert_eq!(counters["factorisations"], 4);
    let factors = splr.work - (2 + 4 + counters["line_search_evaluations"]) * entries;
    // The diagonal of the factor, the first row and the first column at least, at most the lower triangle.
    assert!((4 * (79 + 78)..=4 * 79 * 80 / 2).contains(&factors), "{factors}");
}

#[test]
fn a_failed_search_is_an_iteration_of_sinkhorn_and_no_newton_step() {
    // At zero potentials the plan overflows: the first search cannot succeed.
    let negative = OtInstance::new(
        Matrix::from_fn(9, 9, |i, j| -(((i * j) % 7) as f64)),
        vec![1.0; 9],
        vec![1.0; 9],
        900.0,
    )
    .unwrap();
    let from_zero: Sns = solver(serde_json::json!({"sinkhorn_iterations": 0}));
    let seen = watch(&from_zero, &negative, 0.0, 6);
    for (k, seen) in seen.iter().enumerate() {
        let count = |name: &str| seen.counters.iter().find(|(n, _)| n == name).map_or(0, |(_, count)| *count);
        let (newton, sinkhorn) = (count("newton_steps"), count("sinkhorn_iterations"));
        assert_eq!(newton + sinkhorn, k as u64 + 1, "every step is one or the other");
        assert_eq!(sinkhorn, count("line_search_failures"), "there is no warm-up");
        if k == 0 {
            assert_eq!((newton, sinkhorn), (0, 1));
        }
    }
}

#[test]
fn scaling_and_log_form_have_the_same_iterates() {
    for (eta, steps) in [(40.0, 60), (1200.0, 60), (100_000.0, 60)] {
        for instance in [assignment(50, 1, eta), random(20, 35, 2, eta), random_tied(25, 25, 3, eta)] {
            let [a, b] = [
                run(&Sinkhorn::default(), &instance, 0.0, steps).trace,
                run(&SinkhornLog::default(), &instance, 0.0, steps).trace,
            ];
            assert_eq!(a.len(), b.len());
            // Before the first step only one of them has updated its rows.
            for ((step, a), (_, b)) in a.iter().zip(&b).skip(1) {
                for metric in ["marginal_l1", "cost", "dual_value"] {
                    let (a, b) = (a.get(metric).unwrap(), b.get(metric).unwrap());
                    // Rounding adds up over the iterations.
                    let tolerance = 64.0 * rounding(eta) * instance.mass() + 1e-11 * a.abs();
                    assert!((a - b).abs() <= tolerance, "eta {eta}, step {step}: {metric} {a} {b}");
                }
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_the_thread_count() {
    // Large enough for the kernels to use threads.
    let lap = assignment(800, 4, 400.0);
    let hashes = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            [
                run(&SinkhornLog::default(), &lap, 1e-9, 3).hash,
                run(&Sinkhorn::default(), &lap, 1e-9, 20).hash,
                run(&automatic(), &lap, 1e-9, 80).hash,
                run(&sns(40.0), &lap, 1e-9, 24).hash,
                run(&SnsContinuation::default(), &lap, 1e-9, 100).hash,
            ]
        })
    });
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
}

/// Solves to 1e-9, or to ten times what rounding allows.
fn assert_continuation_solves(name: &str, instance: &OtInstance) -> u64 {
    let largest = |w: &[f64]| w.iter().fold(0.0_f64, |a, w| a.max(w.abs()));
    let range = largest(&instance.cost().to_row_major());
    let tol = 1e-9_f64.max(10.0 * 1.1e-16 * instance.eta() * 2.0 * range);
    let solved = run(&SnsContinuation::default(), instance, tol, 300);
    let error = solved.get("marginal_l1");
    assert_eq!(solved.status, SolverStatus::Solved, "{name} at eta {}: error {error:e}", instance.eta());
    assert!(potentials(&solved.solution).iter().all(|z| z.is_finite()));
    solved.steps
}

#[test]
fn continuation_never_fails() {
    let mut most = 0;
    for eta in [10.0, 100.0, 1200.0, 5000.0, 20_000.0, 100_000.0] {
        for (n, seed) in [(60, 1), (60, 2), (60, 3), (110, 4), (110, 5), (200, 6), (200, 7)] {
            most = most.max(assert_continuation_solves("assignment", &assignment(n, seed, eta)));
        }
        for (n, m, seed) in [(60, 140, 1), (140, 60, 2), (1, 40, 3), (40, 1, 4), (30, 200, 5)] {
            most = most.max(assert_continuation_solves("rectangle", &random(n, m, seed, eta)));
        }
        for seed in 1..=6 {
            let grid = instance(&GridL1 { size: 14, eta, first_seed: Some(seed), ..GridL1::default() }, 0);
            most = most.max(assert_continuation_solves("grid", &grid));
            most = most.max(assert_continuation_solves("tied", &random_tied(40, 60, seed, eta)));
        }
        for cost in [LineCost::W1, LineCost::W2] {
            let line = instance(&DiscretisedDensities { n: 150, cost, eta }, 0);
            most = most.max(assert_continuation_solves("densities", &line));
        }
    }
    assert!(most <= 300, "{most} steps");
}

#[test]
fn continuation_is_safe_without_each_of_its_safeguards() {
    // None promises convergence; each must end without a panic, in finite potentials.
    let grid = instance(&GridL1 { size: 12, eta: 5000.0, ..GridL1::default() }, 0);
    let all: Vec<SnsContinuation> = [
        serde_json::json!({"start_over_range": null}),
        serde_json::json!({"step_cap": null}),
        serde_json::json!({"tau": 0.1}),
        serde_json::json!({"tau": 0.0}),
        serde_json::json!({"dense_above": 0.0}),
        serde_json::json!({"dense_above": 1.0, "stage_steps": 1}),
    ]
    .into_iter()
    .map(solver)
    .collect();
    for (k, variant) in all.iter().enumerate() {
        for instance in [&grid, &assignment(80, 3, 20_000.0)] {
            let solved = run(variant, instance, 1e-9, 60);
            assert_ne!(solved.status, SolverStatus::Diverged, "variant {k}");
            assert!(potentials(&solved.solution).iter().all(|z| z.is_finite()), "variant {k}");
        }
    }
}

#[test]
fn extreme_instances_are_survived() {
    let constant =
        OtInstance::new(Matrix::from_fn(3, 4, |_, _| -2.5), vec![1.0; 3], vec![0.75; 4], 5.0).unwrap();
    let negative = OtInstance::new(
        Matrix::from_fn(40, 40, |i, j| -(((i * j) % 7) as f64)),
        vec![1.0; 40],
        vec![1.0; 40],
        900.0,
    )
    .unwrap();
    let tiny: Vec<f64> = (0..30).map(|k| 10_f64.powi(-8 * (k % 20))).collect();
    let tiny = OtInstance::new(random(30, 30, 1, 1.0).cost().clone(), tiny.clone(), tiny, 200.0).unwrap();
    let steep = OtInstance::new(
        Matrix::from_fn(20, 20, |i, j| 1e6 * ((i + 2 * j) % 5) as f64),
        vec![1.0; 20],
        vec![1.0; 20],
        1e5,
    )
    .unwrap();
    let from_zero: Sns = solver(serde_json::json!({"sinkhorn_iterations": 0}));
    let everything: Sns = solver(serde_json::json!({"keep_per_row": 1e6}));
    let nothing: Sns = solver(serde_json::json!({"keep_per_row": 1e-3, "density_base": "hessian"}));
    for (name, instance) in
        [("constant", &constant), ("negative", &negative), ("tiny", &tiny), ("steep", &steep)]
    {
        let runs = [
            run(&SinkhornLog::default(), instance, 1e-9, 40),
            run(&Sinkhorn::default(), instance, 1e-9, 40),
            run(&SinkhornOverrelaxed::default(), instance, 1e-9, 150),
            run(&automatic(), instance, 1e-9, 150),
            run(&sns(4.0), instance, 1e-9, 40),
            run(&from_zero, instance, 1e-9, 20),
            run(&everything, instance, 1e-9, 40),
            run(&nothing, instance, 1e-9, 40),
            run(&SnsContinuation::default(), instance, 1e-9, 150),
            run(&Splr::default(), instance, 1e-9, 150),
        ];
        for (k, solved) in runs.iter().enumerate() {
            assert_ne!(solved.status, SolverStatus::Diverged, "solver {k} on {name}");
            assert!(potentials(&solved.solution).iter().all(|z| z.is_finite()), "solver {k} on {name}");
            // On its long way, over-relaxation raises the dual at an error above 2.
            if name != "steep" {
                assert!(
                    solved.get("marginal_l1") < 2.5,
                    "solver {k} on {name}: {:e}",
                    solved.get("marginal_l1")
                );
            }
        }
    }
    assert!((run(&SnsContinuation::default(), &constant, 1e-13, 20).get("cost") + 7.5).abs() < 1e-12);
}

#[test]
fn parameters_out_of_range_are_refused() {
    for (params, name) in [
        (serde_json::json!({"factor": 1.0}), "factor"),
        (serde_json::json!({"tau": 1.0}), "tau"),
        (serde_json::json!({"step_cap": 0.0}), "step_cap"),
        (serde_json::json!({"start_over_range": -1.0}), "start_over_range"),
        (serde_json::json!({"sinkhorn_iterations": 0}), "sinkhorn_iterations"),
    ] {
        assert_eq!(solver::<SnsContinuation>(params).check().unwrap_err().param.as_deref(), Some(name));
    }
    let refused = |params| solver::<SinkhornOverrelaxed>(params).check().unwrap_err().param;
    assert_eq!(refused(serde_json::json!({"omega": 2.0})).as_deref(), Some("omega"));
    assert_eq!(refused(serde_json::json!({"rate_window": 0})).as_deref(), Some("rate_window"));
    assert!(sns(0.0).check().is_err());
}

/// Facts that do not depend on how a problem is written down.
fn facts(solved: &Solved) -> [f64; 3] {
    [solved.get("cost"), solved.get("entropy_term"), solved.get("dual_value")]
}

fn is_close(a: [f64; 3], b: [f64; 3]) -> bool {
    a.into_iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-10 * a.abs().max(1.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn sinkhorn_never_lowers_the_dual(n in 1_usize..20, m in 1_usize..20, seed: u64, eta in 1.0_f64..3000.0) {
        let instance = random(n, m, seed, eta);
        for trace in [run(&Sinkhorn::default(), &instance, 1e-12, 40).trace, run(&SinkhornLog::default(), &instance, 1e-12, 40).trace] {
            for pair in trace[1..].windows(2) {
                let [before, after] = [0, 1].map(|k| pair[k].1.get("dual_value").unwrap());
                prop_assert!(after >= before - 1e-14, "{} {} at step {}", before, after, pair[1].0);
                prop_assert!(pair[1].1.get("marginal_l1_col").unwrap() <= rounding(eta));
            }
        }
    }

    #[test]
    fn two_by_two_has_a_closed_form(costs in [-1.0_f64..1.0, -1.0..1.0, -1.0..1.0, -1.0..1.0], r1 in 0.1_f64..0.9, c1 in 0.1_f64..0.9, eta in 0.5_f64..8.0) {
        let cost = Matrix::from_row_major(2, 2, &costs);
        let instance = OtInstance::new(cost, vec![r1, 1.0 - r1], vec![c1, 1.0 - c1], eta).unwrap();
        // p (1 − r₁ − c₁ + p) / ((r₁ − p)(c₁ − p)) = exp(η(C₁₂ + C₂₁ − C₁₁ − C₂₂)), by bisection.
        let ratio = (eta * (costs[1] + costs[2] - costs[0] - costs[3])).exp();
        let (mut low, mut high) = ((r1 + c1 - 1.0).max(0.0), r1.min(c1));
        for _ in 0..200 {
            let p = 0.5 * (low + high);
            if p * (1.0 - r1 - c1 + p) < ratio * (r1 - p) * (c1 - p) { low = p } else { high = p }
        }
        let expected = low * costs[0] + (r1 - low) * costs[1] + (c1 - low) * costs[2] + (1.0 - r1 - c1 + low) * costs[3];
        for solved in [
            run(&SinkhornLog::default(), &instance, 1e-13, 20_000),
            run(&Sinkhorn::default(), &instance, 1e-13, 20_000),
            run(&automatic(), &instance, 1e-13, 20_000),
            run(&sns(2.0), &instance, 1e-13, 300),
            run(&SnsContinuation::default(), &instance, 1e-13, 100),
        ] {
            prop_assert!((solved.get("cost") - expected).abs() < 1e-11, "{} {}", solved.get("cost"), expected);
        }
    }

    #[test]
    fn invariances(n in 2_usize..14, m in 2_usize..14, seed: u64, eta in 5.0_f64..2000.0, shift in -3.0_f64..3.0) {
        let original = random(n, m, seed, eta);
        let (r, c) = (original.r().to_vec(), original.c().to_vec());
        let solve = |cost: Matrix, r: &[f64], c: &[f64], eta: f64| {
            facts(&run(&SnsContinuation::default(), &OtInstance::new(cost, r.to_vec(), c.to_vec(), eta).unwrap(), 2e-12, 300))
        };
        let solved = solve(original.cost().clone(), &r, &c, eta);
        let cost = original.cost();
        prop_assert!(is_close(solve(cost.transpose(), &c, &r, eta), solved));
        let reversed = Matrix::from_fn(n, m, |i, j| cost[(n - 1 - i, j)]);
        let r_reversed: Vec<f64> = r.iter().rev().copied().collect();
        prop_assert!(is_close(solve(reversed, &r_reversed, &c, eta), solved));
        let shifted = solve(Matrix::from_fn(n, m, |i, j| cost[(i, j)] + shift), &r, &c, eta);
        prop_assert!(is_close([shifted[0] - shift, shifted[1], shifted[2] - shift], solved));
        let scaled = solve(Matrix::from_fn(n, m, |i, j| cost[(i, j)] / 4.0), &r, &c, 4.0 * eta);
        prop_assert!(is_close(scaled.map(|v| 4.0 * v), solved));
    }
}
