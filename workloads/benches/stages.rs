//! Nanoseconds per record of generation and of writing, per batch size: the study's table.
//!
//! `cargo bench -p workloads` runs both halves of the pipeline, each on one thread, and ends with
//! the table. Criterion measures whole runs of the workloads, so a file's footer and a pool's
//! wake-up are in the figures, spread over many batches. `DYNO_COUNTER=instructions`, or
//! `allocations`, counts those per record instead.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a person runs this for its table")]

use std::cell::RefCell;
use std::process::ExitCode;
use std::time::Duration;

use criterion::measurement::Measurement;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use criterion_counters::{Counter, Lack};
use record::Unit;
use tempfile::TempDir;
use workload_api::{Context, Params, Workload};
use workloads::{Generator, Writer};

/// Rows of one run: a whole number of batches of every size, and a full row group. Much fewer would
/// tell another story: a column chunk begins with a dictionary and gives it up when that is full.
const ROWS: i64 = 1 << 20;
const BATCH_ROWS: [i64; 4] = [1024, 2048, 4096, 8192];

#[global_allocator]
static ALLOCATOR: workload_api::CountingAllocator = workload_api::CountingAllocator::new();

fn main() -> ExitCode {
    match benchmarks() {
        Ok(()) => ExitCode::SUCCESS,
        Err(lack) => {
            eprintln!("error: {lack}");
            ExitCode::FAILURE
        }
    }
}

fn benchmarks() -> Result<(), Lack> {
    // One for criterion, and one for the table. Both are made before any thread of a workload.
    let (counter, of_table) = (Counter::from_env()?, Counter::from_env()?);
    println!("measured: {counter}");
    let mut criterion = Criterion::default()
        .with_measurement(counter)
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let generation = stage(&mut criterion, &of_table, "generation", &Generator);
    let write = stage(&mut criterion, &of_table, "write", &Writer);
    criterion.final_summary();
    print_table(&of_table, &generation, &write);
    Ok(())
}

/// Median per record for each batch size; `None` where a filter left it out.
fn stage(
    criterion: &mut Criterion<Counter>,
    of_table: &Counter,
    name: &str,
    workload: &dyn Workload,
) -> Vec<Option<f64>> {
    // Each counter is held against its own last run, not against that of another one.
    let mut group = criterion.benchmark_group(format!("{name}/{}", of_table.metric().name));
    // One run is long enough for a sample of its own.
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(ROWS as u64));
    let median = |batch_rows: &i64| measure(&mut group, of_table, workload, *batch_rows);
    let medians = BATCH_ROWS.iter().map(median).collect();
    group.finish();
    medians
}

fn measure(
    group: &mut BenchmarkGroup<'_, Counter>,
    of_table: &Counter,
    workload: &dyn Workload,
    batch_rows: i64,
) -> Option<f64> {
    // OK to stop a benchmark here and below: without a directory or with a failed run there is
    // nothing to measure.
    let dir = TempDir::new().expect("a directory for the files");
    let context = Context { seed: 1, data_dir: dir.path().to_owned() };
    let params: Params = [("rows", ROWS), ("batch_rows", batch_rows)].into_iter().collect();
    let mut prepared = workload.prepare(&params, &context).expect("parameters that fit");
    let per_record = RefCell::new(Vec::new());
    group.bench_function(BenchmarkId::from_parameter(batch_rows), |bencher| {
        bencher.iter_custom(|runs| {
            let start = of_table.start();
            for _ in 0..runs {
                prepared.run().expect("a run that succeeds");
            }
            let counted = of_table.end(start);
            let records = runs as f64 * ROWS as f64;
            per_record.borrow_mut().push(counted / records);
            counted
        });
    });
    median(per_record.into_inner())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn print_table(of_table: &Counter, generation: &[Option<f64>], write: &[Option<f64>]) {
    let decimals = |value: f64| if value < 1.0 { 5 } else { 2 };
    let cell = |value: &Option<f64>| {
        value.map_or("-".to_owned(), |one| format!("{one:.0$}", decimals(one)))
    };
    let metric = of_table.metric();
    let unit = if metric.unit == Unit::Count { "" } else { &format!(", {}", metric.unit) };
    println!("{}{unit} per record, median, one thread", metric.name);
    println!("| batch rows | generation | write |");
    println!("|-----------:|-----------:|------:|");
    for (index, batch_rows) in BATCH_ROWS.iter().enumerate() {
        let (generation, write) = (cell(&generation[index]), cell(&write[index]));
        println!("| {batch_rows:>10} | {generation:>10} | {write:>5} |");
    }
}
