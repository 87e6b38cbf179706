//! The executor of this machine: one process a run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness_core::RunId;
use harness_core::protocol::{FIXED_ADDRESSES, Peer, Request, WORKER_PROTOCOL};
use harness_core::record::FinishedRun;
use harness_core::system::unix_ns;

use crate::assemble::assemble;
use crate::cancel::Cancel;
use crate::classify::journal_failure;
use crate::config::{Campaign, Config, MetricNames};
use crate::dispatch::Executor;
use crate::error::RunError;
use crate::guard::Guard;
use crate::job::Job;
use crate::journal::{JournalDir, RunContext, Ticket};
use crate::process::Process;
use crate::quiet::QuietMachine;
use crate::sink::SinkError;

/// Variables that a worker inherits.
const INHERITED: [&str; 10] = [
    "HOME",
    "LD_LIBRARY_PATH",
    "LIBTORCH",
    "LLVM_PROFILE_FILE",
    "PATH",
    "RUST_BACKTRACE",
    "RUST_MIN_STACK",
    "TMPDIR",
    "USER",
    "VIRTUAL_ENV",
];
/// Beginnings of the names of further ones.
const INHERITED_PREFIXES: [&str; 4] = ["CUDA_", "HARNESS_", "NVIDIA_", "XDG_"];
/// How libraries are told how many threads to use.
const THREAD_VARIABLES: [&str; 4] =
    ["MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"];

pub(crate) struct Local<'a> {
    config: &'a Config,
    metrics: MetricNames,
    journals: JournalDir,
    log_dir: PathBuf,
    data_dir: PathBuf,
    environment: Vec<(OsString, OsString)>,
    quiet: QuietMachine,
    cancel: &'a Cancel,
    guard: Guard,
}

impl<'a> Local<'a> {
    pub(crate) fn new(config: &'a Config, jobs: &[Job], cancel: &'a Cancel) -> Result<Self, RunError> {
        fs::create_dir_all(&config.log_dir).map_err(RunError::io("create", &config.log_dir))?;
        let absolute = |path: &Path| std::path::absolute(path).map_err(RunError::io("resolve", path));
        Ok(Self {
            config,
            metrics: MetricNames::from(config.metrics.as_slice()),
            journals: JournalDir::create(&config.journal_dir)?,
            log_dir: config.log_dir.clone(),
            data_dir: absolute(&config.data_dir)?,
            environment: std::env::vars_os().filter(|(name, _)| is_inherited(name.to_str())).collect(),
            quiet: if jobs.iter().any(|job| job.timed) {
                QuietMachine::attempt()
            } else {
                QuietMachine::default()
            },
            cancel,
            guard: Guard::start(&config.worker).map_err(RunError::io("start", &config.worker))?,
        })
    }

    /// Removes the folder of journals if every run is durable.
    pub(crate) fn close(self) {
        self.journals.remove_if_empty();
    }

    /// The columns of a run: those of the campaign, unless another worker answers.
    fn columns(&self, job: &Job) -> Campaign {
        let mut columns = self.config.campaign.clone();
        if let Some(other) = &job.worker {
            columns.code_key = other.code_key.clone();
            columns.git_commit.clone_from(&other.git_commit);
            columns.git_dirty = other.git_dirty;
        }
        columns
    }

    /// The worker that runs a job.
    fn worker<'b>(&'b self, job: &'b Job) -> &'b Path {
        job.worker.as_ref().map_or(&self.config.worker, |other| &other.path)
    }

    fn ticket(&self, job: &Job, run: RunId) -> Ticket {
        let columns = self.columns(job);
        Ticket {
            request: Request {
                protocol: WORKER_PROTOCOL,
                run_id: run,
                cell: job.cell.clone(),
                cell_key: job.key.clone(),
                code_key: columns.code_key.clone(),
                journal: self.journals.journal(run),
                data_dir: self.data_dir.clone(),
                parent_pid: std::process::id(),
                memory_limit: job.limits.memory,
                instance: job.instance.clone(),
                save: job.save.clone(),
                cpus: if job.timed { self.quiet.cpus(job.cell.threads) } else { None },
                peer: job.peer.clone().map(|command| Peer { command, folder: self.journals.files(run) }),
            },
            context: RunContext {
                labels: job.labels.clone(),
                limits: job.limits,
                attempt: job.attempt,
                campaign: columns,
                metrics: self.metrics.clone(),
                place: job.place,
                quiet: if job.timed { self.quiet.granted().clone() } else { BTreeMap::new() },
                spawned_unix_ns: unix_ns(),
            },
        }
    }

    /// The worker's command. It has no `pre_exec`, which would make the standard library fork: with a parent of 1 GiB that
    /// costs a hundred times as much. What has to be set in the child, the worker sets itself.
    fn command(&self, job: &Job) -> Command {
        let mut command = Command::new(self.worker(job));
        command
            .process_group(0)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(THREAD_VARIABLES.map(|name| (name, job.cell.threads.to_string())))
            .envs([("LC_ALL", "C"), ("TZ", "UTC"), ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if job.timed {
            command.arg(FIXED_ADDRESSES);
        }
        command
    }
}

fn is_inherited(name: Option<&str>) -> bool {
    name.is_some_and(|n| INHERITED.contains(&n) || INHERITED_PREFIXES.iter().any(|p| n.starts_with(p)))
}

impl Executor for Local<'_> {
    fn execute(&self, job: &Job, started: &mut dyn FnMut(RunId)) -> Result<FinishedRun, RunError> {
        let run = RunId::fresh();
        let ticket = self.ticket(job, run);
        let journals = self.journals.path();
        let request = self.journals.issue(&ticket).map_err(RunError::io("write a request in", journals))?;
        let mut process =
            Process::spawn(&mut self.command(job)).map_err(RunError::io("start", self.worker(job)))?;
        let _guarded = self.guard.watch(process.group());
        // Only now does the worker learn what to do, so that nothing runs that the guard does not know of.
        process.ask(&request);
        started(run);
        let watched = process.watch(&job.limits, self.cancel).map_err(RunError::system("watch a worker"))?;
        self.journals.close(run, &watched.facts).map_err(RunError::io("write in", journals))?;
        if job.peer.is_some() {
            self.journals.discard_files(run);
        }
        if let Some(said) = journal_failure(&watched.facts) {
            return Err(RunError::Journal { journals: journals.to_owned(), said: said.to_owned() });
        }
        for (capture, extension) in [(&watched.stdout, "out"), (&watched.stderr, "err")] {
            let path = self.log_dir.join(format!("{run}.{extension}"));
            if !capture.is_empty()
                && let Err(e) = capture.write(&path)
            {
                tracing::warn!("failed to write the log {}: {e}", path.display());
            }
        }
        let journal = self.journals.read_journal(run).map_err(RunError::io("read a journal in", journals))?;
        Ok(assemble(&ticket, &journal, Some(&watched.facts)))
    }

    fn durable(&self, runs: &[RunId]) {
        self.journals.discard(runs);
    }

    fn sink_error(&self, source: SinkError) -> RunError {
        RunError::Sink { source, journals: self.journals.path().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_variables_reach_a_worker() {
        for name in ["PATH", "CUDA_VISIBLE_DEVICES", "HARNESS_X"] {
            assert!(is_inherited(Some(name)), "{name}");
        }
        for name in ["LD_PRELOAD", "OMP_NUM_THREADS", "PYTHONPATH", "PATHS", "MALLOC_ARENA_MAX"] {
            assert!(!is_inherited(Some(name)), "{name}");
        }
        assert!(!is_inherited(None));
    }
}
