//! Answers that are bare plans: a wrong one is not solved, a right one is, whatever has become of its small entries.

use proptest::prelude::*;
use suite_optimal_transport::kernels::Matrix;
use suite_optimal_transport::problems::{DiscretisedDensities, Gaussians1d, GridL1};
use suite_optimal_transport::solvers::{Exact, NewtonDense, Sinkhorn, SnsContinuation};
use suite_optimal_transport::splitmix::SplitMix64;
use suite_optimal_transport::{OtInstance, OtSolution, SparsePlan};

use harness_core::{Instance, SolverStatus};

use crate::common::{assignment, instance, optimum, random_tied, run};

/// The stop metric.
fn error(instance: &OtInstance, solution: &OtSolution) -> f64 {
    instance.evaluate(solution).get("marginal_l1").expect("there is a stop metric")
}

fn bare(plan: &Matrix) -> OtSolution {
    let row = |(i, row): (usize, &[f64])| -> Vec<(u32, u32, f64)> {
        row.iter().enumerate().map(|(j, p)| (i as u32, j as u32, *p)).collect()
    };
    OtSolution::Plan(SparsePlan { entries: plan.rows().enumerate().flat_map(row).collect(), duals: None })
}

fn as_exact(solution: OtSolution) -> OtSolution {
    let OtSolution::Plan(plan) = solution else { panic!("no plan") };
    OtSolution::Exact(plan)
}

/// The plan of potentials, as a program computes it that gives the plan alone.
fn plan_of(instance: &OtInstance, solution: &OtSolution) -> Matrix {
    let OtSolution::Potentials { x, y } = solution else { panic!("no potentials") };
    let entry = |i: usize, j: usize| (instance.eta() * (x[i] + y[j] - instance.cost()[(i, j)])).exp();
    Matrix::from_fn(instance.n(), instance.m(), entry)
}

fn independent(instance: &OtInstance) -> Matrix {
    Matrix::from_fn(instance.n(), instance.m(), |i, j| instance.r()[i] * instance.c()[j])
}

/// Moves mass around a cycle of four entries: the marginals stay as they are.
fn around_a_cycle(plan: &Matrix, [i, k]: [usize; 2], [j, l]: [usize; 2], mass: f64) -> Matrix {
    let mut moved = plan.clone();
    for (i, j, sign) in [(i, j, 1.0), (k, l, 1.0), (i, l, -1.0), (k, j, -1.0)] {
        moved.row_mut(i)[j] += sign * mass;
    }
    moved
}

fn mapped(plan: &Matrix, map: impl Fn(f64) -> f64) -> Matrix {
    Matrix::from_fn(plan.n(), plan.m(), |i, j| map(plan[(i, j)]))
}

/// Where the regularisation is so small that its optimum is that without.
const VANISHING: &str = "assignment, large η";

/// Sparse and dense plans, well and badly conditioned.
fn instances() -> Vec<(&'static str, OtInstance)> {
    vec![
        ("assignment", assignment(60, 1, 1200.0)),
        ("assignment, small η", assignment(60, 1, 10.0)),
        (VANISHING, assignment(40, 2, 20_000.0)),
        ("Gaussians", instance(&Gaussians1d { n: 80, eta: 1000.0, ..Gaussians1d::default() }, 0)),
        (
            "densities",
            instance(&DiscretisedDensities { n: 70, eta: 1000.0, ..DiscretisedDensities::default() }, 0),
        ),
        ("grid", instance(&GridL1 { size: 7, ..GridL1::default() }, 0)),
        ("ties", random_tied(30, 20, 5, 8.0)),
    ]
}

#[test]
fn the_independent_coupling_has_perfect_marginals_and_is_not_solved() {
    for (name, instance) in instances() {
        let metrics = instance.evaluate(&bare(&independent(&instance)));
        let get = |metric: &str| metrics.get(metric).unwrap();
        assert!(get("marginal_l1_row") + get("marginal_l1_col") < 1e-14, "{name}");
        assert!(get("marginal_l1") > 0.05, "{name}: {:e}", get("marginal_l1"));
        // Nor as a solution without regularisation, of which it is the plan that knows nothing.
        let gap = error(&instance, &as_exact(bare(&independent(&instance))));
        assert!((gap - 1.0).abs() < 1e-9, "{name}: {gap}");
    }
}

