//! How often intervals hold the true value, over seeded simulations. An exact 95 % interval deviates by less than 0.013 in 4000
//! repetitions (four standard errors); intervals from ranks cover at least their level.

use harness_stats::order::OrderCounts;
use harness_stats::{
    Censored, Estimate, Interval, Level, Needed, Result, censored, least_squares, mean, median, needed,
    proportion, rank_sum, ratio, signed_rank, theil_sen, welch,
};

use crate::generator::Generator;

const REPETITIONS: usize = 4000;
const FOUR_ERRORS: f64 = 0.0138;

fn coverage(seed: u64, truth: f64, repetitions: usize, run: impl Fn(&mut Generator) -> Estimate) -> f64 {
    let mut generator = Generator::new(seed);
    let held = (0..repetitions).filter(|_| run(&mut generator).interval().unwrap().contains(truth)).count();
    held as f64 / repetitions as f64
}

#[track_caller]
fn exact(name: &str, rate: f64) {
    assert!((rate - 0.95).abs() < FOUR_ERRORS, "{name}: {rate}");
}

#[track_caller]
fn at_least(name: &str, rate: f64, upper: f64) {
    assert!(rate > 0.95 - FOUR_ERRORS && rate < upper, "{name}: {rate}");
}

#[test]
fn t_intervals_hold_their_level_on_normal_values() {
    for n in [2, 5, 20] {
        let rate =
            coverage(n as u64, 0.0, REPETITIONS, |g| mean::student_t(&g.normals(n), Level::P95).unwrap());
        exact("mean", rate);
    }
    let rate = coverage(31, 3.0, REPETITIONS, |g| {
        let xs: Vec<f64> = g.normals(6).iter().map(|z| 3.0 * z.exp()).collect();
        mean::geometric(&xs, Level::P95).unwrap()
    });
    exact("geometric mean", rate);
}

#[test]
fn ratios_hold_their_level_on_lognormal_values() {
    let pair = |g: &mut Generator| {
        // Instances differ tenfold; the pairing takes that out.
        let scale: Vec<f64> = (0..8).map(|_| (2.0 * g.normal()).exp()).collect();
        let b: Vec<f64> = scale.iter().map(|s| 2.0 * s * (0.3 * g.normal()).exp()).collect();
        let a: Vec<f64> = scale.iter().map(|s| s * (0.1 * g.normal()).exp()).collect();
        (b, a)
    };
    let rate = coverage(41, 2.0, REPETITIONS, |g| {
        let (b, a) = pair(g);
        ratio::paired(&b, &a, Level::P95).unwrap()
    });
    exact("paired ratio", rate);
    let rate = coverage(42, 2.0, REPETITIONS, |g| {
        let (b, a) = pair(g);
        ratio::paired_signed_rank(&b, &a, Level::P95).unwrap()
    });
    at_least("signed-rank ratio", rate, 0.98);
    let rate = coverage(43, 2.0, REPETITIONS, |g| {
        let b: Vec<f64> = g.normals(6).iter().map(|z| 2.0 * (0.5 * z).exp()).collect();
        let a: Vec<f64> = g.normals(15).iter().map(|z| (0.1 * z).exp()).collect();
        ratio::unpaired(&b, &a, Level::P95).unwrap()
    });
    exact("Welch ratio", rate);
}

#[test]
fn censoring_never_costs_coverage() {
    // Times of b above 3 are cut off there; the truth about the ratio is kept.
    let rate = coverage(44, 2.0, REPETITIONS, |g| {
        let cut = |x: f64| if x > 3.0 { Censored::AtLeast(3.0) } else { Censored::Value(x) };
        let b: Vec<Censored> = g.normals(8).iter().map(|z| cut(2.0 * (0.5 * z).exp())).collect();
        let a: Vec<Censored> = g.normals(8).iter().map(|z| Censored::Value((0.2 * z).exp())).collect();
        censored::paired_ratio(&b, &a, Level::P95).unwrap()
    });
    at_least("censored ratio", rate, 1.0);
    let rate = coverage(45, 1.0, REPETITIONS, |g| {
        let cut = |x: f64| if x > 1.5 { Censored::AtLeast(1.5) } else { Censored::Value(x) };
        let xs: Vec<Censored> = g.normals(15).iter().map(|z| cut(z.exp())).collect();
        censored::median(&xs, Level::P95).unwrap()
    });
    at_least("censored median", rate, 0.98);
}

#[test]
fn rank_intervals_hold_on_heavy_tails() {
    for n in [6, 12, 40] {
        let heavy = |g: &mut Generator| (0..n).map(|_| g.heavy_tailed()).collect::<Vec<_>>();
        let rate =
            coverage(50, 0.0, REPETITIONS, |g| median::order_statistics(&heavy(g), Level::P95).unwrap());
        at_least("order statistics", rate, 0.99);
        let rate =
            coverage(51, 0.0, REPETITIONS, |g| signed_rank::hodges_lehmann(&heavy(g), Level::P95).unwrap());
        at_least("signed rank", rate, 0.99);
    }
    for (n, m) in [(5, 7), (30, 30)] {
        let rate = coverage(52, 1.0, REPETITIONS, |g| {
            let b: Vec<f64> = (0..n).map(|_| 1.0 + g.heavy_tailed()).collect();
            let a: Vec<f64> = (0..m).map(|_| g.heavy_tailed()).collect();
            rank_sum::shift(&b, &a, Level::P95).unwrap()
        });
        at_least("shift", rate, 0.98);
    }
}

