//! Gaunt coefficients against quadrature and closed forms.

use std::f64::consts::PI;

use suite_equivariant_tensor_products::math::clebsch_gordan::dense;
use suite_equivariant_tensor_products::math::gaunt::{gaunt, scale_of_degree_zero};
use suite_equivariant_tensor_products::math::harmonics::harmonics;
use suite_equivariant_tensor_products::math::index::{dim, offset};
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::math::quadrature::SphereGrid;

use crate::common::{add_products, all_paths, max_difference};

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
