//! CSV tables of numbers, with or without a header line.

use std::io::{self, Read};
use std::path::Path;

use super::error::{FormatError, Position, ReadError, excerpt};
use super::source::{Limits, open};

/// A table of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the columns, if the file has a header.
    pub header: Option<Vec<String>>,
    /// Number of rows, without the header.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// The numbers, row by row.
    pub values: Vec<f64>,
}

impl Table {
    /// The numbers of row `i`; `None` beyond the last.
    pub fn row(&self, i: usize) -> Option<&[f64]> {
        if i < self.rows { self.values.get(i * self.cols..(i + 1) * self.cols) } else { None }
    }
}

/// Whether the first line names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// It does if any of its fields is not a number.
    #[default]
    Auto,
    /// It does.
    Present,
    /// It does not.
    Absent,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Whether the first line names the columns.
    pub header: Header,
    /// The byte between fields.
    pub delimiter: u8,
}

impl Default for Format {
    fn default() -> Self {
        Self { header: Header::Auto, delimiter: b',' }
    }
}

/// The table in the file at `path`, which may be gzip.
pub fn read(path: &Path, format: Format) -> Result<Table, ReadError> {
    let reader = open(path, Limits::default()).map_err(ReadError::io(path))?;
    parse(reader, format).map_err(ReadError::io(path))?.map_err(|error| error.in_file(path))
}

/// The table in the text `reader` gives. The outer error is the reader's, the inner one is about the content.
pub fn parse(reader: impl Read, format: Format) -> io::Result<Result<Table, FormatError>> {
    // Lines of unequal length are let through so that the message can be ours.
    let mut lines = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(format.delimiter)
        .trim(csv::Trim::All)
        .from_reader(reader);
    let mut table = Table { header: None, rows: 0, cols: 0, values: Vec::new() };
    let mut record = csv::ByteRecord::new();
    let mut first = true;
    loop {
        match lines.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(table)),
            Err(error) => return Err(io::Error::other(error)),
        }
        let line = record.position().map_or(0, csv::Position::line);
        if first {
            first = false;
            table.cols = record.len();
            let is_header = match format.header {
                Header::Present => true,
                Header::Absent => false,
                Header::Auto => record.iter().any(|field| number(field).is_none()),
            };
            if is_header {
                let name = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
                table.header = Some(record.iter().map(name).collect());
                continue;
            }
        }
        if record.len() != table.cols {
            return Ok(Err(FormatError::new(
                Position::Line(line),
                format!("{} fields, as in the first line", table.cols),
                record.len().to_string(),
                "give every line the same number of fields; check the delimiter",
            )));
        }
        for (field, text) in record.iter().enumerate() {
            let Some(value) = number(text) else {
                return Ok(Err(FormatError::new(
                    Position::Field { line, field: field + 1 },
                    "a finite number",
                    if text.is_empty() { "an empty field".to_owned() } else { excerpt(text) },
                    "fill or remove what is not a number; check the delimiter",
                )));
            };
            table.values.push(value);
        }
        table.rows += 1;
    }
}

fn number(field: &[u8]) -> Option<f64> {
    std::str::from_utf8(field).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Table, FormatError> {
        parse(text.as_bytes(), Format::default()).unwrap()
    }

    #[test]
    fn with_and_without_header() {
        let plain = parsed("1,2\n3, 4.5\r\n").unwrap();
        assert_eq!((plain.rows, plain.cols, plain.header.as_ref()), (2, 2, None));
        assert_eq!(plain.row(1), Some(&[3.0, 4.5][..]));
        assert_eq!(plain.row(2), None);
        let named = parsed("x,\"a, b\"\n1,-2e3").unwrap();
        assert_eq!(named.header, Some(vec!["x".to_owned(), "a, b".to_owned()]));
        assert_eq!(named.values, [1.0, -2000.0]);
        assert_eq!(parsed("").unwrap().rows, 0);
        let years = Format { header: Header::Present, delimiter: b';' };
        let table = parse(&b"2001;2002\n1;2\n"[..], years).unwrap().unwrap();
        assert_eq!((table.rows, table.header.unwrap()[1].as_str()), (1, "2002"));
    }

    #[test]
    fn faults_say_line_field_and_what() {
        let message = |text| parsed(text).unwrap_err().to_string();
        assert!(message("1,2\n3,x\n").starts_with("line 2, field 2: expected a finite number, found `x`; "));
        assert!(
            message("a,b\n1,2\n3\n")
                .starts_with("line 3: expected 2 fields, as in the first line, found 1; ")
        );
        assert!(message("1,2\n1,\n").contains("an empty field"));
        assert!(message("1\nnan\n").contains("finite"));
        let absent = Format { header: Header::Absent, ..Format::default() };
        let error = parse(&b"a,b\n"[..], absent).unwrap().unwrap_err().to_string();
        assert!(error.starts_with("line 1, field 1"), "{error}");
    }

    proptest! {
        #[test]
        fn round_trip(
            (cols, values) in (1_usize..5).prop_flat_map(|cols| {
                let number = proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO;
                (Just(cols), proptest::collection::vec(number, cols..=cols * 4))
            }),
            named: bool,
        ) {
            let values = &values[..values.len() / cols * cols];
            let header: Vec<_> = (0..cols).map(|i| format!("c{i}")).collect();
            let mut lines = if named { vec![header.join(",")] } else { vec![] };
            lines.extend(values.chunks(cols).map(|row| row.iter().map(|x| format!("{x:e}")).collect::<Vec<_>>().join(",")));
            let table = parsed(&lines.join("\n")).unwrap();
            prop_assert_eq!(table.header, named.then_some(header));
            prop_assert_eq!((table.rows, table.cols), (values.len() / cols, cols));
            prop_assert_eq!(table.values, values);
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&bytes[..], Format::default()).unwrap();
        }
    }
}
