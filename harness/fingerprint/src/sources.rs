//! The source files below a set of folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::FingerprintError;

/// Every file below `dirs` (which may be files themselves), by its path relative to `root` with `/` between the parts.
/// Hidden files and folders are left out.
pub(crate) fn files(root: &Path, dirs: &[PathBuf]) -> Result<BTreeMap<String, Vec<u8>>, FingerprintError> {
    let root = canonical(root)?;
    let mut files = BTreeMap::new();
    for dir in dirs {
        collect(&root, &canonical(dir)?, &mut files)?;
    }
    Ok(files)
}

fn canonical(path: &Path) -> Result<PathBuf, FingerprintError> {
    path.canonicalize().map_err(|e| FingerprintError::new("find the sources", path, e))
}

fn collect(root: &Path, path: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), FingerprintError> {
    if path.is_file() {
        let content = fs::read(path).map_err(|e| FingerprintError::new("read", path, e))?;
        files.insert(relative(root, path), content);
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(|e| FingerprintError::new("read", path, e))? {
        let entry = entry.map_err(|e| FingerprintError::new("read", path, e))?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden {
            collect(root, &entry.path(), files)?;
        }
    }
    Ok(())
}

/// The path from `root` to `path`, also where that goes up.
fn relative(root: &Path, path: &Path) -> String {
    for (ups, ancestor) in root.ancestors().enumerate() {
        if let Ok(below) = path.strip_prefix(ancestor) {
            let parts = below.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
            return std::iter::repeat_n("..".to_owned(), ups).chain(parts).collect::<Vec<_>>().join("/");
        }
    }
    path.to_string_lossy().into_owned()
}
