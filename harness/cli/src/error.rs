//! The errors that reach a person, and the exit code of each.

use std::fmt::Display;

use harness_plan::Diagnostics;

use crate::exit::Exit;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The command line or an input is wrong.
    Usage(String),
    /// Errors in YAML files, all of them.
    Files(Diagnostics),
    /// Results are damaged: `run` puts that right.
    Damaged(String),
    /// Something else failed.
    Failed(String),
    /// The command did its work, said so, and ends with this code.
    Ended(Exit),
}

impl CliError {
    /// A usage error.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    /// A failure that the user's input did not cause.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CliError::Usage(_) | CliError::Files(_) => Exit::Usage,
            CliError::Damaged(_) | CliError::Failed(_) => Exit::Internal,
            CliError::Ended(exit) => *exit,
        }
    }
}

impl From<Diagnostics> for CliError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Files(diagnostics)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<harness_store::StoreError> for CliError {
    fn from(error: harness_store::StoreError) -> Self {
        match error {
            harness_store::StoreError::Damaged { .. } => Self::Damaged(error.to_string()),
            other => Self::failed(other),
        }
    }
}

impl From<harness_runner::RunError> for CliError {
    fn from(error: harness_runner::RunError) -> Self {
        Self::failed(error)
    }
}
