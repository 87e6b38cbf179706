//! A/A campaigns: both sides are the same program, so every difference found is false.
//!
//! Log run time = stationary AR(1) drift with 2 % innovations + 1 % white noise, 40 runs a campaign. The nominal rate of false differences
//! is 5 %. Ten ABBA blocks with Student t on the block effects keep it under any drift; running all of A before all of B does
//! not, and neither does a percentile bootstrap over ten blocks. The last two are here to show why the harness does the first.

use harness_stats::{Level, mean, welch};

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
