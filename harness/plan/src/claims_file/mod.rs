//! `claims.yaml`: what the papers claim. The format is described in `docs/yaml.md`, each kind in `docs/claims.md`.

mod check;
pub(crate) mod decode;
mod decode_kind;
mod kind;
mod region;
mod reported;

use std::fmt;
use std::sync::Arc;

use harness_core::Suite;

pub use kind::{Across, Agreement, BoundSide, ClaimKind, Optimum, Sense, Window};
pub use region::{Accept, AcceptedRegion, Better};
pub use reported::Printed;

use crate::diagnostic::Diagnostics;
use crate::expr::named;
use crate::source::{Source, Spanned};
use crate::suite_file::{Selection, SuiteFile};

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
    /// The paper's number.
    pub reported: Option<Printed>,
    /// The region that counts as agreement; none: made from the reported number.
    pub accept: Option<Accept>,
    /// How far from the reported number counts as agreement still.
    pub tolerance: Option<f64>,
    /// Which side of the region is better than the paper: it counts as agreement.
    pub better: Option<Better>,
    /// Why this region; there is one wherever there is `accept` or `tolerance`.
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

/// How a paper's number was obtained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transcribed {
    /// Read in the paper.
    Read,
    /// Taken from another text about the paper.
    SecondHand,
    /// Measured in a figure.
    Digitised {
        /// The relative error of measuring.
        error: f64,
    },
}

impl Transcribed {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Transcribed::Read => "read",
            Transcribed::SecondHand => "second-hand",
            Transcribed::Digitised { .. } => "digitised",
        }
    }

    /// The relative error that it adds to the number; 0 where it adds none.
    pub fn error(self) -> f64 {
        match self {
            Transcribed::Digitised { error } => error,
            _ => 0.0,
        }
    }
}

impl fmt::Display for Transcribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            // A percentage to two digits: what a figure can be read to.
            Transcribed::Digitised { error } => write!(f, " ± {} %", (error * 1e4).round() / 1e2),
            _ => Ok(()),
        }
    }
}

named!(
    /// At which scale a profile runs a claim.
    ClaimScale as "scale" {
        /// At the paper's scale: the verdict counts.
        Full = "full",
        /// Smaller: the verdict is shown and does not count.
        Proxy = "proxy",
    }
);

impl Claim {
    /// At which scale a profile runs it. A profile that the claim does not mention is a proxy: nobody vouched for it.
    pub fn scale_in(&self, profile: &str) -> ClaimScale {
        self.scale.iter().find(|(name, _)| **name == profile).map_or(ClaimScale::Proxy, |(_, scale)| *scale)
    }
}

impl fmt::Display for PaperSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            if let ClaimKind::Curve { figure, x, .. } = &mut claim.kind {
                *x = check::axis_of(suite_file, figure);
            }
            for selection in claim.kind.selections_mut().into_iter().chain([&mut claim.select]) {
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
