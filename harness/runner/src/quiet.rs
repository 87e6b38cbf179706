//! Attempts to keep the machine quiet while runs are timed: each is recorded as granted, refused or absent, none is
//! relied on. What is changed for the whole machine is set back at the end of the campaign.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use harness_core::frame::Grant;
use rustix::thread::sched_getaffinity;

/// What was attempted, what came of it, and how to set it back.
#[derive(Debug, Default)]
pub(crate) struct QuietMachine {
    granted: BTreeMap<String, Grant>,
    /// The processors that this process may use.
    usable: Vec<u32>,
    /// Files of the machine with what was in them.
    before: Vec<(PathBuf, String)>,
}

impl QuietMachine {
    /// Attempts a steady frequency: the governor `performance`, and no turbo.
    pub(crate) fn attempt() -> Self {
        Self::attempt_in(Path::new("/sys/devices/system/cpu"))
    }

    fn attempt_in(cpus: &Path) -> Self {
        let mut quiet = Self::default();
        quiet.usable = usable_cpus();
        let governors: Vec<PathBuf> =
            quiet.usable.iter().map(|cpu| cpus.join(format!("cpu{cpu}/cpufreq/scaling_governor"))).collect();
        let governor = quiet.set_all(&governors, "performance");
        // Drivers name it differently: `no_turbo` is 1 where turbo is off, `boost` is 0.
        let turbo = [("intel_pstate/no_turbo", "1"), ("cpufreq/boost", "0")]
            .map(|(file, value)| quiet.set_all(&[cpus.join(file)], value));
        let turbo = turbo.into_iter().find(|grant| *grant != Grant::Absent).unwrap_or(Grant::Absent);
        quiet.granted = BTreeMap::from([("governor".to_owned(), governor), ("turbo".to_owned(), turbo)]);
        quiet
    }

    /// What came of the attempts.
    pub(crate) fn granted(&self) -> &BTreeMap<String, Grant> {
        &self.granted
    }

    /// The processors to pin a run to: the last ones, since the first serves most interrupts. None where the run would
    /// need more than there are.
    pub(crate) fn cpus(&self, threads: u32) -> Option<Vec<u32>> {
        let first = self.usable.len().checked_sub(threads as usize)?;
        Some(self.usable[first..].to_vec())
    }

    fn set_all(&mut self, files: &[PathBuf], value: &str) -> Grant {
        let mut grant = Grant::Absent;
        for file in files {
            match self.set(file, value) {
                Ok(()) if grant == Grant::Absent => grant = Grant::Granted,
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(_) => grant = Grant::Refused,
            }
        }
        grant
    }

    fn set(&mut self, file: &Path, value: &str) -> io::Result<()> {
        let now = fs::read_to_string(file)?;
        if now.trim() == value {
            return Ok(());
        }
        fs::write(file, value)?;
        self.before.push((file.to_owned(), now));
        Ok(())
    }
}

impl Drop for QuietMachine {
    fn drop(&mut self) {
        for (file, value) in &self.before {
            if let Err(e) = fs::write(file, value.trim()) {
                tracing::warn!("failed to set {} back to `{}`: {e}", file.display(), value.trim());
            }
        }
    }
}

fn usable_cpus() -> Vec<u32> {
    let Ok(set) = sched_getaffinity(None) else { return Vec::new() };
    (0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).map(|cpu| cpu as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (file, value) in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value).unwrap();
        }
        dir
    }

    #[test]
    fn what_is_set_for_the_machine_is_set_back() {
        let cpu = usable_cpus()[0];
        let governor = format!("cpu{cpu}/cpufreq/scaling_governor");
        let dir = machine(&[(&governor, "schedutil\n"), ("cpufreq/boost", "1\n")]);
        let read = |file: &str| fs::read_to_string(dir.path().join(file)).unwrap();
        let quiet = QuietMachine::attempt_in(dir.path());
        assert_eq!((read(&governor).as_str(), read("cpufreq/boost").as_str()), ("performance", "0"));
        assert_eq!(quiet.granted()["governor"], Grant::Granted);
        assert_eq!(quiet.granted()["turbo"], Grant::Granted);
        drop(quiet);
        assert_eq!((read(&governor).as_str(), read("cpufreq/boost").as_str()), ("schedutil", "1"));
    }

    #[test]
    fn what_is_not_there_is_absent_and_what_cannot_be_written_is_refused() {
        let quiet = QuietMachine::attempt_in(machine(&[]).path());
        assert!(quiet.granted().values().all(|grant| *grant == Grant::Absent));
        // A folder cannot be read as a file, whoever asks.
        let dir = machine(&[("cpufreq/boost/x", "")]);
        assert_eq!(QuietMachine::attempt_in(dir.path()).granted()["turbo"], Grant::Refused);
    }

    #[test]
    fn a_run_is_pinned_to_the_last_processors() {
        let mut quiet = QuietMachine::default();
        quiet.usable = vec![0, 2, 3];
        assert_eq!(quiet.cpus(1), Some(vec![3]));
        assert_eq!(quiet.cpus(3), Some(vec![0, 2, 3]));
        assert_eq!(quiet.cpus(4), None);
    }
}
