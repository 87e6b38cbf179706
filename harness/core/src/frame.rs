//! Frames: what a worker writes to its journal, one a line, each with a checksum.
//!
//! A line is `CRC32C in 8 hexadecimal digits, a space, the frame as JSON`. A torn or damaged line ends what can be read.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conditions::{Conditions, Sign};
use crate::keys::{CellKey, CodeKey, RunId};
use crate::metrics::Metrics;
use crate::solver::SolverStatus;

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub enum Frame {
    /// The worker has read its request.
    Begin(Begin),
    /// The instance is made.
    Ready(Ready),
    /// A peer has started and read the instance.
    Peer(PeerReady),
    /// A point of the trace.
    Point(Point),
    /// A timed sample.
    Sample(Sample),
    /// The solve ended and its result was judged.
    End(Box<End>),
    /// The run failed within the worker.
    Failure(Failure),
}

/// See [`Frame::Begin`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// The version of the protocol between runner and worker.
    pub protocol: u32,
    /// Which attempt.
    pub run_id: RunId,
    /// What was asked.
    pub cell_key: CellKey,
    /// The code that answers.
    pub code_key: CodeKey,
    /// The worker's process id.
    pub pid: u32,
    /// When it started, in nanoseconds since the Unix epoch.
    pub started_unix_ns: i64,
    /// What became of each attempt to keep the machine quiet.
    #[serde(default)]
    pub quiet: BTreeMap<String, Grant>,
}

/// What became of an attempt to keep the machine quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// It holds, by the attempt or already before.
    Granted,
    /// The system did not allow it.
    Refused,
    /// The machine has no such thing.
    Absent,
}

/// See [`Frame::Ready`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Facts about the instance.
    pub instance: Map<String, Value>,
    /// Wall time that making the instance took.
    pub setup_ns: i64,
    /// The high-water mark of resident memory so far, in bytes.
    pub vmhwm_bytes: Option<i64>,
}

/// See [`Frame::Peer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeerReady {
    /// Names and versions of what it runs on.
    pub facts: Map<String, Value>,
    /// Wall time of loading its code: as it says, else from its start until it was ready.
    pub import_ns: i64,
    /// The high-water mark of its resident memory so far, in bytes.
    pub vmhwm_bytes: Option<i64>,
}

/// See [`Frame::Point`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Steps made.
    pub step: u64,
    /// Solver wall time so far, evaluation excluded.
    pub t_ns: i64,
    /// Solver CPU time so far, all threads, evaluation excluded.
    pub cpu_ns: i64,
    /// Work so far, in the suite's unit.
    pub work: u64,
    /// Metrics, counters and the solver's notes.
    pub values: Metrics,
}

/// See [`Frame::Sample`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Which repetition, from 0.
    pub rep: u32,
    /// Whether it is warm-up.
    pub warmup: bool,
    /// Wall time.
    pub wall_ns: i64,
    /// CPU time of all threads.
    pub cpu_ns: i64,
    /// How many solves or steps the sample holds.
    pub iters: u64,
    /// What else went on meanwhile.
    pub conditions: Conditions,
    /// Whether what else went on spoils the sample; none if nothing is known.
    pub contaminated: Option<bool>,
    /// By which signs.
    #[serde(default)]
    pub signs: Vec<Sign>,
}

/// See [`Frame::End`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How the solve ended.
    pub status: SolverStatus,
    /// Steps made.
    pub n_iter: u64,
    /// Solver wall time, evaluation excluded.
    pub solve_wall_ns: i64,
    /// Solver CPU time of all threads, evaluation excluded.
    pub solve_cpu_ns: i64,
    /// Wall time spent on evaluation.
    pub eval_ns: i64,
    /// Work in the suite's unit.
    pub work: u64,
    /// Named counters.
    pub counters: BTreeMap<String, u64>,
    /// The metrics of the final solution.
    pub metrics: Metrics,
    /// A hash over the bits of the final solution.
    pub result_hash: String,
    /// Usage of the process.
    pub usage: Usage,
    /// For a peer: wall time of compiling in its first solve, off its clock.
    #[serde(default)]
    pub compile_ns: Option<i64>,
    /// For a peer: wall time of its traced solve as seen from outside, exchange of files included.
    #[serde(default)]
    pub seen_wall_ns: Option<i64>,
}

