//! The methods, one file each.

mod exact;

pub use exact::{Exact, ExactMethod};
