//! Peers of a suite: read from their files, and registered as solvers.

mod environment;
mod fingerprint;

use std::path::{Path, PathBuf};

use harness_core::Suite;
use harness_core::peer::PeerCommand;
use harness_core::suite::PeerSolver;
use harness_plan::peers_file::Peer;
use harness_plan::{PeersFile, Spanned};
use suite_registry::Entry;

use crate::error::CliError;
use crate::site;

use fingerprint::CodeFile;

pub(crate) use environment::{Environment, State};

/// How the module that speaks the protocol for Python is called among a peer's files.
const MODULE: &str = "harness's harness_peer.py";

/// A peers file with the folder that its names are relative to.
pub(crate) struct Declared {
    pub(crate) file: PeersFile,
    pub(crate) folder: PathBuf,
    /// The file as the command line names it; none for the suite's own.
    named: Option<PathBuf>,
}

impl Declared {
    /// The environment that a peer runs in.
    pub(crate) fn environment(&self, peer: &Peer) -> Option<Environment> {
        let declared = self.file.environment(peer.environment.as_ref()?)?;
        Some(Environment::of(declared, &self.folder))
    }

    /// The command that installs one of its environments.
    fn install(&self, suite: &str, environment: &str) -> String {
        let file = self.named.as_ref().map_or_else(String::new, |path| format!(" peers={}", path.display()));
        format!("just peers install suite={suite}{file} {environment}")
    }
}

/// The peers of the suite itself, and those of further files.
pub(crate) fn declared(suite: &Suite, entry: &Entry, files: &[PathBuf]) -> Result<Vec<Declared>, CliError> {
    let own = "peers/peers.yaml";
    let (name, text) = site::text(entry.id, own, entry.peers_yaml)?;
    let folder = site::below_root("suites").join(entry.id).join("peers");
    let file = PeersFile::parse(&name, &text, suite)?;
    let mut all = vec![Declared { file, folder: absolute(&folder)?, named: None }];
    for path in files {
        let text = std::fs::read_to_string(path)
            .map_err(|e| CliError::usage(format!("cannot read the peers file {}: {e}", path.display())))?;
        let file = PeersFile::parse(&path.display().to_string(), &text, suite)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        all.push(Declared { file, folder: absolute(folder)?, named: Some(path.clone()) });
    }
    Ok(all)
}

/// Registers peers as solvers of their suite.
pub(crate) fn register(suite: &mut Suite, declared: &[Declared]) -> Result<(), CliError> {
    for declared in declared {
        for peer in &declared.file.peers {
            suite.add_peer(solver(suite.id, declared, peer)?).map_err(CliError::usage)?;
        }
    }
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    Ok(std::path::absolute(path)?)
}

/// A peer as a solver.
fn solver(suite: &str, declared: &Declared, peer: &Peer) -> Result<PeerSolver, CliError> {
    let environment = declared.environment(peer);
    let files = code_files(declared, peer)?;
    let fingerprint = fingerprint::of(peer, environment.as_ref(), &files)
        .map_err(|e| CliError::failed(format!("peer `{}`: {e}", *peer.name)))?;
    let missing = files.iter().find(|file| !file.path.is_file());
    let command = match (missing, &environment) {
        (Some(file), _) => Err(format!("peer `{}`: there is no file {}", *peer.name, file.path.display())),
        (None, Some(environment)) => match environment.state() {
            State::Installed => Ok(command(declared, peer, Some(environment))),
            state => Err(format!(
                "peer `{}` is {state}: `{}` installs it",
                *peer.name,
                declared.install(suite, &environment.name)
            )),
        },
        (None, None) => Ok(command(declared, peer, None)),
    };
    Ok(PeerSolver {
        name: peer.name.value.clone(),
        summary: peer.summary.clone(),
        source: peer.source.clone(),
        determinism: peer.determinism,
        params: peer.params.clone(),
        dtypes: peer.dtypes.clone(),
        problems: peer.problems.iter().map(|p| p.value.clone()).collect(),
        fingerprint,
        command,
    })
}

/// The files that belong to a peer's code: those that its command names, those that it lists, and the module that speaks
/// the protocol for Python.
fn code_files(declared: &Declared, peer: &Peer) -> Result<Vec<CodeFile>, CliError> {
    let path = |word: &Spanned<String>| declared.folder.join(&word.value);
    // A word that looks like a script and is none is more likely a mistake than an argument.
    let is_code =
        |word: &&Spanned<String>| word.ends_with(".py") || word.ends_with(".sh") || path(word).is_file();
    let named = |word: &Spanned<String>| CodeFile { name: word.value.clone(), path: path(word) };
    let mut files: Vec<CodeFile> =
        peer.command.iter().filter(is_code).chain(&peer.files).map(named).collect();
    let path = absolute(&module_folder())?.join("harness_peer.py");
    if path.is_file() {
        files.push(CodeFile { name: MODULE.to_owned(), path });
    }
    Ok(files)
}

/// Where the module that speaks the protocol for Python lies.
fn module_folder() -> PathBuf {
    site::below_root("harness/peers")
}

fn command(declared: &Declared, peer: &Peer, environment: Option<&Environment>) -> PeerCommand {
    let word = |word: &str| {
        let file = declared.folder.join(word);
        match environment {
            Some(environment) if matches!(word, "python" | "python3") => environment.python(),
            _ if file.is_file() => file,
            _ => PathBuf::from(word),
        }
    };
    let mut env = vec![
        ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
        ("PYTHONNOUSERSITE".to_owned(), "1".to_owned()),
        ("PYTHONHASHSEED".to_owned(), "0".to_owned()),
    ];
    if let Ok(folder) = absolute(&module_folder()) {
        env.push(("PYTHONPATH".to_owned(), folder.display().to_string()));
    }
    PeerCommand {
        argv: peer.command.iter().map(|w| word(&w.value)).collect(),
        env,
        method: peer.method.clone(),
    }
}
