//! What the driver needs of the machine: clocks, the request to stop, and the journal.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness_core::Frame;
use harness_core::drive::{Host, Now};
use harness_core::frame::Usage;

use crate::journal::Journal;
use crate::sys;

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

    fn involuntary_switches(&self) -> Option<i64> {
        sys::usage().map(|u| u.nivcsw)
    }

    fn emit(&self, mut frame: Frame) -> io::Result<()> {
        if let Frame::End(end) = &mut frame {
            end.usage = usage();
        }
        self.journal.borrow_mut().write(&frame)
    }
}

/// What the process has used until now.
fn usage() -> Usage {
    let counted = sys::usage();
    Usage {
        vmhwm_bytes: sys::resident_peak(),
        minflt: counted.map(|u| u.minflt),
        majflt: counted.map(|u| u.majflt),
        nvcsw: counted.map(|u| u.nvcsw),
        nivcsw: counted.map(|u| u.nivcsw),
    }
}
