//! Every method against its map by definition.

use harness_core::Dtype;
use harness_core::frame::End;
use serde_json::{Value, json};
use suite_equivariant_tensor_products::suite;

use crate::cells::{cell, run};

/// Defaults, and parameters that some method takes; what it does not take is passed over.
const VARIANTS: [&str; 3] = ["{}", r#"{"layout": "batch_lanes"}"#, r#"{"grid": "driscoll_healy"}"#];

/// Runs every method that takes the problem; gives back how many did.
pub(crate) fn all_methods(problem: &str, params: &Value) -> usize {
    let suite = suite();
    let mut took_it = 0;
    for solver in suite.solvers() {
        for dtype in [Dtype::F64, Dtype::F32] {
            for variant in VARIANTS {
                let variant: Value = serde_json::from_str(variant).unwrap();
                if solver.resolve(variant.as_object().unwrap()).is_err() {
                    continue;
                }
                let cell = cell(&suite, (problem, params), (&solver.id, &variant), dtype);
                let Ok(end) = run(&suite, &cell) else { continue };
                took_it += 1;
                assert_exact(&end, dtype, &format!("{problem} {params} {} {dtype} {variant}", solver.id));
            }
        }
    }
    took_it
}

/// Asserts that errors are rounding.
#[track_caller]
pub(crate) fn assert_exact(end: &End, dtype: Dtype, what: &str) {
    let tolerance = if dtype == Dtype::F64 { 1e-12 } else { 5e-6 };
    for metric in ["error", "equivariance_error"] {
        if let Some(error) = end.metrics.get(metric) {
            assert!(error <= tolerance, "{what}: {metric} {error:e}");
        }
    }
}

#[test]
fn every_method_computes_its_map_and_is_equivariant_on_all_degrees() {
    for lmax in 0..=6 {
        for filter in ["even", "odd", "all"] {
            let taken = all_methods("tensor_product", &json!({"lmax": lmax, "filter": filter, "batch": 37}));
            // Scalars have no odd path, and a product that writes out paths then has no output.
            assert!(taken >= if lmax == 0 { 8 } else { 16 }, "{lmax} {filter}: {taken}");
        }
    }
}

#[test]
fn every_method_computes_its_map_on_single_degrees() {
    for lmax in 1..=4 {
        for setting in ["siso", "simo"] {
            for filter in ["even", "all"] {
                let params = json!({"setting": setting, "lmax": lmax, "filter": filter, "batch": 37});
                assert!(all_methods("tensor_product", &params) >= 12);
            }
        }
    }
}

#[test]
fn outputs_may_be_cut_at_any_degree() {
    for lout in 0..=6 {
        for filter in ["even", "odd", "all"] {
            all_methods("tensor_product", &json!({"lmax": 3, "lout": lout, "filter": filter, "batch": 21}));
        }
    }
}

#[test]
fn vector_fields_are_multiplied_as_vectors() {
    for lmax in 0..=4 {
        let params = json!({"lmax": lmax, "filter": "even", "signal": "vector", "batch": 19});
        assert!(all_methods("tensor_product", &params) >= 4);
    }
}

fn metric(problem: (&str, &Value), solver: &str, metric: &str) -> f64 {
    let suite = suite();
    let end =
        run(&suite, &cell(&suite, problem, (solver, &json!({})), Dtype::F64)).expect("it takes the problem");
    end.metrics.get(metric).unwrap_or_else(|| panic!("there is no metric {metric}"))
}

#[test]
fn couplings_read_off_outputs_give_the_degrees_of_freedom_of_the_papers() {
    for (lmax, paths, even) in [(1, 6.0, 5.0), (2, 19.0, 14.0), (3, 44.0, 30.0), (6, 231.0, 140.0)] {
        let merged = f64::from(4 * lmax + 1);
        let (all, natural) =
            (json!({"lmax": lmax, "filter": "all"}), json!({"lmax": lmax, "filter": "even"}));
        let all = |solver, name| metric(("path_probes", &all), solver, name);
        let natural = |solver, name| metric(("path_probes", &natural), solver, name);
        assert_eq!((all("cg_sparse", "gamma"), all("cg_sparse", "paths_reached")), (paths, paths));
        assert_eq!((all("matrix_full", "gamma"), natural("gaunt_sparse", "gamma")), (merged, merged));
        assert_eq!(natural("gaunt_grid_separable", "paths_reached"), even);
        // The 6j symbols of the permutations of (3, 5, 6) vanish for matrices on the irrep 6.
        let missed = if lmax == 6 { 6.0 } else { 0.0 };
        assert_eq!(all("matrix_single_irrep", "paths_reached"), paths - missed);
        assert!(all("matrix_single_irrep", "off_path") < 1e-12);
    }
}

#[test]
fn only_products_with_odd_paths_tell_the_chiral_shapes_apart() {
    let (all, even) = (json!({"filter": "all"}), json!({"filter": "even"}));
    for solver in ["cg_sparse", "cg_weighted", "matrix_single_irrep"] {
        assert_eq!(metric(("tetris", &all), solver, "shapes_told_apart"), 8.0, "{solver}");
        assert!(metric(("tetris", &all), solver, "chirality_gap") > 1e-7, "{solver}");
    }
    for solver in ["gaunt_sparse", "gaunt_grid_separable", "cg_sparse"] {
        assert_eq!(metric(("tetris", &even), solver, "shapes_told_apart"), 7.0, "{solver}");
        assert!(metric(("tetris", &even), solver, "chirality_gap") < 1e-12, "{solver}");
    }
}

#[test]
fn a_product_whose_shape_has_no_path_is_refused_or_says_that_nothing_comes_out() {
    let siso = json!({"setting": "siso", "lmax": 3, "filter": "even", "batch": 8});
    let suite = suite();
    let refused =
        run(&suite, &cell(&suite, ("tensor_product", &siso), ("cg_sparse", &json!({})), Dtype::F64));
    assert!(refused.is_err_and(|e| e.contains("nothing comes out")));
    assert_eq!(metric(("tensor_product", &siso), "gaunt_grid_separable", "null_output"), 1.0);
}

#[test]
fn powers_are_products_of_the_feature_with_itself_cut_at_the_end() {
    for nu in [2, 3, 4] {
        for lmax in 0..=3 {
            for lout in [0, lmax, lmax + 1, nu * lmax] {
                if lout > nu * lmax {
                    continue;
                }
                let params = json!({"lmax": lmax, "lout": lout, "nu": nu, "nodes": 3, "channels": 7});
                let taken = all_methods("many_body", &params);
                assert_eq!(
                    taken,
                    2 * (3 * 2 + 2 + 1),
                    "three in both layouts, the grids, and the Fourier basis"
                );
            }
        }
        let weighted = json!({"lmax": 2, "nu": nu, "filter": "all", "nodes": 3, "channels": 7});
        assert_eq!(all_methods("many_body", &weighted), 2 * 2, "in both types and layouts");
    }
}
