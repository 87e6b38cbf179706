//! One side of a comparison, as a word: `ci-0a1b`, `latest~1`, `commit:abc`, `code:abc`, `DIR:latest`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::CliError;

/// Which runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// The campaign whose id begins so.
    Campaign(String),
    /// The newest campaign, or so many before it.
    Latest(usize),
    /// Runs made at the commit that begins so.
    Commit(String),
    /// Runs made by the code whose key begins so.
    Code(String),
}

/// A word that names a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Another results folder.
    pub(crate) results: Option<PathBuf>,
    pub(crate) which: Which,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Which::Campaign(id) => f.write_str(id),
            Which::Latest(0) => f.write_str("latest"),
            Which::Latest(n) => write!(f, "latest~{n}"),
            Which::Commit(commit) => write!(f, "commit:{commit}"),
            Which::Code(code) => write!(f, "code:{code}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.results {
            Some(folder) => write!(f, "{}:{}", folder.display(), self.which),
            None => self.which.fmt(f),
        }
    }
}

impl Selector {
    pub(crate) fn parse(word: &str) -> Result<Self, CliError> {
        let (results, rest) = match word.split_once(':') {
            Some(("commit" | "code", _)) | None => (None, word),
            // The last colon that leaves a folder: a path may hold one itself.
            Some(_) => match folder_of(word) {
                Some((folder, rest)) => (Some(folder), rest),
                None => {
                    let (before, _) = word.split_once(':').unwrap_or((word, ""));
                    return Err(CliError::usage(format!(
                        "`{word}`: `{before}` is no folder here, and neither `commit` nor `code`; write DIR:CAMPAIGN, \
                         commit:abc, code:abc, or a campaign's id"
                    )));
                }
            },
        };
        Ok(Self { results, which: which(rest)? })
    }
}

fn folder_of(word: &str) -> Option<(PathBuf, &str)> {
    let colons = word.char_indices().filter(|(_, c)| *c == ':');
    colons
        .map(|(at, _)| (&word[..at], &word[at + 1..]))
        .find_map(|(folder, rest)| Path::new(folder).is_dir().then(|| (PathBuf::from(folder), rest)))
}

fn which(word: &str) -> Result<Which, CliError> {
    let hexadecimal = |what: &str, text: &str| {
        let digits = text.len() >= 4 && text.chars().all(|c| c.is_ascii_hexdigit());
        if digits {
            Ok(text.to_ascii_lowercase())
        } else {
            Err(CliError::usage(format!("`{what}:{text}`: expected at least 4 hexadecimal digits")))
        }
    };
    if let Some(commit) = word.strip_prefix("commit:") {
        return Ok(Which::Commit(hexadecimal("commit", commit)?));
    }
    if let Some(code) = word.strip_prefix("code:") {
        return Ok(Which::Code(hexadecimal("code", code)?));
    }
    match word.strip_prefix("latest") {
        Some("") => Ok(Which::Latest(0)),
        Some(back) if back.starts_with('~') => match back[1..].parse() {
            Ok(n) => Ok(Which::Latest(n)),
            Err(_) => Err(CliError::usage(format!(
                "`{word}`: expected `latest` or `latest~N` with a whole number N"
            ))),
        },
        _ if word.is_empty() => Err(CliError::usage("expected a campaign, found nothing".to_owned())),
        _ => Ok(Which::Campaign(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_selectors_and_back() {
        for word in [
            "ci-0a1b2c",
            "latest",
            "latest~3",
            "commit:abc1",
            "code:0123ab",
            "src:latest~1",
            "src:commit:abcd",
        ] {
            assert_eq!(Selector::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Selector::parse("latest~0").unwrap().which, Which::Latest(0));
        assert_eq!(Selector::parse("src:commit:abcd").unwrap().results, Some(PathBuf::from("src")));
    }

    #[test]
    fn what_is_no_selector_is_refused_in_words() {
        for (word, said) in [
            ("latest~x", "whole number"),
            ("commit:xyz", "hexadecimal"),
            ("commit:ab", "at least 4"),
            ("no/such/folder:latest", "no folder here"),
            ("src:", "found nothing"),
        ] {
            let message = match Selector::parse(word) {
                Err(CliError::Usage(message)) => message,
                other => panic!("{word}: {other:?}"),
            };
            assert!(message.contains(said), "{word}: {message}");
        }
    }
}
