//! The slim program that runs one cell.
//!
//! It reads a [`Request`](harness_core::protocol::Request) from standard input, makes the instance, runs the solver, and
//! writes [`Frame`](harness_core::Frame)s to the journal that the request names. With `--identify` it prints what it can
//! run, so that a runner can tell a stale worker; with `--standalone` it runs a request by hand, when the runner that
//! wrote it is gone; with `--guard` it is its runner's guard, which ends what a killed runner leaves running.
//!
//! SIGTERM asks the solver to stop: the run then ends with its own status `stopped`. The worker is killed when its runner
//! ends.

mod exit;
mod guard;
mod host;
mod identity;
mod journal;
mod machine;
mod panics;
mod peer;
mod run;
mod sys;

use std::ffi::OsString;
use std::process::ExitCode;

use harness_core::Suite;
use harness_core::frame::Grant;
use harness_core::protocol::{FIXED_ADDRESSES, GUARD};

pub use exit::Exit;

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Run(run::Parent),
    /// A run whose memory is to be laid out at the same addresses every time.
    RunFixed,
    Identify,
    /// To become a peer; the rest of the arguments says which.
    Peer,
    Guard,
}

fn mode(arguments: &mut impl Iterator<Item = OsString>) -> Result<Mode, String> {
    let mode = match arguments.next().as_deref().map(|a| a.to_string_lossy().into_owned()).as_deref() {
        None => Mode::Run(run::Parent::Checked),
        Some("--standalone") => Mode::Run(run::Parent::Ignored),
        Some("--identify") => Mode::Identify,
        Some(FIXED_ADDRESSES) => Mode::RunFixed,
        Some(peer::LAUNCH) => return Ok(Mode::Peer),
        Some(GUARD) => Mode::Guard,
        Some(other) => {
            return Err(format!(
                "unknown argument `{other}`: expected --guard, --identify, --standalone, or none"
            ));
        }
    };
    match arguments.next() {
        None => Ok(mode),
        Some(more) => Err(format!("unexpected argument `{}`", more.display())),
    }
}

/// Runs the request once the program's addresses are the same every time, or it is clear that they cannot be.
fn run_fixed(suites: &[Suite]) -> Exit {
    if sys::fix_addresses() {
        return run::run(suites, run::Parent::Checked, Some(Grant::Granted));
    }
    let tried = std::env::var_os(TRIED).is_some();
    if !tried {
        sys::again(TRIED, &[FIXED_ADDRESSES.into()]);
    }
    run::run(suites, run::Parent::Checked, Some(Grant::Refused))
}

/// The variable by which a worker that has executed itself again knows it.
const TRIED: &str = "HARNESS_FIXED_ADDRESSES_TRIED";

/// The whole program: runs the request on standard input with the solvers of `suites`.
pub fn main(suites: &[Suite]) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let exit = match mode(&mut arguments) {
        Ok(Mode::Run(parent)) => run::run(suites, parent, None),
        Ok(Mode::RunFixed) => run_fixed(suites),
        Ok(Mode::Peer) => peer::launch(arguments),
        Ok(Mode::Identify) => identity::print(suites),
        Ok(Mode::Guard) => guard::watch(),
        Err(message) => exit::refuse(&message),
    };
    exit.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_few() {
        let parse = |args: &[&str]| mode(&mut args.iter().map(OsString::from));
        assert_eq!(parse(&[]), Ok(Mode::Run(run::Parent::Checked)));
        assert_eq!(parse(&["--identify"]), Ok(Mode::Identify));
        assert_eq!(parse(&["--guard"]), Ok(Mode::Guard));
        assert!(parse(&["--identity"]).unwrap_err().contains("--identity"));
        assert!(parse(&["--standalone", "x"]).is_err());
    }
}
