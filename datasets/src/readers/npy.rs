//! npy, numpy's format for one array: magic, version, length of the header, a header that is a Python dictionary with
//! `descr`, `fortran_order` and `shape`, then the elements. Arrays are kept in C order (last index fastest); one stored in
//! Fortran order is transposed when read.

use std::fmt;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use super::error::{FormatError, Position, ReadError, WriteError, excerpt};
use super::npy_header::{ElementType, Header};
use super::source::{Limits, open};
use crate::placing::write_atomically;

/// The elements of an array, in C order.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Double precision.
    F64(Vec<f64>),
    /// Single precision.
    F32(Vec<f32>),
    /// Integers; narrower ones of a file are widened.
    I64(Vec<i64>),
}

/// An array of any number of dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    data: Data,
}

/// The shape asks for another number of elements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shape {shape:?} needs {}, found {found} elements; give a shape whose product is {found}", count(*needed))]
pub struct ShapeMismatch {
    /// The shape.
    pub shape: Vec<usize>,
    /// Product of the shape; `None` if it fits into no integer.
    pub needed: Option<usize>,
    /// Number of elements given.
    pub found: usize,
}

fn count(needed: Option<usize>) -> String {
    needed.map_or_else(|| "more elements than memory holds".to_owned(), |n| format!("{n} elements"))
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(data) => data.len(),
            Self::F32(data) => data.len(),
            Self::I64(data) => data.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// numpy's name of the element type.
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::F64(_) => "float64",
            Self::F32(_) => "float32",
            Self::I64(_) => "int64",
        }
    }
}

impl From<Vec<f64>> for Data {
    fn from(data: Vec<f64>) -> Self {
        Self::F64(data)
    }
}

impl From<Vec<f32>> for Data {
    fn from(data: Vec<f32>) -> Self {
        Self::F32(data)
    }
}

impl From<Vec<i64>> for Data {
    fn from(data: Vec<i64>) -> Self {
        Self::I64(data)
    }
}

impl Array {
    /// An array of the given shape (empty for a scalar) with elements in C order.
    pub fn new(shape: impl Into<Vec<usize>>, data: impl Into<Data>) -> Result<Self, ShapeMismatch> {
        let (shape, data) = (shape.into(), data.into());
        let needed = elements(&shape);
        if needed == Some(data.len()) {
            Ok(Self { shape, data })
        } else {
            Err(ShapeMismatch { shape, needed, found: data.len() })
        }
    }

    /// Lengths along the dimensions; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in C order.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The elements in double precision; integers beyond 2^53 are rounded to the nearest double.
    pub fn into_f64(self) -> Vec<f64> {
        match self.data {
            Data::F64(data) => data,
            Data::F32(data) => data.into_iter().map(f64::from).collect(),
            Data::I64(data) => data.into_iter().map(|x| x as f64).collect(),
        }
    }
}

impl fmt::Display for Array {
    /// Element type and shape, such as `float64 [3, 4]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.data.dtype(), self.shape)
    }
}

pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    // A zero anywhere makes the array empty, however large the other lengths are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))
}

/// The array in the file at `path`, which may be gzip.
pub fn read(path: &Path) -> Result<Array, ReadError> {
    let mut reader = open(path, Limits::default()).map_err(ReadError::io(path))?;
    parse(&mut reader).map_err(ReadError::io(path))?.map_err(|error| error.in_file(path))
}

