//! Couplings of matrix products against the contraction of tensors, and their published peculiarities.

use suite_equivariant_tensor_products::math::clebsch_gordan::dense;
use suite_equivariant_tensor_products::math::index::dim;
use suite_equivariant_tensor_products::math::matrix_couplings::{
    BlockScale, full, inner_degree, single, through_blocks,
};
use suite_equivariant_tensor_products::math::paths::Path;

use crate::common::{all_paths, assert_couples};

/// `Σ C^(a b l1)[p, q, i] C^(b c l2)[q, r, j] C^(a c l3)[p, r, k]`.
fn contraction(path: Path, [a, b, c]: [usize; 3]) -> Vec<f64> {
    let Path { l1, l2, l3 } = path;
    let (x, y, z) = (dense(Path::new(a, b, l1)), dense(Path::new(b, c, l2)), dense(Path::new(a, c, l3)));
    let [n1, n2, n3] = [l1, l2, l3].map(dim);
    let mut out = vec![0.0; path.dense_macs()];
    for p in 0..dim(a) {
        for q in 0..dim(b) {
            for r in 0..dim(c) {
                let row = |block: &[f64], place: usize, n: usize| block[place * n..(place + 1) * n].to_vec();
                let x = row(&x, p * dim(b) + q, n1);
                let y = row(&y, q * dim(c) + r, n2);
                let z = row(&z, p * dim(c) + r, n3);
                crate::common::add_products(&mut out, 1.0, [&x, &y, &z]);
            }
        }
    }
    out
}

#[test]
fn three_blocks_contract_to_the_closed_form_times_the_tensor_with_its_sign() {
    for path in all_paths(3) {
        for a in 0..=2 {
            for b in 0..=3 {
                for c in 0..=2 {
                    assert_couples(
                        path,
                        &contraction(path, [a, b, c]),
                        through_blocks(path, [a, b, c]),
                        1e-15,
                    );
                }
            }
        }
    }
}

#[test]
fn matrices_on_one_irrep_contract_to_the_closed_form_times_the_tensor() {
    for l in 1..=4 {
        for path in all_paths(l) {
            assert_couples(path, &contraction(path, [l; 3]), single(path, l), 1e-15);
        }
    }
}

#[test]
fn matrices_on_the_smallest_single_irrep_miss_six_paths_at_degree_six_and_no_others() {
    for l in 1..=12 {
        assert_eq!(inner_degree(l, 2 * l), l);
        let missed: Vec<Path> = all_paths(l).into_iter().filter(|&path| single(path, l) == 0.0).collect();
        let expected = if l == 6 {
            vec![(3, 5, 6), (3, 6, 5), (5, 3, 6), (5, 6, 3), (6, 3, 5), (6, 5, 3)]
        } else {
            vec![]
        };
        assert_eq!(
            missed,
            expected.into_iter().map(|(a, b, c)| Path::new(a, b, c)).collect::<Vec<_>>(),
            "L = {l}"
        );
    }
    // One degree more holds all.
    assert!(all_paths(6).into_iter().all(|path| single(path, 7) != 0.0));
}

#[test]
fn matrices_on_all_irreps_reach_every_path_with_the_published_range_of_couplings() {
    for l in 1..=4 {
        for scale in [BlockScale::Unit, BlockScale::Norm] {
            assert!(all_paths(l).into_iter().all(|path| full(path, l, scale).abs() > 1e-3), "L = {l}");
        }
    }
    let couplings = || all_paths(2).into_iter().map(|path| full(path, 2, BlockScale::Norm).abs());
    assert!((couplings().fold(f64::INFINITY, f64::min) - 0.108).abs() < 5e-4);
    assert!((couplings().fold(0.0, f64::max) - 82.4).abs() < 5e-2);
}
