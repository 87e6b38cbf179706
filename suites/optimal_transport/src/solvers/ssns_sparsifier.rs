//! Sparsification with an error bound, as a step of [`super::ssns`] makes it.

use crate::kernels::Matrix;

/// Which entries of a matrix are kept, column by column (the matrix is given by its transpose), the last column left out.
#[derive(Default)]
pub(super) struct Sparsifier {
    /// Where each column's entries begin.
    starts: Vec<usize>,
    /// Row and value of the entries kept; rows ascend within a column.
    entries: Vec<(u32, f64)>,
    /// The largest entry dropped from each column, as an order: (value, row).
    thresholds: Vec<(f64, u32)>,
    /// Mass dropped from each row.
    dropped: Vec<f64>,
    /// Mass dropped from each column but the last.
    dropped_from_columns: Vec<f64>,
    /// Mass dropped in all.
    pub(super) dropped_mass: f64,
    candidates: Vec<(f64, u32)>,
    /// Entries restored for a row: (column, row, value).
    restored: Vec<(u32, u32, f64)>,
    merged: Vec<(u32, f64)>,
    merged_starts: Vec<usize>,
}

fn by_value(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

impl Sparsifier {
    /// Number of entries kept.
    pub(super) fn kept(&self) -> usize {
        self.entries.len()
    }

    /// How many columns lost more than `delta`, how many rows more than twice that: none, if the bounds hold.
    pub(super) fn beyond(&self, delta: f64) -> usize {
        // The sums are taken again in another order.
        let beyond =
            |dropped: &[f64], most: f64| dropped.iter().filter(|&&d| d > most * (1.0 + 1e-9)).count();
        beyond(&self.dropped_from_columns, delta) + beyond(&self.dropped, 2.0 * delta)
    }

    /// Rows and values of the entries kept, column by column but for the last.
    pub(super) fn columns(&self) -> impl Iterator<Item = impl Iterator<Item = (usize, f64)>> {
        self.starts
            .windows(2)
            .map(|range| self.entries[range[0]..range[1]].iter().map(|&(i, value)| (i as usize, value)))
    }

    /// Drops from each column the smallest entries whose sum stays within `delta`, then gives rows that lost more than
    /// `2·delta` their largest ones back.
    pub(super) fn run(&mut self, columns: &Matrix, delta: f64) {
        let (m, n) = (columns.n(), columns.m());
        self.starts.clear();
        self.starts.push(0);
        self.entries.clear();
        self.thresholds.clear();
        self.dropped.clear();
        self.dropped.resize(n, 0.0);
        self.dropped_from_columns.clear();
        // All entries below delta/n may go without being sorted: their sum is below delta.
        let small = delta / n as f64;
        for j in 0..m - 1 {
            let column = columns.row(j);
            self.candidates.clear();
            let mut sum = 0.0;
            for (i, &value) in column.iter().enumerate() {
                if value < small {
                    sum += value;
                } else {
                    self.candidates.push((value, i as u32));
                }
            }
            self.candidates.sort_unstable_by(by_value);
            let mut cut = 0;
            while cut < self.candidates.len() && sum + self.candidates[cut].0 <= delta {
                sum += self.candidates[cut].0;
                cut += 1;
            }
            let threshold = if cut > 0 { self.candidates[cut - 1] } else { (f64::NEG_INFINITY, 0) };
            self.thresholds.push(threshold);
            let mut dropped = 0.0;
            for (i, &value) in column.iter().enumerate() {
                if is_dropped((value, i as u32), threshold, small) {
                    self.dropped[i] += value;
                    dropped += value;
                } else {
                    self.entries.push((i as u32, value));
                }
            }
            self.dropped_from_columns.push(dropped);
            self.starts.push(self.entries.len());
        }
        self.restore(columns, delta, small);
        self.dropped_mass = self.dropped.iter().sum();
    }

    fn restore(&mut self, columns: &Matrix, delta: f64, small: f64) {
        self.restored.clear();
        for i in 0..columns.m() {
            if self.dropped[i] <= 2.0 * delta {
                continue;
            }
            self.candidates.clear();
            for (j, &threshold) in self.thresholds.iter().enumerate() {
                let value = columns[(j, i)];
                if is_dropped((value, i as u32), threshold, small) {
                    self.candidates.push((value, j as u32));
                }
            }
            self.candidates.sort_unstable_by(by_value);
            while self.dropped[i] > 2.0 * delta {
                let Some((value, j)) = self.candidates.pop() else { break };
                self.dropped[i] -= value;
                self.dropped_from_columns[j as usize] -= value;
                self.restored.push((j, i as u32, value));
            }
        }
        if self.restored.is_empty() {
            return;
        }
        self.restored.sort_unstable_by_key(|&(j, i, _)| (j, i));
        self.merged.clear();
        self.merged_starts.clear();
        self.merged_starts.push(0);
        let mut rest = self.restored.iter().peekable();
        for j in 0..self.thresholds.len() {
            let first = self.merged.len();
            self.merged.extend_from_slice(&self.entries[self.starts[j]..self.starts[j + 1]]);
            let before = self.merged.len();
            while let Some(&(_, i, value)) = rest.next_if(|entry| entry.0 as usize == j) {
                self.merged.push((i, value));
            }
            if self.merged.len() > before {
                self.merged[first..].sort_unstable_by_key(|entry| entry.0);
            }
            self.merged_starts.push(self.merged.len());
        }
        std::mem::swap(&mut self.entries, &mut self.merged);
        std::mem::swap(&mut self.starts, &mut self.merged_starts);
    }
}

fn is_dropped(entry: (f64, u32), threshold: (f64, u32), small: f64) -> bool {
    entry.0 < small || by_value(&entry, &threshold).is_le()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::splitmix::SplitMix64;

    proptest! {
        /// Nothing more could be dropped from a column, rows lose at most `2δ`, and what is kept is kept unchanged.
        #[test]
        fn sparsification_keeps_its_bounds(n in 1_usize..20, m in 2_usize..20, seed: u64, power in 0..12) {
            let mut g = SplitMix64::new(seed);
            // Values over many magnitudes, with ties.
            let columns = Matrix::from_fn(m, n, |_, _| (-(g.uniform() * 30.0).floor()).exp2());
            let delta = (-f64::from(power)).exp2();
            let mut kept = Sparsifier::default();
            kept.run(&columns, delta);
            prop_assert_eq!(kept.starts.len(), m);
            prop_assert_eq!(kept.beyond(delta), 0);
            let mut lost_by_row = vec![0.0; n];
            for j in 0..m - 1 {
                let entries = &kept.entries[kept.starts[j]..kept.starts[j + 1]];
                prop_assert!(entries.windows(2).all(|w| w[0].0 < w[1].0), "rows ascend");
                let mut lost = columns.row(j).to_vec();
                let dropped = kept.dropped_from_columns[j];
                for &(i, value) in entries {
                    prop_assert_eq!(value, columns[(j, i as usize)]);
                    lost[i as usize] = 0.0;
                }
                prop_assert!(lost.iter().sum::<f64>() <= delta * (1.0 + 1e-12));
                prop_assert!((lost.iter().sum::<f64>() - dropped).abs() <= 1e-12);
                for (total, lost) in lost_by_row.iter_mut().zip(&lost) {
                    *total += lost;
                }
                if kept.restored.is_empty() && !entries.is_empty() {
                    let next = entries.iter().map(|e| e.1).fold(f64::INFINITY, f64::min);
                    prop_assert!(lost.iter().sum::<f64>() + next > delta * (1.0 - 1e-12), "column {} could lose more", j);
                }
            }
            for (lost, dropped) in lost_by_row.iter().zip(&kept.dropped) {
                prop_assert!(*lost <= 2.0 * delta * (1.0 + 1e-12));
                prop_assert!((lost - dropped).abs() <= 1e-12);
            }
        }
    }
}
