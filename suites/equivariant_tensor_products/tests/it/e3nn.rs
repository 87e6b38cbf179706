//! The basis is that of e3nn: values of e3nn-jax 0.21.0 in double precision, written by `tests/data/e3nn_goldens.py`.

use serde_json::Value;
use suite_equivariant_tensor_products::math::clebsch_gordan::contract;
use suite_equivariant_tensor_products::math::harmonics::harmonics;
use suite_equivariant_tensor_products::math::index::{dim, offset};
use suite_equivariant_tensor_products::math::paths::{Filter, Path, Setting, Shape};
use suite_equivariant_tensor_products::math::rotation::Rotation;
use suite_equivariant_tensor_products::math::wigner_d::WignerD;

use crate::common::assert_close;

const LMAX: usize = 6;

fn goldens() -> Value {
    serde_json::from_str(include_str!("../data/e3nn.json")).expect("the values are JSON")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().expect("a list")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

#[test]
fn couplings_are_those_of_e3nn_up_to_degree_six() {
    let goldens = goldens();
    let couplings = list(&goldens, "couplings");
    assert_eq!(couplings.len(), 175);
    for coupling in couplings {
        let path = numbers(&coupling["path"]);
        let path = Path::new(path[0] as usize, path[1] as usize, path[2] as usize);
        let x: Vec<f64> = (1..=dim(path.l1)).map(|i| (0.37 * i as f64).sin()).collect();
        let y: Vec<f64> = (1..=dim(path.l2)).map(|i| (0.61 * i as f64).cos()).collect();
        assert_close(&contract(path, &x, &y), &numbers(&coupling["contraction"]), 1e-11);
    }
}

#[test]
fn harmonics_are_those_of_e3nn_up_to_degree_six() {
    for case in list(&goldens(), "harmonics") {
        let point = numbers(&case["point"]);
        assert_close(&harmonics(LMAX, [point[0], point[1], point[2]]), &numbers(&case["values"]), 1e-13);
    }
}

#[test]
fn outputs_of_all_paths_are_those_of_e3nn_when_put_in_its_order_and_scaled_as_it_scales() {
    let shape = Shape::full(Setting::Mimo, Filter::All, 2);
    let x: Vec<f64> = (1..=9).map(|i| (0.37 * f64::from(i)).sin()).collect();
    let y: Vec<f64> = (1..=9).map(|i| (0.61 * f64::from(i)).cos()).collect();
    let goldens = goldens();
    let products = list(&goldens, "products");
    assert_eq!(products.len(), 3);
    for product in products {
        let scale = |path: Path| match product["normalisation"].as_str() {
            Some("none") => 1.0,
            Some("component") => (dim(path.l3) as f64).sqrt(),
            _ => ((dim(path.l1) * dim(path.l2)) as f64).sqrt(),
        };
        let in_path_order: Vec<f64> = shape
            .paths()
            .into_iter()
            .flat_map(|path| {
                let of = |values: &[f64], l: usize| values[offset(l)..offset(l + 1)].to_vec();
                let z = contract(path, &of(&x, path.l1), &of(&y, path.l2));
                z.into_iter().map(move |z| scale(path) * z)
            })
            .collect();
        let sorted: Vec<f64> = shape.by_degree().into_iter().map(|place| in_path_order[place]).collect();
        assert_close(&sorted, &numbers(&product["values"]), 1e-12);
    }
}

#[test]
fn rotation_matrices_are_those_of_e3nn_up_to_degree_six() {
    for case in list(&goldens(), "rotations") {
        let q = numbers(&case["quaternion"]);
        let d = WignerD::new(LMAX, &Rotation::from_quaternion([q[0], q[1], q[2], q[3]]).unwrap());
        for (l, block) in list(case, "blocks").iter().enumerate() {
            assert_close(d.block(l), &numbers(block), 1e-11);
        }
    }
}
