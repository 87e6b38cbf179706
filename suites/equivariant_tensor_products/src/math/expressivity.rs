//! How many bilinear maps a tensor product can be trained to be.
//!
//! A product `T` with one weight for each irrep in and out, summed over `C` channels, is the equivariant bilinear map
//! `B(a, b, w)` whose component on the path `(l1, l2, l3)` is `κ Σ_c a[c, l1] b[c, l2] w[c, slot]`, where `κ` is the
//! coupling of `T`. Products that merge the paths of an output degree have one slot for each degree (Gaunt, matrices);
//! the Clebsch–Gordan product has one for each path.
//!
//! The degrees of freedom `γ` are the generic rank of the derivative of `B` in its weights, the dimension of the set of
//! maps. For one channel of a merging product with all paths reached that is `#out + 2 #in − 2`, for the Clebsch–Gordan
//! product the number of paths (the code of "The Price of Freedom" divides times by these numbers).
//!
//! The rank is computed exactly, in the field of integers modulo the prime `2^61 − 1` at a random point: rows scaled by
//! `κ ≠ 0` do not change a rank, so only the set of reached paths matters, and no tolerance decides. A random point
//! gives less than the generic rank with a probability below 1e-14 (Schwartz–Zippel).

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::paths::{Path, Shape};

/// Couplings smaller than this, relative to the largest, are zero: what is left of sums of symbols that cancel.
const ZERO: f64 = 1e-12;

/// Which weights the outputs have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// One for each output degree: the paths that give a degree are added up.
    Merged,
    /// One for each path.
    PerPath,
}

/// The coupling of every path that a shape has.
#[derive(Clone, Debug)]
pub struct Couplings {
    all: Vec<(Path, f64)>,
    outputs: Outputs,
}

impl Couplings {
    /// The couplings of a shape's paths, in path order.
    pub fn new(shape: Shape, outputs: Outputs, coupling: impl Fn(Path) -> f64) -> Self {
        Self { all: shape.paths().into_iter().map(|path| (path, coupling(path))).collect(), outputs }
    }

    /// The paths and their couplings.
    pub fn all(&self) -> &[(Path, f64)] {
        &self.all
    }

    /// The paths whose coupling is not zero.
    pub fn reached(&self) -> Vec<Path> {
        let largest = self.all.iter().map(|(_, coupling)| coupling.abs()).fold(0.0, f64::max);
        self.all
            .iter()
            .filter(|(_, coupling)| coupling.abs() > ZERO * largest)
            .map(|&(path, _)| path)
            .collect()
    }

    /// The reached share of the paths; 1 if there are none.
    pub fn reached_fraction(&self) -> f64 {
        if self.all.is_empty() { 1.0 } else { self.reached().len() as f64 / self.all.len() as f64 }
    }

    /// The smallest and the largest absolute coupling of the reached paths: their ratio says how unequally one scale of
    /// weights treats the paths. None if no path is reached.
    pub fn range(&self) -> Option<(f64, f64)> {
        let reached = self.reached();
        let values = self.all.iter().filter(|(path, _)| reached.binary_search(path).is_ok());
        values.map(|(_, coupling)| coupling.abs()).fold(None, |range, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    }

    /// The degrees of freedom with `channels` channels. The seed chooses the point of differentiation; see above.
    pub fn degrees_of_freedom(&self, channels: usize, seed: u64) -> usize {
        let growth = self.growth(seed);
        if channels == 0 { 0 } else { growth.get(channels - 1).or(growth.last()).copied().unwrap_or(0) }
    }

    /// The fewest channels with which every map on the reached paths can be had; 0 if there are none.
    pub fn channels_needed(&self, seed: u64) -> usize {
        self.growth(seed).len()
    }

    /// The degrees of freedom with 1, 2, … channels, up to the first number that is all reached paths.
    pub fn growth(&self, seed: u64) -> Vec<usize> {
        let paths = self.reached();
        if self.outputs == Outputs::PerPath && !paths.is_empty() {
            return vec![paths.len()];
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut span = Span::new(paths.len());
        let mut growth = Vec::new();
        // Weights that single out one path give a tangent along it: while a path is missing, some point adds to the
        // span, and then almost every point does.
        while span.rank < paths.len() {
            for tangent in tangents(&paths, &mut rng) {
                span.insert(tangent);
            }
            growth.push(span.rank);
        }
        growth
    }
}

/// 2^61 − 1.
const PRIME: u64 = (1 << 61) - 1;

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let sum = (product as u64 & PRIME) + (product >> 61) as u64;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn minus(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

fn inverse(a: u64) -> u64 {
    // a^(p − 2)
    let (mut result, mut base, mut power) = (1, a, PRIME - 2);
    while power > 0 {
        if power & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    result
}

/// The derivatives of the components on `paths` in each of one channel's weights `(a, b, w)`, at a random point.
fn tangents(paths: &[Path], rng: &mut ChaCha8Rng) -> Vec<Vec<u64>> {
    let legs: [fn(&Path) -> usize; 3] = [|path| path.l1, |path| path.l2, |path| path.l3];
    let mut weights = legs.map(|leg| {
        let degrees: BTreeMap<usize, u64> = paths.iter().map(|path| (leg(path), 0)).collect();
        degrees
    });
    for weight in weights.iter_mut().flat_map(BTreeMap::values_mut) {
        *weight = 1 + rng.next_u64() % (PRIME - 1);
    }
    let mut tangents = Vec::new();
    for (leg, others) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
        for &degree in weights[leg].keys() {
            let along = |path: &Path| {
                let [p, q] = others.map(|other| weights[other][&legs[other](path)]);
                if legs[leg](path) == degree { times(p, q) } else { 0 }
            };
            tangents.push(paths.iter().map(along).collect());
        }
    }
    tangents
}

/// The span of vectors modulo the prime, as an echelon form.
struct Span {
    /// The vector whose first entry that is not zero is a 1 at this place.
    pivots: Vec<Option<Vec<u64>>>,
    rank: usize,
}

impl Span {
    fn new(dimension: usize) -> Self {
        Self { pivots: vec![None; dimension], rank: 0 }
    }

    fn insert(&mut self, mut vector: Vec<u64>) {
        for (place, pivot) in self.pivots.iter_mut().enumerate() {
            let lead = vector[place];
            if lead == 0 {
                continue;
            }
            let Some(pivot) = pivot else {
                let scale = inverse(lead);
                vector[place..].iter_mut().for_each(|entry| *entry = times(*entry, scale));
                *pivot = Some(vector);
                self.rank += 1;
                return;
            };
            for (entry, &pivot) in vector[place..].iter_mut().zip(&pivot[place..]) {
                *entry = minus(*entry, times(lead, pivot));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_modulo_the_prime_is_that_of_a_field() {
        for a in [1, 2, 12345, PRIME - 1, PRIME / 3] {
            assert_eq!(times(a, inverse(a)), 1);
            assert_eq!(minus(times(a, PRIME - 1), PRIME - a), 0);
        }
    }

    #[test]
    fn the_rank_of_small_matrices_is_known() {
        let rank = |vectors: &[[u64; 3]]| {
            let mut span = Span::new(3);
            for vector in vectors {
                span.insert(vector.to_vec());
            }
            span.rank
        };
        assert_eq!(rank(&[]), 0);
        assert_eq!(rank(&[[0; 3]]), 0);
        assert_eq!(rank(&[[1, 2, 3], [2, 4, 6], [1, 0, 1]]), 2);
        assert_eq!(rank(&[[0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 1, 1], [5, 0, 7]]), 3);
    }
}
