//! Names of files that are being written.
//!
//! A file is written under a temporary name and renamed when it is whole. A process that dies in between leaves the
//! temporary file behind; its name says who wrote it, so that others can tell that nobody will finish it.

use std::fs;
use std::io;
use std::path::Path;

/// How temporary names begin.
pub const TEMPORARY: &str = ".tmp-";

/// The temporary name for a file of this name, written by this process.
pub fn temporary_name(name: &str) -> String {
    format!("{TEMPORARY}{name}.{}.{}", here(), std::process::id())
}

/// Writes a file so that nobody ever sees a part of it; its folder is made if need be. It is not synced: after a loss of
/// power it may be gone, so this is for what can be made again.
///
/// # Errors
///
/// When it cannot be written. What was there before is still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(temporary_name(&name));
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error matters; a temporary file that stays is removed by the next writer.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Whether a file's name is a temporary one.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY)
}

/// Whether a file's name is a temporary one whose writer is known to be gone. Of a writer on another machine, or in another
/// container, nothing is known.
pub fn is_abandoned(name: &str) -> bool {
    let mut parts = name.rsplitn(3, '.');
    let (Some(pid), Some(place)) = (parts.next(), parts.next()) else { return false };
    let is_number = !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
    is_temporary(name)
        && is_number
        && place != ELSEWHERE
        && place == here()
        && !Path::new("/proc").join(pid).exists()
}

/// The place where process ids cannot be looked up.
const ELSEWHERE: &str = "x";

/// Where this process's id means what it means here: the machine since it was started, and the namespace.
fn here() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let boot: String = boot.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let namespace: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    if boot.is_empty() || namespace.is_empty() { ELSEWHERE.to_owned() } else { format!("{boot}-{namespace}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_writer_has_abandoned_nothing() {
        let name = temporary_name("part.parquet");
        assert!(is_temporary(&name) && !is_abandoned(&name), "{name}");
        assert!(name.starts_with(".tmp-part.parquet."), "{name}");
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let dir = std::env::temp_dir().join(temporary_name("scratch-test"));
        let file = dir.join("a/b.txt");
        replace(&file, b"old").unwrap();
        replace(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        // A folder in the way: the error leaves nothing behind.
        assert!(replace(&dir.join("a"), b"x").is_err());
        let names =
            |dir: &Path| fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
        assert_eq!((names(&dir), names(&dir.join("a"))), (vec!["a".into()], vec!["b.txt".into()]));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_writer_that_is_gone_has() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let of = |place: &str| format!("{TEMPORARY}a.b.{place}.{}", child.id());
        assert_eq!(is_abandoned(&of(&here())), here() != ELSEWHERE);
        assert!(!is_abandoned(&of("0123abcd-1")), "another machine's process may live");
        assert!(!is_abandoned(&of(ELSEWHERE)));
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in ["report.html", ".tmp-", ".tmp-a", ".tmp-a.b.", ".lock"] {
            assert!(!is_abandoned(name), "{name}");
        }
    }
}
