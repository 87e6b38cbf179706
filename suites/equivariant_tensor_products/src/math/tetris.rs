//! The eight Tetris shapes, and what tells the two chiral ones apart without training.
//!
//! The task of e3nn's tutorial and of "The Price of Freedom": classify eight shapes of four cubes. Two of them are
//! mirror images. A network of Gaunt products sees the same invariants of both, since it has no path of odd sum; one
//! such path makes a pseudoscalar, which changes its sign under reflection.

use super::clebsch_gordan::contract;
use super::harmonics::harmonics;
use super::index::{offset, size};
use super::paths::Path;

/// The shapes by name, as cubes' places `(x, y, z)`.
pub const SHAPES: [(&str, [[f64; 3]; 4]); 8] = [
    ("chiral1", [[0., 0., 0.], [0., 0., 1.], [1., 0., 0.], [1., 1., 0.]]),
    ("chiral2", [[1., 1., 1.], [1., 1., 2.], [2., 1., 1.], [2., 0., 1.]]),
    ("square", [[0., 0., 0.], [1., 0., 0.], [0., 1., 0.], [1., 1., 0.]]),
    ("line", [[0., 0., 0.], [0., 0., 1.], [0., 0., 2.], [0., 0., 3.]]),
    ("corner", [[0., 0., 0.], [0., 0., 1.], [0., 1., 0.], [1., 0., 0.]]),
    ("L", [[0., 0., 0.], [0., 0., 1.], [0., 0., 2.], [0., 1., 0.]]),
    ("T", [[0., 0., 0.], [0., 0., 1.], [0., 0., 2.], [0., 1., 1.]]),
    ("zigzag", [[0., 0., 0.], [1., 0., 0.], [1., 1., 0.], [2., 1., 0.]]),
];

/// `A_lm = Σ_i |r_i|² Y_lm(r̂_i)` about the centroid, all degrees up to `lmax`.
pub fn moments(cubes: &[[f64; 3]], lmax: usize) -> Vec<f64> {
    let n = cubes.len() as f64;
    let centre = [0, 1, 2].map(|c| cubes.iter().map(|cube| cube[c]).sum::<f64>() / n);
    let mut sum = vec![0.0; size(lmax)];
    for cube in cubes {
        let r = [0, 1, 2].map(|c| cube[c] - centre[c]);
        let square: f64 = r.iter().map(|c| c * c).sum();
        if square == 0.0 {
            // No direction, and no weight.
            continue;
        }
        let length = square.sqrt();
        for (sum, y) in sum.iter_mut().zip(harmonics(lmax, r.map(|c| c / length))) {
            *sum += square * y;
        }
    }
    sum
}

/// The invariant `Σ C^(l1 l2 l3) A_l1 A_l2 A_l3` of moments of degrees up to at least those of the path: a scalar for an
/// even path, a pseudoscalar for an odd one.
pub fn invariant(path: Path, moments: &[f64]) -> f64 {
    let of = |l: usize| &moments[offset(l)..offset(l + 1)];
    contract(path, of(path.l1), of(path.l2)).iter().zip(of(path.l3)).map(|(z, a)| z * a).sum()
}

/// The odd path of lowest degrees whose invariant does not vanish: an odd tensor is antisymmetric in two equal degrees,
/// and no lower odd path has three different ones.
pub const CHIRAL_PATH: Path = Path::new(2, 3, 4);

/// `χ = Σ C^(2 3 4) A_2 A_3 A_4`.
pub fn pseudoscalar(cubes: &[[f64; 3]]) -> f64 {
    invariant(CHIRAL_PATH, &moments(cubes, 4))
}
