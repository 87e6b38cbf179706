//! The exact solvers, each against the other, brute force, certificates and published values.

use proptest::prelude::*;
use suite_optimal_transport::exact::{Assignment, NetworkSimplex, is_assignment, vertex_gap};
use suite_optimal_transport::kernels::Matrix;
use suite_optimal_transport::problems::{DiscretisedDensities, LineCost};
use suite_optimal_transport::solvers::{Exact, ExactMethod};
use suite_optimal_transport::{OtInstance, OtSolution};

use crate::common::{assert_optimal, assignment, instance, optimum, random_tied, run, try_run};

fn by_simplex(instance: &OtInstance) -> f64 {
    let mut simplex = NetworkSimplex::new(instance.cost(), instance.r(), instance.c());
    while simplex.advance(instance.cost(), 3) {}
    let plan = simplex.plan();
    assert_optimal(instance, &plan, 1e-13);
    plan.cost(instance.cost())
}

fn by_assignment(instance: &OtInstance) -> f64 {
    let mut assignment = Assignment::new(instance.cost());
    while assignment.advance(instance.cost(), 2) {}
    let plan = assignment.plan(instance.cost(), instance.r()[0]);
    assert_optimal(instance, &plan, 1e-13);
    plan.cost(instance.cost())
}

/// The cheapest permutation, by trying all.
fn by_brute_force(cost: &Matrix, row: usize, free: &mut Vec<usize>) -> f64 {
    if free.is_empty() {
        return 0.0;
    }
    let mut best = f64::INFINITY;
    for k in 0..free.len() {
        let j = free.swap_remove(k);
        best = best.min(cost[(row, j)] + by_brute_force(cost, row + 1, free));
        free.push(j);
        let last = free.len() - 1;
        free.swap(k, last);
    }
    best
}

/// The costs of all permutations.
fn all_costs(cost: &Matrix, row: usize, so_far: f64, free: &mut Vec<usize>, out: &mut Vec<f64>) {
    if free.is_empty() {
        out.push(so_far);
    }
    for k in 0..free.len() {
        let j = free.swap_remove(k);
        all_costs(cost, row + 1, so_far + cost[(row, j)], free, out);
        free.push(j);
        let last = free.len() - 1;
        free.swap(k, last);
    }
}

proptest! {
    #[test]
    fn the_vertex_gap_is_that_of_all_permutations(n in 2_usize..7, seed: u64, ties: bool) {
        let costs = if ties { random_tied(n, n, seed, 1.0) } else { assignment(n, seed, 1.0) };
        let instance = OtInstance::new(costs.cost().clone(), vec![1.0; n], vec![1.0; n], 1.0).unwrap();
        let mut all = Vec::new();
        all_costs(instance.cost(), 0, 0.0, &mut (0..n).collect(), &mut all);
        all.sort_unstable_by(f64::total_cmp);
        let gap = vertex_gap(instance.cost(), instance.r(), instance.c()).expect("more than one vertex");
        prop_assert!((gap - (all[1] - all[0]) / n as f64).abs() < 1e-14);
    }

    #[test]
    fn brute_force_agrees(n in 1_usize..7, seed: u64, ties: bool) {
        let instance = if ties {
            let tied = random_tied(n, n, seed, 1.0);
            OtInstance::new(tied.cost().clone(), vec![1.0; n], vec![1.0; n], 1.0).unwrap()
        } else {
            assignment(n, seed, 1.0)
        };
        let best = by_brute_force(instance.cost(), 0, &mut (0..n).collect()) / n as f64;
        prop_assert!((by_assignment(&instance) - best).abs() < 1e-14);
        prop_assert!((by_simplex(&instance) - best).abs() < 1e-14);
    }

    #[test]
    fn general_masses_with_ties_are_certified(n in 1_usize..30, m in 1_usize..30, seed: u64) {
        by_simplex(&random_tied(n, m, seed, 1.0));
    }
}

