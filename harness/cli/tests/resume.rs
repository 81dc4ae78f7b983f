//! A run that is killed at any moment is continued: the same cases, nothing lost, nothing twice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Place, keys};
use record::store::State;

const SUITE: &str = r#"
name = "resume"

[sampling]
processes = 4
iterations = 3
warmup = 1

[[case]]
workload = "generator"
params = { rows = 500 }
grid = { batch_rows = [128, 256] }

[[case]]
runner = "true"
grid = { n = [1, 2] }

[[runner]]
name = "true"
command = "true {n}"
"#;

/// Every sample that the suite asks for, sorted.
fn planned() -> Vec<(String, u32, u32)> {
    let mut all = Vec::new();
    for case in ["generator/batch_rows=128,rows=500", "generator/batch_rows=256,rows=500"] {
        for process in 0..4 {
            all.extend((0..4).map(|iteration| (case.to_owned(), process, iteration)));
        }
    }
    for case in ["true/n=1", "true/n=2"] {
        // A warm-up and the first sample, then a process per sample.
        all.extend([(case.to_owned(), 0, 0), (case.to_owned(), 0, 1)]);
        all.extend((1..12).map(|process| (case.to_owned(), process, 0)));
    }
    all
}

fn start(place: &Place, args: &[&str]) -> Child {
    let mut command = place.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn run_dir(place: &Place) -> Option<PathBuf> {
    let entries = fs::read_dir(place.path().join("store")).ok()?;
    let mut runs = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| {
        path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'))
    });
    runs.next()
}

/// Resumes until the run is complete and asserts that it holds every sample exactly once, with
/// everything that was on disk at the kill unchanged.
fn resume_and_check(place: &Place, moment: &str) {
    let before = match place.store().runs().unwrap().as_slice() {
        // Killed before there was anything to resume.
        [] => return,
        [run] if run.state == State::Complete => Vec::new(),
        [_] => place.run().samples,
        more => panic!("{moment}: {more:?}"),
    };
    if place.store().runs().unwrap()[0].state == State::Unfinished {
        place.dyno(&["run", "--resume"]).expect(0);
    }
    let run = place.run();
    assert!(run.complete, "{moment}");
    assert_eq!(run.samples[..before.len()], before, "{moment}: samples on disk have changed");
    let mut found = keys(&run.samples);
    found.sort();
    assert_eq!(found, planned(), "{moment}");
}

#[test]
fn a_run_that_is_never_killed_holds_what_the_suite_asks_for() {
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml"]).expect(0);
    let mut found = keys(&place.run().samples);
    found.sort();
    assert_eq!(found, planned());
}

#[test]
fn killed_at_ten_random_moments_a_run_is_continued() {
    let whole = {
        let place = Place::with_suite(SUITE);
        let began = Instant::now();
        place.dyno(&["run", "suite.toml"]).expect(0);
        began.elapsed()
    };
    let seed = std::process::id();
    for moment in 0..10 {
        // A linear congruential step is random enough to choose a moment; the seed is printed.
        let random = (u64::from(seed) + moment).wrapping_mul(6_364_136_223_846_793_005);
        let delay = whole.mul_f64((random >> 40) as f64 / f64::from(1 << 24));
        let place = Place::with_suite(SUITE);
        let mut dyno = start(&place, &["run", "suite.toml"]);
        sleep(delay);
        dyno.kill().unwrap();
        dyno.wait().unwrap();
        resume_and_check(&place, &format!("killed after {delay:?} (seed {seed})"));
    }
}

#[test]
fn killed_again_and_again_a_run_still_comes_to_its_end() {
    let place = Place::with_suite(SUITE);
    let mut dyno = start(&place, &["run", "suite.toml"]);
    for _ in 0..6 {
        sleep(Duration::from_millis(400));
        dyno.kill().unwrap();
        dyno.wait().unwrap();
        if place.store().runs().unwrap().first().is_some_and(|run| run.state == State::Complete) {
            break;
        }
        dyno = start(&place, &["run", "--resume"]);
    }
    dyno.kill().unwrap();
    dyno.wait().unwrap();
    resume_and_check(&place, "killed six times");
}

#[test]
fn killed_while_its_parquet_files_are_written_a_run_is_complete_after_resume() {
    // The moment is short, and a busy machine may miss it: then another run is killed.
    for _ in 0..10 {
        let place = Place::with_suite(SUITE);
        let caught = kill_while_finishing(&place);
        resume_and_check(&place, "killed during the Parquet finalising");
        if caught {
            return;
        }
    }
    panic!("ten kills all came too late to be one while tables are written");
}

/// Kills a run as soon as there is a table of it; whether the journal was still there then.
fn kill_while_finishing(place: &Place) -> bool {
    let mut dyno = start(place, &["run", "suite.toml"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    let caught = loop {
        assert!(Instant::now() < deadline, "the run does not come to its end");
        let names: Vec<_> = run_dir(place)
            .and_then(|dir| fs::read_dir(dir).ok())
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        if names.iter().any(|name| name.contains(".parquet")) {
            break names.iter().any(|name| name == "journal.jsonl");
        }
        if dyno.try_wait().unwrap().is_some() {
            break false;
        }
    };
    dyno.kill().unwrap();
    dyno.wait().unwrap();
    caught
}

#[test]
fn a_half_written_last_line_is_told_and_taken_again() {
    let place = Place::with_suite(SUITE);
    let mut dyno = start(&place, &["run", "suite.toml"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    let journal = loop {
        assert!(Instant::now() < deadline, "no journal appears");
        let journal = run_dir(&place).map(|dir| dir.join("journal.jsonl"));
        if let Some(journal) =
            journal.filter(|path| fs::metadata(path).is_ok_and(|m| m.len() > 2000))
        {
            break journal;
        }
        sleep(Duration::from_millis(2));
    };
    dyno.kill().unwrap();
    dyno.wait().unwrap();
    let length = fs::metadata(&journal).unwrap().len();
    fs::OpenOptions::new().write(true).open(&journal).unwrap().set_len(length - 7).unwrap();
    let resumed = place.dyno(&["run", "--resume"]).expect(0);
    assert!(resumed.stderr().contains("the last line was half written"), "{}", resumed.stderr());
    resume_and_check(&place, "cut inside the last line");
}

#[test]
fn an_interrupted_run_says_how_to_continue_and_exits_with_130() {
    let place = Place::with_suite(&SUITE.replace("rows = 500", "rows = 200_000"));
    let mut command = place.command(&["run", "suite.toml"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let dyno = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while run_dir(&place).is_none() {
        assert!(Instant::now() < deadline, "no run appears");
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(100));
    // SIGINT by its name, through the shell's own kill: no unsafe call in a test.
    let sent = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {}", dyno.id())])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = dyno.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("dyno run --resume"), "{stderr}");
    place.dyno(&["run", "--resume"]).expect(0);
    assert!(place.run().complete);
}

#[test]
fn there_must_be_a_run_to_resume() {
    let place = Place::new();
    let refused = place.dyno(&["run", "--resume"]).expect(2);
    assert!(refused.stderr().contains("no unfinished run"), "{}", refused.stderr());
}
