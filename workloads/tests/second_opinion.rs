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

/// The digest of docs/decoder.md, computed anew. Types are a letter, a list of items, or a tuple of fields.
const DECODE: &str = r#"
import sys, json, struct
from datetime import date, datetime
from decimal import Decimal
SHAPES = {
    "lineitem": ("""orderkey partkey suppkey linenumber quantity extendedprice discount tax returnflag
        linestatus shipdate commitdate receiptdate shipinstruct shipmode comment""", "iiiiddddttDDDttt"),
    "nested": ("id at day open score balance customer tags lines samples",
        ["i", "T", "D", "b", "f", "l", ("t", ("f", "f")), ["t"], [("t", "i", "d")], ["f"]]),
}
def fnv(h, data):
    for byte in data:
        h = (h ^ byte) * 0x100000001b3 % 2**64
    return h
def content(kind, value):
    if kind == "i": return struct.pack("<q", value)
    if kind == "d": return struct.pack("<q", int(Decimal(value) * 100))
    if kind == "l": return int(Decimal(value).scaleb(9)).to_bytes(16, "little", signed = True)
    if kind == "D": return struct.pack("<q", (date.fromisoformat(value) - date(1970, 1, 1)).days)
    if kind == "T":
        since = datetime.fromisoformat(value) - datetime(1970, 1, 1)
        return struct.pack("<q", (since.days * 86400 + since.seconds) * 10**6 + since.microseconds)
    if kind == "b": return bytes([value])
    if kind == "f": return struct.pack("<d", float(value))
    if kind == "t":
        return struct.pack("<Q", len(value.encode())) + value.encode()
    if isinstance(kind, list):
        return struct.pack("<Q", len(value)) + b"".join(within(kind[0], item) for item in value)
    assert len(kind) == len(value)
    return b"".join(map(within, kind, value))
def within(kind, value):
    return b"\0" if value is None else b"\1" + content(kind, value)
names, kinds = SHAPES[sys.argv[1]]
sums, row_number = [0] * len(kinds), 0
for path in sys.argv[2:]:
    for row in json.load(open(path, encoding = "utf-8")):
        assert len(row) == len(kinds)
        start = fnv(0xcbf29ce484222325, struct.pack("<Q", row_number))
        for c, value in enumerate(row):
            data = within(kinds[c], value)
            if kinds[c] == "t" and value is not None: data = b"\1" + value.encode()
            sums[c] = (sums[c] + fnv(start, data)) % 2**64
        row_number += 1
print(row_number, " ".join(f"{name}={h:016x}" for name, h in zip(names.split(), sums)), end = "")
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
    for shape in ["lineitem", "nested"] {
        python_decodes(shape);
    }
}

fn python_decodes(shape: &str) {
    let (segments, rows_per_segment) = (3, 500);
    let dir = TempDir::new().unwrap();
    let mut arguments = vec![PathBuf::from(shape)];
    for segment in 0..segments {
        let path = dir.path().join(format!("segment-{segment}.json"));
        fs::write(&path, segment_json(shape, 9, segment, rows_per_segment).unwrap()).unwrap();
        arguments.push(path);
    }
    let python = String::from_utf8(python(DECODE, &arguments)).unwrap();
    for (codec, strategy, output) in [
        ("none", "sequential", "columns"),
        ("zstd", "threads", "rows"),
        ("lz4", "threads", "columns"),
        ("zstd", "limit", "columns"),
        ("zstd", "limit", "rows"),
    ] {
        let given = [
            ("shape", shape.into()),
            ("segments", (segments as i64).into()),
            ("rows_per_segment", (rows_per_segment as i64).into()),
            ("codec", codec.into()),
            ("strategy", strategy.into()),
            ("output", output.into()),
        ];
        let answer = answer(&Decoder, 9, &given);
        let said = format!("{} {}", answer.rows, answer.digest);
        assert_eq!(said, python, "{shape} {codec} {strategy} {output}");
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
