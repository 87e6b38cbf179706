//! What a worker says of itself.

use std::io::Write;

use harness_core::Suite;
use harness_core::protocol::WORKER_PROTOCOL;
use serde_json::json;

use crate::exit::{Exit, say};

/// Prints the protocol, the version, and the suites with the keys of their code, as JSON.
pub(crate) fn print(suites: &[Suite]) -> Exit {
    let suites: Vec<_> = suites.iter().map(|s| json!({"id": s.id, "code_key": s.code_key})).collect();
    let identity = json!({
        "protocol": WORKER_PROTOCOL,
        "version": env!("CARGO_PKG_VERSION"),
        "suites": suites,
    });
    match writeln!(std::io::stdout().lock(), "{identity}") {
        Ok(()) => Exit::Ended,
        Err(e) => {
            say(&format!("failed to write to standard output: {e}"));
            Exit::Error
        }
    }
}
