//! Instances and solutions as files: a file that numpy wrote, round trips, and every fault with its sentence.

use std::fs;
use std::path::{Path, PathBuf};

use harness_core::{Instance, Params, Problem};
use harness_datasets::readers::npy::Array;
use harness_datasets::readers::npz::{self, Compression};
use proptest::prelude::*;
use suite_optimal_transport::problems::File;
use suite_optimal_transport::solvers::NewtonDense;
use suite_optimal_transport::{OtInstance, OtSolution};

use crate::common::{assignment, context, optimum, random_tied, run};

/// Written by numpy 2.4: `C` in Fortran order, `r` as integers with a zero, `c` with a zero, `eta = 25`.
fn numpy_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/numpy_small.npz")
}

/// The plan of that problem by POT 0.9.7 (`ot.sinkhorn`, method `sinkhorn_log`, `stopThr=1e-15`), zero lines put back.
const POT_PLAN: [f64; 12] = [
    0.060_477_508_486_836_244,
    0.181_432_525_460_508_78,
    0.0,
    1.758_089_966_052_655_4,
    0.0,
    0.0,
    0.0,
    0.0,
    0.939_522_491_513_163_9,
    2.818_567_474_539_493,
    0.0,
    2.241_910_033_947_345_2,
];
const POT_COST: f64 = 3.324_191_003_394_735;

#[test]
fn a_file_by_numpy_is_solved_as_pot_solves_it() {
    let instance = OtInstance::read(&numpy_file()).unwrap();
    assert_eq!((instance.n(), instance.m(), instance.eta(), instance.mass()), (2, 3, 25.0, 8.0));
    let solved = run(&NewtonDense::default(), &instance, 1e-14, 200);
    assert!((solved.get("cost") - POT_COST).abs() < 1e-12);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.npz");
    instance.write_solution(&solved.solution, "plan", &path).unwrap();
    let mut written = npz::read(&path).unwrap();
    let names: Vec<_> = written.keys().cloned().collect();
    assert_eq!(names, ["P", "eta", "x", "y"]);
    let plan = written.remove("P").unwrap();
    assert_eq!(plan.shape(), [3, 4]);
    let plan = plan.into_f64();
    for (ours, theirs) in plan.iter().zip(POT_PLAN) {
        assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
    }
    // P_ij = exp(η(x_i + y_j − C_ij)) holds for what is written, empty lines included.
    let (x, y) = (written.remove("x").unwrap().into_f64(), written.remove("y").unwrap().into_f64());
    let cost = npz::read(&numpy_file()).unwrap().remove("C").unwrap().into_f64();
    for (k, p) in plan.iter().enumerate() {
        assert!((p - (25.0 * (x[k / 4] + y[k % 4] - cost[k])).exp()).abs() < 1e-12);
    }
    assert_eq!((x[1], y[2]), (f64::NEG_INFINITY, f64::NEG_INFINITY));
}

#[test]
fn eta_is_the_parameter_s_then_the_file_s_then_the_paper_s() {
    let path = numpy_file().display().to_string();
    let read = |eta| File { path: path.clone(), eta }.instance(&context(0, PathBuf::new())).unwrap().eta();
    assert_eq!((read(None), read(Some(3.0))), (25.0, 3.0));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("i.npz");
    write(&path, &[("C", &[1, 1], &[1.0]), ("r", &[1], &[1.0]), ("c", &[1, 1], &[1.0])]);
    assert_eq!(OtInstance::read(&path).unwrap().eta(), 1200.0);
    assert!(File::default().check().is_err());
}

#[test]
fn solutions_come_back_as_they_went() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.npz");
    let instance = OtInstance::read(&numpy_file()).unwrap();
    let solved = run(&NewtonDense::default(), &instance, 1e-14, 200);

    instance.write_solution(&solved.solution, "potentials", &path).unwrap();
    let back = instance.evaluate(&instance.read_solution(&path).unwrap());
    for (name, value) in back.iter() {
        assert!((value - solved.get(name)).abs() < 1e-12, "{name}");
    }

    // As a plan, judged from its entries alone: the same numbers by another way.
    instance.write_solution(&solved.solution, "plan", &path).unwrap();
    let back = instance.evaluate(&instance.read_solution(&path).unwrap());
    for name in ["marginal_l1", "cost", "entropy_term", "primal_value", "cost_excess"] {
        assert!((back.get(name).unwrap() - solved.get(name)).abs() < 1e-12, "{name}");
    }

    let exact = OtSolution::Exact(optimum(&instance));
    instance.write_solution(&exact, "plan", &path).unwrap();
    let names: Vec<_> = npz::read(&path).unwrap().into_keys().collect();
    assert_eq!(names, ["P", "eta", "u", "v"]);
    let back = instance.evaluate(&instance.read_solution(&path).unwrap());
    assert!(back.get("cost_excess").unwrap().abs() < 1e-14 && back.get("marginal_l1").unwrap() < 1e-15);

    let error = instance.write_solution(&exact, "curve", &path).unwrap_err().to_string();
    assert_eq!(error, "cannot save `curve` of a transport plan; expected one of plan, potentials");
}

