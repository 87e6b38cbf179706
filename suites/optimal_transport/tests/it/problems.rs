//! Problems: closed forms on the line, the data sets' check values, degenerate grids.

use std::path::PathBuf;

use harness_core::{Params, Problem};
use suite_optimal_transport::OtInstance;
use suite_optimal_transport::problems::{
    DiscretisedDensities, Gaussians1d, GridCost, GridL1, GridScale, ImageSet, Images, LineCost, MarginalKind,
    PixelSupport, RandomAssignment,
};

use crate::common::{assert_optimal, context, instance, optimum};

/// The folder with data sets that tests may use; `None`, said aloud, where there is none.
pub(crate) fn data_dir() -> Option<PathBuf> {
    let root = std::env::var_os("HARNESS_DATA_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(harness_datasets::DEFAULT_DATA_DIR),
        PathBuf::from,
    );
    let found = root.join("mnist").is_dir();
    if !found {
        eprintln!("SKIPPED: MNIST is not in {}; run `harness data fetch mnist`", root.display());
    }
    found.then_some(root)
}

/// A pair of MNIST images, if the data set is there.
pub(crate) fn mnist(
    pair: [usize; 2],
    cost: GridCost,
    scale: GridScale,
    support: PixelSupport,
    eta: f64,
) -> Option<OtInstance> {
    let images = Images { dataset: ImageSet::Mnist, pair, cost, scale, support, eta };
    images.check().unwrap();
    let root = data_dir()?;
    Some(images.instance(&context(0, root)).expect("the data set holds the images"))
}

#[test]
fn closed_forms_on_the_line_are_the_exact_optimum() {
    for cost in [LineCost::W1, LineCost::W2] {
        let densities = instance(&DiscretisedDensities { n: 150, cost, eta: 1000.0 }, 0);
        let plan = optimum(&densities);
        assert_optimal(&densities, &plan, 1e-13);
        let closed_form = densities.exact_cost().unwrap();
        assert!((plan.cost(densities.cost()) - closed_form).abs() < 1e-14, "{cost:?}");
    }
    let gaussians = instance(&Gaussians1d { n: 120, ..Gaussians1d::default() }, 0);
    let found = optimum(&gaussians).cost(gaussians.cost());
    assert!((found - gaussians.exact_cost().unwrap()).abs() < 1e-14);
}

#[test]
fn densities_are_those_of_the_papers() {
    let w2 = instance(&DiscretisedDensities { n: 101, ..DiscretisedDensities::default() }, 0);
    assert!((w2.cost()[(0, 100)] - 1.0).abs() < 1e-15 && w2.cost()[(3, 3)] == 0.0);
    // a falls by e over a unit of length, 20 points.
    assert!((w2.r()[0] / w2.r()[20] - std::f64::consts::E).abs() < 1e-12);
    // At the modes the other component is far away: 0.8/0.5 against 0.2/0.2.
    assert!((w2.c()[60] / w2.c()[20] - 1.6).abs() < 1e-2, "{}", w2.c()[60] / w2.c()[20]);
}

#[test]
fn replicates_count_up_the_seed_and_streams_differ_without_one() {
    let at = |first_seed, replicate| {
        let p = RandomAssignment {
            n: 3,
            m: Some(2),
            first_seed,
            marginals: MarginalKind::Random,
            ..Default::default()
        };
        instance(&p, replicate)
    };
    assert_eq!(at(Some(4), 3).cost(), at(Some(7), 0).cost());
    assert_eq!(at(Some(4), 3).r(), at(Some(7), 0).r());
    assert_ne!(at(None, 0).cost(), at(Some(7), 0).cost());
    assert_eq!(at(Some(42), 0).cost()[(0, 1)], 0.159_910_392_876_920_1);
}

#[test]
fn generated_grids_are_degenerate_and_bounded() {
    for replicate in 0..3 {
        let grid = instance(&GridL1 { size: 16, ..GridL1::default() }, replicate);
        assert!(grid.n() > 5 && grid.n() < 256, "{}", grid.n());
        for cost in grid.cost().rows().flatten() {
            assert!((cost * 16.0).fract() == 0.0 && *cost <= 30.0 / 16.0);
        }
        assert_optimal(&grid, &optimum(&grid), 1e-13);
    }
}

#[test]
fn mnist_is_read_as_published() {
    let Some(_) = data_dir() else { return };
    // Index, pixels with mass, sum of intensities.
    for (index, pixels, sum) in
        [(0, 166, 27_525), (2, 120, 19_443), (54_698, 181, 33_955), (239, 143, 23_972)]
    {
        let i = mnist([index, 36], GridCost::L1, GridScale::Grid, PixelSupport::Drop, 1.0).unwrap();
        assert_eq!((i.n(), i.m()), (pixels, 164));
        let least = i.r().iter().fold(f64::INFINITY, |a, &b| a.min(b)) * f64::from(sum);
        assert!((least - least.round()).abs() < 1e-9, "masses are whole intensities over {sum}");
    }
}

#[test]
fn mnist_exact_costs_are_the_published_ones() {
    let smooth = PixelSupport::Smooth(0.001);
    for (cost, scale, support, expected, digits) in [
        (GridCost::L1, GridScale::Max, smooth, 0.057_219_700_13, 5e-12),
        (GridCost::L2, GridScale::Max, smooth, 0.070_075_332_4, 5e-11),
        (GridCost::L1, GridScale::Grid, PixelSupport::Drop, 0.110_462_741_560_77, 1e-13),
    ] {
        let Some(pair) = mnist([2, 54_698], cost, scale, support, 1000.0) else { return };
        let plan = optimum(&pair);
        assert_optimal(&pair, &plan, 1e-13);
        let found = plan.cost(pair.cost());
        assert!((found - expected).abs() < digits, "{cost:?}: {found}");
    }
}

#[test]
fn absent_data_says_how_to_get_it() {
    let empty = tempfile::tempdir().unwrap();
    let error = Images::default().instance(&context(0, empty.path().to_owned())).unwrap_err().to_string();
    assert!(error.contains("harness data fetch mnist"), "{error}");
    let outside = Images { pair: [0, 60_000], ..Images::default() };
    assert_eq!(
        outside.check().unwrap_err().to_string(),
        "`pair` must be two indices below 60000, found 60000"
    );
}
