//! Identities: what was asked ([`CellKey`]), which code answered ([`CodeKey`]), where it ran ([`EnvKey`]), which
//! attempt ([`RunId`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A key's text is not 32 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a key: expected 32 lower-case hexadecimal digits")]
pub struct KeyError {
    text: String,
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $domain:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The key of `content`: the first 16 bytes of BLAKE3 over a domain tag and the content, in hexadecimal.
            pub fn of(content: &[u8]) -> Self {
                let mut hasher = blake3::Hasher::new();
                hasher.update(concat!("harness/", $domain, "/1\0").as_bytes());
                hasher.update(content);
                Self(hasher.finalize().to_hex()[..32].to_owned())
            }

            /// The 32 hexadecimal digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first 8 digits: enough to name a key to a person.
            pub fn short(&self) -> &str {
                &self.0[..8]
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                let digits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if digits { Ok(Self(text.to_owned())) } else { Err(KeyError { text: text.to_owned() }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<Self, KeyError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.0
            }
        }
    };
}

key!(
    /// What was asked: a hash over the typed, resolved cell.
    CellKey,
    "cell"
);
key!(
    /// Which code answered: a hash over the sources, dependencies and compiler of the suite's crate.
    CodeKey,
    "code"
);
key!(
    /// Where it ran: a hash over the machine's identity, as far as it matters for comparing times.
    EnvKey,
    "env"
);

/// Which attempt: a `UUIDv7`, so that ids sort by time of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// A fresh id, later in order than every id this process made before.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_hex_digits_and_parses_back() {
        let key = CellKey::of(b"x");
        assert_eq!(key.as_str().len(), 32);
        assert_eq!(key.to_string().parse::<CellKey>().unwrap(), key);
    }

    #[test]
    fn kinds_of_keys_differ_on_the_same_content() {
        assert_ne!(CellKey::of(b"x").as_str(), CodeKey::of(b"x").as_str());
    }

    #[test]
    fn a_key_refuses_other_text() {
        assert!("xyz".parse::<CellKey>().is_err());
        assert!(serde_json::from_str::<CellKey>("\"ABCDEF00ABCDEF00ABCDEF00ABCDEF00\"").is_err());
    }

    #[test]
    fn run_ids_sort_by_creation() {
        let ids: Vec<RunId> = (0..100).map(|_| RunId::fresh()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
    }
}
