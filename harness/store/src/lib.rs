//! Results in Parquet: tables, manifest, atomic writes, recovery. The only crate that names polars.
//!
//! [`Store`] reads the results of one suite and touches nothing; [`Store::writer`] takes the suite's lock, puts right
//! what a crash left behind, and gives the one [`Writer`]. Rows are the plain structs of [`harness_core::record`].
//!
//! ```no_run
//! # fn main() -> Result<(), harness_store::StoreError> {
//! use harness_store::{Filter, Store, latest};
//! let store = Store::open("results", "optimal_transport");
//! let runs = store.runs(&Filter::default())?;
//! for run in latest(&runs) {
//!     let trace = store.traces(&[run.run_id])?;
//!     assert!(trace.iter().all(|row| row.cell_key == run.cell_key));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Durability
//!
//! A part is written under a temporary name in its final folder, synced, renamed, and its folder is synced; then the
//! manifest, which lists the live parts, is replaced the same way. A run is durable once the manifest lists its row of
//! `runs`; its samples and traces are in place before that. A crash between two steps leaves at most a temporary file
//! or a part that is not listed: the next writer removes the first and lists the second.

mod clock;
mod compact;
mod error;
mod fs;
mod layout;
mod lock;
mod manifest;
mod parquet;
mod read;
mod recover;
mod rows;
mod schema;
mod select;
mod store;
#[cfg(test)]
mod tests;
mod value;
mod verify;
mod writer;

pub use clock::{Clock, SystemClock};
pub use compact::Compaction;
pub use error::StoreError;
pub use manifest::{Manifest, Part};
pub use recover::Warning;
pub use rows::Origin;
pub use schema::{Column, Kind, SCHEMA, Table};
pub use select::{Filter, is_reusable, latest};
pub use store::Store;
pub use verify::{Problem, Verification};
pub use writer::{Policy, Writer};
