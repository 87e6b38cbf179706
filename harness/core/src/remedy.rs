//! What an error of the system means, and what to do about it.

use std::io::{Error, ErrorKind};

/// What a person can do about an error in the results folder, as the end of a sentence.
pub fn remedy(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free space and run again: finished runs are kept"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make it writable, or choose another folder with out=DIR"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "something else lies there: move it away, or choose another folder with out=DIR"
        }
        _ => "check the disk, then run again: finished runs are kept",
    }
}

/// Whether an error of reading is about the file itself, so that neither trying again nor freeing resources helps: the
/// file counts as damaged.
pub fn is_about_the_file(error: &Error) -> bool {
    /// EIO: the disk cannot give back what was written.
    const INPUT_OUTPUT: i32 = 5;
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::IsADirectory)
        || error.raw_os_error() == Some(INPUT_OUTPUT)
}
