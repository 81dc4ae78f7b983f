//! Answers of two workloads against programs that share no line with them: DuckDB aggregates the
//! same measurements, and Python's own JSON decodes the same segments.
//!
//! Without Python or DuckDB's module the tests say that they are skipped, except where `CI` is set.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use twox_hash::XxHash3_64;
use workload_api::{Answer, Context, ParamValue, Params, Workload};
use workloads::{Aggregation, Decoder, segment_json};

/// Mean in tenths as floor(sum / count + 1/2). The shift makes the dividend positive, so that it
/// does not matter how integer division rounds. It is all integers; no average of doubles.
const AGGREGATE: &str = r#"
import sys, duckdb
rows = duckdb.sql(f"""
    with lines as (
        select s, cast(cast(v as decimal(4, 1)) * 10 as bigint) as t
        from read_csv('{sys.argv[1]}', delim = ';', header = false, quote = '', escape = '',
                      auto_detect = false, columns = {{'s': 'VARCHAR', 'v': 'VARCHAR'}})
    )
    select s, min(t), (2 * sum(t) + count(*) + 2000 * count(*)) // (2 * count(*)) - 1000, max(t)
    from lines group by s
""").fetchall()
def tenths(t):
    t = int(t)
    return f"{'-' if t < 0 else ''}{abs(t) // 10}.{abs(t) % 10}"
rows.sort(key = lambda row: row[0].encode())
stations = (f"{s}={tenths(low)}/{tenths(mean)}/{tenths(high)}" for s, low, mean, high in rows)
sys.stdout.buffer.write(("{" + ", ".join(stations) + "}").encode())
"#;

/// The digest of docs/decoder.md, computed anew.
const DECODE: &str = r#"
import sys, json, struct
from datetime import date
from decimal import Decimal
NAMES = """orderkey partkey suppkey linenumber quantity extendedprice discount tax returnflag
    linestatus shipdate commitdate receiptdate shipinstruct shipmode comment""".split()
KINDS = "iiiiddddttDDDttt"
def fnv(h, data):
    for byte in data:
        h = (h ^ byte) * 0x100000001b3 % 2**64
    return h
def number(kind, value):
    if kind == "d": return int(Decimal(value) * 100)
    if kind == "D": return (date.fromisoformat(value) - date(1970, 1, 1)).days
    return value
sums, row_number = [0] * 16, 0
for path in sys.argv[1:]:
    for row in json.load(open(path, encoding = "utf-8")):
        assert len(row) == 16
        start = fnv(0xcbf29ce484222325, struct.pack("<Q", row_number))
        for c, value in enumerate(row):
            if value is None: h = fnv(start, b"\0")
            elif KINDS[c] == "t": h = fnv(fnv(start, b"\1"), value.encode())
            else: h = fnv(fnv(start, b"\1"), struct.pack("<q", number(KINDS[c], value)))
            sums[c] = (sums[c] + h) % 2**64
        row_number += 1
print(row_number, " ".join(f"{name}={h:016x}" for name, h in zip(NAMES, sums)), end = "")
"#;

#[test]
fn duckdb_aggregates_the_measurements_to_the_same_text() {
    if !can_import("duckdb") {
        return;
    }
    for (rows, stations) in [(200_000, 413), (50_000, 10_000)] {
        for variant in ["naive", "batched", "partitioned", "limit"] {
            let given = [
                ("rows", rows.into()),
                ("stations", stations.into()),
                ("variant", variant.into()),
                ("workers", 2.into()),
            ];
            let answer = answer(&Aggregation, 5, &given);
            let name = format!("measurements-v2-rows{rows}-seed5-stations{stations}.txt");
            let text = python(AGGREGATE, &[input_directory().join(name)]);
            let digest = format!("text={:016x}", XxHash3_64::oneshot(&text));
            let text = String::from_utf8(text).unwrap();
            assert_eq!(answer.digest, digest, "{variant}: DuckDB says {text:.300}");
            assert_eq!(answer.rows, text.matches('=').count() as u64);
        }
    }
}

#[test]
fn python_decodes_the_segments_to_the_same_digests() {
    if !can_import("json") {
        return;
    }
    let (segments, rows_per_segment) = (3, 700);
    let dir = TempDir::new().unwrap();
    let paths: Vec<_> = (0..segments)
        .map(|segment| {
            let path = dir.path().join(format!("segment-{segment}.json"));
            fs::write(&path, segment_json(9, segment, rows_per_segment)).unwrap();
            path
        })
        .collect();
    let python = String::from_utf8(python(DECODE, &paths)).unwrap();
    for (codec, strategy) in
        [("none", "sequential"), ("zstd", "threads"), ("lz4", "threads"), ("zstd", "limit")]
    {
        let given = [
            ("segments", (segments as i64).into()),
            ("rows_per_segment", (rows_per_segment as i64).into()),
            ("codec", codec.into()),
            ("strategy", strategy.into()),
        ];
        let answer = answer(&Decoder, 9, &given);
        assert_eq!(format!("{} {}", answer.rows, answer.digest), python, "{codec} {strategy}");
    }
}

fn answer(workload: &dyn Workload, seed: u64, given: &[(&str, ParamValue)]) -> Answer {
    let dir = TempDir::new().unwrap();
    let params: Params = given.iter().cloned().collect();
    let context = Context { seed, data_dir: dir.path().to_owned() };
    let mut prepared = workload.prepare(&params, &context).unwrap();
    prepared.run().unwrap();
    prepared.check().unwrap()
}

/// Where input is kept, as docs/measurements.md says.
fn input_directory() -> PathBuf {
    let stated = std::env::var_os("DYNO_DATA").filter(|path| !path.is_empty());
    stated.map_or_else(|| std::env::temp_dir().join("dyno-data"), PathBuf::from)
}

/// Whether this machine's Python has a module. Where it must and has not, the test fails.
fn can_import(module: &str) -> bool {
    let import = Command::new("python3").arg("-c").arg(format!("import {module}")).output();
    if import.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs python3 with the module {module}");
    println!("skipped: no python3 with the module {module}");
    false
}

/// What a script prints.
fn python(script: &str, paths: &[impl AsRef<Path>]) -> Vec<u8> {
    let paths = paths.iter().map(AsRef::as_ref);
    let output = Command::new("python3").arg("-c").arg(script).args(paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
