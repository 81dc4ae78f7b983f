//! The suites of the workload `scan`, whose program no build of dyno makes: they are understood, and
//! a small run of them gives right answers and a report that says where more clients stop paying.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Finished, Place, skip};
use record::Status;

const SUITES: [&str; 2] = ["scan.toml", "scan-users.toml"];

/// The program, where a build of the whole workspace has made it; building it here would make every
/// test of dyno compile a gRPC stack.
fn program() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_dyno")).with_file_name("scan");
    if program.exists() {
        return Some(program);
    }
    skip(&format!("no {}; `cargo build --package scan` makes it", program.display()));
    None
}

/// The suites in a place of their own, with the program of these tests.
fn place(program: &Path) -> Place {
    let place = Place::new();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    for name in SUITES {
        let text = fs::read_to_string(configs.join(name)).unwrap();
        assert!(text.contains("\"../target/release/scan\""), "{name}");
        place.write(name, &text.replace("../target/release/scan", program.to_str().unwrap()));
    }
    place
}

#[test]
fn the_default_build_holds_no_grpc_stack() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--prefix=none", "--edges=normal,build"]).current_dir(root);
    let default = Finished::of(&mut tree).expect(0).stdout();
    let all = Finished::of(tree.arg("--workspace")).expect(0).stdout();
    for name in ["tonic ", "tokio ", "arrow-flight "] {
        let holds = |tree: &str| tree.lines().any(|line| line.starts_with(name));
        assert!(!holds(&default) && holds(&all), "{name}");
    }
}

#[test]
fn both_suites_are_understood() {
    let Some(program) = program() else { return };
    let place = place(&program);
    for (name, cases) in SUITES.into_iter().zip(["14 cases", "13 cases"]) {
        let listed = place.dyno(&["list", name]).expect(0).stdout();
        assert!(listed.contains(cases), "{name}: {listed}");
        let error = place.dyno(&["list", name, "--set", "clients=0"]).expect(2).stderr();
        assert!(error.contains("an integer from 1 to 1024"), "{error}");
    }
}

#[test]
fn all_clients_get_the_same_rows_and_the_report_draws_them() {
    let Some(program) = program() else { return };
    let place = place(&program);
    let small = ["--set", "rows=1600", "--set", "split_rows=50", "--set", "latency=2ms"];
    let once = ["run", "scan.toml", "--set", "sampling.processes=1", "--set", "sampling.warmup=0"];
    place.dyno(&[&once[..], &small[..]].concat()).expect(0);
    let run = place.run();
    assert_eq!(run.samples.len(), 14);
    let answers: Vec<_> = run.samples.iter().map(|sample| &sample.answer).collect();
    assert!(answers.iter().all(|answer| answer.is_some() && *answer == answers[0]), "{answers:?}");
    let id = &place.store().runs().unwrap()[0].id;
    let page = place.store().directory(id).unwrap().join("report.html");
    assert!(fs::read_to_string(page).unwrap().contains("Where do more of them stop paying?"));
}

#[test]
fn a_cluster_without_workers_is_a_failure_that_says_so() {
    let Some(program) = program() else { return };
    let place = Place::with_suite(&format!(
        "name = \"killed\"\n[sampling]\nprocesses = 1\nwarmup = 0\niterations = 1\n\
         [[runner]]\nname = \"flight\"\nprogram = [{program:?}]\n\
         [[case]]\nrunner = \"flight\"\nworkload = \"scan\"\n\
         params = {{ rows = 1600, split_rows = 50, latency = \"1ms\" }}\n\
         grid = {{ fault = [\"kill_worker\", \"kill_all_workers\"] }}\n"
    ));
    place.dyno(&["run", "suite.toml"]).expect(6);
    for sample in &place.run().samples {
        let case = sample.case.to_string();
        match &sample.status {
            Status::Ok => assert!(case.contains("kill_worker"), "{case}"),
            Status::Failed(failure) => {
                assert!(case.contains("kill_all_workers"), "{case}: {failure:?}");
                assert!(failure.message.contains("no worker ran the task"), "{failure:?}");
            }
        }
    }
}
