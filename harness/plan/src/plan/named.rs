//! Problems and solvers that the command line names and the profile does not run: they are added to it.

use std::borrow::Cow;

use harness_core::suite::{PEER_PREFIX, is_peer};
use harness_core::{Measure, Suite, suggest};

use crate::diagnostic::Diagnostics;
use crate::overrides::Overrides;
use crate::source::Spanned;
use crate::suite_file::{Configured, Profile, RunBlock, RunSettings, Side, SuiteFile};

/// The suite file with an entry of `runs` for what the profile does not run: on what else is named, or, where nothing is
/// named, on all that the profile has; with the profile's settings. A solver joins the timed entries that run the problems,
/// so that it is timed in the same blocks as the solvers there. A problem or solver without a label gets its id as one, and
/// its default parameters.
pub(super) fn with_named<'a>(
    file: &'a SuiteFile,
    profile: &Profile,
    suite: &Suite,
    overrides: &Overrides,
) -> Result<Cow<'a, SuiteFile>, Diagnostics> {
    let mut file = Cow::Borrowed(file);
    let mut errors = Diagnostics::default();
    for (names, side) in [(&overrides.problem, Side::Problem), (&overrides.solver, Side::Solver)] {
        for name in names {
            let all = configured(&file, side);
            if !all.iter().any(|c| is_called(c, all, name)) {
                add_label(&mut file, side, name, suite, overrides, &mut errors);
            }
        }
    }
    errors.into_result(())?;
    let problems = Named::new(&file, profile, Side::Problem, &overrides.problem);
    let solvers = Named::new(&file, profile, Side::Solver, &overrides.solver);
    let together = profile.runs.iter().any(|run| {
        let any = |own: &[Spanned<String>], wanted: &[Spanned<String>]| own.iter().any(|o| has(wanted, o));
        any(&run.problems, &problems.run) && any(&run.solvers, &solvers.run)
    });
    let joined = joined(profile, &problems.run, &solvers);
    let left: Vec<Spanned<String>> = problems
        .run
        .iter()
        .filter(|problem| !joined.iter().any(|entry| has(&profile.runs[*entry].problems, problem)))
        .cloned()
        .collect();
    if !joined.is_empty() {
        let name = &profile.name.value;
        if let Some(profile) = file.to_mut().profiles.iter_mut().find(|p| p.name.value == *name) {
            for entry in joined {
                profile.runs[entry].solvers.extend(solvers.added.iter().cloned());
            }
        }
    }
    let mut blocks = vec![(problems.added.clone(), solvers.all()), (left, solvers.added.clone())];
    if !together {
        blocks.push((problems.run, solvers.run));
    }
    blocks.retain(|(problems, solvers)| !problems.is_empty() && !solvers.is_empty());
    if !blocks.is_empty() {
        let stop = profile.runs.iter().find_map(|run| run.settings.stop.clone());
        let stop = if profile.settings.stop.is_none() { stop } else { None };
        let runs = blocks.into_iter().map(|(problems, solvers)| RunBlock {
            problems,
            solvers,
            with_peers: false,
            settings: RunSettings { stop: stop.clone(), ..RunSettings::default() },
        });
        let name = &profile.name.value;
        if let Some(profile) = file.to_mut().profiles.iter_mut().find(|p| p.name.value == *name) {
            profile.runs.extend(runs);
        }
    }
    Ok(file)
}

/// The timed entries that a solver joins: those that run one of `problems`, and one of the solvers that are named as well
/// if there are such.
fn joined(profile: &Profile, problems: &[Spanned<String>], solvers: &Named) -> Vec<usize> {
    if solvers.added.is_empty() {
        return Vec::new();
    }
    let timed = |run: &RunBlock| {
        let measure = run.settings.measure.as_ref().or(profile.settings.measure.as_ref());
        measure.is_some_and(Measure::is_timed) && run.problems.iter().any(|own| has(problems, own))
    };
    let runs = || profile.runs.iter().enumerate().filter(|(_, run)| timed(run));
    let beside = |run: &RunBlock| run.solvers.iter().any(|own| has(&solvers.run, own));
    let with: Vec<usize> = runs().filter(|(_, run)| beside(run)).map(|(entry, _)| entry).collect();
    if with.is_empty() { runs().map(|(entry, _)| entry).collect() } else { with }
}

