//! Products straight from their definition, in double precision: what methods are judged by.

use crate::instance::{ProductInstance, Task};
use crate::layout::{Layout, Signal};
use crate::many_body;
use crate::math::clebsch_gordan::nonzeros;
use crate::math::gaunt::gaunt;
use crate::math::harmonics::harmonics;
use crate::math::index::offset;
use crate::math::matrix_couplings::{self, BlockScale, inner_degree};
use crate::math::paths::{Path, Shape};
use crate::math::poisson::poisson;
use crate::solution::Map;

/// `z_k += c x_i y_j`.
#[derive(Debug, Clone, Copy)]
struct Term {
    i: usize,
    j: usize,
    k: usize,
    c: f64,
}

/// By what a map multiplies the unit-norm Clebsch-Gordan tensor of a path. `weight` is the path's, for maps that have weights.
pub(crate) fn coupling(map: Map, shape: Shape, path: Path, weight: f64) -> f64 {
    match map {
        Map::ClebschGordan => 1.0,
        Map::Weighted => weight,
        Map::Gaunt | Map::VectorCross => gaunt(path),
        Map::PoissonBracket => poisson(path),
        Map::MatrixSingleIrrep { inner } => {
            let least = inner_degree(shape.lmax, *shape.output_degrees().end());
            matrix_couplings::single(path, inner.unwrap_or(least))
        }
        Map::MatrixFull => matrix_couplings::full(path, shape.lmax, BlockScale::Norm),
        Map::SphericalHarmonics | Map::Machine => unreachable!("it is no product"),
    }
}

/// A sum of terms: a bilinear map.
pub(super) struct Reference {
    terms: Vec<Term>,
    dim_out: usize,
}

impl Reference {
    /// The map of scalar features, `offset_in(l)` and `offset_out(path number, path)` saying where irreps lie.
    fn scalar(
        paths: &[Path],
        coupling: impl Fn(usize, Path) -> f64,
        offset_in: impl Fn(usize) -> usize,
        offset_out: impl Fn(usize, Path) -> usize,
        dim_out: usize,
    ) -> Self {
        let mut terms = Vec::new();
        for (number, &path) in paths.iter().enumerate() {
            let factor = coupling(number, path);
            let (x, y, z) = (offset_in(path.l1), offset_in(path.l2), offset_out(number, path));
            for entry in nonzeros(path).iter() {
                terms.push(Term { i: x + entry.i, j: y + entry.j, k: z + entry.k, c: factor * entry.c });
            }
        }
        Self { terms, dim_out }
    }

    /// The map of an instance's shape.
    pub(super) fn of(map: Map, shape: Shape, signal: Signal, weights: &[f64]) -> Self {
        let paths = shape.paths();
        let coupled = |number: usize, path| {
            coupling(map, shape, path, weights.get(number).copied().unwrap_or(f64::NAN))
        };
        let offset_in = |l: usize| offset(l) - shape.input_base();
        match map.layout() {
            Layout::Paths => {
                let (offsets, dim) = shape.path_offsets();
                Self::scalar(&paths, coupled, offset_in, |number, _| offsets[number], dim)
            }
            Layout::Merged => {
                let scalar = Self::scalar(
                    &paths,
                    coupled,
                    offset_in,
                    |_, path| offset(path.l3) - shape.merged_base(),
                    shape.merged_size(),
                );
                match signal {
                    Signal::Scalar => scalar,
                    Signal::Vector => scalar.cross(shape),
                }
            }
        }
    }

    /// The cross product of vector fields whose components multiply by this map.
    fn cross(&self, shape: Shape) -> Self {
        let (dim_in, dim_out) = (shape.input_size(), self.dim_out);
        let mut terms = Vec::new();
        for c in 0..3 {
            let (a, b) = ((c + 1) % 3, (c + 2) % 3);
            for term in &self.terms {
                let k = c * dim_out + term.k;
                terms.push(Term { i: a * dim_in + term.i, j: b * dim_in + term.j, k, c: term.c });
                terms.push(Term { i: b * dim_in + term.i, j: a * dim_in + term.j, k, c: -term.c });
            }
        }
        Self { terms, dim_out: 3 * dim_out }
    }

    /// The product of a pair.
    pub(super) fn apply(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        let mut z = vec![0.0; self.dim_out];
        for term in &self.terms {
            z[term.k] += term.c * x[term.i] * y[term.j];
        }
        z
    }
}

/// What is asked of each row of an instance, by definition.
pub(super) enum RowReference {
    /// One factor after another; a product has one.
    Chain(Vec<Reference>),
    /// The harmonics of degrees up to this one.
    Harmonics(usize),
    /// This number.
    Count(f64),
}

impl RowReference {
    pub(super) fn of(instance: &ProductInstance, map: Map) -> Self {
        let shape = instance.shape;
        let nu = match instance.task {
            Task::ManyBody { nu } => nu,
            Task::Harmonics => return Self::Harmonics(shape.lout),
            Task::Machine { size } => return Self::Count(size as f64),
            _ => {
                return Self::Chain(vec![Reference::of(map, shape, instance.signal, &instance.weights)]);
            }
        };
        let mut first_weight = 0;
        let chain = many_body::steps(shape, nu)
            .into_iter()
            .map(|step| {
                let weights = instance.weights.get(first_weight..).unwrap_or_default();
                first_weight += step.paths.len();
                let coupled = |number: usize, path| {
                    coupling(map, shape, path, weights.get(number).copied().unwrap_or(f64::NAN))
                };
                let dim = (step.lout + 1).pow(2);
                Reference::scalar(&step.paths, coupled, offset, |_, path| offset(path.l3), dim)
            })
            .collect();
        Self::Chain(chain)
    }

    pub(super) fn row(&self, instance: &ProductInstance, row: usize) -> Vec<f64> {
        let dim = instance.input_size();
        let x = &instance.x[row * dim..][..dim];
        match (self, &instance.task) {
            (Self::Harmonics(lmax), _) => harmonics(*lmax, [x[0], x[1], x[2]]),
            (Self::Count(count), _) => vec![*count],
            (Self::Chain(chain), Task::ManyBody { .. }) => {
                chain.iter().fold(x.to_vec(), |a, step| step.apply(&a, x))
            }
            (Self::Chain(chain), _) => chain[0].apply(x, &instance.y[row * dim..][..dim]),
        }
    }
}
