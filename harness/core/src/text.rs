//! Text of other people's, on its way to a terminal or a page.

use std::borrow::Cow;

/// Whether a terminal or a page shows a character instead of acting on it: line ends and tabs, and all that is neither a
/// control character nor one that reorders the text around it or ends a line unseen.
pub fn is_printable(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        // Embeddings, overrides and isolates of text from right to left; separators of lines and paragraphs.
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        _ => !c.is_control(),
    }
}

/// A text without the characters that a terminal or a page would act on. Whatever comes from a solver, a peer, a file or
/// another program passes through here before it is shown.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| is_printable(*c)).collect())
}

/// A word for a POSIX shell, quoted if it needs to be. What a terminal would act on, and line ends, come out of a `printf`
/// in octal: the command stays on one line and means the same wherever it is shown. Only line ends at the very end are lost.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "=._-,/:+".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return Cow::Borrowed(word);
    }
    let is_plain = |c: char| is_printable(c) && !matches!(c, '\n' | '\t');
    if word.chars().all(is_plain) {
        return Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")));
    }
    let mut format = String::new();
    for c in word.chars() {
        match c {
            '%' => format.push_str("%%"),
            c if is_plain(c) && !matches!(c, '\'' | '\\') => format.push(c),
            c => {
                let mut bytes = [0; 4];
                format.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("\\{byte:03o}")));
            }
        }
    }
    Cow::Owned(format!("\"$(printf -- '{format}')\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solver_s_text_does_nothing_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\u{7}\u{9b}c\n\tü"), "a[2Jbc\n\tü");
        assert!(matches!(printable("ü\n\t"), Cow::Borrowed("ü\n\t")));
    }

    #[test]
    fn no_text_reorders_the_text_around_it() {
        let acting = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}').chain(['\u{2028}', '\u{2029}']);
        let text: String = acting.flat_map(|c| [c, 'x']).collect();
        assert_eq!(printable(&text), "x".repeat(11));
        assert_eq!(printable("שלום \u{200f}עולם"), "שלום \u{200f}עולם");
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(shell_word("solver.eta=1200"), "solver.eta=1200");
        assert_eq!(shell_word("solver.mode=a b'c"), r"'solver.mode=a b'\''c'");
        assert_eq!(shell_word("problem=$(rm x)"), "'problem=$(rm x)'");
        let word = shell_word("out=a\nb'\u{1b}\\\u{202e}ü%");
        assert_eq!(word, r#""$(printf -- 'out=a\012b\047\033\134\342\200\256ü%%')""#);
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for word in [
            "",
            "a b",
            "it's",
            "$(x) `y` \\ \"z\"",
            "-n\u{7}",
            "a\n\tb\u{1b}[2J%s\u{85}\u{202e}c'd\\e1",
            "ü\u{7}8",
        ] {
            let script = format!("printf %s {}", shell_word(word));
            let Ok(output) = std::process::Command::new("sh").args(["-c", &script]).output() else { return };
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word, "{script:?}");
        }
    }
}
