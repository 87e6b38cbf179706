//! Gaunt coefficients against quadrature and closed forms.

use std::f64::consts::PI;

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::clebsch_gordan::{contract, dense};
use suite_equivariant_tensor_products::math::gaunt::{gaunt, scale_of_degree_zero};
use suite_equivariant_tensor_products::math::harmonics::harmonics;
use suite_equivariant_tensor_products::math::index::{degree_order, dim, offset, size};
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::math::quadrature::SphereGrid;
use suite_equivariant_tensor_products::math::wigner_d::WignerD;

use crate::common::{add_products, all_paths, max_difference, rotation, unit_vector, vector};

/// `∫ Y1 Y2 Y3 dΩ` of one path.
fn integrals(path: Path) -> Vec<f64> {
    let Path { l1, l2, l3 } = path;
    let mut out = vec![0.0; path.dense_macs()];
    for (r, weight) in SphereGrid::gauss_legendre(path.degree_sum()).points() {
        let y = harmonics(l1.max(l2).max(l3), r);
        add_products(&mut out, weight, [l1, l2, l3].map(|l| &y[offset(l)..offset(l + 1)]));
    }
    out
}

#[test]
fn integrals_of_three_harmonics_are_the_closed_form_times_the_tensor() {
    for path in all_paths(4).into_iter().chain([Path::new(6, 7, 9), Path::new(8, 8, 8)]) {
        let expected: Vec<f64> = dense(path).into_iter().map(|c| gaunt(path) * c).collect();
        let difference = max_difference(&integrals(path), &expected);
        assert!(difference < 1e-14, "{path:?}: {difference:e}");
    }
}

#[test]
fn coefficients_are_positive_on_even_paths_and_zero_on_odd_ones() {
    for path in all_paths(10) {
        assert_eq!(gaunt(path) > 0.0, path.is_even(), "{path:?}");
    }
}

#[test]
fn a_product_with_the_constant_harmonic_divides_by_the_root_of_the_area() {
    for l in 0..=12 {
        // C(l, 0, l) = δ / √(2l + 1)
        let scale = gaunt(Path::new(l, 0, l)) / (dim(l) as f64).sqrt();
        assert!((scale - scale_of_degree_zero()).abs() < 1e-15);
        assert!((scale * (4.0 * PI).sqrt() - 1.0).abs() < 1e-14);
    }
}

/// `Σ g C x y` of all paths, merged by degree.
fn product(lmax: usize, x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut z = vec![0.0; size(2 * lmax)];
    for path in all_paths(lmax) {
        let of = |values: &[f64], l: usize| values[offset(l)..offset(l + 1)].to_vec();
        let part = contract(path, &of(x, path.l1), &of(y, path.l2));
        for (z, part) in z[offset(path.l3)..].iter_mut().zip(part) {
            *z += gaunt(path) * part;
        }
    }
    z
}

fn inverted(x: &[f64]) -> Vec<f64> {
    let parity = |at: usize| if degree_order(at).0.is_multiple_of(2) { 1.0 } else { -1.0 };
    x.iter().enumerate().map(|(at, x)| parity(at) * x).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_product_commutes_with_rotations_and_inversion(r in rotation(), x in vector(25), y in vector(25)) {
        let d = WignerD::new(8, &r);
        let z = product(4, &x, &y);
        prop_assert!(max_difference(&product(4, &d.apply(&x), &d.apply(&y)), &d.apply(&z)) < 1e-13);
        prop_assert!(max_difference(&product(4, &inverted(&x), &inverted(&y)), &inverted(&z)) < 1e-14);
    }

    #[test]
    fn the_product_is_that_of_functions_at_every_point(v in unit_vector(), x in vector(25), y in vector(25)) {
        let at = |coefficients: &[f64], lmax: usize| -> f64 {
            harmonics(lmax, v).iter().zip(coefficients).map(|(y, c)| y * c).sum()
        };
        let z = product(4, &x, &y);
        prop_assert!((at(&z, 8) - at(&x, 4) * at(&y, 4)).abs() < 1e-13);
    }
}
