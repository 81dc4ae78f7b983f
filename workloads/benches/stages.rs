//! Nanoseconds per record of generation and of writing, per batch size: the study's table.
//!
//! `cargo bench -p workloads` runs both halves of the pipeline, each on one thread, and ends with
//! the table. Criterion times whole runs of the workloads, so a file's footer and a pool's wake-up
//! are in the figures, spread over many batches.

#![expect(clippy::print_stdout, reason = "the table is what a person runs this for")]

use std::cell::RefCell;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use tempfile::TempDir;
use workload_api::{Context, Params, Workload};
use workloads::{Generator, Writer};

/// Rows of one run: a whole number of batches of every size, and a full row group. Much fewer would
/// tell another story: a column chunk begins with a dictionary and gives it up when that is full.
const ROWS: i64 = 1 << 20;
const BATCH_ROWS: [i64; 4] = [1024, 2048, 4096, 8192];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let generation = stage(&mut criterion, "generation", &Generator);
    let write = stage(&mut criterion, "write", &Writer);
    criterion.final_summary();
    print_table(&generation, &write);
}

/// Median nanoseconds per record for each batch size; `None` where a filter left it out.
fn stage(criterion: &mut Criterion, name: &str, workload: &dyn Workload) -> Vec<Option<f64>> {
    let mut group = criterion.benchmark_group(name);
    // One run is long enough for a sample of its own.
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(ROWS as u64));
    let median = |batch_rows: &i64| measure(&mut group, workload, *batch_rows);
    let medians = BATCH_ROWS.iter().map(median).collect();
    group.finish();
    medians
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    workload: &dyn Workload,
    batch_rows: i64,
) -> Option<f64> {
    // OK to stop a benchmark here and below: without a directory or with a failed run there is
    // nothing to measure.
    let dir = TempDir::new().expect("a directory for the files");
    let context = Context { seed: 1, data_dir: dir.path().to_owned() };
    let params: Params = [("rows", ROWS), ("batch_rows", batch_rows)].into_iter().collect();
    let mut prepared = workload.prepare(&params, &context).expect("parameters that fit");
    let ns_per_record = RefCell::new(Vec::new());
    group.bench_function(BenchmarkId::from_parameter(batch_rows), |bencher| {
        bencher.iter_custom(|runs| {
            let start = Instant::now();
            for _ in 0..runs {
                prepared.run().expect("a run that succeeds");
            }
            let elapsed = start.elapsed();
            let records = runs as f64 * ROWS as f64;
            ns_per_record.borrow_mut().push(elapsed.as_nanos() as f64 / records);
            elapsed
        });
    });
    median(ns_per_record.into_inner())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn print_table(generation: &[Option<f64>], write: &[Option<f64>]) {
    let cell = |value: &Option<f64>| value.map_or("-".to_owned(), |ns| format!("{ns:.2}"));
    println!("ns per record, median, one thread");
    println!("| batch rows | generation | write |");
    println!("|-----------:|-----------:|------:|");
    for (index, batch_rows) in BATCH_ROWS.iter().enumerate() {
        let (generation, write) = (cell(&generation[index]), cell(&write[index]));
        println!("| {batch_rows:>10} | {generation:>10} | {write:>5} |");
    }
}
