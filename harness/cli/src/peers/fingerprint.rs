//! A peer's fingerprint: a hash over its programs and what they depend on.

use std::io;
use std::path::PathBuf;

use harness_core::peer::PROTOCOL;
use harness_plan::peers_file::Peer;

use super::Environment;

/// The hash. Files that are missing count as such: the peer cannot be started anyway.
pub(super) fn of(peer: &Peer, environment: Option<&Environment>, files: &[PathBuf]) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(b"harness/peer/1");
    add(&PROTOCOL.to_le_bytes());
    add(peer.method.as_bytes());
    for word in &peer.command {
        add(word.as_bytes());
    }
    for file in files {
        // The name without its folder: where a checkout lies does not matter.
        add(file.file_name().unwrap_or_default().as_encoded_bytes());
        add(&read(file)?);
    }
    if let Some(environment) = environment {
        add(&read(&environment.requirements)?);
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

fn read(file: &PathBuf) -> io::Result<Vec<u8>> {
    match std::fs::read(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(io::Error::new(e.kind(), format!("cannot read {}: {e}", file.display()))),
        read => read,
    }
}
