//! `suite.yaml`: what to run, and which tables, figures, comparisons and rankings to draw. The format is described in `docs/yaml.md`.

pub mod aggregate;
mod check;
pub(crate) mod decode;
pub mod draw;
mod draw_decode;
pub mod select;
pub mod settings;
mod values;

use std::sync::Arc;

use harness_core::Suite;

pub use aggregate::{Aggregate, Thousandths};
pub(crate) use decode::schema;
pub use draw::{
    AxisScale, By, Comparison, Figure, FigureKind, Panel, Ranking, ReportedSeries, Row, Table, TableCell,
    XAxis,
};
pub use select::{ParamRef, Place, Selection, Side};
pub use settings::{Exclude, RunSettings, StopRules};
pub use values::{ParamValues, same_value};

use crate::diagnostic::Diagnostics;
use crate::source::{Source, Spanned};

/// A suite file, read and checked against the suite's code.
#[derive(Debug, Clone, PartialEq)]
pub struct SuiteFile {
    /// The text, for errors about it.
    pub source: Arc<Source>,
    /// The suite's id.
    pub suite: Spanned<String>,
    /// The profile that runs unless another is named.
    pub default_profile: Spanned<String>,
    /// The papers.
    pub papers: Vec<Paper>,
    /// Metrics of the trace that are no metrics of a problem: the solvers' notes and counters that expressions name.
    pub trace_metrics: Vec<Spanned<String>>,
    /// Problems with parameters, by label.
    pub problems: Vec<Configured>,
    /// Solvers with parameters, by label.
    pub solvers: Vec<Configured>,
    /// What is run.
    pub profiles: Vec<Profile>,
    /// Tables of the papers, redrawn.
    pub tables: Vec<Table>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Solvers side by side.
    pub comparisons: Vec<Comparison>,
    /// Solvers ranked over many instances.
    pub rankings: Vec<Ranking>,
}

/// A paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// The name by which claims and tables cite it.
    pub id: Spanned<String>,
    /// Its title.
    pub title: String,
    /// Its authors.
    pub authors: Option<String>,
    /// Where it appeared.
    pub venue: Option<String>,
    /// Where it is found: an address or an identifier.
    pub url: Option<String>,
}

/// A problem or a solver under a label, with the values that its parameters take.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    /// The label.
    pub label: Spanned<String>,
    /// The id of the problem or solver.
    pub id: Spanned<String>,
    /// The parameters that are given; several values sweep.
    pub params: Vec<ParamValues>,
}

/// What one profile runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: Spanned<String>,
    /// One line about it.
    pub title: Option<String>,
    /// Settings of all its runs.
    pub settings: RunSettings,
    /// Its runs.
    pub runs: Vec<RunBlock>,
}

/// Every problem × every solver, with settings that replace the profile's.
#[derive(Debug, Clone, PartialEq)]
pub struct RunBlock {
    /// Labels of problems.
    pub problems: Vec<Spanned<String>>,
    /// Labels of solvers.
    pub solvers: Vec<Spanned<String>>,
    /// Whether they are run only beside peers, or where the command line names the problem.
    pub with_peers: bool,
    /// Settings of these runs.
    pub settings: RunSettings,
}

impl SuiteFile {
    /// Reads and checks a suite file. `name` is how errors cite it.
    ///
    /// # Errors
    ///
    /// All errors of the text at once; those of meaning (names, parameters) only when its form is right.
    pub fn parse(name: &str, text: &str, suite: &Suite) -> Result<Self, Diagnostics> {
        let mut file = decode::suite_file(&Source::new(name, text))?;
        check::check(&file, suite)?;
        file.expand();
        Ok(file)
    }

    /// Turns ids in selections into labels.
    fn expand(&mut self) {
        let Self { problems, solvers, profiles, tables, figures, comparisons, rankings, .. } = self;
        let expand = |selection: &mut Selection| selection.expand(problems, solvers);
        for profile in profiles {
            profile.settings.exclude.iter_mut().for_each(|e| expand(&mut e.select));
            for run in &mut profile.runs {
                run.settings.exclude.iter_mut().for_each(|e| expand(&mut e.select));
            }
        }
        for row in tables.iter_mut().flat_map(|t| &mut t.rows) {
            expand(&mut row.select);
            row.cells.iter_mut().for_each(|(_, cell)| expand(&mut cell.select));
        }
        for panel in figures.iter_mut().flat_map(|f| &mut f.panels) {
            expand(&mut panel.select);
        }
        for comparison in comparisons {
            expand(&mut comparison.select);
        }
        for ranking in rankings {
            expand(&mut ranking.select);
        }
    }

    /// A profile by name.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|p| *p.name == name)
    }

    /// A problem by label.
    pub fn problem(&self, label: &str) -> Option<&Configured> {
        self.problems.iter().find(|p| *p.label == label)
    }

    /// A solver by label.
    pub fn solver(&self, label: &str) -> Option<&Configured> {
        self.solvers.iter().find(|s| *s.label == label)
    }

    /// A table by id.
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|t| *t.id == id)
    }

    /// A figure by id.
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|f| *f.id == id)
    }

    /// A paper by id.
    pub fn paper(&self, id: &str) -> Option<&Paper> {
        self.papers.iter().find(|p| *p.id == id)
    }
}
