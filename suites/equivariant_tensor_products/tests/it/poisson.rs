//! Coefficients of the Poisson bracket against quadrature.

use suite_equivariant_tensor_products::math::harmonics::{direction, gradient, harmonics};
use suite_equivariant_tensor_products::math::index::offset;
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::math::poisson::poisson;
use suite_equivariant_tensor_products::math::quadrature::{SphereGrid, azimuths};

use crate::common::{add_products, all_paths, assert_couples};

/// `∫ {Y1, Y2} Y3 dΩ` of one path.
fn integrals(path: Path) -> Vec<f64> {
    let Path { l1, l2, l3 } = path;
    let lmax = l1.max(l2).max(l3);
    let grid = SphereGrid::gauss_legendre(path.degree_sum());
    let mut out = vec![0.0; path.dense_macs()];
    for (b, weight) in grid.latitudes.weights.iter().enumerate() {
        let beta = grid.latitudes.sin[b].atan2(grid.latitudes.cos[b]);
        for alpha in azimuths(grid.azimuths) {
            let weight = weight * std::f64::consts::TAU / grid.azimuths as f64;
            let y = harmonics(lmax, direction(beta, alpha));
            let [polar, azimuthal] = gradient(lmax, beta, alpha);
            let of = |values: &'_ [f64], l: usize| values[offset(l)..offset(l + 1)].to_vec();
            add_products(&mut out, weight, [&of(&polar, l1), &of(&azimuthal, l2), &of(&y, l3)]);
            add_products(&mut out, -weight, [&of(&azimuthal, l1), &of(&polar, l2), &of(&y, l3)]);
        }
    }
    out
}

#[test]
fn integrals_of_a_bracket_with_a_harmonic_are_the_closed_form_times_the_tensor() {
    for path in all_paths(4).into_iter().chain([Path::new(6, 7, 8), Path::new(7, 7, 7)]) {
        assert_couples(path, &integrals(path), poisson(path), 2e-13);
    }
}

#[test]
fn coefficients_are_positive_on_odd_paths_and_zero_on_even_ones() {
    for path in all_paths(10) {
        assert_eq!(poisson(path) > 0.0, !path.is_even(), "{path:?}");
    }
}

#[test]
fn the_bracket_of_vectors_is_their_cross_product() {
    // x, y, z as functions: {x, y} = z up to orientation, Y_1 = √(3/4π) r and C = ε/√6.
    let expected = 6_f64.sqrt() * (3.0 / (4.0 * std::f64::consts::PI)).sqrt();
    assert!((poisson(Path::new(1, 1, 1)) - expected).abs() < 1e-15);
}