/// Writes `array` to the file at `path`, through a temporary file beside it.
pub fn write(path: &Path, array: &Array) -> Result<(), WriteError> {
    write_atomically(path, |file| encode(array, file))
        .map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

/// The array in the content `reader` gives. The outer error is the reader's, the inner one is about the content.
pub fn parse(reader: &mut dyn Read) -> io::Result<Result<Array, FormatError>> {
    let header = match Header::read(reader)? {
        Ok(header) => header,
        Err(error) => return Ok(Err(error)),
    };
    let wrong = |at: u64, expected: String, found: String| {
        Ok(Err(FormatError::new(
            Position::Byte(at),
            expected,
            found,
            "write the array again with numpy.save or numpy.savez",
        )))
    };
    let length = elements(&header.shape)
        .and_then(|count| count.checked_mul(header.element.bytes()))
        .and_then(|length| u64::try_from(length).ok());
    let Some(length) = length else {
        return wrong(
            header.shape_at,
            "a shape whose elements fit into memory".into(),
            format!("{:?}", header.shape),
        );
    };
    // Memory grows with what really arrives, not with what the header promises.
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    if found < length {
        return wrong(
            header.bytes + found,
            format!("{length} bytes of elements for shape {:?}", header.shape),
            format!("end of file after {found}"),
        );
    }
    let mut rest = Vec::new();
    reader.take(16).read_to_end(&mut rest)?;
    if !rest.is_empty() {
        return wrong(
            header.bytes + length,
            format!("end of file after {length} bytes of elements for shape {:?}", header.shape),
            format!("more bytes: {}", excerpt(&rest)),
        );
    }
    let data = header.element.decode(&bytes);
    drop(bytes);
    let data = if header.fortran_order { to_c_order(&header.shape, data) } else { data };
    Ok(Ok(Array { shape: header.shape, data }))
}

/// Writes `array` in version 1.0 of the format, C order, little-endian.
pub fn encode(array: &Array, writer: &mut dyn Write) -> io::Result<()> {
    let element = match array.data {
        Data::F64(_) => ElementType::F64,
        Data::F32(_) => ElementType::F32,
        Data::I64(_) => ElementType::I64,
    };
    writer.write_all(&Header::text_of(element, &array.shape))?;
    match &array.data {
        Data::F64(data) => write_each(data, f64::to_le_bytes, writer),
        Data::F32(data) => write_each(data, f32::to_le_bytes, writer),
        Data::I64(data) => write_each(data, i64::to_le_bytes, writer),
    }
}

fn write_each<T: Copy, const N: usize>(
    data: &[T],
    to_bytes: impl Fn(T) -> [u8; N],
    writer: &mut dyn Write,
) -> io::Result<()> {
    const CHUNK: usize = 1 << 12;
    let mut buffer = Vec::with_capacity(N * CHUNK);
    for chunk in data.chunks(CHUNK) {
        buffer.clear();
        buffer.extend(chunk.iter().flat_map(|&x| to_bytes(x)));
        writer.write_all(&buffer)?;
    }
    Ok(())
}

/// The array in the bytes of an npy file.
pub fn from_bytes(bytes: &[u8]) -> Result<Array, FormatError> {
    parse(&mut Cursor::new(bytes)).expect("reading from memory does not fail")
}

fn to_c_order(shape: &[usize], data: Data) -> Data {
    match data {
        Data::F64(data) => Data::F64(transpose(shape, &data)),
        Data::F32(data) => Data::F32(transpose(shape, &data)),
        Data::I64(data) => Data::I64(transpose(shape, &data)),
    }
}

/// `data` has the first index fastest; the result has the last index fastest.
fn transpose<T: Copy>(shape: &[usize], data: &[T]) -> Vec<T> {
    if let &[rows, cols] = shape {
        return (0..rows).flat_map(|i| (0..cols).map(move |j| data[i + rows * j])).collect();
    }
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for &length in shape {
        strides.push(stride);
        stride *= length.max(1);
    }
    let mut out = Vec::with_capacity(data.len());
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    for _ in 0..data.len() {
        out.push(data[at]);
        // Count up `index` with the last digit fastest, keeping `at` its offset in `data`.
        for d in (0..shape.len()).rev() {
            index[d] += 1;
            at += strides[d];
            if index[d] < shape[d] {
                break;
            }
            at -= strides[d] * shape[d];
            index[d] = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests;
