//! What the command line chooses of a profile, and whether what it changes is there.

use harness_core::suggest;
use harness_core::suite::{ProblemEntry, SolverEntry};

use super::make::Maker;
use super::settings::Effective;
use crate::diagnostic::Diagnostics;
use crate::source::Spanned;
use crate::suite_file::{Configured, Profile, Side};

/// The labels of one entry of `runs` that are kept.
pub(super) struct Kept<'a> {
    pub(super) block: usize,
    pub(super) problems: Vec<&'a Configured>,
    pub(super) solvers: Vec<&'a Configured>,
}

impl<'a> Maker<'a> {
    pub(super) fn profile(&self, name: &str) -> Result<&'a Profile, Diagnostics> {
        self.file.profile(name).ok_or_else(|| {
            let known: Vec<&str> = self.file.profiles.iter().map(|p| p.name.as_str()).collect();
            let (source, span) = match &self.overrides.profile {
                Some(given) if given.value == name => (&self.overrides.source, given.span),
                _ => (&self.file.source, self.file.default_profile.span),
            };
            let message = format!("suite `{}` has no profile `{name}`", self.suite.id);
            Diagnostics::one(source, span, message, Some(suggest::hint(name, known)))
        })
    }

    /// The labels that the command line keeps.
    pub(super) fn kept(&self, profile: &'a Profile) -> Result<Vec<Kept<'a>>, Diagnostics> {
        let mut errors = Diagnostics::default();
        for (names, side) in
            [(&self.overrides.problem, Side::Problem), (&self.overrides.solver, Side::Solver)]
        {
            for name in names {
                self.check_name(name, side, profile, &mut errors);
            }
        }
        errors.into_result(())?;
        let pick = |labels: &[Spanned<String>], all: &'a [Configured], wanted: &[Spanned<String>]| {
            labels
                .iter()
                .filter_map(|label| all.iter().find(|c| c.label.value == label.value))
                .filter(|c| wanted.is_empty() || wanted.iter().any(|w| is_called(c, w)))
                .collect::<Vec<_>>()
        };
        let kept: Vec<Kept<'a>> = profile
            .runs
            .iter()
            .enumerate()
            .map(|(block, run)| Kept {
                block,
                problems: pick(&run.problems, &self.file.problems, &self.overrides.problem),
                solvers: pick(&run.solvers, &self.file.solvers, &self.overrides.solver),
            })
            .filter(|kept| !kept.problems.is_empty() && !kept.solvers.is_empty())
            .collect();
        if kept.is_empty() {
            let message = format!("profile `{}` runs none of these solvers on these problems", profile.name);
            let span = self.overrides.solver.first().or(self.overrides.problem.first()).map(|n| n.span);
            let help = Some("`harness plan` without `problem=` and `solver=` shows what it runs".to_owned());
            return Err(Diagnostics::one(&self.overrides.source, span.unwrap_or_default(), message, help));
        }
        Ok(kept)
    }

    fn check_name(&self, name: &Spanned<String>, side: Side, profile: &Profile, errors: &mut Diagnostics) {
        let all = if side == Side::Problem { &self.file.problems } else { &self.file.solvers };
        let runs = |p: &Profile| {
            let labels = |run: &'_ crate::suite_file::RunBlock| match side {
                Side::Problem => run.problems.clone(),
                Side::Solver => run.solvers.clone(),
            };
            p.runs
                .iter()
                .flat_map(labels)
                .any(|label| all.iter().any(|c| c.label.value == label.value && is_called(c, name)))
        };
        if runs(profile) {
            return;
        }
        let source = &self.overrides.source;
        if all.iter().any(|c| is_called(c, name)) {
            let others: Vec<String> = self
                .file
                .profiles
                .iter()
                .filter(|p| runs(p))
                .map(|p| format!("`profile={}`", p.name))
                .collect();
            let help = if others.is_empty() {
                format!("add it to `runs` of `{}` in {}", profile.name, self.file.source.name())
            } else {
                format!("it is run with {}", others.join(", "))
            };
            let message = format!("profile `{}` does not run the {side} `{name}`", profile.name);
            errors.push(source, name.span, message, Some(help));
            return;
        }
        let registered = match side {
            Side::Problem => self.suite.problem(name).is_some(),
            Side::Solver => self.suite.solver(name).is_some(),
        };
        let help = if registered {
            format!("the suite has it: give it a label in `{side}s` of {}", self.file.source.name())
        } else {
            let mut known: Vec<&str> = Vec::new();
            for text in all.iter().flat_map(|c| [c.label.as_str(), c.id.as_str()]) {
                if !known.contains(&text) {
                    known.push(text);
                }
            }
            suggest::hint(name, known)
        };
        errors.push(source, name.span, format!("unknown {side} `{name}`"), Some(help));
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

fn is_called(configured: &Configured, name: &Spanned<String>) -> bool {
    configured.label.value == name.value || configured.id.value == name.value
}
