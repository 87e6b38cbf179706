//! What the command line chooses of a profile, and whether what it changes is there.

use harness_core::suggest;
use harness_core::suite::{ProblemEntry, SolverEntry, is_peer};

use super::make::Maker;
use super::named::is_called;
use super::settings::Effective;
use crate::diagnostic::Diagnostics;
use crate::overrides::Overrides;
use crate::source::Spanned;
use crate::suite_file::{Configured, Profile, Side, SuiteFile};

/// The labels of one entry of `runs` that are kept.
pub(super) struct Kept<'a> {
    pub(super) block: usize,
    pub(super) problems: Vec<&'a Configured>,
    pub(super) solvers: Vec<&'a Configured>,
}

impl<'a> Maker<'a> {
    /// The labels that the command line keeps.
    pub(super) fn kept(&self, profile: &'a Profile) -> Vec<Kept<'a>> {
        let pick = |labels: &[Spanned<String>], all: &'a [Configured], wanted: &[Spanned<String>]| {
            labels
                .iter()
                .filter_map(|label| all.iter().find(|c| c.label.value == label.value))
                .filter(|c| wanted.is_empty() || wanted.iter().any(|w| is_called(c, all, w)))
                .collect::<Vec<_>>()
        };
        let asked = self.overrides.peers.on || !self.overrides.problem.is_empty();
        let runs = profile.runs.iter().enumerate().filter(|(_, run)| asked || !run.with_peers);
        let kept = runs.map(|(block, run)| Kept {
            block,
            problems: pick(&run.problems, &self.file.problems, &self.overrides.problem),
            solvers: pick(&run.solvers, &self.file.solvers, &self.overrides.solver)
                .into_iter()
                .filter(|c| self.overrides.peers.on || !self.overrides.solver.is_empty() || !is_peer(&c.id))
                .collect(),
        });
        kept.filter(|kept| !kept.problems.is_empty() && !kept.solvers.is_empty()).collect()
    }

    /// Every overridden parameter is one of a selected problem or solver.
    pub(super) fn check_params(&self, kept: &[Kept<'a>], errors: &mut Diagnostics) {
        for param in &self.overrides.params {
            let mut known: Vec<String> = Vec::new();
            for blocks in kept {
                let params = |c: &&Configured| match param.side {
                    Side::Problem => self.suite.problem(&c.id).map(ProblemEntry::defaults),
                    Side::Solver => self.suite.solver(&c.id).map(SolverEntry::defaults),
                };
                let all = if param.side == Side::Problem { &blocks.problems } else { &blocks.solvers };
                for (name, _) in all.iter().filter_map(params).flatten() {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            if known.iter().all(|k| *k != param.name.value) {
                let message = format!("no selected {} has a parameter `{}`", param.side, param.name);
                let help = suggest::hint(&param.name, known.iter().map(String::as_str).collect::<Vec<_>>());
                errors.push(&param.source, param.name.span, message, Some(help));
            }
        }
    }

    /// `measure.…` changes runs that are timed: there must be one.
    pub(super) fn check_measure(&self, settings: &[Option<Effective>], errors: &mut Diagnostics) {
        let timed = settings.iter().flatten().any(|s| s.measure.is_timed());
        if let (Some(span), false) = (self.overrides.measure.span, timed) {
            let message = "no selected run is timed: `measure.…` would change nothing";
            let help =
                "`measure: {solve: {samples: 5}}` in `runs` of the suite file makes them timed".to_owned();
            errors.push(&self.overrides.source, span, message, Some(help));
        }
    }

    /// A metric that the command line stops on is one of every selected problem.
    pub(super) fn check_stop_metric(&self, kept: &[Kept<'a>], errors: &mut Diagnostics) {
        let Some(metric) = &self.overrides.stop.metric else { return };
        for problem in kept.iter().flat_map(|k| &k.problems) {
            let Some(entry) = self.suite.problem(&problem.id) else { continue };
            if entry.metrics.iter().all(|m| m.id != metric.value) {
                let known: Vec<&str> = entry.metrics.iter().map(|m| m.id).collect();
                let message = format!("problem `{}` has no metric `{metric}`", problem.label);
                errors.push(&self.overrides.source, metric.span, message, Some(suggest::hint(metric, known)));
            }
        }
    }
}

/// A profile by name.
pub(super) fn profile<'f>(
    file: &'f SuiteFile,
    name: &str,
    overrides: &Overrides,
) -> Result<&'f Profile, Diagnostics> {
    file.profile(name).ok_or_else(|| {
        let known: Vec<&str> = file.profiles.iter().map(|p| p.name.as_str()).collect();
        let (source, span) = match &overrides.profile {
            Some(given) if given.value == name => (&overrides.source, given.span),
            _ => (&file.source, file.default_profile.span),
        };
        let message = format!("suite `{}` has no profile `{name}`", file.suite);
        Diagnostics::one(source, span, message, Some(suggest::hint(name, known)))
    })
}