#[test]
fn solutions_in_the_shape_of_the_written_instance_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let (problem, answer) = (folder.path().join("p.npz"), folder.path().join("a.npz"));
    let instance = OtInstance::read(&numpy_file()).unwrap();
    instance.write(&problem).unwrap();
    let peer = OtInstance::read(&problem).unwrap();
    assert_eq!(
        (peer.cost(), peer.r(), peer.c(), peer.mass()),
        (instance.cost(), instance.r(), instance.c(), 8.0)
    );
    let solved = run(&NewtonDense::default(), &peer, 1e-14, 200);
    for what in ["plan", "potentials"] {
        peer.write_solution(&solved.solution, what, &answer).unwrap();
        let judged = instance.evaluate(&instance.read_solution(&answer).unwrap());
        assert!((judged.get("cost").unwrap() - POT_COST).abs() < 1e-12);
    }
}

proptest! {
    #[test]
    fn instances_come_back_as_they_went(n in 1_usize..8, m in 1_usize..8, seed: u64, random: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("i.npz");
        let instance = if random { random_tied(n, m, seed, 2.0) } else { assignment(n, seed, 7.0) };
        instance.write(&path).unwrap();
        let back = OtInstance::read(&path).unwrap();
        prop_assert_eq!(back.cost(), instance.cost());
        prop_assert_eq!(back.eta(), instance.eta());
        for (a, b) in back.r().iter().chain(back.c()).zip(instance.r().iter().chain(instance.c())) {
            prop_assert!((a - b).abs() <= 4.0 * f64::EPSILON * a);
        }
    }
}

type Content<'a> = [(&'a str, &'a [usize], &'a [f64])];

fn write(path: &Path, content: &Content<'_>) {
    let arrays: Vec<_> = content
        .iter()
        .map(|(name, shape, data)| (*name, Array::new(*shape, data.to_vec()).unwrap()))
        .collect();
    let arrays: Vec<_> = arrays.iter().map(|(name, array)| (*name, array)).collect();
    npz::write(path, &arrays, Compression::Stored).unwrap();
}

#[test]
fn every_fault_is_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.npz");
    let half: (&[usize], &[f64]) = (&[2], &[0.5, 0.5]);
    let cost: (&[usize], &[f64]) = (&[2, 2], &[0.0, 1.0, 1.0, 0.0]);
    let read = |c: (&[usize], &[f64]), r: (&[usize], &[f64]), w: (&[usize], &[f64])| {
        write(&path, &[("C", c.0, c.1), ("r", r.0, r.1), ("c", w.0, w.1)]);
        OtInstance::read(&path).unwrap_err().to_string()
    };
    let name = path.display().to_string();
    for (message, part) in [
        (
            read((&[2, 2], &[0.0, f64::NAN, 1.0, 0.0]), half, half),
            "`C[0, 1]` is NaN; every cost must be finite",
        ),
        (read((&[4], &[0.0; 4]), half, half), "`C` has shape [4]; it must be a matrix"),
        (read((&[0, 2], &[]), half, half), "`C` has shape [0, 2]; it must not be empty"),
        (read(cost, (&[2], &[-0.5, 1.5]), half), "`r[0]` is -0.5; a mass must be finite and not negative"),
        (read(cost, (&[2], &[0.0, 0.0]), half), "`r` sums to 0; it must sum to a positive finite mass"),
        (
            read(cost, half, (&[3], &[0.2, 0.3, 0.5])),
            "`c` has 3 entries, but `C` has 2 columns; they must agree",
        ),
        (read(cost, half, (&[2, 2], &[0.25; 4])), "`c` has shape [2, 2]; it must be a vector"),
        (read(cost, half, (&[2], &[0.5, 0.500_01])), "the sums must agree to 0.000001 relatively"),
    ] {
        assert!(message.contains(part), "{message}");
        assert!(message.starts_with(&name) && !message.contains('\n'), "{message}");
    }

    write(&path, &[("C", cost.0, cost.1), ("r", half.0, half.1)]);
    let message = OtInstance::read(&path).unwrap_err().to_string();
    assert!(message.contains("there is no array `c`"), "{message}");
    fs::write(&path, "C,r,c").unwrap();
    let message = OtInstance::read(&path).unwrap_err().to_string();
    assert!(message.contains("expected an npz file") && message.starts_with(&name), "{message}");
    let message = OtInstance::read(&folder.path().join("none.npz")).unwrap_err().to_string();
    assert!(message.contains("cannot read"), "{message}");
}

