//! What the study's steps save and cost in allocations, against what their arithmetic says.
//!
//! One test in one process: the counting allocator counts the whole process, so nothing else may run
//! beside it. The arithmetic stands in `docs/shredding.md`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics and shows its numbers"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use arrow::array::{Array, AsArray, StringArray};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use tempfile::TempDir;
use workload_api::Allocation;
use workloads::Pipeline;

mod counted;

const ROWS: i64 = 50_000;

/// What one run of a step with one producer allocates, after a run that warms up.
fn counted(step: &str, data_dir: &Path) -> Allocation {
    let given = [("step", step.into()), ("rows", ROWS.into()), ("producers", 1.into())];
    counted::counted(&Pipeline, &given, data_dir).allocation.unwrap()
}

/// Names, different names and phone numbers in the files of a run.
fn data(dir: &Path) -> (f64, f64, f64) {
    let (mut names, mut numbers, mut different) = (0, 0, BTreeSet::new());
    for entry in fs::read_dir(dir).unwrap() {
        let file = File::open(entry.unwrap().path()).unwrap();
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let column: &StringArray = batch.column(0).as_string();
            names += column.len() - column.null_count();
            different.extend(column.iter().flatten().map(str::to_owned));
            let phones = batch.column(1).as_list::<i32>().values().as_struct();
            numbers += phones.len() - phones.column(0).null_count();
        }
    }
    (names as f64, different.len() as f64, numbers as f64)
}

/// Within 2 % of what the arithmetic says.
#[track_caller]
fn close(what: &str, found: f64, expected: f64) {
    println!("{what}: {found:.4} a row, {expected:.4} by its arithmetic");
    assert!((found / expected - 1.0).abs() <= 0.02, "{what}: {found} for {expected}");
}

#[test]
fn the_steps_save_and_cost_the_allocations_that_their_arithmetic_says() {
    let dir = TempDir::new().unwrap();
    let rows = ROWS as f64;
    let run = |step: &str| counted(step, dir.path());
    let change = |from: &Allocation, to: &Allocation| {
        let blocks = to.allocations as f64 - from.allocations as f64;
        let resized = to.reallocations as f64 - from.reallocations as f64;
        (blocks / rows, resized / rows)
    };
    let [two, three, four] = ["02", "03", "04"].map(run);
    let (names, _, numbers) = data(dir.path());
    let (names, numbers) = (names / rows, numbers / rows);
    // 0.85 phones a row, 95 % of them with a number.
    close("numbers", numbers, 0.85 * 0.95);
    close("03, blocks", change(&two, &three).0, -0.81);
    close("03, blocks", change(&two, &three).0, -numbers);
    // `format!` reserves 14 bytes for the 15 of a number.
    close("03, resized", change(&two, &three).1, -numbers);
    // Two halves and the whole become the whole alone.
    close("04, blocks", change(&three, &four).0, -2.0 * names);
    let [eight, nine, ten] = ["08", "09", "10"].map(run);
    let (names, different, _) = data(dir.path());
    let (names, different) = (names / rows, different / rows);
    // Each first name is a key, a text and its counter; the clone of each name is gone.
    close(
        "09, blocks",
        change(&eight, &nine).0,
        3.0 * different - names + maps(different * rows) / rows,
    );
    close("10, blocks", change(&eight, &ten).0, -names);
    assert_eq!(eight.reallocations, ten.reallocations, "nothing is resized or no longer resized");
}

/// Tables that the 64 shards of the map make until they hold so many names: 4 buckets at first, then
/// 8, 16 and so on; from 8 on one in eight stays empty.
fn maps(names: f64) -> f64 {
    let of_a_shard = names / 64.0;
    let tables = (3..).take_while(|bits| 2_f64.powi(*bits) * 7.0 / 8.0 < of_a_shard).count();
    64.0 * (2 + tables) as f64
}
