//! The sparse products: time of a batch of 1008 pairs, `kernel/L/layout/dtype`, on one core.
//!
//! First a table of nanoseconds a pair is printed, with the share of what the core can do: multiply-adds in registers, and
//! writing past the caches. Both are measured in turns with the kernels, and all numbers are minima, so that what else runs on
//! the machine shows as little as it can. A step is timed as the harness times it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use harness_core::drive::{Host, Job, Now, drive};
use harness_core::frame::End;
use harness_core::{
    Device, Dtype, Frame, InstanceContext, Measure, Problem, Seeds, Solver, StartContext, Stop, Warmup,
};
use harness_simd::Isa;
use suite_equivariant_tensor_products::ProductInstance;
use suite_equivariant_tensor_products::math::paths::Filter;
use suite_equivariant_tensor_products::problems::{Machine, TensorProduct};
use suite_equivariant_tensor_products::solvers::{
    CgSparse, CgWeighted, DataLayout, FmaPeak, GauntSparse, StreamWrite,
};

const BATCH: usize = 1008;

/// Keeps the samples, and what was counted.
struct Recorder {
    began: Instant,
    step_ns: RefCell<Vec<f64>>,
    end: RefCell<Option<End>>,
}

impl Host for Recorder {
    fn now(&self) -> Now {
        Now { wall_ns: self.began.elapsed().as_nanos() as i64, cpu_ns: 0 }
    }
    fn stop_requested(&self) -> bool {
        false
    }
    fn emit(&self, frame: Frame) -> std::io::Result<()> {
        match frame {
            Frame::Sample(sample) => {
                self.step_ns.borrow_mut().push(sample.wall_ns as f64 / sample.iters as f64);
            }
            Frame::End(end) => *self.end.borrow_mut() = Some(*end),
            _ => {}
        }
        Ok(())
    }
}

/// Nanoseconds of each sample's steps, and the counters of one step.
fn steps<S>(
    solver: &S,
    instance: &ProductInstance,
    dtype: Dtype,
    samples: u32,
    seconds: f64,
) -> (Vec<f64>, End)
where
    S: Solver<Instance = ProductInstance>,
{
    let job = Job {
        stop: Stop { metric: "error".to_owned(), tol: None, max_iter: 1, budget_s: None, stall: None },
        measure: Measure::Step { warmup: Warmup::Samples(0), samples, min_sample_s: seconds },
        start: StartContext {
            seeds: Seeds::standalone(0),
            threads: 1,
            device: Device::Cpu,
            dtype,
            tol: None,
            max_iter: 1,
        },
    };
    let recorder = Recorder { began: Instant::now(), step_ns: RefCell::default(), end: RefCell::default() };
    drive(solver, instance, &job, &recorder, &mut |_| Ok(())).expect("a solve");
    (recorder.step_ns.into_inner(), recorder.end.into_inner().expect("a run ends"))
}

fn made<P: Problem<Instance = ProductInstance>>(problem: &P) -> ProductInstance {
    let context = InstanceContext { seeds: Seeds::standalone(0), replicate: 0, data_dir: PathBuf::new() };
    problem.instance(&context).expect("an instance")
}

/// The sparse products.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    CgAll,
    CgEven,
    WeightedAll,
    Gaunt,
}

impl Kernel {
    const ALL: [Self; 4] = [Self::CgAll, Self::CgEven, Self::WeightedAll, Self::Gaunt];

