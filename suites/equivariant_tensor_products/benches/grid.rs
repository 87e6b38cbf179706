//! Gaunt products on grids and in the Fourier basis: time a batch of 1008 pairs in single precision, rows in and out.
//!
//! First the methods are timed in turns and the least CPU time of each is printed, with what it is of the processor's peak of
//! fused multiply-adds: on a busy machine that is what can be compared.

use std::cell::Cell;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use harness_core::drive::{Host, Job, Now, drive};
use harness_core::{
    Device, Dtype, Frame, InstanceContext, Measure, Problem, Seeds, Solver, StartContext, Stop, Warmup,
};
use harness_simd::{Block, Isa, Lanes, Op};
use rustix::time::{ClockId, clock_gettime};
use suite_equivariant_tensor_products::ProductInstance;
use suite_equivariant_tensor_products::problems::TensorProduct;
use suite_equivariant_tensor_products::solvers::{
    GauntFourierDirect, GauntFourierFft, GauntGrid, GauntGridSeparable, GauntSparse, Grid,
};

const DEGREES: [usize; 7] = [1, 2, 3, 4, 5, 6, 8];
const BATCH: usize = 1008;

/// Keeps what the samples say.
struct Stopwatch {
    began: Instant,
    /// Wall time of all samples.
    wall_ns: Cell<i64>,
    /// The least CPU time of a step.
    least_cpu_ns: Cell<f64>,
    multiply_adds: Cell<u64>,
}

impl Stopwatch {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            wall_ns: Cell::new(0),
            least_cpu_ns: Cell::new(f64::INFINITY),
            multiply_adds: Cell::new(0),
        }
    }
}

fn cpu_ns() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

impl Host for Stopwatch {
    fn now(&self) -> Now {
        Now { wall_ns: self.began.elapsed().as_nanos() as i64, cpu_ns: cpu_ns() }
    }
    fn stop_requested(&self) -> bool {
        false
    }
    fn emit(&self, frame: Frame) -> std::io::Result<()> {
        match frame {
            Frame::Sample(sample) if !sample.warmup => {
                self.wall_ns.set(self.wall_ns.get() + sample.wall_ns);
                let step = sample.cpu_ns as f64 / sample.iters as f64;
                self.least_cpu_ns.set(self.least_cpu_ns.get().min(step));
            }
            Frame::End(end) => self.multiply_adds.set(end.work),
            _ => {}
        }
        Ok(())
    }
}

/// Runs steps of a method, as the harness does.
fn steps<S: Solver<Instance = ProductInstance>>(
    solver: &S,
    instance: &ProductInstance,
    (samples, min_sample_s): (u32, f64),
) -> Stopwatch {
    let job = Job {
        stop: Stop { metric: "error".to_owned(), tol: None, max_iter: 1, budget_s: None, stall: None },
        measure: Measure::Step { warmup: Warmup::Samples(1), samples, min_sample_s },
        start: StartContext {
            seeds: Seeds::standalone(0),
            threads: 1,
            device: Device::Cpu,
            dtype: Dtype::F32,
            tol: None,
            max_iter: 1,
        },
    };
    let watch = Stopwatch::new();
    drive(solver, instance, &job, &watch, &mut |_| Ok(())).expect("a run");
    watch
}

fn instance(lmax: usize) -> ProductInstance {
    let problem = TensorProduct { lmax, batch: BATCH, ..TensorProduct::default() };
    let context = InstanceContext { seeds: Seeds::standalone(0), replicate: 0, data_dir: PathBuf::new() };
    problem.instance(&context).expect("an instance")
}

/// Runs steps of a method: how many samples, and how long each is at least in seconds.
type Timed = Box<dyn Fn(&ProductInstance, (u32, f64)) -> Stopwatch>;

fn timed<S: Solver<Instance = ProductInstance> + 'static>(solver: S) -> Timed {
    Box::new(move |instance, samples| steps(&solver, instance, samples))
}

/// The methods that take a degree.
fn methods(lmax: usize) -> Vec<(&'static str, Timed)> {
    let mut methods = vec![
        ("gaunt_grid_separable", timed(GauntGridSeparable::default())),
        ("gaunt_grid", timed(GauntGrid::default())),
        ("gaunt_grid/driscoll_healy", timed(GauntGrid { grid: Grid::DriscollHealy })),
        ("gaunt_fourier_fft", timed(GauntFourierFft::default())),
        ("gaunt_sparse", timed(GauntSparse::default())),
    ];
    if lmax <= 4 {
        methods.push(("gaunt_fourier_direct", timed(GauntFourierDirect::default())));
    }
    methods
}

/// As many independent sums as hide the latency of a multiply-add.
struct Peak(u32);

impl Op<f32> for Peak {
    type Output = f32;

    #[inline(always)]
    fn run<S: Lanes<f32>>(self, s: S) -> f32 {
        let (a, b) = (s.splat(black_box(0.999)), s.splat(black_box(0.001)));
        let mut sums = [s.splat(1.0); 12];
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = s.mul_add(*sum, a, b);
            }
        }
        let mut total = s.splat(0.0);
        for sum in sums {
            total = s.add(total, sum);
        }
        let mut block = Block::<f32>::default();
        s.store(total, &mut block);
        block.iter().sum()
    }
}

/// Multiply-adds a nanosecond of CPU time, at best.
fn peak() -> f64 {
    let (isa, times) = (Isa::best().expect("an instruction set"), 10_000);
    let rate = |()| {
        let start = cpu_ns();
        black_box(isa.run(Peak(times)));
        f64::from(times) * 12.0 * 16.0 / (cpu_ns() - start) as f64
    };
    [(); 500].map(rate).into_iter().fold(0.0, f64::max)
}

#[expect(clippy::print_stdout, reason = "a bench reports on the terminal")]
fn in_turns(_: &mut Criterion) {
    const TURNS: usize = 15;
    let peak = peak();
    println!("peak: {:.0} GFLOP/s", 2.0 * peak);
    for lmax in DEGREES {
        let instance = instance(lmax);
        let methods = methods(lmax);
        let mut least: Vec<_> = methods.iter().map(|(name, _)| (*name, f64::INFINITY, 0)).collect();
        for _ in 0..TURNS {
            for ((_, timed), (_, ns, multiply_adds)) in methods.iter().zip(&mut least) {
                let watch = timed(&instance, (10, 1e-4));
                (*ns, *multiply_adds) = (ns.min(watch.least_cpu_ns.get()), watch.multiply_adds.get());
            }
        }
        for (name, ns, multiply_adds) in least {
            let rate = multiply_adds as f64 / ns;
            println!(
                "L={lmax} {name}: {:.4} ms, {:.1} GFLOP/s, {:.0} % of the peak",
                ns / 1e6,
                2.0 * rate,
                100.0 * rate / peak
            );
        }
    }
}

fn grids(criterion: &mut Criterion) {
    for lmax in DEGREES {
        let instance = instance(lmax);
        let mut group = criterion.benchmark_group(format!("L={lmax}"));
        group.sample_size(20).throughput(Throughput::Elements(BATCH as u64));
        for (name, timed) in methods(lmax) {
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter_custom(|times| {
                    Duration::from_nanos(timed(&instance, (times as u32, 0.0)).wall_ns.get() as u64)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, in_turns, grids);
criterion_main!(benches);
