//! A/A campaigns: both sides are the same program, so every difference found is false.
//!
//! Log run time = stationary AR(1) drift with 2 % innovations + 1 % white noise, 40 runs a campaign. The nominal rate of false differences
//! is 5 %. Ten ABBA blocks with Student t on the block effects keep it under any drift; running all of A before all of B does
//! not, and neither does a percentile bootstrap over ten blocks. The last two are here to show why the harness does the first.
//!
//! The harness's campaigns run each solver once a block in the orders of a Williams design, usually five blocks; the same holds
//! there for the ratio that the report shows of any two of them.

use harness_stats::{Censored, Level, censored, mean, welch};

use crate::generator::Generator;

const BLOCKS: usize = 10;
const CAMPAIGNS: usize = 4000;

/// Log times of one campaign in the order of execution.
fn log_times(generator: &mut Generator, rho: f64) -> Vec<f64> {
    let mut drift = generator.normal() * 0.02 / (1.0 - rho * rho).sqrt();
    (0..4 * BLOCKS)
        .map(|_| {
            drift = rho * drift + 0.02 * generator.normal();
            drift + 0.01 * generator.normal()
        })
        .collect()
}

/// Mean of B minus mean of A in each ABBA block.
fn block_effects(times: &[f64]) -> Vec<f64> {
    times.chunks_exact(4).map(|t| 0.5 * (t[1] + t[2]) - 0.5 * (t[0] + t[3])).collect()
}

fn false_rate(seed: u64, rho: f64, campaigns: usize, mut differs: impl FnMut(&[f64]) -> bool) -> f64 {
    let mut generator = Generator::new(seed);
    let found = (0..campaigns).filter(|_| differs(&log_times(&mut generator, rho))).count();
    found as f64 / campaigns as f64
}

fn student_t_differs(times: &[f64]) -> bool {
    let estimate = mean::student_t(&block_effects(times), Level::P95).unwrap();
    !estimate.interval().unwrap().contains(0.0)
}

#[test]
fn abba_with_t_on_blocks_keeps_its_level_under_any_drift() {
    for (seed, rho) in [(1, 0.0), (2, 0.5), (3, 0.9), (4, 0.99)] {
        let rate = false_rate(seed, rho, CAMPAIGNS, student_t_differs);
        // Binomial standard error 0.0034.
        assert!((rate - 0.05).abs() < 0.0105, "drift {rho}: {rate}");
    }
}

#[test]
fn sequential_order_mistakes_drift_for_a_difference() {
    let differs = |times: &[f64]| {
        let (a, b) = times.split_at(times.len() / 2);
        welch::test(b, a).unwrap().p < 0.05
    };
    // Expected rates from 20 000 campaigns of a NumPy program; standard error here up to 0.008.
    for (seed, rho, expected) in [(5, 0.0, 0.049), (6, 0.5, 0.226), (7, 0.9, 0.619), (8, 0.99, 0.747)] {
        let rate = false_rate(seed, rho, CAMPAIGNS, differs);
        assert!((rate - expected).abs() < 0.025, "drift {rho}: {rate}, expected about {expected}");
    }
}

#[test]
fn a_bootstrap_over_ten_blocks_is_too_narrow() {
    let mut resampling = Generator::new(99);
    let mut differs = |times: &[f64]| {
        let effects = block_effects(times);
        let mut means: Vec<f64> = (0..1000)
            .map(|_| (0..BLOCKS).map(|_| effects[resampling.below(BLOCKS)]).sum::<f64>() / BLOCKS as f64)
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        means[25] > 0.0 || means[974] < 0.0
    };
    let rate = false_rate(9, 0.9, CAMPAIGNS, &mut differs);
    // About 0.10; standard error 0.005.
    assert!((rate - 0.10).abs() < 0.02, "{rate}");
}

/// The order of the solvers in a block, as the harness's plan makes it: row `row` of a Williams design.
fn williams(solvers: usize, row: usize) -> Vec<usize> {
    // 0, 1, n − 1, 2, …, turned by the row; the second half of an odd design read backwards.
    let (mut low, mut high) = (0, solvers);
    let mut order: Vec<usize> = (0..solvers)
        .map(|i| {
            if i % 2 == 0 && i > 0 {
                high -= 1;
                high
            } else {
                low += usize::from(i > 0);
                low
            }
        })
        .map(|letter| (letter + row) % solvers)
        .collect();
    if solvers % 2 == 1 && row % (2 * solvers) >= solvers {
        order.reverse();
    }
    order
}

