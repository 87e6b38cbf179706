//! What something costs: wall time and CPU time.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use rustix::time::{ClockId, clock_gettime};

use crate::facts::Exit;
use crate::sys;

/// What something cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Time on the wall.
    pub wall: Duration,
    /// CPU time, in user mode and in the kernel.
    pub cpu: Duration,
}

impl Cost {
    /// Runs a program to its end, its output thrown away. Gives back how it ended, and what it cost together with every
    /// process that it waited for.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn of_program(command: &mut Command) -> io::Result<(Exit, Self)> {
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let (exit, cpu_ns) = sys::reap(Pid::from_child(&child))?;
        let cpu = Duration::from_nanos(u64::try_from(cpu_ns).unwrap_or(0));
        Ok((exit, Self { wall: began.elapsed(), cpu }))
    }

    /// Does something in this process. The CPU time is that of all its threads.
    pub fn of<T>(work: impl FnOnce() -> T) -> (T, Self) {
        let (began, cpu) = (Instant::now(), own_cpu());
        let done = work();
        (done, Self { wall: began.elapsed(), cpu: own_cpu().saturating_sub(cpu) })
    }
}

fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps a processor busy until the work has cost CPU time that can be told from none.
    fn busy() {
        let began = own_cpu();
        while own_cpu().saturating_sub(began) < Duration::from_millis(20) {
            std::hint::black_box(0);
        }
    }

    #[test]
    fn the_cost_of_a_program_holds_that_of_its_children() {
        // The outer shell only waits; the loop is run by a shell that it starts.
        let inner = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3";
        let (exit, cost) =
            Cost::of_program(Command::new("sh").args(["-c", "sh -c \"$0\"; exit $?", inner])).unwrap();
        assert_eq!(exit, Exit::Code(3));
        let (_, idle) = Cost::of_program(Command::new("sh").args(["-c", "exit 3"])).unwrap();
        assert!(cost.cpu > idle.cpu, "{cost:?} {idle:?}");
    }

    #[test]
    fn the_cost_of_work_is_its_cpu_time() {
        let ((), cost) = Cost::of(busy);
        assert!(cost.cpu >= Duration::from_millis(20), "{cost:?}");
    }
}
