//! One file a verb.

mod audit;
mod claims;
mod compare;
mod data;
mod doctor;
mod history;
mod list;
mod nightly;
mod overhead;
mod peers;
mod plan;
mod report;
pub(crate) mod run;
mod solve;

use crate::args::Verb;
use crate::error::CliError;

/// Does what the verb says.
pub(crate) fn execute(verb: &Verb) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => list::list(args),
        Verb::Plan(args) => plan::plan(args),
        Verb::Run(args) => run::run(args),
        Verb::Report(args) => report::report(args),
        Verb::Claims(args) => claims::claims(args),
        Verb::Solve(args) => solve::solve(args),
        Verb::Audit(args) => audit::audit(args),
        Verb::Compare(args) => compare::compare(args),
        Verb::History(args) => history::history(args),
        Verb::Nightly(args) => nightly::nightly(args),
        Verb::Data(args) => data::data(args),
        Verb::Peers(args) => peers::peers(args),
        Verb::Doctor(args) => doctor::doctor(args),
        Verb::Overhead(args) => overhead::overhead(args),
    }
}
