//! System calls: everything that the worker sets for itself, so that its runner can start it without forking.

#![expect(
    unsafe_code,
    reason = "getrusage, personality and the CPU clocks of others are reachable through libc only"
)]

use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use harness_core::drive::Now;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, getppid, getrlimit, pidfd_open,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{CpuSet, sched_setaffinity};
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

/// CPU time of another process, all threads, in nanoseconds.
pub(crate) fn cpu_ns_of(pid: u32) -> Option<i64> {
    let mut clock = 0;
    // SAFETY: the pointer is valid for writes.
    if unsafe { libc::clock_getcpuclockid(i32::try_from(pid).ok()?, &raw mut clock) } != 0 {
        return None;
    }
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid for writes; an unknown clock is an error.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return None;
    }
    Some(time.tv_sec * 1_000_000_000 + time.tv_nsec)
}

/// Whether a child ends within a while. It stays to be waited for.
pub(crate) fn ends_within(pid: u32, patience: Duration) -> io::Result<bool> {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(true) };
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    let timeout = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
    Ok(poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&timeout))? > 0)
}

/// Allows this thread, and those that it starts, only these processors.
pub(crate) fn pin(cpus: &[u32]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu as usize);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// Asks for the same addresses in every process, which holds from the next `exec` on. Gives back whether they are the same
/// in this process already.
pub(crate) fn fix_addresses() -> bool {
    const QUERY: libc::c_ulong = 0xffff_ffff;
    // SAFETY: it takes a number and changes only how this process is laid out when it next executes a program.
    let persona = unsafe { libc::personality(QUERY) };
    if persona < 0 || persona & libc::ADDR_NO_RANDOMIZE != 0 {
        return persona >= 0;
    }
    // SAFETY: as above.
    unsafe { libc::personality((persona | libc::ADDR_NO_RANDOMIZE) as libc::c_ulong) };
    false
}

/// Executes this program again with `arguments`, and with the variable `mark` set. It comes back only if that fails.
pub(crate) fn again(mark: &str, arguments: &[OsString]) -> io::Error {
    match std::env::current_exe() {
        Ok(own) => Command::new(own).args(arguments).env(mark, "1").exec(),
        Err(e) => e,
    }
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
    fn faults_are_counted() {
        let before = usage().unwrap();
        let block = vec![1_u8; 32 << 20];
        std::hint::black_box(&block);
        assert!(usage().unwrap().minflt > before.minflt);
    }
}
