//! Random features.

use harness_core::{InstanceContext, Stream};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::instance::RotatedPair;
use crate::judge::turned_components;
use crate::layout::Signal;
use crate::math::index::{dim, offset};
use crate::math::paths::Shape;
use crate::math::rotation::Rotation;
use crate::math::wigner_d::WignerD;

/// Draws for one instance.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn of(context: &InstanceContext) -> Self {
        Self(context.seeds.rng(Stream::Data))
    }

    /// The same draws every time.
    pub(super) fn fixed() -> Self {
        Self(ChaCha8Rng::seed_from_u64(0))
    }

    /// A number from N(0, 1).
    pub(super) fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Numbers from N(0, 1).
    pub(super) fn normals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// A unit vector, uniform on the sphere.
    pub(super) fn direction(&mut self) -> [f64; 3] {
        loop {
            let v = [self.normal(), self.normal(), self.normal()];
            let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
            if norm > 1e-6 {
                return v.map(|v| v / norm);
            }
        }
    }

    /// A rotation, uniform.
    pub(super) fn rotation(&mut self) -> Rotation {
        Rotation::from_normals([self.normal(), self.normal(), self.normal(), self.normal()])
    }
}

/// Rows of a batch that become rotated copies of its first rows, if it has as many rows again.
const COPIES: usize = 4;

/// Makes the last rows of a batch rotated copies of the first; there may be no `y`.
pub(super) fn rotate_last_rows(
    shape: Shape,
    signal: Signal,
    random: &mut Random,
    x: &mut [f64],
    y: &mut [f64],
) -> Vec<RotatedPair> {
    let size = signal.components() * shape.input_size();
    let batch = x.len() / size;
    if batch < 2 * COPIES {
        return Vec::new();
    }
    (0..COPIES)
        .map(|original| {
            let pair = RotatedPair { original, copy: batch - COPIES + original, rotation: random.rotation() };
            for rows in [&mut *x, &mut *y].into_iter().filter(|rows| !rows.is_empty()) {
                let turned = turned(shape, signal, &rows[original * size..][..size], &pair.rotation);
                rows[pair.copy * size..][..size].copy_from_slice(&turned);
            }
            pair
        })
        .collect()
}

/// A row, rotated.
fn turned(shape: Shape, signal: Signal, row: &[f64], rotation: &Rotation) -> Vec<f64> {
    let d = WignerD::new(shape.lmax, rotation);
    let mut out = vec![0.0; row.len()];
    for component in 0..signal.components() {
        let start = component * shape.input_size();
        for l in shape.input_degrees() {
            let irrep =
                start + offset(l) - shape.input_base()..start + offset(l) + dim(l) - shape.input_base();
            out[irrep.clone()].copy_from_slice(&d.apply_to_degree(l, &row[irrep]));
        }
    }
    match signal {
        Signal::Scalar => out,
        Signal::Vector => turned_components(rotation, &out),
    }
}
