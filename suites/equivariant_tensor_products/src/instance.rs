//! Instances: batches of pairs of features, and what is asked about them.

use std::path::Path as FilePath;
use std::sync::OnceLock;

use harness_core::{Instance, InstanceError, MetricInfo, Metrics, ResultHasher};
use serde_json::{Map as JsonMap, Value, json};

use crate::judge::{self, Probes};
use crate::layout::{Layout, OutputIrrep, Signal};
use crate::math::paths::Shape;
use crate::math::rotation::Rotation;
use crate::math::vector::VectorIrrep;
use crate::npz;
use crate::problems::File;
use crate::solution::{Map, ProductSolution, Values};

/// What is asked about a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// The product of each pair.
    Product,
    /// The product of each pair, whose second factor is `Y(r̂)` of these directions: a convolution over edges.
    Convolution {
        /// Unit vectors.
        directions: Vec<[f64; 3]>,
    },
    /// The `nu`-th power of each `x` (there is no `y`); rows are nodes × channels.
    ManyBody {
        /// Factors.
        nu: usize,
    },
    /// The product of each pair, where pair `(l1, l2)` has nothing but these degrees: shows the coupling of every path.
    PathProbes,
    /// The product of each shape's power spectrum with itself: shows which shapes the product tells apart.
    Shapes,
    /// The spherical harmonics of each `x`, which is a direction (there is no `y`).
    Harmonics,
    /// How fast this machine is at most.
    Machine {
        /// Numbers that memory is measured with.
        size: usize,
    },
}

impl Task {
    /// Whether a map is an answer.
    pub fn admits(&self, map: Map) -> bool {
        match self {
            Self::Harmonics => map == Map::SphericalHarmonics,
            Self::Machine { .. } => map == Map::Machine,
            _ => !matches!(map, Map::SphericalHarmonics | Map::Machine),
        }
    }
}

/// A pair that is another pair, rotated and perhaps inverted: shows whether a map is equivariant.
#[derive(Debug, Clone, PartialEq)]
pub struct RotatedPair {
    /// The row it was made from.
    pub original: usize,
    /// The row with the rotated copy.
    pub copy: usize,
    /// The rotation.
    pub rotation: Rotation,
}

/// A batch of pairs of features.
#[derive(Debug)]
pub struct ProductInstance {
    /// What goes in and out.
    pub(crate) shape: Shape,
    /// Functions or vector fields.
    pub(crate) signal: Signal,
    /// What is asked.
    pub(crate) task: Task,
    /// Pairs.
    pub(crate) batch: usize,
    /// First factors, `[batch][dim_in]`.
    pub(crate) x: Vec<f64>,
    /// Second factors, `[batch][dim_in]`.
    pub(crate) y: Vec<f64>,
    /// A weight for each path of the shape, for maps that add paths up with weights.
    pub(crate) weights: Vec<f64>,
    /// Rows that are other rows, rotated.
    pub(crate) rotated: Vec<RotatedPair>,
    pub(crate) probes: OnceLock<Probes>,
}

impl ProductInstance {
    /// A batch of pairs.
    ///
    /// # Errors
    ///
    /// In one sentence, when lengths do not fit or a number is not finite.
    pub fn new(
        shape: Shape,
        signal: Signal,
        task: Task,
        x: Vec<f64>,
        y: Vec<f64>,
    ) -> Result<Self, InstanceError> {
        let dim = signal.components() * shape.input_size();
        if x.is_empty() || !x.len().is_multiple_of(dim) {
            return Err(InstanceError(format!(
                "`x` has {} numbers; expected rows of {dim} (degrees {} to {})",
                x.len(),
                shape.input_degrees().start(),
                shape.lmax
            )));
        }
        let has_second = !matches!(task, Task::ManyBody { .. } | Task::Harmonics);
        if has_second && y.len() != x.len() {
            return Err(InstanceError(format!(
                "`x` has {} numbers and `y` {}; they must agree",
                x.len(),
                y.len()
            )));
        }
        for (name, values) in [("x", &x), ("y", &y)] {
            if let Some(i) = values.iter().position(|v| !v.is_finite()) {
                return Err(InstanceError(format!(
                    "`{name}[{}, {}]` is {}; every number must be finite",
                    i / dim,
                    i % dim,
                    values[i]
                )));
            }
        }
        let batch = x.len() / dim;
        Ok(Self {
            shape,
            signal,
            task,
            batch,
            x,
            y,
            weights: Vec::new(),
            rotated: Vec::new(),
            probes: OnceLock::new(),
        })
    }

    /// Attaches a weight for each path.
    #[must_use]
    pub fn with_weights(mut self, weights: Vec<f64>) -> Self {
        self.weights = weights;
        self
    }

    /// Says which rows are rotated copies of others.
    #[must_use]
    pub fn with_rotated(mut self, rotated: Vec<RotatedPair>) -> Self {
        self.rotated = rotated;
        self
    }

    /// What goes in and out.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Functions or vector fields.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Numbers in a row of `x` or `y`.
    pub fn input_size(&self) -> usize {
        self.signal.components() * self.shape.input_size()
    }

    /// Numbers in a row of the output of a map.
    pub fn output_size(&self, map: Map) -> usize {
        map.layout().size(self.shape, self.signal)
    }

    /// The irreps in a row of the output of a map.
    pub fn irreps(&self, map: Map) -> Vec<OutputIrrep> {
        map.layout().irreps(self.shape, self.signal)
    }

    /// What is asked.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Pairs.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// First factors, `[batch][dim_in]`.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Second factors, `[batch][dim_in]`.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// A weight for each path.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }
}

impl Instance for ProductInstance {
    type Solution = ProductSolution;

    const METRICS: &'static [MetricInfo] = judge::METRICS;
    const STOP_METRIC: &'static str = judge::STOP_METRIC;
    const SAVES: &'static [&'static str] = npz::SAVES;

    fn evaluate(&self, solution: &ProductSolution) -> Metrics {
        judge::judge(self, solution)
    }

    fn hash_solution(&self, solution: &ProductSolution, hasher: &mut ResultHasher) {
        match &solution.values {
            Values::F32(v) => hasher.f32s(v),
            Values::F64(v) => hasher.f64s(v),
        }
    }

    fn describe(&self) -> JsonMap<String, Value> {
        let facts = json!({
            "lmax": self.shape.lmax,
            "lout": self.shape.lout,
            "batch": self.batch,
            "inputs": self.input_size(),
            "merged_outputs": Layout::Merged.size(self.shape, self.signal),
            "path_outputs": Layout::Paths.size(self.shape, self.signal),
            "paths": self.shape.paths().len(),
            "irreps_out": match self.signal {
                Signal::Scalar => self.shape.output_degrees().count(),
                Signal::Vector => VectorIrrep::of_field(self.shape.lout).len(),
            },
        });
        let Value::Object(facts) = facts else { unreachable!("the literal above is an object") };
        facts
    }

    fn read(path: &FilePath) -> Result<Self, InstanceError> {
        npz::read_instance(path, Signal::Scalar, &|columns| File::default().shape(columns))
    }

    fn write(&self, path: &FilePath) -> Result<(), InstanceError> {
        npz::write_instance(self, path)
    }

    fn write_solution(
        &self,
        solution: &ProductSolution,
        what: &str,
        path: &FilePath,
    ) -> Result<(), InstanceError> {
        npz::write_solution(self, solution, what, path)
    }

    fn read_solution(&self, path: &FilePath) -> Result<ProductSolution, InstanceError> {
        npz::read_solution(self, path)
    }
}
