//! Comparisons of many solvers over many problems: invariances, and what they claim when all solvers are alike.

use harness_stats::performance_profile::{Profiles, R_MAX, profiles};
use harness_stats::{Censored, Level, critical_difference, friedman, pairwise, par};
use proptest::prelude::*;

use crate::generator::Generator;
use crate::properties::any_values;

type Table = Vec<Vec<Censored>>;

/// Costs of three solvers on a few problems, a fifth of them failures.
fn tables() -> impl Strategy<Value = Table> {
    let cost = prop_oneof![
        4 => (0.01..100.0_f64).prop_map(Censored::Value),
        1 => (0.01..100.0_f64).prop_map(Censored::AtLeast),
    ];
    proptest::collection::vec(proptest::collection::vec(cost, 3), 1..12)
}

fn of(table: &Table) -> Profiles {
    let rows: Vec<&[Censored]> = table.iter().map(Vec::as_slice).collect();
    profiles(&rows).unwrap()
}

fn scaled(cost: Censored, factor: f64) -> Censored {
    match cost {
        Censored::Value(x) => Censored::Value(factor * x),
        Censored::AtLeast(x) => Censored::AtLeast(factor * x),
    }
}

proptest! {
    #[test]
    fn the_unit_of_a_problems_costs_changes_no_profile(table in tables(), powers in proptest::collection::vec(-9_i32..9, 12)) {
        // Powers of two, so that the quotients are the same to the last bit.
        let other: Table = table
            .iter()
            .zip(&powers)
            .map(|(row, power)| row.iter().map(|cost| scaled(*cost, 2.0_f64.powi(*power))).collect())
            .collect();
        prop_assert_eq!(of(&table), of(&other));
    }

    #[test]
    fn the_order_of_problems_and_solvers_changes_no_profile(table in tables(), turn in 0_usize..12) {
        let before = of(&table);
        let mut turned = table.clone();
        turned.rotate_left(turn % table.len());
        for row in &mut turned {
            row.rotate_left(1);
        }
        let after = of(&turned);
        for s in 0..3 {
            let (x, y) = (&before.solvers[(s + 1) % 3], &after.solvers[s]);
            prop_assert_eq!(x.steps(), y.steps());
            prop_assert!((x.score(R_MAX).unwrap() - y.score(R_MAX).unwrap()).abs() < 1e-12);
        }
        prop_assert_eq!(before.unsolved.len(), after.unsolved.len());
    }

    #[test]
    fn profiles_rise_and_their_score_is_the_area_under_the_steps(table in tables(), r_max in 1.1..20.0_f64) {
        for profile in &of(&table).solvers {
            let steps = profile.steps();
            prop_assert!(steps.windows(2).all(|w| w[0].ratio < w[1].ratio && w[0].share < w[1].share));
            prop_assert_eq!(steps[steps.len() - 1].share, profile.solved_share());
            for step in &steps {
                prop_assert_eq!(profile.share_within(step.ratio), step.share);
            }
            let ends = steps.iter().skip(1).map(|s| s.ratio).chain([f64::INFINITY]);
            let area: f64 =
                steps.iter().zip(ends).map(|(s, end)| s.share * (end.min(r_max) - s.ratio).max(0.0)).sum();
            let score = profile.score(r_max).unwrap();
            prop_assert!((score - area / (r_max - 1.0)).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&score) && score <= profile.solved_share() + 1e-12);
        }
    }

    #[test]
    fn par_follows_the_unit_and_lies_in_its_interval(table in tables(), limit in 1.0..200.0_f64, factor in 1.0..20.0_f64) {
        let costs: Vec<Censored> = table.concat();
        let other: Vec<Censored> = costs.iter().map(|cost| scaled(*cost, 4.0)).collect();
        let before = par::penalised(&costs, limit, factor, Level::P95).unwrap();
        let after = par::penalised(&other, 4.0 * limit, factor, Level::P95).unwrap();
        prop_assert!((4.0 * before.value - after.value).abs() <= 1e-9 * after.value);
        let (i, j) = (before.interval().unwrap(), after.interval().unwrap());
        prop_assert!((4.0 * i.lo - j.lo).abs() <= 1e-9 * j.hi && (4.0 * i.hi - j.hi).abs() <= 1e-9 * j.hi);
        prop_assert!(i.lo <= before.value * (1.0 + 1e-12) && before.value <= i.hi * (1.0 + 1e-12), "{before:?}");
    }
}

