//! Columns to Parquet bytes and back: the one file that names polars.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::*;

use crate::schema::{Column as Spec, Kind};

/// A column that is being filled.
pub(crate) enum Builder {
    Boolean(BooleanChunkedBuilder),
    Int32(PrimitiveChunkedBuilder<Int32Type>),
    UInt32(PrimitiveChunkedBuilder<UInt32Type>),
    Int64(PrimitiveChunkedBuilder<Int64Type>),
    Float64(PrimitiveChunkedBuilder<Float64Type>),
    /// The text is the buffer that displayed values are written into.
    Text(StringChunkedBuilder, String),
}

macro_rules! append {
    ($($method:ident, $variant:ident, $rust:ty;)+) => {$(
        /// Appends a value of this type.
        ///
        /// # Panics
        ///
        /// When the column has another type.
        pub(crate) fn $method(&mut self, value: Option<$rust>) {
            match self {
                Self::$variant(builder, ..) => builder.append_option(value),
                _ => unreachable!(concat!("a value of type ", stringify!($rust), " in a column of another type")),
            }
        }
    )+};
}

impl Builder {
    pub(crate) fn new(column: &Spec, rows: usize) -> Self {
        let name = PlSmallStr::from_static(column.name);
        match column.kind {
            Kind::Boolean => Self::Boolean(BooleanChunkedBuilder::new(name, rows)),
            Kind::Int32 => Self::Int32(PrimitiveChunkedBuilder::new(name, rows)),
            Kind::UInt32 => Self::UInt32(PrimitiveChunkedBuilder::new(name, rows)),
            Kind::Int64 => Self::Int64(PrimitiveChunkedBuilder::new(name, rows)),
            Kind::Float64 => Self::Float64(PrimitiveChunkedBuilder::new(name, rows)),
            Kind::String => Self::Text(StringChunkedBuilder::new(name, rows), String::new()),
        }
    }

    append! {
        boolean, Boolean, bool;
        int32, Int32, i32;
        uint32, UInt32, u32;
        int64, Int64, i64;
        float64, Float64, f64;
        text, Text, &str;
    }

    /// Appends the text of a value.
    pub(crate) fn display(&mut self, value: Option<&dyn Display>) {
        match (self, value) {
            (Self::Text(builder, buffer), Some(value)) => {
                buffer.clear();
                write!(buffer, "{value}").expect("writing to a string does not fail");
                builder.append_value(buffer.as_str());
            }
            (builder, _) => builder.text(None),
        }
    }

    fn finish(self) -> Column {
        match self {
            Self::Boolean(builder) => builder.finish().into_column(),
            Self::Int32(builder) => builder.finish().into_column(),
            Self::UInt32(builder) => builder.finish().into_column(),
            Self::Int64(builder) => builder.finish().into_column(),
            Self::Float64(builder) => builder.finish().into_column(),
            Self::Text(builder, _) => builder.finish().into_column(),
        }
    }
}

/// A column that was read. Reading a missing column that may be null gives nulls.
pub(crate) enum View {
    Boolean(BooleanChunked),
    Int32(Int32Chunked),
    UInt32(UInt32Chunked),
    Int64(Int64Chunked),
    Float64(Float64Chunked),
    Text(StringChunked),
    Missing,
}

macro_rules! get {
    ($($method:ident, $variant:ident, $rust:ty;)+) => {$(
        /// The value of a row, `None` for a null.
        ///
        /// # Panics
        ///
        /// When the column has another type or no such row.
        pub(crate) fn $method(&self, row: usize) -> Option<$rust> {
            match self {
                Self::$variant(values) => values.get(row),
                Self::Missing => None,
                _ => unreachable!(concat!("a value of type ", stringify!($rust), " from a column of another type")),
            }
        }
    )+};
}

impl View {
    get! {
        boolean, Boolean, bool;
        int32, Int32, i32;
        uint32, UInt32, u32;
        int64, Int64, i64;
        float64, Float64, f64;
        text, Text, &str;
    }

    fn of(column: &Column, kind: Kind) -> PolarsResult<Self> {
        let series = column.as_materialized_series().rechunk();
        Ok(match kind {
            Kind::Boolean => Self::Boolean(series.bool()?.clone()),
            Kind::Int32 => Self::Int32(series.i32()?.clone()),
            Kind::UInt32 => Self::UInt32(series.u32()?.clone()),
            Kind::Int64 => Self::Int64(series.i64()?.clone()),
            Kind::Float64 => Self::Float64(series.f64()?.clone()),
            Kind::String => Self::Text(series.str()?.clone()),
        })
    }
}

/// Some columns of a file.
pub(crate) struct Frame {
    /// How many rows the file has.
    pub(crate) rows: usize,
    /// The key-value metadata.
    pub(crate) metadata: BTreeMap<String, String>,
    /// One view a column asked for, in that order.
    pub(crate) views: Vec<View>,
}

/// The bytes of a Parquet file.
pub(crate) fn encode(builders: Vec<Builder>, metadata: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    let columns = builders.into_iter().map(Builder::finish).collect();
    let metadata = metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let mut bytes = Vec::new();
    DataFrame::new_infer_height(columns)
        .and_then(|mut frame| {
            ParquetWriter::new(&mut bytes)
                .with_compression(ParquetCompression::Zstd(None))
                .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
                .finish(&mut frame)
        })
        .map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// Reads columns of a Parquet file. Bytes that are no Parquet file are an error, however they are broken.
pub(crate) fn decode(bytes: &[u8], columns: &[Spec]) -> Result<Frame, String> {
    // The decoder trusts offsets inside a file and may panic on a damaged one.
    match catch_unwind(AssertUnwindSafe(|| read(bytes, columns))) {
        Ok(result) => result,
        Err(_) => Err("it is not a readable Parquet file".to_owned()),
    }
}

fn read(bytes: &[u8], columns: &[Spec]) -> Result<Frame, String> {
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let file = reader.get_metadata().map_err(|e| e.to_string())?;
    let rows = file.num_rows;
    let metadata = file
        .key_value_metadata()
        .iter()
        .flatten()
        .filter_map(|pair| pair.value.clone().map(|value| (pair.key.clone(), value)))
        .collect();
    let schema = reader.schema().map_err(|e| e.to_string())?;
    let present: Vec<String> =
        columns.iter().filter(|c| schema.contains(c.name)).map(|c| c.name.to_owned()).collect();
    let frame = reader.with_columns(Some(present)).finish().map_err(|e| e.to_string())?;
    let views = columns
        .iter()
        .map(|spec| match (frame.column(spec.name), spec.nullable) {
            (Ok(column), _) => {
                View::of(column, spec.kind).map_err(|e| format!("column `{}`: {e}", spec.name))
            }
            (Err(_), true) => Ok(View::Missing),
            (Err(_), false) => Err(format!("it has no column `{}`", spec.name)),
        })
        .collect::<Result<_, _>>()?;
    Ok(Frame { rows, metadata, views })
}
