//! Sparse products by every instruction set, layout and number of threads.

use harness_simd::Isa;
use rayon::ThreadPoolBuilder;

use super::batch::{Batch, BlockMap, DataLayout, Sizes};
use super::number::Number;
use super::sparse::SparseTable;
use super::straight::{Outputs, Straight};
use crate::layout::{Layout, Signal};
use crate::math::clebsch_gordan::nonzeros;
use crate::math::gaunt::gaunt;
use crate::math::index::offset;
use crate::math::paths::{Filter, Path, Setting, Shape};

impl Outputs {
    fn layout(self) -> Layout {
        if self == Self::Paths { Layout::Paths } else { Layout::Merged }
    }

    fn coupling(self, number: usize, path: Path) -> f64 {
        match self {
            Self::Paths => 1.0,
            Self::Weighted => 0.3 + (number % 7) as f64,
            Self::Gaunt => gaunt(path),
        }
    }

    fn place(self, shape: Shape, number: usize, path: Path) -> usize {
        match self {
            Self::Paths => shape.path_offsets().0[number],
            Self::Weighted | Self::Gaunt => offset(path.l3) - shape.merged_base(),
        }
    }

    /// As the solvers make it: with straight-line code where there is some.
    fn table<T: Number>(self, shape: Shape) -> SparseTable<T> {
        self.mere_table(shape).or_straight(Straight::of(shape, self))
    }

    fn mere_table<T: Number>(self, shape: Shape) -> SparseTable<T> {
        SparseTable::new(shape, |n, path| self.coupling(n, path), |n, path| self.place(shape, n, path))
    }
}

/// Numbers in ±1 that look random, alike at every call.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 * 2.0_f64.powi(-52) - 1.0
        })
        .collect()
}

/// A batch of random pairs.
struct Pairs {
    sizes: Sizes,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Pairs {
    fn new(shape: Shape, method: Outputs, batch: usize) -> Self {
        let (inputs, outputs) = (shape.input_size(), method.layout().size(shape, Signal::Scalar));
        let sizes = Sizes { batch, inputs, outputs };
        Self { sizes, x: numbers(batch * inputs, 1), y: numbers(batch * inputs, 2) }
    }

    fn multiplied<T: Number>(
        &self,
        isa: Isa,
        layout: DataLayout,
        threads: usize,
        map: &impl BlockMap<T>,
    ) -> Vec<T> {
        let mut batch = Batch::new(isa, layout, self.sizes, &self.x, &self.y);
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
        pool.install(|| batch.apply(threads, map));
        batch.rows()
    }

    /// By definition.
    fn expected(&self, shape: Shape, method: Outputs) -> Vec<f64> {
        let Sizes { batch, inputs, outputs } = self.sizes;
        let mut z = vec![0.0; batch * outputs];
        for (number, path) in shape.paths().into_iter().enumerate() {
            let factor = method.coupling(number, path);
            let base = [path.l1, path.l2].map(|l| offset(l) - shape.input_base());
            let place = method.place(shape, number, path);
            for entry in nonzeros(path).iter() {
                for row in 0..batch {
                    let (x, y) =
                        (self.x[row * inputs + base[0] + entry.i], self.y[row * inputs + base[1] + entry.j]);
                    z[row * outputs + place + entry.k] += factor * entry.c * x * y;
                }
            }
        }
        z
    }
}

/// Every setting, filter, and degrees up to `lmax`, whole and cut.
fn shapes(lmax: usize) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for setting in [Setting::Siso, Setting::Simo, Setting::Mimo] {
        for filter in [Filter::Even, Filter::Odd, Filter::All] {
            for l in 0..=lmax {
                let full = Shape::full(setting, filter, l);
                shapes.extend([full, Shape { lout: l, ..full }]);
            }
        }
    }
    shapes.retain(|shape| !shape.paths().is_empty());
    shapes
}

fn methods(shape: Shape) -> Vec<Outputs> {
    let mut methods = vec![Outputs::Paths, Outputs::Weighted];
    methods.extend((shape.filter == Filter::Even).then_some(Outputs::Gaunt));
    methods
}

