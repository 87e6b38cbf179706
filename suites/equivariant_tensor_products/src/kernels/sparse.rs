//! Products from a table of coefficients that are not zero.
//!
//! Real coefficients come in twos: those of `x_m1 y_m2` and `x_−m1 y_−m2` towards one output are equal or opposite, and so are
//! those of `x_m1 y_−m2` and `x_−m1 y_m2`. So the table is over sums and differences of products ([`products`](super::products)),
//! half as many as there are coefficients. Towards order `m` all degrees that come out of a pair of irreps are sums over the same
//! few of them: small dense matrices, whose operands stay in registers.

use std::collections::BTreeMap;
use std::ops::Range;

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Group, Out, Pair};
use super::number::Number;
use super::products::Products;
use super::straight::Straight;
use crate::math::combined::{Kind, terms};
use crate::math::index::{dim, offset};
use crate::math::paths::{Path, Shape};

/// Outputs that are summed together: each product is loaded once for so many.
const WIDTH: usize = 4;

/// Blocks that each coefficient is loaded for, where registers allow.
const BLOCKS: usize = 4;

/// Outputs of a part, at least: few enough to stay in the first cache.
const PART: usize = 64;

/// A table: for each pair of input irreps the products once, then each output as a sum over them.
pub(crate) struct SparseTable<T> {
    pairs: Vec<IrrepPair>,
    /// Pairs of each part of the output, and where the part begins.
    parts: Vec<(Range<usize>, usize)>,
    outputs: usize,
    sums: Vec<Sums>,
    places: Vec<u16>,
    targets: Vec<u32>,
    /// `[sums][place][target]`.
    coefficients: Vec<T>,
    /// Whether several pairs add to one output.
    adds: bool,
    largest: usize,
    multiply_adds: usize,
    /// The same product as straight-line code, for the instruction set in which a block is a register.
    straight: Option<Straight>,
    /// The couplings of its paths, where they are not part of it.
    weights: Vec<T>,
}

/// A pair of input irreps.
struct IrrepPair {
    products: Products,
    /// Its part of `sums`.
    sums: Range<usize>,
}

/// At most [`WIDTH`] sums over the same products.
struct Sums {
    places: Range<usize>,
    targets: Range<usize>,
    coefficients: Range<usize>,
}

/// A row of a small matrix while the table is made.
struct Row {
    target: usize,
    terms: BTreeMap<usize, f64>,
}

impl<T: Number> SparseTable<T> {
    /// The table of a shape's paths, each with a coupling and the place where its output begins.
    pub(crate) fn new(
        shape: Shape,
        coupling: impl Fn(usize, Path) -> f64,
        place: impl Fn(usize, Path) -> usize,
    ) -> Self {
        let paths: Vec<Coupled> = shape
            .paths()
            .into_iter()
            .enumerate()
            .map(|(n, path)| Coupled { path, factor: coupling(n, path), place: place(n, path) })
            .collect();
        let mut table = Self {
            pairs: Vec::new(),
            parts: Vec::new(),
            outputs: 0,
            sums: Vec::new(),
            places: Vec::new(),
            targets: Vec::new(),
            coefficients: Vec::new(),
            adds: false,
            largest: 0,
            multiply_adds: 0,
            straight: None,
            weights: paths.iter().map(|coupled| T::of(coupled.factor)).collect(),
        };
        let is_symmetric = is_symmetric(&paths);
        let mut written = std::collections::BTreeSet::new();
        let (mut first, mut start) = (0, 0);
        for group in paths.chunk_by(|a, b| (a.path.l1, a.path.l2) == (b.path.l1, b.path.l2)) {
            let Path { l1, l2, .. } = group[0].path;
            for coupled in group {
                table.adds |= !written.insert(coupled.place);
                table.outputs = table.outputs.max(coupled.place + dim(coupled.path.l3));
            }
            if is_symmetric && l1 > l2 {
                continue;
            }
            let begin = |l: usize| offset(l) - shape.input_base();
            let products =
                Products { l1, l2, at: [begin(l1), begin(l2)], is_mirrored: is_symmetric && l1 < l2 };
            let sums = table.sums.len();
            table.add_sums(group);
            table.multiply_adds += products.multiply_adds();
            table.largest = table.largest.max(dim(l1) * dim(l2));
            table.pairs.push(IrrepPair { products, sums: sums..table.sums.len() });
            if table.outputs >= start + PART {
                table.parts.push((first..table.pairs.len(), start));
                (first, start) = (table.pairs.len(), table.outputs);
            }
        }
        if first < table.pairs.len() {
            table.parts.push((first..table.pairs.len(), start));
        }
        // Outputs that are added to, or come in another order than their pairs, are one part.
        let in_order = paths.is_sorted_by_key(|coupled| coupled.place);
        if table.adds || !in_order || table.parts.is_empty() {
            table.parts = vec![(0..table.pairs.len(), 0)];
        }
        table
    }

