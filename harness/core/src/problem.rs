//! Problems make instances; instances judge solutions.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::metrics::{MetricInfo, Metrics};
use crate::params::Params;
use crate::seed::Seeds;

/// Whether a problem or a solver draws random numbers. Where neither does, replicates would be the same run, and the
/// plan makes one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Randomness {
    /// It depends on the replicate.
    Seeded,
    /// It is the same every time.
    Fixed,
}

/// A file that an instance is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataNeed {
    /// A file of a data set in `datasets/catalogue.yaml`.
    DataSet {
        /// The data set's name.
        name: String,
        /// The file's path within the data set.
        file: String,
    },
    /// A user's own file.
    File(PathBuf),
}

/// An instance could not be made or read. The message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InstanceError(pub String);

/// What a problem gets to make its instance.
#[derive(Debug, Clone)]
pub struct InstanceContext {
    /// Random streams; use [`Stream::Data`](crate::Stream).
    pub seeds: Seeds,
    /// Which of the independent repetitions, from 0.
    pub replicate: u32,
    /// Where data sets lie.
    pub data_dir: PathBuf,
}

/// A family of instances. The implementing struct is the parameters.
pub trait Problem: Params {
    /// The id used in YAML and on the command line.
    const ID: &'static str;
    /// The generator's version; raise it when the same parameters give another instance.
    const VERSION: u32;
    /// One sentence.
    const SUMMARY: &'static str;
    /// Where it is defined: paper, section, equation, or file format.
    const SOURCE: &'static str;
    /// What it makes.
    type Instance: Instance;

    /// Whether the instance depends on the replicate.
    fn randomness(&self) -> Randomness;

    /// Files the instance is read from. They are hashed into the cell key when the plan is made.
    fn data(&self) -> Vec<DataNeed> {
        Vec::new()
    }

    /// Makes the instance.
    ///
    /// # Errors
    ///
    /// When the data cannot be read or the parameters allow no instance.
    fn instance(&self, context: &InstanceContext) -> Result<Self::Instance, InstanceError>;
}

/// One member of a problem's family: what solvers solve and solutions are judged by.
pub trait Instance: Sized + Send + Sync + 'static {
    /// What a solver gives back. Iterates are solutions too.
    type Solution: 'static;

    /// The metrics that [`evaluate`](Instance::evaluate) may set.
    const METRICS: &'static [MetricInfo];
    /// The metric a stop rule is about unless the YAML names another. Smaller is better: a run that reaches its tolerance is
    /// called solved, so that it must be large for whatever is no solution, in each form that a solution may have.
    const STOP_METRIC: &'static str;
    /// What the name of an instance file ends with, without the dot.
    const EXTENSION: &'static str = "npz";
    /// What [`write_solution`](Instance::write_solution) can write; the first is the default.
    const SAVES: &'static [&'static str];
    /// What a solution file of another program holds, for a sentence that goes on after "a dict with"; empty: not said.
    const SOLUTION: &'static str = "";

    /// Judges a solution, independently of the solver that found it. The solver's clock is stopped meanwhile.
    fn evaluate(&self, solution: &Self::Solution) -> Metrics;

    /// Adds the bits of a solution to a hash, for the determinism audit.
    fn hash_solution(&self, solution: &Self::Solution, hasher: &mut ResultHasher);

    /// Facts to store with a run: sizes, the known optimum.
    fn describe(&self) -> Map<String, Value>;

    /// Reads an instance in the field's own file format.
    ///
    /// # Errors
    ///
    /// In one sentence: the file, what is wrong, what was expected.
    fn read(path: &Path) -> Result<Self, InstanceError>;

    /// Writes the instance in the format that [`read`](Instance::read) reads, for programs in other languages.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn write(&self, path: &Path) -> Result<(), InstanceError>;

    /// Writes a solution. `what` is one of [`SAVES`](Instance::SAVES).
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn write_solution(&self, solution: &Self::Solution, what: &str, path: &Path)
    -> Result<(), InstanceError>;

    /// Reads a solution that another program wrote.
    ///
    /// # Errors
    ///
    /// In one sentence: the file, what is wrong, what was expected.
    fn read_solution(&self, path: &Path) -> Result<Self::Solution, InstanceError>;
}

/// A hash over the bits of a result; all NaNs count as one.
#[derive(Debug, Default)]
pub struct ResultHasher(blake3::Hasher);

impl ResultHasher {
    /// Adds 64-bit floats.
    pub fn f64s(&mut self, values: &[f64]) {
        for v in values {
            let v = if v.is_nan() { f64::NAN } else { *v };
            self.0.update(&v.to_bits().to_le_bytes());
        }
    }

    /// Adds 32-bit floats.
    pub fn f32s(&mut self, values: &[f32]) {
        for v in values {
            let v = if v.is_nan() { f32::NAN } else { *v };
            self.0.update(&v.to_bits().to_le_bytes());
        }
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The first 16 bytes in hexadecimal.
    pub fn finish(&self) -> String {
        self.0.finalize().to_hex()[..32].to_owned()
    }
}
