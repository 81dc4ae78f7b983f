//! A planner and its workers answer pyarrow's client of Arrow Flight as they answer ours.

use std::process::Command;
use std::time::Duration;

use scan::cluster::{Cluster, WorkerSettings};
use scan::data::{self, Digest};

#[test]
fn pyarrow_gets_the_same_rows() {
    let python = |code: &str| {
        let mut command = Command::new("python3");
        command.args(["-c", code]);
        command
    };
    if !python("import numpy, pyarrow.flight").output().is_ok_and(|done| done.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "under CI there must be numpy and pyarrow");
        println!("skipped: no python3 with numpy and pyarrow");
        return;
    }
    let link = tempfile::NamedTempFile::new().unwrap();
    let settings = WorkerSettings {
        slots: 2,
        latency: Duration::from_millis(1),
        link: link.path().to_owned(),
        bytes_per_second: 125_000_000,
        batch_rows: 64,
    };
    let cluster = Cluster::start(env!("CARGO_BIN_EXE_scan").as_ref(), 3, &settings).unwrap();
    let query = r#"{"seed":5,"rows":1000,"split_rows":90,"max_task_count":null}"#;
    let done = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyarrow_scan.py"))
        .args([cluster.planner(), query])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut digest = Digest::default();
    digest.add(&data::batch(5, 0, 1_000).unwrap()).unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), format!("1000 {digest}\n"));
}
