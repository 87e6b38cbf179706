//! What a killed runner left behind.

use std::path::Path;

use harness_core::record::FinishedRun;

use crate::assemble::assemble;
use crate::error::RunError;
use crate::journal::{Found, JournalDir};
use crate::sink::{Sink, SinkError};

/// The runs that a runner which is gone has left in `journal_dir`, oldest first. Journals of living runners are left
/// alone; they are told apart by locks, which the kernel releases when a process ends.
///
/// A run whose process was seen to end is what it was; of the others, those that reported their end are `ok`, those that
/// reported a failure are `panic` or `error`, and the rest are `interrupted` with the curve up to there. Nothing is
/// deleted: see [`recover_into`].
///
/// # Errors
///
/// When the folder cannot be read.
pub fn recover(journal_dir: &Path) -> Result<Vec<FinishedRun>, RunError> {
    let mut runs = Vec::new();
    for orphan in JournalDir::orphans(journal_dir)? {
        runs.extend(rows(&orphan.find()?.0));
    }
    Ok(runs)
}

/// Recovers into `sink` every run that it does not hold already, and deletes the journals of those that are durable; what
/// cannot be read is moved to the folder `quarantine`, with a warning. Gives back how many runs were recovered. No other
/// runner can recover the same runs meanwhile.
///
/// # Errors
///
/// When the folder cannot be read or the sink fails; journals then stay.
pub fn recover_into(journal_dir: &Path, quarantine: &Path, sink: &mut dyn Sink) -> Result<usize, RunError> {
    let mut recovered = 0;
    JournalDir::remove_unborn(journal_dir)?;
    for orphan in JournalDir::orphans(journal_dir)? {
        let failed = |source: SinkError| RunError::Sink { source, journals: journal_dir.to_owned() };
        let (found, damaged) = orphan.find()?;
        for run in &damaged {
            orphan.quarantine(run, quarantine)?;
        }
        for run in rows(&found) {
            let id = run.run.run_id;
            if sink.holds(id).map_err(failed)? {
                orphan.discard(&[id]);
                continue;
            }
            let durable = sink.finished(run).map_err(failed)?;
            orphan.discard(&durable);
            recovered += 1;
        }
        let durable = sink.flush().map_err(failed)?;
        orphan.discard(&durable);
        orphan.remove_if_empty();
    }
    Ok(recovered)
}

fn rows(found: &[Found]) -> impl Iterator<Item = FinishedRun> {
    found.iter().map(|f| assemble(&f.ticket, &f.journal, f.facts.as_ref()))
}

#[cfg(test)]
mod tests;