#[test]
fn a_plan_without_its_potentials_is_judged_as_with_them() {
    for (name, instance) in instances() {
        for tol in [1e-3, 1e-6, 1e-9, 1e-11] {
            let solved = run(&SnsContinuation::default(), &instance, tol, 1000);
            let with = solved.get("marginal_l1");
            assert!(with <= tol, "{name}");
            let metrics = instance.evaluate(&bare(&plan_of(&instance, &solved.solution)));
            let without = metrics.get("marginal_l1").unwrap();
            assert!((without - with).abs() < 1e-11, "{name} at {tol:e}: {with:e}, {without:e}");
            let (gap, gap_without) = (solved.get("dual_gap"), metrics.get("dual_gap").unwrap());
            assert!((gap - gap_without).abs() < 1e-11, "{name}: {gap:e} {gap_without:e}");
        }
    }
}

#[test]
fn every_iterate_of_sinkhorn_is_judged_by_its_marginals_with_and_without_potentials() {
    for (name, instance) in instances() {
        for iterations in [1, 3, 10, 100] {
            let iterate = run(&Sinkhorn::default(), &instance, 1e-13, iterations);
            let (with, without) =
                (iterate.get("marginal_l1"), error(&instance, &bare(&plan_of(&instance, &iterate.solution))));
            assert!((without - with).abs() < 1e-10, "{name}, {iterations}: {with:e} {without:e}");
        }
    }
}

#[test]
fn a_plan_with_mass_moved_around_a_cycle_has_perfect_marginals_and_is_not_solved() {
    for (name, instance) in instances() {
        let solved = run(&NewtonDense::default(), &instance, 1e-12, 1000);
        let plan = plan_of(&instance, &solved.solution);
        // The largest entry, and the largest outside of its row and column.
        let largest = |without: Option<(usize, usize)>| {
            let all = (0..plan.n()).flat_map(|i| (0..plan.m()).map(move |j| (i, j)));
            let outside = all.filter(|(i, j)| without.is_none_or(|(k, l)| *i != k && *j != l));
            outside.max_by(|a, b| plan[*a].total_cmp(&plan[*b])).unwrap()
        };
        let first = largest(None);
        let second = largest(Some(first));
        for mass in [1e-4, 1e-7, 1e-9] {
            // Off the two, onto the crossing ones.
            let moved = around_a_cycle(&plan, [first.0, second.0], [second.1, first.1], mass);
            let metrics = instance.evaluate(&bare(&moved));
            let rows = metrics.get("marginal_l1_row").unwrap() + metrics.get("marginal_l1_col").unwrap();
            assert!(rows < 1e-11, "{name}");
            let found = metrics.get("marginal_l1").unwrap();
            assert!(found > mass && found < 5.0 * mass + 1e-11, "{name}: {found:e} for {mass:e}");
        }
    }
}

#[test]
fn an_exact_plan_is_solved_as_what_it_says_it_is_and_not_as_an_entropic_one() {
    for (name, instance) in instances() {
        let exact = optimum(&instance);
        for duals in [exact.duals.clone(), None] {
            let metrics =
                instance.evaluate(&OtSolution::Exact(SparsePlan { duals, entries: exact.entries.clone() }));
            assert!(metrics.get("marginal_l1").unwrap() < 1e-12, "{name}");
            assert_eq!(metrics.get("unregularised"), Some(1.0));
        }
        let metrics = instance.evaluate(&OtSolution::Plan(SparsePlan { duals: None, ..exact }));
        assert!(metrics.get("marginal_l1").unwrap() > 1e-3 || name == VANISHING, "{name}");
        assert_eq!(metrics.get("unregularised"), None);
    }
}

#[test]
fn a_plan_that_is_no_optimum_is_not_solved_whatever_it_says_and_whatever_duals_come_with_it() {
    for (name, instance) in instances() {
        let exact = optimum(&instance);
        let (u, v) = exact.duals.clone().unwrap();
        let far = |duals| {
            let OtSolution::Plan(plan) = bare(&independent(&instance)) else { unreachable!() };
            error(&instance, &OtSolution::Exact(SparsePlan { duals, ..plan }))
        };
        // Right duals, duals that would certify anything if they were believed, duals beside which the costs vanish, in all
        // rows and in some, and none of any use.
        let moved = |by: f64| -> Vec<f64> { u.iter().map(|u| u + by).collect() };
        let mut uneven = moved(0.0);
        uneven.iter_mut().step_by(2).for_each(|u| *u += 1e18);
        let zeros = vec![0.0; instance.n()];
        for u in [moved(0.0), moved(1e3), moved(1e25), moved(-1e25), uneven, zeros] {
            let duals = (u, v.clone());
            let found = far(Some(duals));
            assert!(found > 0.9, "{name}: {found:e}");
        }
        // The entropic optimum is as far from an exact one as its cost is above, in units of about its range; on the grid it
        // is one of several.
        let solved = run(&NewtonDense::default(), &instance, 1e-12, 1000);
        let entropic = error(&instance, &as_exact(bare(&plan_of(&instance, &solved.solution))));
        let excess = solved.get("cost_excess") / instance.mass();
        assert!(entropic > 0.3 * excess - 1e-12, "{name}: {entropic:e} with {excess:e}");
    }
}

