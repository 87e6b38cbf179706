//! A metric over nights that did not take place.

use harness_core::{CodeKey, EnvKey};
use harness_trend::compare::Options;
use harness_trend::history::{Annotation, History, Metric, history};
use harness_trend::measured;
use harness_trend::night::{Answer, Nights, Shown, Suspicion, answers, shown};

use crate::rows::{Chosen, Rows};

/// Twenty nights with CPU times of the oracle of Hunter and Otava's algorithm, a step at the eleventh.
const STEP: [i64; 20] =
    [100, 101, 99, 100, 102, 98, 101, 100, 99, 100, 108, 109, 107, 108, 110, 107, 109, 108, 107, 109];

fn nights(seconds: impl IntoIterator<Item = f64>, machine: impl Fn(usize) -> &'static str) -> Rows {
    let mut rows = Rows::default();
    for (night, seconds) in seconds.into_iter().enumerate() {
        let campaign = format!("2026-01-{:02}-ci-x", night + 1);
        let commit = format!("{night:04x}00000000");
        for replicate in 0..3 {
            let chosen = Chosen {
                campaign: &campaign,
                code: &commit,
                machine: machine(night),
                replicate,
                ..Chosen::default()
            };
            rows.push(&Chosen { seconds: Some(seconds), iterations: 10, ..chosen }, |run| {
                run.started_unix_ns = night as i64 * 86_400_000_000_000;
                run.git_commit = Some(commit.clone());
            });
        }
    }
    rows
}

fn of(rows: &Rows, metric: &Metric, annotations: &[Annotation]) -> History {
    history(&measured(&rows.runs, &rows.samples), metric, annotations, &Options::default())
}

fn step() -> Rows {
    nights(STEP.map(|ms| ms as f64 * 1e-3), |_| "m")
}

#[test]
fn a_step_is_one_change_at_its_first_night() {
    let found = of(&step(), &Metric::Cpu, &[]);
    let [series] = &found.series[..] else { panic!("{}", found.text()) };
    let at: Vec<usize> = series.changes.iter().map(|change| change.at).collect();
    assert_eq!(at, [10], "{}", found.text());
    assert_eq!(series.changes[0].worse, Some(true));
    assert!(
        (series.changes[0].after / series.changes[0].before - 1.082).abs() < 1e-3,
        "{:?}",
        series.changes
    );
    assert!(found.text().contains("at 2026-01-11-ci-x, commit 000a000000"), "{}", found.text());
    assert_eq!(
        of(&nights(STEP[..10].iter().map(|ms| *ms as f64), |_| "m"), &Metric::Cpu, &[]).series[0].changes,
        []
    );
}

#[test]
fn an_accepted_change_is_silent_and_what_comes_after_it_is_not() {
    let accept = Annotation {
        commit: Some("000a".to_owned()),
        reason: "an exact line search".to_owned(),
        ..Annotation::default()
    };
    let silent = of(&step(), &Metric::Cpu, std::slice::from_ref(&accept));
    assert!(!silent.series[0].has_news(), "{}", silent.text());
    assert!(
        silent.text().contains("accepted at 2026-01-11-ci-x, commit 000a000000: an exact line search"),
        "{}",
        silent.text()
    );
    // It holds only for what it names.
    let other = Annotation { solver: Some("slow".to_owned()), ..accept.clone() };
    assert_eq!(of(&step(), &Metric::Cpu, &[other]).series[0].changes.len(), 1);
    let twice = STEP.iter().chain(&[140, 141, 139, 140, 142, 138]).map(|ms| *ms as f64);
    let found = of(&nights(twice, |_| "m"), &Metric::Cpu, &[accept]);
    assert_eq!(found.series[0].changes.iter().map(|c| c.at).collect::<Vec<_>>(), [20], "{}", found.text());
}

