//! The words of verbs that read results over time: bare words, and keys of their own.

use std::path::PathBuf;

use harness_core::suggest;

use crate::error::CliError;
use crate::site;

/// Words and pairs.
pub(crate) struct Words {
    bare: Vec<String>,
    pairs: Vec<(String, String)>,
}

impl Words {
    /// Takes words apart; keys must be known.
    pub(crate) fn parse(words: &[String], known: &[&'static str]) -> Result<Self, CliError> {
        let mut parsed = Self { bare: Vec::new(), pairs: Vec::new() };
        for word in words {
            match word.split_once('=') {
                None => parsed.bare.push(word.clone()),
                Some((key, value)) if known.contains(&key) => {
                    if value.is_empty() {
                        return Err(CliError::usage(format!(
                            "`{key}` has no value: write `{key}=…` without blanks"
                        )));
                    }
                    parsed.pairs.push((key.to_owned(), value.to_owned()));
                }
                Some((key, _)) => {
                    let hint = suggest::hint(key, known.iter().copied());
                    return Err(CliError::usage(format!("unknown key `{key}`; {hint}")));
                }
            }
        }
        Ok(parsed)
    }

    /// The words that are no pairs.
    pub(crate) fn bare(&self) -> &[String] {
        &self.bare
    }

    /// The value of a key; of several the last.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rfind(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// A list of names.
    pub(crate) fn list(&self, key: &str) -> Vec<&str> {
        self.get(key).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
    }

    /// A share such as 0.05.
    pub(crate) fn share(&self, key: &str, default: f64) -> Result<f64, CliError> {
        let Some(text) = self.get(key) else { return Ok(default) };
        match text.parse() {
            Ok(share) if (0.0..=10.0).contains(&share) => Ok(share),
            _ => Err(CliError::usage(format!(
                "`{key}` is a share such as {default}: at least 0 and at most 10, found `{text}`"
            ))),
        }
    }

    /// A whole number of at least 1.
    pub(crate) fn count(&self, key: &str, default: u32) -> Result<u32, CliError> {
        let Some(text) = self.get(key) else { return Ok(default) };
        match text.parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(CliError::usage(format!("`{key}` is a whole number of at least 1, found `{text}`"))),
        }
    }

    /// The results folder.
    pub(crate) fn results_dir(&self) -> PathBuf {
        self.get("out").map_or_else(site::results_dir, PathBuf::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Words, CliError> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Words::parse(&words, &["suite", "cpu"])
    }

    #[test]
    fn words_and_pairs_are_told_apart_and_the_last_pair_wins() {
        let words = parse("latest suite=a latest~1 suite=b").unwrap();
        assert_eq!(words.bare(), ["latest", "latest~1"]);
        assert_eq!(words.get("suite"), Some("b"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |line: &str| match parse(line) {
            Err(CliError::Usage(message)) => message,
            _ => panic!("{line} is refused"),
        };
        assert!(said("siute=a").contains("did you mean `suite`?"));
        assert!(said("suite=").contains("has no value"));
        let share = parse("cpu=2%").unwrap().share("cpu", 0.02);
        assert!(matches!(share, Err(CliError::Usage(message)) if message.contains("found `2%`")));
    }
}
