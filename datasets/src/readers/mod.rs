//! Readers of the field's file formats.
//!
//! Each format has pure functions over bytes or a reader, whose errors say at which byte or line what was expected and
//! what was found, and functions over a path, whose errors name the file too. Files compressed with gzip are recognised
//! by their first bytes. How far a file may unpack is limited ([`Limits`]), so that a small hostile file cannot fill memory.

pub mod csv;
mod error;
pub mod idx;
pub mod libsvm;
pub mod npy;
mod npy_header;
pub mod npz;
mod source;

pub use error::{FormatError, Position, ReadError, WriteError};
pub use source::{Limits, open};