/// The labels that the command line names.
struct Named {
    /// Those that the profile runs; all of them if nothing is named.
    run: Vec<Spanned<String>>,
    /// Those that it does not.
    added: Vec<Spanned<String>>,
}

impl Named {
    fn new(file: &SuiteFile, profile: &Profile, side: Side, names: &[Spanned<String>]) -> Self {
        let mut own: Vec<Spanned<String>> = Vec::new();
        for run in &profile.runs {
            let labels = if side == Side::Problem { &run.problems } else { &run.solvers };
            for label in labels {
                push(&mut own, label);
            }
        }
        if names.is_empty() {
            return Self { run: own, added: Vec::new() };
        }
        let (mut run, mut added) = (Vec::new(), Vec::new());
        for name in names {
            let all = configured(file, side);
            let called = || all.iter().filter(|c| is_called(c, all, name)).map(|c| &c.label);
            let in_profile = called().any(|label| has(&own, label));
            for label in called() {
                if has(&own, label) {
                    push(&mut run, label);
                } else if !in_profile {
                    push(&mut added, label);
                }
            }
        }
        Self { run, added }
    }

    fn all(&self) -> Vec<Spanned<String>> {
        self.run.iter().chain(&self.added).cloned().collect()
    }
}

fn has(labels: &[Spanned<String>], label: &Spanned<String>) -> bool {
    labels.iter().any(|l| l.value == label.value)
}

fn push(labels: &mut Vec<Spanned<String>>, label: &Spanned<String>) {
    if !has(labels, label) {
        labels.push(label.clone());
    }
}

fn configured(file: &SuiteFile, side: Side) -> &[Configured] {
    match side {
        Side::Problem => &file.problems,
        Side::Solver => &file.solvers,
    }
}

/// Whether a name means this one of `all`: a name that is a label means that label only, any other the id.
pub(super) fn is_called(configured: &Configured, all: &[Configured], name: &Spanned<String>) -> bool {
    if all.iter().any(|c| c.label.value == name.value) {
        configured.label.value == name.value
    } else {
        configured.id.value == name.value
    }
}

/// What to write instead of a solver that is not known. A peer has its prefix, and a file that declares it.
pub fn solver_hint(name: &str, known: &[&str]) -> String {
    let peer = format!("{PEER_PREFIX}{}", name.trim_start_matches(PEER_PREFIX));
    if known.contains(&peer.as_str()) {
        return format!("did you mean `{peer}`?");
    }
    let near = suggest::nearest(name, known.iter().copied());
    match near.filter(|near| is_peer(near) == is_peer(name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "`peers=FILE` declares a solver of your own, `solver={peer}` names it; {}",
            suggest::hint(name, known.iter().copied())
        ),
    }
}

fn add_label(
    file: &mut Cow<'_, SuiteFile>,
    side: Side,
    name: &Spanned<String>,
    suite: &Suite,
    overrides: &Overrides,
    errors: &mut Diagnostics,
) {
    let registered: Vec<&str> = match side {
        Side::Problem => suite.problems().iter().map(|p| p.id).collect(),
        Side::Solver => suite.solvers().iter().map(|s| s.id.as_ref()).collect(),
    };
    if registered.contains(&name.as_str()) {
        let added = Configured { label: name.clone(), id: name.clone(), params: Vec::new() };
        match side {
            Side::Problem => file.to_mut().problems.push(added),
            Side::Solver => file.to_mut().solvers.push(added),
        }
        return;
    }
    let mut known: Vec<&str> = configured(file, side).iter().map(|c| c.label.as_str()).collect();
    known.extend(registered.into_iter().filter(|id| !known.contains(id)).collect::<Vec<_>>());
    let message = format!("unknown {side} `{name}`");
    let help = match side {
        Side::Problem => suggest::hint(name, known),
        Side::Solver => solver_hint(name, &known),
    };
    errors.push(&overrides.source, name.span, message, Some(help));
}