/// Times of all solvers, the blocks one after another, under drift and with a trend of so much a run.
fn times_in_turns(
    generator: &mut Generator,
    order: impl Fn(usize) -> Vec<usize>,
    blocks: usize,
    rho: f64,
    trend: f64,
) -> Vec<Vec<f64>> {
    let mut drift = generator.normal() * 0.02 / (1.0 - rho * rho).sqrt();
    let mut times = vec![Vec::with_capacity(blocks); order(0).len()];
    let runs = (0..blocks).flat_map(order);
    for (run, solver) in runs.enumerate() {
        drift = rho * drift + 0.02 * generator.normal();
        times[solver].push((drift + trend * run as f64 + 0.01 * generator.normal()).exp());
    }
    times
}

/// For each pair of solvers, how often the ratio that the report shows (paired by block, t on logarithms) leaves out 1.
fn false_rates(
    seed: u64,
    order: impl Fn(usize) -> Vec<usize>,
    blocks: usize,
    rho: f64,
    trend: f64,
) -> Vec<f64> {
    const CAMPAIGNS: usize = 2000;
    let solvers = order(0).len();
    let mut generator = Generator::new(seed);
    let mut found = vec![0_u32; solvers * (solvers - 1) / 2];
    for _ in 0..CAMPAIGNS {
        let times = times_in_turns(&mut generator, &order, blocks, rho, trend);
        let times: Vec<Vec<Censored>> =
            times.iter().map(|t| t.iter().map(|t| Censored::Value(*t)).collect()).collect();
        let pairs = (0..solvers).flat_map(|i| (0..i).map(move |j| (i, j)));
        for (count, (i, j)) in found.iter_mut().zip(pairs) {
            let ratio = censored::paired_ratio(&times[i], &times[j], Level::P95).unwrap();
            *count += u32::from(!ratio.interval().unwrap().contains(1.0));
        }
    }
    found.iter().map(|count| f64::from(*count) / CAMPAIGNS as f64).collect()
}

#[test]
fn five_blocks_of_a_williams_design_keep_the_level_for_every_pair_under_drift() {
    for (seed, solvers) in [(20, 2), (30, 3), (40, 4), (50, 5)] {
        for (more, rho) in [(0, 0.0), (1, 0.9), (2, 0.99)] {
            let rates = false_rates(seed + more, |block| williams(solvers, block), 5, rho, 0.0);
            let mean = rates.iter().sum::<f64>() / rates.len() as f64;
            assert!((mean - 0.05).abs() < 0.015, "{solvers} solvers, drift {rho}: {mean}");
            // Up to ten pairs of standard error 0.005 each.
            assert!(rates.iter().all(|rate| (0.03..0.075).contains(rate)), "{solvers}, {rho}: {rates:?}");
        }
    }
}

#[test]
fn a_trend_deceives_a_fixed_order_and_not_a_williams_design() {
    // Every run is a percent slower than the one before, as when a machine heats up.
    let fixed = false_rates(60, |_| (0..4).collect(), 5, 0.0, 0.01);
    let turns = false_rates(61, |block| williams(4, block), 5, 0.0, 0.01);
    // The pair of the first and the last solver of the fixed order.
    assert!(fixed[3] > 0.3, "{fixed:?}");
    assert!(turns.iter().all(|rate| *rate < 0.075), "{turns:?}");
}

#[test]
fn a_whole_williams_design_cancels_a_linear_trend() {
    for solvers in 2..9 {
        let places = |solver: usize| -> usize {
            (0..solvers)
                .map(|block| {
                    let order = williams(solvers, block);
                    block * solvers + order.iter().position(|s| *s == solver).unwrap()
                })
                .sum()
        };
        assert!((0..solvers).all(|solver| places(solver) == places(0)), "{solvers}");
    }
}

#[test]
fn the_pooled_control_of_several_problems_keeps_its_one_percent() {
    // Four solvers on three problems, the second solver the double of the first; what the report does with them: the mean over
    // problems within a block, then t over blocks, at 99 %.
    const CAMPAIGNS: u32 = 4000;
    let level = Level::new(0.99).unwrap();
    let order = |block: usize| -> Vec<usize> {
        (0..3).flat_map(|p| williams(4, block).into_iter().map(move |s| 4 * ((p + block) % 3) + s)).collect()
    };
    for (seed, rho) in [(70, 0.0), (71, 0.9), (72, 0.99)] {
        let mut generator = Generator::new(seed);
        let failed: u32 = (0..CAMPAIGNS)
            .map(|_| {
                let times = times_in_turns(&mut generator, order, 5, rho, 0.0);
                let effect = |block: usize| -> f64 {
                    (0..3).map(|p| (times[4 * p + 1][block] / times[4 * p][block]).ln()).sum::<f64>() / 3.0
                };
                let effects: Vec<f64> = (0..5).map(effect).collect();
                u32::from(!mean::student_t(&effects, level).unwrap().interval().unwrap().contains(0.0))
            })
            .sum();
        // Standard error 0.0016.
        let rate = f64::from(failed) / f64::from(CAMPAIGNS);
        assert!((rate - 0.01).abs() < 0.0065, "drift {rho}: {rate}");
    }
}
