//! The hot loops: time an entry of the matrix (a stored entry for sparse products), for each instruction set, and
//! with one thread and two. Throughput is printed as elements a second; `plan/avx2` at 1.25 Gelem/s is 0.8 ns an entry.
//!
//! `sweep` against `read` is the price of a Sinkhorn iteration relative to merely reading the matrix once. The two
//! must be compared within one run, on the same size: what a read costs depends on which cache holds the matrix. So
//! they are first timed in turns, and the ratio of the medians is printed.

use std::hint::black_box;
use std::time::Instant;

use criterion::measurement::WallTime;
use criterion::{
    Bencher, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use rayon::ThreadPool;
use suite_optimal_transport::kernels::{Csr, Isa, Kernels, Marginals, Matrix, Potentials};

const ETA: f64 = 1200.0;
const SIZES: [usize; 3] = [500, 1000, 2000];

/// A random assignment problem with potentials near its solution: row 0, column minima of the costs.
struct Setting {
    cost: Matrix,
    x: Vec<f64>,
    y: Vec<f64>,
    uniform: Vec<f64>,
}

impl Setting {
    fn new(n: usize) -> Self {
        let mut state = 1_u64;
        let cost = Matrix::from_fn(n, n, |_, _| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 * 2.0_f64.powi(-53)
        });
        let mut y = vec![f64::INFINITY; n];
        for row in cost.rows() {
            for (least, &c) in y.iter_mut().zip(row) {
                *least = least.min(c);
            }
        }
        Self { cost, x: vec![0.0; n], y, uniform: vec![1.0 / n as f64; n] }
    }

    fn potentials(&self) -> Potentials<'_> {
        Potentials { cost: &self.cost, eta: ETA, x: &self.x, y: &self.y }
    }
}

/// Prints what a sweep costs in plain reads: medians of short repetitions, the two in turns.
#[expect(clippy::print_stdout, reason = "a bench reports on the terminal")]
fn sweep_in_reads(_: &mut Criterion) {
    const TURNS: usize = 101;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread pool");
    for n in SIZES {
        let setting = Setting::new(n);
        let repetitions = (4_000_000 / (n * n)).max(2);
        for isa in Isa::available() {
            let mut kernels = Kernels::with_isa(isa);
            let (mut plan, mut marginals) = (Matrix::zeros(n, n), Marginals::zeros(n, n));
            kernels.plan(setting.potentials(), &mut plan, &mut marginals);
            let (mut u, v, mut ktu) = (vec![1.0; n], vec![1.0; n], vec![0.0; n]);
            let (mut reads, mut sweeps) = (Vec::new(), Vec::new());
            pool.install(|| {
                for _ in 0..TURNS {
                    reads.push(time(repetitions, || kernels.sum(&plan)));
                    sweeps.push(time(repetitions, || {
                        kernels.sweep(&plan, &setting.uniform, &v, 1.0, &mut u, &mut ktu)
                    }));
                }
            });
            let (read, sweep) = (median(&mut reads), median(&mut sweeps));
            let ratio = sweep / read;
            println!("n={n} {isa}: a sweep takes {sweep:.1} µs, {ratio:.2} times a read of {read:.1} µs");
        }
    }
}

/// Microseconds of one call among so many, after two that are not timed.
fn time(repetitions: usize, mut pass: impl FnMut() -> f64) -> f64 {
    black_box(pass() + pass());
    let start = Instant::now();
    for _ in 0..repetitions {
        black_box(pass());
    }
    start.elapsed().as_secs_f64() * 1e6 / repetitions as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn kernels(criterion: &mut Criterion) {
    for n in SIZES {
        let setting = Setting::new(n);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
            let mut group = criterion.benchmark_group(format!("n={n}/threads={threads}"));
            group.sample_size(20);
            for isa in Isa::available() {
                dense(&mut group, &pool, isa, &setting);
            }
            sparse(&mut group, &pool, &setting);
            group.finish();
        }
    }
}

