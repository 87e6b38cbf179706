//! Vector harmonics and pointwise products of vector fields.

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::clebsch_gordan::nonzeros;
use suite_equivariant_tensor_products::math::harmonics::harmonics;
use suite_equivariant_tensor_products::math::index::{dim, size};
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::math::quadrature::SphereGrid;
use suite_equivariant_tensor_products::math::vector::{
    Product, VectorIrrep, coupling, from_vector_harmonics, reaches, to_vector_harmonics,
};
use suite_equivariant_tensor_products::math::wigner_d::WignerD;

use crate::common::{add_products, all_paths, assert_couples, max_difference, rotation, vector};

/// The fields of an irrep's unit vectors at a point: `[k][c]`.
fn fields(irrep: VectorIrrep, r: [f64; 3]) -> Vec<[f64; 3]> {
    let y = harmonics(irrep.l, r);
    let mut out = vec![[0.0; 3]; dim(irrep.j)];
    let root = (dim(irrep.j) as f64).sqrt();
    for entry in nonzeros(Path::new(1, irrep.l, irrep.j)).iter() {
        out[entry.k][entry.i] += root * entry.c * y[irrep.l * irrep.l + entry.j];
    }
    out
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The projection of the product of two irreps' fields on a third's, by quadrature.
fn projection(product: Product, irreps: [VectorIrrep; 3]) -> Vec<f64> {
    let [first, second, output] = irreps;
    let path = Path::new(first.j, second.j, output.j);
    let mut out = vec![0.0; path.dense_macs()];
    for (r, weight) in SphereGrid::gauss_legendre(first.l + second.l + output.l).points() {
        let (a, b) = (fields(first, r), fields(second, r));
        let pairs = a.iter().flat_map(|&a| b.iter().map(move |&b| (a, b)));
        let rows = out.chunks_exact_mut(dim(output.j)).zip(pairs);
        match product {
            Product::Cross => {
                let c = fields(output, r);
                for (row, (a, b)) in rows {
                    for (out, &c) in row.iter_mut().zip(&c) {
                        *out += weight * dot(cross(a, b), c);
                    }
                }
            }
            Product::Dot => {
                let y = harmonics(output.l, r);
                for (row, (a, b)) in rows {
                    add_products(row, weight, [&[dot(a, b)], &[1.0], &y[output.l * output.l..]]);
                }
            }
        }
    }
    out
}

#[test]
fn projections_of_pointwise_products_are_the_closed_form_times_the_tensor() {
    for first in VectorIrrep::of_field(2) {
        for second in VectorIrrep::of_field(2) {
            for output in VectorIrrep::of_field(3) {
                let path = Path::new(first.j, second.j, output.j);
                let block = projection(Product::Cross, [first, second, output]);
                assert_couples(path, &block, coupling(Product::Cross, first, second, output), 1e-14);
            }
            for l in 0..=4 {
                let output = VectorIrrep { j: l, l };
                let path = Path::new(first.j, second.j, l);
                let block = projection(Product::Dot, [first, second, output]);
                assert_couples(path, &block, coupling(Product::Dot, first, second, output), 1e-14);
            }
        }
    }
}

#[test]
fn the_cross_product_reaches_every_path_but_that_of_scalars() {
    for path in all_paths(4) {
        assert_eq!(reaches(Product::Cross, path), path != Path::new(0, 0, 0), "{path:?}");
    }
    assert!(reaches(Product::Dot, Path::new(0, 0, 0)));
    assert!(reaches(Product::Dot, Path::new(1, 1, 1)));
}

#[test]
fn a_field_has_three_times_the_components_of_a_function() {
    for lmax in 0..=6 {
        let irreps = VectorIrrep::of_field(lmax);
        assert_eq!(irreps.len(), 3 * lmax + 1);
        assert_eq!(irreps.iter().map(|irrep| dim(irrep.j)).sum::<usize>(), 3 * size(lmax));
    }
    // The output of a product of two fields of degree L.
    assert_eq!(VectorIrrep::of_field(2 * 4).len(), 6 * 4 + 1);
}

#[test]
#[should_panic(expected = "the three components of a field have (L + 1)² numbers each, not [4, 4, 3]")]
fn a_field_with_unequal_components_is_refused() {
    to_vector_harmonics([&[0.0; 4], &[0.0; 4], &[0.0; 3]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn vector_harmonics_are_an_orthogonal_change_of_basis(x in vector(25), y in vector(25), z in vector(25)) {
        let components = to_vector_harmonics([&x, &y, &z]);
        let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        prop_assert!((square(&components) - square(&x) - square(&y) - square(&z)).abs() < 1e-13);
        let [bx, by, bz] = from_vector_harmonics(4, &components);
        prop_assert!(max_difference(&bx, &x) + max_difference(&by, &y) + max_difference(&bz, &z) < 1e-14);
    }

    #[test]
    fn components_in_vector_harmonics_turn_by_their_degree(r in rotation(), x in vector(16), y in vector(16), z in vector(16)) {
        let d = WignerD::new(4, &r);
        // The field R A(R⁻¹ r̂): each component's coefficients are turned, then the components are.
        let turned = [&x, &y, &z].map(|component| d.apply(component));
        let mut mixed = [(); 3].map(|()| vec![0.0; 16]);
        for (row, out) in r.matrix().iter().zip(&mut mixed) {
            for (factor, component) in row.iter().zip(&turned) {
                for (out, value) in out.iter_mut().zip(component) {
                    *out += factor * value;
                }
            }
        }
        let [a, b, c] = &mixed;
        let got = to_vector_harmonics([a, b, c]);
        let mut begin = 0;
        let components = to_vector_harmonics([&x, &y, &z]);
        for irrep in VectorIrrep::of_field(3) {
            let block = begin..begin + dim(irrep.j);
            begin = block.end;
            let expected = d.apply_to_degree(irrep.j, &components[block.clone()]);
            prop_assert!(max_difference(&got[block], &expected) < 1e-13, "{irrep:?}");
        }
    }
}
