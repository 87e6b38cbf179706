//! Rows to blocks and back, in bytes a second, for each instruction set; and what it saves to write 64 MiB past the caches.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use harness_simd::{Block, Element, Isa, Rows, Stores};

/// Samples of a batch.
const SAMPLES: usize = 1000;

fn rows<T: Element>(criterion: &mut Criterion, of: &str) {
    // The components of irreps up to degrees 1, 4 and 8, and many.
    for components in [4, 25, 81, 625] {
        let shape = Rows::dense(SAMPLES, components);
        let mut rows = vec![T::default(); shape.span()];
        let mut blocks = vec![Block::default(); shape.blocks::<T>()];
        let mut group = criterion.benchmark_group(format!("{of}/components={components}"));
        group.throughput(Throughput::Bytes(size_of_val(rows.as_slice()) as u64));
        for isa in Isa::available() {
            group.bench_function(BenchmarkId::new("gather", isa), |b| {
                b.iter(|| isa.gather_rows(black_box(&rows), shape, &mut blocks));
            });
            group.bench_function(BenchmarkId::new("scatter", isa), |b| {
                b.iter(|| isa.scatter_rows(black_box(&blocks), shape, Stores::Cached, &mut rows));
            });
        }
        group.finish();
    }
}

/// The same few blocks, scattered over an output that no cache holds.
fn large_output(criterion: &mut Criterion) {
    const COMPONENTS: usize = 640;
    const BATCHES: usize = (64 << 20) / (4 * COMPONENTS * SAMPLES);
    let shape = Rows::dense(SAMPLES, COMPONENTS);
    let blocks = vec![Block::splat(1.0_f32); shape.blocks::<f32>()];
    let mut out = vec![Block::<f32>::default(); BATCHES * shape.span() / f32::LANES];
    let out = Block::flatten_mut(&mut out);
    let mut group = criterion.benchmark_group("64 MiB of f32");
    group.sample_size(10).throughput(Throughput::Bytes(size_of_val(out) as u64));
    for isa in Isa::available() {
        for stores in [Stores::Cached, Stores::Streamed] {
            group.bench_function(BenchmarkId::new(format!("{stores:?}"), isa), |b| {
                b.iter(|| {
                    for batch in out.chunks_exact_mut(shape.span()) {
                        isa.scatter_rows(black_box(&blocks), shape, stores, batch);
                    }
                });
            });
        }
    }
    group.finish();
}

fn both_types(criterion: &mut Criterion) {
    rows::<f32>(criterion, "f32");
    rows::<f64>(criterion, "f64");
}

criterion_group!(benches, both_types, large_output);
criterion_main!(benches);
