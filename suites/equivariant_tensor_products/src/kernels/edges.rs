//! Products with the spherical harmonics of directions, in a frame in which the direction is the polar axis.
//!
//! There every `Y_l2m` vanishes but those with `m = 0`, `√((2 l2 + 1)/4π)`, so that an order `m` of the input goes to `±m` of the
//! output only: `O(L³)` where the tensors take `O(L⁵)` (Passaro and Zitnick, ICML 2023).

use std::collections::BTreeMap;
use std::f64::consts::PI;

use harness_simd::{Block, Isa, Lanes, Op};
use serde::{Deserialize, Serialize};

use super::batch::{BlockMap, Pair};
use super::groups::{Groups, Row};
use super::number::Number;
use super::turns::{Way, angles, multiples, multiples_size, multiples_work, turn, turn_work};
use super::wigner_blocks::{ROUNDING, WignerBlocks};
use crate::math::clebsch_gordan::nonzeros;
use crate::math::index::{dim, flat, offset, size};
use crate::math::paths::Shape;
use crate::math::wigner_d::{EulerD, WignerD};

/// How features are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wigner {
    /// By turns about the polar axis and a constant matrix, one after another; the Wigner-D matrix is never made.
    #[default]
    Factored,
    /// By Wigner-D matrices that are made from the directions in each step, on the clock.
    PerStep,
    /// By Wigner-D matrices that are made once, before the timed steps: where the edges of a graph stay.
    Once,
}

/// A convolution over edges.
pub(crate) struct Edges<T: Number> {
    lmax: usize,
    lout: usize,
    /// The largest of the two.
    largest: usize,
    /// x, y and z of the directions of a block of edges.
    directions: Vec<[Block<T>; 3]>,
    couplings: Groups<T>,
    rotation: Rotation<T>,
}

enum Rotation<T: Number> {
    Factored(Box<Factored<T>>),
    PerStep(WignerBlocks<T>),
    Once { blocks: WignerBlocks<T>, made: Vec<Block<T>> },
}

/// Parts of `J` and `Jᵀ`.
struct Factored<T> {
    /// `Jᵀ` of the input.
    first: Groups<T>,
    /// `J` of the input, to the orders that couple.
    second: Groups<T>,
    /// `Jᵀ` of the output, from the orders that couple.
    third: Groups<T>,
    /// `J` of the output.
    fourth: Groups<T>,
}

impl<T: Number> Edges<T> {
    /// Along these unit vectors, with a weight for each path of the shape, which has all degrees in and out.
    pub(crate) fn new(
        isa: Isa,
        shape: Shape,
        weights: &[f64],
        directions: &[[f64; 3]],
        wigner: Wigner,
    ) -> Self {
        let (lmax, lout) = (shape.lmax, shape.lout);
        let (order, largest) = (lmax.min(lout), lmax.max(lout));
        let euler = EulerD::new(largest);
        let quarter = euler.quarter();
        let directions: Vec<_> = directions.chunks(T::LANES).map(in_lanes).collect();
        let couplings = couplings(shape, weights);
        let rotation = match wigner {
            Wigner::Factored => Rotation::Factored(Box::new(Factored {
                first: quarter_turn(quarter, lmax, [lmax, lmax], false),
                second: quarter_turn(quarter, lmax, [order, lmax], true),
                third: quarter_turn(quarter, lout, [lout, order], false),
                fourth: quarter_turn(quarter, lout, [lout, lout], true),
            })),
            Wigner::PerStep => Rotation::PerStep(WignerBlocks::new(quarter, order)),
            Wigner::Once => {
                let blocks = WignerBlocks::new(quarter, order);
                let made = isa.run(MakeAll { blocks: &blocks, directions: &directions });
                Rotation::Once { blocks, made }
            }
        };
        Self { lmax, lout, largest, directions, couplings, rotation }
    }

    /// Multiply-adds of making what rotates features, of rotating them, and of coupling them.
    fn work(&self) -> [usize; 3] {
        let coupling = self.couplings.multiply_adds();
        match &self.rotation {
            Rotation::Factored(j) => {
                let constant = [&j.first, &j.second, &j.third, &j.fourth].map(Groups::multiply_adds);
                let turns = 2 * (turn_work(self.lmax) + turn_work(self.lout));
                [2 * multiples_work(self.largest), constant.iter().sum::<usize>() + turns, coupling]
            }
            Rotation::PerStep(blocks) | Rotation::Once { blocks, .. } => [
                blocks.making() + 2 * multiples_work(self.largest),
                blocks.applying(self.lmax) + blocks.applying(self.lout),
                coupling,
            ],
        }
    }
}

/// Directions side by side; lanes without one are zero.
fn in_lanes<T: Number>(directions: &[[f64; 3]]) -> [Block<T>; 3] {
    let mut lanes = [Block::<T>::default(); 3];
    for (lane, direction) in directions.iter().enumerate() {
        for (block, component) in lanes.iter_mut().zip(direction) {
            block[lane] = T::of(*component);
        }
    }
    lanes
}

/// `J`, or its transpose, for degrees up to `lmax`, between orders up to `to` and `from`.
fn quarter_turn<T: Number>(quarter: &WignerD, lmax: usize, [to, from]: [usize; 2], forth: bool) -> Groups<T> {
    let mut rows: Vec<Row> = Vec::new();
    for l in 0..=lmax {
        let (block, n) = (quarter.block(l), dim(l));
        for a in l - l.min(to)..=l + l.min(to) {
            let entry = |b: usize| if forth { block[a * n + b] } else { block[b * n + a] };
            let terms = (l - l.min(from)..=l + l.min(from)).map(|b| (offset(l) + b, entry(b)));
            rows.push((offset(l) + a, terms.filter(|(_, c)| c.abs() > ROUNDING).collect()));
        }
    }
    Groups::new(rows)
}

