//! Stamps that spare hashing a file again.
//!
//! Beside a file `f` that was hashed lies `.f.verified`: the sum that was found and what the file system said of `f` then
//! (length, modification and change times in nanoseconds, inode). The stamp counts only while all of it still holds.
//! Times have a granularity, so a file changed in the same instant as it was hashed could look unchanged: a file is
//! therefore stamped only when its times lie some seconds back, and only if they were the same before and after hashing.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::checksum::Sha256Sum;
use crate::placing::write_atomically;

/// Coarsest granularity of times on file systems in use (FAT: 2 s), with a margin.
const SETTLED: Duration = Duration::from_secs(4);

/// The sum of the file at `path`, from its stamp if that still holds, else by reading the file.
pub(crate) fn sum_by_stamp(path: &Path) -> io::Result<Sha256Sum> {
    let before = fs::metadata(path)?;
    if let Some(sum) = read(path, &fingerprint(&before)) {
        return Ok(sum);
    }
    let (sum, _) = Sha256Sum::of_reader(&mut File::open(path)?)?;
    let after = fs::metadata(path)?;
    if fingerprint(&before) == fingerprint(&after) && is_settled(&after, SystemTime::now()) {
        // A folder one may not write to only costs the next hashing.
        let _ = write(path, sum, &fingerprint(&after));
    }
    Ok(sum)
}

fn stamp_path(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.verified"))
}

fn read(path: &Path, fingerprint: &str) -> Option<Sha256Sum> {
    let text = fs::read_to_string(stamp_path(path)).ok()?;
    let (sum, rest) = text.strip_suffix('\n')?.split_once(' ')?;
    if rest == fingerprint { sum.parse().ok() } else { None }
}

fn write(path: &Path, sum: Sha256Sum, fingerprint: &str) -> io::Result<()> {
    write_atomically(&stamp_path(path), |file| writeln!(file, "{sum} {fingerprint}"))
}

#[cfg(unix)]
fn fingerprint(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!(
        "bytes={} modified={}.{:09} changed={}.{:09} device={} inode={}",
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
        metadata.dev(),
        metadata.ino()
    )
}

#[cfg(unix)]
fn last_change(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let latest = (metadata.mtime(), metadata.mtime_nsec()).max((metadata.ctime(), metadata.ctime_nsec()));
    UNIX_EPOCH.checked_add(Duration::new(latest.0.try_into().ok()?, latest.1.try_into().ok()?))
}

#[cfg(not(unix))]
fn fingerprint(metadata: &Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("bytes={} modified={modified:?}", metadata.len())
}

#[cfg(not(unix))]
fn last_change(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

fn is_settled(metadata: &Metadata, now: SystemTime) -> bool {
    last_change(metadata).and_then(|change| now.duration_since(change).ok()).is_some_and(|age| age > SETTLED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_fresh_file_is_hashed_and_not_stamped() {
        let (_folder, path) = file_with("abc");
        assert_eq!(sum_by_stamp(&path).unwrap(), Sha256Sum::of(b"abc"));
        assert!(!stamp_path(&path).exists());
        let metadata = fs::metadata(&path).unwrap();
        assert!(is_settled(&metadata, SystemTime::now() + Duration::from_secs(60)));
        assert!(!is_settled(&metadata, SystemTime::now() - Duration::from_secs(60)), "a clock that ran back");
    }

    #[test]
    fn a_stamp_holds_until_the_file_changes() {
        let (_folder, path) = file_with("abc");
        // A stamp with a sum that hashing cannot give shows which way was taken.
        let marker = Sha256Sum::of(b"marker");
        write(&path, marker, &fingerprint(&fs::metadata(&path).unwrap())).unwrap();
        assert_eq!(sum_by_stamp(&path).unwrap(), marker);

        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "abd").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        assert_eq!(
            sum_by_stamp(&path).unwrap(),
            Sha256Sum::of(b"abd"),
            "same length, modification time set back"
        );
    }

    #[test]
    fn a_damaged_stamp_is_ignored() {
        let (_folder, path) = file_with("abc");
        let sum = Sha256Sum::of(b"marker");
        let whole = format!("{sum} {}\n", fingerprint(&fs::metadata(&path).unwrap()));
        for length in 0..whole.len() {
            fs::write(stamp_path(&path), &whole[..length]).unwrap();
            assert_eq!(sum_by_stamp(&path).unwrap(), Sha256Sum::of(b"abc"), "{length}");
        }
    }
}
