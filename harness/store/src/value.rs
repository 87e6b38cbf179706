//! How the Rust type of a field becomes a column and back.

use std::fmt::Display;
use std::str::FromStr;

use harness_core::record::Outcome;
use harness_core::{CellKey, CodeKey, EnvKey, RunId};

use crate::parquet::{Builder, View};
use crate::schema::Kind;

/// A type that a field of a row can have.
pub(crate) trait Value: Sized {
    /// The column's type.
    const KIND: Kind;
    /// Whether the column may be null.
    const NULLABLE: bool;
    /// Appends the value to its column.
    fn append(&self, to: &mut Builder);
    /// Reads the value of a row, or says what is wrong with it.
    fn read(from: &View, row: usize) -> Result<Self, String>;
}

/// A type that is never null by itself; `Option` of it is.
pub(crate) trait Scalar: Sized {
    const KIND: Kind;
    fn push(value: Option<&Self>, to: &mut Builder);
    fn get(from: &View, row: usize) -> Result<Option<Self>, String>;
}

impl<T: Scalar> Value for T {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = false;

    fn append(&self, to: &mut Builder) {
        T::push(Some(self), to);
    }

    fn read(from: &View, row: usize) -> Result<Self, String> {
        T::get(from, row)?.ok_or_else(|| "it is null, but this column is never null".to_owned())
    }
}

impl<T: Scalar> Value for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn append(&self, to: &mut Builder) {
        T::push(self.as_ref(), to);
    }

    fn read(from: &View, row: usize) -> Result<Self, String> {
        T::get(from, row)
    }
}

macro_rules! primitive {
    ($($rust:ty, $kind:ident, $method:ident;)+) => {$(
        impl Scalar for $rust {
            const KIND: Kind = Kind::$kind;

            fn push(value: Option<&Self>, to: &mut Builder) {
                to.$method(value.copied());
            }

            fn get(from: &View, row: usize) -> Result<Option<Self>, String> {
                Ok(from.$method(row))
            }
        }
    )+};
}

primitive! {
    bool, Boolean, boolean;
    i32, Int32, int32;
    u32, UInt32, uint32;
    i64, Int64, int64;
    f64, Float64, float64;
}

/// The bit pattern, since the tables know no unsigned 64-bit integers.
impl Scalar for u64 {
    const KIND: Kind = Kind::Int64;

    fn push(value: Option<&Self>, to: &mut Builder) {
        to.int64(value.map(|v| v.cast_signed()));
    }

    fn get(from: &View, row: usize) -> Result<Option<Self>, String> {
        Ok(from.int64(row).map(i64::cast_unsigned))
    }
}

impl Scalar for String {
    const KIND: Kind = Kind::String;

    fn push(value: Option<&Self>, to: &mut Builder) {
        to.text(value.map(String::as_str));
    }

    fn get(from: &View, row: usize) -> Result<Option<Self>, String> {
        Ok(from.text(row).map(str::to_owned))
    }
}

macro_rules! parsed {
    ($($rust:ty),+) => {$(
        impl Scalar for $rust {
            const KIND: Kind = Kind::String;

            fn push(value: Option<&Self>, to: &mut Builder) {
                to.display(value.map(|v| v as &dyn Display));
            }

            fn get(from: &View, row: usize) -> Result<Option<Self>, String> {
                from.text(row).map(|text| <$rust>::from_str(text).map_err(|e| e.to_string())).transpose()
            }
        }
    )+};
}

parsed!(RunId, CellKey, CodeKey, EnvKey, Outcome);
