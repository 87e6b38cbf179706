//! Where each irrep lies in a row.

use serde::{Deserialize, Serialize};

use crate::math::index::{dim, offset};
use crate::math::paths::{Path, Shape};

/// What stands at each point of the sphere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// A number: irreps `l`.
    #[default]
    Scalar,
    /// A vector by its x, y and z components, each a function on the sphere: irreps `1 ⊗ l`. A row holds the three one
    /// after another.
    Vector,
}

impl Signal {
    /// Functions on the sphere that a row holds.
    pub fn components(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Vector => 3,
        }
    }
}

/// One irrep in a row of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputIrrep {
    /// Its degree.
    pub degree: usize,
    /// Where it begins in the row.
    pub offset: usize,
    /// The path that it is the output of; none: all paths to this degree are added up in it.
    pub path: Option<Path>,
}

/// How a row of the output is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One irrep a path, in path order.
    Paths,
    /// One irrep a degree, and so for each component of the signal.
    Merged,
}

impl Layout {
    /// The irreps of a row.
    pub fn irreps(self, shape: Shape, signal: Signal) -> Vec<OutputIrrep> {
        match self {
            Self::Merged => (0..signal.components())
                .flat_map(|component| {
                    let start = component * shape.merged_size();
                    shape.output_degrees().map(move |degree| OutputIrrep {
                        degree,
                        offset: start + offset(degree) - shape.merged_base(),
                        path: None,
                    })
                })
                .collect(),
            Self::Paths => shape
                .paths()
                .into_iter()
                .zip(shape.path_offsets().0)
                .map(|(path, offset)| OutputIrrep { degree: path.l3, offset, path: Some(path) })
                .collect(),
        }
    }

    /// Numbers in a row.
    pub fn size(self, shape: Shape, signal: Signal) -> usize {
        match self {
            Self::Merged => signal.components() * shape.merged_size(),
            Self::Paths => shape.paths().iter().map(|path| dim(path.l3)).sum(),
        }
    }
}
