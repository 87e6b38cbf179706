//! The command line: `harness VERB key=value …`.
//!
//! People type keys in many ways: `run suite=x`, `run x`, `suite=x run`, `run --suite x`, `run --suite=x`. All of them
//! become the same pairs, the last of a key wins.

use std::collections::VecDeque;

use clap::{Parser, Subcommand};

/// Re-runs research papers: problems, methods, claims.
#[derive(Debug, Parser)]
#[command(name = "harness", version, about, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const AFTER_HELP: &str = "\
Keys: suite, profile, problem, solver, device (cpu|cuda), dtype (f64|f32|bf16), threads, replicates, seed, out,
peers (off|on|FILE), executor (local), slots, data, and dotted parameters such as problem.n=500 solver.eta=1200
stop.tol=1e-6. Comma lists and ranges (1..10) sweep. A verb that makes no plan takes fewer keys: see its --help.

Exit codes: 0 all well; 1 internal error; 2 usage or configuration; 3 regression; 4 a claim contradicted; 5 cells failed,
a solver that was named did not run, or one is less deterministic than it declares; 130 interrupted.";

/// Of verbs whose keys are those of a campaign.
const ALL_KEYS: &str = "`harness --help` lists the keys and the exit codes.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List suites; with suite=NAME its problems, solvers, profiles and claims
    List(ListArgs),
    /// Show the cells of a campaign, and for each: reuse, new, or why it must run again
    #[command(after_help = ALL_KEYS)]
    Plan(PlanArgs),
    /// Plan, execute what is missing, store, judge the claims and write the report
    #[command(after_help = ALL_KEYS)]
    Run(RunArgs),
    /// Write the report of a campaign again from the stored results
    Report(CampaignArgs),
    /// Print the verdict on every claim
    Claims(ClaimsArgs),
    /// Solve one instance file: suite=… solver=… instance=PATH [solution=PATH] [save=…] [tol=…]
    Solve(SolveArgs),
    /// Run cells again, in other order and with other thread counts, and compare with what their solvers declare
    #[command(after_help = ALL_KEYS)]
    Audit(AuditArgs),
    /// What moved from A to B: campaigns, `latest`, `latest~1`, commit:…, code:…, DIR:…; exits 3 on a regression
    Compare(CompareArgs),
    /// A metric over campaigns, with change points; `history annotate commit=… reason=…` accepts a change
    History(HistoryArgs),
    /// Run every suite, judge it against earlier nights, and look again at what changed before raising an alarm
    Nightly(NightlyArgs),
    /// Data sets: list, fetch NAME…, verify [NAME…]
    Data(DataArgs),
    /// Peers, the solvers that are other programs: list, install NAME…, check NAME…; suite=NAME
    Peers(PeersArgs),
    /// Say what this machine can run, what is missing, and whether the results are in order
    Doctor(DoctorArgs),
    /// Measure what the harness itself costs on this machine
    Overhead(OverheadArgs),
}

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// suite=NAME, peers=FILE
    pub(crate) pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print only the suites' names, one a line
    #[arg(long)]
    pub(crate) names: bool,
}

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    /// key=value …
    pub(crate) pairs: Vec<String>,
    /// Print one JSON object a cell
    #[arg(long)]
    pub(crate) json: bool,
    /// Plan as if nothing had been run
    #[arg(long)]
    pub(crate) fresh: bool,
}

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// key=value …
    pub(crate) pairs: Vec<String>,
    /// Print the claims as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Execute every cell, whatever is stored
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Execute only cells whose last run failed
    #[arg(long, conflicts_with = "fresh")]
    pub(crate) retry_failed: bool,
}

