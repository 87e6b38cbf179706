//! Text of other people's, on its way to a terminal or a page.

use std::borrow::Cow;

/// Whether a terminal or a page shows a character instead of acting on it: line ends and tabs, and all that is no control
/// character.
pub fn is_printable(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t')
}

/// A text without the characters that a terminal would act on. Whatever comes from a solver, a peer, a file or another
/// program passes through here before it is shown.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| is_printable(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solver_s_text_does_nothing_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\u{7}\u{9b}c\n\tü"), "a[2Jbc\n\tü");
        assert!(matches!(printable("ü\n\t"), Cow::Borrowed("ü\n\t")));
    }
}