proptest! {
    #[test]
    fn no_table_panics(xs in any_values(), ys in any_values(), limit in proptest::num::f64::ANY, factor in proptest::num::f64::ANY, k in 0_usize..3) {
        let censor = |v: &[f64]| -> Vec<Censored> {
            v.iter().enumerate().map(|(i, &x)| if i % 3 == k { Censored::AtLeast(x) } else { Censored::Value(x) }).collect()
        };
        let (cx, cy) = (censor(&xs), censor(&ys));
        if let Ok(profiles) = profiles(&[&cx, &cy]) {
            for profile in &profiles.solvers {
                prop_assert!(profile.steps().iter().all(|s| s.ratio >= 1.0 && (0.0..=1.0).contains(&s.share)));
                prop_assert!((0.0..=1.0).contains(&profile.score(R_MAX).unwrap()));
            }
        }
        if let Ok(par) = par::penalised(&cx, limit, factor, Level::P95) {
            prop_assert!(par.value.is_finite(), "{par:?}");
        }
        if let Ok(cd) = critical_difference::nemenyi(&[&xs, &ys], Level::P95) {
            prop_assert!(cd.critical_difference > 0.0 && cd.groups.iter().all(|group| group.len() > 1));
        }
        for pair in pairwise::wilcoxon_holm(&[&xs, &ys]).into_iter().flatten() {
            prop_assert!(pair.p <= pair.adjusted && pair.adjusted <= 1.0);
        }
        let _ = friedman::ranks(&cx);
    }
}

#[test]
fn alike_solvers_are_rarely_told_apart() {
    const CAMPAIGNS: usize = 400;
    let mut g = Generator::new(120);
    let (mut nemenyi, mut holm) = (0, 0);
    for _ in 0..CAMPAIGNS {
        // Problems differ far more than solvers do.
        let rows: Vec<Vec<f64>> = (0..12)
            .map(|_| {
                let size = 3.0 * g.normal();
                (0..5).map(|_| size + g.normal()).collect()
            })
            .collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let cd = critical_difference::nemenyi(&rows, Level::P95).unwrap();
        nemenyi += usize::from((0..5).any(|i| (0..i).any(|j| cd.differ(i, j))));
        holm += usize::from(pairwise::wilcoxon_holm(&rows).unwrap().iter().any(|pair| pair.adjusted < 0.05));
    }
    // Any false difference in 5 % of campaigns at most; standard error 0.011. Wilcoxon's ranks are coarse after Holm.
    let rate = |count: usize| count as f64 / CAMPAIGNS as f64;
    assert!((0.015..0.085).contains(&rate(nemenyi)), "{}", rate(nemenyi));
    assert!((0.005..0.085).contains(&rate(holm)), "{}", rate(holm));
}

#[test]
fn par_intervals_cover_at_least_their_level() {
    // Costs are log-normal and cut off at the limit; the truth comes from two million draws of the same.
    for (seed, limit) in [(130, 8.0), (131, 2.0), (132, 0.8)] {
        let mut g = Generator::new(seed);
        let mut draw = || {
            let cost = g.normal().exp();
            if cost > limit { Censored::AtLeast(limit) } else { Censored::Value(cost) }
        };
        let all = 2_000_000;
        let mut sum = 0.0;
        for _ in 0..all {
            sum += match draw() {
                Censored::Value(x) => x,
                Censored::AtLeast(_) => 10.0 * limit,
            };
        }
        let truth = sum / f64::from(all);
        for n in [5, 10, 30] {
            let held = (0..2000)
                .filter(|_| {
                    let costs: Vec<Censored> = (0..n).map(|_| draw()).collect();
                    let par = par::penalised(&costs, limit, par::FACTOR, Level::P95).unwrap();
                    par.interval().unwrap().contains(truth)
                })
                .count();
            assert!(held >= 1880, "limit {limit}, {n} runs: {held} of 2000");
        }
    }
}
