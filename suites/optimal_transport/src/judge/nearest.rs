//! The distance of a bare plan from the plans `exp(η(x_i + y_j − C_ij))`.
//!
//! Whatever potentials are found, the distance that they give is an upper bound of the true one: a bad search can only make a
//! plan look worse than it is. The search must find them where a plan has the form, whatever the conditioning of the problem,
//! from entries of which the small ones may be missing or wrong. It reads `x_i + y_j = C_ij + ln P_ij / η` off a spanning
//! forest of the largest entries: small ones are believed only where nothing larger connects two parts of the plan, and
//! zeros never. Where the forest has several trees, because what connects them underflowed or was dropped, the potentials
//! of the problem's own optimum say how they stand to one another. If the plan of these potentials is farther away than the
//! smallest entries weigh, they may be noise that has led the search astray, and it is made again without them; and without any,
//! which is to say from the optimum: no plan is found to be farther from the form than it is from there.
//!
//! Then Sinkhorn's iterations towards the marginals of the given plan even out the noise of single entries: each lowers
//! `KL(P ‖ Q)`, and the plan that they tend to, the entropic optimum for the given plan's own marginals, is its minimum.

use crate::instance::OtInstance;
use crate::kernels::{Kernels, Marginals};
use crate::solution::SparsePlan;

/// The most Sinkhorn iterations; fewer if one does not lower the distance by a tenth.
const ITERATIONS: usize = 30;

/// A smaller distance is rounding.
const ROUNDING: f64 = 1e-11;

/// Masses of smallest entries that may be noise.
const IGNORED: [f64; 5] = [1e-9, 1e-7, 1e-5, 1e-3, 1e-1];

/// Potentials, and how far their plan `Q` is from the one that they were found for.
pub(super) struct Nearest {
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
    /// `‖P − Q‖₁`; at most the mass of `P`, which is what potentials that tend to `−∞` give.
    pub(super) distance: f64,
    /// The mass of `Q`.
    pub(super) mass: f64,
}

/// The closest plan of the entropic form that is found for `plan`, of which the marginals are given.
pub(super) fn nearest(instance: &OtInstance, plan: &SparsePlan, marginals: &Marginals) -> Nearest {
    let lines = Lines::of(instance, plan);
    let mut best = Nearest { x: Vec::new(), y: Vec::new(), distance: f64::INFINITY, mass: 0.0 };
    let mut try_from = |smallest: f64| {
        let next = search(instance, &lines, marginals, smallest);
        if next.distance < best.distance {
            best = next;
        }
        best.distance
    };
    if try_from(0.0) > ROUNDING {
        // Without any entry: the optimum itself.
        let mut distance = try_from(f64::INFINITY);
        let ascending = ascending(plan);
        for ignored in IGNORED {
            if distance > ignored {
                distance = try_from(smallest_kept(&ascending, ignored));
            }
        }
    }
    best.distance = best.distance.min(marginals.mass());
    best
}

/// The sizes of a plan's entries.
fn ascending(plan: &SparsePlan) -> Vec<f64> {
    let mut entries: Vec<f64> = plan.entries.iter().map(|(_, _, p)| *p).collect();
    entries.sort_unstable_by(f64::total_cmp);
    entries
}

/// The first of the entries above those that weigh no more than `ignored` together.
fn smallest_kept(ascending: &[f64], ignored: f64) -> f64 {
    let mut sum = 0.0;
    let kept = ascending.iter().find(|p| {
        sum += **p;
        sum > ignored
    });
    kept.copied().unwrap_or(f64::INFINITY)
}

/// The potentials that the entries from `smallest` on tell, evened out.
fn search(instance: &OtInstance, lines: &Lines, marginals: &Marginals, smallest: f64) -> Nearest {
    let (mut x, mut y) = potentials(instance, lines, marginals, smallest);
    let mut kernels = Kernels::new();
    let mut best = compared(&kernels, instance, lines, &x, &y);
    for _ in 0..ITERATIONS {
        sinkhorn(&mut kernels, instance, marginals, &mut x, &mut y);
        let next = compared(&kernels, instance, lines, &x, &y);
        // Potentials read off entries that have nothing of the form may have an infinite plan.
        let much_better = next.distance < 0.9 * best.distance;
        if next.distance < best.distance {
            best = next;
        }
        if !much_better {
            break;
        }
    }
    best
}

/// The positive entries of a plan by row and by column.
struct Lines {
    rows: Vec<Vec<(u32, f64)>>,
    columns: Vec<Vec<(u32, f64)>>,
}

impl Lines {
    fn of(instance: &OtInstance, plan: &SparsePlan) -> Self {
        let mut lines =
            Self { rows: vec![Vec::new(); instance.n()], columns: vec![Vec::new(); instance.m()] };
        for &(i, j, p) in plan.entries.iter().filter(|(_, _, p)| *p > 0.0) {
            lines.rows[i as usize].push((j, p));
            lines.columns[j as usize].push((i, p));
        }
        lines
    }
}

/// What the largest entry that leads from a tree to a line outside is.
#[derive(Clone, Copy, Default)]
struct Link {
    entry: f64,
    from: u32,
}

