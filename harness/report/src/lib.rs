//! Claims and their verdicts, the paper's tables redrawn, solvers compared, rankings, figures, and the reports in HTML, Markdown, LaTeX and JSON.
//!
//! [`build`] joins a plan with result rows and gives back a [`Report`]: claims, tables, figures and files. It reads no file, no
//! clock and no environment: from the same input it makes the same bytes.

mod aligned;
mod campaign;
pub mod claims;
pub mod comparison;
mod csv;
mod eval;
mod excerpt;
pub mod figures;
mod natural;
pub mod number;
mod page;
mod rankings;
mod report;
mod sample;
mod table;
pub mod timing;
mod varying;

use harness_core::{CodeKey, EnvKey, EnvRow, Suite};
use harness_plan::{ClaimsFile, PlannedCell, SuiteFile};
use serde::Serialize;

pub use campaign::Data;
pub use claims::{ClaimResult, Counts, Headline, Shown, UsedRun, Verdict};
pub use comparison::ComparisonView;
pub use eval::{CPU_TRACE, EvalError};
pub use excerpt::{Excerpt, excerpt, not_kept, reads};
pub use page::escaping;
pub use rankings::{CostView, Friedman, RankedSolver, RankingView};
pub use report::{Judgement, Report, ReportError, WriteError, build, judge};
pub use table::{CellView, RowView, TableView};
pub use timing::Timing;

/// Which campaign a report is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The campaign's id.
    pub campaign_id: String,
    /// The suite's id.
    pub suite: String,
    /// The profile's name.
    pub profile: String,
    /// What the campaign was started with beside suite, profile, problem and solver, as `key=value`; repeated in the
    /// commands that run cells again.
    pub overrides: Vec<String>,
    /// The solvers that the command line names: they are shown wherever their problems are, whatever solvers the suite file
    /// shows there.
    pub solvers: Vec<String>,
    /// Which code answered.
    pub code_key: CodeKey,
    /// Where it ran.
    pub env_key: EnvKey,
}

/// What a report is made from.
#[derive(Clone)]
pub struct Input<'a> {
    /// Which campaign.
    pub identity: Identity,
    /// The suite's code: what is known of metrics and solvers.
    pub suite: &'a Suite,
    /// Its papers, tables and figures.
    pub suite_file: &'a SuiteFile,
    /// Its claims.
    pub claims: &'a ClaimsFile,
    /// The cells of the campaign, with the labels under which they were planned.
    pub cells: &'a [PlannedCell],
    /// The results.
    pub data: &'a Data,
    /// Files to link to, such as the Parquet parts, relative to the report.
    pub links: Vec<Link>,
    /// The suite's campaign before this one, to say what changed since; none: this is the first.
    pub previous: Option<&'a Previous>,
}

/// A campaign that came before.
#[derive(Debug, Clone, PartialEq)]
pub struct Previous {
    /// Its id.
    pub campaign_id: String,
    /// When its last run began.
    pub started_unix_ns: i64,
    /// What is known of the machine that it ran on.
    pub env: Vec<EnvRow>,
}

/// A file that the page links to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The words of the link.
    pub label: String,
    /// The path, relative to the report.
    pub href: String,
}