#[test]
fn small_entries_that_were_dropped_cost_the_mass_that_they_had() {
    for (name, instance) in instances() {
        let solved = run(&NewtonDense::default(), &instance, 1e-12, 1000);
        let plan = plan_of(&instance, &solved.solution);
        for threshold in [1e-5, 1e-8, 1e-12, 1e-15] {
            let kept = mapped(&plan, |p| if p < threshold { 0.0 } else { p });
            let dropped: f64 = plan.rows().flatten().filter(|p| **p < threshold).sum();
            let found = error(&instance, &bare(&kept));
            // Once in its rows, once in its columns, once in the form.
            assert!(found < 3.1 * dropped + 1e-10, "{name} at {threshold:e}: {found:e}, {dropped:e} dropped");
            assert!(found > 1.9 * dropped - 1e-11, "{name} at {threshold:e}: {found:e}, {dropped:e} dropped");
        }
    }
}

#[test]
fn a_plan_of_which_only_a_permutation_has_not_underflowed_is_solved() {
    // ηΔ is so large that all other entries vanish in the double precision of the plan.
    let instance = assignment(6, 4, 1e5);
    let gap = instance.describe()["eta_gap"].as_f64().unwrap();
    assert!(gap > 745.0, "{gap}");
    let mut permutation = Matrix::zeros(6, 6);
    for &(i, j, p) in &optimum(&instance).entries {
        permutation.row_mut(i as usize)[j as usize] = p;
    }
    let found = error(&instance, &bare(&permutation));
    assert!(found < 1e-12, "{found:e}");
    // Any other permutation is not.
    let other = Matrix::from_fn(6, 6, |i, j| permutation[((i + 1) % 6, j)]);
    let found = error(&instance, &bare(&other));
    assert!(found > 0.5, "{found:e}");
}

#[test]
fn a_plan_in_single_precision_is_solved_to_single_precision() {
    for (name, instance) in instances() {
        let solved = run(&NewtonDense::default(), &instance, 1e-12, 1000);
        let single = mapped(&plan_of(&instance, &solved.solution), |p| f64::from(p as f32));
        let found = error(&instance, &bare(&single));
        assert!(found < 1e-6, "{name}: {found:e}");
    }
}

#[test]
fn a_plan_that_was_rounded_onto_its_marginals_is_solved_at_a_small_multiple_of_its_error() {
    for (name, instance) in instances() {
        for tol in [1e-3, 1e-6, 1e-9] {
            let solved = run(&Sinkhorn::default(), &instance, tol, 30_000);
            let before = solved.get("marginal_l1");
            let rounded = rounded(&instance, &plan_of(&instance, &solved.solution));
            let metrics = instance.evaluate(&bare(&rounded));
            assert!(metrics.get("marginal_l1_row").unwrap() < 1e-14, "{name}");
            let found = metrics.get("marginal_l1").unwrap();
            assert!(found < 10.0 * before + 1e-11, "{name}: {found:e} from {before:e}");
        }
    }
}

/// Algorithm 2 of Altschuler, Weed and Rigollet (`NeurIPS` 2017): to exact marginals by scaling down and a product.
fn rounded(instance: &OtInstance, plan: &Matrix) -> Matrix {
    let (n, m) = (plan.n(), plan.m());
    let scale = |wanted: f64, sum: f64| (wanted / sum).min(1.0);
    let by_row: Vec<f64> =
        plan.rows().zip(instance.r()).map(|(row, r)| scale(*r, row.iter().sum())).collect();
    let half = Matrix::from_fn(n, m, |i, j| by_row[i] * plan[(i, j)]);
    let column = |p: &Matrix, j: usize| p.rows().map(|row| row[j]).sum::<f64>();
    let by_column: Vec<f64> = (0..m).map(|j| scale(instance.c()[j], column(&half, j))).collect();
    let below = Matrix::from_fn(n, m, |i, j| half[(i, j)] * by_column[j]);
    let rows: Vec<f64> = below.rows().zip(instance.r()).map(|(row, r)| r - row.iter().sum::<f64>()).collect();
    let columns: Vec<f64> = (0..m).map(|j| instance.c()[j] - column(&below, j)).collect();
    let missing: f64 = rows.iter().sum();
    if missing <= 0.0 {
        return below;
    }
    Matrix::from_fn(n, m, |i, j| (below[(i, j)] + rows[i] * columns[j] / missing).max(0.0))
}

