//! Any text as LaTeX that prints it: ASCII out, whatever comes in.

use std::fmt::Write as _;

use harness_core::printable;

/// Text for a LaTeX document of any font encoding, with `amsmath` and `amssymb`. Everything special to TeX is written out, signs and letters
/// outside ASCII become commands, control characters are dropped, and what has no command is named by its code point.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = None;
    for c in printable(text).chars() {
        // Two of these in a row are one sign of the font: `--` a dash, `''` a quotation mark.
        if previous == Some(c) && matches!(c, '-' | '\'' | ',') {
            out.push_str("{}");
        }
        match c {
            '\n' | '\t' | '\u{a0}' | '\u{2009}' | '\u{202f}' => out.push(' '),
            // Brackets and stars would be arguments after the end of a row; `!` and `?` join with a grave accent.
            '[' | ']' | '*' | '!' | '?' => {
                let _ = write!(out, "{{{c}}}");
            }
            c if c.is_ascii() => match special(c) {
                Some(command) => out.push_str(command),
                None => out.push(c),
            },
            c => match sign(c).or_else(|| letter(c)) {
                Some(command) => {
                    let _ = write!(out, "{{{command}}}");
                }
                None => match greek(c) {
                    Some(name) => {
                        let _ = write!(out, "\\ensuremath{{{name}}}");
                    }
                    None => {
                        let _ = write!(out, "\\texttt{{U+{:04X}}}", u32::from(c));
                    }
                },
            },
        }
        previous = Some(c);
    }
    out
}

/// What TeX would act on, or set as something else.
fn special(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => r"\textbackslash{}",
        '{' => r"\{",
        '}' => r"\}",
        '$' => r"\$",
        '&' => r"\&",
        '#' => r"\#",
        '%' => r"\%",
        '_' => r"\_",
        '^' => r"\textasciicircum{}",
        '~' => r"\textasciitilde{}",
        '<' => r"\textless{}",
        '>' => r"\textgreater{}",
        '|' => r"\textbar{}",
        '"' => r"{\ttfamily\char34}",
        '`' => r"{\ttfamily\char96}",
        _ => return None,
    })
}

/// Signs that reports use.
fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '×' => r"\ensuremath{\times}",
        '÷' => r"\ensuremath{\div}",
        '±' => r"\ensuremath{\pm}",
        '−' => r"\ensuremath{-}",
        '≥' => r"\ensuremath{\geq}",
        '≤' => r"\ensuremath{\leq}",
        '≠' => r"\ensuremath{\neq}",
        '≈' => r"\ensuremath{\approx}",
        '∞' => r"\ensuremath{\infty}",
        '·' | '⋅' => r"\ensuremath{\cdot}",
        '√' => r"\ensuremath{\surd}",
        '∈' => r"\ensuremath{\in}",
        '⊂' => r"\ensuremath{\subset}",
        '∩' => r"\ensuremath{\cap}",
        '∅' => r"\ensuremath{\emptyset}",
        '∝' => r"\ensuremath{\propto}",
        '→' => r"\ensuremath{\to}",
        '←' => r"\ensuremath{\gets}",
        '↔' => r"\ensuremath{\leftrightarrow}",
        '✓' => r"\ensuremath{\checkmark}",
        '✗' | '✘' => r"\ensuremath{\boldsymbol{\times}}",
        '▲' => r"\ensuremath{\blacktriangle}",
        '★' => r"\ensuremath{\bigstar}",
        '⚠' => r"\textbf{!}",
        'ℓ' => r"\ensuremath{\ell}",
        '‖' | '∥' => r"\ensuremath{\|}",
        '′' => r"\ensuremath{'}",
        '–' => r"\textendash{}",
        '—' => r"\textemdash{}",
        '…' => r"\ldots{}",
        '‘' => r"\textquoteleft{}",
        '’' => r"\textquoteright{}",
        '“' => r"\textquotedblleft{}",
        '”' => r"\textquotedblright{}",
        '„' => r"{,}{,}",
        '«' => r"\ensuremath{\ll}",
        '»' => r"\ensuremath{\gg}",
        '°' => r"\textsuperscript{\ensuremath{\circ}}",
        '§' => r"\S{}",
        '€' => "EUR",
        '©' => r"\copyright{}",
        '½' => r"\ensuremath{\frac12}",
        '⁻' => r"\textsuperscript{\ensuremath{-}}",
        '⁰' => r"\textsuperscript{0}",
        '¹' => r"\textsuperscript{1}",
        '²' => r"\textsuperscript{2}",
        '³' => r"\textsuperscript{3}",
        '⁴' => r"\textsuperscript{4}",
        '⁵' => r"\textsuperscript{5}",
        '⁶' => r"\textsuperscript{6}",
        '⁷' => r"\textsuperscript{7}",
        '⁸' => r"\textsuperscript{8}",
        '⁹' => r"\textsuperscript{9}",
        '₀' => r"\ensuremath{_0}",
        '₁' => r"\ensuremath{_1}",
        '₂' => r"\ensuremath{_2}",
        '₃' => r"\ensuremath{_3}",
        '₄' => r"\ensuremath{_4}",
        _ => return None,
    })
}

