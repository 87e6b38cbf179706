//! Memory, kernel, C library, containers, and how busy the machine is.

use rustix::system::uname;
use rustix::thread::sched_getaffinity;

use super::{Facts, Files, put};
use crate::sys;

pub(super) fn look(files: &Files, identity: &mut Facts, facts: &mut Facts) {
    let meminfo = files.read("/proc/meminfo").unwrap_or_default();
    let total = meminfo_kib(&meminfo, "MemTotal").map(|kib| kib * 1024);
    put(identity, "memory_gib", total.map(gib_bucket));
    put(facts, "memory_bytes", total);
    put(facts, "memory_available_bytes", meminfo_kib(&meminfo, "MemAvailable").map(|kib| kib * 1024));
    put(facts, "transparent_hugepages", files.read("/sys/kernel/mm/transparent_hugepage/enabled"));

    let release = files.read("/proc/sys/kernel/osrelease");
    put(identity, "kernel", release.as_deref().and_then(major_minor));
    put(facts, "kernel_release", release);
    put(identity, "os", Some(uname().sysname().to_string_lossy()));
    put(identity, "libc", Some(sys::libc_version()));
    put(identity, "container", Some(is_container(files)));
    put(identity, "usable_cpus", sched_getaffinity(None).ok().map(|set| set.count()));
    put(facts, "rustc", Some(env!("HARNESS_RUSTC")));

    put(facts, "load_average", files.read("/proc/loadavg"));
    put(facts, "cpu_pressure", pressure(files, "/proc/pressure/cpu"));
    put(facts, "memory_pressure", pressure(files, "/proc/pressure/memory"));
    put(facts, "aslr", files.read("/proc/sys/kernel/randomize_va_space"));
    put(facts, "perf_event_paranoid", files.read("/proc/sys/kernel/perf_event_paranoid"));
    put(facts, "cgroup_memory_max", files.read("/sys/fs/cgroup/memory.max"));
    put(facts, "cgroup_cpu_max", files.read("/sys/fs/cgroup/cpu.max"));
}

fn meminfo_kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Gibibytes, rounded up to a power of two: what firmware and hypervisors keep for themselves does not matter.
fn gib_bucket(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 30).next_power_of_two()
}

fn major_minor(release: &str) -> Option<String> {
    let mut parts = release.split(['.', '-']);
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

fn is_container(files: &Files) -> bool {
    files.exists("/.dockerenv")
        || files.exists("/run/.containerenv")
        || files.exists("/run/systemd/container")
        || files.exists("/.singularity.d")
}

/// The line `some` of a pressure file: the share of time in which some task waited.
fn pressure(files: &Files, path: &str) -> Option<String> {
    let text = files.read(path)?;
    text.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_falls_into_buckets() {
        assert_eq!(gib_bucket(1), 1);
        assert_eq!(gib_bucket(24 << 30), 32);
        assert_eq!(gib_bucket((32 << 30) - 5_000_000), 32);
        assert_eq!(gib_bucket(32 << 30), 32);
    }

    #[test]
    fn a_kernel_s_patch_level_does_not_count() {
        assert_eq!(major_minor("6.18.44-generic").as_deref(), Some("6.18"));
        assert_eq!(major_minor("5.4-rc1").as_deref(), Some("5.4"));
        assert_eq!(major_minor("what"), None);
    }

    #[test]
    fn meminfo_is_read_by_whole_names() {
        let text = "MemTotal:       24 kB\nMemFree:  5 kB\n";
        assert_eq!(meminfo_kib(text, "MemTotal"), Some(24));
        assert_eq!(meminfo_kib(text, "Mem"), None);
    }
}
