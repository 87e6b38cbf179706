//! Images on a grid of pixels as transport problems.

use harness_core::{InstanceError, ParamError};
use serde::{Deserialize, Serialize};

use crate::instance::OtInstance;
use crate::kernels::Matrix;

/// The cost of moving mass between pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GridCost {
    /// Manhattan distance.
    L1,
    /// Euclidean distance.
    L2,
    /// Squared Euclidean distance.
    #[default]
    Sql2,
}

/// The unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridScale {
    /// Pixel `(i, j)` lies at `(i/side, j/side)`.
    #[default]
    Grid,
    /// The pixels fill the unit square: neighbours are `1/(side − 1)` apart.
    UnitSquare,
    /// The largest cost between any two pixels is 1.
    Max,
}

/// What becomes of pixels without mass, and of others with them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PixelSupport {
    /// They are left out.
    #[default]
    Drop,
    /// The image `v`, normalised, becomes `(1 − e) v + e / pixels`.
    Smooth(f64),
    /// This is added to all intensities, which lie in 0..1, before normalisation.
    Offset(f64),
}

impl PixelSupport {
    pub(super) fn check(self) -> Result<(), ParamError> {
        match self {
            PixelSupport::Drop => Ok(()),
            PixelSupport::Smooth(e) => ParamError::require(
                e > 0.0 && e <= 1.0,
                "support",
                "smooth with 0 < e <= 1",
                format!("smooth: {e}"),
            ),
            PixelSupport::Offset(e) => ParamError::require(
                e > 0.0 && e.is_finite(),
                "support",
                "offset with a positive intensity",
                format!("offset: {e}"),
            ),
        }
    }

    /// The masses of an image with intensities in 0..1.
    fn masses(self, intensities: &[f64]) -> Vec<f64> {
        let offset = if let PixelSupport::Offset(e) = self { e } else { 0.0 };
        let mut masses: Vec<f64> = intensities.iter().map(|v| v + offset).collect();
        let sum: f64 = masses.iter().sum();
        for v in &mut masses {
            *v /= sum;
        }
        if let PixelSupport::Smooth(e) = self {
            let share = e / masses.len() as f64;
            for v in &mut masses {
                *v = (1.0 - e) * *v + share;
            }
        }
        masses
    }
}

/// The cost between two pixels of a square image.
pub(super) fn pixel_cost(cost: GridCost, scale: GridScale, side: usize) -> impl Fn(usize, usize) -> f64 {
    let raw = move |p: usize, q: usize| {
        let row = (p / side).abs_diff(q / side) as f64;
        let column = (p % side).abs_diff(q % side) as f64;
        match cost {
            GridCost::L1 => row + column,
            GridCost::L2 => (row * row + column * column).sqrt(),
            GridCost::Sql2 => row * row + column * column,
        }
    };
    let square = |length: f64| if cost == GridCost::Sql2 { length * length } else { length };
    let unit = match scale {
        GridScale::Grid => square(side as f64),
        GridScale::UnitSquare => square((side - 1) as f64),
        GridScale::Max => raw(0, side * side - 1),
    };
    move |p, q| raw(p, q) / unit
}

/// The problem of moving one square image to another; intensities in 0..1, row by row.
pub(super) fn instance(
    side: usize,
    images: [&[f64]; 2],
    support: PixelSupport,
    cost: impl Fn(usize, usize) -> f64,
    eta: f64,
) -> Result<OtInstance, InstanceError> {
    let [r, c] = images.map(|image| support.masses(image));
    // Built for the pixels with mass only: the full matrix may be far larger.
    let kept = |w: &[f64]| -> Vec<usize> { (0..side * side).filter(|&p| w[p] > 0.0).collect() };
    let (rows, columns) = (kept(&r), kept(&c));
    if rows.is_empty() || columns.is_empty() {
        return Err(InstanceError("an image is black: it has no mass to move; choose another".to_owned()));
    }
    let matrix = Matrix::from_fn(rows.len(), columns.len(), |i, j| cost(rows[i], columns[j]));
    let pick = |w: &[f64], kept: &[usize]| kept.iter().map(|&p| w[p]).collect();
    OtInstance::with_empty_lines(
        matrix,
        pick(&r, &rows),
        pick(&c, &columns),
        eta,
        [(rows, r.len()), (columns, c.len())],
    )
}
