//! Problems: closed forms on the line, the data sets' check values, degenerate grids.

use std::path::PathBuf;

use harness_core::{Params, Problem};
use suite_optimal_transport::OtInstance;
use suite_optimal_transport::problems::{
    DiscretisedDensities, Gaussians1d, GridCost, GridL1, GridScale, ImageSet, Images, LineCost, MarginalKind,
    PixelSupport, RandomAssignment,
};

use crate::common::{assert_optimal, context, instance, optimum};

/// The folder with data sets, where it holds `set`; else `None`, said aloud.
#[expect(clippy::print_stderr, reason = "that a check was skipped must be seen")]
fn data_dir(set: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HARNESS_DATA_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(harness_datasets::DEFAULT_DATA_DIR),
        PathBuf::from,
    );
    let found = root.join(set).is_dir();
    if !found {
        eprintln!("SKIPPED: `{set}` is not in {}; run `harness data fetch {set}`", root.display());
    }
    found.then_some(root)
}

/// The instance, if its data set is there.
pub(crate) fn from_data(images: &Images) -> Option<OtInstance> {
    images.check().unwrap();
    let name = match images.dataset {
        ImageSet::Mnist => "mnist",
        ImageSet::FashionMnist => "fashion_mnist",
        ImageSet::Digits => "digits",
    };
    let root = data_dir(name)?;
    Some(images.instance(&context(0, root)).expect("the data set holds the images"))
}

/// A pair of MNIST images, if the data set is there.
pub(crate) fn mnist(
    pair: [usize; 2],
    cost: GridCost,
    scale: GridScale,
    support: PixelSupport,
    eta: f64,
) -> Option<OtInstance> {
    from_data(&Images { dataset: ImageSet::Mnist, pair, cost, scale, support, eta })
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

/// The number of pixels with mass, and the sum of intensities, from the least mass: intensities are whole.
fn assert_image(instance: &OtInstance, pixels: usize, sum: f64) {
    assert_eq!(instance.n(), pixels);
    for mass in instance.r() {
        let intensity = mass * sum;
        assert!((intensity - intensity.round()).abs() < 1e-9 && intensity > 0.5, "{intensity} of {sum}");
    }
    // With any other sum that passes, the intensities would have a common factor.
    assert!(instance.r().iter().any(|mass| (mass * sum).round() % 2.0 == 1.0));
}

#[test]
fn mnist_is_read_as_published() {
    for (index, pixels, sum) in [
        (0, 166, 27_525.0),
        (2, 120, 19_443.0),
        (54_698, 181, 33_955.0),
        (239, 143, 23_972.0),
        (43_981, 166, 27_684.0),
        (4_377, 171, 28_307.0),
        (36, 164, 31_867.0),
    ] {
        let Some(i) = mnist([index, 36], GridCost::L1, GridScale::Grid, PixelSupport::Drop, 1.0) else {
            return;
        };
        assert_image(&i, pixels, sum);
        assert_eq!(i.m(), 164);
    }
}

#[test]
fn digits_and_fashion_are_read() {
    // The first rows of scikit-learn's digits.csv begin 0, 0, 5, 13, 9, 1, 0, 0 and 0, 0, 7, 15, 13, 1, 0, 0 (row 3).
    let digits = Images { dataset: ImageSet::Digits, pair: [0, 3], ..Images::default() };
    if let Some(instance) = from_data(&digits) {
        assert_image(&instance, 35, 294.0);
        assert_eq!(instance.m(), 33);
        let first: Vec<f64> = instance.r()[..4].iter().map(|mass| (mass * 294.0).round()).collect();
        assert_eq!(first, [5.0, 13.0, 9.0, 1.0]);
        assert_optimal(&instance, &optimum(&instance), 1e-13);
    }
    let smooth = PixelSupport::Smooth(0.001);
    let fashion =
        Images { dataset: ImageSet::FashionMnist, pair: [0, 1], support: smooth, ..Images::default() };
    if let Some(instance) = from_data(&fashion) {
        assert_eq!((instance.n(), instance.m()), (784, 784));
        let least = instance.r().iter().fold(f64::INFINITY, |a, &b| a.min(b));
        assert!((least - 0.001 / 784.0).abs() < 1e-15);
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
