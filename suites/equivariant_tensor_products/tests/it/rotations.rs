//! Rotations and Wigner-D matrices: a representation, orthogonal, and what turns harmonics.

use std::f64::consts::PI;

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::harmonics::{direction, harmonics};
use suite_equivariant_tensor_products::math::index::{dim, size};
use suite_equivariant_tensor_products::math::rotation::{Euler, Rotation};
use suite_equivariant_tensor_products::math::wigner_d::{EulerD, WignerD};

use crate::common::{max_difference, rotation, unit_vector, vector};

const LMAX: usize = 20;

fn entries(r: &Rotation) -> Vec<f64> {
    r.matrix().as_flattened().to_vec()
}

fn product(n: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let at = |i: usize, j: usize| (0..n).map(|k| a[i * n + k] * b[k * n + j]).sum();
    (0..n * n).map(|place| at(place / n, place % n)).collect()
}

fn transposed(n: usize, a: &[f64]) -> Vec<f64> {
    (0..n * n).map(|place| a[place % n * n + place / n]).collect()
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|place| if place % (n + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

#[test]
fn axes_and_angles_turn_the_way_they_should() {
    let quarter = 0.5 * PI;
    let cases = [
        (Rotation::about([0.0, 0.0, 2.0], quarter).unwrap(), [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
        (Rotation::about_y(quarter), [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
        (Rotation::about([0.0, 1.0, 0.0], quarter).unwrap(), [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
        (Rotation::about_x(quarter), [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
        (Rotation::about([1.0, 0.0, 0.0], quarter).unwrap(), [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
    ];
    for (r, from, to) in cases {
        assert!(max_difference(&r.apply(from), &to) < 1e-15, "{r:?}");
    }
    let beta_alpha = Rotation::from_euler(Euler { alpha: 0.4, beta: 1.1, gamma: 2.0 }).apply([0.0, 1.0, 0.0]);
    assert!(max_difference(&beta_alpha, &direction(1.1, 0.4)) < 1e-15);
}

#[test]
fn what_is_no_rotation_gives_none() {
    assert_eq!(Rotation::from_quaternion([0.0; 4]), None);
    assert_eq!(Rotation::from_quaternion([f64::NAN, 0.0, 0.0, 1.0]), None);
    assert_eq!(Rotation::about([0.0; 3], 1.0), None);
    assert_eq!(Rotation::from_normals([0.0; 4]), Rotation::IDENTITY);
}

#[test]
fn angles_are_found_back_at_and_near_the_poles() {
    for beta in [0.0, 1e-300, 1e-12, 1e-7, PI - 1e-7, PI] {
        for (alpha, gamma) in [(0.0, 0.0), (0.3, -1.2), (-3.0, 2.9), (2.0, 2.0)] {
            let r = Rotation::from_euler(Euler { alpha, beta, gamma });
            let again = Rotation::from_euler(r.euler());
            assert!(max_difference(&entries(&r), &entries(&again)) < 4e-16, "{beta} {alpha} {gamma}");
        }
    }
}

#[test]
fn both_poles_are_aligned_with_the_polar_axis() {
    for pole in [[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]] {
        let r = Rotation::aligning(pole);
        assert_eq!(r.apply(pole), [0.0, 1.0, 0.0]);
        assert!(max_difference(&entries(&r.after(&r.inverse())), &identity(3)) < 1e-15);
    }
}

#[test]
#[should_panic(expected = "a vector of 10 components does not have all degrees")]
fn a_vector_that_lacks_components_is_refused() {
    WignerD::new(3, &Rotation::IDENTITY).apply(&[0.0; 10]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn rotations_are_proper_and_orthogonal_and_their_angles_give_them_back(r in rotation()) {
        prop_assert!(max_difference(&entries(&r.after(&r.inverse())), &identity(3)) < 4e-15);
        let [a, b, c] = *r.matrix();
        let determinant = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
        prop_assert!((determinant - 1.0).abs() < 4e-15);
        prop_assert!(max_difference(&entries(&Rotation::from_euler(r.euler())), &entries(&r)) < 4e-15);
    }

    #[test]
    fn an_aligning_rotation_takes_its_vector_to_the_polar_axis(v in unit_vector()) {
        let r = Rotation::aligning(v);
        prop_assert!(max_difference(&r.apply(v), &[0.0, 1.0, 0.0]) < 4e-15);
        prop_assert!(max_difference(&entries(&r.after(&r.inverse())), &identity(3)) < 4e-15);
    }

    #[test]
    fn harmonics_of_a_turned_vector_are_turned_harmonics(r in rotation(), v in unit_vector()) {
        let d = WignerD::new(LMAX, &r);
        prop_assert!(max_difference(&harmonics(LMAX, r.apply(v)), &d.apply(&harmonics(LMAX, v))) < 2e-13);
    }

    #[test]
    fn blocks_are_a_representation_and_orthogonal(a in rotation(), b in rotation()) {
        let (da, db, dab) = (WignerD::new(LMAX, &a), WignerD::new(LMAX, &b), WignerD::new(LMAX, &a.after(&b)));
        for l in 0..=LMAX {
            let n = dim(l);
            prop_assert!(max_difference(&product(n, da.block(l), db.block(l)), dab.block(l)) < 2e-13);
            prop_assert!(max_difference(&product(n, da.block(l), &transposed(n, da.block(l))), &identity(n)) < 2e-13);
        }
    }

    #[test]
    fn a_transposed_application_turns_back(r in rotation(), x in vector(size(LMAX))) {
        let d = WignerD::new(LMAX, &r);
        prop_assert!(max_difference(&d.apply_transposed(&d.apply(&x)), &x) < 2e-13);
    }

    #[test]
    fn the_form_in_angles_is_the_recursion(r in rotation(), x in vector(size(LMAX))) {
        let (d, quick) = (WignerD::new(LMAX, &r), EulerD::new(LMAX));
        prop_assert!(max_difference(&quick.apply(&r, &x), &d.apply(&x)) < 2e-13);
        let blocks = quick.blocks(&r);
        for l in 0..=LMAX {
            prop_assert!(max_difference(blocks.block(l), d.block(l)) < 2e-13);
        }
    }
}
