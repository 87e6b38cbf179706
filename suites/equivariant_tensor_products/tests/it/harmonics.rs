//! Harmonics and Legendre functions: closed forms, norms, orthogonality, poles, inversion, derivatives.

use std::f64::consts::PI;

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::harmonics::{Norm, direction, harmonics, harmonics_scaled};
use suite_equivariant_tensor_products::math::index::{degree_order, dim, flat, offset, size};
use suite_equivariant_tensor_products::math::legendre::{associated, derivative, place, reduced};
use suite_equivariant_tensor_products::math::quadrature::SphereGrid;

use crate::common::{assert_close, max_difference, unit_vector};

#[test]
fn the_harmonics_are_orthonormal() {
    let lmax = 8;
    let n = size(lmax);
    let mut gram = vec![0.0; n * n];
    for (r, weight) in SphereGrid::gauss_legendre(2 * lmax).points() {
        let y = harmonics(lmax, r);
        for a in 0..n {
            for b in 0..n {
                gram[a * n + b] += weight * y[a] * y[b];
            }
        }
    }
    let identity: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
    assert_close(&gram, &identity, 1e-13);
}

#[test]
fn at_the_poles_only_order_zero_is_left() {
    for (pole, sign) in [(1.0, 1.0), (-1.0, -1.0_f64)] {
        for (at, value) in harmonics(10, [0.0, pole, 0.0]).into_iter().enumerate() {
            let (l, m) = degree_order(at);
            let expected =
                if m == 0 { sign.powi(l as i32) * (dim(l) as f64 / (4.0 * PI)).sqrt() } else { 0.0 };
            assert!((value - expected).abs() < 1e-14, "{l} {m}");
        }
    }
}

#[test]
fn near_a_pole_small_harmonics_keep_their_relative_accuracy() {
    // Y_ll ∝ sin^l β: far below the unit in the last place of 1.
    let beta = 1e-5;
    let y = harmonics(6, direction(beta, 0.3));
    let table = associated(6, f64::cos(beta), f64::sin(beta));
    for l in 1..=6 {
        let expected = 2_f64.sqrt() * table[place(l, l)] * (l as f64 * 0.3).cos();
        assert!((y[flat(l, l as isize)] / expected - 1.0).abs() < 1e-13);
    }
}

#[test]
fn reduced_functions_times_powers_of_the_sine_are_the_associated_ones() {
    let (s, x) = 0.7_f64.sin_cos();
    let (p, q) = (associated(9, x, s), reduced(9, x));
    for l in 0..=9 {
        for m in 0..=l {
            assert!((p[place(l, m)] - q[place(l, m)] * s.powi(m as i32)).abs() < 1e-14);
        }
    }
}

proptest! {
    #[test]
    fn low_degrees_are_their_polynomials(r in unit_vector()) {
        let [x, y, z] = r;
        let got = harmonics_scaled(2, r, Norm::Norm);
        let t = 3_f64.sqrt();
        let expected = [1.0, x, y, z, t * x * z, t * x * y, y * y - 0.5 * (x * x + z * z), t * y * z, 0.5 * t * (z * z - x * x)];
        prop_assert!(max_difference(&got, &expected) < 1e-15);
    }

    #[test]
    fn squares_of_a_degree_sum_to_a_constant_in_every_norm(r in unit_vector()) {
        for (norm, expected) in [
            (Norm::Integral, (|l| dim(l) as f64 / (4.0 * PI)) as fn(usize) -> f64),
            (Norm::Component, |l| dim(l) as f64),
            (Norm::Norm, |_| 1.0),
        ] {
            let y = harmonics_scaled(60, r, norm);
            for l in 0..=60 {
                let sum: f64 = y[offset(l)..offset(l + 1)].iter().map(|y| y * y).sum();
                // Near a pole a polynomial of degree l is l² times as sensitive as its argument.
                let tolerance = 1e-15 * ((l + 2) * (l + 2)) as f64;
                prop_assert!((sum / expected(l) - 1.0).abs() < tolerance, "{norm:?} {l}");
            }
        }
    }

    #[test]
    fn inversion_multiplies_by_the_parity_of_the_degree(r in unit_vector()) {
        let (y, inverted) = (harmonics(8, r), harmonics(8, r.map(|c| -c)));
        for (at, (a, b)) in y.iter().zip(&inverted).enumerate() {
            let sign = if degree_order(at).0.is_multiple_of(2) { 1.0 } else { -1.0 };
            prop_assert!((a - sign * b).abs() < 1e-14);
        }
    }

    #[test]
    fn harmonics_are_their_definition_in_angles(beta in 0.0..PI, alpha in -PI..PI) {
        let y = harmonics(7, direction(beta, alpha));
        let p = associated(7, beta.cos(), beta.sin());
        for (at, value) in y.into_iter().enumerate() {
            let (l, m) = degree_order(at);
            let angle = m.unsigned_abs() as f64 * alpha;
            let azimuthal = match m {
                0 => 1.0,
                1.. => 2_f64.sqrt() * angle.cos(),
                _ => 2_f64.sqrt() * angle.sin(),
            };
            prop_assert!((value - p[place(l, m.unsigned_abs())] * azimuthal).abs() < 1e-13);
        }
    }

    #[test]
    fn the_derivative_is_the_limit_of_differences(beta in 0.05..PI - 0.05) {
        let h = 1e-5;
        let at = |beta: f64| associated(6, beta.cos(), beta.sin());
        let (below, above) = (at(beta - h), at(beta + h));
        for (d, (a, b)) in derivative(6, &at(beta)).into_iter().zip(below.into_iter().zip(above)) {
            prop_assert!((d - (b - a) / (2.0 * h)).abs() < 1e-7);
        }
    }
}