/// Times `pass` within the pool: entering it takes longer than a small pass does.
fn repeat(bencher: &mut Bencher<'_, WallTime>, pool: &ThreadPool, mut pass: impl FnMut() + Send) {
    bencher.iter_custom(|times| {
        pool.install(|| {
            let start = Instant::now();
            for _ in 0..times {
                pass();
            }
            start.elapsed()
        })
    });
}

fn dense(group: &mut BenchmarkGroup<'_, WallTime>, pool: &ThreadPool, isa: Isa, setting: &Setting) {
    let Setting { cost, x, y, uniform } = setting;
    let n = cost.n();
    let mut kernels = Kernels::with_isa(isa);
    let (mut plan, mut marginals) = (Matrix::zeros(n, n), Marginals::zeros(n, n));
    kernels.plan(setting.potentials(), &mut plan, &mut marginals);
    let (mut u, v, mut out) = (vec![1.0; n], vec![1.0; n], vec![0.0; n]);
    group.throughput(Throughput::Elements((n * n) as u64));

    group.bench_function(BenchmarkId::new("read", isa), |b| {
        repeat(b, pool, || {
            black_box(kernels.sum(&plan));
        });
    });
    group.bench_function(BenchmarkId::new("sweep", isa), |b| {
        repeat(b, pool, || {
            black_box(kernels.sweep(&plan, uniform, &v, 1.0, &mut u, &mut out));
        });
    });
    group.bench_function(BenchmarkId::new("matvec", isa), |b| {
        repeat(b, pool, || kernels.matvec(&plan, &v, &mut out));
    });
    group.bench_function(BenchmarkId::new("matvec_transposed", isa), |b| {
        repeat(b, pool, || kernels.matvec_transposed(&plan, &v, &mut out));
    });
    group.bench_function(BenchmarkId::new("plan", isa), |b| {
        repeat(b, pool, || kernels.plan(setting.potentials(), &mut plan, &mut marginals));
    });
    group.bench_function(BenchmarkId::new("marginals", isa), |b| {
        repeat(b, pool, || kernels.marginals(setting.potentials(), &mut marginals));
    });
    group.bench_function(BenchmarkId::new("row_log_sums", isa), |b| {
        repeat(b, pool, || kernels.row_log_sums(cost, ETA, y, &mut out));
    });
    group.bench_function(BenchmarkId::new("column_log_sums", isa), |b| {
        repeat(b, pool, || kernels.column_log_sums(cost, ETA, x, &mut out));
    });
}

fn sparse(group: &mut BenchmarkGroup<'_, WallTime>, pool: &ThreadPool, setting: &Setting) {
    let n = setting.cost.n();
    let mut kernels = Kernels::new();
    let (mut plan, mut marginals) = (Matrix::zeros(n, n), Marginals::zeros(n, n));
    kernels.plan(setting.potentials(), &mut plan, &mut marginals);
    let mut s = Csr::default();
    kernels.select_above(&plan, &marginals, 1e-9, &mut s);
    let mut largest = Csr::default();
    let (v, mut out) = (vec![1.0; n], vec![0.0; n]);

    group.throughput(Throughput::Elements((n * n) as u64));
    group.bench_function("select_largest", |b| {
        repeat(b, pool, || kernels.select_largest(&plan, n, 8 * n, &mut largest));
    });
    group.bench_function("select_above", |b| {
        repeat(b, pool, || kernels.select_above(&plan, &marginals, 1e-9, &mut s));
    });
    group.throughput(Throughput::Elements(s.nnz() as u64));
    group.bench_function("sparse_matvec", |b| repeat(b, pool, || kernels.sparse_matvec(&s, &v, &mut out)));
    group.bench_function("sparse_matvec_transposed", |b| {
        repeat(b, pool, || kernels.sparse_matvec_transposed(&s, &v, &mut out));
    });
}

criterion_group!(benches, sweep_in_reads, kernels);
criterion_main!(benches);
