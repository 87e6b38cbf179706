//! Exit codes. Scripts and CI depend on them: never change one.

/// What the program's exit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All well.
    Ok = 0,
    /// The program itself failed: a file could not be written, a worker could not be found.
    Internal = 1,
    /// The command line, a configuration file or an input file is wrong.
    Usage = 2,
    /// Something became worse, for certain.
    Regression = 3,
    /// A claim is contradicted.
    Contradicted = 4,
    /// Cells failed, a solver that was asked for by name did not run (which is no error of the command line: the others ran), or
    /// an audit found a solver less deterministic than it declares.
    CellsFailed = 5,
    /// Interrupted by Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
