//! What holds for every run of a campaign.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use harness_core::{CodeKey, EnvKey, MetricInfo, MetricRole};
use serde::{Deserialize, Serialize};

/// How a campaign is run. Folders are created when missing.
#[derive(Debug, Clone)]
pub struct Config {
    /// The worker program: see [`find_worker`](crate::find_worker).
    pub worker: PathBuf,
    /// How many runs that are not timed go on at once.
    pub slots: NonZeroUsize,
    /// Where journals lie while runs go on, and after a crash.
    pub journal_dir: PathBuf,
    /// Where what workers print is kept.
    pub log_dir: PathBuf,
    /// Where data sets lie.
    pub data_dir: PathBuf,
    /// What is written into every row.
    pub campaign: Campaign,
    /// The suite's metrics: their roles fill the columns `objective`, `feas` and `gap`.
    pub metrics: Vec<MetricInfo>,
}

/// The columns that are the same for every run of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// The campaign's id.
    pub campaign_id: String,
    /// The profile.
    pub profile: String,
    /// The suite.
    pub suite: String,
    /// The code that is expected to answer.
    pub code_key: CodeKey,
    /// The machine.
    pub env_key: EnvKey,
    /// Which shard of the campaign this process runs, `i/n`.
    pub shard: Option<String>,
    /// The commit of the working directory, if it is in a git repository.
    pub git_commit: Option<String>,
    /// Whether tracked files differ from it.
    pub git_dirty: Option<bool>,
    /// The harness's version.
    pub harness_version: String,
}

/// Which metrics there are and which of them fill a column of `runs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricNames {
    /// Every metric.
    pub all: Vec<String>,
    /// The first with role [`MetricRole::Objective`].
    pub objective: Option<String>,
    /// The first with role [`MetricRole::Feasibility`].
    pub feas: Option<String>,
    /// The first with role [`MetricRole::Gap`].
    pub gap: Option<String>,
}

impl From<&[MetricInfo]> for MetricNames {
    fn from(metrics: &[MetricInfo]) -> Self {
        let first = |role| metrics.iter().find(|m| m.role == role).map(|m| m.id.to_owned());
        Self {
            all: metrics.iter().map(|m| m.id.to_owned()).collect(),
            objective: first(MetricRole::Objective),
            feas: first(MetricRole::Feasibility),
            gap: first(MetricRole::Gap),
        }
    }
}
