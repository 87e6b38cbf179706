//! Pairs of verbs that make no plan.

use std::path::PathBuf;

use harness_plan::Overrides;

use crate::error::CliError;
use crate::{campaign, site};

/// The suite and the folders that the command line names.
pub(crate) struct Pairs(Overrides);

impl Pairs {
    pub(crate) fn parse(words: &[String]) -> Result<Self, CliError> {
        Ok(Self(Overrides::parse(&campaign::with_suite(words)?, campaign::OWN_KEYS)?))
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
