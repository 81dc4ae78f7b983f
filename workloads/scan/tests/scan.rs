//! The workload with its real processes, asked as a harness asks it.
//!
//! Times are never an upper bound here: what latency and link allow cannot be beaten, however fast
//! the machine, and that is what is held.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use scan::Scan;
use scan::data::{self, Digest};
use workload_api::{Answer, Context, ParamValue, Params, Prepared, Work, Workload};

const SEED: u64 = 7;
const MS: i64 = 1_000_000;

type Given<'a> = &'a [(&'a str, ParamValue)];

/// Small and quick: 16 tasks of 50 rows, 1 ms each.
fn prepare(given: Given<'_>) -> Result<Box<dyn Prepared>, String> {
    let mut params: Params =
        [("rows", 800), ("split_rows", 50), ("latency", MS), ("workers", 3)].into_iter().collect();
    params.set("clients", 4);
    given.iter().for_each(|(name, value)| params.set(*name, value.clone()));
    let context = Context { seed: SEED, data_dir: PathBuf::from("/nowhere") };
    let workload = Scan::with_program(env!("CARGO_BIN_EXE_scan"));
    workload.prepare(&params, &context).map_err(|error| error.to_string())
}

fn scan(given: Given<'_>) -> (Work, Answer) {
    let mut prepared = prepare(given).unwrap();
    (prepared.run().unwrap(), prepared.check().unwrap())
}

fn metric(work: &Work, name: &str) -> Option<f64> {
    work.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
}

/// What a scan of so many rows must give, made without any cluster.
fn expected(rows: u64) -> String {
    let mut digest = Digest::default();
    digest.add(&data::batch(SEED, 0, rows).unwrap()).unwrap();
    digest.to_string()
}

#[test]
fn every_shape_of_a_scan_gives_the_rows_of_the_table() {
    let shapes: [Given<'_>; 8] = [
        &[],
        &[("clients", 1.into()), ("workers", 1.into()), ("slots", 1.into())],
        &[("clients", 40.into())],
        &[("mode", "processes".into())],
        &[("max_task_count", 3.into()), ("batch_rows", 7.into())],
        &[("max_task_count", 1.into()), ("latency", 0.into())],
        &[("split_rows", 1_000_000.into())],
        &[("users", 3.into()), ("queries_per_user", 2.into()), ("rival_clients", 2.into())],
    ];
    for shape in shapes {
        let (work, answer) = scan(shape);
        assert_eq!((answer.rows, answer.digest.as_str()), (800, &*expected(800)), "{shape:?}");
        let queries = if shape[..].iter().any(|(name, _)| *name == "users") { 6 } else { 1 };
        assert_eq!((work.rows, work.bytes_in), (800 * queries, 80_000 * queries), "{shape:?}");
        assert_eq!(metric(&work, "retries"), Some(0.0), "{shape:?}");
        assert!(metric(&work, "client_cpu").unwrap() > 0.0);
        assert!(metric(&work, "query_p99") >= metric(&work, "query_p50"));
    }
}

#[test]
fn seed_and_rows_decide_the_answer_and_nothing_else_is_in_its_group() {
    let (_, answer) = scan(&[]);
    assert_eq!(answer.group.as_deref(), Some("scan seed=7 rows=800"));
    let (_, other) = scan(&[("rows", 801.into())]);
    assert_ne!((other.group, other.digest), (answer.group, answer.digest));
}

#[test]
fn a_scan_is_never_faster_than_latency_and_link_allow() {
    // A task takes 20 ms of latency and 10 ms of the link.
    let slow = [
        ("latency", (20 * MS).into()),
        ("bandwidth", 500_000.into()),
        ("max_task_count", 16.into()),
    ];
    for clients in [1, 2, 4, 8] {
        let given: Vec<_> = slow.iter().cloned().chain([("clients", clients.into())]).collect();
        let mut prepared = prepare(&given).unwrap();
        let start = Instant::now();
        let work = prepared.run().unwrap();
        let modelled = metric(&work, "modelled_time").unwrap();
        assert!(start.elapsed().as_nanos() as f64 >= modelled, "{clients}: {modelled}");
        assert_eq!(metric(&work, "modelled_knee"), Some(3.0));
    }
}

#[test]
fn a_worker_killed_in_mid_scan_costs_retries_and_no_row() {
    for mode in ["threads", "processes"] {
        let given = [
            ("fault", "kill_worker".into()),
            ("mode", mode.into()),
            ("latency", (5 * MS).into()),
            ("slots", 1.into()),
            // 5 ms on the link in ten batches, so that a stream may be cut anywhere.
            ("bandwidth", 1_000_000.into()),
            ("batch_rows", 5.into()),
        ];
        let mut prepared = prepare(&given).unwrap();
        // The second run finds a whole cluster again.
        for run in 0..2 {
            let work = prepared.run().unwrap();
            assert!(metric(&work, "retries").unwrap() >= 1.0, "{mode}, run {run}");
            // One of its servers is gone, and with it what it has counted.
            assert_eq!(metric(&work, "server_cpu"), None);
            assert_eq!(prepared.check().unwrap().digest, expected(800), "{mode}, run {run}");
        }
    }
}

#[test]
fn without_a_worker_the_run_fails_with_its_reason() {
    for mode in ["threads", "processes"] {
        let given = [("fault", "kill_all_workers".into()), ("mode", mode.into())];
        let mut prepared = prepare(&given).unwrap();
        let error = prepared.run().unwrap_err().to_string();
        assert!(error.starts_with("no worker ran the task {\"seed\":7,\"first\":"), "{error}");
        assert!(error.contains("3 tried; the last one, grpc+tcp://127.0.0.1:"), "{error}");
        assert_eq!(prepared.check().unwrap_err().to_string(), "no run has left a result");
    }
}

#[test]
fn a_worker_that_is_late_is_given_up() {
    let given = [("latency", (60_000 * MS).into()), ("task_timeout", (20 * MS).into())];
    let error = prepare(&given).unwrap().run().unwrap_err().to_string();
    assert!(error.contains("took longer than 20ms"), "{error}");
}

#[test]
fn hostile_parameters_are_refused_before_anything_starts() {
    let refused = |name, value: i64| prepare(&[(name, value.into())]).err().unwrap();
    assert!(refused("clients", 0).contains("parameter `clients`: expected an integer from 1"));
    assert!(refused("workers", 0).contains("parameter `workers`: expected an integer from 1"));
    assert!(refused("slots", -1).contains("parameter `slots`"));
    let mut many = prepare(&[("rows", 200_000.into()), ("split_rows", 1.into())]).unwrap();
    let error = many.run().unwrap_err().to_string();
    assert!(error.contains("planning: ") && error.contains("200000 tasks, at most"), "{error}");
}

#[test]
fn servers_end_with_what_was_prepared() {
    let before = children();
    let prepared = prepare(&[]).unwrap();
    let started: BTreeSet<u32> = &children() - &before;
    assert!(started.len() >= 4, "three workers and a planner: {started:?}");
    drop(prepared);
    let ours = |id: &u32| Path::new("/proc").join(id.to_string()).exists();
    let since = Instant::now();
    // Other tests run beside this one; theirs end too, a little later.
    while started.iter().any(ours) && since.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!started.iter().any(ours));
}

/// Processes that threads of this one have started.
fn children() -> BTreeSet<u32> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>())
        .collect()
}