#[test]
fn a_plan_without_a_row_is_judged_and_not_solved() {
    let instance = assignment(20, 3, 300.0);
    let solved = run(&NewtonDense::default(), &instance, 1e-12, 1000);
    let mut plan = plan_of(&instance, &solved.solution);
    plan.row_mut(4).fill(0.0);
    let found = error(&instance, &bare(&plan));
    assert!(found > 0.05 && found < 0.2, "{found:e}");
}

/// A small random problem, with a plan of its optimum.
fn small(n: usize, m: usize, seed: u64, eta: f64) -> (OtInstance, Matrix, SplitMix64) {
    let mut g = SplitMix64::new(seed);
    let cost = Matrix::from_fn(n, m, |_, _| g.uniform());
    let instance = OtInstance::new(cost, g.weights(n), g.weights(m), eta).unwrap();
    let solved = run(&NewtonDense::default(), &instance, 1e-12, 1000);
    let plan = plan_of(&instance, &solved.solution);
    (instance, plan, g)
}

proptest! {
    #[test]
    fn the_optimum_is_solved_and_no_plan_far_from_it_is(
        n in 2_usize..9, m in 2_usize..9, seed: u64, eta in 1.0_f64..300.0, share in 0.01_f64..1.0,
    ) {
        let (instance, plan, _) = small(n, m, seed, eta);
        let at_optimum = error(&instance, &bare(&plan));
        prop_assert!(at_optimum < 1e-10, "{at_optimum:e}");
        // On the way to the independent coupling: feasible, and off the form.
        let other = independent(&instance);
        let mixed = Matrix::from_fn(n, m, |i, j| (1.0 - share) * plan[(i, j)] + share * other[(i, j)]);
        let distance: f64 = mixed.rows().flatten().zip(plan.rows().flatten()).map(|(a, b)| (a - b).abs()).sum();
        let found = error(&instance, &bare(&mixed));
        // It is at most as far from the form as from the optimum, which has it; and it may be nearer to another plan of the
        // form, but not by much while that has other marginals.
        prop_assert!(found <= 1.2 * distance + 1e-10, "{found:e}, {distance:e} from the optimum");
        prop_assert!(found >= 0.02 * distance - 1e-10, "{found:e}, {distance:e} from the optimum");
    }

    #[test]
    fn what_proves_a_small_error_is_a_plan_of_potentials_with_small_errors(
        n in 2_usize..9, m in 2_usize..9, seed: u64, eta in 1.0_f64..300.0, noise in 1e-8_f64..1e-2,
    ) {
        let (instance, plan, mut g) = small(n, m, seed, eta);
        let noisy = Matrix::from_fn(n, m, |i, j| plan[(i, j)] * (1.0 + noise * (2.0 * g.uniform() - 1.0)));
        let found = error(&instance, &bare(&noisy));
        let off: f64 = noisy.rows().flatten().zip(plan.rows().flatten()).map(|(a, b)| (a - b).abs()).sum();
        prop_assert!(found <= 4.0 * off + 1e-10, "{found:e} from {off:e} of noise");
    }

    #[test]
    fn the_gap_of_an_exact_plan_does_not_depend_on_units_and_on_what_is_added_to_lines(
        n in 2_usize..8, m in 2_usize..8, seed: u64, unit in 0.01_f64..100.0,
    ) {
        let (instance, plan, mut g) = small(n, m, seed, 50.0);
        let added: Vec<f64> = (0..n).map(|_| 3.0 * g.uniform()).collect();
        let cost = Matrix::from_fn(n, m, |i, j| unit * (instance.cost()[(i, j)] + added[i]));
        let other = OtInstance::new(cost, instance.r().to_vec(), instance.c().to_vec(), 50.0).unwrap();
        let (a, b) = (error(&instance, &as_exact(bare(&plan))), error(&other, &as_exact(bare(&plan))));
        prop_assert!((a - b).abs() < 1e-9, "{a:e} {b:e}");
    }
}

#[test]
fn our_own_exact_solver_is_marked_as_answering_another_problem() {
    let instance = assignment(30, 1, 1200.0);
    let solved = run(&Exact::default(), &instance, 1e-12, 1000);
    assert_eq!(solved.status, SolverStatus::Solved);
    assert_eq!(solved.get("unregularised"), 1.0);
}