/// Arguments of verbs that read a campaign.
#[derive(Debug, clap::Args)]
pub(crate) struct CampaignArgs {
    /// key=value …; or campaign=ID beside suite and out: a stored campaign as it was run
    pub(crate) pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `claims`.
#[derive(Debug, clap::Args)]
pub(crate) struct ClaimsArgs {
    /// key=value …: those of a campaign, and which claims: claim=ID,… (with * and ?), verdict=contradicted,… kind=ratio,…
    /// paper=ID,… Or explain=ID: one claim from end to end. campaign=ID: a stored campaign as it was run; export=DIR: keep what
    /// its claims rest on in another results folder
    pub(crate) pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 4 on an inconclusive claim too
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// suite=NAME, out=DIR, data=DIR
    pub(crate) pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Put the results in order: recover what killed runs left, move damaged files to the quarantine, remove unfinished ones
    #[arg(long)]
    pub(crate) repair: bool,
    /// Merge small files of results
    #[arg(long)]
    pub(crate) compact: bool,
}

/// Arguments of `solve`.
#[derive(Debug, clap::Args)]
pub(crate) struct SolveArgs {
    /// key=value …: suite, solver, instance; optionally solution, save, tol, `max_iter`, budget (seconds), threads,
    /// memory (bytes), `hard_s` (seconds until the process is ended; ten budgets and a minute unless given), and parameters of
    /// the solver or the problem by name (eta=1200)
    pub(crate) pairs: Vec<String>,
    /// Accepted for uniformity: the result is always JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// key=value …; kinds=same,order,threads chooses what is tried
    pub(crate) pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// A and B: a campaign's id or its beginning, `latest`, `latest~1`, `commit:abc`, `code:abc`, or one of these in another
    /// results folder, `DIR:…`; suite=NAME, profile=NAME (of `latest`), out=DIR, html=FILE, cpu=0.02, wall=0.05: the least
    /// changes that count
    pub(crate) words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print Markdown, for a pull request
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
}

/// Arguments of `history`.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// suite=NAME, metric=cpu (wall, iterations, work, objective, gap, feas, `peak_mem`, solved, counter(NAME)), problem=ID,
    /// solver=ID, profile=NAME, out=DIR, svg=DIR: a chart a series, cpu=0.02, wall=0.05: the least changes that count. `annotate`
    /// with commit=… or code=…, reason="…", and suite, problem, solver or metric if it holds for these only
    pub(crate) words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `nightly`.
#[derive(Debug, clap::Args)]
pub(crate) struct NightlyArgs {
    /// suites=a,b (all that `list` shows), profile=ci, out=DIR, data=DIR, slots=N, date=YYYY-MM-DD (today, UTC), blocks=6 of a second
    /// look, most=12 cell families looked at again, cpu=0.02, wall=0.05: the least changes that count
    pub(crate) words: Vec<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Arguments of `data`.
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// What to do: list, fetch or verify; then names of data sets, data=DIR
    pub(crate) words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `peers`.
#[derive(Debug, clap::Args)]
pub(crate) struct PeersArgs {
    /// What to do: list, install or check; then names of environments or peers (none or `all`: all), suite=NAME,
    /// peers=FILE
    pub(crate) words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `overhead`.
#[derive(Debug, clap::Args)]
pub(crate) struct OverheadArgs {
    /// cells=1000 empty cells to run, planned=10000 cells to plan, rows=1000000 trace rows to store, repeats=5; out=DIR:
    /// where, in a folder that is deleted at the end (results/)
    pub(crate) pairs: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Keys that may be written as options: `--suite x` is `suite=x`.
const OPTION_KEYS: &[&str] = &[
    "suite",
    "profile",
    "problem",
    "solver",
    "device",
    "dtype",
    "threads",
    "replicates",
    "seed",
    "slots",
    "data",
    "kinds",
    "out",
    "instance",
    "solution",
    "save",
    "executor",
    "peers",
    "claim",
    "verdict",
    "kind",
    "paper",
    "explain",
    "campaign",
    "export",
];

/// The command line with keys as pairs behind the verb.
pub(crate) fn normalise(args: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut args: VecDeque<String> = args.into_iter().collect();
    let mut out: Vec<String> = args.pop_front().into_iter().collect();
    let mut early = Vec::new();
    let mut verb_seen = false;
    while let Some(arg) = args.pop_front() {
        let pair = as_pair(&arg, &mut args);
        match pair {
            Some(pair) if !verb_seen => early.push(pair),
            Some(pair) => out.push(pair),
            None => {
                let is_verb = !verb_seen && !arg.starts_with('-');
                out.push(arg);
                if is_verb {
                    verb_seen = true;
                    out.append(&mut early);
                }
            }
        }
    }
    out.append(&mut early);
    out
}

/// The pair that `arg` stands for, if it stands for one; takes the value from `rest` for `--key value`.
fn as_pair(arg: &str, rest: &mut VecDeque<String>) -> Option<String> {
    let Some(option) = arg.strip_prefix("--") else {
        return (!arg.starts_with('-') && arg.contains('=')).then(|| arg.to_owned());
    };
    let (key, value) = match option.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (option, None),
    };
    let known = OPTION_KEYS.contains(&key) || key.contains('.');
    if !known {
        return None;
    }
    let value = value.or_else(|| rest.pop_front())?;
    Some(format!("{key}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(line: &str) -> String {
        normalise(line.split(' ').map(str::to_owned)).join(" ")
    }

    #[test]
    fn every_spelling_becomes_pairs_behind_the_verb() {
        for line in [
            "harness run suite=ot profile=ci",
            "harness suite=ot profile=ci run",
            "harness suite=ot run profile=ci",
            "harness run --suite ot --profile ci",
            "harness run --suite=ot --profile=ci",
        ] {
            assert_eq!(normal(line), "harness run suite=ot profile=ci", "{line}");
        }
    }

    #[test]
    fn flags_and_bare_words_stay() {
        assert_eq!(normal("harness run ot --fresh --json"), "harness run ot --fresh --json");
        assert_eq!(normal("harness --help"), "harness --help");
        assert_eq!(normal("harness run --solver.eta 5"), "harness run solver.eta=5");
        assert_eq!(normal("harness audit ot --kinds same"), "harness audit ot kinds=same");
        assert_eq!(
            normal("harness claims ot --campaign ci- --export=kept"),
            "harness claims ot campaign=ci- export=kept"
        );
    }

    #[test]
    fn the_command_definition_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
