//! Every method against its map by definition.

use harness_core::Dtype;
use harness_core::frame::End;
use serde_json::{Value, json};
use suite_equivariant_tensor_products::suite;

use crate::cells::{cell, run};

/// Runs every method that takes the problem; gives back how many did.
pub(crate) fn all_methods(problem: &str, params: &Value) -> usize {
    let suite = suite();
    let mut took_it = 0;
    for solver in suite.solvers() {
        for dtype in [Dtype::F64, Dtype::F32] {
            for layout in ["row_major", "batch_lanes"] {
                if solver.resolve(json!({"layout": layout}).as_object().unwrap()).is_err() {
                    continue;
                }
                let cell = cell(&suite, (problem, params), (&solver.id, &json!({"layout": layout})), dtype);
                let Ok(end) = run(&suite, &cell) else { continue };
                took_it += 1;
                assert_exact(&end, dtype, &format!("{problem} {params} {} {dtype} {layout}", solver.id));
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
