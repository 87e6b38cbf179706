//! What the machine tells of itself (pressure, stolen time, frequency) and of other processes.

use std::fs;

use harness_core::frame::Usage;
use harness_core::system::resident_peak;

/// Microseconds during which some process waited for a processor, since the machine started.
pub(crate) fn pressure_us() -> Option<i64> {
    some_total(&fs::read_to_string("/proc/pressure/cpu").ok()?)
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=123456`
fn some_total(text: &str) -> Option<i64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.split_whitespace().find_map(|field| field.strip_prefix("total="))?.parse().ok()
}

/// Clock ticks that the hypervisor gave to others, of all processors.
pub(crate) fn steal_ticks() -> Option<i64> {
    stolen(&fs::read_to_string("/proc/stat").ok()?)
}

/// `cpu user nice system idle iowait irq softirq steal …`
fn stolen(text: &str) -> Option<i64> {
    const STEAL: usize = 8;
    text.lines().next().filter(|line| line.starts_with("cpu "))?.split_whitespace().nth(STEAL)?.parse().ok()
}

/// The frequency of the processor that this thread runs on, in MHz.
pub(crate) fn freq_mhz() -> Option<f64> {
    let cpu = rustix::thread::sched_getcpu();
    let path = format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq");
    let khz: f64 = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    Some(khz / 1e3)
}

/// Sets the high-water mark back to what is resident now. Where the system does not allow it later peaks hold earlier ones.
pub(crate) fn reset_resident_peak(pid: u32) {
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// What another process has used until now.
pub(crate) fn usage(pid: u32) -> Usage {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let faults = stat.as_deref().and_then(faults);
    Usage {
        vmhwm_bytes: resident_peak(pid),
        minflt: faults.map(|(minor, _)| minor),
        majflt: faults.map(|(_, major)| major),
        nvcsw: switches(pid, "voluntary_ctxt_switches:"),
        nivcsw: switches(pid, "nonvoluntary_ctxt_switches:"),
    }
}

/// Minor and major faults: fields 10 and 12 of `/proc/PID/stat`, counted behind the name, which may hold blanks.
fn faults(stat: &str) -> Option<(i64, i64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(7);
    let minor = fields.next()?.parse().ok()?;
    Some((minor, fields.nth(1)?.parse().ok()?))
}

/// Context switches of all threads that live.
fn switches(pid: u32, name: &str) -> Option<i64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let of_task = |status: String| {
        status.lines().find_map(|line| line.strip_prefix(name)).and_then(|n| n.trim().parse::<i64>().ok())
    };
    let read = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
    Some(read.filter_map(of_task).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen_as_another_would_be() {
        let block = vec![1_u8; 32 << 20];
        std::hint::black_box(&block);
        let seen = usage(std::process::id());
        assert!(seen.vmhwm_bytes.unwrap() > 32 << 20);
        assert!(seen.minflt.unwrap() > 0 && seen.nvcsw.is_some() && seen.nivcsw.is_some());
        assert_eq!(faults("1 (a) b) R 1 2 3 4 5 6 77 8 99 10"), Some((77, 99)));
        assert_eq!(usage(u32::MAX), Usage::default());
    }

    #[test]
    fn the_files_of_the_kernel_are_read() {
        let pressure = "some avg10=0.00 avg60=0.10 avg300=0.20 total=123456\nfull avg10=0.00 total=9\n";
        assert_eq!(some_total(pressure), Some(123_456));
        assert_eq!(stolen("cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 2 3\n"), Some(80));
        assert_eq!((some_total(""), stolen("cpu 1 2")), (None, None));
    }
}
