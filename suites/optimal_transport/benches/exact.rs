//! The exact solvers on random assignment problems and on a degenerate grid.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use harness_core::{InstanceContext, Problem, Seeds};
use suite_optimal_transport::OtInstance;
use suite_optimal_transport::exact::{Assignment, NetworkSimplex};
use suite_optimal_transport::problems::{GridL1, RandomAssignment};

fn simplex(instance: &OtInstance) -> u64 {
    let mut simplex = NetworkSimplex::new(instance.cost(), instance.r(), instance.c());
    while simplex.advance(instance.cost(), usize::MAX) {}
    simplex.pivots()
}

fn assignment(instance: &OtInstance) -> usize {
    let mut assignment = Assignment::new(instance.cost());
    while assignment.advance(instance.cost(), usize::MAX) {}
    assignment.columns().flatten().count()
}

fn exact(criterion: &mut Criterion) {
    let context =
        InstanceContext { seeds: Seeds::standalone(0), replicate: 0, data_dir: std::path::PathBuf::new() };
    let mut group = criterion.benchmark_group("exact");
    group.sample_size(10);
    for n in [500, 1000] {
        let problem = RandomAssignment { n, ..RandomAssignment::default() };
        let instance = problem.instance(&context).expect("an instance");
        group.bench_function(BenchmarkId::new("network_simplex", n), |b| b.iter(|| simplex(&instance)));
        group.bench_function(BenchmarkId::new("assignment", n), |b| b.iter(|| assignment(&instance)));
    }
    let grid = GridL1::default().instance(&context).expect("an instance");
    group.bench_function("network_simplex/grid_l1", |b| b.iter(|| simplex(&grid)));
    group.finish();
}

criterion_group!(benches, exact);
criterion_main!(benches);
