//! The machine as a peer's solve sees it: the clock goes on by what the peer says that it took.

use std::cell::Cell;
use std::io;

use crate::drive::{Host, Now};
use crate::frame::{Frame, Usage};
use crate::peer::Channel;

/// A host whose clock is corrected at each step of the peer, and that tells the peer's usage.
pub(super) struct PeerHost<'h> {
    inner: &'h dyn Host,
    channel: &'h dyn Channel,
    correction: Cell<Now>,
    compile_ns: Cell<Option<i64>>,
    seen_wall_ns: Cell<i64>,
}

impl<'h> PeerHost<'h> {
    pub(super) fn new(inner: &'h dyn Host, channel: &'h dyn Channel) -> Self {
        Self {
            inner,
            channel,
            correction: Cell::new(Now::default()),
            compile_ns: Cell::new(None),
            seen_wall_ns: Cell::new(0),
        }
    }

    /// The machine's own clock.
    pub(super) fn real(&self) -> Now {
        self.inner.now()
    }

    /// Corrects the clock so that what happened since `began`, on the machine's own clock, took `taken`.
    pub(super) fn took(&self, began: Now, taken: Now) {
        let (now, so_far) = (self.inner.now(), self.correction.get());
        self.correction.set(Now {
            wall_ns: so_far.wall_ns + taken.wall_ns - (now.wall_ns - began.wall_ns),
            cpu_ns: so_far.cpu_ns + taken.cpu_ns - (now.cpu_ns - began.cpu_ns),
        });
    }

    /// Notes what the traced solve took as seen from outside, and what compiling took in it.
    pub(super) fn note(&self, seen_wall_ns: i64, compile_ns: Option<i64>) {
        self.seen_wall_ns.set(seen_wall_ns);
        self.compile_ns.set(compile_ns.or(self.compile_ns.get()));
    }
}

impl Host for PeerHost<'_> {
    fn now(&self) -> Now {
        let (now, correction) = (self.inner.now(), self.correction.get());
        Now { wall_ns: now.wall_ns + correction.wall_ns, cpu_ns: now.cpu_ns + correction.cpu_ns }
    }

    fn stop_requested(&self) -> bool {
        self.inner.stop_requested()
    }

    fn conditions(&self) -> crate::Conditions {
        let usage = self.channel.usage();
        crate::Conditions { nvcsw: usage.nvcsw, nivcsw: usage.nivcsw, ..self.inner.conditions() }
    }

    fn usage(&self) -> Usage {
        self.channel.usage()
    }

    fn emit(&self, mut frame: Frame) -> io::Result<()> {
        if let Frame::End(end) = &mut frame {
            end.compile_ns = self.compile_ns.get();
            end.seen_wall_ns = Some(self.seen_wall_ns.get());
        }
        self.inner.emit(frame)
    }
}
