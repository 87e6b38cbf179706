//! What solvers give back.

use std::borrow::Cow;

use crate::layout::Layout;

/// Which bilinear map a method computes. Tensor products differ in how they couple the paths `(l1, l2, l3)`; each of these
/// equals the unit-norm Clebsch-Gordan tensor times a number for each path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Map {
    /// One output a path: `z = Σ C_ijk x_i y_j` with `‖C‖ = 1`.
    ClebschGordan,
    /// Paths to a degree added up with the instance's weights.
    Weighted,
    /// The product of two functions on the sphere: couplings `∫ Y1 Y2 Y3`.
    Gaunt,
    /// The Poisson bracket of two functions on the sphere: couplings `∫ {Y1, Y2} Y3`.
    PoissonBracket,
    /// The product of two operators on one irrep (e3x): couplings are 6j symbols.
    MatrixSingleIrrep {
        /// The degree of the irrep; none: the least whose matrices hold all degrees.
        inner: Option<usize>,
    },
    /// The product of two operators on `⊕ l` for `l ≤ L` (the program of The Price of Freedom).
    MatrixFull,
    /// The cross product of two vector fields on the sphere.
    VectorCross,
    /// No product: the spherical harmonics of directions.
    SphericalHarmonics,
    /// No product: how many numbers were worked on.
    Machine,
}

/// The name of [`Map::MatrixSingleIrrep`]; an irrep that is not the least follows as a number.
const SINGLE_IRREP: &str = "matrix_single_irrep";

/// The maps that need no number, by name.
const NAMED: [(Map, &str); 9] = [
    (Map::ClebschGordan, "clebsch_gordan"),
    (Map::Weighted, "weighted"),
    (Map::Gaunt, "gaunt"),
    (Map::PoissonBracket, "poisson_bracket"),
    (Map::MatrixSingleIrrep { inner: None }, SINGLE_IRREP),
    (Map::MatrixFull, "matrix_full"),
    (Map::VectorCross, "vector_cross"),
    (Map::SphericalHarmonics, "spherical_harmonics"),
    (Map::Machine, "machine"),
];

impl Map {
    /// Its name in files: `gaunt`, …; `matrix_single_irrep`, or `matrix_single_irrep_7` on the irrep of degree 7.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::MatrixSingleIrrep { inner: Some(degree) } => format!("{SINGLE_IRREP}_{degree}").into(),
            _ => NAMED.iter().find(|(map, _)| *map == self).expect("every other map is listed").1.into(),
        }
    }

    /// The map of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        let on_irrep = || {
            let degree = name.strip_prefix(SINGLE_IRREP)?.strip_prefix('_')?.parse().ok()?;
            Some(Self::MatrixSingleIrrep { inner: Some(degree) })
        };
        NAMED.iter().find(|(_, known)| *known == name).map(|(map, _)| *map).or_else(on_irrep)
    }

    /// All maps that need no number.
    pub fn named() -> impl Iterator<Item = Self> {
        NAMED.iter().map(|(map, _)| *map)
    }

    /// How its output is laid out.
    pub fn layout(self) -> Layout {
        match self {
            Self::ClebschGordan => Layout::Paths,
            _ => Layout::Merged,
        }
    }
}

/// Numbers in the type in which they were computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Values {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all are finite.
    pub fn are_finite(&self) -> bool {
        match self {
            Self::F32(v) => v.iter().all(|v| v.is_finite()),
            Self::F64(v) => v.iter().all(|v| v.is_finite()),
        }
    }

    /// The numbers from `start` on, in double precision.
    pub fn row(&self, start: usize, len: usize) -> Vec<f64> {
        match self {
            Self::F32(v) => v[start..][..len].iter().map(|v| f64::from(*v)).collect(),
            Self::F64(v) => v[start..][..len].to_vec(),
        }
    }
}

/// The product of every pair of a batch: rows of [`Layout`], one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductSolution {
    /// What was computed.
    pub map: Map,
    /// `[batch][dim]`, or `[nodes][channels][dim]` for a many-body product.
    pub values: Values,
}
