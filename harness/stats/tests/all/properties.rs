//! Algebra that holds for every sample: equivariance, symmetry, nesting, and no panics.

use harness_stats::bootstrap::{self, Bootstrap};
use harness_stats::order::OrderCounts;
use harness_stats::outlier::{self, Fences};
use harness_stats::{
    Censored, Estimate, Interval, Level, Position, Region, Result, censored, descriptive, judge,
    least_squares, mean, median, multiple, needed_for, needed_n, proportion, rank_sum, ratio, signed_rank,
    theil_sen, welch,
};
use proptest::prelude::*;

type OneSample = fn(&[f64], Level) -> Result<Estimate>;

const LOCATIONS: [OneSample; 3] = [mean::student_t, median::order_statistics, signed_rank::hodges_lehmann];

fn sample() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(-100.0..100.0_f64, 2..40)
}

fn positive_pairs() -> impl Strategy<Value = Vec<(f64, f64)>> {
    proptest::collection::vec((0.01..100.0_f64, 0.01..100.0_f64), 2..30)
}

fn near(x: f64, y: f64, scale: f64) -> bool {
    x == y || (x - y).abs() <= 1e-9 * (1.0 + scale)
}

/// Value and ends, where there is an interval.
fn numbers(e: &Estimate) -> Vec<f64> {
    e.interval().map_or_else(|| vec![e.value], |i| vec![e.value, i.lo, i.hi])
}

/// Anything a caller could pass.
pub(crate) fn any_values() -> impl Strategy<Value = Vec<f64>> {
    let odd = prop_oneof![
        8 => -10.0..10.0_f64,
        1 => Just(0.0),
        1 => proptest::num::f64::ANY,
    ];
    proptest::collection::vec(odd, 0..8)
}

