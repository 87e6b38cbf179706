//! Intervals, tests, rates and ratios; no input or output.
//!
//! Every interval procedure returns an [`Estimate`]: a value, how well it is known ([`Uncertainty`]), from how many replicates
//! and by which [`Method`]. A claim is a [`Region`]; [`judge`] says whether an interval lies inside, outside or across it, and
//! [`needed_for`] how many replicates would settle a claim that is undecided. One replicate gives no interval unless the
//! caller declares the quantity free of randomness ([`Estimate::deterministic`]).
//!
//! | question | module |
//! | --- | --- |
//! | how large? | [`mean`], [`median`], [`quantile`], [`signed_rank`], [`bootstrap`], [`proportion`] |
//! | how many times larger? | [`ratio`]; with runs cut off at a limit [`censored`] |
//! | how large, with failures counted? | [`par`] |
//! | which of two is smaller? | [`order`], [`welch`], [`rank_sum`], [`signed_rank`] |
//! | which of many is smallest? | [`performance_profile`], [`friedman`], [`critical_difference`], [`pairwise`] |
//! | how fast? | [`theil_sen`], [`least_squares`] |
//! | did it change over time? | [`change_point`] |
//! | does it agree? | [`region`], [`needed`], [`contradiction`], [`multiple`] |
//! | what does the sample look like? | [`descriptive`], [`outlier`] |
//!
//! No function panics: empty, non-finite or otherwise unfit input is a [`StatsError`] that says what is wrong.
//!
//! ```
//! use harness_stats::{Level, Position, Region, judge_estimate, ratio};
//!
//! let ours = [10.1, 10.4, 9.8, 10.0, 10.3];
//! let peer = [61.0, 66.2, 58.9, 63.0, 60.7];
//! let speedup = ratio::paired(&peer, &ours, Level::P95)?;
//! let claim = Region::at_least(5.0)?;
//! assert_eq!(judge_estimate(&speedup, &claim), Some(Position::Inside));
//! # Ok::<(), harness_stats::StatsError>(())
//! ```

pub mod bootstrap;
pub mod censored;
pub mod change_point;
pub mod contradiction;
pub mod critical_difference;
pub mod descriptive;
pub mod friedman;
pub mod least_squares;
pub mod mean;
pub mod median;
pub mod multiple;
pub mod needed;
pub mod order;
pub mod outlier;
pub mod pairwise;
pub mod par;
pub mod performance_profile;
pub mod proportion;
pub mod quantile;
pub mod rank_sum;
pub mod ratio;
pub mod region;
pub mod signed_rank;
pub mod theil_sen;
pub mod welch;

mod check;
mod dist;
mod error;
mod interval;
#[cfg(test)]
mod oracle;
mod rank;
mod studentized_range;

pub use censored::Censored;
pub use error::{Result, StatsError};
pub use interval::{Bound, Estimate, Interval, Level, Method, Uncertainty};
pub use needed::{Needed, needed_for, needed_n};
pub use region::{Position, Region, Reported, judge, judge_estimate};
