//! Tables for a terminal.

/// Rows of cells as lines: every column but the last as wide as its widest cell, two spaces between columns.
pub(crate) fn aligned<R: AsRef<[String]>>(rows: &[R]) -> Vec<String> {
    let columns = rows.iter().map(|row| row.as_ref().len()).max().unwrap_or(0);
    let width = |cell: &String| cell.chars().count();
    let widest = |at: usize| rows.iter().filter_map(|row| row.as_ref().get(at)).map(width).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &R| {
        let cells = row.as_ref().iter().zip(&widths);
        let padded: Vec<String> =
            cells.map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide - width(cell)))).collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// How far the second column of [`aligned`] rows is from the left.
pub(crate) fn second_column<R: AsRef<[String]>>(rows: &[R]) -> usize {
    rows.iter().filter_map(|row| row.as_ref().first()).map(|cell| cell.chars().count() + 2).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_characters_and_lines_have_no_trailing_space() {
        let rows = [vec!["η", "", "x"], vec!["long", "≥ 2", ""], vec!["a"]];
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        assert_eq!(aligned(&rows), ["η          x", "long  ≥ 2", "a"]);
        assert_eq!(second_column(&rows), 6);
        assert_eq!(aligned::<Vec<String>>(&[]), Vec::<String>::new());
    }
}
