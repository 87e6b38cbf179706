//! Linear assignment by shortest augmenting paths (Jonker and Volgenant, Computing 38, 1987).
//!
//! Dual variables `u`, `v` with `u_i + v_j ≤ C_ij`, equal where row `i` is assigned to column `j`; only `v` is stored. A
//! cheap start (column reduction, augmenting row reduction) assigns most rows; each other row is assigned along a path of
//! least reduced cost, found by Dijkstra's method over the dense matrix in O(n²).

use super::cheapest;
use crate::kernels::Matrix;
use crate::solution::SparsePlan;

const FREE: u32 = u32::MAX;

/// The state of the method.
#[derive(Debug, Clone)]
pub struct Assignment {
    v: Vec<f64>,
    column_of: Vec<u32>,
    row_of: Vec<u32>,
    free: Vec<u32>,
    /// Search space, see [`Assignment::augment`].
    distance: Vec<f64>,
    open_v: Vec<f64>,
    before: Vec<u32>,
    closed: Vec<(u32, f64)>,
}

impl Assignment {
    /// The cheap start.
    ///
    /// # Panics
    ///
    /// If the matrix is not square.
    pub fn new(cost: &Matrix) -> Self {
        let n = cost.n();
        assert_eq!(n, cost.m(), "an assignment problem is square");
        let mut state = Self {
            v: vec![f64::INFINITY; n],
            column_of: vec![FREE; n],
            row_of: vec![FREE; n],
            free: Vec::with_capacity(n),
            distance: vec![0.0; n],
            open_v: vec![0.0; n],
            before: vec![0; n],
            closed: Vec::with_capacity(n),
        };
        state.reduce_columns(cost);
        state.free.extend((0..n as u32).filter(|&i| state.column_of[i as usize] == FREE));
        for _ in 0..2 {
            state.reduce_rows(cost);
        }
        state
    }

    /// `v_j = min_i C_ij`, and each row goes to at most one of the columns it is cheapest for.
    fn reduce_columns(&mut self, cost: &Matrix) {
        for (i, row) in cost.rows().enumerate() {
            for ((&c, v), best) in row.iter().zip(&mut self.v).zip(&mut self.row_of) {
                if c < *v {
                    (*v, *best) = (c, i as u32);
                }
            }
        }
        for j in (0..self.v.len()).rev() {
            let best = self.row_of[j];
            if self.column_of[best as usize] == FREE {
                self.column_of[best as usize] = j as u32;
            } else {
                self.row_of[j] = FREE;
            }
        }
    }

    /// Each free row takes its cheapest column and lowers that column's `v` to the second cheapest; who is driven out
    /// tries next. A bound on the attempts keeps it a heuristic.
    fn reduce_rows(&mut self, cost: &Matrix) {
        let n = self.v.len();
        let mut attempts = 4 * n;
        let mut still_free = Vec::with_capacity(self.free.len());
        while let Some(i) = self.free.pop() {
            let row = cost.row(i as usize);
            let (j, first) = cheapest(row, &self.v);
            let kept = std::mem::replace(&mut self.v[j], f64::NEG_INFINITY);
            let second = super::smallest_reduced(row, &self.v);
            let lowered = if second.is_finite() { kept - (second - first) } else { kept };
            self.v[j] = lowered;
            let driven_out = self.row_of[j];
            attempts = attempts.saturating_sub(1);
            if driven_out != FREE && (lowered >= kept || attempts == 0) {
                self.v[j] = kept;
                still_free.push(i);
                continue;
            }
            self.row_of[j] = i;
            self.column_of[i as usize] = j as u32;
            if driven_out != FREE {
                self.column_of[driven_out as usize] = FREE;
                self.free.push(driven_out);
            }
        }
        self.free = still_free;
    }