/// What couples the orders `m1` of the input to `±m1` of the output, summed over the degrees of the harmonics.
fn couplings<T: Number>(shape: Shape, weights: &[f64]) -> Groups<T> {
    let order = shape.lmax.min(shape.lout);
    let mut sums: BTreeMap<usize, BTreeMap<usize, f64>> = BTreeMap::new();
    for l3 in 0..=shape.lout {
        let kept = l3.min(order) as isize;
        for m in -kept..=kept {
            sums.insert(flat(l3, m), BTreeMap::new());
        }
    }
    for (path, weight) in shape.paths().into_iter().zip(weights) {
        let harmonic = (dim(path.l2) as f64 / (4.0 * PI)).sqrt();
        for entry in nonzeros(path).iter().filter(|entry| entry.j == path.l2) {
            let row = sums.get_mut(&(offset(path.l3) + entry.k)).expect("only orders of both couple");
            *row.entry(offset(path.l1) + entry.i).or_default() += weight * harmonic * entry.c;
        }
    }
    Groups::new(sums.into_iter().map(|(to, terms)| (to, terms.into_iter().collect())).collect())
}

/// Makes the matrices of all blocks of edges.
struct MakeAll<'a, T: Number> {
    blocks: &'a WignerBlocks<T>,
    directions: &'a [[Block<T>; 3]],
}

impl<T: Number> Op<T> for MakeAll<'_, T> {
    type Output = Vec<Block<T>>;

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) -> Vec<Block<T>> {
        let size = self.blocks.size();
        let mut made = vec![Block::default(); size * self.directions.len()];
        let mut table = vec![Block::default(); 2 * self.blocks.multiples()];
        let (alpha, beta) = table.split_at_mut(self.blocks.multiples());
        for (directions, d) in self.directions.iter().zip(made.chunks_exact_mut(size)) {
            prepare(s, directions, alpha, beta);
            self.blocks.make(s, alpha, beta, d);
        }
        made
    }
}

/// The multiples of both angles.
#[inline(always)]
fn prepare<T: Number, S: Lanes<T>>(
    s: S,
    directions: &[Block<T>; 3],
    alpha: &mut [Block<T>],
    beta: &mut [Block<T>],
) {
    let angles = angles(s, directions);
    multiples(s, angles.alpha, alpha);
    multiples(s, angles.beta, beta);
}

impl<T: Number> BlockMap<T> for Edges<T> {
    const READS_SECOND: bool = false;

    fn scratch(&self) -> usize {
        let features = 2 * (size(self.lmax) + size(self.lout));
        let tables = 2 * multiples_size(self.largest);
        features
            + match &self.rotation {
                Rotation::Factored(_) => tables,
                Rotation::PerStep(blocks) => tables + blocks.size(),
                Rotation::Once { .. } => 0,
            }
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        block: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let (u, rest) = scratch.split_at_mut(size(self.lmax));
        let (v, rest) = rest.split_at_mut(size(self.lmax));
        let (p, rest) = rest.split_at_mut(size(self.lout));
        let (q, rest) = rest.split_at_mut(size(self.lout));
        match &self.rotation {
            Rotation::Factored(j) => {
                let (alpha, beta) = rest.split_at_mut(multiples_size(self.largest));
                prepare(s, &self.directions[block], alpha, &mut beta[..multiples_size(self.largest)]);
                let beta = &beta[..multiples_size(self.largest)];
                u.copy_from_slice(pair.x);
                turn(s, Way::Back, self.lmax, alpha, u);
                j.first.apply(s, u, v);
                turn(s, Way::Back, self.lmax, beta, v);
                j.second.apply(s, v, u);
                self.couplings.apply(s, u, p);
                j.third.apply(s, p, q);
                turn(s, Way::Forth, self.lout, beta, q);
                j.fourth.apply(s, q, z);
                turn(s, Way::Forth, self.lout, alpha, z);
            }
            Rotation::PerStep(blocks) => {
                let (alpha, rest) = rest.split_at_mut(multiples_size(self.largest));
                let (beta, rest) = rest.split_at_mut(multiples_size(self.largest));
                let d = &mut rest[..blocks.size()];
                prepare(s, &self.directions[block], alpha, beta);
                blocks.make(s, alpha, beta, d);
                self.apply_blocks(s, blocks, d, pair.x, [u, p, z]);
            }
            Rotation::Once { blocks, made } => {
                let d = &made[block * blocks.size()..][..blocks.size()];
                self.apply_blocks(s, blocks, d, pair.x, [u, p, z]);
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        let [making, rotating, coupling] = self.work();
        let in_step = if matches!(self.rotation, Rotation::Once { .. }) { 0 } else { making };
        (in_step + rotating + coupling) as u64
    }

    fn numbers_read(&self) -> usize {
        match &self.rotation {
            Rotation::Once { blocks, .. } => blocks.size(),
            _ => 3,
        }
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let names = ["wigner_flops", "rotation_flops", "coupling_flops"];
        names.into_iter().zip(self.work().map(|work| 2 * work as u64)).collect()
    }
}

impl<T: Number> Edges<T> {
    #[inline(always)]
    fn apply_blocks<S: Lanes<T>>(
        &self,
        s: S,
        blocks: &WignerBlocks<T>,
        d: &[Block<T>],
        x: &[Block<T>],
        [u, p, z]: [&mut [Block<T>]; 3],
    ) {
        blocks.rotate(s, self.lmax, d, x, u);
        self.couplings.apply(s, u, p);
        blocks.rotate_back(s, self.lout, d, p, z);
    }
}
