//! Stopping a campaign: once gently, twice at once.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::event::{EventfdFlags, eventfd};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How urgently a campaign is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Not at all.
    None,
    /// Start nothing more; running groups get SIGTERM, and SIGKILL after their grace.
    Stop,
    /// Running groups get SIGKILL.
    Kill,
}

/// A handle that stops a campaign. Clones stop the same campaign.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    requests: AtomicU8,
    stop: OwnedFd,
    kill: OwnedFd,
}

impl Cancel {
    /// A handle that nobody has pulled yet.
    ///
    /// # Errors
    ///
    /// When the process has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let event = || eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        Ok(Self(Arc::new(Inner { requests: AtomicU8::new(0), stop: event()?, kill: event()? })))
    }

    /// Asks to stop: the first time gently, from the second time on at once.
    pub fn request(&self) {
        let earlier =
            self.0.requests.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some((n + 1).min(2)));
        match earlier {
            Ok(0) => raise(&self.0.stop),
            _ => raise(&self.0.kill),
        }
    }

    /// Asks to stop gently, however often it is called.
    pub fn stop(&self) {
        if self.0.requests.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            raise(&self.0.stop);
        }
    }

    /// How urgently the campaign is to stop.
    pub fn urgency(&self) -> Urgency {
        match self.0.requests.load(Ordering::SeqCst) {
            0 => Urgency::None,
            1 => Urgency::Stop,
            _ => Urgency::Kill,
        }
    }

    /// Whether the campaign is to stop.
    pub fn is_requested(&self) -> bool {
        self.urgency() > Urgency::None
    }

    /// Calls [`request`](Self::request) on each SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// # Errors
    ///
    /// When the handlers cannot be installed or no thread can be started.
    pub fn on_signals(&self) -> io::Result<()> {
        let (reader, writer) = io::pipe()?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, OwnedFd::from(writer.try_clone()?))?;
        }
        let cancel = self.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || cancel.follow(reader))?;
        Ok(())
    }

    fn follow(&self, mut signals: PipeReader) {
        let mut byte = [0];
        while matches!(signals.read(&mut byte), Ok(1)) {
            self.request();
        }
    }

    /// Becomes readable, and stays so, when the campaign is to become more urgent than `seen`.
    pub(crate) fn becomes_more_urgent_than(&self, seen: Urgency) -> Option<BorrowedFd<'_>> {
        match seen {
            Urgency::None => Some(self.0.stop.as_fd()),
            Urgency::Stop => Some(self.0.kill.as_fd()),
            Urgency::Kill => None,
        }
    }
}

fn raise(event: &OwnedFd) {
    // It fails only when the counter is full, and then the event is readable already.
    let _ = rustix::io::write(event, &1_u64.to_ne_bytes());
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[test]
    fn signals_are_requests() {
        let cancel = Cancel::new().unwrap();
        cancel.on_signals().unwrap();
        for (seen, signal) in [(Urgency::None, Signal::INT), (Urgency::Stop, Signal::TERM)] {
            kill_process(getpid(), signal).unwrap();
            let fd = cancel.becomes_more_urgent_than(seen).unwrap();
            let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
            let timeout = Timespec { tv_sec: 30, tv_nsec: 0 };
            while poll(&mut fds, Some(&timeout)) == Err(rustix::io::Errno::INTR) {}
            assert!(cancel.urgency() > seen, "{signal:?}");
        }
    }

    #[test]
    fn it_becomes_more_urgent_by_steps() {
        let cancel = Cancel::new().unwrap();
        assert_eq!(cancel.urgency(), Urgency::None);
        cancel.stop();
        cancel.stop();
        assert_eq!(cancel.urgency(), Urgency::Stop);
        cancel.request();
        cancel.clone().request();
        assert_eq!(cancel.urgency(), Urgency::Kill);
        assert!(cancel.becomes_more_urgent_than(Urgency::Kill).is_none());
    }
}
