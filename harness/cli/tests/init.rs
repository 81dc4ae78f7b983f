//! `dyno init`: what it writes can be run at once, and nothing of the user's is lost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::process::Command;

use common::{Place, skip};

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

/// A crate with one binary, as `cargo new` makes it.
fn crate_with(place: &Place, name: &str) {
    let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n");
    place.write("Cargo.toml", &manifest);
    fs::create_dir_all(place.path().join("src")).unwrap();
    place.write("src/main.rs", "fn main() {}\n");
}

fn works(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn any_directory_gets_a_suite_that_runs_as_it_stands() {
    let place = Place::new();
    let said = place.dyno(&["init"]).expect(0).stdout();
    assert!(said.contains("wrote dyno.toml\n") && said.contains("dyno run dyno.toml"), "{said}");
    place.dyno(&["run", "dyno.toml", "--once"]).expect(0);
    assert_eq!(place.run().info.cases.len(), 2);
    assert!(!place.path().join(".gitignore").exists(), "there is no repository");
}

#[test]
fn a_crate_is_built_and_measured_by_its_first_suite() {
    let place = Place::new();
    crate_with(&place, "tool");
    place.dyno(&["init"]).expect(0);
    let suite = read(&place, "dyno.toml");
    // Where a build ends up is cargo's to say; here it may be told by the environment.
    assert!(suite.contains("release/tool\"]\n"), "{suite}");
    assert!(suite.contains("prepare = [\"cargo\", \"build\", \"--release\""), "{suite}");
    place.dyno(&["run", "dyno.toml", "--once"]).expect(0);
    let run = place.run();
    assert_eq!(run.info.cases[0].id.as_str(), "tool");
    assert!(run.samples.iter().all(record::Sample::counts));
}

#[test]
fn a_rust_worker_comes_with_its_suite_and_the_way_to_its_dependency() {
    let place = Place::new();
    crate_with(&place, "tool");
    let said = place.dyno(&["init", "--rust-worker"]).expect(0).stdout();
    assert!(said.contains("cargo add --dev workload-api --path "), "{said}");
    assert!(said.contains("cargo build --release --example dyno_worker\n"), "{said}");
    assert!(read(&place, "examples/dyno_worker.rs").contains("workload_api::serve"));
    assert!(read(&place, "dyno-worker.toml").contains("release/examples/dyno_worker\"]"));
    assert!(!place.path().join("dyno.toml").exists());
}

#[test]
fn a_rust_worker_needs_a_package() {
    let place = Place::new();
    let done = place.dyno(&["init", "--rust-worker"]).expect(2);
    assert!(done.stderr().contains("is an example of a package"), "{}", done.stderr());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_python_project_is_measured_as_a_command_and_through_a_worker() {
    if !works("python3") {
        return skip("no python3");
    }
    let place = Place::new();
    place.write("main.py", "print(sum(range(1000)))\n");
    place.dyno(&["init"]).expect(0);
    place.dyno(&["run", "dyno.toml", "--once"]).expect(0);
    place.dyno(&["init", "--python-worker"]).expect(0);
    place.dyno(&["run", "dyno-worker.toml", "--once", "--set", "rows=1000"]).expect(0);
    let run = place.store().read(&place.store().resolve(None).unwrap()).unwrap();
    let answers: Vec<_> = run.samples.iter().map(|sample| sample.answer.clone().unwrap()).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], answers[1], "both algorithms sort");
    assert_eq!(answers[0].rows, 1000);
}

#[test]
fn a_file_that_is_there_is_never_written_over() {
    let place = Place::new();
    place.write("dyno.toml", "mine");
    let done = place.dyno(&["init"]).expect(2);
    assert!(done.stderr().contains("`dyno.toml` is there already"), "{}", done.stderr());
    assert_eq!(read(&place, "dyno.toml"), "mine");
    // Of two files neither is written when one is there.
    place.write("dyno-worker.toml", "mine too");
    place.dyno(&["init", "--python-worker"]).expect(2);
    assert_eq!(read(&place, "dyno-worker.toml"), "mine too");
    assert!(!place.path().join("worker.py").exists());
}

#[test]
fn the_store_is_ignored_once_in_a_repository() {
    let place = Place::new();
    fs::create_dir_all(place.path().join(".git")).unwrap();
    fs::create_dir_all(place.path().join("tools")).unwrap();
    place.write(".gitignore", "/target/");
    let said = place.dyno(&["init", "tools"]).expect(0).stdout();
    assert!(said.contains("added /results/, where runs are kept, to .gitignore"), "{said}");
    assert_eq!(read(&place, ".gitignore"), "/target/\n/results/\n");
    assert!(said.contains("next:\n  cd tools\n  dyno run dyno.toml\n"), "{said}");
    let said = place.dyno(&["init"]).expect(0).stdout();
    assert!(!said.contains(".gitignore"), "{said}");
    assert_eq!(read(&place, ".gitignore"), "/target/\n/results/\n");
}

#[test]
fn a_manifest_that_cargo_does_not_understand_is_said_in_its_words() {
    let place = Place::new();
    place.write("Cargo.toml", "[package\n");
    let done = place.dyno(&["init"]).expect(2);
    assert!(done.stderr().contains("cargo does not understand"), "{}", done.stderr());
    assert!(!place.path().join("dyno.toml").exists());
}