#[test]
fn another_machine_is_another_series_and_no_change() {
    let rows = nights(STEP.map(|ms| ms as f64), |night| if night < 10 { "m" } else { "n" });
    let found = of(&rows, &Metric::Cpu, &[]);
    assert_eq!(
        (found.series.len(), found.series.iter().filter(|s| s.has_news()).count()),
        (2, 0),
        "{}",
        found.text()
    );
}

#[test]
fn what_is_counted_changes_at_once_and_in_any_replicate() {
    let mut rows = step();
    // The last night, one replicate of three: the median is as it was.
    let last = rows.runs.len() - 1;
    rows.runs[last].n_iter = Some(11);
    let found = of(&rows, &Metric::Iterations, &[]);
    let [change] = &found.series[0].changes[..] else { panic!("{}", found.text()) };
    assert_eq!((change.at, change.found, change.suspected), (19, "exactly", false));
    assert!(!of(&step(), &Metric::Iterations, &[]).series[0].has_news());
}

#[test]
fn small_changes_that_add_up_are_told() {
    // Every fifth night a little more than one per cent slower: no step reaches two per cent.
    let slow = (0..30_i32).map(|night| 1.013_f64.powi(night / 5) * (1.0 + 0.0005 * f64::from(night % 3)));
    let found = of(&nights(slow, |_| "m"), &Metric::Cpu, &[]);
    let series = &found.series[0];
    let drift = series.drift.unwrap_or_else(|| panic!("{}", found.text()));
    assert!(drift.ratio > 1.04, "{drift:?}");
    assert!(found.text().contains("small changes add up"), "{}", found.text());
}

