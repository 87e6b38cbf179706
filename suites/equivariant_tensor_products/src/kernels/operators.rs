//! Products of operators: features become matrices, which are multiplied.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::number::Number;
use crate::math::clebsch_gordan::nonzeros;
use crate::math::index::{dim, offset};
use crate::math::paths::{Path, Shape};

/// A sum: its place, and where its terms are.
struct Sum {
    to: usize,
    terms: std::ops::Range<usize>,
}

/// A linear map by its non-zero entries, output by output.
struct SparseLinear<T> {
    sums: Vec<Sum>,
    from: Vec<u32>,
    coefficients: Vec<T>,
}

impl<T: Number> SparseLinear<T> {
    /// From `(to, from, coefficient)`.
    fn new(mut entries: Vec<(usize, usize, f64)>) -> Self {
        entries.sort_by_key(|(to, from, _)| (*to, *from));
        let mut sums: Vec<Sum> = Vec::new();
        for (at, (to, _, _)) in entries.iter().enumerate() {
            match sums.last_mut() {
                Some(sum) if sum.to == *to => sum.terms.end = at + 1,
                _ => sums.push(Sum { to: *to, terms: at..at + 1 }),
            }
        }
        Self {
            sums,
            from: entries.iter().map(|(_, from, _)| *from as u32).collect(),
            coefficients: entries.iter().map(|(_, _, c)| T::of(*c)).collect(),
        }
    }
}

impl<T: Element> SparseLinear<T> {
    #[inline(always)]
    fn apply<S: Lanes<T>>(&self, s: S, from: &[Block<T>], to: &mut [Block<T>]) {
        for sum in &self.sums {
            let mut value = s.splat(T::default());
            let terms = self.from[sum.terms.clone()].iter().zip(&self.coefficients[sum.terms.clone()]);
            for (place, c) in terms {
                value = s.mul_add(s.splat(*c), s.load(&from[*place as usize]), value);
            }
            s.store(value, &mut to[sum.to]);
        }
    }
}

/// `z = project(embed(x) · embed(y))` with square matrices: operators on a space of irreps, multiplied.
pub(crate) struct Operators<T> {
    /// Rows of the matrices.
    order: usize,
    embed: SparseLinear<T>,
    project: SparseLinear<T>,
    is_dense: bool,
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
        let embed: Vec<_> =
            shape.input_degrees().flat_map(|l| entries(l, offset(l) - shape.input_base(), true)).collect();
        let project =
            shape.output_degrees().flat_map(|l| entries(l, offset(l) - shape.merged_base(), false)).collect();
        let (embed, project) = (SparseLinear::new(embed), SparseLinear::new(project));
        let is_dense = embed.sums.len() == order * order;
        Self { order, embed, project, is_dense }
    }
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
        if !self.is_dense {
            a.fill(Block::default());
            b.fill(Block::default());
        }
        self.embed.apply(s, pair.x, a);
        self.embed.apply(s, pair.y, b);
        multiply(s, self.order, a, b, c);
        self.project.apply(s, c, z);
    }

    fn multiply_adds(&self) -> u64 {
        (2 * self.embed.from.len() + self.order.pow(3) + self.project.from.len()) as u64
    }
}

/// `c = a·b` of square matrices in every lane, four columns at a time.
#[inline(always)]
fn multiply<T: Element, S: Lanes<T>>(s: S, order: usize, a: &[Block<T>], b: &[Block<T>], c: &mut [Block<T>]) {
    const WIDTH: usize = 4;
    let zero = s.splat(T::default());
    for (a, c) in a.chunks_exact(order).zip(c.chunks_exact_mut(order)) {
        let mut column = 0;
        while column + WIDTH <= order {
            let mut sums = [zero; WIDTH];
            for (a, b) in a.iter().zip(b.chunks_exact(order)) {
                let a = s.load(a);
                for (sum, b) in sums.iter_mut().zip(&b[column..column + WIDTH]) {
                    *sum = s.mul_add(a, s.load(b), *sum);
                }
            }
            for (sum, c) in sums.iter().zip(&mut c[column..column + WIDTH]) {
                s.store(*sum, c);
            }
            column += WIDTH;
        }
        for column in column..order {
            let mut sum = zero;
            for (a, b) in a.iter().zip(b.chunks_exact(order)) {
                sum = s.mul_add(s.load(a), s.load(&b[column]), sum);
            }
            s.store(sum, &mut c[column]);
        }
    }
}
