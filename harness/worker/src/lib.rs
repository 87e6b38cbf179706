//! The slim program that runs one cell.
//!
//! It reads a [`Request`](harness_core::protocol::Request) from standard input, makes the instance, runs the solver, and
//! writes [`Frame`](harness_core::Frame)s to the journal that the request names. With `--identify` it prints what it can
//! run, so that a runner can tell a stale worker; with `--standalone` it runs a request by hand, when the runner that
//! wrote it is gone.
//!
//! SIGTERM asks the solver to stop: the run then ends with its own status `stopped`. The worker is killed when its runner
//! ends.

mod exit;
mod host;
mod identity;
mod journal;
mod panics;
mod run;
mod sys;

use std::ffi::OsString;
use std::process::ExitCode;

use harness_core::Suite;

pub use exit::Exit;

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Run(run::Parent),
    Identify,
}

fn mode(mut arguments: impl Iterator<Item = OsString>) -> Result<Mode, String> {
    let mode = match arguments.next().as_deref().map(|a| a.to_string_lossy().into_owned()).as_deref() {
        None => Mode::Run(run::Parent::Checked),
        Some("--standalone") => Mode::Run(run::Parent::Ignored),
        Some("--identify") => Mode::Identify,
        Some(other) => {
            return Err(format!("unknown argument `{other}`: expected --identify, --standalone, or none"));
        }
    };
    match arguments.next() {
        None => Ok(mode),
        Some(more) => Err(format!("unexpected argument `{}`", more.display())),
    }
}

/// The whole program: runs the request on standard input with the solvers of `suites`.
pub fn main(suites: &[Suite]) -> ExitCode {
    let exit = match mode(std::env::args_os().skip(1)) {
        Ok(Mode::Run(parent)) => run::run(suites, parent),
        Ok(Mode::Identify) => identity::print(suites),
        Err(message) => exit::refuse(&message),
    };
    exit.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_few() {
        let parse = |args: &[&str]| mode(args.iter().map(OsString::from));
        assert_eq!(parse(&[]), Ok(Mode::Run(run::Parent::Checked)));
        assert_eq!(parse(&["--identify"]), Ok(Mode::Identify));
        assert!(parse(&["--identity"]).unwrap_err().contains("--identity"));
        assert!(parse(&["--standalone", "x"]).is_err());
    }
}
