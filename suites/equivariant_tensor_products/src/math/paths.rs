//! The paths `(l1, l2, l3)` of a tensor product, in path order, and how much work they are.
//!
//! Settings and filters are those of "The Price of Freedom" (arXiv 2506.13523) and of its code: the paths it times are
//! the even ones, the paths it counts as degrees of freedom are all.

use serde::{Deserialize, Serialize};

use super::clebsch_gordan;
use super::index::{dim, offset, size};

/// Which degrees go in and come out, for `L` the degree of the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Single in, single out: `L ⊗ L → L`.
    Siso,
    /// Single in, multiple out: `L ⊗ L → 0..=lout`.
    Simo,
    /// Multiple in, multiple out: `(0..=L) ⊗ (0..=L) → 0..=lout`.
    Mimo,
}

/// Which paths are kept of those that the triangle inequality allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Even `l1 + l2 + l3`: the paths among irreps of natural parity, the only ones that a Gaunt product has.
    Even,
    /// Odd `l1 + l2 + l3`: the paths that a Gaunt product lacks.
    Odd,
    /// Every path of SO(3).
    All,
}

impl Filter {
    /// Whether a path is kept.
    pub const fn keeps(self, path: Path) -> bool {
        match self {
            Self::Even => path.is_even(),
            Self::Odd => !path.is_even(),
            Self::All => true,
        }
    }
}

/// One irrep of each input and the irrep that they give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Degree in the first input.
    pub l1: usize,
    /// Degree in the second input.
    pub l2: usize,
    /// Degree of the output.
    pub l3: usize,
}

impl Path {
    /// The path `(l1, l2, l3)`.
    pub const fn new(l1: usize, l2: usize, l3: usize) -> Self {
        Self { l1, l2, l3 }
    }

    /// `l1 + l2 + l3`.
    pub const fn degree_sum(self) -> usize {
        self.l1 + self.l2 + self.l3
    }

    /// Whether `l1 + l2 + l3` is even: the coupling is symmetric under exchange of two legs.
    pub const fn is_even(self) -> bool {
        self.degree_sum().is_multiple_of(2)
    }

    /// Whether the three degrees couple at all: `|l1 − l2| ≤ l3 ≤ l1 + l2`.
    pub const fn is_triangle(self) -> bool {
        self.l1.abs_diff(self.l2) <= self.l3 && self.l3 <= self.l1 + self.l2
    }

    /// Multiplications of one dense contraction, `(2 l1 + 1)(2 l2 + 1)(2 l3 + 1)`.
    pub const fn dense_macs(self) -> usize {
        dim(self.l1) * dim(self.l2) * dim(self.l3)
    }
}

/// A tensor product up to its method: setting, filter and degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// Which degrees go in and come out.
    pub setting: Setting,
    /// Which paths are kept.
    pub filter: Filter,
    /// The degree `L` of the inputs, inclusive.
    pub lmax: usize,
    /// The highest degree that comes out; [`Setting::Siso`] gives degree `lmax` only, whatever this is.
    pub lout: usize,
}

/// Exact sizes of a tensor product. Multiplications are a sample's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Paths kept.
    pub paths: usize,
    /// Components of the output when every path has its own.
    pub output: usize,
    /// Coefficients of all paths that are not zero.
    pub nonzeros: usize,
    /// Multiplications of the dense contraction of every path.
    pub dense_macs: usize,
}

impl Shape {
    /// The shape whose output has every degree that can occur, `lout = 2 lmax`.
    pub const fn full(setting: Setting, filter: Filter, lmax: usize) -> Self {
        Self { setting, filter, lmax, lout: 2 * lmax }
    }

    /// The degrees of each input, ascending.
    pub fn input_degrees(self) -> std::ops::RangeInclusive<usize> {
        match self.setting {
            Setting::Siso | Setting::Simo => self.lmax..=self.lmax,
            Setting::Mimo => 0..=self.lmax,
        }
    }

    /// The degrees that may come out, ascending.
    pub fn output_degrees(self) -> std::ops::RangeInclusive<usize> {
        match self.setting {
            Setting::Siso => self.lmax..=self.lmax,
            Setting::Simo | Setting::Mimo => 0..=self.lout,
        }
    }

    /// Components of each input: `2L + 1` of a single degree, `(L + 1)²` of all.
    pub fn input_size(self) -> usize {
        size(self.lmax) - self.input_base()
    }

    /// Components of an output that merges the paths of a degree: `2L + 1` or `(lout + 1)²`.
    pub fn merged_size(self) -> usize {
        let degrees = self.output_degrees();
        size(*degrees.end()) - offset(*degrees.start())
    }

    /// Flat index of the first component of an input: what to subtract from [`super::index::flat`] to get a place in it.
    pub fn input_base(self) -> usize {
        offset(*self.input_degrees().start())
    }

    /// The same for a merged output.
    pub fn merged_base(self) -> usize {
        offset(*self.output_degrees().start())
    }

    /// The paths in path order: `l1` outermost, then `l2`, then `l3`, each ascending.
    pub fn paths(self) -> Vec<Path> {
        let mut paths = Vec::new();
        for l1 in self.input_degrees() {
            for l2 in self.input_degrees() {
                for l3 in self.output_degrees() {
                    let path = Path::new(l1, l2, l3);
                    if path.is_triangle() && self.filter.keeps(path) {
                        paths.push(path);
                    }
                }
            }
        }
        paths
    }

    /// Where the output of each path begins when every path has its own, in path order, and the whole length.
    pub fn path_offsets(self) -> (Vec<usize>, usize) {
        let mut next = 0;
        let mut offsets = Vec::new();
        for path in self.paths() {
            offsets.push(next);
            next += dim(path.l3);
        }
        (offsets, next)
    }

