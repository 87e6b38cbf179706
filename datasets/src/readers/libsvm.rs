//! LIBSVM (`SVMlight`) text: one example a line, `label index:value index:value … # comment`, indices from 1 and ascending.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::error::{FormatError, Position, ReadError, excerpt};
use super::source::{Limits, open};

const FORM: &str = "write lines as `label index:value index:value …`, indices from 1, ascending";

/// Examples as a sparse matrix by rows, with a label each.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    /// One label a row.
    pub labels: Vec<f64>,
    /// Row `i` takes the entries `offsets[i]..offsets[i + 1]`; one longer than `labels`.
    pub offsets: Vec<usize>,
    /// Column of each entry, counted from 0 (one less than in the file), ascending in a row.
    pub columns: Vec<u32>,
    /// Value of each entry.
    pub values: Vec<f64>,
    /// Number of columns.
    pub n_features: usize,
}

impl Examples {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Columns and values of row `i`; `None` beyond the last.
    pub fn row(&self, i: usize) -> Option<(&[u32], &[f64])> {
        let range = *self.offsets.get(i)?..*self.offsets.get(i + 1)?;
        Some((&self.columns[range.clone()], &self.values[range]))
    }
}

/// The examples in the file at `path`, which may be gzip. With `n_features` a larger index is an error; without it, the
/// largest index that occurs is the number of features.
pub fn read(path: &Path, n_features: Option<usize>) -> Result<Examples, ReadError> {
    let reader = open(path, Limits::default()).map_err(ReadError::io(path))?;
    parse(&mut BufReader::new(reader), n_features)
        .map_err(ReadError::io(path))?
        .map_err(|error| error.in_file(path))
}

/// The examples in the text `reader` gives. The outer error is the reader's, the inner one is about the content.
pub fn parse(
    reader: &mut dyn BufRead,
    n_features: Option<usize>,
) -> io::Result<Result<Examples, FormatError>> {
    let mut examples =
        Examples { labels: vec![], offsets: vec![0], columns: vec![], values: vec![], n_features: 0 };
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        if let Err(error) = push_line(&mut examples, &line, number, n_features) {
            return Ok(Err(error));
        }
    }
    if let Some(n_features) = n_features {
        examples.n_features = n_features;
    }
    Ok(Ok(examples))
}