fn check_against_definition<T: Number + Into<f64>>(tolerance: f64) {
    for shape in shapes(5) {
        for method in methods(shape) {
            let pairs = Pairs::new(shape, method, T::LANES * 5 + 3);
            let expected = pairs.expected(shape, method);
            let largest = expected.iter().fold(0.0_f64, |largest, z| largest.max(z.abs()));
            for isa in Isa::available() {
                let z = pairs.multiplied(isa, DataLayout::RowMajor, 1, &method.table::<T>(shape));
                for (z, expected) in z.into_iter().zip(&expected) {
                    let error = (z.into() - expected).abs();
                    assert!(
                        error <= tolerance * largest,
                        "{isa} {method:?} {shape:?}: {error:e} of {largest}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_set_multiplies_as_defined_in_single_precision() {
    check_against_definition::<f32>(2e-6);
}

#[test]
fn every_set_multiplies_as_defined_in_double_precision() {
    check_against_definition::<f64>(4e-15);
}

/// Bit for bit, of one instruction set.
fn check_layouts_and_threads<T: Number>(shape: Shape, method: Outputs, batch: usize) {
    let (pairs, table) = (Pairs::new(shape, method, batch), method.table::<T>(shape));
    for isa in Isa::available() {
        let reference = pairs.multiplied(isa, DataLayout::BatchLanes, 1, &table);
        for layout in [DataLayout::RowMajor, DataLayout::BatchLanes] {
            for threads in [1, 2, 3] {
                let z = pairs.multiplied(isa, layout, threads, &table);
                assert!(z == reference, "{isa} {layout:?} {threads} {method:?} {shape:?} {batch}");
            }
        }
    }
}

#[test]
fn neither_layout_nor_threads_nor_the_end_of_a_batch_change_a_bit() {
    for shape in [
        Shape::full(Setting::Mimo, Filter::All, 1),
        Shape::full(Setting::Mimo, Filter::Even, 3),
        Shape::full(Setting::Mimo, Filter::All, 4),
        Shape::full(Setting::Simo, Filter::All, 3),
    ] {
        for method in methods(shape) {
            for batch in [1, 7, 16, 17, 63, 64, 65, 530] {
                check_layouts_and_threads::<f32>(shape, method, batch);
                check_layouts_and_threads::<f64>(shape, method, batch);
            }
        }
    }
}

#[test]
fn outputs_written_past_the_caches_are_the_same() {
    for (lmax, batch) in [(2, 26_000), (3, 8_300)] {
        check_layouts_and_threads::<f32>(
            Shape::full(Setting::Mimo, Filter::All, lmax),
            Outputs::Paths,
            batch,
        );
    }
}

#[test]
fn a_sample_does_not_depend_on_those_beside_it() {
    let shape = Shape::full(Setting::Mimo, Filter::All, 3);
    for method in methods(shape) {
        let (long, table) = (Pairs::new(shape, method, 200), method.table::<f32>(shape));
        let Sizes { inputs, outputs, .. } = long.sizes;
        for isa in Isa::available() {
            let all = long.multiplied(isa, DataLayout::RowMajor, 1, &table);
            for (first, batch) in [(0, 1), (70, 64), (137, 63)] {
                let range = first * inputs..(first + batch) * inputs;
                let sizes = Sizes { batch, ..long.sizes };
                let part = Pairs { sizes, x: long.x[range.clone()].to_vec(), y: long.y[range].to_vec() };
                let z = part.multiplied(isa, DataLayout::RowMajor, 1, &table);
                assert!(
                    z == all[first * outputs..(first + batch) * outputs],
                    "{isa} {method:?} {first} {batch}"
                );
            }
        }
    }
}

#[test]
fn straight_line_code_and_tables_agree() {
    let mut straight = 0;
    for shape in shapes(5) {
        for method in methods(shape) {
            if Straight::of(shape, method).is_none() {
                continue;
            }
            straight += 1;
            let pairs = Pairs::new(shape, method, 70);
            for isa in Isa::available() {
                let [z, expected] = [method.table(shape), method.mere_table(shape)]
                    .map(|table| pairs.multiplied::<f64>(isa, DataLayout::RowMajor, 1, &table));
                for (z, expected) in z.iter().zip(&expected) {
                    assert!((z - expected).abs() <= 1e-13, "{isa} {method:?} {shape:?}: {z} and {expected}");
                }
            }
        }
    }
    assert_eq!(straight, 16, "products with straight-line code");
}