    /// Uses straight-line code for the product, if there is some.
    pub(crate) fn or_straight(mut self, straight: Option<Straight>) -> Self {
        if straight.is_some() {
            self.parts = vec![(0..self.pairs.len(), 0)];
        }
        self.straight = straight;
        self
    }

    /// The sums of a pair.
    fn add_sums(&mut self, paths: &[Coupled]) {
        let mut matrices: BTreeMap<Kind, Vec<Row>> = BTreeMap::new();
        for coupled in paths {
            for (k, slots) in terms(coupled.path).into_iter().enumerate() {
                let kind = slots.first().map_or_else(Kind::default, |(slot, _)| slot.kind);
                let terms = slots.into_iter().map(|(slot, c)| (slot.place, coupled.factor * c)).collect();
                matrices.entry(kind).or_default().push(Row { target: coupled.place + k, terms });
            }
        }
        let mut blocks: Vec<(Vec<usize>, &[Row])> = Vec::new();
        for rows in matrices.values() {
            let mut places: Vec<usize> = rows.iter().flat_map(|row| row.terms.keys().copied()).collect();
            places.sort_unstable();
            places.dedup();
            let width = rows.len().div_ceil(rows.len().div_ceil(WIDTH));
            blocks.extend(rows.chunks(width).map(|rows| (places.clone(), rows)));
        }
        // So that loops over the sums branch alike for long.
        blocks.sort_by_key(|(places, rows)| (rows.len(), places.len()));
        for (places, rows) in blocks {
            let starts = (self.places.len(), self.targets.len(), self.coefficients.len());
            self.targets.extend(rows.iter().map(|row| row.target as u32));
            for place in places {
                self.places.push(place as u16);
                let c = rows.iter().map(|row| T::of(row.terms.get(&place).copied().unwrap_or(0.0)));
                self.coefficients.extend(c);
            }
            self.multiply_adds += self.coefficients.len() - starts.2;
            self.sums.push(Sums {
                places: starts.0..self.places.len(),
                targets: starts.1..self.targets.len(),
                coefficients: starts.2..self.coefficients.len(),
            });
        }
    }
}

/// A path, its coupling, and where its output begins.
struct Coupled {
    path: Path,
    factor: f64,
    place: usize,
}

/// Whether exchanging the factors changes nothing.
fn is_symmetric(paths: &[Coupled]) -> bool {
    let known: BTreeMap<Path, (f64, usize)> = paths.iter().map(|c| (c.path, (c.factor, c.place))).collect();
    paths.iter().all(|Coupled { path, factor, place }| {
        let exchanged = Path::new(path.l2, path.l1, path.l3);
        path.is_even() && known.get(&exchanged) == Some(&(*factor, *place))
    })
}

