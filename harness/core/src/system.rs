//! What runner and worker both ask the system.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch. A clock before 1970 says 0, one after 2262 the largest number.
pub fn unix_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The high-water mark of a process's resident memory in bytes; none if there is no such process, or the system does not
/// tell.
pub fn resident_peak(pid: u32) -> Option<i64> {
    peak_in(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// `VmHWM:      1234 kB`
fn peak_in(status: &str) -> Option<i64> {
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<i64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_this_process_is_at_least_what_it_holds() {
        let block = vec![1_u8; 32 << 20];
        std::hint::black_box(&block);
        assert!(resident_peak(std::process::id()).unwrap() > 32 << 20);
        assert_eq!(resident_peak(u32::MAX), None);
    }

    #[test]
    fn the_kernel_s_file_is_read() {
        assert_eq!(peak_in("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 9 kB\n"), Some(1234 * 1024));
        for status in
            ["", "VmRSS:\t 9 kB\n", "VmHWM:\t 12\n", "VmHWM:\t x kB\n", "VmHWM: 9223372036854775807 kB"]
        {
            assert_eq!(peak_in(status), None, "{status:?}");
        }
    }
}