    fn name(self) -> &'static str {
        match self {
            Self::CgAll => "cg_sparse-all",
            Self::CgEven => "cg_sparse-even",
            Self::WeightedAll => "cg_weighted-all",
            Self::Gaunt => "gaunt_sparse",
        }
    }

    fn instance(self, lmax: usize) -> ProductInstance {
        let filter = match self {
            Self::CgAll | Self::WeightedAll => Filter::All,
            Self::CgEven | Self::Gaunt => Filter::Even,
        };
        let problem = TensorProduct { lmax, filter, batch: BATCH, ..TensorProduct::default() };
        made(&problem)
    }

    fn steps(
        self,
        instance: &ProductInstance,
        layout: DataLayout,
        dtype: Dtype,
        n: u32,
        s: f64,
    ) -> (Vec<f64>, End) {
        match self {
            Self::CgAll | Self::CgEven => steps(&CgSparse { layout }, instance, dtype, n, s),
            Self::WeightedAll => steps(&CgWeighted { layout }, instance, dtype, n, s),
            Self::Gaunt => steps(&GauntSparse { layout }, instance, dtype, n, s),
        }
    }
}

/// What one core can do, in billions a second.
#[derive(Debug, Clone, Copy, Default)]
struct Peaks {
    flops: f64,
    bytes: f64,
}

impl Peaks {
    /// Raises them to what is measured now.
    fn measure(&mut self, machine: &ProductInstance) {
        let best = |(ns, end): (Vec<f64>, End), counter: &str| {
            end.counters[counter] as f64 / ns.into_iter().fold(f64::INFINITY, f64::min)
        };
        let flops = steps(&FmaPeak::default(), machine, Dtype::F32, 30, 0.0005);
        let bytes = steps(&StreamWrite::default(), machine, Dtype::F32, 5, 0.0005);
        self.flops = self.flops.max(best(flops, "flops"));
        self.bytes = self.bytes.max(best(bytes, "bytes"));
    }
}

#[expect(clippy::print_stdout, reason = "a bench reports on the terminal")]
fn table(_: &mut Criterion) {
    let isa = Isa::best().expect("a known set");
    let machine = made(&Machine { size: 1 << 24 });
    let mut peaks = Peaks::default();
    let mut rows = Vec::new();
    for kernel in Kernel::ALL {
        for layout in [DataLayout::RowMajor, DataLayout::BatchLanes] {
            for lmax in 1..=6 {
                peaks.measure(&machine);
                let (ns, end) = kernel.steps(&kernel.instance(lmax), layout, Dtype::F32, 60, 0.0005);
                let ns = ns.into_iter().fold(f64::INFINITY, f64::min);
                rows.push((kernel.name(), layout, lmax, ns, end));
            }
        }
    }
    println!("{isa}: {:.0} GFLOP/s, {:.1} GB/s past the caches", peaks.flops, peaks.bytes);
    println!(
        "| kernel | layout | L | ns a pair | GFLOP/s | of peak | GB/s |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for (name, layout, lmax, ns, end) in rows {
        let [flops, bytes] = ["flops", "bytes"].map(|counter| end.counters[counter] as f64 / ns);
        println!(
            "| `{name}` | {layout:?} | {lmax} | {:.2} | {flops:.0} | {:.0} % | {bytes:.1} |",
            ns / BATCH as f64,
            100.0 * flops / peaks.flops
        );
    }
}

fn kernels(criterion: &mut Criterion) {
    for kernel in Kernel::ALL {
        let mut group = criterion.benchmark_group(kernel.name());
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1));
        group.throughput(Throughput::Elements(BATCH as u64));
        for lmax in 1..=6 {
            let instance = kernel.instance(lmax);
            for (layout, layout_name) in
                [(DataLayout::RowMajor, "row_major"), (DataLayout::BatchLanes, "batch_lanes")]
            {
                for dtype in [Dtype::F32, Dtype::F64] {
                    group.bench_function(format!("{lmax}/{layout_name}/{dtype}"), |b| {
                        b.iter_custom(|n| {
                            let (ns, _) = kernel.steps(&instance, layout, dtype, n as u32, 0.0);
                            Duration::from_nanos(ns.iter().sum::<f64>() as u64)
                        });
                    });
                }
            }
        }
        group.finish();
    }
}

criterion_group!(benches, table, kernels);
criterion_main!(benches);