#[test]
fn published_optima() {
    for (n, seed, exact) in
        [(500, 1, 0.003_341_804_980_65), (500, 2, 0.003_384_289_474_58), (1000, 1, 0.001_595_958_499_12)]
    {
        let instance = assignment(n, seed, 1200.0);
        assert!(is_assignment(instance.cost(), instance.r(), instance.c()));
        let (a, s) = (by_assignment(&instance), by_simplex(&instance));
        assert!((a - exact).abs() < 1e-14, "n = {n}, seed {seed}: {a}");
        assert!((a - s).abs() < 1e-15, "n = {n}, seed {seed}: {a}, {s}");
    }
}

#[test]
fn the_papers_experiment_is_far_from_the_hypothesis_of_its_theorem() {
    // By SciPy's solver, with each edge of the optimum forbidden in turn.
    for (seed, by_scipy) in [(1, 0.000_186_940_679), (2, 0.001_074_258_963)] {
        let lap = assignment(500, seed, 1200.0);
        let eta_gap = 1200.0 * vertex_gap(lap.cost(), lap.r(), lap.c()).unwrap();
        assert!((eta_gap - by_scipy).abs() < 1e-9, "seed {seed}: ηΔ = {eta_gap}");
        assert!(eta_gap < 1.0 + 2.0 * 500_f64.ln());
    }
    let densities = instance(&DiscretisedDensities { n: 20, cost: LineCost::W2, eta: 1000.0 }, 0);
    assert_eq!(vertex_gap(densities.cost(), densities.r(), densities.c()), None, "no assignment problem");
    assert_eq!(vertex_gap(&Matrix::zeros(1, 1), &[1.0], &[1.0]), None, "a single vertex");
}

#[test]
fn the_solver_chooses_and_its_metrics_certify_it() {
    let square = assignment(60, 3, 1200.0);
    let tied = random_tied(40, 70, 5, 1200.0);
    for instance in [&square, &tied] {
        let solved = run(&Exact::default(), instance, 1e-12, 1000);
        assert!(solved.get("marginal_l1") < 1e-14);
        assert!(solved.get("dual_gap") < 1e-13 * instance.mass());
        assert!(solved.get("cost_excess").abs() < 1e-13 * instance.mass());
    }
    let simplex = run(&Exact { method: ExactMethod::NetworkSimplex }, &square, 1e-12, 1000);
    assert!((simplex.get("cost") - run(&Exact::default(), &square, 1e-12, 1000).get("cost")).abs() < 1e-15);
    let refusal = try_run(&Exact { method: ExactMethod::Assignment }, &tied, 1e-12, 1000).err().unwrap();
    assert!(refusal.contains("square problem with equal masses"), "{refusal}");
}

#[test]
fn tiny_and_lopsided_shapes() {
    for (n, m) in [(1, 1), (1, 7), (7, 1), (2, 300), (300, 2)] {
        let instance = random_tied(n, m, 11, 1.0);
        assert_optimal(&instance, &optimum(&instance), 1e-13);
    }
}

#[test]
fn spread_out_masses_keep_their_digits() {
    let masses: Vec<f64> = (0..40).map(|k| 10_f64.powi(-(k % 14))).collect();
    let reversed: Vec<f64> = masses.iter().rev().copied().collect();
    let cost = assignment(40, 9, 1.0).cost().clone();
    let instance = OtInstance::new(cost, masses, reversed, 1.0).unwrap();
    assert_optimal(&instance, &optimum(&instance), 1e-13);
}

#[test]
fn the_solver_ends_at_the_optimum_and_not_at_the_first_plan_with_the_right_marginals() {
    // It takes more pivots than a step makes.
    let densities = instance(&DiscretisedDensities { n: 600, cost: LineCost::W2, eta: 1000.0 }, 0);
    let solved = run(&Exact::default(), &densities, 1e-3, 1000);
    assert_eq!(solved.status.to_string(), "solved");
    let OtSolution::Exact(plan) = &solved.solution else { panic!("an exact solver gives a plan") };
    assert_optimal(&densities, plan, 1e-13);
}
