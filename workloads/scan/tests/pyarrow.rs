//! A planner and its workers answer pyarrow's client of Arrow Flight, the peer of
//! `configs/peers/scan.py`, as they answer ours.

use std::process::Command;

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
    let done = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyarrow_scan.py"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/peers"))
        .arg(env!("CARGO_BIN_EXE_scan"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut digest = Digest::default();
    digest.add(&data::batch(5, 0, 1_000).unwrap()).unwrap();
    let answer = format!("1000 1000 {digest}");
    let both = format!("threads {answer}\nprocesses {answer}\n");
    assert_eq!(String::from_utf8(done.stdout).unwrap(), both);
}

#[test]
fn what_serve_does_not_understand_is_refused() {
    for (params, expect) in [("{\"nodes\":3}", "unknown parameter `nodes`"), ("3", "JSON object")] {
        let refused =
            Command::new(env!("CARGO_BIN_EXE_scan")).args(["serve", params]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        let words = String::from_utf8(refused.stderr).unwrap();
        assert!(words.starts_with("scan serve: ") && words.contains(expect), "{words}");
    }
}
