//! One writer a suite and results folder, on one machine.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};

use crate::error::StoreError;
use crate::layout::Layout;

/// The lock, held until dropped. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock; the suite's folder is there. `Ok(None)`: the file system has no locks.
    pub(crate) fn take(layout: &Layout) -> Result<Option<Self>, StoreError> {
        let path = layout.lock();
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(StoreError::io("open the lock file", &path))?;
        match file.try_lock() {
            Ok(()) => {
                // The file is empty while nobody writes, so that taking the lock leaves no trace. Who holds it is
                // for the error message only: not being able to say it is no reason to stop.
                let _ = file.set_len(0).and_then(|()| write!(file, "{}", this_process()));
                Ok(Some(Self { file }))
            }
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::Locked { path: layout.suite_dir(), holder: holder(&mut file) })
            }
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => Ok(None),
            Err(TryLockError::Error(e)) => Err(StoreError::io("lock", &path)(e)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

/// This process, as another one would look for it.
fn this_process() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let on = if host.trim().is_empty() { String::new() } else { format!(" on {}", host.trim()) };
    format!("{}{on}", std::process::id())
}

/// Who holds the lock now, without taking it.
pub(crate) fn held_by(layout: &Layout) -> Option<String> {
    let mut file = File::open(layout.lock()).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(holder(&mut file)),
        _ => None,
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.rewind().and_then(|()| file.read_to_string(&mut text)) {
        Ok(_) if !text.is_empty() => format!("process {text}"),
        _ => "another process".to_owned(),
    }
}