impl<T: Element> SparseTable<T> {
    /// The sums of one part, of `G` blocks.
    #[inline(always)]
    fn apply_blocks<S: Lanes<T>, const G: usize>(
        &self,
        s: S,
        (pairs, start): &(Range<usize>, usize),
        group: Group<'_, T>,
        out: &mut Out<'_, T>,
        scratch: &mut [Block<T>],
    ) {
        for pair in &self.pairs[pairs.clone()] {
            for g in 0..G {
                pair.products.compute::<T, S, G>(s, group.block(g), scratch, g);
            }
            for sums in &self.sums[pair.sums.clone()] {
                match sums.targets.len() {
                    1 => self.add_up::<S, 1, G>(s, sums, scratch, *start, out),
                    2 => self.add_up::<S, 2, G>(s, sums, scratch, *start, out),
                    3 => self.add_up::<S, 3, G>(s, sums, scratch, *start, out),
                    _ => self.add_up::<S, WIDTH, G>(s, sums, scratch, *start, out),
                }
            }
        }
    }

    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "so many steps as are known when it is compiled, which are unrolled"
    )]
    fn add_up<S: Lanes<T>, const W: usize, const G: usize>(
        &self,
        s: S,
        sums: &Sums,
        scratch: &[Block<T>],
        start: usize,
        out: &mut Out<'_, T>,
    ) {
        let targets: &[u32; W] =
            self.targets[sums.targets.clone()].try_into().expect("as many targets as the sums are wide");
        let mut values = [[s.splat(T::default()); G]; W];
        if self.adds {
            for w in 0..W {
                let at = targets[w] as usize - start;
                for g in 0..G {
                    values[w][g] = s.load(&out.z[at + g * out.stride]);
                }
            }
        }
        let (products, _) = scratch.as_chunks::<G>();
        let (coefficients, _) = self.coefficients[sums.coefficients.clone()].as_chunks::<W>();
        for (place, row) in self.places[sums.places.clone()].iter().zip(coefficients) {
            let blocks = &products[usize::from(*place)];
            let mut product = [s.splat(T::default()); G];
            for g in 0..G {
                product[g] = s.load(&blocks[g]);
            }
            for w in 0..W {
                let c = s.splat(row[w]);
                for g in 0..G {
                    values[w][g] = s.mul_add(c, product[g], values[w][g]);
                }
            }
        }
        for w in 0..W {
            let at = targets[w] as usize - start;
            for g in 0..G {
                s.store(values[w][g], &mut out.z[at + g * out.stride]);
            }
        }
    }
}

impl<T: Number> BlockMap<T> for SparseTable<T> {
    fn group(&self) -> usize {
        // What straight-line code writes stays in the first cache.
        if self.straight.is_some() && self.outputs >= PART { 1 } else { BLOCKS }
    }

    fn scratch(&self) -> usize {
        self.largest * BLOCKS
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        first: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let group = Group { first, inputs: pair.x.len(), pair };
        for (part, (_, start)) in self.parts.iter().enumerate() {
            let stride = z.len();
            self.apply_part(s, part, group, Out { z: &mut z[*start..], stride }, scratch);
        }
    }

    fn parts(&self, outputs: usize) -> Vec<usize> {
        let starts = self.parts.iter().skip(1).map(|(_, start)| *start);
        starts.chain([outputs]).collect()
    }

    #[inline(always)]
    fn apply_part<S: Lanes<T>>(
        &self,
        s: S,
        part: usize,
        group: Group<'_, T>,
        out: Out<'_, T>,
        scratch: &mut [Block<T>],
    ) {
        let (part, count) = (&self.parts[part], group.len());
        let Out { z, stride } = out;
        if S::LOADS_ARE_CHEAP
            && let Some(straight) = self.straight
        {
            for (g, z) in z.chunks_mut(stride).enumerate() {
                straight.apply(s, group.block(g), &self.weights, z);
            }
            return;
        }
        if self.adds {
            z.fill(Block::default());
        }
        let mut done = 0;
        while done < count {
            let mut out = Out { z: &mut z[done * stride..], stride };
            if S::LOADS_ARE_CHEAP && count - done >= BLOCKS {
                self.apply_blocks::<S, BLOCKS>(s, part, group.slice(done, BLOCKS), &mut out, scratch);
                done += BLOCKS;
            } else {
                self.apply_blocks::<S, 1>(s, part, group.slice(done, 1), &mut out, scratch);
                done += 1;
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        self.multiply_adds as u64
    }
}
