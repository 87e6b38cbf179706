//! The kernels against plain loops with compensated sums, on every instruction set, and against themselves on
//! several thread counts.

use proptest::prelude::*;

use super::blocks::PARALLEL_FROM;
use super::{Csr, Isa, Kernels, MAX_EXPONENT, Marginals, Matrix, Potentials};

/// A sum whose error does not grow with the number of terms (Neumaier).
fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    total + lost
}

fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + sum(terms.iter().map(|t| (t - largest).exp())).ln()
}

/// Uniform on [0, 1), from a counter: the same everywhere.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2.0_f64.powi(-53)
    }
}

struct Instance {
    c: Matrix,
    eta: f64,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Instance {
    fn new(n: usize, m: usize, eta: f64, seed: u64) -> Self {
        let mut draw = uniform(seed);
        let c = Matrix::from_fn(n, m, |_, _| draw());
        let x = (0..n).map(|_| 0.4 * draw()).collect();
        let y = (0..m).map(|_| 0.4 * draw()).collect();
        Self { c, eta, x, y }
    }

    fn potentials(&self) -> Potentials<'_> {
        Potentials { cost: &self.c, eta: self.eta, x: &self.x, y: &self.y }
    }

    /// The plan by the library's exponential.
    fn plan(&self) -> Matrix {
        Matrix::from_fn(self.c.n(), self.c.m(), |i, j| {
            (self.eta * (self.x[i] + self.y[j] - self.c[(i, j)])).clamp(-MAX_EXPONENT, MAX_EXPONENT).exp()
        })
    }
}

fn columns(a: &Matrix) -> Vec<Vec<f64>> {
    a.transpose().rows().map(<[f64]>::to_vec).collect()
}

/// Each within the relative `tolerance`.
fn assert_close(what: &str, isa: Isa, got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what} on {isa}");
    for (k, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= tolerance * e.abs(), "{what}[{k}] on {isa}: {g:e}, not {e:e}");
    }
}

/// Every dense kernel on one instance, on every instruction set.
fn check_dense(instance: &Instance) {
    let Instance { c, eta, x, y } = instance;
    let (n, m) = (c.n(), c.m());
    let expected = instance.plan();
    let expected_columns = columns(&expected);
    let row_sums: Vec<f64> = expected.rows().map(|row| sum(row.iter().copied())).collect();
    let column_sums: Vec<f64> = expected_columns.iter().map(|column| sum(column.iter().copied())).collect();
    let cost = sum(c.to_row_major().iter().zip(expected.to_row_major()).map(|(c, p)| c * p));
    let row_lse: Vec<f64> = (0..n)
        .map(|i| log_sum_exp(&c.row(i).iter().zip(y).map(|(c, y)| eta * (y - c)).collect::<Vec<_>>()))
        .collect();
    let column_lse: Vec<f64> = columns(c)
        .iter()
        .map(|column| log_sum_exp(&column.iter().zip(x).map(|(c, x)| eta * (x - c)).collect::<Vec<_>>()))
        .collect();
    // The argument η(x + y − C) is rounded by both sides alike; the exponential and the sums add a few units.
    let close = 1e-14;

    for isa in Isa::available() {
        let mut kernels = Kernels::with_isa(isa);
        let mut p = Matrix::zeros(n, m);
        let mut marginals = Marginals::zeros(n, m);
        kernels.plan(instance.potentials(), &mut p, &mut marginals);
        assert_close("plan", isa, &p.to_row_major(), &expected.to_row_major(), 4e-16);
        assert_close("row sums", isa, &marginals.rows, &row_sums, close);
        assert_close("column sums", isa, &marginals.columns, &column_sums, close);
        assert!(
            (0..n).all(|i| p.octets(i).as_flattened()[m..].iter().all(|&pad| pad == 0.0)),
            "{isa}: padding"
        );

        let mut again = Marginals::zeros(n, m);
        kernels.marginals(instance.potentials(), &mut again);
        assert_eq!(again, marginals, "sums without the plan on {isa}");
        let got_cost = kernels.marginals_and_cost(instance.potentials(), &mut again);
        assert_eq!(again, marginals, "sums with the cost on {isa}");
        assert_close("cost", isa, &[got_cost], &[cost], close);
        assert_close("sum", isa, &[kernels.sum(&p)], &[sum(row_sums.iter().copied())], close);

        let (mut by_row, mut by_column) = (vec![0.0; n], vec![0.0; m]);
        kernels.row_log_sums(c, *eta, y, &mut by_row);
        kernels.column_log_sums(c, *eta, x, &mut by_column);
        for (what, got, wanted) in [("row", &by_row, &row_lse), ("column", &by_column, &column_lse)] {
            for (g, w) in got.iter().zip(wanted) {
                // The exponents are of the size of η, and so is the rounding.
                assert!(
                    (g - w).abs() <= 4e-16 * (eta + w.abs() + 10.0),
                    "{what} log sums on {isa}: {g}, not {w}"
                );
            }
        }

        kernels.matvec(&expected, y, &mut by_row);
        kernels.matvec_transposed(&expected, x, &mut by_column);
        let pv: Vec<f64> = expected.rows().map(|row| sum(row.iter().zip(y).map(|(p, y)| p * y))).collect();
        let ptu: Vec<f64> =
            expected_columns.iter().map(|column| sum(column.iter().zip(x).map(|(p, x)| p * x))).collect();
        assert_close("matvec", isa, &by_row, &pv, close);
        assert_close("transposed matvec", isa, &by_column, &ptu, close);
    }
}

