//! Warnings that teach, along the whole street: from what is measured to the sentence below the
//! table, in the JSON document and in the report.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::{Place, faulty, skip};

fn warnings(place: &Place) -> Vec<String> {
    let text = place.dyno(&["show", "--format", "json"]).expect(0).stdout();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let all = document["warnings"].as_array().unwrap().iter();
    all.map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn one_with(place: &Place, part: &str) -> String {
    let all = warnings(place);
    let found: Vec<&String> = all.iter().filter(|line| line.contains(part)).collect();
    assert_eq!(found.len(), 1, "`{part}` in {all:#?}");
    found[0].clone()
}

#[test]
fn samples_under_5_ms_are_told_in_the_table_the_document_and_the_report() {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"scripted\"\n[sampling]\nprocesses = 6\niterations = 1\nwarmup = 0\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         params = {{ wall_ns = 2_000_000, spread_ns = 1_000, rows = 500 }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    let table = place.dyno(&["run", "suite.toml"]).expect(0).stdout();
    let sentence = one_with(&place, "under 5 ms");
    assert!(sentence.contains("samples take 2.00 ms (under 5 ms), where clock"), "{sentence}");
    assert!(table.contains(&format!("warning: {sentence}")), "{table}");
    let report = place.store().directory(&place.run().info.id).unwrap().join("report.html");
    assert!(fs::read_to_string(report).unwrap().contains("samples take 2.00 ms (under 5 ms)"));
    // Equal stores give equal words.
    assert_eq!(warnings(&place), warnings(&place));
}

#[test]
fn a_command_that_does_nothing_is_too_short() {
    let place = Place::new();
    place.dyno(&["cmd", "true", "-r", "7"]).expect(0);
    let run = place.run();
    let mut walls: Vec<f64> =
        run.samples.iter().filter_map(|sample| sample.value("wall_time")).collect();
    walls.sort_by(f64::total_cmp);
    // On a machine so loaded that even this takes long, there is nothing to tell.
    if walls[3] < 5e6 {
        let sentence = one_with(&place, "under 5 ms");
        assert!(sentence.contains("starting the process is a good part"), "{sentence}");
    } else {
        assert!(!warnings(&place).iter().any(|line| line.contains("under 5 ms")));
    }
}

#[test]
fn a_command_that_is_slow_once_should_be_warmed_up() {
    let script = "if test -e marker; then :; else touch marker; sleep 2; fi";
    let place = Place::new();
    place.dyno(&["cmd", "-S", "sh", script, "-r", "8"]).expect(0);
    let sentence = one_with(&place, "the first sample took");
    assert!(sentence.contains("warm up with `-w 1`"), "{sentence}");

    let warm = Place::new();
    warm.dyno(&["cmd", "-S", "sh", script, "-r", "8", "-w", "1"]).expect(0);
    assert!(!warnings(&warm).iter().any(|line| line.contains("warm up with")));
}

#[test]
fn few_processes_are_told_with_the_number_that_is_needed() {
    let place = Place::new();
    place.dyno(&["cmd", "true", "-r", "3"]).expect(0);
    let sentence = one_with(&place, "95 % interval");
    assert!(sentence.contains("3 processes: ") && sentence.contains("`-r 6`"), "{sentence}");
}

#[test]
fn output_on_tmpfs_is_told_before_and_after() {
    let shm = Path::new("/dev/shm");
    if !engine::environment::storage(shm).is_some_and(|mount| mount.in_memory()) {
        return skip("no file system in memory at /dev/shm");
    }
    let directory = tempfile::tempdir_in(shm).unwrap();
    let place = Place::with_suite(
        "name = \"small\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n\
         [[case]]\nworkload = \"pipeline\"\nparams = { rows = 2_000 }\n",
    );
    let set = format!("output.directory={}", directory.path().display());
    let said = place.dyno(&["run", "suite.toml", "--set", &set]).expect(0).stderr();
    assert!(said.contains("warning: what the work writes stays in memory (tmpfs"), "{said}");
    let sentence = one_with(&place, "stays in memory");
    assert!(sentence.contains("mounted at /dev/shm), "), "{sentence}");
}

#[test]
fn a_debug_build_of_dyno_is_told_where_a_built_in_workload_is_measured() {
    let place = Place::with_suite(
        "name = \"small\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n\
         [[case]]\nworkload = \"pipeline\"\nparams = { rows = 2_000 }\n",
    );
    let said = place.dyno(&["run", "suite.toml"]).expect(0).stderr();
    let told = |text: &str| text.contains("dyno is a debug build");
    assert_eq!(told(&said), cfg!(debug_assertions), "{said}");
    assert_eq!(told(&warnings(&place).join("\n")), cfg!(debug_assertions));
    let command = Place::new();
    command.dyno(&["cmd", "true", "-r", "1"]).expect(0);
    assert!(!told(&warnings(&command).join("\n")));
}

#[test]
fn a_command_from_a_directory_of_debug_builds_is_told() {
    let place = Place::new();
    for profile in ["debug", "release"] {
        let directory = place.path().join("target").join(profile);
        fs::create_dir_all(&directory).unwrap();
        place.write(&format!("target/{profile}/tool.sh"), "exit 0\n");
    }
    let said = place.dyno(&["cmd", "sh target/debug/tool.sh", "-r", "1"]).expect(0);
    let sentence = one_with(&place, "a debug build is measured");
    assert!(sentence.contains("(`target/debug/tool.sh`)"), "{sentence}");
    assert!(said.stderr().contains(&sentence), "{}", said.stderr());
    place.dyno(&["cmd", "sh target/release/tool.sh", "-r", "1"]).expect(0);
    assert!(!warnings(&place).iter().any(|line| line.contains("debug build is measured")));
}