fn push_line(
    examples: &mut Examples,
    line: &[u8],
    number: u64,
    n_features: Option<usize>,
) -> Result<(), FormatError> {
    let content = line.split(|&byte| byte == b'#').next().unwrap_or_default();
    let text = std::str::from_utf8(content).map_err(|_| {
        FormatError::new(
            Position::Line(number),
            "text in UTF-8",
            excerpt(content),
            "check that it is a LIBSVM text file",
        )
    })?;
    let mut fields = text.split_ascii_whitespace();
    let Some(label) = fields.next() else { return Ok(()) };
    let fault = |field: usize, expected: String, found: &str| {
        FormatError::new(
            Position::Field { line: number, field: field + 1 },
            expected,
            excerpt(found.as_bytes()),
            FORM,
        )
    };
    let label = finite(label).ok_or_else(|| fault(0, "a number as label".into(), label))?;
    let mut last = 0;
    for (field, text) in (1..).zip(fields) {
        let (index, value) = text.split_once(':').ok_or_else(|| fault(field, "index:value".into(), text))?;
        // Indices have 32 bits, the last of which would overflow a count of columns in 32 bits.
        let index = index
            .parse()
            .ok()
            .filter(|&index: &u32| index > 0)
            .ok_or_else(|| fault(field, "an index from 1 to 4294967295".into(), text))?;
        if index <= last {
            return Err(fault(field, format!("an index above {last}, the one before"), text));
        }
        if let Some(n_features) = n_features.filter(|&n_features| index as usize > n_features) {
            return Err(fault(
                field,
                format!("an index of at most {n_features}, the number of features"),
                text,
            ));
        }
        let value =
            finite(value).ok_or_else(|| fault(field, "a finite number after the colon".into(), text))?;
        last = index;
        examples.columns.push(index - 1);
        examples.values.push(value);
    }
    examples.n_features = examples.n_features.max(last as usize);
    examples.labels.push(label);
    examples.offsets.push(examples.columns.len());
    Ok(())
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Examples, FormatError> {
        parse(&mut text.as_bytes(), None).unwrap()
    }

    fn message(text: &str) -> String {
        parsed(text).unwrap_err().to_string()
    }

    #[test]
    fn rows_comments_blank_lines_and_spacing() {
        let text = "# head\n+1 1:0.5 3:-2e-1 # a comment: with 9:9\n\n-1\r\n2  2:1\t4:7 ";
        let examples = parsed(text).unwrap();
        assert_eq!(examples.labels, [1.0, -1.0, 2.0]);
        assert_eq!(examples.row(0), Some((&[0, 2][..], &[0.5, -0.2][..])));
        assert_eq!(examples.row(1), Some((&[][..], &[][..])));
        assert_eq!(examples.row(2), Some((&[1, 3][..], &[1.0, 7.0][..])));
        assert_eq!(examples.row(3), None);
        assert_eq!((examples.len(), examples.n_features), (3, 4));
        assert_eq!(parse(&mut text.as_bytes(), Some(9)).unwrap().unwrap().n_features, 9);
    }

    #[test]
    fn faults_say_line_field_and_what() {
        assert!(
            message("1 1:1\nx 1:1").starts_with("line 2, field 1: expected a number as label, found `x`; ")
        );
        assert!(
            message("1 2:1 2:1")
                .contains("line 1, field 3: expected an index above 2, the one before, found `2:1`")
        );
        assert!(message("1 0:1").contains("an index from 1"));
        assert!(message("1 qid:3 1:1").contains("found `qid:3`"));
        assert!(message("1 1").contains("expected index:value, found `1`"));
        assert!(message("1 1:nan").contains("a finite number"));
        assert!(message("inf 1:1").contains("label"));
        let error = parse(&mut &b"1 5:1"[..], Some(4)).unwrap().unwrap_err().to_string();
        assert!(error.contains("at most 4, the number of features"), "{error}");
        let error = parse(&mut &b"1 1:\xff"[..], None).unwrap().unwrap_err().to_string();
        assert!(error.contains("UTF-8"), "{error}");
    }

    #[test]
    fn a_path_is_named_in_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.libsvm");
        std::fs::write(&path, "1 1:1\n1 1:x\n").unwrap();
        let error = read(&path, None).unwrap_err().to_string();
        assert!(error.contains("train.libsvm: line 2, field 2"), "{error}");
    }

    fn any_rows() -> impl Strategy<Value = Vec<(f64, Vec<(u32, f64)>)>> {
        let number = proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO;
        let row = proptest::collection::btree_map(1_u32..1000, number, 0..6);
        proptest::collection::vec((number, row.prop_map(|row| row.into_iter().collect())), 0..6)
    }

    proptest! {
        #[test]
        fn round_trip(rows in any_rows()) {
            let mut text = String::new();
            for (label, entries) in &rows {
                write!(text, "{label:e}").unwrap();
                for (index, value) in entries {
                    write!(text, " {index}:{value:e}").unwrap();
                }
                text.push('\n');
            }
            let examples = parsed(&text).unwrap();
            prop_assert_eq!(examples.len(), rows.len());
            for (i, (label, entries)) in rows.iter().enumerate() {
                let (columns, values) = examples.row(i).unwrap();
                let found: Vec<_> = columns.iter().map(|c| c + 1).zip(values.iter().copied()).collect();
                prop_assert_eq!(examples.labels[i], *label);
                prop_assert_eq!(&found, entries);
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "[0-9:#. \n-]{0,60}") {
            let _ = parse(&mut &bytes[..], Some(5)).unwrap();
            let _ = parsed(&text);
        }
    }
}
