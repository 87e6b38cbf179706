//! Products from whole tensors, zeros included.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::number::Number;
use crate::math::clebsch_gordan::dense;
use crate::math::index::{dim, offset};
use crate::math::paths::Shape;

/// A tensor for each path, contracted as it stands.
pub(crate) struct DenseTensors<T> {
    paths: Vec<DensePath<T>>,
    largest: usize,
    multiply_adds: usize,
}

struct DensePath<T> {
    x: usize,
    y: usize,
    z: usize,
    /// Sizes of the three irreps.
    sizes: [usize; 3],
    /// `[i][j][k]`.
    tensor: Vec<T>,
}

impl<T: Number> DenseTensors<T> {
    /// The tensors of a shape's paths, one output each.
    pub(crate) fn new(shape: Shape) -> Self {
        let begin = |l: usize| offset(l) - shape.input_base();
        let paths: Vec<DensePath<T>> = shape
            .paths()
            .into_iter()
            .zip(shape.path_offsets().0)
            .map(|(path, z)| DensePath {
                x: begin(path.l1),
                y: begin(path.l2),
                z,
                sizes: [dim(path.l1), dim(path.l2), dim(path.l3)],
                tensor: T::all_of(&dense(path)),
            })
            .collect();
        let largest = paths.iter().map(|path| path.sizes[0] * path.sizes[1]).max().unwrap_or(0);
        let per_path = |path: &DensePath<T>| path.tensor.len() + path.sizes[0] * path.sizes[1];
        let multiply_adds = paths.iter().map(per_path).sum();
        Self { paths, largest, multiply_adds }
    }
}

impl<T: Element> BlockMap<T> for DenseTensors<T> {
    fn scratch(&self) -> usize {
        self.largest
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
        for path in &self.paths {
            let [m, n, o] = path.sizes;
            let (x, y) = (&pair.x[path.x..][..m], &pair.y[path.y..][..n]);
            for (x, products) in x.iter().zip(scratch.chunks_exact_mut(n)) {
                let x = s.load(x);
                for (y, product) in y.iter().zip(products) {
                    s.store(s.mul(x, s.load(y)), product);
                }
            }
            for (k, z) in z[path.z..][..o].iter_mut().enumerate() {
                let mut sum = s.splat(T::default());
                for (product, c) in scratch[..m * n].iter().zip(path.tensor[k..].iter().step_by(o)) {
                    sum = s.mul_add(s.splat(*c), s.load(product), sum);
                }
                s.store(sum, z);
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        self.multiply_adds as u64
    }
}
