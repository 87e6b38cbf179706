//! The order in which compared solvers run.
//!
//! Solvers that are compared by time run next to each other, block by block: a block holds one process of each. Within
//! blocks the orders are the rows of a Williams design, in which every solver stands at every place equally often and
//! follows every other equally often, so that neither a drift of the machine nor what the one before left behind favours
//! any of them (two solvers: AB, BA, AB, …). Which solver takes which letter, and which problem comes first, is drawn
//! anew from the campaign's seed.

/// A permutation of `0..n` drawn from a seed: the same for the same `seed` and `what`.
pub(super) fn shuffled(n: usize, seed: u64, what: &[u64]) -> Vec<usize> {
    let rank = |i: usize| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"harness/order/1\0");
        for part in [seed].iter().chain(what).chain(&[i as u64]) {
            hasher.update(&part.to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    };
    let mut order: Vec<(_, usize)> = (0..n).map(|i| (rank(i), i)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, i)| i).collect()
}

/// Row `row` of a Williams design for `n` treatments: an order of `0..n`. The rows repeat after `n` (`n` even) or `2n`
/// (`n` odd). E. J. Williams, Aust. J. Sci. Res. A 2 (1949).
pub(super) fn williams(n: usize, row: usize) -> Vec<usize> {
    let backwards = n % 2 == 1 && row % (2 * n) >= n;
    let shift = row % n.max(1);
    // 0, 1, n − 1, 2, n − 2, …
    let first = (0..n).map(|i| if i % 2 == 1 { i.div_ceil(2) } else { (n - i / 2) % n });
    let mut order: Vec<usize> = first.map(|i| (i + shift) % n).collect();
    if backwards {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn period(n: usize) -> usize {
        if n.is_multiple_of(2) { n } else { 2 * n }
    }

    #[test]
    fn two_solvers_run_ab_ba() {
        let rows: Vec<_> = (0..4).map(|row| williams(2, row)).collect();
        assert_eq!(rows, [[0, 1], [1, 0], [0, 1], [1, 0]]);
    }

    proptest! {
        #[test]
        fn every_solver_has_every_place_and_follows_every_other_equally_often(n in 2_usize..12) {
            let mut places: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            let mut follows: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            for row in 0..period(n) {
                let order = williams(n, row);
                for (place, solver) in order.iter().enumerate() {
                    *places.entry((*solver, place)).or_default() += 1;
                }
                for pair in order.windows(2) {
                    *follows.entry((pair[0], pair[1])).or_default() += 1;
                }
            }
            let each = period(n) / n;
            prop_assert_eq!(places.len(), n * n);
            prop_assert!(places.values().all(|count| *count == each));
            prop_assert_eq!(follows.len(), n * (n - 1));
            prop_assert!(follows.values().all(|count| *count == each));
        }

        #[test]
        fn a_shuffle_is_a_permutation_and_repeatable(n in 0_usize..50, seed: u64, what: u64) {
            let order = shuffled(n, seed, &[what]);
            prop_assert_eq!(&order, &shuffled(n, seed, &[what]));
            let mut sorted = order;
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn another_seed_or_block_is_another_order() {
        assert_ne!(shuffled(20, 1, &[0]), shuffled(20, 2, &[0]));
        assert_ne!(shuffled(20, 1, &[0]), shuffled(20, 1, &[1]));
        assert_eq!(williams(1, 5), [0]);
        assert!(williams(0, 0).is_empty());
    }
}
