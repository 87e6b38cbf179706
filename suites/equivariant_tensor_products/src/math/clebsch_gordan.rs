//! Real Clebsch–Gordan tensors `C[i, j, k]` of a path `(l1, l2, l3)` with `Σ C² = 1`, as e3nn's `wigner_3j`.
//!
//! `C = (2 l3 + 1)^(−1/2) Σ Q1[m1, i] Q2[m2, j] conj(Q3[m3, k]) ⟨l1 m1 l2 m2 | l3 m3⟩` with the change of basis
//! `Q_l = (−i)^l q_l` from complex to real harmonics, where column `r` of `q_l` has at the complex orders `∓|r|`
//! - `r > 0`: `1/√2` and `(−1)^r/√2`,
//! - `r < 0`: `−i/√2` and `i (−1)^r/√2`,
//! - `r = 0`: 1 at order 0.
//!
//! All orders that contribute to one entry are one triple of orders or its negative, whose 3j symbols agree up to the
//! sign `(−1)^(l1+l2+l3)`. An entry is thus one 3j symbol times a Gaussian integer and a power of √½, and all of it is
//! exact up to the last rounding: entries are zero when they should be, and no threshold is needed.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::index::{dim, order};
use super::paths::Path;
use super::symbols::wigner_3j;

/// One coefficient that is not zero; places count from 0 within each irrep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Place in the first input's irrep.
    pub i: usize,
    /// Place in the second input's irrep.
    pub j: usize,
    /// Place in the output's irrep.
    pub k: usize,
    /// The coefficient.
    pub c: f64,
}

/// A power of the imaginary unit at a complex order: one entry of a column of `√2 q_l` (or of `q_l` at order 0).
#[derive(Clone, Copy)]
struct Phase {
    order: isize,
    power: isize,
}

/// The one or two entries of the column of `q_l` for the real order `r`.
fn column(r: isize) -> ([Phase; 2], usize) {
    let parity = 2 * (r & 1);
    let mu = r.abs();
    let (below, above) = if r < 0 { (3, 1 + parity) } else { (0, parity) };
    ([Phase { order: -mu, power: below }, Phase { order: mu, power: above }], if r == 0 { 1 } else { 2 })
}

/// One coefficient, for real orders `r`.
fn coefficient(path: Path, r: [isize; 3]) -> f64 {
    let l = [path.l1, path.l2, path.l3];
    let columns = r.map(column);
    let [(first, n1), (second, n2), (third, n3)] = &columns;
    // i^0 and i^1 times real integers; the power of i of (−i)^(l1+l2) i^l3 goes in front.
    let mut gaussian = [0_i32; 2];
    let mut representative = None;
    for a in &first[..*n1] {
        for b in &second[..*n2] {
            for c in &third[..*n3] {
                if a.order + b.order != c.order {
                    continue;
                }
                let m = [a.order, b.order, -c.order];
                let reference = *representative.get_or_insert(m);
                let mut power = a.power + b.power - c.power - (path.l1 + path.l2) as isize + path.l3 as isize;
                // ⟨l1 m1 l2 m2 | l3 m3⟩ = (−1)^(l1−l2+m3) √(2 l3 + 1) (l1 l2 l3; m1 m2 −m3)
                power += 2 * (path.l1 as isize - path.l2 as isize + c.order);
                if m != reference {
                    power += 2 * path.degree_sum() as isize;
                }
                let power = power.rem_euclid(4);
                gaussian[(power % 2) as usize] += if power < 2 { 1 } else { -1 };
            }
        }
    }
    let [re, im] = gaussian;
    // Three orders 0 are their own negative: nothing cancels there, and an odd sum makes the 3j symbol itself zero.
    debug_assert!(im == 0 || r == [0; 3], "the real tensor of {path:?} has an imaginary part at {r:?}");
    match representative {
        Some(m) if re != 0 => {
            let halves = r.iter().filter(|&&r| r != 0).count() as i32;
            f64::from(re) * f64::sqrt(0.5_f64.powi(halves)) * wigner_3j(l, m)
        }
        _ => 0.0,
    }
}

fn compute(path: Path) -> Arc<[Entry]> {
    let Path { l1, l2, l3 } = path;
    let mut entries = Vec::new();
    if !path.is_triangle() {
        return entries.into();
    }
    for i in 0..dim(l1) {
        for j in 0..dim(l2) {
            let (a, b) = (order(l1, i).abs(), order(l2, j).abs());
            let mut orders = [a + b, -a - b, a - b, b - a];
            orders.sort_unstable();
            let mut last = None;
            for r in orders {
                if r.unsigned_abs() > l3 || last.replace(r) == Some(r) {
                    continue;
                }
                let c = coefficient(path, [order(l1, i), order(l2, j), r]);
                if c != 0.0 {
                    entries.push(Entry { i, j, k: (l3 as isize + r) as usize, c });
                }
            }
        }
    }
    entries.into()
}

/// The coefficients of a path that are not zero, ordered by `(i, j, k)`. None if the degrees do not couple.
///
/// Kept for the life of the process: a table of all paths is asked for again and again.
///
/// # Panics
/// When `l1 + l2 + l3` exceeds [`super::symbols::MAX_DEGREE_SUM`].
pub fn nonzeros(path: Path) -> Arc<[Entry]> {
    static KNOWN: LazyLock<Mutex<BTreeMap<Path, Arc<[Entry]>>>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entries) = known().get(&path) {
        return Arc::clone(entries);
    }
    let entries = compute(path);
    Arc::clone(known().entry(path).or_insert(entries))
}

/// The whole tensor, `(2 l1 + 1)(2 l2 + 1)(2 l3 + 1)` coefficients, `k` fastest.
///
/// # Panics
/// As [`nonzeros`] does.
pub fn dense(path: Path) -> Vec<f64> {
    let mut block = vec![0.0; path.dense_macs()];
    for entry in nonzeros(path).iter() {
        block[(entry.i * dim(path.l2) + entry.j) * dim(path.l3) + entry.k] = entry.c;
    }
    block
}

/// `z_k = Σ C[i, j, k] x_i y_j` for one path.
///
/// # Panics
/// As [`nonzeros`] does.
pub fn contract(path: Path, x: &[f64], y: &[f64]) -> Vec<f64> {
    debug_assert_eq!((x.len(), y.len()), (dim(path.l1), dim(path.l2)));
    let mut z = vec![0.0; dim(path.l3)];
    for entry in nonzeros(path).iter() {
        z[entry.k] += entry.c * x[entry.i] * y[entry.j];
    }
    z
}