#[test]
fn slopes_hold_their_level() {
    for n in [5, 10, 30] {
        let x: Vec<f64> = (0..n).map(f64::from).collect();
        let y = |g: &mut Generator| x.iter().map(|x| 1.0 - 0.5 * x + g.normal()).collect::<Vec<_>>();
        let rate =
            coverage(60, -0.5, REPETITIONS, |g| least_squares::line(&x, &y(g), Level::P95).unwrap().slope);
        exact("least squares", rate);
        let rate = coverage(61, -0.5, REPETITIONS, |g| theil_sen::slope(&x, &y(g), Level::P95).unwrap());
        at_least("Theil-Sen", rate, 0.99);
    }
}

/// Exact coverage at a true proportion, summed over the binomial distribution; one interval for each count.
fn proportion_coverage(intervals: &[Interval], p: f64) -> f64 {
    let n = intervals.len() - 1;
    let mut term = (1.0 - p).powi(n as i32);
    let mut sum = 0.0;
    for (k, interval) in intervals.iter().enumerate() {
        if interval.contains(p) {
            sum += term;
        }
        term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    sum
}

#[test]
fn proportions_cover_every_true_value() {
    let table = |n: usize, f: fn(usize, usize, Level) -> Result<Estimate>| -> Vec<Interval> {
        (0..=n).map(|k| f(k, n, Level::P95).unwrap().interval().unwrap()).collect()
    };
    for n in [1, 7, 20] {
        let (exact, score) = (table(n, proportion::clopper_pearson), table(n, proportion::wilson));
        let mut average = 0.0;
        for i in 1..2000 {
            let p = f64::from(i) / 2000.0;
            let covered = proportion_coverage(&exact, p);
            assert!(covered >= 0.95 - 1e-12, "n = {n}, p = {p}: {covered}");
            average += proportion_coverage(&score, p) / 1999.0;
        }
        assert!((average - 0.95).abs() < 0.02, "n = {n}: {average}");
    }
}

#[test]
fn order_probability_covers() {
    // P(a < b) = 0.8 for exponential times of means 1 and 4.
    let rate = coverage(80, 0.8, REPETITIONS, |g| {
        let mut times = |mean: f64| -> Vec<Censored> {
            (0..12)
                .map(|_| -mean * g.uniform().ln())
                .map(|t| if t > 6.0 { Censored::AtLeast(6.0) } else { Censored::Value(t) })
                .collect()
        };
        let (a, b) = (times(1.0), times(4.0));
        OrderCounts::of(&a, &b).unwrap().probability_less(Level::P95).unwrap()
    });
    at_least("order", rate, 1.0);
}

#[test]
fn planned_sample_sizes_reach_their_power() {
    let Needed::About(n) = needed::sample_size(needed::Design::Unpaired, 1.0, 0.8, Level::P95, 0.8).unwrap()
    else {
        panic!("capped");
    };
    let mut g = Generator::new(90);
    let found = (0..REPETITIONS)
        .filter(|_| {
            let b: Vec<f64> = g.normals(n).iter().map(|z| z + 0.8).collect();
            welch::test(&b, &g.normals(n)).unwrap().p < 0.05
        })
        .count();
    let power = found as f64 / REPETITIONS as f64;
    assert!((power - 0.8).abs() < 0.03, "{power}");
}

#[test]
fn tests_reject_at_their_level() {
    let mut g = Generator::new(91);
    let (mut welch_count, mut rank_count, mut tost_count) = (0, 0, 0);
    for _ in 0..REPETITIONS {
        let (a, b) = (g.normals(9), g.normals(12));
        welch_count += usize::from(welch::test(&b, &a).unwrap().p < 0.05);
        rank_count += usize::from(rank_sum::test(&a, &b).unwrap().p < 0.05);
        // At the margin itself, equivalence is claimed falsely at most 5 % of the time.
        let shifted: Vec<f64> = b.iter().map(|x| x + 3.0).collect();
        tost_count += usize::from(welch::tost(&shifted, &a, 3.0).unwrap().p() < 0.05);
    }
    let rate = |count: usize| count as f64 / REPETITIONS as f64;
    assert!((rate(welch_count) - 0.05).abs() < FOUR_ERRORS, "{}", rate(welch_count));
    assert!((0.03..0.05 + FOUR_ERRORS).contains(&rate(rank_count)), "{}", rate(rank_count));
    assert!((rate(tost_count) - 0.05).abs() < FOUR_ERRORS, "{}", rate(tost_count));
}
