//! Powers of a feature, one factor after another.

use crate::math::paths::{Filter, Path, Shape};

/// One multiplication by the feature.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The largest degree of what was multiplied so far.
    pub(crate) lmax: usize,
    /// The largest degree that comes out.
    pub(crate) lout: usize,
    /// The paths, in path order.
    pub(crate) paths: Vec<Path>,
}

/// The multiplications that make the `nu`-th power of a feature of degrees up to `L`: what is between has every degree up to
/// its number of factors times `L`, and the last is cut at the shape's output degree.
pub(crate) fn steps(shape: Shape, nu: usize) -> Vec<Step> {
    (2..=nu)
        .map(|factors| {
            let lmax = (factors - 1) * shape.lmax;
            let lout = if factors == nu { shape.lout } else { factors * shape.lmax };
            Step { lmax, lout, paths: chained(lmax, shape.lmax, lout, shape.filter) }
        })
        .collect()
}

fn chained(first: usize, second: usize, lout: usize, filter: Filter) -> Vec<Path> {
    let pairs = (0..=first).flat_map(|l1| (0..=second).map(move |l2| (l1, l2)));
    pairs
        .flat_map(|(l1, l2)| (l1.abs_diff(l2)..=(l1 + l2).min(lout)).map(move |l3| Path { l1, l2, l3 }))
        .filter(|path| filter.keeps(*path))
        .collect()
}
