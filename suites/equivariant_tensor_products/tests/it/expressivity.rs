//! Degrees of freedom, reached paths and ranges of couplings against the published tables.

use suite_equivariant_tensor_products::math::expressivity::{Couplings, Outputs};
use suite_equivariant_tensor_products::math::gaunt::gaunt;
use suite_equivariant_tensor_products::math::matrix_couplings::single;
use suite_equivariant_tensor_products::math::paths::{Filter, Setting, Shape};
use suite_equivariant_tensor_products::math::poisson::poisson;

fn gaunt_couplings(l: usize, filter: Filter) -> Couplings {
    Couplings::new(Shape::full(Setting::Mimo, filter, l), Outputs::Merged, gaunt)
}

/// Degrees of freedom of a Gaunt product with 1, 2, … channels, up to all even paths.
const GAUNT: [&[usize]; 8] = [
    &[5],
    &[9, 14],
    &[13, 25, 30],
    &[17, 33, 48, 55],
    &[21, 41, 60, 79, 91],
    &[25, 49, 72, 95, 117, 139, 140],
    &[29, 57, 84, 111, 137, 163, 188, 204],
    &[33, 65, 96, 127, 157, 187, 216, 245, 272, 285],
];

#[test]
fn degrees_of_freedom_of_gaunt_products_are_the_published_ones() {
    for (l, expected) in (1..).zip(GAUNT) {
        let couplings = gaunt_couplings(l, Filter::All);
        assert_eq!(couplings.growth(1), expected, "L = {l}");
        assert_eq!(couplings.channels_needed(1), expected.len(), "L = {l}");
    }
}

#[test]
fn the_rank_does_not_depend_on_the_point() {
    let couplings = gaunt_couplings(5, Filter::Even);
    for seed in 0..20 {
        assert_eq!(couplings.degrees_of_freedom(3, seed), 60);
    }
}

#[test]
fn one_channel_of_a_merging_product_has_four_times_the_degree_plus_one() {
    for l in 1..=10 {
        assert_eq!(gaunt_couplings(l, Filter::Even).degrees_of_freedom(1, 3), 4 * l + 1);
        let matrices = Couplings::new(Shape::full(Setting::Mimo, Filter::All, l), Outputs::Merged, |path| {
            single(path, l)
        });
        assert_eq!(matrices.degrees_of_freedom(1, 3), 4 * l + 1);
    }
}

#[test]
fn matrices_of_one_irrep_gain_every_path_with_enough_channels() {
    for (l, channels) in (1..).zip([2, 3, 4, 6, 8, 11]) {
        let shape = Shape::full(Setting::Mimo, Filter::All, l);
        let growth = Couplings::new(shape, Outputs::Merged, |path| single(path, l)).growth(2);
        assert_eq!(growth.len(), channels, "L = {l}: {growth:?}");
        assert_eq!(growth.last(), Some(&(shape.paths().len() - if l == 6 { 6 } else { 0 })));
        // No channel has more weights than the first, less the two scales that it shares.
        assert!(growth.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] <= 4 * l + 1));
    }
}

#[test]
fn a_clebsch_gordan_product_has_a_degree_of_freedom_for_each_path() {
    for (l, expected) in (1..).zip([6, 19, 44, 85, 146, 231, 344, 489, 670, 891]) {
        let shape = Shape::full(Setting::Mimo, Filter::All, l);
        let couplings = Couplings::new(shape, Outputs::PerPath, |_| 1.0);
        assert_eq!(couplings.degrees_of_freedom(1, 0), expected);
        assert_eq!((couplings.degrees_of_freedom(0, 0), couplings.degrees_of_freedom(7, 0)), (0, expected));
        assert_eq!(couplings.channels_needed(0), 1);
    }
}

#[test]
fn the_reached_share_of_gaunt_products_is_that_of_even_paths() {
    for (l, expected) in (1..).zip([0.833, 0.737, 0.682, 0.647, 0.623, 0.606, 0.593, 0.583]) {
        let couplings = gaunt_couplings(l, Filter::All);
        assert!((couplings.reached_fraction() - expected).abs() < 5e-4, "L = {l}");
        assert!(couplings.reached().iter().all(|path| path.is_even()));
    }
}

#[test]
fn a_gaunt_product_and_a_bracket_together_reach_every_path() {
    let both = Couplings::new(Shape::full(Setting::Mimo, Filter::All, 6), Outputs::Merged, |path| {
        gaunt(path) + poisson(path)
    });
    assert_eq!(both.reached_fraction(), 1.0);
}

#[test]
fn couplings_of_one_matrix_irrep_range_as_published() {
    let published = [3.5, 10.0, 16.0, 43.0, 129.0, 106.0, 1.7e4, 515.0, 4.8e3, 1.6e3];
    for (l, expected) in (1..).zip(published) {
        let couplings = Couplings::new(Shape::full(Setting::Mimo, Filter::All, l), Outputs::Merged, |path| {
            single(path, l)
        });
        let (low, high) = couplings.range().expect("paths");
        assert!((high / low / expected - 1.0).abs() < 0.05, "L = {l}: {}", high / low);
        assert_eq!(couplings.all().len() - couplings.reached().len(), if l == 6 { 6 } else { 0 });
    }
}

#[test]
fn a_product_without_paths_has_no_freedom_and_needs_no_channels() {
    let none = Couplings::new(Shape::full(Setting::Siso, Filter::Even, 3), Outputs::Merged, gaunt);
    assert_eq!((none.degrees_of_freedom(2, 0), none.channels_needed(0), none.range()), (0, 0, None));
    // An odd degree alone: the path exists, and a Gaunt product does not reach it.
    let null = Couplings::new(Shape::full(Setting::Siso, Filter::All, 3), Outputs::Merged, gaunt);
    assert_eq!((null.all().len(), null.reached().len(), null.reached_fraction()), (1, 0, 0.0));
}
