//! Clebsch-Gordan coefficients over sums and differences of products of components: half as many as over products.
//!
//! With `a, b` the components of orders `±m1` of x and `c, d` those of orders `±m2` of y, `m1, m2 > 0`, these are `ac − bd` and
//! `ad + bc`, of order `m1 + m2`, and `ac + bd` and `bc − ad`, of order `|m1 − m2|`: the real and imaginary parts of the products of
//! complex harmonics. Products with order 0 stay as they are. Real coefficients of `ac` and `bd` towards one output are equal or
//! opposite, and so are those of `ad` and `bc`: each output is a sum over as many of these as there are pairs of orders.

use std::collections::BTreeSet;

use super::clebsch_gordan::nonzeros;
use super::index::{dim, order};
use super::paths::Path;

/// The absolute order, and whether it is an imaginary part: outputs of one kind are sums over the same products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Kind {
    order: usize,
    is_imaginary: bool,
}

/// What is done with the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// The product of two components, one of them of order 0.
    Product,
    /// `ac − bd`, of order `m1 + m2`.
    RealOfSum,
    /// `ac + bd`, of order `|m1 − m2|`.
    RealOfDifference,
    /// `ad + bc`, of order `m1 + m2`.
    ImaginaryOfSum,
    /// `bc − ad`, of order `|m1 − m2|`.
    ImaginaryOfDifference,
}

/// One of the products of a pair of irreps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its place among them.
    pub place: usize,
    /// What outputs it contributes to.
    pub kind: Kind,
    /// The orders of the two components; of a combination both are positive.
    pub orders: [isize; 2],
    /// What is done with them.
    pub combination: Combination,
}

impl Slot {
    /// `x_m1 y_m2`, one of them of order 0, of irreps `(_, l2)`.
    fn product(l2: usize, [m1, m2]: [isize; 2]) -> Self {
        let m = m1 + m2;
        let kind = Kind { order: m.unsigned_abs(), is_imaginary: m < 0 };
        let place = if m1 == 0 {
            (l2 as isize + m2) as usize
        } else {
            (2 * kind.order - 1) * dim(l2) + usize::from(m < 0)
        };
        Self { place, kind, orders: [m1, m2], combination: Combination::Product }
    }

    /// A combination of the products of orders `±m1` and `±m2`.
    fn combined(l2: usize, orders: [isize; 2], combination: Combination) -> Self {
        let [m1, m2] = orders.map(isize::unsigned_abs);
        let (order, is_imaginary, which) = match combination {
            Combination::Product | Combination::RealOfSum => (m1 + m2, false, 0),
            Combination::RealOfDifference => (m1.abs_diff(m2), false, 1),
            Combination::ImaginaryOfSum => (m1 + m2, true, 2),
            Combination::ImaginaryOfDifference => (m1.abs_diff(m2), true, 3),
        };
        let place = (2 * m1 - 1) * dim(l2) + 2 + 4 * (m2 - 1) + which;
        Self { place, kind: Kind { order, is_imaginary }, orders, combination }
    }
}

/// For each output of a path the products that it is a sum over, with their coefficients.
pub fn terms(path: Path) -> Vec<Vec<(Slot, f64)>> {
    /// What two equal or opposite coefficients may differ by: their last places.
    const ROUNDING: f64 = 1e-14;
    let Path { l1, l2, l3 } = path;
    let entries = nonzeros(path);
    let coefficient = |k: usize, i: isize, j: isize| {
        let (i, j) = ((l1 as isize + i) as usize, (l2 as isize + j) as usize);
        entries.iter().find(|e| (e.i, e.j, e.k) == (i, j, k)).map_or(0.0, |e| e.c)
    };
    let mut outputs = Vec::new();
    for k in 0..dim(l3) {
        let mut seen = BTreeSet::new();
        let mut slots = Vec::new();
        for entry in entries.iter().filter(|entry| entry.k == k) {
            let (r1, r2) = (order(l1, entry.i), order(l2, entry.j));
            let (m1, m2) = (r1.abs(), r2.abs());
            if m1 == 0 || m2 == 0 {
                slots.push((Slot::product(l2, [r1, r2]), entry.c));
                continue;
            }
            // Each two once, by whichever is met first.
            let is_imaginary = (r1 < 0) != (r2 < 0);
            if !seen.insert((m1, m2, is_imaginary)) {
                continue;
            }
            let (first, second) = if is_imaginary {
                (coefficient(k, -m1, m2), coefficient(k, m1, -m2))
            } else {
                (coefficient(k, m1, m2), coefficient(k, -m1, -m2))
            };
            let (sum, difference) = (0.5 * (first + second), 0.5 * (first - second));
            debug_assert!(
                sum.abs().min(difference.abs()) < ROUNDING,
                "{path:?}, output {k}: {first} and {second}"
            );
            // ac + bd and bc + ad, or ac − bd and bc − ad.
            let adds = sum.abs() > difference.abs();
            let combination = match (is_imaginary, adds) {
                (false, false) => Combination::RealOfSum,
                (false, true) => Combination::RealOfDifference,
                (true, true) => Combination::ImaginaryOfSum,
                (true, false) => Combination::ImaginaryOfDifference,
            };
            let c = if adds { sum } else { difference };
            slots.push((Slot::combined(l2, [m1, m2], combination), c));
        }
        debug_assert!(
            slots
                .iter()
                .all(|(slot, _)| slot.kind == slots[0].0.kind
                    && slot.kind.order == order(l3, k).unsigned_abs()),
            "{path:?}, output {k} is a sum over products of several kinds"
        );
        outputs.push(slots);
    }
    outputs
}
