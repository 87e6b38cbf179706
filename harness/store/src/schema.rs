//! Names and types of the tables. What each column means is in `docs/results.md`.

use std::fmt;

use harness_core::record::{AuditRow, ClaimRow, EnvRow, RunRecord, SampleRow, TraceRow};
use serde::{Deserialize, Serialize};

use crate::rows::Row;

/// The version of the schema, `major.minor`, in the metadata of every file (`harness.schema`) and in the manifest. A
/// new minor version only adds columns that may be null; a new major version is not readable by older harnesses.
pub const SCHEMA: &str = "1.3";

/// The major version of a schema version's text.
pub(crate) fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// Whether this harness knows all columns of a version: its own, and earlier minor ones.
pub(crate) fn is_known(version: &str) -> bool {
    let minor = |version: &str| version.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok());
    major(version) == major(SCHEMA) && minor(version).is_some_and(|found| Some(found) <= minor(SCHEMA))
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// One row an attempt at a cell.
    Runs,
    /// One row a timed repetition.
    Samples,
    /// One row a metric and step of a run.
    Traces,
    /// One row a claim and campaign.
    Claims,
    /// One row a pair of runs that was compared.
    Audits,
    /// One row a fact about a machine; shared by all suites.
    Env,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 6] =
        [Table::Runs, Table::Samples, Table::Traces, Table::Claims, Table::Audits, Table::Env];

    /// The tables whose parts a suite's manifest lists.
    pub const OF_SUITE: [Table; 5] =
        [Table::Runs, Table::Samples, Table::Traces, Table::Claims, Table::Audits];

    /// The name: that of its folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Table::Runs => "runs",
            Table::Samples => "samples",
            Table::Traces => "traces",
            Table::Claims => "claims",
            Table::Audits => "audits",
            Table::Env => "env",
        }
    }

    /// The columns, in the order of the files.
    pub fn columns(self) -> Vec<Column> {
        match self {
            Table::Runs => RunRecord::columns(),
            Table::Samples => SampleRow::columns(),
            Table::Traces => TraceRow::columns(),
            Table::Claims => ClaimRow::columns(),
            Table::Audits => AuditRow::columns(),
            Table::Env => EnvRow::columns(),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A signed 32-bit integer.
    Int32,
    /// An unsigned 32-bit integer.
    UInt32,
    /// A signed 64-bit integer.
    Int64,
    /// A 64-bit float; NaN and the infinities are values, not nulls.
    Float64,
    /// UTF-8 text.
    String,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Boolean => "Boolean",
            Kind::Int32 => "Int32",
            Kind::UInt32 => "UInt32",
            Kind::Int64 => "Int64",
            Kind::Float64 => "Float64",
            Kind::String => "String",
        })
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
}

#[cfg(test)]
mod tests {
    use super::{SCHEMA, is_known};

    #[test]
    fn the_columns_of_earlier_minor_versions_are_known_and_those_of_later_ones_are_not() {
        assert!(is_known("1.0") && is_known("1.1") && is_known(SCHEMA));
        for unknown in ["1.999", "0.1", "2.0", "1", "1.x", ""] {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
