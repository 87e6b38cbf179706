//! Results of campaigns that did not take place: rows made from those of one real campaign.

use harness_core::record::FinishedRun;
use harness_core::{CodeKey, RunId, RunRecord, SampleRow};
use harness_store::{Filter, Store, StoreError};

use crate::site::Site;

/// What the real campaign runs: three replicates of a walk of ten steps.
pub(crate) const LINE: &str = "suite=selftest profile=smoke problem=short solver=quick replicates=3";

/// The rows of a real campaign in a results folder of its own.
pub(crate) fn template(site: &Site) -> Vec<FinishedRun> {
    site.harness(&format!("run {LINE} out=template")).exits(0);
    let store = Store::open(site.path().join("template"), "selftest");
    let runs = store.runs(&Filter::default()).unwrap();
    runs.into_iter().map(|run| FinishedRun { run, samples: Vec::new(), traces: Vec::new() }).collect()
}

/// A campaign that did not take place.
pub(crate) struct Night<'a> {
    pub(crate) campaign: &'a str,
    /// The commit; the code's key is made from it.
    pub(crate) commit: &'a str,
    /// So many days after the first.
    pub(crate) day: u32,
    /// CPU time in seconds by replicate; none: not timed.
    pub(crate) seconds: Option<fn(u32) -> f64>,
}

/// The runs of a night, without traces.
pub(crate) fn night(
    template: &[FinishedRun],
    night: &Night<'_>,
    change: impl Fn(&mut RunRecord),
) -> Vec<FinishedRun> {
    let make = |like: &FinishedRun| {
        let mut run = like.run.clone();
        run.run_id = RunId::fresh();
        night.campaign.clone_into(&mut run.campaign_id);
        run.code_key = CodeKey::of(night.commit.as_bytes());
        run.git_commit = Some(night.commit.to_owned());
        run.git_dirty = Some(false);
        run.started_unix_ns += i64::from(night.day) * 86_400_000_000_000;
        run.trace_rows = 0;
        let mut samples = Vec::new();
        if let Some(seconds) = night.seconds {
            r#"{"solve":{"samples":1,"warmup":0}}"#.clone_into(&mut run.measure);
            run.block = Some(run.replicate);
            let ns = (seconds(run.replicate) * 1e9) as i64;
            samples.push(SampleRow::bare(&run, ns, ns));
        }
        change(&mut run);
        FinishedRun { run, samples, traces: Vec::new() }
    };
    template.iter().map(make).collect()
}

/// Stores runs below `results`.
pub(crate) fn store(site: &Site, runs: Vec<FinishedRun>) {
    // A program that another test starts at this moment holds a copy of the lock until it runs.
    let mut writer = loop {
        match site.store().writer() {
            Err(StoreError::Locked { .. }) => std::thread::yield_now(),
            other => break other.unwrap(),
        }
    };
    for run in runs {
        writer.push(run).unwrap();
    }
    writer.flush().unwrap();
}
