//! Seeds: one master seed, and streams derived from it.
//!
//! `data` and `init` leave the solver out, so that solvers are compared on common random numbers. Generators are
//! `ChaCha8` (value-stable by contract).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::cell::CellSpec;

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The instance. The same for every solver.
    Data,
    /// Starting points. The same for every solver.
    Init,
    /// The solver's own choices.
    Solver,
    /// The order in which a solver visits data.
    Shuffle,
    /// Evaluation that samples.
    Eval,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Data => "data",
            Stream::Init => "init",
            Stream::Solver => "solver",
            Stream::Shuffle => "shuffle",
            Stream::Eval => "eval",
        }
    }

    fn depends_on_solver(self) -> bool {
        matches!(self, Stream::Solver | Stream::Shuffle)
    }
}

/// The seeds of one cell.
#[derive(Debug, Clone)]
pub struct Seeds {
    master: u64,
    shared: String,
    solver: String,
}

impl Seeds {
    /// The seeds of `cell`: they depend on the master seed, the problem with its parameters, the replicate, and, for
    /// the solver's own streams, on the solver with its parameters.
    ///
    /// # Errors
    ///
    /// When the cell's parameters have no canonical form.
    pub fn of(cell: &CellSpec) -> Result<Self, serde_json::Error> {
        Ok(Self {
            master: cell.master_seed,
            shared: crate::canon::canon(&(
                &cell.suite,
                &cell.problem.id,
                cell.problem.keyed(),
                cell.replicate,
            ))?,
            solver: crate::canon::canon(&(&cell.solver.id, cell.solver.keyed()))?,
        })
    }

    /// Seeds for a use outside a campaign, such as an instance read from a file.
    pub fn standalone(master: u64) -> Self {
        Self { master, shared: String::new(), solver: String::new() }
    }

    /// The 64-bit seed of a stream.
    pub fn seed(&self, stream: Stream) -> u64 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"harness/seed/1\0");
        hasher.update(&self.master.to_le_bytes());
        for part in [stream.name(), &self.shared] {
            hasher.update(part.as_bytes());
            hasher.update(b"\0");
        }
        if stream.depends_on_solver() {
            hasher.update(self.solver.as_bytes());
        }
        let bytes = hasher.finalize();
        u64::from_le_bytes(bytes.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
    }

    /// A generator for a stream.
    pub fn rng(&self, stream: Stream) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed(stream))
    }
}