/// Latin letters with accents, as people's names have them, in what every font encoding has.
#[rustfmt::skip]
fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'À' => r"\`A", 'Á' => r"\'A", 'Â' => r"\^A", 'Ã' => r"\~A", 'Ä' => r#"\"A"#, 'Å' => r"\AA{}", 'Æ' => r"\AE{}",
        'Ç' => r"\c{C}", 'È' => r"\`E", 'É' => r"\'E", 'Ê' => r"\^E", 'Ë' => r#"\"E"#, 'Ì' => r"\`I", 'Í' => r"\'I",
        'Î' => r"\^I", 'Ï' => r#"\"I"#, 'Ñ' => r"\~N", 'Ò' => r"\`O", 'Ó' => r"\'O", 'Ô' => r"\^O", 'Õ' => r"\~O",
        'Ö' => r#"\"O"#, 'Ø' => r"\O{}", 'Ù' => r"\`U", 'Ú' => r"\'U", 'Û' => r"\^U", 'Ü' => r#"\"U"#, 'Ý' => r"\'Y",
        'ß' => r"\ss{}", 'à' => r"\`a", 'á' => r"\'a", 'â' => r"\^a", 'ã' => r"\~a", 'ä' => r#"\"a"#, 'å' => r"\aa{}",
        'æ' => r"\ae{}", 'ç' => r"\c{c}", 'è' => r"\`e", 'é' => r"\'e", 'ê' => r"\^e", 'ë' => r#"\"e"#, 'ì' => r"\`{\i}",
        'í' => r"\'{\i}", 'î' => r"\^{\i}", 'ï' => r#"\"{\i}"#, 'ñ' => r"\~n", 'ò' => r"\`o", 'ó' => r"\'o", 'ô' => r"\^o",
        'õ' => r"\~o", 'ö' => r#"\"o"#, 'ø' => r"\o{}", 'ù' => r"\`u", 'ú' => r"\'u", 'û' => r"\^u", 'ü' => r#"\"u"#,
        'ý' => r"\'y", 'ÿ' => r#"\"y"#, 'ā' => r"\=a", 'ă' => r"\u{a}", 'ą' => r"\c{a}", 'Ć' => r"\'C", 'ć' => r"\'c",
        'Č' => r"\v{C}", 'č' => r"\v{c}", 'ď' => r"\v{d}", 'ē' => r"\=e", 'ė' => r"\.e",
        'ę' => r"\c{e}", 'ě' => r"\v{e}", 'ğ' => r"\u{g}", 'İ' => r"\.I", 'ı' => r"\i{}", 'ī' => r"\={\i}", 'Ł' => r"\L{}",
        'ł' => r"\l{}", 'ń' => r"\'n", 'ň' => r"\v{n}", 'ō' => r"\=o", 'ő' => r"\H{o}", 'Œ' => r"\OE{}", 'œ' => r"\oe{}",
        'Ř' => r"\v{R}", 'ř' => r"\v{r}", 'Ś' => r"\'S", 'ś' => r"\'s", 'Ş' => r"\c{S}", 'ş' => r"\c{s}", 'Š' => r"\v{S}",
        'š' => r"\v{s}", 'ť' => r"\v{t}", 'ū' => r"\=u", 'ů' => r"\r{u}", 'ű' => r"\H{u}", 'ź' => r"\'z", 'Ż' => r"\.Z",
        'ż' => r"\.z", 'Ž' => r"\v{Z}", 'ž' => r"\v{z}",
        _ => return None,
    })
}

