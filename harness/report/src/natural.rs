//! The order in which people expect names with numbers.

use std::fmt::Write as _;

/// A key that sorts `k=4` before `k=15`: numbers are padded.
pub(crate) fn natural(text: &str) -> String {
    let (mut out, mut digits) = (String::new(), String::new());
    let flush = |out: &mut String, digits: &mut String| {
        if !digits.is_empty() {
            let _ = write!(out, "{digits:0>20}");
            digits.clear();
        }
    };
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut out, &mut digits);
            out.push(c);
        }
    }
    flush(&mut out, &mut digits);
    out
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_sort_by_value() {
        let mut names = ["sns k=15", "sns k=4", "sns k=4 n=100", "sinkhorn"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["sinkhorn", "sns k=4", "sns k=4 n=100", "sns k=15"]);
    }
}
