//! `harness compare A B`: what moved from one to the other.

use std::path::Path;

use harness_core::remedy;
use harness_trend::compare::{Comparison, Options, compare as compare_sides};

use crate::args::CompareArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::trend::determinism;
use crate::trend::selector::Selector;
use crate::trend::side::{Results, Rows, Within};
use crate::trend::words::Words;

const KEYS: [&str; 6] = ["suite", "profile", "out", "html", "cpu", "wall"];

pub(crate) fn compare(args: &CompareArgs) -> Result<(), CliError> {
    let words = Words::parse(&args.words, &KEYS)?;
    let [a, b] = words.bare() else {
        return Err(CliError::usage(format!(
            "which two? say `compare A B`, each a campaign's id or its beginning, latest, latest~1, commit:abc, code:abc, or one \
             of these in another results folder, DIR:…; found {}",
            match words.bare().len() {
                1 => "1 word".to_owned(),
                n => format!("{n} words"),
            }
        )));
    };
    let (a, b) = rows(&words, &Selector::parse(a)?, &Selector::parse(b)?)?;
    let common: Vec<&str> = a.suites().intersection(&b.suites()).copied().collect();
    if common.is_empty() {
        let names = |rows: &Rows| rows.suites().into_iter().collect::<Vec<_>>().join(", ");
        return Err(CliError::usage(format!(
            "A and B have no suite in common: A is of {}, B of {}; suite=NAME chooses one",
            names(&a),
            names(&b)
        )));
    }
    let defaults = Options::default();
    let options = Options {
        cpu: words.share("cpu", defaults.cpu)?,
        wall: words.share("wall", defaults.wall)?,
        determinism: determinism(common),
        ..defaults
    };
    let comparison = compare_sides(&a.side(), &b.side(), &options);
    if let Some(path) = words.get("html") {
        let page = comparison.html().map_err(CliError::failed)?;
        std::fs::write(path, page)
            .map_err(|e| CliError::failed(format!("failed to write {path}: {e}; {}", remedy(&e))))?;
        out::status(&format!("page: {}", Path::new(path).display()));
    }
    show(&comparison, args)?;
    match comparison.confirmed_regressions() {
        0 => Ok(()),
        n => {
            let cells = if n == 1 { "cell family became" } else { "cell families became" };
            out::status(&format!("{n} {cells} worse for certain: exit code 3"));
            Err(CliError::Ended(Exit::Regression))
        }
    }
}

/// The rows of both sides; `latest~1` is of the suite of the other word, where that names one.
fn rows(words: &Words, a: &Selector, b: &Selector) -> Result<(Rows, Rows), CliError> {
    let results = words.results_dir();
    let within = Within { suite: words.get("suite"), profile: words.get("profile") };
    let open =
        |selector: &Selector| Results::open(selector.results.as_deref().unwrap_or(&results), within.suite);
    let of_b = open(b)?.rows(b, within)?;
    let suites = of_b.suites();
    let mut of_suite = suites.iter();
    let only = match (of_suite.next(), of_suite.next()) {
        (Some(one), None) => Some(*one),
        _ => None,
    };
    let of_a = open(a)?.rows(a, Within { suite: within.suite.or(only), ..within })?;
    Ok((of_a, of_b))
}

fn show(comparison: &Comparison, args: &CompareArgs) -> Result<(), CliError> {
    if args.json {
        return out::json(comparison);
    }
    let text = if args.markdown { comparison.markdown() } else { comparison.text() };
    out::text(text.trim_end());
    Ok(())
}
