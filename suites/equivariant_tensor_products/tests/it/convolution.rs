//! Convolutions over edges: every method, and eSCN's rotations in all three ways.

use harness_core::Dtype;
use serde_json::json;
use suite_equivariant_tensor_products::suite;

use crate::cells::{cell, run};
use crate::methods::{all_methods, assert_exact};

#[test]
fn every_method_convolves_as_its_map_says_and_is_equivariant() {
    for lmax in 0..=6 {
        for filter in ["even", "odd", "all"] {
            let taken = all_methods("convolution", &json!({"lmax": lmax, "filter": filter, "edges": 37}));
            assert!(taken >= if lmax == 0 { 8 } else { 16 }, "{lmax} {filter}: {taken}");
        }
    }
}

#[test]
fn escn_is_the_weighted_product_however_it_rotates_and_wherever_the_output_is_cut() {
    let suite = suite();
    for wigner in ["factored", "per_step", "once"] {
        for (lmax, lout) in [(0, 0), (1, 0), (1, 2), (3, 1), (3, 4), (4, 8), (5, 5), (8, 16)] {
            for filter in ["even", "odd", "all"] {
                for dtype in [Dtype::F64, Dtype::F32] {
                    let problem = json!({"lmax": lmax, "lout": lout, "filter": filter, "edges": 21});
                    let solver = json!({"wigner": wigner});
                    let cell = cell(&suite, ("convolution", &problem), ("escn", &solver), dtype);
                    let end = run(&suite, &cell).unwrap();
                    assert_exact(&end, dtype, &format!("{wigner} {problem} {dtype}"));
                }
            }
        }
    }
}

#[test]
fn matrices_made_once_are_those_made_in_each_step_but_are_not_counted_there() {
    let suite = suite();
    let problem = json!({"lmax": 4, "edges": 50});
    let ends = ["per_step", "once"].map(|wigner| {
        let solver = json!({"wigner": wigner});
        run(&suite, &cell(&suite, ("convolution", &problem), ("escn", &solver), Dtype::F32)).unwrap()
    });
    let [per_step, once] = &ends;
    assert_eq!(per_step.result_hash, once.result_hash);
    let count = |end: &harness_core::frame::End, name: &str| end.counters[name];
    for end in &ends {
        let parts = ["rotation_flops", "coupling_flops"].map(|name| count(end, name)).iter().sum::<u64>();
        assert!(count(end, "wigner_flops") > 0);
        let made = if std::ptr::eq(end, once) { 0 } else { count(end, "wigner_flops") };
        assert_eq!(count(end, "flops"), parts + made);
    }
}
