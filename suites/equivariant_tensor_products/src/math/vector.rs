//! Vector spherical harmonics, and what pointwise products of vector fields on the sphere couple.
//!
//! A vector field `A(r̂) = Σ a[c, lm] Y_lm(r̂) e_c` carries irreps `1 ⊗ l → j`, `j ∈ {l − 1, l, l + 1}`. Its components in
//! vector harmonics are `a^(j l)[k] = √(2j + 1) Σ C^(1 l j)[c, m, k] a[c, lm]`, an orthogonal change of basis.
//!
//! A pointwise cross or dot product of the fields of irreps `(j1, l1)` and `(j2, l2)`, projected on `(j3, l3)`, is
//! `n √((2 j1 + 1)(2 j2 + 1)(2 j3 + 1)) g(l1, l2, l3) {1 l1 j1; 1 l2 j2; s l3 j3} C^(j1 j2 j3)` with the 9j symbol,
//! the Gaunt coefficient `g`, and `s = 1, n = √6` for the cross product (`ε = √6 C^(1 1 1)`), `s = 0, n = √3` for the dot
//! product (`δ = √3 C^(1 1 0)`, `j3 = l3`). The sign is that of this basis and is tested by contraction.

use super::clebsch_gordan::nonzeros;
use super::gaunt::gaunt;
use super::index::{dim, offset, size};
use super::paths::Path;
use super::symbols::wigner_9j;

/// A pointwise product of two vector fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// `A × B`, a vector field.
    Cross,
    /// `A · B`, a function.
    Dot,
}

/// One irrep of a vector field, or with `j = l` one of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VectorIrrep {
    /// How it transforms.
    pub j: usize,
    /// The degree of its harmonics.
    pub l: usize,
}

impl VectorIrrep {
    /// Those that transform by degree `j`, `l` ascending.
    pub fn of_degree(j: usize) -> impl Iterator<Item = Self> {
        // The one component of a field that l = 0 and j = 0 would be does not exist: 1 ⊗ 0 is degree 1.
        (j.saturating_sub(1)..=j + 1).map(move |l| Self { j, l }).filter(|irrep| irrep.j + irrep.l > 0)
    }

    /// All of a field whose components have degrees up to `lmax`: ordered by `l`, then `j`. There are `3 lmax + 1`.
    pub fn of_field(lmax: usize) -> Vec<Self> {
        let all = (0..=lmax).flat_map(|l| (l.saturating_sub(1)..=l + 1).map(move |j| Self { j, l }));
        all.filter(|irrep| irrep.j + irrep.l > 0).collect()
    }
}

/// The coupling of three irreps in a pointwise product: what multiplies the tensor of the path `(j1, j2, j3)`.
///
/// For [`Product::Dot`] the output is a function, `j3 = l3`; anything else gives zero.
///
/// # Panics
/// As [`super::symbols::wigner_6j`] does.
pub fn coupling(product: Product, first: VectorIrrep, second: VectorIrrep, output: VectorIrrep) -> f64 {
    let (spin, scale) = match product {
        Product::Cross => (1, 6.0),
        Product::Dot => (0, 3.0),
    };
    let path = Path::new(first.l, second.l, output.l);
    if !path.is_even() || !path.is_triangle() {
        return 0.0;
    }
    let dims = Path::new(first.j, second.j, output.j).dense_macs() as f64;
    let rows = [[1, first.l, first.j], [1, second.l, second.j], [spin, output.l, output.j]];
    (scale * dims).sqrt() * gaunt(path) * wigner_9j(rows)
}

/// Below this a sum of products of symbols counts as zero; couplings that are not zero are far above it.
const ZERO: f64 = 1e-12;

/// Whether some irreps of the degrees of a path couple in a pointwise product, whatever degrees their harmonics have.
pub fn reaches(product: Product, path: Path) -> bool {
    let couples = |first, second, output| coupling(product, first, second, output).abs() > ZERO;
    VectorIrrep::of_degree(path.l1).any(|first| {
        VectorIrrep::of_degree(path.l2).any(|second| match product {
            Product::Cross => VectorIrrep::of_degree(path.l3).any(|output| couples(first, second, output)),
            Product::Dot => couples(first, second, VectorIrrep { j: path.l3, l: path.l3 }),
        })
    })
}

/// The components of a field in vector harmonics, in the order of [`VectorIrrep::of_field`], from its Cartesian
/// components `(x, y, z)`, each of all degrees `0..=lmax`.
pub fn to_vector_harmonics(field: [&[f64]; 3]) -> Vec<f64> {
    let lmax = degree_of(field);
    let mut out = Vec::with_capacity(3 * size(lmax));
    for irrep in VectorIrrep::of_field(lmax) {
        let mut block = vec![0.0; dim(irrep.j)];
        let root = (dim(irrep.j) as f64).sqrt();
        for entry in nonzeros(Path::new(1, irrep.l, irrep.j)).iter() {
            block[entry.k] += root * entry.c * field[entry.i][offset(irrep.l) + entry.j];
        }
        out.extend(block);
    }
    out
}

/// The Cartesian components of a field whose components have degrees up to `lmax`: undoes [`to_vector_harmonics`].
///
/// # Panics
/// When there are not `3 (lmax + 1)²` components.
pub fn from_vector_harmonics(lmax: usize, components: &[f64]) -> [Vec<f64>; 3] {
    assert_eq!(components.len(), 3 * size(lmax), "a field of degree {lmax} has 3 ({lmax} + 1)² components");
    let mut field = [(); 3].map(|()| vec![0.0; size(lmax)]);
    let mut begin = 0;
    for irrep in VectorIrrep::of_field(lmax) {
        let block = &components[begin..begin + dim(irrep.j)];
        begin += block.len();
        let root = (dim(irrep.j) as f64).sqrt();
        for entry in nonzeros(Path::new(1, irrep.l, irrep.j)).iter() {
            field[entry.i][offset(irrep.l) + entry.j] += root * entry.c * block[entry.k];
        }
    }
    field
}

fn degree_of(field: [&[f64]; 3]) -> usize {
    let n = field[0].len();
    let degrees = n.isqrt();
    assert!(
        degrees > 0 && degrees * degrees == n && field.iter().all(|component| component.len() == n),
        "the three components of a field have (L + 1)² numbers each, not {:?}",
        field.map(<[f64]>::len)
    );
    degrees - 1
}
