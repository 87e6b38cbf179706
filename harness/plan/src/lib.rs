//! From YAML to a plan: typed suite and claims files, sweeps, keys, resume decisions.
//!
//! Text becomes a tree with positions ([`yaml`]), the tree becomes plain data ([`suite_file`], [`claims_file`]), plain
//! data is checked against the suite's code, and a profile with the command line's [`overrides`] becomes a [`Plan`].

mod check;
pub mod claims_file;
mod decode;
pub mod diagnostic;
pub mod expr;
pub mod number;
pub mod overrides;
pub mod peers_file;
pub mod plan;
mod resolve;
pub mod resume;
pub mod source;
pub mod suite_file;
pub mod sweep;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod yaml;

pub use claims_file::ClaimsFile;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use expr::Expr;
pub use overrides::Overrides;
pub use peers_file::PeersFile;
pub use plan::{Plan, PlannedCell};
pub use source::{Source, Span, Spanned};
pub use suite_file::SuiteFile;