#[test]
fn faults_of_solutions_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.npz");
    let instance = OtInstance::read(&numpy_file()).unwrap();
    let read = |content: &Content<'_>| {
        write(&path, content);
        instance.read_solution(&path).unwrap_err().to_string()
    };
    let message = read(&[("P", &[2, 2], &[0.0; 4])]);
    assert!(
        message.contains("the instance is 3 × 4, or 2 × 3 without the empty rows and columns"),
        "{message}"
    );
    let mut plan = [0.0; 12];
    plan[5] = 0.1;
    let message = read(&[("P", &[3, 4], &plan)]);
    assert!(message.contains("`P[1, 1]` is 0.1, but its row or column has no mass"), "{message}");
    // What is no plan: not finite, negative, of another mass.
    let mut plan = POT_PLAN;
    for (entry, shown) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (-1e-9, "-0.000000001")] {
        plan[1] = entry;
        let message = read(&[("P", &[3, 4], &plan)]);
        let told = format!("`P[0, 1]` is {shown}; a plan's entries must be finite and not negative");
        assert!(message.contains(&told), "{message}");
    }
    let message = read(&[("P", &[3, 4], &[f64::NAN; 12])]);
    assert!(message.contains("`P[0, 0]` is NaN"), "{message}");
    for factor in [0.0, 0.125, 0.5, 1.5, 8.0] {
        let message = read(&[("P", &[3, 4], &POT_PLAN.map(|p| factor * p))]);
        let told = "but the marginals to 8; give the plan in the instance's own mass";
        assert!(message.contains(told), "{message}");
    }
    // What are no potentials; where there is no mass they may be anything.
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let y: (&str, &[usize], &[f64]) = ("y", &[4], &[0.0, 0.0, nan, 0.0]);
    for (x, shown) in [([nan; 3], "`x[0]` is NaN"), ([0.0, nan, inf], "`x[2]` is inf")] {
        let message = read(&[("x", &[3], &x), y]);
        assert!(message.contains(shown) && message.contains("wherever there is mass"), "{message}");
    }
    let message = read(&[("x", &[2], &[0.0; 2]), ("y", &[3], &[0.0, 0.0, -inf])]);
    assert!(message.contains("`y[2]` is -inf; it must be finite"), "{message}");
    let message = read(&[("x", &[3], &[0.0; 3])]);
    assert!(message.contains("there is no array `y`"), "{message}");
    let message = read(&[("x", &[7], &[0.0; 7]), ("y", &[4], &[0.0; 4])]);
    assert!(message.contains("`x` has 7 entries; the instance has 3"), "{message}");
    // What contradicts itself, or answers another problem.
    let p: (&str, &[usize], &[f64]) = ("P", &[3, 4], &POT_PLAN);
    let (u, v): ((&str, &[usize], &[f64]), (&str, &[usize], &[f64])) =
        (("u", &[3], &[0.0; 3]), ("v", &[4], &[0.0; 4]));
    let eta = |eta: &'static [f64]| ("eta", &[][..], eta);
    for (content, told) in [
        (vec![p, u], "there is `u` and no `v`; dual variables come in pairs"),
        (vec![p, u, v, eta(&[25.0])], "but `eta` is the instance's"),
        (
            vec![p, eta(&[26.0])],
            "`eta` is 26, so that this is a solution of another problem; the instance has 25",
        ),
        (vec![p, eta(&[f64::NAN])], "`eta` is NaN"),
        (vec![eta(&[f64::INFINITY]), y], "there is no array `P`"),
    ] {
        let message = read(&content);
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn a_solution_file_says_which_problem_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.npz");
    let instance = OtInstance::read(&numpy_file()).unwrap();
    let p: (&str, &[usize], &[f64]) = ("P", &[3, 4], &POT_PLAN);
    let (u, v): ((&str, &[usize], &[f64]), (&str, &[usize], &[f64])) =
        (("u", &[3], &[0.0; 3]), ("v", &[4], &[0.0; 4]));
    for (more, exact) in [
        (vec![], false),
        (vec![("eta", &[][..], &[25.0][..])], false),
        (vec![("eta", &[][..], &[f64::INFINITY][..])], true),
        (vec![u, v], true),
    ] {
        let content: Vec<_> = [p].into_iter().chain(more).collect();
        write(&path, &content);
        let solution = instance.read_solution(&path).unwrap();
        assert_eq!(matches!(solution, OtSolution::Exact(_)), exact);
        // It is the regularised optimum, and no other.
        assert_eq!(instance.evaluate(&solution).get("marginal_l1").unwrap() < 1e-9, !exact);
        // And says so still when it is written again.
        instance.write_solution(&solution, "plan", &path).unwrap();
        let again = instance.read_solution(&path).unwrap();
        assert_eq!(matches!(again, OtSolution::Exact(_)), exact);
    }
}
