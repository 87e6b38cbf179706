//! What to do about an error of the system.

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
