//! The same code on both sides, on a machine that drifts: how often does a comparison see a difference?

use harness_trend::compare::{Certainty, Comparison, Options, Side, compare};
use harness_trend::measured;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::rows::{Chosen, Rows};

const COMPARISONS: u64 = 200;
const FAMILIES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const BLOCKS: u32 = 10;

/// A machine whose speed wanders: a first-order autoregression with ρ = 0.9 and steps of 2 %, and 1 % that is no memory.
struct Machine {
    random: ChaCha8Rng,
    drift: f64,
}

impl Machine {
    fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), drift: 0.0 }
    }

    /// About normal: the sum of twelve uniform numbers.
    fn noise(&mut self) -> f64 {
        (0..12).map(|_| f64::from(self.random.next_u32()) / f64::from(u32::MAX)).sum::<f64>() - 6.0
    }

    /// The seconds of the next run.
    fn seconds(&mut self) -> f64 {
        self.drift = 0.9 * self.drift + 0.02 * self.noise();
        (self.drift + 0.01 * self.noise()).exp()
    }
}

/// The runs of both sides, in turns or one side after the other.
fn both(seed: u64, interleaved: bool) -> (Rows, Rows) {
    let mut machine = Machine::new(seed);
    let (mut a, mut b) = (Rows::default(), Rows::default());
    let mut run = |rows: &mut Rows, campaign: &str, code: &str, solver: &str, block: u32| {
        let seconds = Some(machine.seconds());
        let chosen = Chosen {
            solver,
            campaign,
            code,
            replicate: block,
            block: Some(block),
            seconds,
            ..Chosen::default()
        };
        rows.push(&chosen, |_| {});
    };
    if interleaved {
        for block in 0..BLOCKS {
            for solver in FAMILIES {
                for side in ["old", "new", "new", "old"] {
                    let rows = if side == "old" { &mut a } else { &mut b };
                    run(rows, "confirm-x", side, solver, block);
                }
            }
        }
    } else {
        for (rows, side) in [(&mut a, "old"), (&mut b, "new")] {
            for solver in FAMILIES {
                for block in 0..BLOCKS {
                    run(rows, side, side, solver, block);
                }
            }
        }
    }
    (a, b)
}

fn side(rows: &Rows) -> Side<'_> {
    Side { runs: measured(&rows.runs, &rows.samples), ..Side::default() }
}

/// Any difference counts, however small, so that the level of the test is what is measured.
fn compared(seed: u64, interleaved: bool) -> Comparison {
    let (a, b) = both(seed, interleaved);
    let options = Options { cpu: 0.0, wall: 0.0, ..Options::default() };
    compare(&side(&a), &side(&b), &options)
}

fn share(interleaved: bool, found: impl Fn(&Comparison) -> bool) -> f64 {
    (0..COMPARISONS).filter(|seed| found(&compared(*seed, interleaved))).count() as f64 / COMPARISONS as f64
}

fn differs(comparison: &Comparison) -> bool {
    comparison.regressions().chain(comparison.improvements()).next().is_some()
}

#[test]
fn in_turns_at_most_one_comparison_in_twenty_sees_a_difference_in_any_of_its_families() {
    let seen = share(true, differs);
    assert!(seen <= 0.08, "{seen}");
}

#[test]
fn one_after_the_other_most_see_one_and_none_is_confirmed() {
    let confirmed = |comparison: &Comparison| {
        comparison.families.iter().any(|f| f.worse.max(f.better) == Some(Certainty::Confirmed))
    };
    let seen = share(false, differs);
    assert!(seen > 0.5, "the drift that turns protect from is not there: {seen}");
    assert_eq!(share(false, confirmed), 0.0);
}
