//! Every query of `docs/store.md`, run in DuckDB on a store that this crate wrote.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::fixture::{complete, failed, info, journal, sample, store};
use super::profiles::profile;
use crate::{RunId, Sample, Source, metrics};

/// Reads a JSON list of queries, prints a JSON list of their rows.
const RUN_QUERIES: &str = r#"
import duckdb, json, sys
rows = [duckdb.sql(query).fetchall() for query in json.load(sys.stdin)]
print(json.dumps(rows, default=str))
"#;

#[test]
fn every_query_of_docs_store_md_runs_in_duckdb_and_finds_rows() {
    if !has_duckdb() {
        return;
    }
    let queries = documented("sql");
    assert!(queries.len() >= 8, "found {} queries", queries.len());
    let (guard, store) = store();
    let samples: Vec<Sample> = (0..20).map(sample).chain([failed(20)]).collect();
    complete(&store, &info("20260101-000000-quick"), &samples);
    complete(&store, &info("20260102-000000-quick"), &samples[4..]);
    store
        .keep_profile(&RunId::new("20260101-000000-quick"), &profile("pipeline/step=00", 3))
        .unwrap();
    let unfinished = journal(&store, "20260103-000000-quick", &samples);
    let whole = std::fs::read(&unfinished).unwrap();
    std::fs::write(&unfinished, &whole[..whole.len() - 9]).unwrap();
    let answers = duckdb(guard.path(), &queries);
    for (query, rows) in queries.iter().zip(&answers) {
        assert!(!rows.as_array().unwrap().is_empty(), "no rows: {query}");
    }
    // Step 00 took 100, 102, ... 118 ms, step 09 one more each; the second run begins at 104.
    let one = |part: &str| {
        let at = queries.iter().position(|query| query.contains(part)).unwrap();
        answers[at].clone()
    };
    let (a, b) = ("20260101-000000-quick", "20260102-000000-quick");
    let (s0, s9) = ("pipeline/step=00", "pipeline/step=09");
    assert_eq!(
        one("AS wall_ms\nFROM processes"),
        serde_json::json!([
            [a, s0, 10, 109.0],
            [a, s9, 10, 110.0],
            [b, s0, 8, 111.0],
            [b, s9, 8, 112.0]
        ])
    );
    let per_case = |number: f64| {
        serde_json::json!([[a, s0, number], [a, s9, number], [b, s0, number], [b, s9, number]])
    };
    assert_eq!(one("AS share"), serde_json::json!([[a, s0, 0.25]]));
    assert_eq!(one("AS cores_busy"), per_case(2.0));
    assert_eq!(one("AS ipc"), per_case(2.0));
    assert_eq!(one("AS ratio"), serde_json::json!([[s9, 112.0 / 110.0], [s0, 111.0 / 109.0]]));
    let failure = serde_json::json!([
        [a, s0, 5, 0, "timeout", "took longer than 1 s", "last words\n"],
        [b, s0, 5, 0, "timeout", "took longer than 1 s", "last words\n"]
    ]);
    assert_eq!(one("AS said"), failure);
    assert_eq!(one("AS step"), serde_json::json!([["00", 110.0], ["09", 111.0]]));
}

#[test]
fn the_documented_median_counts_each_process_once() {
    if !has_duckdb() {
        return;
    }
    let (guard, store) = store();
    let wall = [(0, 10.0), (0, 11.0), (0, 12.0), (1, 20.0), (2, 30.0), (2, 31.0)];
    let samples: Vec<Sample> = wall
        .into_iter()
        .map(|(process, ms)| {
            let values = vec![metrics::WALL_TIME.value(ms * 1e6, Source::Workload)];
            Sample { process, values, ..sample(0) }
        })
        .collect();
    complete(&store, &info("r"), &samples);
    let queries = documented("sql");
    let query = queries.iter().find(|query| query.contains("FROM processes")).unwrap();
    let answers = duckdb(guard.path(), std::slice::from_ref(query));
    // The processes' medians are 11, 20 and 30.5 ms; the median of the samples would be 16 ms.
    assert_eq!(answers[0], serde_json::json!([["r", "pipeline/step=00", 6, 20.0]]));
}

#[test]
fn duckdb_sees_the_documented_columns_and_the_exact_time() {
    if !has_duckdb() {
        return;
    }
    let (guard, store) = store();
    complete(&store, &info("r"), &[sample(7)]);
    let queries = ["values", "samples", "cases"].map(|table| {
        format!("SELECT column_name FROM (DESCRIBE FROM 'results/r/{table}.parquet')")
    });
    let mut queries = queries.to_vec();
    queries.push("SELECT epoch_ns(started) FROM 'results/r/samples.parquet'".to_owned());
    let answers = duckdb(guard.path(), &queries);
    let docs = docs();
    for row in answers[..3].iter().flat_map(|rows| rows.as_array().unwrap()) {
        let column = row[0].as_str().unwrap();
        assert!(docs.contains(&format!("| `{column}` |")), "docs/store.md lacks `{column}`");
    }
    assert_eq!(answers[3], serde_json::json!([[1_700_000_000_000_000_007_i64]]));
}

#[test]
fn the_polars_and_pandas_snippets_of_docs_store_md_find_the_medians() {
    let (guard, store) = store();
    complete(&store, &info("r"), &[sample(0), sample(1), failed(2)]);
    for snippet in documented("python") {
        let module = if snippet.contains("pandas") { "pandas, pyarrow" } else { "polars" };
        if !has_python_modules(module) {
            assert!(std::env::var_os("CI").is_none(), "under CI python3 must have {module}");
            println!("skipped: python3 has no {module}");
            continue;
        }
        let python = Command::new("python3")
            .args(["-c", &snippet])
            .current_dir(guard.path())
            .output()
            .unwrap();
        let (said, errors) = (String::from_utf8(python.stdout), String::from_utf8(python.stderr));
        let said = said.unwrap();
        assert!(python.status.success(), "{}", errors.unwrap());
        // Step 09 took 101 ms.
        assert!(said.contains("1.01e8") || said.contains("101000000.0"), "{said}");
    }
}

fn docs() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/store.md");
    std::fs::read_to_string(path).unwrap()
}

/// The code blocks of one language.
fn documented(language: &str) -> Vec<String> {
    let docs = docs();
    let begin = format!("```{language}\n");
    let blocks = docs.split(&begin).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn has_duckdb() -> bool {
    let found = has_python_modules("duckdb");
    assert!(found || std::env::var_os("CI").is_none(), "CI needs the Python package duckdb");
    if !found {
        println!("skipped: python3 has no package duckdb");
    }
    found
}

fn has_python_modules(modules: &str) -> bool {
    let found = Command::new("python3").args(["-c", &format!("import {modules}")]).output();
    found.is_ok_and(|output| output.status.success())
}

/// The rows of each query, run in `directory`.
fn duckdb(directory: &Path, queries: &[String]) -> Vec<Value> {
    let mut python = Command::new("python3")
        .args(["-c", RUN_QUERIES])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = serde_json::to_vec(queries).unwrap();
    python.stdin.take().unwrap().write_all(&text).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "duckdb refused a query");
    serde_json::from_slice(&output.stdout).unwrap()
}
