//! The writing system calls, behind a trait so that tests can fail at each of them, and the atomic write over them.

use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use harness_core::scratch::temporary_name;

use crate::error::StoreError;

/// Calls that change a disk.
pub(crate) trait Fs: Debug + Send + Sync {
    /// Creates one folder; not an error if it is there.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Writes a file and syncs its content.
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Renames a file, replacing what is there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Syncs a folder's entries.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The machine's file system.
#[derive(Debug)]
pub(crate) struct RealFs;

impl Fs for RealFs {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        match fs::create_dir(dir) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
            other => other,
        }
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Creates a folder and those above it; each new entry is synced, so that a crash cannot lose the folder of a part.
pub(crate) fn ensure_dir(disk: &dyn Fs, dir: &Path) -> Result<(), StoreError> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().unwrap_or(Path::new(""));
    ensure_dir(disk, above)?;
    disk.create_dir(dir).map_err(StoreError::io("create the folder", dir))?;
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    disk.sync_dir(above).map_err(StoreError::io("sync the folder", above))
}

/// Writes a file so that a crash leaves the old content (or none) or the new content, never a part of it.
pub(crate) fn publish(disk: &dyn Fs, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(StoreError::io("write", path)(io::Error::from(io::ErrorKind::InvalidFilename)));
    };
    ensure_dir(disk, dir)?;
    // The name keeps apart the writers of two suites that share the folder `env`.
    let temporary = dir.join(temporary_name(&name.to_string_lossy()));
    let written = disk
        .write_synced(&temporary, bytes)
        .map_err(StoreError::io("write", &temporary))
        .and_then(|()| disk.rename(&temporary, path).map_err(StoreError::io("rename into place", path)));
    if let Err(error) = written {
        // The error matters; a temporary file that stays is removed by the next writer.
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    disk.sync_dir(dir).map_err(StoreError::io("sync the folder", dir))
}
