//! What products can tell of the Tetris shapes, without training.

use suite_equivariant_tensor_products::math::paths::{Filter, Path, Setting, Shape};
use suite_equivariant_tensor_products::math::rotation::Rotation;
use suite_equivariant_tensor_products::math::tetris::{
    CHIRAL_PATH, SHAPES, invariant, moments, pseudoscalar,
};

fn shape(name: &str) -> [[f64; 3]; 4] {
    SHAPES.iter().find(|(shape, _)| *shape == name).expect("a shape").1
}

/// The paths with one of three chosen degrees each, up to 4.
fn paths(filter: Filter) -> Vec<Path> {
    let shape = Shape { lout: 4, ..Shape::full(Setting::Mimo, filter, 4) };
    shape.paths()
}

#[test]
fn the_chiral_shapes_have_opposite_pseudoscalars_and_the_others_none() {
    let (first, second) = (pseudoscalar(&shape("chiral1")), pseudoscalar(&shape("chiral2")));
    assert!(first.abs() > 1e-3, "{first}");
    assert!((first + second).abs() < 1e-14, "{first} {second}");
    for (name, cubes) in SHAPES {
        if !name.starts_with("chiral") {
            assert!(pseudoscalar(&cubes).abs() < 1e-14, "{name}");
        }
    }
}

#[test]
fn even_paths_cannot_tell_the_chiral_shapes_apart() {
    let (first, second) = (moments(&shape("chiral1"), 4), moments(&shape("chiral2"), 4));
    for path in paths(Filter::Even) {
        assert!((invariant(path, &first) - invariant(path, &second)).abs() < 1e-13, "{path:?}");
    }
}

#[test]
fn the_chiral_path_is_the_lowest_odd_one_that_does_not_vanish() {
    let first = moments(&shape("chiral1"), 4);
    for path in paths(Filter::All).into_iter().filter(|path| !path.is_even()) {
        let mut degrees = [path.l1, path.l2, path.l3];
        degrees.sort_unstable();
        let is_chiral = degrees == [CHIRAL_PATH.l1, CHIRAL_PATH.l2, CHIRAL_PATH.l3];
        assert_eq!(invariant(path, &first).abs() > 1e-12, is_chiral, "{path:?}");
    }
}

#[test]
fn even_paths_tell_all_shapes_apart_but_the_chiral_pair() {
    let fingerprints: Vec<(&str, Vec<f64>)> = SHAPES
        .iter()
        .map(|(name, cubes)| {
            let moments = moments(cubes, 4);
            (*name, paths(Filter::Even).into_iter().map(|path| invariant(path, &moments)).collect())
        })
        .collect();
    for (a, first) in &fingerprints {
        for (b, second) in &fingerprints {
            let same = crate::common::max_difference(first, second) < 1e-12;
            assert_eq!(same, a == b || (a.starts_with("chiral") && b.starts_with("chiral")), "{a} {b}");
        }
    }
}

#[test]
fn invariants_do_not_change_when_a_shape_is_turned_and_moved_and_the_pseudoscalar_changes_its_sign_in_a_mirror()
 {
    let cubes = shape("chiral1");
    let r = Rotation::from_quaternion([0.3, -0.2, 0.7, 0.4]).unwrap();
    let moved = cubes.map(|cube| r.apply(cube).map(|c| c + 1.7));
    for path in paths(Filter::All) {
        let (before, after) = (invariant(path, &moments(&cubes, 4)), invariant(path, &moments(&moved, 4)));
        assert!((before - after).abs() < 1e-13, "{path:?}");
    }
    let mirrored = cubes.map(|[x, y, z]| [-x, y, z]);
    assert!((pseudoscalar(&mirrored) + pseudoscalar(&cubes)).abs() < 1e-14);
}
