//! Quadrature rules: exact where they say so, wrong one size below.

use std::f64::consts::PI;

use suite_equivariant_tensor_products::math::gaunt::gaunt;
use suite_equivariant_tensor_products::math::harmonics::harmonics;
use suite_equivariant_tensor_products::math::index::{flat, size};
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::math::quadrature::{
    Latitudes, SphereGrid, azimuth_size, driscoll_healy, driscoll_healy_size, gauss_legendre,
    gauss_legendre_size,
};

/// The largest error of `∫ x^p dx` over ±1 for `p ≤ degree`.
fn moment_error(rule: &Latitudes, degree: usize) -> f64 {
    (0..=degree)
        .map(|p| {
            let sum: f64 = rule.cos.iter().zip(&rule.weights).map(|(x, w)| w * x.powi(p as i32)).sum();
            let exact = if p % 2 == 0 { 2.0 / (p + 1) as f64 } else { 0.0 };
            (sum - exact).abs()
        })
        .fold(0.0, f64::max)
}

#[test]
fn gauss_legendre_rules_integrate_polynomials_of_degree_twice_their_size() {
    for n in 1..=64 {
        let rule = gauss_legendre(n);
        assert!(moment_error(&rule, 2 * n - 1) < 2e-14, "{n}: {}", moment_error(&rule, 2 * n - 1));
        assert!(rule.cos.is_sorted_by(|a, b| a > b));
        assert!(rule.cos.iter().zip(&rule.sin).all(|(c, s)| (c * c + s * s - 1.0).abs() < 1e-15));
    }
    for n in 1..=8 {
        assert!(moment_error(&gauss_legendre(n), 2 * n) > 1e-6);
    }
}

#[test]
fn gauss_legendre_rules_have_their_known_nodes() {
    let rule = gauss_legendre(3);
    let node = 0.6_f64.sqrt();
    for (got, expected) in rule.cos.iter().zip([node, 0.0, -node]) {
        assert!((got - expected).abs() < 1e-15);
    }
    for (got, expected) in rule.weights.iter().zip([5.0 / 9.0, 8.0 / 9.0, 5.0 / 9.0]) {
        assert!((got - expected).abs() < 1e-15);
    }
}

#[test]
fn driscoll_healy_rules_integrate_polynomials_of_degree_below_their_size() {
    for n in (2..=64).step_by(2) {
        assert!(moment_error(&driscoll_healy(n), n - 1) < 1e-14, "{n}");
        assert!((driscoll_healy(n).weights.iter().sum::<f64>() - 2.0).abs() < 1e-14);
    }
    for n in (2..=8).step_by(2) {
        assert!(moment_error(&driscoll_healy(n), n) > 1e-4);
    }
}

#[test]
#[should_panic(expected = "even number of latitudes, not 7")]
fn a_driscoll_healy_rule_of_odd_size_is_refused() {
    driscoll_healy(7);
}

/// The largest error of the Gaunt coefficients of inputs of degree `l` and outputs up to degree `2l` on a grid.
fn product_error(grid: &SphereGrid, l: usize) -> f64 {
    let (inputs, outputs) = (size(l), size(2 * l));
    let mut integrals = vec![0.0; inputs * inputs * outputs];
    for (r, weight) in grid.points() {
        let y = harmonics(2 * l, r);
        for a in 0..inputs {
            for b in 0..inputs {
                for c in 0..outputs {
                    integrals[(a * inputs + b) * outputs + c] += weight * y[a] * y[b] * y[c];
                }
            }
        }
    }
    let mut exact = vec![0.0; integrals.len()];
    for (l1, l2) in (0..=l).flat_map(|l1| (0..=l).map(move |l2| (l1, l2))) {
        for l3 in l1.abs_diff(l2)..=l1 + l2 {
            let path = Path::new(l1, l2, l3);
            for entry in suite_equivariant_tensor_products::math::clebsch_gordan::nonzeros(path).iter() {
                let at = |l: usize, place: usize| flat(l, place as isize - l as isize);
                let (a, b, c) = (at(l1, entry.i), at(l2, entry.j), at(l3, entry.k));
                exact[(a * inputs + b) * outputs + c] = gaunt(path) * entry.c;
            }
        }
    }
    crate::common::max_difference(&integrals, &exact)
}

#[test]
fn the_smallest_grids_of_a_product_are_exact_and_smaller_ones_are_not() {
    for l in 1..=3 {
        let degree = 4 * l;
        assert_eq!((gauss_legendre_size(degree), azimuth_size(degree)), (2 * l + 1, 4 * l + 1));
        assert_eq!(driscoll_healy_size(degree), 4 * l + 2);
        let gl = SphereGrid::gauss_legendre(degree);
        let dh = SphereGrid::driscoll_healy(degree);
        assert!(product_error(&gl, l) < 1e-14 && product_error(&dh, l) < 1e-14, "L = {l}");

        let fewer_latitudes = SphereGrid { latitudes: gauss_legendre(2 * l), azimuths: 4 * l + 1 };
        let fewer_azimuths = SphereGrid { latitudes: gauss_legendre(2 * l + 1), azimuths: 4 * l };
        let fewer_soft = SphereGrid { latitudes: driscoll_healy(4 * l), azimuths: 4 * l + 1 };
        assert!(product_error(&fewer_latitudes, l) > 0.05, "L = {l}");
        assert!(product_error(&fewer_azimuths, l) > 0.05, "L = {l}");
        assert!(product_error(&fewer_soft, l) > 1e-4, "L = {l}: {}", product_error(&fewer_soft, l));
    }
}

#[test]
fn the_weights_of_a_grid_sum_to_the_area_of_the_sphere() {
    for grid in [SphereGrid::gauss_legendre(11), SphereGrid::driscoll_healy(11)] {
        assert_eq!(grid.points().count(), grid.len());
        assert!((grid.integrate(|_| 1.0) - 4.0 * PI).abs() < 1e-13);
    }
}
