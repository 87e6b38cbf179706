//! Helpers of several tests.

use proptest::prelude::*;
use suite_equivariant_tensor_products::math::clebsch_gordan::dense;
use suite_equivariant_tensor_products::math::paths::{Filter, Path, Setting, Shape};
use suite_equivariant_tensor_products::math::rotation::Rotation;

/// Every path with inputs of degree up to `lmax`.
pub(crate) fn all_paths(lmax: usize) -> Vec<Path> {
    Shape::full(Setting::Mimo, Filter::All, lmax).paths()
}

/// The largest difference of two lists of the same length.
#[track_caller]
pub(crate) fn max_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[track_caller]
pub(crate) fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    let difference = max_difference(a, b);
    assert!(difference <= tolerance, "differ by {difference:e}, more than {tolerance:e}:\n{a:?}\n{b:?}");
}

/// Any rotation.
pub(crate) fn rotation() -> impl Strategy<Value = Rotation> {
    prop::array::uniform4(-1.0..1.0_f64)
        .prop_filter_map("a quaternion that is not zero", Rotation::from_quaternion)
}

/// Any unit vector.
pub(crate) fn unit_vector() -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3(-1.0..1.0_f64).prop_filter_map("a vector that is not short", |[x, y, z]| {
        let r = (x * x + y * y + z * z).sqrt();
        (r > 1e-3).then(|| [x / r, y / r, z / r])
    })
}

/// `n` numbers in ±1.
pub(crate) fn vector(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..1.0_f64, n)
}

/// Adds `scale · a_i b_j c_k` to a block, `k` fastest.
pub(crate) fn add_products(block: &mut [f64], scale: f64, [a, b, c]: [&[f64]; 3]) {
    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| a * b));
    for (row, ab) in block.chunks_exact_mut(c.len()).zip(pairs) {
        for (out, c) in row.iter_mut().zip(c) {
            *out += scale * ab * c;
        }
    }
}

/// Asserts that a block is `κ` times the tensor of a path.
#[track_caller]
pub(crate) fn assert_couples(path: Path, block: &[f64], kappa: f64, tolerance: f64) {
    let expected: Vec<f64> = dense(path).into_iter().map(|c| kappa * c).collect();
    let difference = max_difference(block, &expected);
    assert!(difference <= tolerance, "{path:?}: not {kappa} times the tensor, by {difference:e}");
}
