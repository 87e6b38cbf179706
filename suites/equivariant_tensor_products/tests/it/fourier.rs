//! Expansions on the torus: they are the harmonics, and products go there and back.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::clebsch_gordan::contract;
use suite_equivariant_tensor_products::math::fourier::Fourier;
use suite_equivariant_tensor_products::math::gaunt::gaunt;
use suite_equivariant_tensor_products::math::harmonics::{direction, harmonics};
use suite_equivariant_tensor_products::math::index::{degree_order, flat, offset, size};
use suite_equivariant_tensor_products::math::quadrature::{azimuths, gauss_legendre};

use crate::common::{all_paths, assert_close, vector};

type Coefficients = BTreeMap<(isize, isize), (f64, f64)>;

fn add(to: &mut Coefficients, at: (isize, isize), (re, im): (f64, f64)) {
    let entry = to.entry(at).or_default();
    entry.0 += re;
    entry.1 += im;
}

fn expand(fourier: &Fourier, x: &[f64]) -> Coefficients {
    let mut out = Coefficients::new();
    for (at, x) in x.iter().enumerate() {
        let (l, m) = degree_order(at);
        for term in fourier.harmonic(l, m) {
            add(&mut out, (term.u, term.v), (x * term.re, x * term.im));
        }
    }
    out
}

fn convolve(a: &Coefficients, b: &Coefficients) -> Coefficients {
    let mut out = Coefficients::new();
    for (&(u1, v1), &(a_re, a_im)) in a {
        for (&(u2, v2), &(b_re, b_im)) in b {
            add(&mut out, (u1 + u2, v1 + v2), (a_re * b_re - a_im * b_im, a_re * b_im + a_im * b_re));
        }
    }
    out
}

#[test]
fn terms_obey_the_selection_rules_and_are_those_of_a_real_function() {
    let fourier = Fourier::new(6);
    for at in 0..size(6) {
        let (l, m) = degree_order(at);
        let terms = fourier.harmonic(l, m);
        assert!(terms.is_sorted_by_key(|term| (term.u, term.v)));
        for term in &terms {
            assert!(term.v.abs() == m.abs() && term.u.unsigned_abs() <= l && (term.u - l as isize) % 2 == 0);
            assert!(term.re == 0.0 || term.im == 0.0);
            let conjugate =
                terms.iter().find(|other| (other.u, other.v) == (-term.u, -term.v)).expect("a conjugate");
            assert!(conjugate.re == term.re && conjugate.im == -term.im);
        }
    }
}

#[test]
fn integrals_over_the_sphere_are_those_of_quadrature() {
    let (lmax, band) = (4, 8);
    let fourier = Fourier::new(lmax);
    // Gauss–Legendre in θ itself: the integrand is smooth there, and no polynomial in cos θ for every u.
    let rule = gauss_legendre(48);
    for at in 0..size(lmax) {
        let (l, m) = degree_order(at);
        let mut sums = Coefficients::new();
        for term in fourier.integrals(l, m, band) {
            sums.insert((term.u, term.v), (term.re, term.im));
        }
        for u in -8_i32..=8 {
            for v in [-m.abs(), m.abs()] {
                let mut sum = (0.0, 0.0);
                for (x, weight) in rule.cos.iter().zip(&rule.weights) {
                    let theta = 0.5 * PI * (1.0 - x);
                    for phi in azimuths(12) {
                        let weight = weight * 0.5 * PI * theta.sin() * 2.0 * PI / 12.0;
                        let y = harmonics(l, direction(theta, phi))[at];
                        let (s, c) = (f64::from(u) * theta + v as f64 * phi).sin_cos();
                        sum = (sum.0 + weight * y * c, sum.1 + weight * y * s);
                    }
                }
                let (re, im) = sums.get(&(u as isize, v)).copied().unwrap_or_default();
                assert!(
                    (sum.0 - re).abs() < 1e-13 && (sum.1 - im).abs() < 1e-13,
                    "{l} {m} {u} {v}: {sum:?} {re} {im}"
                );
            }
        }
    }
}

#[test]
fn integrals_of_a_harmonic_with_another_s_expansion_are_orthonormal() {
    let fourier = Fourier::new(6);
    for a in 0..size(6) {
        let (l, m) = degree_order(a);
        let mut with = Coefficients::new();
        for term in fourier.integrals(l, m, 6) {
            with.insert((term.u, term.v), (term.re, term.im));
        }
        for b in 0..size(6) {
            let (l, m) = degree_order(b);
            let mut sum = 0.0;
            for term in fourier.harmonic(l, m) {
                let (re, im) = with.get(&(term.u, term.v)).copied().unwrap_or_default();
                sum += term.re * re - term.im * im;
            }
            assert!((sum - f64::from(a == b)).abs() < 1e-13, "{a} {b}: {sum}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn expansions_are_the_harmonics_and_their_continuation(theta in 0.0..PI, phi in -PI..PI) {
        let fourier = Fourier::new(8);
        let y = harmonics(8, direction(theta, phi));
        for (theta, phi) in [(theta, phi), (2.0 * PI - theta, phi + PI)] {
            for at in 0..size(8) {
                let (l, m) = degree_order(at);
                let (mut re, mut im) = (0.0, 0.0);
                for term in fourier.harmonic(l, m) {
                    let (s, c) = (term.u as f64 * theta + term.v as f64 * phi).sin_cos();
                    re += term.re * c - term.im * s;
                    im += term.re * s + term.im * c;
                }
                prop_assert!((re - y[flat(l, m)]).abs() < 1e-13 && im.abs() < 1e-13, "{l} {m}");
            }
        }
    }

    #[test]
    fn a_convolution_of_expansions_is_the_gaunt_product(x in vector(9), y in vector(9)) {
        let (lmax, lout) = (2, 4);
        let fourier = Fourier::new(lout);
        let h = convolve(&expand(&fourier, &x), &expand(&fourier, &y));
        let mut z = vec![0.0; size(lout)];
        for (at, z) in z.iter_mut().enumerate() {
            let (l, m) = degree_order(at);
            for term in fourier.integrals(l, m, 2 * lmax) {
                let (re, im) = h.get(&(term.u, term.v)).copied().unwrap_or_default();
                *z += term.re * re - term.im * im;
            }
        }
        let mut expected = vec![0.0; size(lout)];
        for path in all_paths(lmax) {
            let of = |values: &'_ [f64], l: usize| values[offset(l)..offset(l + 1)].to_vec();
            for (k, value) in contract(path, &of(&x, path.l1), &of(&y, path.l2)).into_iter().enumerate() {
                expected[offset(path.l3) + k] += gaunt(path) * value;
            }
        }
        assert_close(&z, &expected, 1e-14);
    }
}
