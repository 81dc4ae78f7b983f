//! `docs/your-repository.md`, followed to the letter: its commands in its order, in a directory
//! that holds nothing but a clone of this repository.
//!
//! One command is replaced: `cargo install`, by the binary under test on `PATH`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::skip;
use record::store::{State, Store, StoredRun};

const PAGE: &str = include_str!("../../../docs/your-repository.md");

const INSTALL: &str = "cargo install --path harness/cli\n";

/// The commands of one section of the page, subsections included.
fn commands(heading: &str) -> String {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let mut commands = String::new();
    let mut inside = false;
    for line in section.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside => commands.push_str(&format!("{command}\n")),
            _ => {}
        }
    }
    assert!(!commands.is_empty(), "no commands under `{heading}`");
    commands
}

/// A directory with the clone in it, as the page supposes.
struct Reader {
    dir: tempfile::TempDir,
}

impl Reader {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        std::os::unix::fs::symlink(clone, dir.path().join("dyno")).unwrap();
        Self { dir }
    }

    /// Runs commands as a person does, one after the other; the first that fails ends the test.
    fn follow(&self, commands: &str) {
        let binary = Path::new(env!("CARGO_BIN_EXE_dyno")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-e", "-x", "-c", commands])
            .current_dir(self.dir.path())
            .env("PATH", path)
            // Builds of earlier tests are used again, and nothing is downloaded.
            .env("CARGO_TARGET_DIR", builds())
            .env("CARGO_NET_OFFLINE", "true")
            .env_remove("DYNO_STORE")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
    }

    /// The runs of a project, oldest first; each has to be complete and to have its report.
    fn runs(&self, project: &str) -> Vec<StoredRun> {
        let store = Store::open(self.dir.path().join(project).join("results"));
        let runs = store.runs().unwrap();
        for run in &runs {
            assert_eq!(run.state, State::Complete, "{}", run.id);
            let report = store.directory(&run.id).unwrap().join("report.html");
            assert!(fs::read_to_string(report).unwrap().contains("<svg"), "{}", run.id);
        }
        runs.iter().map(|run| store.read(&run.id).unwrap()).collect()
    }
}

fn builds() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("your-repository")
}

/// Whether all samples went well, and all answers of the run agree.
#[track_caller]
fn assert_right(run: &StoredRun, cases: usize) {
    assert_eq!(run.info.cases.len(), cases);
    assert!(run.samples.iter().all(|sample| sample.status == record::Status::Ok));
    let mut answers: Vec<_> = run.samples.iter().filter_map(|one| one.answer.clone()).collect();
    answers.dedup();
    assert!(answers.len() <= 1, "{answers:?}");
}

#[test]
fn a_rust_crate_gets_its_first_reports() {
    let reader = Reader::new();
    let install = commands("Install");
    assert!(install.contains(INSTALL), "{install}");
    reader.follow(&install.replace(INSTALL, "test -f harness/cli/Cargo.toml\n"));
    reader.follow(&commands("A Rust crate"));
    let runs = reader.runs("sorter");
    let names: Vec<_> = runs.iter().map(|run| run.info.suite.name.as_str()).collect();
    assert_eq!(names, ["sorter", "sorter-worker", "sorter-worker"]);
    for (run, cases) in runs.iter().zip([1, 2, 2]) {
        assert_right(run, cases);
    }
    let ignored = fs::read_to_string(reader.dir.path().join("sorter/.gitignore"));
    assert!(
        ignored.is_err() || ignored.unwrap().contains("/results/"),
        "without git there is none"
    );
    // What was built for this directory alone would be of no use to the next test.
    let clean = "cd sorter && cargo clean --quiet --release -p sorter -p workload-api";
    reader.follow(clean);
}

#[test]
fn a_python_project_gets_its_first_reports() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skip("no python3");
    }
    let reader = Reader::new();
    reader.follow(&commands("A Python project"));
    let runs = reader.runs("words");
    let names: Vec<_> = runs.iter().map(|run| run.info.suite.name.as_str()).collect();
    assert_eq!(names, ["words", "words-worker"]);
    for (run, cases) in runs.iter().zip([1, 2]) {
        assert_right(run, cases);
    }
}

#[test]
fn no_command_of_the_page_is_left_out() {
    let followed: usize = ["Install", "A Rust crate", "A Python project"]
        .map(|heading| commands(heading).lines().count())
        .iter()
        .sum();
    let mut inside = false;
    let mut all = 0;
    for line in PAGE.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ => all += usize::from(inside),
        }
    }
    assert_eq!(followed, all);
}
