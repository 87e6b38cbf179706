//! `claims.yaml`: what the papers claim. The format is described in `docs/yaml.md`.

mod check;
pub(crate) mod decode;

use std::sync::Arc;

use harness_core::Suite;

use crate::diagnostic::Diagnostics;
use crate::expr::{Metric, named};
use crate::number::Reported;
use crate::source::{Source, Spanned};
use crate::suite_file::{Aggregate, ParamRef, Selection, SuiteFile};

/// A claims file, read and checked against the suite's code and its suite file.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimsFile {
    /// The text, for errors about it.
    pub source: Arc<Source>,
    /// The suite's id.
    pub suite: Spanned<String>,
    /// The claims.
    pub claims: Vec<Claim>,
}

/// A statement of a paper that runs can agree with or contradict.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its id.
    pub id: Spanned<String>,
    /// What the paper says, in a sentence.
    pub statement: String,
    /// Where it says so.
    pub source: PaperSource,
    /// How the number was obtained.
    pub transcribed: Transcribed,
    /// What is compared.
    pub kind: ClaimKind,
    /// The cells it is about; those of the kind must match as well.
    pub select: Selection,
    /// What is measured in each run.
    pub metric: Metric,
    /// How runs become one number.
    pub aggregate: Aggregate,
    /// The paper's number.
    pub reported: Option<Reported>,
    /// The region that counts as agreement; none: the reported number as it is rounded.
    pub accept: Option<Accept>,
    /// Why this region; there is one wherever there is a region.
    pub note: Option<String>,
    /// At which scale each profile runs it; see [`scale_in`](Self::scale_in).
    pub scale: Vec<(Spanned<String>, ClaimScale)>,
}

/// A place in a paper.
#[derive(Debug, Clone, PartialEq)]
pub struct PaperSource {
    /// The paper's id.
    pub paper: Spanned<String>,
    /// The number of the table.
    pub table: Option<String>,
    /// The number of the figure.
    pub figure: Option<String>,
    /// The section.
    pub section: Option<String>,
    /// The row of the table.
    pub row: Option<String>,
    /// The column of the table.
    pub column: Option<String>,
    /// Where in the text.
    pub text: Option<String>,
}

named!(
    /// How a paper's number was obtained.
    Transcribed as "way of transcription" {
        /// Read in the paper.
        Read = "read",
        /// Taken from another text about the paper.
        SecondHand = "second-hand",
        /// Measured in a figure.
        Digitised = "digitised",
    }
);

named!(
    /// At which scale a profile runs a claim.
    ClaimScale as "scale" {
        /// At the paper's scale: the verdict counts.
        Full = "full",
        /// Smaller: the verdict is shown and does not count.
        Proxy = "proxy",
    }
);

/// What a claim compares.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimKind {
    /// The metric itself.
    Value,
    /// The metric of the numerator over the metric of the denominator, paired by problem and replicate.
    Ratio {
        /// The cells above the line.
        numerator: Selection,
        /// The cells below the line.
        denominator: Selection,
    },
    /// The share of pairs, by problem and replicate, in which the metric of `less` is below the metric of `greater`.
    Order {
        /// The cells that are claimed to have the smaller metric.
        less: Selection,
        /// The cells that are claimed to have the greater metric.
        greater: Selection,
    },
    /// The slope of the logarithm of the metric against the logarithm of a parameter.
    Slope {
        /// The parameter.
        x: Spanned<ParamRef>,
    },
}

impl ClaimKind {
    /// How it is written in the file.
    pub fn as_str(&self) -> &'static str {
        match self {
            ClaimKind::Value => "value",
            ClaimKind::Ratio { .. } => "ratio",
            ClaimKind::Order { .. } => "order",
            ClaimKind::Slope { .. } => "slope",
        }
    }
}

/// The region that counts as agreement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Accept {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Between these.
    Between(f64, f64),
    /// Within this relative distance of the reported number.
    Within(f64),
}

impl Claim {
    /// The region that counts as agreement, as an interval whose ends may be infinite.
    pub fn region(&self) -> (f64, f64) {
        let around = |reported: Option<Reported>, half: f64| {
            reported.map_or((f64::NEG_INFINITY, f64::INFINITY), |r| (r.value - half, r.value + half))
        };
        match (self.accept, self.reported) {
            (Some(Accept::AtLeast(low)), _) => (low, f64::INFINITY),
            (Some(Accept::AtMost(high)), _) => (f64::NEG_INFINITY, high),
            (Some(Accept::Between(low, high)), _) => (low, high),
            (Some(Accept::Within(relative)), reported) => {
                around(reported, reported.map_or(0.0, |r| relative * r.value.abs()))
            }
            (None, reported) => around(reported, reported.map_or(0.0, |r| r.half_unit)),
        }
    }

    /// At which scale a profile runs it. A profile that the claim does not mention is a proxy: nobody vouched for it.
    pub fn scale_in(&self, profile: &str) -> ClaimScale {
        self.scale.iter().find(|(name, _)| **name == profile).map_or(ClaimScale::Proxy, |(_, scale)| *scale)
    }
}

impl std::fmt::Display for PaperSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.paper)?;
        let parts = [
            ("Table ", &self.table),
            ("Figure ", &self.figure),
            ("Section ", &self.section),
            ("row ", &self.row),
            ("column ", &self.column),
            ("", &self.text),
        ];
        for (word, part) in parts {
            if let Some(part) = part {
                write!(f, ", {word}{part}")?;
            }
        }
        Ok(())
    }
}

impl ClaimsFile {
    /// Reads and checks a claims file. `name` is how errors cite it.
    ///
    /// # Errors
    ///
    /// All errors of the text at once; those of meaning (labels, parameters, metrics) only when its form is right.
    pub fn parse(name: &str, text: &str, suite: &Suite, suite_file: &SuiteFile) -> Result<Self, Diagnostics> {
        let mut file = decode::claims_file(&Source::new(name, text))?;
        check::check(&file, suite, suite_file)?;
        for claim in &mut file.claims {
            let kind = match &mut claim.kind {
                ClaimKind::Value | ClaimKind::Slope { .. } => Vec::new(),
                ClaimKind::Ratio { numerator, denominator } => vec![numerator, denominator],
                ClaimKind::Order { less, greater } => vec![less, greater],
            };
            for selection in kind.into_iter().chain([&mut claim.select]) {
                selection.expand(&suite_file.problems, &suite_file.solvers);
            }
        }
        Ok(file)
    }

    /// A claim by id.
    pub fn claim(&self, id: &str) -> Option<&Claim> {
        self.claims.iter().find(|c| *c.id == id)
    }
}

/// Checks that every claim that a table cites is in the claims file.
///
/// # Errors
///
/// One error an unknown claim, in the suite file.
pub fn check_citations(suite_file: &SuiteFile, claims: &ClaimsFile) -> Result<(), Diagnostics> {
    check::citations(suite_file, claims)
}
