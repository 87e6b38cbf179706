//! What can be wrong with the input of a statistic.

/// Result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, StatsError>;

/// Why a statistic could not be computed. `what` names the argument or the quantity.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// No values at all.
    #[error("{what} is empty: at least one value is needed")]
    Empty {
        /// The empty argument.
        what: &'static str,
    },
    /// A NaN or an infinity where a finite number is needed.
    #[error(
        "{what}[{index}] is {value}: only finite values are allowed; give a censored value as `Censored::AtLeast`"
    )]
    NotFinite {
        /// The argument.
        what: &'static str,
        /// Zero-based position of the first such value.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A zero or negative value where a logarithm is taken.
    #[error("{what}[{index}] is {value}: a logarithm is taken, so every value must be above zero")]
    NotPositive {
        /// The argument.
        what: &'static str,
        /// Zero-based position of the first such value.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// Paired arguments of different lengths.
    #[error("{left} has {left_len} values and {right} has {right_len}: paired values must be equally many")]
    LengthMismatch {
        /// First argument.
        left: &'static str,
        /// Its length.
        left_len: usize,
        /// Second argument.
        right: &'static str,
        /// Its length.
        right_len: usize,
    },
    /// Fewer values than the statistic needs.
    #[error("{what} needs at least {needed} values, got {n}")]
    TooFew {
        /// The statistic.
        what: &'static str,
        /// How many values there are.
        n: usize,
        /// How many are needed.
        needed: usize,
    },
    /// More values than an algorithm of quadratic cost accepts.
    #[error("{what} takes at most {limit} values, got {n}: thin or aggregate them first")]
    TooMany {
        /// The statistic.
        what: &'static str,
        /// How many values there are.
        n: usize,
        /// The limit.
        limit: usize,
    },
    /// A parameter outside its domain.
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange {
        /// The parameter.
        what: &'static str,
        /// The value found.
        value: f64,
        /// The domain, in words.
        expected: &'static str,
    },
    /// The data leave the quantity undefined.
    #[error("{what} is undefined: {why}")]
    Degenerate {
        /// The quantity.
        what: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// A quantity declared free of randomness took several values.
    #[error("declared deterministic, but the replicates range from {lo} to {hi}")]
    NotDeterministic {
        /// Smallest value.
        lo: f64,
        /// Largest value.
        hi: f64,
    },
    /// Bounds in the wrong order.
    #[error("the bounds are in the wrong order: {lo} lies above {hi}")]
    Reversed {
        /// Lower bound.
        lo: f64,
        /// Upper bound.
        hi: f64,
    },
}
