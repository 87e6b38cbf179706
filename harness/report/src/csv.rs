//! Rows as CSV (RFC 4180 with line feeds).

use ::csv::Writer;
use harness_core::printable;

/// A header and rows of fields, whoever's words are in them, as CSV text.
pub(crate) fn csv<R: IntoIterator<Item = String>>(
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let mut written = writer.write_record(header);
    for row in rows {
        let fields = row.into_iter().map(|field| printable(&field).into_owned());
        written = written.and_then(|()| writer.write_record(fields));
    }
    written.expect("every row has as many fields as the header");
    let bytes = writer.into_inner().expect("memory takes what is written to it");
    String::from_utf8(bytes).expect("fields are text")
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let row = ["plain", "a,\"b\"", "two\nlines"].map(str::to_owned);
        assert_eq!(csv(&["x", "y", "z"], [row]), "x,y,z\nplain,\"a,\"\"b\"\"\",\"two\nlines\"\n");
        assert_eq!(csv(&["x"], [["a\r\u{1b}[2J".to_owned()]]), "x\na[2J\n");
        assert_eq!(csv(&["x"], Vec::<Vec<String>>::new()), "x\n");
    }
}
