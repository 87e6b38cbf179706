//! Products of operators: features become matrices, which are multiplied.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::groups::{Groups, Row};
use super::number::Number;
use crate::math::clebsch_gordan::nonzeros;
use crate::math::index::{dim, offset};
use crate::math::paths::{Path, Shape};

/// `z = project(embed(x) · embed(y))` with square matrices: operators on a space of irreps, multiplied.
pub(crate) struct Operators<T> {
    /// Rows of the matrices.
    order: usize,
    embed: Groups<T>,
    project: Groups<T>,
}

impl<T: Number> Operators<T> {
    /// Operators on `⊕ l` of `degrees`: an irrep `l` stands in block `(a, b)` as `factor(a, b)·C[a, b, l]`.
    pub(crate) fn new(shape: Shape, degrees: &[usize], factor: impl Fn(usize, usize) -> f64) -> Self {
        let order = degrees.iter().map(|l| dim(*l)).sum();
        let entries = |l: usize, place: usize, towards: bool| {
            let mut entries = Vec::new();
            let mut row = 0;
            for &a in degrees {
                let mut column = 0;
                for &b in degrees {
                    for entry in nonzeros(Path::new(a, b, l)).iter() {
                        let cell = (row + entry.i) * order + column + entry.j;
                        let c = factor(a, b) * entry.c;
                        let at = place + entry.k;
                        entries.push(if towards { (cell, at, c) } else { (at, cell, c) });
                    }
                    column += dim(b);
                }
                row += dim(a);
            }
            entries
        };
        let embed =
            shape.input_degrees().flat_map(|l| entries(l, offset(l) - shape.input_base(), true)).collect();
        let project =
            shape.output_degrees().flat_map(|l| entries(l, offset(l) - shape.merged_base(), false)).collect();
        let embed = rows(order * order, embed);
        let project = rows(shape.merged_size(), project);
        Self { order, embed, project }
    }
}

/// All outputs of a linear map, those without an entry included, from `(to, from, coefficient)`.
fn rows<T: Number>(outputs: usize, entries: Vec<(usize, usize, f64)>) -> Groups<T> {
    let mut rows: Vec<Row> = (0..outputs).map(|to| (to, Vec::new())).collect();
    for (to, from, c) in entries {
        rows[to].1.push((from, c));
    }
    Groups::new(rows)
}

impl<T: Element> BlockMap<T> for Operators<T> {
    fn scratch(&self) -> usize {
        3 * self.order * self.order
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        _: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let size = self.order * self.order;
        let (a, rest) = scratch.split_at_mut(size);
        let (b, c) = rest.split_at_mut(size);
        self.embed.apply(s, pair.x, a);
        self.embed.apply(s, pair.y, b);
        multiply(s, self.order, a, b, c);
        self.project.apply(s, c, z);
    }

    fn multiply_adds(&self) -> u64 {
        (2 * self.embed.multiply_adds() + self.order.pow(3) + self.project.multiply_adds()) as u64
    }
}

/// `c = a·b` of square matrices in every lane, tile by tile: as many sums as there are registers for.
#[inline(always)]
fn multiply<T: Element, S: Lanes<T>>(s: S, order: usize, a: &[Block<T>], b: &[Block<T>], c: &mut [Block<T>]) {
    match order {
        1 | 2 => tiles::<T, S, 1, 1>(s, order, a, b, c),
        3 => tiles::<T, S, 1, 3>(s, order, a, b, c),
        4.. if !S::LOADS_ARE_CHEAP => tiles::<T, S, 1, 4>(s, order, a, b, c),
        6.. => tiles::<T, S, 3, 6>(s, order, a, b, c),
        _ => tiles::<T, S, 2, 4>(s, order, a, b, c),
    }
}

/// Tiles of `R` rows and `C` columns; the last ones overlap those before, where an order is no multiple.
#[inline(always)]
fn tiles<T: Element, S: Lanes<T>, const R: usize, const C: usize>(
    s: S,
    order: usize,
    a: &[Block<T>],
    b: &[Block<T>],
    c: &mut [Block<T>],
) {
    for row in (0..order).step_by(R) {
        let row = row.min(order - R);
        let a: [&[Block<T>]; R] = std::array::from_fn(|r| &a[(row + r) * order..][..order]);
        for column in (0..order).step_by(C) {
            let column = column.min(order - C);
            let mut sums = [[s.splat(T::default()); C]; R];
            for (k, b) in b.chunks_exact(order).enumerate() {
                let b = &b[column..column + C];
                for (a, sums) in a.iter().zip(&mut sums) {
                    let a = s.load(&a[k]);
                    for (sum, b) in sums.iter_mut().zip(b) {
                        *sum = s.mul_add(a, s.load(b), *sum);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                let c = &mut c[(row + r) * order + column..][..C];
                for (sum, c) in sums.iter().zip(c) {
                    s.store(*sum, c);
                }
            }
        }
    }
}
