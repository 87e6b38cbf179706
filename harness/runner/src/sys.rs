//! System calls that have no safe wrapper.

#![expect(unsafe_code, reason = "wait4 and the version of glibc are reachable through libc only")]

use std::io;
use std::mem::MaybeUninit;

use rustix::process::Pid;

use crate::facts::Exit;

/// Waits for a child to exit, and reaps it. Gives back how it ended and the CPU time that it and the children it waited
/// for used, in nanoseconds.
///
/// Its `ru_maxrss` is not given back: it is inherited from the parent over fork, so it says nothing about the child.
pub(crate) fn reap(pid: Pid) -> io::Result<(Exit, i64)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are valid for writes, and `rusage` is plain data for which all zeros is a value.
        let reaped =
            unsafe { libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, usage.as_mut_ptr()) };
        if reaped >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: it was zeroed above, and wait4 succeeded, which fills it.
    let usage = unsafe { usage.assume_init() };
    let exit = if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    };
    Ok((exit, nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)))
}

fn nanoseconds(time: libc::timeval) -> i64 {
    time.tv_sec * 1_000_000_000 + time.tv_usec * 1_000
}

/// The C library and its version.
pub(crate) fn libc_version() -> String {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it takes nothing and returns a pointer to a static C string.
        let text = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
        format!("glibc {}", text.to_string_lossy())
    }
    #[cfg(not(target_env = "gnu"))]
    {
        // Others are linked in, so the compiler's version covers theirs.
        if cfg!(target_env = "musl") { "musl".to_owned() } else { "unknown".to_owned() }
    }
}
