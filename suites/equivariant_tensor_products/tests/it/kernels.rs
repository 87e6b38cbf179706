//! Kernels that are no products, what the judge says of wrong answers, and results on several threads.

use harness_core::{Dtype, Instance};
use serde_json::{Value, json};
use suite_equivariant_tensor_products::instance::Task;
use suite_equivariant_tensor_products::layout::Signal;
use suite_equivariant_tensor_products::math::paths::{Filter, Setting, Shape};
use suite_equivariant_tensor_products::{Map, ProductInstance, ProductSolution, Values, suite};

use crate::cells::{cell, run};
use crate::methods::{all_methods, assert_exact};

#[test]
fn harmonics_by_recurrences_are_those_of_the_definition_and_equivariant() {
    for lmax in [0, 1, 2, 5, 16, 32] {
        assert_eq!(all_methods("harmonics", &json!({"lmax": lmax, "points": 45})), 4, "{lmax}");
    }
}

#[test]
fn what_drives_the_machine_to_its_limits_has_done_all_of_its_work_on_any_threads() {
    let suite = suite();
    for solver in ["fma_peak", "stream_write", "stream_copy"] {
        for dtype in [Dtype::F32, Dtype::F64] {
            for threads in [1, 2, 3] {
                let mut cell = cell(&suite, ("machine", &json!({"size": 4096})), (solver, &json!({})), dtype);
                cell.threads = threads;
                let end = run(&suite, &cell).unwrap();
                assert_eq!(end.metrics.get("error"), Some(0.0), "{solver} {dtype} {threads}");
                let bytes = 4096 * if dtype == Dtype::F32 { 4 } else { 8 };
                let expected = match solver {
                    "fma_peak" => [2 * 4096, 0],
                    "stream_write" => [0, bytes],
                    _ => [0, 2 * bytes],
                };
                assert_eq!(["flops", "bytes"].map(|name| end.counters[name]), expected, "{solver}");
            }
        }
    }
}

#[test]
fn the_judge_sees_one_number_too_few_and_one_wrong_harmonic() {
    let shape = Shape { setting: Setting::Simo, filter: Filter::All, lmax: 1, lout: 1 };
    let harmonics =
        ProductInstance::new(shape, Signal::Scalar, Task::Harmonics, vec![0.0, 0.6, 0.8], Vec::new())
            .unwrap();
    let y = |wrong: f64| {
        let unit = (3.0 / (4.0 * std::f64::consts::PI)).sqrt();
        vec![0.5 / std::f64::consts::PI.sqrt(), 0.0, 0.6 * unit, 0.8 * unit + wrong]
    };
    let single = Shape::full(Setting::Siso, Filter::All, 0);
    let machine =
        ProductInstance::new(single, Signal::Scalar, Task::Machine { size: 1024 }, vec![1.0], vec![1.0])
            .unwrap();
    let error = |instance: &ProductInstance, map, values| {
        let solution = ProductSolution { map, values: Values::F64(values) };
        instance.evaluate(&solution).get("error").unwrap()
    };
    assert!(error(&harmonics, Map::SphericalHarmonics, y(0.0)) < 1e-15);
    assert!(error(&harmonics, Map::SphericalHarmonics, y(1e-6)) > 1e-7);
    assert_eq!(error(&machine, Map::Machine, vec![1024.0]), 0.0);
    assert!(error(&machine, Map::Machine, vec![1023.0]) > 1e-4);
}

#[test]
fn one_degree_more_reaches_the_six_paths_that_matrices_on_the_least_irrep_miss() {
    let suite = suite();
    let reached = |inner: Value| {
        let problem = json!({"lmax": 6});
        let solver = json!({"inner": inner});
        let cell = cell(&suite, ("path_probes", &problem), ("matrix_single_irrep", &solver), Dtype::F64);
        let end = run(&suite, &cell).unwrap();
        assert_exact(&end, Dtype::F64, &format!("{solver}"));
        end.metrics.get("paths_reached").unwrap()
    };
    let all = Shape::full(Setting::Mimo, Filter::All, 6).paths().len() as f64;
    assert_eq!(reached(Value::Null), all - 6.0);
    assert_eq!(reached(json!(7)), all);
}

#[test]
fn an_irrep_too_small_for_the_output_is_refused_when_the_plan_is_made() {
    let suite = suite();
    let solver = json!({"inner": 3});
    let problem = json!({"lmax": 4, "filter": "all", "batch": 8});
    let cell = cell(&suite, ("tensor_product", &problem), ("matrix_single_irrep", &solver), Dtype::F64);
    let refusal = run(&suite, &cell).unwrap_err();
    assert!(refusal.contains("hold degrees up to 6, here are 8: `inner` must be at least 4"), "{refusal}");
}

#[test]
fn maps_are_read_back_from_their_names_with_the_irrep_that_matrices_act_on() {
    let on = |inner| Map::MatrixSingleIrrep { inner };
    assert_eq!(on(Some(7)).name(), "matrix_single_irrep_7");
    for map in Map::named().chain([on(Some(7)), on(Some(0))]) {
        assert_eq!(Map::from_name(&map.name()), Some(map));
    }
    for name in ["", "gaunts", "matrix_single_irrep_", "matrix_single_irrep_x", "matrix_single_irrep7"] {
        assert_eq!(Map::from_name(name), None, "{name}");
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let suite = suite();
    let mut taken = 0;
    let problems = [
        ("tensor_product", json!({"lmax": 2, "filter": "even", "batch": 1100})),
        ("tensor_product", json!({"lmax": 2, "filter": "odd", "batch": 1100})),
        ("tensor_product", json!({"lmax": 2, "filter": "all", "batch": 1100})),
        ("tensor_product", json!({"lmax": 1, "filter": "even", "signal": "vector", "batch": 1100})),
        ("convolution", json!({"lmax": 2, "edges": 1100})),
        ("many_body", json!({"lmax": 1, "nodes": 11, "channels": 100})),
        ("harmonics", json!({"lmax": 3, "points": 1100})),
    ];
    for (problem, params) in &problems {
        for solver in suite.solvers() {
            for layout in ["row_major", "batch_lanes"] {
                let given = json!({"layout": layout});
                if solver.resolve(given.as_object().unwrap()).is_err() {
                    continue;
                }
                let hash = |threads| {
                    let mut cell = cell(&suite, (problem, params), (&solver.id, &given), Dtype::F32);
                    cell.threads = threads;
                    run(&suite, &cell).map(|end| end.result_hash)
                };
                let Ok(one) = hash(1) else { continue };
                taken += 1;
                for threads in [2, 3] {
                    assert_eq!(hash(threads).as_ref(), Ok(&one), "{problem} {params} {} {layout}", solver.id);
                }
            }
        }
    }
    assert!(taken >= 40, "{taken}");
}