#[test]
fn series_with_changes_come_first_and_lines_fit_a_terminal() {
    let mut rows = step();
    let calm = nights(STEP.map(|_| 0.05), |_| "m");
    for (mut run, mut sample) in calm.runs.into_iter().zip(calm.samples) {
        run.solver = "calm".to_owned();
        run.cell_key = harness_core::CellKey::of(format!("calm {}", run.replicate).as_bytes());
        run.run_id = harness_core::RunId::fresh();
        sample.run_id = run.run_id;
        rows.runs.push(run);
        rows.samples.push(sample);
    }
    let found = of(&rows, &Metric::Cpu, &[]);
    let order: Vec<&str> = found.series.iter().map(|s| s.family.solver.as_str()).collect();
    assert_eq!(order, ["quick", "calm"]);
    let text = found.text();
    assert!(text.starts_with("cpu: 1 of 2 series changed"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
}

#[test]
fn the_chart_marks_changes_and_accepted_ones() {
    let found = of(&step(), &Metric::Cpu, &[]);
    let chart = found.series[0].chart();
    let stars = &chart.series[0].stars;
    assert_eq!((chart.series[0].line.len(), stars.len(), stars[0].0), (20, 1, 11.0));
    let svg = found.series[0].svg().unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("another level"), "{svg}");
    let code = found.series[0].points[10].code[..8].to_owned();
    let accept = Annotation { code: Some(code), reason: "r".to_owned(), ..Annotation::default() };
    let chart = of(&step(), &Metric::Cpu, &[accept]).series[0].chart();
    assert_eq!((chart.series[0].stars.len(), chart.series[0].reported.len()), (0, 1));
}

/// What a night is judged by in these tests: the last of `campaigns`, on machine `m`.
fn judged(rows: &Rows, reference: Option<&str>, annotations: &[Annotation]) -> Shown {
    let measured = measured(&rows.runs, &rows.samples);
    let mut campaigns: Vec<String> = rows.runs.iter().map(|run| run.campaign_id.clone()).collect();
    campaigns.sort();
    campaigns.dedup();
    let machine = EnvKey::of(b"m");
    let nights = Nights { runs: &measured, campaigns: &campaigns, reference, machine: &machine };
    shown(&nights, annotations, &Options::default())
}

const LAST: &str = "2026-01-19-ci-x";

#[test]
fn a_quiet_night_shows_nothing() {
    assert_eq!(
        judged(&nights(STEP[..10].iter().map(|ms| *ms as f64), |_| "m"), Some("2026-01-09-ci-x"), &[]),
        Shown::default()
    );
}

#[test]
fn more_steps_on_the_same_machine_are_certain_and_on_another_suspected() {
    for (machine, certain) in [("m", true), ("n", false)] {
        let mut rows = nights([1.0; 20], |night| if night == 19 { "m" } else { machine });
        for run in rows.runs.iter_mut().filter(|run| run.campaign_id == "2026-01-20-ci-x") {
            run.n_iter = Some(12);
        }
        let found = judged(&rows, Some(LAST), &[]);
        let of: Vec<_> = found.suspicions.iter().map(|s| (s.what.as_str(), s.certain, s.worse)).collect();
        assert_eq!(of, [("iterations", certain, Some(true))]);
        assert_eq!(
            (found.suspicions[0].before.as_str(), found.suspicions[0].since.as_str()),
            (LAST, "2026-01-20-ci-x")
        );
        let accept = Annotation {
            commit: Some("0013".to_owned()),
            reason: "right".to_owned(),
            ..Annotation::default()
        };
        let found = judged(&rows, Some(LAST), std::slice::from_ref(&accept));
        assert_eq!((found.suspicions.len(), found.accepted.len()), (0, 1));
        let of_time = Annotation { metric: Some("cpu".to_owned()), ..accept };
        assert_eq!(judged(&rows, Some(LAST), &[of_time]).accepted.len(), 0);
    }
}

#[test]
fn a_level_that_began_some_nights_ago_is_suspected_once_it_shows() {
    let seconds = (0..16_i32).map(|night| {
        let noise = 1.0 + 0.002 * f64::from((night * 7) % 5);
        if night < 12 { noise } else { 1.05 * noise }
    });
    let found = judged(&nights(seconds, |_| "m"), None, &[]);
    let cpu = found.suspicions.iter().find(|s| s.what == "CPU time").unwrap();
    assert_eq!(
        (cpu.since.as_str(), cpu.before.as_str(), cpu.certain),
        ("2026-01-13-ci-x", "2026-01-12-ci-x", false)
    );
}

#[test]
fn runs_in_turns_confirm_what_is_there_and_clear_what_is_not() {
    let mut rows = nights([1.0; 20], |_| "m");
    for sample in rows.samples.iter_mut().rev().take(3) {
        sample.cpu_ns *= 2;
    }
    let found = judged(&rows, Some(LAST), &[]);
    let cpu: Vec<&Suspicion> = found.suspicions.iter().filter(|s| s.what == "CPU time").collect();
    assert_eq!(cpu.len(), 1, "{found:?}");
    let turns = |new_seconds: f64| {
        let mut rows = Rows::default();
        for block in 0..6 {
            for (position, code) in ["old", "new", "new", "old"].into_iter().enumerate() {
                let noise = 1.0 + 0.003 * f64::from((block * 5 + position as u32 * 3) % 4);
                let seconds = noise * if code == "new" { new_seconds } else { 1.0 };
                let chosen = Chosen {
                    campaign: "confirm-x",
                    code,
                    block: Some(block),
                    replicate: block % 3,
                    ..Chosen::default()
                };
                rows.push(&Chosen { seconds: Some(seconds), ..chosen }, |run| {
                    run.position = Some(position as u32);
                });
            }
        }
        rows
    };
    let (old, new) = (CodeKey::of(b"old"), CodeKey::of(b"new"));
    let ask = |rows: &Rows| {
        answers(&measured(&rows.runs, &rows.samples), &old, &new, &cpu, &Options::default()).remove(0)
    };
    assert!(matches!(ask(&turns(2.0)), Answer::Confirmed(said) if said.contains("6 blocks in turns")));
    assert!(matches!(ask(&turns(1.0)), Answer::Cleared(_)));
    // The other way is not what was suspected.
    assert!(matches!(ask(&turns(0.5)), Answer::Cleared(_)));
    assert!(matches!(ask(&Rows::default()), Answer::Silent(_)));
}
