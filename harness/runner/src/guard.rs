//! The guard: a process that outlives this one, and ends what it leaves running when it is killed.
//!
//! Workers ask the kernel to be killed when their runner ends, but what they have started does not ask. So the guard is
//! told of each process group when it starts and when it is gone; it learns from the end of its input that the runner
//! is gone, and kills the groups that are left.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Once;

use harness_core::protocol::GUARD;
use rustix::process::Pid;

pub(crate) struct Guard {
    /// Only this process holds the other end of the guard's input.
    pipe: Option<ChildStdin>,
    child: Child,
    unheard: Once,
}

/// A group that the guard watches over, until dropped.
pub(crate) struct Guarded<'a> {
    guard: &'a Guard,
    group: Pid,
}

impl Guard {
    /// Starts the program at `worker` as a guard, in a group of its own, so that what ends this process's group leaves it.
    pub(crate) fn start(worker: &Path) -> io::Result<Self> {
        let mut child = Command::new(worker)
            .arg(GUARD)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { pipe: child.stdin.take(), child, unheard: Once::new() })
    }

    /// Tells the guard of a group. It is to be dropped when the group is gone and not before.
    pub(crate) fn watch(&self, group: Pid) -> Guarded<'_> {
        self.tell('+', group);
        Guarded { guard: self, group }
    }

    /// Lines this short arrive whole, whichever thread writes them.
    fn tell(&self, what: char, group: Pid) {
        let Some(mut pipe) = self.pipe.as_ref() else { return };
        let line = format!("{what}{}\n", group.as_raw_nonzero());
        if let Err(e) = pipe.write_all(line.as_bytes()) {
            self.unheard.call_once(|| {
                tracing::warn!(
                    "the guard is gone ({e}): what cells start may outlive this program if it is killed"
                );
            });
        }
    }
}

impl Drop for Guarded<'_> {
    fn drop(&mut self) {
        self.guard.tell('-', self.group);
    }
}

impl Drop for Guard {
    /// The guard ends with its input, and has nothing to do where every group is gone.
    fn drop(&mut self) {
        drop(self.pipe.take());
        if let Err(e) = self.child.wait() {
            tracing::warn!("failed to wait for the guard: {e}");
        }
    }
}