    /// Assigns up to `rows` more rows; false once all are assigned.
    pub fn advance(&mut self, cost: &Matrix, rows: usize) -> bool {
        for _ in 0..rows {
            match self.free.pop() {
                Some(i) => self.augment(cost, i),
                None => return false,
            }
        }
        !self.free.is_empty()
    }

    /// Finds a shortest path from the free row `start` to a free column and reassigns along it. `distance` and `open_v`
    /// hold ±∞ for columns whose distance is final, which takes them out of the loops without a branch.
    fn augment(&mut self, cost: &Matrix, start: u32) {
        let Self { v, column_of, row_of, distance, open_v, before, closed, .. } = self;
        closed.clear();
        open_v.copy_from_slice(v);
        for ((d, c), v) in distance.iter_mut().zip(cost.row(start as usize)).zip(&*open_v) {
            *d = c - v;
        }
        before.fill(start);
        let (end, length) = loop {
            let length = distance.iter().fold(f64::INFINITY, |a, &d| if d < a { d } else { a });
            let j = distance.iter().position(|&d| d == length).expect("an open column is left");
            let i = row_of[j];
            if i == FREE {
                break (j, length);
            }
            closed.push((j as u32, length));
            distance[j] = f64::INFINITY;
            open_v[j] = f64::NEG_INFINITY;
            let row = cost.row(i as usize);
            let shift = row[j] - v[j] - length;
            for (((d, b), c), v) in distance.iter_mut().zip(before.iter_mut()).zip(row).zip(&*open_v) {
                let through = c - v - shift;
                let shorter = through < *d;
                *d = if shorter { through } else { *d };
                *b = if shorter { i } else { *b };
            }
        };
        for &(j, d) in &*closed {
            v[j as usize] += d - length;
        }
        let mut j = end as u32;
        loop {
            let i = before[j as usize];
            row_of[j as usize] = i;
            let next = std::mem::replace(&mut column_of[i as usize], j);
            if i == start {
                return;
            }
            j = next;
        }
    }

    /// By how much the second-best assignment costs more than this one, which must be complete; none if there is no other.
    ///
    /// The second-best leaves out some edge of the best. For each in turn it is forbidden, which keeps the dual variables
    /// feasible, and its row assigned anew along one shortest path.
    pub fn gap_to_second(&self, cost: &Matrix) -> Option<f64> {
        assert!(self.free.is_empty(), "the assignment is complete");
        let n = self.v.len();
        let total = |columns: &[u32]| -> f64 {
            columns.iter().enumerate().map(|(i, &j)| cost[(i, j as usize)]).sum()
        };
        let best = total(&self.column_of);
        let mut forbidding = cost.clone();
        let mut gap = f64::INFINITY;
        for i in 0..if n > 1 { n } else { 0 } {
            let j = self.column_of[i] as usize;
            forbidding.row_mut(i)[j] = f64::INFINITY;
            let mut other = self.clone();
            (other.column_of[i], other.row_of[j]) = (FREE, FREE);
            other.augment(&forbidding, i as u32);
            gap = gap.min(total(&other.column_of) - best);
            forbidding.row_mut(i)[j] = cost[(i, j)];
        }
        gap.is_finite().then_some(gap)
    }

    /// The column of each assigned row.
    pub fn columns(&self) -> impl Iterator<Item = Option<usize>> {
        self.column_of.iter().map(|&j| (j != FREE).then_some(j as usize))
    }

    /// The assigned pairs, each with `mass`, and the dual variables.
    pub fn plan(&self, cost: &Matrix, mass: f64) -> SparsePlan {
        let entries =
            self.columns().enumerate().filter_map(|(i, j)| Some((i as u32, j? as u32, mass))).collect();
        let u = self.columns().enumerate().map(|(i, j)| match j {
            Some(j) => cost[(i, j)] - self.v[j],
            None => super::smallest_reduced(cost.row(i), &self.v),
        });
        SparsePlan { entries, duals: Some((u.collect(), self.v.clone())) }
    }
}