proptest! {
    #[test]
    fn locations_follow_shift_and_scale(xs in sample(), shift in -50.0..50.0_f64, scale in 0.1..10.0_f64) {
        let moved: Vec<f64> = xs.iter().map(|x| shift + scale * x).collect();
        for f in LOCATIONS {
            let (before, after) = (f(&xs, Level::P95).unwrap(), f(&moved, Level::P95).unwrap());
            for (x, y) in numbers(&before).iter().zip(numbers(&after)) {
                prop_assert!(near(shift + scale * x, y, 1e3), "{before:?} {after:?}");
            }
        }
        for f in [descriptive::standard_deviation, descriptive::median_absolute_deviation] {
            prop_assert!(near(scale * f(&xs).unwrap(), f(&moved).unwrap(), 1e3));
        }
        let hd = descriptive::harrell_davis_median;
        prop_assert!(near(shift + scale * hd(&xs).unwrap(), hd(&moved).unwrap(), 1e3));
    }

    #[test]
    fn locations_are_odd(xs in sample()) {
        let mirrored: Vec<f64> = xs.iter().map(|x| -x).collect();
        for f in LOCATIONS {
            let (plain, mirror) = (f(&xs, Level::P95).unwrap(), f(&mirrored, Level::P95).unwrap());
            prop_assert!(near(plain.value, -mirror.value, 100.0));
            if let (Some(i), Some(j)) = (plain.interval(), mirror.interval()) {
                prop_assert!(near(i.lo, -j.hi, 1e4) && near(i.hi, -j.lo, 1e4));
            }
        }
    }

    #[test]
    fn the_order_of_the_values_does_not_matter(pairs in positive_pairs(), turn in 0_usize..30) {
        let mut turned = pairs.clone();
        turned.reverse();
        turned.rotate_left(turn % pairs.len());
        let split = |p: &[(f64, f64)]| -> (Vec<f64>, Vec<f64>) { p.iter().copied().unzip() };
        let ((b, a), (b2, a2)) = (split(&pairs), split(&turned));
        for f in LOCATIONS {
            for (x, y) in numbers(&f(&b, Level::P95).unwrap()).iter().zip(numbers(&f(&b2, Level::P95).unwrap())) {
                prop_assert!(near(*x, y, 100.0));
            }
        }
        for f in [ratio::paired, ratio::unpaired, ratio::paired_signed_rank, theil_sen::slope] {
            for (x, y) in numbers(&f(&b, &a, Level::P95).unwrap()).iter().zip(numbers(&f(&b2, &a2, Level::P95).unwrap())) {
                prop_assert!(near(*x, y, x.abs()), "{x} {y}");
            }
        }
    }

    #[test]
    fn ratios_do_not_depend_on_the_unit(pairs in positive_pairs(), unit in 1e-3..1e3_f64, factor in 0.1..10.0_f64) {
        let (b, a): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let scaled = |xs: &[f64], by: f64| -> Vec<f64> { xs.iter().map(|x| by * x).collect() };
        for f in [ratio::paired, ratio::unpaired, ratio::paired_signed_rank] {
            let before = f(&b, &a, Level::P95).unwrap();
            let after = f(&scaled(&b, factor * unit), &scaled(&a, unit), Level::P95).unwrap();
            for (x, y) in numbers(&before).iter().zip(numbers(&after)) {
                prop_assert!(near(factor * x, y, (factor * x).abs()), "{x} {y}");
            }
        }
    }

    #[test]
    fn estimates_lie_in_their_intervals_and_levels_nest(xs in sample(), pairs in positive_pairs()) {
        let (b, a): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let at = |level: f64| {
            let level = Level::new(level).unwrap();
            let mut all: Vec<Estimate> = LOCATIONS.iter().map(|f| f(&xs, level).unwrap()).collect();
            for f in [ratio::paired, ratio::unpaired, ratio::paired_signed_rank, rank_sum::shift, theil_sen::slope] {
                all.push(f(&b, &a, level).unwrap());
            }
            if b.len() > 2 {
                all.push(least_squares::line(&a, &b, level).unwrap().slope);
            }
            all.push(proportion::wilson(xs.len() / 2, xs.len(), level).unwrap());
            all.push(proportion::clopper_pearson(xs.len() / 3, xs.len(), level).unwrap());
            all
        };
        for (narrow, wide) in at(0.8).iter().zip(at(0.95)) {
            if let Some(j) = wide.interval() {
                let i = narrow.interval().expect("a lower level needs no more values");
                prop_assert!(j.lo <= i.lo && i.hi <= j.hi, "{narrow:?} {wide:?}");
                prop_assert!(i.contains(narrow.value) && j.contains(wide.value), "{narrow:?} {wide:?}");
            }
        }
    }

    #[test]
    fn slopes_follow_an_added_line(pairs in positive_pairs(), tilt in -5.0..5.0_f64) {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        prop_assume!(descriptive::standard_deviation(&x).unwrap() > 1.0);
        let tilted: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y + 3.0 + tilt * x).collect();
        let line = |x: &[f64], y: &[f64], level| least_squares::line(x, y, level).map(|l| l.slope);
        let fits: [fn(&[f64], &[f64], Level) -> Result<Estimate>; 2] = [theil_sen::slope, line];
        for fit in fits {
            let (before, after) = (fit(&x, &y, Level::P95).unwrap(), fit(&x, &tilted, Level::P95).unwrap());
            for (s, t) in numbers(&before).iter().zip(numbers(&after)) {
                // Slopes of pairs that nearly share an x lose digits.
                prop_assert!((s + tilt - t).abs() <= 1e-6 * (1.0 + s.abs()), "{s} {t}");
            }
        }
    }

    #[test]
    fn later_limits_never_widen_a_censored_ratio(pairs in positive_pairs(), limit in 1.0..50.0_f64) {
        let (b, a): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let cut = |limit: f64| -> Vec<Censored> {
            b.iter().map(|&x| if x > limit { Censored::AtLeast(limit) } else { Censored::Value(x) }).collect()
        };
        let a: Vec<Censored> = a.iter().map(|&x| Censored::Value(x)).collect();
        let at = |limit| censored::paired_ratio_median(&cut(limit), &a, Level::P90).unwrap();
        let (early, late) = (at(limit), at(2.0 * limit));
        prop_assert!(early.value <= late.value);
        if let (Some(e), Some(l)) = (early.interval(), late.interval()) {
            prop_assert!(e.lo <= l.lo && l.hi <= e.hi);
        }
    }

    #[test]
    fn order_is_antisymmetric(pairs in positive_pairs(), limit in 1.0..50.0_f64) {
        let cut = |x: f64| if x > limit { Censored::AtLeast(limit) } else { Censored::Value(x) };
        let (a, b): (Vec<Censored>, Vec<Censored>) = pairs.iter().map(|&(x, y)| (cut(x), cut(y))).unzip();
        let (ab, ba) = (OrderCounts::of(&a, &b).unwrap(), OrderCounts::of(&b, &a).unwrap());
        prop_assert_eq!((ab.less, ab.ties, ab.undecided), (ba.greater, ba.ties, ba.undecided));
        prop_assert_eq!(ab.sign_test(), ba.sign_test());
        let (p, q) = (ab.probability_less(Level::P95).unwrap(), ba.probability_less(Level::P95).unwrap());
        if ab.ties == 0 {
            prop_assert!(near(p.value, 1.0 - q.value, 1.0));
            prop_assert!(near(p.interval().unwrap().lo, 1.0 - q.interval().unwrap().hi, 1.0));
        }
    }

    #[test]
    fn adjusted_p_values_keep_the_order(p in proptest::collection::vec(0.0..=1.0_f64, 0..20)) {
        let (holm, bh) = (multiple::holm(&p).unwrap(), multiple::benjamini_hochberg(&p).unwrap());
        for i in 0..p.len() {
            prop_assert!(p[i] <= bh[i] && bh[i] <= holm[i] && holm[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || (holm[i] <= holm[j] && bh[i] <= bh[j]));
            }
        }
    }

    #[test]
    fn judging_agrees_with_membership(lo in -10.0..10.0_f64, width in 0.0..5.0_f64, at in -10.0..10.0_f64, room in 0.0..5.0_f64) {
        let interval = Interval::new(lo, lo + width, 0.95).unwrap();
        let region = Region::between(at, at + room).unwrap();
        let steps = (0..=1000).map(|i| lo + width * f64::from(i) / 1000.0);
        let inside = steps.filter(|x| region.contains(*x)).count();
        match judge(&interval, &region) {
            Position::Inside => prop_assert!(inside >= 1000),
            Position::Outside => prop_assert_eq!(inside, 0),
            Position::Straddles => prop_assert!(inside < 1001),
        }
    }

    #[test]
    fn closer_boundaries_need_more(n in 1_usize..1000, half in 0.01..10.0_f64, near_by in 0.001..5.0_f64, more in 0.0..5.0_f64) {
        prop_assert!(needed_n(n, half, near_by).unwrap() >= needed_n(n, half, near_by + more).unwrap());
    }

    #[test]
    fn no_input_panics(xs in any_values(), ys in any_values(), level in proptest::num::f64::ANY, k in 0_usize..5) {
        let level = Level::new(level).unwrap_or(Level::P95);
        let censor = |v: &[f64]| -> Vec<Censored> {
            v.iter().enumerate().map(|(i, &x)| if i % 2 == k % 2 { Censored::AtLeast(x) } else { Censored::Value(x) }).collect()
        };
        let (cx, cy) = (censor(&xs), censor(&ys));
        let mut all: Vec<Result<Estimate>> = vec![Estimate::deterministic(&xs), mean::geometric(&xs, level)];
        all.extend(LOCATIONS.iter().map(|f| f(&xs, level)));
        for f in [
            mean::paired_difference, welch::difference, rank_sum::shift, theil_sen::slope,
            ratio::paired, ratio::unpaired, ratio::paired_signed_rank, least_squares::exponent_theil_sen,
        ] {
            all.push(f(&xs, &ys, level));
        }
        for f in [censored::paired_ratio, censored::paired_ratio_median, censored::unpaired_ratio] {
            all.push(f(&cx, &cy, level));
        }
        all.extend([censored::median(&cx, level), censored::geometric(&cx, level)]);
        all.extend([censored::deterministic(&cx), censored::deterministic_ratio(&cx, &cy)]);
        all.extend([least_squares::line(&xs, &ys, level), least_squares::power_law(&xs, &ys, level)].map(|r| r.map(|l| l.slope)));
        all.push(OrderCounts::of(&cx, &cy).and_then(|c| c.probability_less(level)));
        all.extend([proportion::wilson(k, xs.len(), level), proportion::clopper_pearson(k, xs.len(), level)]);
        all.push(bootstrap::bca(&xs, |v| v.iter().sum(), level, Bootstrap { resamples: 1000, seed: 1 }));
        let region = Region::at_least(1.0).unwrap();
        for estimate in all.into_iter().flatten() {
            prop_assert!(!estimate.value.is_nan(), "{estimate:?}");
            if let Some(i) = estimate.interval() {
                prop_assert!(i.lo <= i.hi, "{estimate:?}");
            }
            let _ = needed_for(&estimate, &region);
        }
        let p_values = [
            welch::pooled_test(&xs, &ys).map(|t| t.p), welch::test(&xs, &ys).map(|t| t.p), welch::paired_test(&xs, &ys).map(|t| t.p),
            welch::tost(&xs, &ys, 1.0).map(|t| t.p()), welch::tost_ratio(&xs, &ys, 0.1).map(|t| t.p()),
            signed_rank::test(&xs).map(|t| t.p), signed_rank::test_normal(&xs).map(|t| t.p),
            rank_sum::test(&xs, &ys).map(|t| t.p), rank_sum::test_normal(&xs, &ys).map(|t| t.p),
            harness_stats::friedman::test(&[&xs, &ys]).map(|t| t.p),
        ];
        for p in p_values.into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&p), "{p}");
        }
        let _ = (Fences::of(&xs), outlier::robust_z(&xs), descriptive::harrell_davis(&xs, level.get()));
        let _ = (multiple::holm(&xs), multiple::benjamini_hochberg(&xs));
    }
}
