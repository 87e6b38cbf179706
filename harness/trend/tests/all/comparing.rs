//! Two sides.

use std::collections::BTreeMap;

use harness_core::{Determinism, Outcome, RunRecord};
use harness_trend::compare::{Certainty, Comparison, Options, Side, compare};
use harness_trend::{Clock, measured};
use proptest::prelude::*;

use crate::rows::{Chosen, Rows};

fn side(rows: &Rows) -> Side<'_> {
    Side { runs: measured(&rows.runs, &rows.samples), ..Side::default() }
}

fn compared(a: &Rows, b: &Rows) -> Comparison {
    compare(&side(a), &side(b), &Options::default())
}

/// Five replicates of a solver.
fn five(solver: &str, iterations: i64) -> Rows {
    let mut rows = Rows::default();
    for replicate in 0..5 {
        rows.push(&Chosen { solver, replicate, iterations, ..Chosen::default() }, |_| {});
    }
    rows
}

/// Ten blocks of a timed solver with times around `seconds`, whose noise is `phase`'s.
fn timed(campaign: &str, code: &str, seconds: f64, phase: u32) -> Rows {
    let mut rows = Rows::default();
    for block in 0..10 {
        let noise = 1.0 + 0.004 * f64::from((block * 7 + phase * 3) % 5);
        let chosen = Chosen { campaign, code, block: Some(block), replicate: block, ..Chosen::default() };
        rows.push(&Chosen { seconds: Some(seconds * noise), ..chosen }, |_| {});
    }
    rows
}

#[test]
fn the_same_runs_again_are_no_change() {
    let found = compared(&five("quick", 10), &five("quick", 10));
    assert_eq!((found.families.len(), found.unchanged().count()), (1, 1));
    assert!(found.headline().starts_with("no regressions; no improvements"), "{}", found.headline());
}

#[test]
fn more_iterations_are_a_confirmed_regression_without_statistics() {
    let found = compared(&five("quick", 10), &five("quick", 11));
    assert_eq!(found.confirmed_regressions(), 1);
    let text = found.text();
    assert!(text.contains("iterations 10 → 11 in 5 of 5 replicates"), "{text}");
    // A counter and the bits of the result have no direction.
    assert!(text.contains("strides 10 → 11"), "{text}");
    assert_eq!(compared(&five("quick", 11), &five("quick", 10)).improvements().count(), 1);
}

#[test]
fn one_replicate_of_five_is_enough() {
    let (a, mut b) = (five("quick", 10), five("quick", 10));
    b.runs[3].n_iter = Some(12);
    let found = compared(&a, &b);
    assert_eq!(found.confirmed_regressions(), 1);
    assert!(found.text().contains("iterations 10 → 12 in 1 of 5 replicates"), "{}", found.text());
}

#[test]
fn a_cell_that_fails_now_is_a_confirmed_regression() {
    let (a, mut b) = (five("quick", 10), five("quick", 10));
    b.runs[0].outcome = Outcome::Panic;
    let found = compared(&a, &b);
    assert_eq!(found.confirmed_regressions(), 1);
    assert!(found.text().contains("outcome ok → panic in 1 of 5 replicates"), "{}", found.text());
    assert_eq!(compared(&b, &a).improvements().count(), 1);
}

#[test]
fn other_bits_and_another_objective_are_told_and_are_neither_worse_nor_better() {
    let (a, mut b) = (five("quick", 10), five("quick", 10));
    b.runs[2].result_hash = Some("0000".to_owned());
    b.runs[2].objective = Some(-1.0);
    let found = compared(&a, &b);
    assert_eq!((found.confirmed_regressions(), found.changed().count()), (0, 1));
    assert!(
        found.text().contains("objective 0 → -1") && found.text().contains("result bits"),
        "{}",
        found.text()
    );
}

#[test]
fn fewer_steps_to_another_end_are_no_improvement() {
    let (a, mut b) = (five("quick", 10), five("quick", 10));
    for run in &mut b.runs {
        run.solver_status = Some("diverged".to_owned());
        run.n_iter = Some(3);
    }
    let found = compared(&a, &b);
    assert_eq!((found.confirmed_regressions(), found.improvements().count()), (1, 0));
}

