//! `sns_continuation` to 1e-9 beside the time of fused Sinkhorn sweeps: about 130 of them for `n = 500` and 90 for `n = 1000`,
//! the random assignments. And its use of threads, beside that of the sweeps.
//!
//! A solve is timed as the harness times it: start and steps, no evaluation of metrics.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use harness_core::drive::{Host, Job, Now, drive};
use harness_core::{
    Device, Dtype, Frame, InstanceContext, Measure, Problem, Seeds, StartContext, Stop, Warmup,
};
use rayon::ThreadPool;
use suite_optimal_transport::OtInstance;
use suite_optimal_transport::kernels::{Kernels, Marginals, Matrix, Potentials};
use suite_optimal_transport::problems::{DiscretisedDensities, RandomAssignment};
use suite_optimal_transport::solvers::SnsContinuation;

/// Adds up the samples.
struct Stopwatch {
    began: Instant,
    sum: Cell<i64>,
}

impl Host for Stopwatch {
    fn now(&self) -> Now {
        Now { wall_ns: self.began.elapsed().as_nanos() as i64, cpu_ns: 0 }
    }
    fn stop_requested(&self) -> bool {
        false
    }
    fn emit(&self, frame: Frame) -> std::io::Result<()> {
        if let Frame::Sample(sample) = frame {
            self.sum.set(self.sum.get() + sample.wall_ns);
        }
        Ok(())
    }
}

/// The time of so many solves to 1e-9.
fn solves(instance: &OtInstance, samples: u64) -> Duration {
    let (tol, max_iter) = (Some(1e-9), 300);
    let job = Job {
        stop: Stop { metric: "marginal_l1".to_owned(), tol, max_iter, budget_s: None, stall: None },
        measure: Measure::Solve { warmup: Warmup::Samples(0), samples: samples as u32 },
        start: StartContext {
            seeds: Seeds::standalone(0),
            threads: 1,
            device: Device::Cpu,
            dtype: Dtype::F64,
            tol,
            max_iter,
        },
    };
    let host = Stopwatch { began: Instant::now(), sum: Cell::new(0) };
    drive(&SnsContinuation::default(), instance, &job, &host, &mut |_| Ok(())).expect("a solve");
    Duration::from_nanos(host.sum.get() as u64)
}

/// The kernel matrix after the first row update, and what a sweep needs.
struct Sweeps {
    kernels: Kernels,
    k: Matrix,
    u: Vec<f64>,
    v: Vec<f64>,
    ktu: Vec<f64>,
}

impl Sweeps {
    fn new(instance: &OtInstance) -> Self {
        let (n, m) = (instance.n(), instance.m());
        let (mut kernels, mut k) = (Kernels::new(), Matrix::zeros(n, m));
        let x: Vec<f64> =
            instance.cost().rows().map(|row| row.iter().copied().fold(f64::INFINITY, f64::min)).collect();
        let potentials = Potentials { cost: instance.cost(), eta: instance.eta(), x: &x, y: &vec![0.0; m] };
        kernels.plan(potentials, &mut k, &mut Marginals::zeros(n, m));
        Self { kernels, k, u: vec![1.0; n], v: vec![1.0; m], ktu: vec![0.0; m] }
    }

    fn run(&mut self, instance: &OtInstance, count: u32) {
        for _ in 0..count {
            self.kernels.sweep(&self.k, instance.r(), &self.v, 1.0, &mut self.u, &mut self.ktu);
        }
    }
}

fn made<P: Problem<Instance = OtInstance>>(problem: &P) -> OtInstance {
    let context = InstanceContext { seeds: Seeds::standalone(0), replicate: 0, data_dir: PathBuf::new() };
    problem.instance(&context).expect("an instance")
}

fn assignment(n: usize) -> OtInstance {
    made(&RandomAssignment { n, first_seed: Some(1), ..RandomAssignment::default() })
}

fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool")
}

fn against_sweeps(criterion: &mut Criterion) {
    // On the main thread, as in the worker.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("the first use of rayon");
    let densities = DiscretisedDensities { n: 1000, eta: 1000.0, ..DiscretisedDensities::default() };
    for (name, instance, sweeps) in [
        ("assignment-500", assignment(500), 110),
        ("assignment-1000", assignment(1000), 120),
        ("densities-1000", made(&densities), 120),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.bench_function("sns_continuation", |b| {
            b.iter_custom(|samples| solves(&instance, samples));
        });
        let mut state = Sweeps::new(&instance);
        group.bench_function(format!("{sweeps} sweeps"), |b| {
            b.iter(|| state.run(&instance, sweeps));
        });
        group.finish();
    }
}

fn threads(criterion: &mut Criterion) {
    for n in [1000, 2000] {
        let instance = assignment(n);
        let mut state = Sweeps::new(&instance);
        let mut group = criterion.benchmark_group(format!("threads-{n}"));
        for threads in [1, 2] {
            let pool = pool(threads);
            group.bench_function(BenchmarkId::new("sns_continuation", threads), |b| {
                b.iter_custom(|samples| pool.install(|| solves(&instance, samples)));
            });
            group.bench_function(BenchmarkId::new("120 sweeps", threads), |b| {
                pool.install(|| b.iter(|| state.run(&instance, 120)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, against_sweeps, threads);
criterion_main!(benches);
