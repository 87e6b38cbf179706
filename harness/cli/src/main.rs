//! The `harness` program.

mod args;
mod audit;
mod campaign;
mod data_lookup;
mod error;
mod exit;
mod export;
mod nightly;
mod one_off;
mod out;
mod pairs;
mod peers;
mod progress;
mod sink;
mod site;
mod trend;
mod verbs;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use harness_plan::diagnostic::Rendered;

use crate::args::Cli;
use crate::error::CliError;
use crate::exit::Exit;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HARNESS_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    let cli = match Cli::try_parse_from(args::normalise(std::env::args())) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are no errors; clap prints them to standard output.
            drop(e.print());
            let asked = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { Exit::Ok } else { Exit::Usage }.into();
        }
    };
    match verbs::execute(&cli.verb) {
        Ok(()) => Exit::Ok.into(),
        Err(e) => {
            let exit = e.exit();
            report(e);
            exit.into()
        }
    }
}

/// The one place where errors are printed.
fn report(error: CliError) {
    match error {
        CliError::Usage(message) | CliError::Damaged(message) | CliError::Failed(message) => {
            out::status(&format!("error: {message}"));
        }
        CliError::Files(diagnostics) => {
            out::coloured(&format!("{:?}", miette::Report::new(Rendered(diagnostics))));
        }
        CliError::Ended(_) => {}
    }
}