/// Potentials that agree with the entries of a maximum spanning forest of those from `smallest` on, by Prim's algorithm over rows and columns. Each tree
/// starts with a potential of zero, and is shifted if there are several.
fn potentials(
    instance: &OtInstance,
    lines: &Lines,
    marginals: &Marginals,
    smallest: f64,
) -> (Vec<f64>, Vec<f64>) {
    let (n, m) = (instance.n(), instance.m());
    let (mut x, mut y) = (vec![0.0; n], vec![0.0; m]);
    let logarithm = |i: usize, j: usize, p: f64| instance.cost[(i, j)] + p.ln() / instance.eta;
    // Rows are the lines 0 to n − 1, columns those after them.
    let mut links = vec![Link::default(); n + m];
    let mut outside: Vec<usize> = (0..n + m).collect();
    let mut trees: Vec<Vec<usize>> = Vec::new();
    while !outside.is_empty() {
        let place = (0..outside.len())
            .reduce(|a, b| if links[outside[b]].entry > links[outside[a]].entry { b } else { a })
            .expect("there are lines outside");
        let line = outside.swap_remove(place);
        let Link { entry, from } =
            std::mem::replace(&mut links[line], Link { entry: f64::INFINITY, from: 0 });
        if entry == 0.0 {
            trees.push(Vec::new());
        }
        trees.last_mut().expect("the first line starts a tree").push(line);
        if line < n {
            if entry > 0.0 {
                x[line] = logarithm(line, from as usize, entry) - y[from as usize];
            }
            follow(&mut links[n..], line, &lines.rows[line], smallest);
        } else {
            let j = line - n;
            if entry > 0.0 {
                y[j] = logarithm(from as usize, j, entry) - x[from as usize];
            }
            follow(&mut links[..n], j, &lines.columns[j], smallest);
        }
    }
    if trees.len() > 1 {
        for tree in &trees {
            align(instance, tree, marginals, &mut x, &mut y);
        }
    }
    (x, y)
}

/// Offers the entries of a line that has joined a tree to the lines that they lead to.
fn follow(links: &mut [Link], from: usize, entries: &[(u32, f64)], smallest: f64) {
    for &(to, p) in entries {
        let link = &mut links[to as usize];
        if p > link.entry && p >= smallest {
            *link = Link { entry: p, from: from as u32 };
        }
    }
}

/// Shifts the potentials of a tree, `x + t` and `y − t`, to where those of the optimum are on average.
fn align(instance: &OtInstance, tree: &[usize], marginals: &Marginals, x: &mut [f64], y: &mut [f64]) {
    let n = instance.n();
    let (optimal_x, optimal_y) = instance.potentials();
    if let [line] = *tree {
        // No entry says anything of it.
        if line < n {
            x[line] = optimal_x[line];
        } else {
            y[line - n] = optimal_y[line - n];
        }
        return;
    }
    let rows = || tree.iter().copied().filter(|line| *line < n);
    let mass: f64 = rows().map(|i| marginals.rows[i]).sum();
    let shift: f64 = rows().map(|i| marginals.rows[i] / mass * (optimal_x[i] - x[i])).sum();
    for &line in tree {
        if line < n {
            x[line] += shift;
        } else {
            y[line - n] -= shift;
        }
    }
}

/// One iteration towards the given marginals, from the column potentials. Lines without mass keep theirs.
fn sinkhorn(
    kernels: &mut Kernels,
    instance: &OtInstance,
    marginals: &Marginals,
    x: &mut [f64],
    y: &mut [f64],
) {
    let towards = |wanted: &[f64], sums: &[f64], potentials: &mut [f64]| {
        for ((w, s), potential) in wanted.iter().zip(sums).zip(potentials) {
            if *w > 0.0 {
                *potential = (w.ln() - s) / instance.eta;
            }
        }
    };
    let (mut rows, mut columns) = (vec![0.0; x.len()], vec![0.0; y.len()]);
    kernels.row_log_sums(&instance.cost, instance.eta, y, &mut rows);
    towards(&marginals.rows, &rows, x);
    kernels.column_log_sums(&instance.cost, instance.eta, x, &mut columns);
    towards(&marginals.columns, &columns, y);
}

/// The potentials with the distance of their plan, row by row: the sum of differences and not a difference of sums.
fn compared(kernels: &Kernels, instance: &OtInstance, lines: &Lines, x: &[f64], y: &[f64]) -> Nearest {
    let mut nearest = Nearest { x: x.to_vec(), y: y.to_vec(), distance: 0.0, mass: 0.0 };
    let mut row = vec![0.0; instance.m()];
    for (i, costs) in instance.cost.rows().enumerate() {
        for ((q, c), y) in row.iter_mut().zip(costs).zip(y) {
            *q = instance.eta * (x[i] + y - c);
        }
        kernels.exp(&mut row);
        nearest.mass += row.iter().sum::<f64>();
        for &(j, p) in &lines.rows[i] {
            row[j as usize] -= p;
        }
        nearest.distance += row.iter().map(|q| q.abs()).sum::<f64>();
    }
    nearest
}