/// Greek letters in mathematics; capitals that look Latin are Latin.
#[rustfmt::skip]
fn greek(c: char) -> Option<&'static str> {
    Some(match c {
        'α' => r"\alpha", 'β' => r"\beta", 'γ' => r"\gamma", 'δ' => r"\delta", 'ε' | 'ϵ' => r"\varepsilon", 'ζ' => r"\zeta",
        'η' => r"\eta", 'θ' => r"\theta", 'ι' => r"\iota", 'κ' => r"\kappa", 'λ' => r"\lambda", 'μ' | 'µ' => r"\mu",
        'ν' => r"\nu", 'ξ' => r"\xi", 'π' => r"\pi", 'ρ' => r"\rho", 'σ' => r"\sigma", 'ς' => r"\varsigma", 'τ' => r"\tau",
        'υ' => r"\upsilon", 'φ' | 'ϕ' => r"\varphi", 'χ' => r"\chi", 'ψ' => r"\psi", 'ω' => r"\omega", 'ο' => "o",
        'Γ' => r"\Gamma", 'Δ' => r"\Delta", 'Θ' => r"\Theta", 'Λ' => r"\Lambda", 'Ξ' => r"\Xi", 'Π' => r"\Pi",
        'Σ' => r"\Sigma", 'Φ' => r"\Phi", 'Ψ' => r"\Psi", 'Ω' => r"\Omega",
        'Α' => "A", 'Β' => "B", 'Ε' => "E", 'Η' => "H", 'Κ' => "K", 'Μ' => "M", 'Ν' => "N", 'Τ' => "T", 'Χ' => "X",
        '∇' => r"\nabla", '∂' => r"\partial", '∑' => r"\sum", '∫' => r"\int", '∀' => r"\forall", '∃' => r"\exists",
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::escape;

    /// Whether TeX reads the text to its end: ASCII, braces in balance, and nothing special outside of a command.
    pub(crate) fn is_tame(tex: &str) -> Result<(), String> {
        let mut chars = tex.chars().peekable();
        let mut depth = 0_i32;
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.peek() {
                    Some(next) if next.is_ascii_alphabetic() => {
                        while chars.next_if(char::is_ascii_alphabetic).is_some() {}
                    }
                    // An accent, or a sign that is printed.
                    Some(
                        '{' | '}' | '$' | '&' | '#' | '%' | '_' | '\'' | '`' | '^' | '~' | '"' | '=' | '.'
                        | '|',
                    ) => {
                        chars.next();
                    }
                    other => return Err(format!("a backslash before {other:?}")),
                },
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth < 0 {
                        return Err("a brace is closed that was not opened".to_owned());
                    }
                }
                // A subscript of ours stands in mathematics.
                '_' if chars.peek().is_some_and(char::is_ascii_digit) => {}
                '#' | '$' | '%' | '&' | '~' | '_' | '^' => return Err(format!("an unescaped {c}")),
                c if !(' '..='\u{7e}').contains(&c) => return Err(format!("{c:?} is not printable ASCII")),
                _ => {}
            }
        }
        if depth == 0 { Ok(()) } else { Err(format!("{depth} braces are left open")) }
    }

    #[test]
    fn what_tex_acts_on_is_printed() {
        assert_eq!(
            escape(r"50 % of $x_1 & ~#{^}\n"),
            r"50 \% of \$x\_1 \& \textasciitilde{}\#\{\textasciicircum{}\}\textbackslash{}n"
        );
        assert_eq!(
            escape("η = 1200×, ≥ −3 ✓"),
            concat!(
                r"\ensuremath{\eta} = 1200{\ensuremath{\times}}, ",
                r"{\ensuremath{\geq}} {\ensuremath{-}}3 {\ensuremath{\checkmark}}"
            )
        );
        assert_eq!(escape("Müller, Łukasz"), r#"M{\"u}ller, {\L{}}ukasz"#);
        assert_eq!(
            escape("10⁻³ 中"),
            r"10{\textsuperscript{\ensuremath{-}}}{\textsuperscript{3}} \texttt{U+4E2D}"
        );
    }

    #[test]
    fn signs_do_not_grow_together_and_rows_do_not_take_arguments() {
        assert_eq!(escape("--fresh ''x''"), "-{}-fresh '{}'x'{}'");
        assert_eq!(escape("[2pt] *"), "{[}2pt{]} {*}");
    }

    #[test]
    fn control_characters_are_dropped_and_lines_joined() {
        assert_eq!(escape("a\u{1b}[31m\0b\nc"), "a{[}31mb c");
    }

    fn hostile() -> impl Strategy<Value = String> {
        let special = prop::sample::select(r"#$%&~_^\{}[]*-'`,!?<>|".chars().collect::<Vec<_>>());
        let known = prop::sample::select("ηλΩ×≥≤✓✗−±⁻³₂éŁß…–“∞▲".chars().collect::<Vec<_>>());
        prop::collection::vec(prop_oneof![special, known, any::<char>()], 0..40)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_special_is_left_and_braces_balance(text in hostile()) {
            let tex = escape(&text);
            prop_assert_eq!(is_tame(&tex), Ok(()), "{:?} → {}", text, tex);
        }

        #[test]
        fn plain_words_stay_as_they_are(text in "[A-Za-z0-9 .:;=/+()-]{0,30}") {
            prop_assume!(!text.contains("--"));
            prop_assert_eq!(escape(&text), text);
        }
    }
}
