//! Excerpts: as much of a campaign as its verdicts rest on. That they judge alike is checked wherever a test judges claims.

use std::collections::BTreeMap;

use harness_plan::ClaimsFile;
use harness_report::{excerpt, not_kept, reads};

use crate::pages;

#[test]
fn an_excerpt_keeps_few_points_of_traces_and_every_run() {
    let campaign = pages::campaign();
    let kept = excerpt(&campaign.input());
    let all = &campaign.data;
    assert!(10 * kept.data.traces.len() < 6 * all.traces.len(), "{}", kept.data.traces.len());
    assert_eq!(kept.data.runs.len(), all.runs.len());
    assert_eq!(kept.data.samples, all.samples);
    assert!(kept.data.traces.iter().all(|row| all.traces.contains(row)), "nothing is made up");
    let mut rows: BTreeMap<_, i64> = BTreeMap::new();
    for row in &kept.data.traces {
        *rows.entry(row.run_id).or_default() += 1;
    }
    for run in &kept.data.runs {
        assert_eq!(run.trace_rows, rows.get(&run.run_id).copied().unwrap_or(0), "a run has all of its rows");
    }
    let planned = campaign.plan.cells.iter().filter(|cell| kept.cells.contains(cell)).count();
    assert!(planned == kept.cells.len() && planned < campaign.plan.cells.len());
}

#[test]
fn a_claim_that_asks_for_something_else_is_named_and_another_region_is_not() {
    let campaign = pages::campaign();
    let made_for = reads(&campaign.file, &campaign.claims);
    assert_eq!(not_kept(&campaign.file, &campaign.claims, &made_for), Vec::<&str>::new());
    let changed = |from: &str, to: &str| {
        assert!(pages::CLAIMS.contains(from), "{from}");
        let text = pages::CLAIMS.replacen(from, to, 1);
        let claims = ClaimsFile::parse("claims.yaml", &text, &campaign.suite, &campaign.file).unwrap();
        let ids = not_kept(&campaign.file, &claims, &made_for);
        ids.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(changed("between: [15, 60]", "between: [15, 61]"), Vec::<String>::new());
    assert_eq!(changed("<= 1e-9", "<= 1e-8"), ["c1-sns-iterations"]);
}
