//! The real tensors against closed forms, orthogonality, symmetry and equivariance.

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::clebsch_gordan::{contract, dense, nonzeros};
use suite_equivariant_tensor_products::math::index::{dim, order};
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::math::wigner_d::WignerD;

use crate::common::{all_paths, assert_close, max_difference, rotation, vector};

fn at(path: Path, block: &[f64], i: usize, j: usize, k: usize) -> f64 {
    block[(i * dim(path.l2) + j) * dim(path.l3) + k]
}

#[test]
fn every_tensor_has_unit_norm_and_its_output_slices_are_orthogonal() {
    for path in all_paths(6) {
        let block = dense(path);
        let norm: f64 = block.iter().map(|c| c * c).sum();
        assert!((norm - 1.0).abs() < 1e-14, "{path:?}: {norm}");
        let n = dim(path.l3);
        for k in 0..n {
            for other in 0..n {
                let product: f64 = block.chunks_exact(n).map(|row| row[k] * row[other]).sum();
                let expected = if k == other { 1.0 / n as f64 } else { 0.0 };
                assert!((product - expected).abs() < 1e-15, "{path:?} {k} {other}");
            }
        }
    }
}

#[test]
fn all_outputs_of_a_pair_of_inputs_are_an_orthogonal_change_of_basis() {
    for (l1, l2) in [(2, 2), (3, 1), (2, 4)] {
        let pairs = dim(l1) * dim(l2);
        let mut gram = vec![0.0; pairs * pairs];
        for l3 in usize::abs_diff(l1, l2)..=l1 + l2 {
            let n = dim(l3);
            let block = dense(Path::new(l1, l2, l3));
            for a in 0..pairs {
                for b in 0..pairs {
                    let product: f64 = (0..n).map(|k| block[a * n + k] * block[b * n + k]).sum();
                    gram[a * pairs + b] += n as f64 * product;
                }
            }
        }
        let identity: Vec<f64> =
            (0..pairs * pairs).map(|at| if at % (pairs + 1) == 0 { 1.0 } else { 0.0 }).collect();
        assert_close(&gram, &identity, 1e-14);
    }
}

#[test]
fn a_vector_product_is_the_levi_civita_tensor() {
    let root = 6_f64.sqrt().recip();
    let expected = [
        (0, 1, 2, root),
        (0, 2, 1, -root),
        (1, 0, 2, -root),
        (1, 2, 0, root),
        (2, 0, 1, root),
        (2, 1, 0, -root),
    ];
    let entries = nonzeros(Path::new(1, 1, 1));
    assert_eq!(entries.len(), expected.len());
    for (entry, (i, j, k, c)) in entries.iter().zip(expected) {
        assert_eq!((entry.i, entry.j, entry.k), (i, j, k));
        assert!((entry.c - c).abs() < 1e-16);
    }
}

#[test]
fn coupling_with_degree_zero_is_the_identity_over_its_norm() {
    for l in 0..=8 {
        let expected = (dim(l) as f64).sqrt().recip();
        for path in [Path::new(l, l, 0), Path::new(l, 0, l), Path::new(0, l, l)] {
            let entries = nonzeros(path);
            assert_eq!(entries.len(), dim(l));
            for entry in entries.iter() {
                let mut places = [entry.i, entry.j, entry.k];
                places.sort_unstable();
                // A single component of degree 0 lies at place 0.
                assert_eq!(places[1], if l == 0 { 0 } else { places[1] });
                assert!((entry.c - expected).abs() < 1e-15, "{path:?}");
            }
        }
        let diagonal = nonzeros(Path::new(l, l, 0));
        assert!(diagonal.iter().all(|entry| entry.i == entry.j));
    }
}

#[test]
fn exchanging_legs_multiplies_by_the_sign_of_the_degree_sum() {
    for path in all_paths(5) {
        let sign = if path.is_even() { 1.0 } else { -1.0 };
        let Path { l1, l2, l3 } = path;
        let block = dense(path);
        let inputs = Path::new(l2, l1, l3);
        let swapped = dense(inputs);
        let output = Path::new(l3, l2, l1);
        let turned = dense(output);
        for entry in nonzeros(path).iter() {
            let c = at(path, &block, entry.i, entry.j, entry.k);
            assert_eq!(c, entry.c);
            assert!((at(inputs, &swapped, entry.j, entry.i, entry.k) - sign * c).abs() < 1e-15);
            assert!((at(output, &turned, entry.k, entry.j, entry.i) - sign * c).abs() < 1e-15);
        }
    }
}

#[test]
fn coefficients_obey_the_selection_rule_of_orders_and_none_is_nearly_zero() {
    for path in all_paths(8) {
        for entry in nonzeros(path).iter() {
            let (a, b) = (order(path.l1, entry.i).abs(), order(path.l2, entry.j).abs());
            let c = order(path.l3, entry.k).abs();
            assert!(c == a + b || c == (a - b).abs(), "{path:?} {entry:?}");
            assert!(entry.c.abs() > 1e-9, "{path:?} {entry:?}");
        }
    }
}

#[test]
fn degrees_that_do_not_couple_have_no_coefficients() {
    assert!(nonzeros(Path::new(1, 1, 3)).is_empty());
    assert!(dense(Path::new(0, 1, 2)).iter().all(|&c| c == 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_product_commutes_with_rotations(r in rotation(), x in vector(11), y in vector(11)) {
        let d = WignerD::new(10, &r);
        for path in all_paths(5) {
            let (x, y) = (&x[..dim(path.l1)], &y[..dim(path.l2)]);
            let turned = contract(path, &d.apply_to_degree(path.l1, x), &d.apply_to_degree(path.l2, y));
            let expected = d.apply_to_degree(path.l3, &contract(path, x, y));
            prop_assert!(max_difference(&turned, &expected) < 1e-13, "{path:?}");
        }
    }

    #[test]
    fn the_test_of_equivariance_notices_one_wrong_sign(r in rotation()) {
        // About the polar axis alone some signs are free; a random rotation is not about it.
        prop_assume!(r.matrix()[1][1].abs() < 0.95);
        let path = Path::new(2, 1, 2);
        let d = WignerD::new(2, &r);
        let wrong = |x: &[f64], y: &[f64]| {
            let entries = nonzeros(path);
            let mut z = contract(path, x, y);
            z[entries[0].k] -= 2.0 * entries[0].c * x[entries[0].i] * y[entries[0].j];
            z
        };
        let x: Vec<f64> = (1..=5).map(|i| (0.37 * f64::from(i)).sin()).collect();
        let y: Vec<f64> = (1..=3).map(|i| (0.61 * f64::from(i)).cos()).collect();
        let turned = wrong(&d.apply_to_degree(2, &x), &d.apply_to_degree(1, &y));
        let expected = d.apply_to_degree(2, &wrong(&x, &y));
        prop_assert!(max_difference(&turned, &expected) > 1e-3);
    }
}
