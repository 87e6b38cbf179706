//! What the products of any features have in common, on features read from a file as a user's are.

use harness_core::Dtype;
use harness_core::protocol::Save;
use harness_datasets::readers::npy::Array;
use harness_datasets::readers::npz::{self, Compression};
use proptest::prelude::*;
use serde_json::json;
use suite_equivariant_tensor_products::math::index::{dim, offset};
use suite_equivariant_tensor_products::math::paths::Path;
use suite_equivariant_tensor_products::suite;

use crate::cells::{cell, run_and_save};
use crate::common::{assert_close, vector};

const LMAX: usize = 3;
const SIZE: usize = (LMAX + 1) * (LMAX + 1);

/// Methods, and a filter that they take.
const METHODS: [(&str, &str); 9] = [
    ("cg_dense", "all"),
    ("cg_sparse", "all"),
    ("cg_weighted", "all"),
    ("cg_weighted", "even"),
    ("gaunt_sparse", "even"),
    ("gaunt_grid_separable", "even"),
    ("matrix_single_irrep", "all"),
    ("matrix_full", "all"),
    ("poisson_bracket", "odd"),
];

/// One irrep of a row of a product.
struct Irrep {
    degree: usize,
    /// The degrees that went in; none where paths are added up.
    from: Option<(usize, usize)>,
    values: Vec<f64>,
}

/// The product of each pair of rows, by irreps.
fn products(solver: &str, filter: &str, x: &[&[f64]], y: &[&[f64]]) -> Vec<Vec<Irrep>> {
    let folder = tempfile::tempdir().unwrap();
    let (instance, solution) = (folder.path().join("xy.npz"), folder.path().join("z.npz"));
    let array = |rows: &[&[f64]]| Array::new([rows.len(), SIZE], rows.concat()).unwrap();
    npz::write(&instance, &[("x", &array(x)), ("y", &array(y))], Compression::Stored).unwrap();
    let suite = suite();
    let problem = json!({"path": instance.to_str().unwrap(), "filter": filter});
    let cell = cell(&suite, ("file", &problem), (solver, &json!({})), Dtype::F64);
    let save = Save { what: None, path: solution.clone() };
    run_and_save(&suite, &cell, Some(&save)).unwrap();
    let arrays = npz::read(&solution).unwrap();
    let columns = arrays["z"].shape()[1];
    let z = arrays["z"].clone().into_f64();
    let irreps = arrays["irreps"].clone().into_f64();
    z.chunks(columns)
        .map(|row| {
            let irreps = irreps.chunks(4).map(|irrep| {
                let (degree, start) = (irrep[0] as usize, irrep[1] as usize);
                let from = (irrep[2] >= 0.0).then_some((irrep[2] as usize, irrep[3] as usize));
                Irrep { degree, from, values: row[start..start + dim(degree)].to_vec() }
            });
            irreps.collect()
        })
        .collect()
}

fn flat(row: &[Irrep]) -> Vec<f64> {
    row.iter().flat_map(|irrep| irrep.values.clone()).collect()
}

fn sign(exponent: usize) -> f64 {
    if exponent.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// `x_l → (−1)^l x_l`: the feature of the mirror image.
fn inverted(x: &[f64]) -> Vec<f64> {
    (0..=LMAX).flat_map(|l| x[offset(l)..offset(l + 1)].iter().map(move |x| sign(l) * x)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_product_is_linear_in_each_factor(
        [x, v, y] in [vector(SIZE), vector(SIZE), vector(SIZE)],
        [a, b] in prop::array::uniform2(-2.0..2.0_f64),
    ) {
        let mixed: Vec<f64> = x.iter().zip(&v).map(|(x, v)| a * x + b * v).collect();
        for (solver, filter) in METHODS {
            let left = products(solver, filter, &[&x, &v, &mixed], &[&y, &y, &y]);
            let right = products(solver, filter, &[&y, &y, &y], &[&x, &v, &mixed]);
            for rows in [left, right] {
                let [x, v, mixed] = [0, 1, 2].map(|row| flat(&rows[row]));
                let expected: Vec<f64> = x.iter().zip(&v).map(|(x, v)| a * x + b * v).collect();
                assert_close(&mixed, &expected, 1e-10);
            }
        }
    }

    #[test]
    fn paths_swap_their_factors_with_the_sign_of_their_degrees(x in vector(SIZE), y in vector(SIZE)) {
        for solver in ["cg_dense", "cg_sparse"] {
            let rows = products(solver, "all", &[&x, &y], &[&y, &x]);
            for irrep in &rows[0] {
                let (l1, l2) = irrep.from.expect("each path has its own irrep");
                let is_swapped = |other: &&Irrep| other.from == Some((l2, l1)) && other.degree == irrep.degree;
                let swapped = rows[1].iter().find(is_swapped).expect("the swapped path is there");
                let sign = sign(Path::new(l1, l2, irrep.degree).degree_sum());
                let expected: Vec<f64> = swapped.values.iter().map(|v| sign * v).collect();
                assert_close(&irrep.values, &expected, 1e-13);
            }
        }
    }

    #[test]
    fn mirror_images_have_the_products_of_their_parity(x in vector(SIZE), y in vector(SIZE)) {
        for (solver, filter) in METHODS {
            if filter == "all" && !solver.ends_with("dense") && !solver.ends_with("sparse") {
                // Paths of both parities are added up.
                continue;
            }
            let rows = products(solver, filter, &[&x, &inverted(&x)], &[&y, &inverted(&y)]);
            for (irrep, image) in rows[0].iter().zip(&rows[1]) {
                // Of a path: (−1)^(l1 + l2). Where even or odd paths are added up, that is the same for all of them.
                let own = match irrep.from {
                    Some((l1, l2)) => sign(l1 + l2),
                    None => sign(irrep.degree + usize::from(filter == "odd")),
                };
                let expected: Vec<f64> = irrep.values.iter().map(|v| own * v).collect();
                assert_close(&image.values, &expected, 1e-13);
            }
        }
    }
}
