//! Powers of a feature, one factor after another, from tables of the coefficients that are not zero.

use std::ops::Range;

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::number::Number;
use crate::many_body;
use crate::math::clebsch_gordan::nonzeros;
use crate::math::index::{flat, offset, order, size};
use crate::math::paths::{Path, Shape};

/// Sums that are computed at a time, so that none waits for its last addition.
const SUMS: usize = 4;

/// The multiplications of a power.
pub(crate) struct Chain<T> {
    steps: Vec<Step<T>>,
    /// Components of the feature.
    inputs: usize,
}

/// A multiplication by the feature: all products of components once, then each output as a sum over them.
struct Step<T> {
    /// Components of what was multiplied so far.
    components: usize,
    /// For each output its part of the tables.
    outputs: Vec<Range<usize>>,
    places: Vec<u32>,
    coefficients: Vec<T>,
}

impl<T: Number> Chain<T> {
    /// The table of a shape's `nu`-th power; `coupling` is told the number of the path, counted through all steps.
    pub(crate) fn new(shape: Shape, nu: usize, coupling: impl Fn(usize, Path) -> f64) -> Self {
        let inputs = size(shape.lmax);
        let mut number = 0;
        let mut steps = Vec::new();
        for step in many_body::steps(shape, nu) {
            let mut terms = vec![Vec::new(); size(step.lout)];
            for path in step.paths {
                let factor = coupling(number, path);
                number += 1;
                for entry in nonzeros(path).iter() {
                    let k = flat(path.l3, order(path.l3, entry.k));
                    let place = (offset(path.l1) + entry.i) * inputs + offset(path.l2) + entry.j;
                    terms[k].push((place as u32, T::of(factor * entry.c)));
                }
            }
            let mut next = Step {
                components: size(step.lmax),
                outputs: Vec::new(),
                places: Vec::new(),
                coefficients: Vec::new(),
            };
            for terms in terms {
                let start = next.places.len();
                next.places.extend(terms.iter().map(|(place, _)| *place));
                next.coefficients.extend(terms.iter().map(|(_, c)| *c));
                next.outputs.push(start..next.places.len());
            }
            steps.push(next);
        }
        Self { steps, inputs }
    }
}

impl<T: Element> Chain<T> {
    /// Blocks of all products of the largest step.
    fn products(&self) -> usize {
        self.steps.iter().map(|step| step.components * self.inputs).max().unwrap_or(0)
    }

    /// Blocks of the largest power between.
    fn between(&self) -> usize {
        self.steps.iter().map(|step| step.components).max().unwrap_or(0)
    }
}

impl<T: Element> Step<T> {
    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        power: &[Block<T>],
        x: &[Block<T>],
        to: &mut [Block<T>],
        products: &mut [Block<T>],
    ) {
        for (a, products) in power.iter().zip(products.chunks_exact_mut(x.len())) {
            let a = s.load(a);
            for (x, product) in x.iter().zip(products) {
                s.store(s.mul(a, s.load(x)), product);
            }
        }
        for (terms, to) in self.outputs.iter().zip(to) {
            let (places, coefficients) = (&self.places[terms.clone()], &self.coefficients[terms.clone()]);
            let mut sums = [s.splat(T::default()); SUMS];
            for (places, coefficients) in places.chunks(SUMS).zip(coefficients.chunks(SUMS)) {
                for ((sum, place), c) in sums.iter_mut().zip(places).zip(coefficients) {
                    *sum = s.mul_add(s.splat(*c), s.load(&products[*place as usize]), *sum);
                }
            }
            let [a, b, c, d] = sums;
            s.store(s.add(s.add(a, b), s.add(c, d)), to);
        }
    }
}

impl<T: Element> BlockMap<T> for Chain<T> {
    fn scratch(&self) -> usize {
        self.products() + 2 * self.between()
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
        let (products, rest) = scratch.split_at_mut(self.products());
        let (mut power, mut next) = rest.split_at_mut(self.between());
        power[..self.inputs].copy_from_slice(pair.x);
        let (last, steps) = self.steps.split_last().expect("a power has two factors at least");
        for step in steps {
            step.apply(s, &power[..step.components], pair.x, next, products);
            std::mem::swap(&mut power, &mut next);
        }
        last.apply(s, &power[..last.components], pair.x, z, products);
    }

    fn multiply_adds(&self) -> u64 {
        self.steps.iter().map(|step| step.components * self.inputs + step.places.len()).sum::<usize>() as u64
    }
}
