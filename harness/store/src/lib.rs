//! Results in Parquet: tables, manifest, atomic writes, recovery. The only crate that names polars.
