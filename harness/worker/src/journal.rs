//! The journal on its way to the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use harness_core::Frame;
use harness_core::frame::{BLANK, write_frame};

/// Writes frames. Each is handed to the system whole and at once: what is in its page cache survives any death of the
/// process, and a run has a few hundred frames of about a microsecond each.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    line: Vec<u8>,
}

impl Journal {
    /// A new journal. A file with content belongs to another attempt, and is an error.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        if file.metadata()?.len() > BLANK {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(Self { file, line: Vec::new() })
    }

    pub(crate) fn write(&mut self, frame: &Frame) -> io::Result<()> {
        self.line.clear();
        write_frame(&mut self.line, frame)?;
        self.file.write_all(&self.line)
    }
}
