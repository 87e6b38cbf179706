//! Accelerators, as far as the driver tells without being loaded.

use super::{Facts, Files, put};

const GPUS: &str = "/proc/driver/nvidia/gpus";

pub(super) fn look(files: &Files, identity: &mut Facts, facts: &mut Facts) {
    let mut models: Vec<String> = files
        .list(GPUS)
        .iter()
        .filter_map(|gpu| files.read(&format!("{GPUS}/{gpu}/information")))
        .filter_map(|text| {
            text.lines().find_map(|line| line.strip_prefix("Model:").map(|m| m.trim().to_owned()))
        })
        .collect();
    if models.is_empty() {
        return;
    }
    models.sort();
    put(identity, "gpus", Some(models.join(", ")));
    let version = files.read("/proc/driver/nvidia/version").as_deref().and_then(driver_version);
    put(identity, "gpu_driver", version.as_deref().and_then(|v| v.split('.').next()));
    put(facts, "gpu_driver_version", version);
}

/// The version in the driver's first line, such as `NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  …`.
fn driver_version(text: &str) -> Option<String> {
    let is_version = |word: &&str| {
        word.contains('.')
            && word.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    text.lines().next()?.split_whitespace().find(is_version).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_s_version_is_found_in_its_line() {
        let text = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Thu Jan 23 2025\nGCC version:  12.3.0";
        assert_eq!(driver_version(text).as_deref(), Some("570.86.15"));
        assert_eq!(driver_version("nothing here"), None);
    }
}
