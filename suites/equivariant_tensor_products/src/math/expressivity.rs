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
        let paths = self.reached();
        match self.outputs {
            Outputs::PerPath if channels > 0 => paths.len(),
            Outputs::PerPath => 0,
            Outputs::Merged => rank(jacobian(&paths, channels, seed)),
        }
    }

    /// The fewest channels with which every map on the reached paths can be had; 0 if there are none.
    pub fn channels_needed(&self, seed: u64) -> usize {
        let target = self.reached().len();
        // Each channel adds at least one dimension until there is none to add.
        (0..=target).find(|&channels| self.degrees_of_freedom(channels, seed) == target).unwrap_or(target)
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

/// The derivative of the components on `paths` in the weights `(a, b, w)` of every channel, at a random point.
fn jacobian(paths: &[Path], channels: usize, seed: u64) -> Vec<Vec<u64>> {
    let slots = |degree: fn(&Path) -> usize| -> BTreeMap<usize, usize> {
        let mut slots: BTreeMap<usize, usize> = paths.iter().map(|path| (degree(path), 0)).collect();
        slots.values_mut().enumerate().for_each(|(place, slot)| *slot = place);
        slots
    };
    let [first, second, output] = [slots(|path| path.l1), slots(|path| path.l2), slots(|path| path.l3)];
    let width = first.len() + second.len() + output.len();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let weights: Vec<u64> = (0..channels * width).map(|_| 1 + rng.next_u64() % (PRIME - 1)).collect();
    let row = |path: &Path| {
        let mut row = vec![0; channels * width];
        for channel in 0..channels {
            let begin = channel * width;
            let a = begin + first[&path.l1];
            let b = begin + first.len() + second[&path.l2];
            let w = begin + first.len() + second.len() + output[&path.l3];
            row[a] = times(weights[b], weights[w]);
            row[b] = times(weights[a], weights[w]);
            row[w] = times(weights[a], weights[b]);
        }
        row
    };
    paths.iter().map(row).collect()
}

/// The rank of a matrix modulo the prime, by elimination.
fn rank(mut rows: Vec<Vec<u64>>) -> usize {
    let columns = rows.first().map_or(0, Vec::len);
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).find(|&row| rows[row][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let (above, below) = rows.split_at_mut(rank + 1);
        let pivot = &above[rank];
        let scale = inverse(pivot[column]);
        for row in below.iter_mut().filter(|row| row[column] != 0) {
            let factor = times(row[column], scale);
            for (entry, &above) in row[column..].iter_mut().zip(&pivot[column..]) {
                *entry = minus(*entry, times(factor, above));
            }
        }
        rank += 1;
    }
    rank
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
        assert_eq!(rank(vec![]), 0);
        assert_eq!(rank(vec![vec![0, 0], vec![0, 0]]), 0);
        assert_eq!(rank(vec![vec![1, 2, 3], vec![2, 4, 6], vec![1, 0, 1]]), 2);
        assert_eq!(rank(vec![vec![0, 1], vec![1, 0], vec![1, 1]]), 2);
    }
}