#[test]
fn counts_of_solvers_that_are_not_repeatable_are_not_compared() {
    let (a, b) = (five("quick", 10), five("quick", 12));
    let declared = BTreeMap::from([(("selftest".to_owned(), "quick".to_owned()), Determinism::Statistical)]);
    let options = Options { determinism: declared, ..Options::default() };
    let found = compare(&side(&a), &side(&b), &options);
    assert_eq!((found.confirmed_regressions(), found.changed().count()), (0, 0));
    assert!(
        found.families[0].remarks[0].contains("iterations differ in 5 of 5"),
        "{:?}",
        found.families[0].remarks
    );
    // Neither are those of one that declares to be and is not: the same cell and code, another answer.
    let mut b = b;
    b.runs.push(RunRecord {
        attempt: 1,
        n_iter: Some(13),
        run_id: harness_core::RunId::fresh(),
        ..b.runs[0].clone()
    });
    let found = compared(&a, &b);
    assert_eq!(found.confirmed_regressions(), 0);
    assert!(
        found.families[0].remarks[0].contains("different counts for the same cell"),
        "{:?}",
        found.families[0]
    );
}

#[test]
fn what_a_budget_in_seconds_ends_is_not_counted_and_only_suspected() {
    let (a, mut b) = (five("quick", 10), five("quick", 10));
    for run in &mut b.runs {
        run.solver_status = Some("max_time".to_owned());
        run.n_iter = Some(4);
    }
    let found = compared(&a, &b);
    assert_eq!(found.families[0].worse, Some(Certainty::Suspected));
    assert!(!found.text().contains("iterations"), "{}", found.text());
}

#[test]
fn times_in_turns_are_confirmed_and_times_apart_suspected() {
    let (a, apart) = (timed("ci-a", "a", 1.0, 0), timed("ci-b", "b", 1.3, 1));
    let found = compared(&a, &apart);
    assert_eq!((found.confirmed_regressions(), found.families[0].worse), (0, Some(Certainty::Suspected)));
    assert!(
        found.text().contains("10 pairs apart") && found.text().contains("never confirmed"),
        "{}",
        found.text()
    );
    let found = compared(&a, &timed("ci-a", "b", 1.3, 1));
    assert_eq!(found.confirmed_regressions(), 1);
    let cpu = &found.families[0].times[0];
    assert!(cpu.clock == Clock::Cpu && cpu.interleaved && (cpu.ratio - 1.3).abs() < 0.01, "{cpu:?}");
    assert!(cpu.adjusted.unwrap().0 > 1.02, "{cpu:?}");
}

#[test]
fn less_than_the_least_change_is_none_however_certain() {
    // One per cent, with an interval of a thousandth.
    let found = compared(&timed("ci-a", "a", 1.0, 0), &timed("ci-a", "b", 1.01, 0));
    let cpu = &found.families[0].times[0];
    assert!(cpu.interval.unwrap().0 > 1.0, "{cpu:?}");
    assert_eq!((found.regressions().count(), found.unchanged().count()), (0, 1));
}

#[test]
fn times_of_different_machines_are_shown_and_never_judged() {
    let a = timed("ci-a", "a", 1.0, 0);
    let mut b = timed("ci-b", "b", 3.0, 1);
    for run in &mut b.runs {
        run.env_key = harness_core::EnvKey::of(b"another");
    }
    let found = compared(&a, &b);
    let cpu = &found.families[0].times[0];
    assert_eq!(cpu.not_judged.as_deref(), Some("measured on different machines"));
    assert!((cpu.ratio - 3.0).abs() < 0.1 && cpu.p.is_none(), "{cpu:?}");
    assert_eq!(found.regressions().count(), 0);
    assert!(
        found.text().contains("TIMES NOT JUDGED: 1 cell family, measured on different machines"),
        "{}",
        found.text()
    );
}

#[test]
fn wall_times_of_a_busy_machine_are_not_judged_and_cpu_times_are() {
    let (a, mut b) = (timed("ci-a", "a", 1.0, 0), timed("ci-a", "b", 1.3, 1));
    for run in &mut b.runs {
        run.contaminated = Some(true);
    }
    let a_known: Vec<RunRecord> =
        a.runs.iter().map(|run| RunRecord { contaminated: Some(false), ..run.clone() }).collect();
    let found = compared(&Rows { runs: a_known, ..a }, &b);
    let [cpu, wall] = &found.families[0].times[..] else { panic!("{:?}", found.families) };
    assert!(
        cpu.moved && wall.not_judged.as_deref() == Some("other work disturbed 10 of 20 runs"),
        "{wall:?}"
    );
}