/// What the process used, self-reported at the end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// The high-water mark of resident memory since the instance was ready, in bytes.
    pub vmhwm_bytes: Option<i64>,
    /// Page faults without and with input or output.
    pub minflt: Option<i64>,
    /// See `minflt`.
    pub majflt: Option<i64>,
    /// Voluntary context switches.
    pub nvcsw: Option<i64>,
    /// Involuntary context switches.
    pub nivcsw: Option<i64>,
}

/// See [`Frame::Failure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// The message.
    pub message: String,
}

/// Kinds of failure that a worker can still report itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Rust code panicked.
    Panic,
    /// An error was returned.
    Error,
}

/// The length of a journal without content, in bytes, beside 0. Files are used again for later runs, and are cut to this
/// length: some file systems write out a file that was cut to nothing as soon as it is closed. What is left is no complete
/// line, and the first frame is written over it.
pub const BLANK: u64 = 1;

/// Writes one frame as a line.
///
/// # Errors
///
/// When writing fails.
pub fn write_frame(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let json = serde_json::to_vec(frame)?;
    write!(out, "{:08x} ", crc32c::crc32c(&json))?;
    out.write_all(&json)?;
    out.write_all(b"\n")
}

/// The frames of a journal up to its end, or up to the first line that is torn or damaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// Every complete frame.
    pub frames: Vec<Frame>,
    /// Whether something unreadable followed them.
    pub damaged: bool,
}

/// Reads a journal.
///
/// # Errors
///
/// When reading fails. Damage is not an error.
pub fn read_journal(input: &mut impl BufRead) -> io::Result<Journal> {
    let mut journal = Journal { frames: Vec::new(), damaged: false };
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(journal);
        }
        match parse_line(&line) {
            Some(frame) => journal.frames.push(frame),
            None => {
                journal.damaged = true;
                return Ok(journal);
            }
        }
    }
}

fn parse_line(line: &[u8]) -> Option<Frame> {
    let line = line.strip_suffix(b"\n")?;
    let (crc, json) = (line.get(..8)?, line.get(9..)?);
    let expected = u32::from_str_radix(std::str::from_utf8(crc).ok()?, 16).ok()?;
    if line[8] != b' ' || crc32c::crc32c(json) != expected {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> (Vec<Frame>, Vec<u8>, Vec<usize>) {
        let frames: Vec<Frame> = (0..5)
            .map(|i| {
                Frame::Point(Point {
                    step: i,
                    t_ns: 10,
                    cpu_ns: 9,
                    work: i * 3,
                    values: [("err", f64::INFINITY), ("ü", 0.1)].into_iter().collect(),
                })
            })
            .collect();
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for frame in &frames {
            write_frame(&mut bytes, frame).unwrap();
            ends.push(bytes.len());
        }
        (frames, bytes, ends)
    }

    #[test]
    fn a_journal_cut_at_any_byte_gives_back_every_complete_frame() {
        let (frames, bytes, ends) = journal();
        for cut in 0..=bytes.len() {
            let read = read_journal(&mut &bytes[..cut]).unwrap();
            let complete = ends.iter().filter(|e| **e <= cut).count();
            assert_eq!(read.frames, frames[..complete], "cut at {cut}");
            assert_eq!(read.damaged, cut != 0 && !ends.contains(&cut), "cut at {cut}");
        }
    }

    #[test]
    fn a_flipped_bit_is_damage() {
        let (_, bytes, ends) = journal();
        for at in 0..ends[0] {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            let read = read_journal(&mut &broken[..]).unwrap();
            assert!(read.damaged && read.frames.is_empty(), "bit at {at}");
        }
    }
}
