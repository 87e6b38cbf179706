//! What the driver needs of the machine: clocks, the request to stop, and the journal.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness_core::drive::{Host, Now};
use harness_core::frame::Usage;
use harness_core::system::resident_peak;
use harness_core::{Conditions, Frame};

use crate::journal::Journal;
use crate::{machine, sys};

pub(crate) struct WorkerHost {
    journal: RefCell<Journal>,
    stop: Arc<AtomicBool>,
}

impl WorkerHost {
    /// `stop` is set by the handler of SIGTERM.
    pub(crate) fn new(journal: Journal, stop: Arc<AtomicBool>) -> Self {
        Self { journal: RefCell::new(journal), stop }
    }
}

impl Host for WorkerHost {
    fn now(&self) -> Now {
        sys::now()
    }

    fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn conditions(&self) -> Conditions {
        let counted = sys::usage();
        Conditions {
            nvcsw: counted.map(|u| u.nvcsw),
            nivcsw: counted.map(|u| u.nivcsw),
            psi_cpu_some_us: machine::pressure_us(),
            steal_ticks: machine::steal_ticks(),
            freq_mhz: machine::freq_mhz(),
        }
    }

    fn usage(&self) -> Usage {
        usage()
    }

    fn emit(&self, frame: Frame) -> io::Result<()> {
        self.journal.borrow_mut().write(&frame)
    }
}

/// What the process has used until now.
fn usage() -> Usage {
    let counted = sys::usage();
    Usage {
        vmhwm_bytes: resident_peak(std::process::id()),
        minflt: counted.map(|u| u.minflt),
        majflt: counted.map(|u| u.majflt),
        nvcsw: counted.map(|u| u.nvcsw),
        nivcsw: counted.map(|u| u.nivcsw),
    }
}