#[test]
fn families_that_one_side_lacks_are_listed_with_the_reason() {
    let mut a = five("quick", 10);
    a.push(&Chosen { solver: "slow", ..Chosen::default() }, |_| {});
    let mut b = five("quick", 10);
    b.push(&Chosen { solver: "slow", ..Chosen::default() }, |run| {
        run.outcome = Outcome::Skipped;
        run.reason = Some("no CUDA device".to_owned());
    });
    let found = compared(&a, &b);
    assert_eq!((found.only_in_a.len(), found.only_in_b.len()), (1, 0));
    assert_eq!(found.only_in_a[0].reason.as_deref(), Some("no CUDA device"));
}

#[test]
fn every_form_names_what_became_worse_and_is_no_markup() {
    let name = "<script>alert(1)</script>|*x*";
    let found = compared(&five(name, 10), &five(name, 11));
    let (html, markdown) = (found.html().unwrap(), found.markdown());
    assert!(!html.contains("<script") && html.contains("iterations 10 → 11"), "{html}");
    assert!(!html.contains("http"), "nothing is loaded from elsewhere");
    assert!(markdown.contains(r"\<script\>alert(1)\</script\>\|\*x\*"), "{markdown}");
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        (json["schema"].as_u64(), json["families"][0]["worse"].as_str()),
        (Some(1), Some("confirmed"))
    );
}

#[test]
fn lines_fit_a_terminal() {
    let mut a = timed("ci-a", "a", 1.0, 0);
    let mut b = timed("ci-a", "b", 1.3, 1);
    a.push(&Chosen { solver: "slow", ..Chosen::default() }, |_| {});
    b.push(&Chosen { solver: "slow", iterations: 12, ..Chosen::default() }, |_| {});
    let text = compared(&a, &b).text();
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

prop_compose! {
    fn some_rows(campaign: &'static str, code: &'static str)(
        cells in prop::collection::vec(
            (0..3_usize, 0..4_u32, 8..12_i64, prop::option::of(0.5..2.0_f64), 0..8_u32, 0..2_usize), 1..30),
        shared in any::<bool>(),
    ) -> Rows {
        let mut rows = Rows::default();
        for (solver, replicate, iterations, seconds, fate, machine) in cells {
            let chosen = Chosen {
                solver: ["quick", "slow", "nan"][solver], replicate, iterations, seconds, code,
                campaign: if shared { "shared" } else { campaign },
                machine: ["m", "n"][machine],
                block: seconds.map(|_| replicate),
            };
            rows.push(&chosen, |run| match fate {
                0 => run.outcome = Outcome::Panic,
                1 => run.solver_status = Some("max_iter".to_owned()),
                2 => run.solver_status = Some("max_time".to_owned()),
                _ => {}
            });
        }
        rows
    }
}

proptest! {
    #[test]
    fn swapping_the_sides_inverts_ratios_and_swaps_worse_and_better(a in some_rows("ci-a", "a"), b in some_rows("ci-b", "b")) {
        let (forth, back) = (compared(&a, &b), compared(&b, &a));
        prop_assert_eq!(forth.families.len(), back.families.len());
        prop_assert_eq!(&forth.only_in_a, &back.only_in_b);
        prop_assert_eq!(forth.regressions().count(), back.improvements().count());
        for family in &forth.families {
            let mirrored = back.families.iter().find(|other| other.family == family.family).unwrap();
            prop_assert_eq!(family.worse, mirrored.better);
            prop_assert_eq!(family.better, mirrored.worse);
            prop_assert_eq!(family.counts.len(), mirrored.counts.len());
            for (time, other) in family.times.iter().zip(&mirrored.times) {
                prop_assert!((time.ratio * other.ratio - 1.0).abs() < 1e-9);
                prop_assert_eq!((time.blocks, time.interleaved, time.moved), (other.blocks, other.interleaved, other.moved));
                if let (Some((lo, hi)), Some((other_lo, other_hi))) = (time.interval, other.interval) {
                    prop_assert!((lo.ln() + other_hi.ln()).abs() < 1e-6 && (hi.ln() + other_lo.ln()).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn runs_compared_with_themselves_never_differ(rows in some_rows("ci-a", "a")) {
        let found = compared(&rows, &rows);
        prop_assert!(found.families.iter().all(harness_trend::compare::FamilyComparison::is_unchanged), "{}", found.text());
        prop_assert!(found.only_in_a.is_empty() && found.only_in_b.is_empty());
    }
}