    /// For each component of e3nn's output order the place of it in path order.
    ///
    /// e3nn sorts the output irreps by degree and, stably, keeps path order within a degree when all of one degree
    /// have the same parity, as they have among even paths and in SO(3).
    pub fn by_degree(self) -> Vec<usize> {
        let paths = self.paths();
        let (offsets, _) = self.path_offsets();
        let mut sorted: Vec<usize> = (0..paths.len()).collect();
        sorted.sort_by_key(|&p| paths[p].l3);
        sorted.iter().flat_map(|&p| offsets[p]..offsets[p] + dim(paths[p].l3)).collect()
    }

    /// Exact sizes, counted.
    pub fn counts(self) -> Counts {
        let paths = self.paths();
        Counts {
            paths: paths.len(),
            output: paths.iter().map(|path| dim(path.l3)).sum(),
            nonzeros: paths.iter().map(|&path| clebsch_gordan::nonzeros(path).len()).sum(),
            dense_macs: paths.iter().map(|path| path.dense_macs()).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `L`, paths all and even, output all and even, non-zeros all, even, and even with `lout = L`, dense all and even.
    const MIMO: [[usize; 10]; 8] = [
        [1, 6, 5, 16, 13, 27, 21, 10, 100, 73],
        [2, 19, 14, 81, 58, 244, 162, 83, 1225, 798],
        [3, 44, 30, 256, 170, 1132, 708, 353, 7056, 4326],
        [4, 85, 55, 625, 395, 3741, 2229, 1158, 27225, 16071],
        [5, 146, 91, 1296, 791, 9691, 5605, 2907, 81796, 47_047],
        [6, 231, 140, 2401, 1428, 21762, 12322, 6460, 207_025, 116_844],
        [7, 344, 204, 4096, 2388, 43668, 24366, 12868, 462_400, 257_244],
        [8, 489, 285, 6561, 3765, 80369, 44287, 23621, 938_961, 516_477],
    ];

    #[test]
    fn mimo_counts_are_the_published_ones() {
        for [l, paths, even, out, out_even, nnz, nnz_even, nnz_truncated, dense, dense_even] in MIMO {
            let all = Shape::full(Setting::Mimo, Filter::All, l).counts();
            assert_eq!(all, Counts { paths, output: out, nonzeros: nnz, dense_macs: dense }, "L = {l}");
            let even = Counts { paths: even, output: out_even, nonzeros: nnz_even, dense_macs: dense_even };
            assert_eq!(Shape::full(Setting::Mimo, Filter::Even, l).counts(), even, "L = {l}");
            let truncated = Shape { lout: l, ..Shape::full(Setting::Mimo, Filter::Even, l) };
            assert_eq!(truncated.counts().nonzeros, nnz_truncated, "L = {l}");
        }
    }

    #[test]
    fn mimo_counts_follow_their_closed_forms() {
        for l in 0..=12 {
            let all = Shape::full(Setting::Mimo, Filter::All, l);
            let even = Shape { filter: Filter::Even, ..all };
            assert_eq!(all.paths().len(), (l + 1) * (2 * l * l + 4 * l + 3) / 3);
            assert_eq!(even.paths().len(), (l + 1) * (l + 2) * (2 * l + 3) / 6);
            assert_eq!(all.paths().len() - even.paths().len(), l * (l + 1) * (2 * l + 1) / 6);
            assert_eq!(all.path_offsets().1, (l + 1).pow(4));
            assert_eq!(all.merged_size(), (2 * l + 1).pow(2));
        }
    }

    #[test]
    fn single_input_counts_are_the_published_ones() {
        let siso = [6, 25, 42, 97, 126, 217, 258, 361, 438, 601];
        let simo = [20, 111, 328, 761, 1424, 2465, 3854, 5697, 8080, 11093];
        let simo_even = [14, 67, 194, 425, 786, 1339, 2080, 3033, 4290, 5841];
        for l in 1..=10 {
            let one = Shape::full(Setting::Siso, Filter::All, l);
            let counts = Counts {
                paths: 1,
                output: dim(l),
                nonzeros: siso[l - 1],
                dense_macs: dim(l) * dim(l) * dim(l),
            };
            assert_eq!(one.counts(), counts);
            assert_eq!(Shape::full(Setting::Simo, Filter::All, l).counts().nonzeros, simo[l - 1]);
            assert_eq!(Shape::full(Setting::Simo, Filter::Even, l).counts().nonzeros, simo_even[l - 1]);
        }
    }

    #[test]
    fn the_even_single_path_of_an_odd_degree_is_missing() {
        for l in 0..8 {
            let paths = Shape::full(Setting::Siso, Filter::Even, l).paths();
            assert_eq!(paths.len(), usize::from(l % 2 == 0), "L = {l}");
        }
    }

    #[test]
    fn path_order_is_lexicographic_and_degree_order_a_permutation_of_it() {
        for filter in [Filter::Even, Filter::All] {
            let shape = Shape::full(Setting::Mimo, filter, 4);
            assert!(shape.paths().is_sorted());
            let mut order = shape.by_degree();
            order.sort_unstable();
            assert_eq!(order, (0..shape.path_offsets().1).collect::<Vec<_>>());
        }
    }

    #[test]
    fn sizes_and_bases_describe_single_and_multiple_inputs() {
        let siso = Shape::full(Setting::Siso, Filter::All, 3);
        assert_eq!(
            (siso.input_size(), siso.input_base(), siso.merged_size(), siso.merged_base()),
            (7, 9, 7, 9)
        );
        let simo = Shape::full(Setting::Simo, Filter::All, 3);
        assert_eq!(
            (simo.input_size(), simo.input_base(), simo.merged_size(), simo.merged_base()),
            (7, 9, 49, 0)
        );
    }
}
