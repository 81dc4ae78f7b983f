//! What the limits hold in memory does not grow with the rows, where their tasks allow that.
//!
//! `docs/limits.md` states what each holds. With one worker a run allocates the same each time. What
//! grows by a few bytes for each part of a file, and pages of Parquet that are not all of one size, are
//! allowed for; what grew with the rows would be ten times as much.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test panics and shows its numbers"
)]

use tempfile::TempDir;
use workload_api::{ParamValue, Workload};
use workloads::{Aggregation, Decoder, Pipeline, Taxi};

use self::counted::counted;

mod counted;

/// A limit with one worker, and what is small and what is large to it.
struct Case<'a> {
    workload: &'a dyn Workload,
    given: &'a [(&'a str, &'a str)],
    numbers: &'a [(&'a str, i64)],
    /// The parameter that says how much there is, and its smaller value; the larger is ten times that.
    size: (&'a str, i64),
    /// Most bytes at one moment, at both sizes.
    stated: u64,
}

/// Bytes by which the larger size may be above the smaller, beside a tenth.
const SLACK: u64 = 64 << 10;

/// The sizes are such that the small one has several parts, blocks, groups or segments already.
const CASES: [Case<'_>; 5] = [
    Case {
        workload: &Aggregation,
        given: &[("variant", "limit")],
        numbers: &[("workers", 1)],
        size: ("rows", 150_000),
        stated: 1 << 20,
    },
    Case {
        workload: &Aggregation,
        given: &[("variant", "limit"), ("format", "parquet")],
        numbers: &[("workers", 1)],
        size: ("rows", 150_000),
        stated: 1 << 20,
    },
    Case {
        workload: &Taxi,
        given: &[("schedule", "limit")],
        numbers: &[("workers", 1), ("range", 65_536)],
        size: ("rows", 12_000),
        stated: 1 << 20,
    },
    Case {
        workload: &Pipeline,
        given: &[("variant", "limit"), ("step", "12")],
        numbers: &[("producers", 1), ("row_group_rows", 20_000)],
        size: ("rows", 60_000),
        stated: 4 << 20,
    },
    Case {
        workload: &Decoder,
        given: &[("strategy", "limit"), ("keep", "none")],
        numbers: &[("workers", 1), ("rows_per_segment", 400)],
        size: ("segments", 20),
        stated: 4 << 20,
    },
];

/// The most bytes at one moment of a run, without the input where that lies in memory.
fn peak(case: &Case<'_>, size: i64) -> u64 {
    let dir = TempDir::new().unwrap();
    let texts = case.given.iter().map(|(name, word)| (*name, ParamValue::from(*word)));
    let numbers = case.numbers.iter().copied().chain([(case.size.0, size)]);
    let given: Vec<_> = texts.chain(numbers.map(|(name, n)| (name, n.into()))).collect();
    let done = counted(case.workload, &given, dir.path());
    let name = case.workload.spec().name;
    let input = if name == "decoder" { done.work.bytes_in } else { 0 };
    let peak = done.allocation.unwrap().peak_bytes - input;
    println!("{name} {:?}: {peak} bytes for {size} {}", case.given, case.size.0);
    peak
}

#[test]
fn ten_times_the_rows_need_no_more_memory() {
    for case in &CASES {
        let [small, large] = [1, 10].map(|times| peak(case, times * case.size.1));
        let name = case.workload.spec().name;
        assert!(large <= case.stated, "{name}: {large} bytes, {} stated", case.stated);
        assert!(large <= small + small / 10 + SLACK, "{name}: {small} bytes became {large}");
    }
}