/// Sweeps, plain and over-relaxed, on one instance, on every instruction set.
fn check_sweep(instance: &Instance) {
    let k = instance.plan();
    let (n, m) = (k.n(), k.m());
    let mut draw = uniform(n as u64 * 1000 + m as u64);
    let r: Vec<f64> = (0..n).map(|_| 0.1 + draw()).collect();
    let v: Vec<f64> = (0..m).map(|_| 0.1 + draw()).collect();
    let old: Vec<f64> = (0..n).map(|_| 0.1 + draw()).collect();
    let kv: Vec<f64> = k.rows().map(|row| sum(row.iter().zip(&v).map(|(k, v)| k * v))).collect();
    let error = sum((0..n).map(|i| (old[i] * kv[i] - r[i]).abs()));
    let size = sum((0..n).map(|i| old[i] * kv[i] + r[i]));
    for isa in Isa::available() {
        let mut kernels = Kernels::with_isa(isa);
        for omega in [1.0, 1.5, 1.9] {
            let new: Vec<f64> =
                (0..n).map(|i| old[i].powf(1.0 - omega) * (r[i] / kv[i]).powf(omega)).collect();
            let image: Vec<f64> =
                columns(&k).iter().map(|column| sum(column.iter().zip(&new).map(|(k, u)| k * u))).collect();
            let (mut u, mut ktu) = (old.clone(), vec![0.0; m]);
            let got = kernels.sweep(&k, &r, &v, omega, &mut u, &mut ktu);
            // Powers of numbers around e^±700 lose as many units as their logarithm is large.
            assert_close("u", isa, &u, &new, 1e-12);
            assert_close("Kᵀu", isa, &ktu, &image, 1e-12);
            assert!((got - error).abs() <= 1e-14 * size, "row error on {isa}: {got:e}, not {error:e}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn dense_kernels_agree_with_plain_loops(
        n in 1_usize..150, m in 1_usize..150, eta in 0.1_f64..600.0, seed in any::<u64>(),
    ) {
        check_dense(&Instance::new(n, m, eta, seed));
    }

    #[test]
    fn sweeps_agree_with_plain_loops(n in 1_usize..150, m in 1_usize..150, eta in 0.1_f64..50.0, seed in any::<u64>()) {
        check_sweep(&Instance::new(n, m, eta, seed));
    }

    #[test]
    fn sparse_products_agree_with_dense_ones(n in 1_usize..90, m in 1_usize..90, tau in 0.0_f64..0.2, seed in any::<u64>()) {
        let p = Instance::new(n, m, 30.0, seed).plan();
        let mut draw = uniform(!seed);
        let v: Vec<f64> = (0..m).map(|_| draw() - 0.5).collect();
        let u: Vec<f64> = (0..n).map(|_| draw() - 0.5).collect();
        let marginals = Marginals {
            rows: p.rows().map(|row| row.iter().sum()).collect(),
            columns: columns(&p).iter().map(|column| column.iter().sum()).collect(),
        };
        for isa in Isa::available() {
            let mut kernels = Kernels::with_isa(isa);
            let mut s = Csr::default();
            // A matrix of another shape first: the buffer must not remember it.
            kernels.select_largest(&Matrix::from_fn(5, 7, |i, j| (i * j) as f64), 6, 9, &mut s);
            kernels.select_above(&p, &marginals, tau, &mut s);
            let keeps = |i: usize, j: usize| {
                p[(i, j)] > tau * marginals.rows[i] || p[(i, j)] > tau * marginals.columns[j]
            };
            let kept = Matrix::from_fn(n, m, |i, j| if keeps(i, j) { p[(i, j)] } else { 0.0 });
            prop_assert_eq!(&dense(&s), &kept);
            prop_assert_eq!(&dense_by_columns(&s), &kept);
            let (mut a, mut b) = (vec![0.0; n], vec![0.0; m]);
            kernels.sparse_matvec(&s, &v, &mut a);
            kernels.sparse_matvec_transposed(&s, &u, &mut b);
            for (got, row) in a.iter().zip(kept.rows()) {
                let scale: f64 = row.iter().zip(&v).map(|(p, v)| (p * v).abs()).sum();
                prop_assert!((got - sum(row.iter().zip(&v).map(|(p, v)| p * v))).abs() <= 1e-14 * scale);
            }
            for (got, column) in b.iter().zip(columns(&kept)) {
                let scale: f64 = column.iter().zip(&u).map(|(p, u)| (p * u).abs()).sum();
                prop_assert!((got - sum(column.iter().zip(&u).map(|(p, u)| p * u))).abs() <= 1e-14 * scale);
            }
        }
    }

    #[test]
    fn the_largest_entries_are_those_of_a_full_sort(
        n in 1_usize..60, m in 1_usize..60, left_out in 0_usize..10, share in 0.0_f64..1.1, levels in 1_u32..2000,
        seed in any::<u64>(),
    ) {
        // Few levels make many ties.
        let mut draw = uniform(seed);
        let p = Matrix::from_fn(n, m, |_, _| (draw() * f64::from(levels)).floor());
        let columns = m.saturating_sub(left_out);
        let k = (share * (n * columns) as f64) as usize;
        let values = p.to_row_major();
        let mut order: Vec<usize> = (0..n * m).filter(|at| at % m < columns).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
        let mut expected: Vec<usize> = order.into_iter().take(k).collect();
        expected.sort_unstable();
        for isa in Isa::available() {
            let mut s = Csr::default();
            Kernels::with_isa(isa).select_largest(&p, columns, k, &mut s);
            let got: Vec<usize> =
                (0..n).flat_map(|i| s.row(i).0.iter().map(move |&j| i * m + j as usize)).collect();
            prop_assert_eq!((s.n(), s.m()), (n, columns));
            prop_assert_eq!(&got, &expected);
            prop_assert!(s.values().iter().zip(&got).all(|(value, &at)| *value == values[at]));
        }
    }
}

fn dense(s: &Csr) -> Matrix {
    let mut a = Matrix::zeros(s.n(), s.m());
    for i in 0..s.n() {
        let (indices, values) = s.row(i);
        for (&j, &value) in indices.iter().zip(values) {
            a.row_mut(i)[j as usize] = value;
        }
    }
    a
}

fn dense_by_columns(s: &Csr) -> Matrix {
    let mut a = Matrix::zeros(s.n(), s.m());
    for j in 0..s.m() {
        let (indices, values) = s.column(j);
        for (&i, &value) in indices.iter().zip(values) {
            a.row_mut(i as usize)[j] = value;
        }
    }
    a
}

#[test]
fn awkward_shapes() {
    for (n, m) in [(1, 1), (1, 9), (9, 1), (8, 8), (67, 256), (65, 33), (700, 3), (3, 700), (6, 1400)] {
        check_dense(&Instance::new(n, m, 40.0, 5));
        check_sweep(&Instance::new(n, m, 10.0, 6));
    }
}

#[test]
fn far_from_the_solution_entries_are_clamped_and_nothing_is_infinite_or_zero() {
    let mut instance = Instance::new(20, 13, 1.2e5, 7);
    instance.x[3] = 50.0;
    check_dense(&instance);
    for isa in Isa::available() {
        let mut kernels = Kernels::with_isa(isa);
        let (mut p, mut marginals) = (Matrix::zeros(20, 13), Marginals::zeros(20, 13));
        kernels.plan(instance.potentials(), &mut p, &mut marginals);
        assert!(p.to_row_major().iter().all(|&v| v.is_finite() && v > 0.0), "{isa}");
        assert!(p.row(3).iter().all(|&v| v > 1e304), "{isa}");
        assert!(p.to_row_major().iter().any(|&v| v < 1e-303), "{isa}");
    }
}

#[test]
fn what_is_not_a_number_is_not_hidden() {
    let mut instance = Instance::new(5, 11, 10.0, 8);
    instance.y[4] = f64::NAN;
    for isa in Isa::available() {
        let mut kernels = Kernels::with_isa(isa);
        let mut marginals = Marginals::zeros(5, 11);
        kernels.marginals(instance.potentials(), &mut marginals);
        assert!(marginals.rows.iter().all(|v| v.is_nan()), "{isa}");
        assert_eq!(marginals.columns.iter().filter(|v| v.is_nan()).count(), 1, "{isa}");
    }
}

#[test]
fn sinkhorn_in_scaling_and_in_log_form_meet() {
    let instance = Instance::new(30, 45, 20.0, 9);
    let (n, m, eta) = (30, 45, instance.eta);
    let (r, c) = (vec![1.0_f64 / 30.0; n], vec![1.0_f64 / 45.0; m]);
    for isa in Isa::available() {
        let mut kernels = Kernels::with_isa(isa);
        let (mut x, mut y, mut sums_x, mut sums_y) = (vec![0.0; n], vec![0.0; m], vec![0.0; n], vec![0.0; m]);
        let (mut k, mut marginals) = (Matrix::zeros(n, m), Marginals::zeros(n, m));
        let zero = Potentials { cost: &instance.c, eta, x: &vec![0.0; n], y: &vec![0.0; m] };
        kernels.plan(zero, &mut k, &mut marginals);
        let (mut u, mut v, mut ktu) = (vec![1.0; n], vec![1.0; m], vec![0.0; m]);
        let mut error = f64::INFINITY;
        for _ in 0..400 {
            kernels.row_log_sums(&instance.c, eta, &y, &mut sums_x);
            x.iter_mut().zip(&r).zip(&sums_x).for_each(|((x, r), s)| *x = (r.ln() - s) / eta);
            kernels.column_log_sums(&instance.c, eta, &x, &mut sums_y);
            y.iter_mut().zip(&c).zip(&sums_y).for_each(|((y, c), s)| *y = (c.ln() - s) / eta);
            error = kernels.sweep(&k, &r, &v, 1.0, &mut u, &mut ktu);
            kernels.relax(&c, &ktu, 1.0, &mut v);
        }
        assert!(error < 1e-14, "{isa}: {error:e}");
        let log = Potentials { cost: &instance.c, eta, x: &x, y: &y };
        kernels.marginals(log, &mut marginals);
        assert!(marginals.l1_error(&r, &c) < 1e-13, "{isa}: {:e}", marginals.l1_error(&r, &c));
        for i in 0..n {
            assert!((u[i].ln() / eta - x[i]).abs() < 1e-13, "{isa}: potential {i}");
        }
    }
}

/// Everything that any kernel computes on an instance large enough for threads.
fn everything(isa: Isa, instance: &Instance) -> Vec<Vec<f64>> {
    let Instance { c, eta, x, y } = instance;
    let (n, m) = (c.n(), c.m());
    let mut kernels = Kernels::with_isa(isa);
    let (mut p, mut marginals) = (Matrix::zeros(n, m), Marginals::zeros(n, m));
    let (mut a, mut b) = (vec![1.0; n], vec![0.0; m]);
    let mut out = Vec::new();
    let cost = kernels.marginals_and_cost(instance.potentials(), &mut marginals);
    kernels.plan(instance.potentials(), &mut p, &mut marginals);
    out.extend([p.to_row_major(), marginals.rows.clone(), marginals.columns.clone()]);
    let error = kernels.sweep(&p, x, y, 1.3, &mut a, &mut b);
    // The next sweep begins at the other end of the matrix.
    let (mut a_again, mut b_again) = (vec![1.0; n], vec![0.0; m]);
    let error_again = kernels.sweep(&p, x, y, 1.3, &mut a_again, &mut b_again);
    assert_eq!((error_again, &a_again, &b_again), (error, &a, &b), "{isa}: a second sweep");
    out.extend([a.clone(), b.clone(), vec![cost, error, kernels.sum(&p)]]);
    kernels.row_log_sums(c, *eta, y, &mut a);
    kernels.column_log_sums(c, *eta, x, &mut b);
    out.extend([a.clone(), b.clone()]);
    kernels.matvec(&p, y, &mut a);
    kernels.matvec_transposed(&p, x, &mut b);
    out.extend([a.clone(), b.clone()]);
    let mut s = Csr::default();
    for select in [0, 1] {
        if select == 0 {
            kernels.select_above(&p, &marginals, 1e-9, &mut s);
        } else {
            kernels.select_largest(&p, m, n * m / 2, &mut s);
        }
        kernels.sparse_matvec(&s, y, &mut a);
        kernels.sparse_matvec_transposed(&s, x, &mut b);
        out.extend([s.values().to_vec(), a.clone(), b.clone()]);
    }
    out
}

#[test]
fn results_do_not_depend_on_the_thread_count() {
    const { assert!(901 * 677 > PARALLEL_FROM) };
    let instance = Instance::new(901, 677, 20.0, 10);
    for isa in Isa::available() {
        let results = [1, 2, 3, 7].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| everything(isa, &instance))
        });
        assert!(results[1..].iter().all(|other| *other == results[0]), "{isa}");
    }
}
