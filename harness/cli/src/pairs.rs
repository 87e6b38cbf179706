//! Pairs of verbs that make no plan.

use std::path::PathBuf;

use harness_core::suggest;
use harness_plan::Overrides;

use crate::error::CliError;
use crate::{campaign, site};

/// The suite and the folders that the command line names.
pub(crate) struct Pairs(Overrides);

impl Pairs {
    /// Reads pairs with the keys that the verb uses: any other is an error.
    pub(crate) fn parse(words: &[String], keys: &[&str]) -> Result<Self, CliError> {
        let pairs = campaign::with_suite(words)?;
        for (key, _) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
            if !keys.contains(&key) {
                let hint = suggest::hint(key, keys.iter().copied());
                return Err(CliError::usage(format!("unknown key `{key}`; {hint}")));
            }
        }
        Ok(Self(Overrides::parse(&pairs, &["data"])?))
    }

    pub(crate) fn suite(&self) -> Option<&str> {
        self.0.suite.as_ref().map(|s| s.value.as_str())
    }

    /// Files that declare further peers.
    pub(crate) fn peer_files(&self) -> &[PathBuf] {
        &self.0.peers.files
    }

    pub(crate) fn results_dir(&self) -> PathBuf {
        self.0.out.clone().unwrap_or_else(site::results_dir)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        campaign::own_key(&self.0, "data").map_or_else(site::data_dir, PathBuf::from)
    }
}
