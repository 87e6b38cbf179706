//! A peer's fingerprint: a hash of each of its programs and of what they depend on.

use std::io;
use std::path::{Path, PathBuf};

use harness_core::peer::PROTOCOL;
use harness_plan::peers_file::Peer;
use serde_json::{Map, Value};

use super::Environment;

/// How its part is called that is written in the peers file: the program's arguments, and the method.
const CALL: &str = "the peer's command";

/// A file of a peer, with the name that the peers file gives it: where a checkout lies does not matter.
pub(super) struct CodeFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// The fingerprint: a JSON object with a hash by name of part, so that a plan can say which of them changed. Files that are
/// missing count as such: the peer cannot be started anyway.
pub(super) fn of(peer: &Peer, environment: Option<&Environment>, files: &[CodeFile]) -> io::Result<String> {
    let mut parts = Map::new();
    let mut call = PROTOCOL.to_le_bytes().to_vec();
    for word in std::iter::once(&peer.method).chain(peer.command.iter().map(|word| &word.value)) {
        call.extend((word.len() as u64).to_le_bytes());
        call.extend(word.as_bytes());
    }
    parts.insert(CALL.to_owned(), hash(&call));
    for file in files {
        parts.insert(file.name.clone(), hash(&read(&file.path)?));
    }
    if let Some(environment) = environment {
        let name = environment.requirements.file_name().unwrap_or_default().to_string_lossy().into_owned();
        parts.insert(name, hash(&read(&environment.requirements)?));
    }
    parts.sort_keys();
    Ok(Value::Object(parts).to_string())
}

fn hash(content: &[u8]) -> Value {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"harness/peer/2\0");
    hasher.update(content);
    Value::from(&hasher.finalize().to_hex()[..16])
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    match std::fs::read(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(io::Error::new(e.kind(), format!("cannot read {}: {e}", file.display()))),
        read => read,
    }
}
