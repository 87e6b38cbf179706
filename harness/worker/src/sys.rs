//! System calls: everything that the worker sets for itself, so that its runner can start it without forking.

#![expect(unsafe_code, reason = "getrusage is reachable through libc only")]

use std::fs;
use std::io;
use std::mem::MaybeUninit;

use harness_core::drive::Now;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
};
use rustix::time::{ClockId, clock_gettime};

/// Has this process killed when the thread that started it ends.
pub(crate) fn die_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Whether the process with this id is the one that started us and still lives.
pub(crate) fn is_child_of(pid: u32) -> bool {
    getppid().map(Pid::as_raw_pid) == i32::try_from(pid).ok()
}

/// Forbids core dumps: a crash costs one cell, not gigabytes of disk.
pub(crate) fn forbid_core_dumps() -> io::Result<()> {
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// Limits private writable memory. Address space is not limited: accelerators reserve huge ranges of it.
pub(crate) fn limit_memory(bytes: u64) -> io::Result<()> {
    let maximum = getrlimit(Resource::Data).maximum;
    let current = Some(maximum.map_or(bytes, |most| most.min(bytes)));
    Ok(setrlimit(Resource::Data, Rlimit { current, maximum })?)
}

/// The clocks: monotonic wall time, and CPU time of all threads.
pub(crate) fn now() -> Now {
    Now { wall_ns: nanoseconds(ClockId::Monotonic), cpu_ns: nanoseconds(ClockId::ProcessCPUTime) }
}

fn nanoseconds(clock: ClockId) -> i64 {
    let time = clock_gettime(clock);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The high-water mark of resident memory in bytes.
pub(crate) fn resident_peak() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<i64>().ok().map(|kib| kib * 1024)
}

/// Sets the high-water mark back to what is resident now, so that the peak of the solve is told from that of making the
/// instance. Where the system does not allow it the peak covers both.
pub(crate) fn reset_resident_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Faults and context switches of all threads so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) minflt: i64,
    pub(crate) majflt: i64,
    pub(crate) nvcsw: i64,
    pub(crate) nivcsw: i64,
}

pub(crate) fn usage() -> Option<Counted> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for writes.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: getrusage succeeded, which fills it; it was zeroed before, and is plain data.
    let usage = unsafe { usage.assume_init() };
    Some(Counted {
        minflt: usage.ru_minflt,
        majflt: usage.ru_majflt,
        nvcsw: usage.ru_nvcsw,
        nivcsw: usage.ru_nivcsw,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_go_forward_and_cpu_time_is_counted() {
        let before = now();
        let mut x = 1_u64;
        while now().cpu_ns - before.cpu_ns < 1_000_000 {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        assert!(now().wall_ns > before.wall_ns);
    }

    #[test]
    fn faults_and_memory_are_counted() {
        let before = usage().unwrap();
        let block = vec![1_u8; 32 << 20];
        std::hint::black_box(&block);
        assert!(usage().unwrap().minflt > before.minflt);
        assert!(resident_peak().unwrap() > 32 << 20);
    }
}
