//! `dyno prune`: removes what is asked for and nothing that a person or a process still needs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Finished, Place};
use record::store::{RunWriter, Store};
use record::{RunId, RunInfo, Step};

const DAY_NS: i64 = 86_400_000_000_000;

const SUITE: &str = r#"
name = "first"
[sampling]
processes = 1
iterations = 1
warmup = 0
[[runner]]
name = "true"
command = "true"
[[case]]
runner = "true"
"#;

/// A place, and what a run says of itself.
fn measured() -> (Place, RunInfo) {
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml", "--no-report"]).expect(0);
    let info = place.run().info;
    place.store().remove(&info.id).unwrap();
    (place, info)
}

/// What a run that began `days` ago says of itself.
fn aged(info: &RunInfo, id: &str, days: i64) -> RunInfo {
    let started_ns = info.started_ns - days * DAY_NS;
    RunInfo { id: RunId::new(id), started_ns, ..info.clone() }
}

/// Puts a complete run without samples into the store.
fn add(store: &Store, info: &RunInfo) {
    RunWriter::create(store, info).unwrap().finish(info).unwrap();
}

fn names(place: &Place) -> Vec<String> {
    place.store().runs().unwrap().iter().map(|run| run.id.to_string()).collect()
}

#[test]
fn of_each_suite_the_newest_runs_are_kept() {
    let (place, info) = measured();
    let store = place.store();
    for (id, days) in [("1-first", 40), ("2-first", 20), ("4-first", 1)] {
        add(&store, &aged(&info, id, days));
    }
    let mut other = aged(&info, "3-other", 30);
    other.suite.name = "other".to_owned();
    add(&store, &other);
    let said = place.dyno(&["prune", "--keep", "1", "--dry-run"]).expect(0).stdout();
    assert!(said.contains("would remove  1-first  "), "{said}");
    assert!(said.contains("would remove 2 runs, "), "{said}");
    assert_eq!(names(&place).len(), 4, "a dry run removes nothing");
    let said = place.dyno(&["prune", "--keep", "2", "--older-than", "30d"]).expect(0).stdout();
    assert!(said.contains("removed 1 run, "), "{said}");
    assert_eq!(names(&place), ["2-first", "3-other", "4-first"], "both rules must hold");
    place.dyno(&["prune", "--keep", "1"]).expect(0);
    assert_eq!(names(&place), ["3-other", "4-first"]);
}

#[test]
fn what_a_person_gave_a_meaning_stays_unless_forced() {
    let (place, info) = measured();
    let store = place.store();
    let mut labelled = aged(&info, "1-first", 9);
    labelled.label = Some("before the rewrite".to_owned());
    let mut step = aged(&info, "2-first", 9);
    let nothing = String::new();
    step.step =
        Some(Step { id: "09".to_owned(), title: nothing.clone(), note: nothing, reverted: false });
    let baseline = aged(&info, "3-first", 9);
    for info in [&labelled, &step, &baseline, &aged(&info, "4-first", 9)] {
        add(&store, info);
    }
    store.save_baseline("main", &baseline.id).unwrap();
    let done = place.dyno(&["prune", "--older-than", "2d"]).expect(0);
    assert_eq!(names(&place), ["1-first", "2-first", "3-first"]);
    for reason in ["1-first (labelled;", "2-first (a step;", "3-first (a baseline;"] {
        assert!(done.stderr().contains(reason), "{}", done.stderr());
    }
    place.dyno(&["prune", "--older-than", "2d", "--force"]).expect(0);
    assert!(names(&place).is_empty());
}

#[test]
fn unfinished_runs_go_when_nobody_writes_them() {
    let (place, info) = measured();
    let store = place.store();
    let live = RunWriter::create(&store, &aged(&info, "1-first", 1)).unwrap();
    drop(RunWriter::create(&store, &aged(&info, "2-first", 1)).unwrap());
    add(&store, &aged(&info, "3-first", 1));
    for id in ["1-first", "2-first", "gone"] {
        let data = store.work_dir().join(id);
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("part-0.parquet"), [0; 2048]).unwrap();
    }
    for dry_run in [&["--dry-run"][..], &[]] {
        let args = [&["prune", "--unfinished"], dry_run].concat();
        let done = place.dyno(&args).expect(0);
        assert!(done.stdout().contains("removed 1 run and 2 leftovers, ") == dry_run.is_empty());
        assert!(done.stderr().contains("another dyno is writing"), "{}", done.stderr());
    }
    assert_eq!(names(&place), ["1-first", "3-first"]);
    assert!(store.work_dir().join("1-first/part-0.parquet").exists(), "its writer needs it");
    assert!(!store.work_dir().join("2-first").exists() && !store.work_dir().join("gone").exists());
    drop(live);
}

#[test]
fn nothing_else_in_the_store_is_touched() {
    let (place, info) = measured();
    let store = place.store();
    add(&store, &aged(&info, "1-first", 9));
    let mine = store.root().join("20200101-000000-thesis");
    fs::create_dir_all(&mine).unwrap();
    fs::write(mine.join("chapter.txt"), "years of work").unwrap();
    fs::write(store.root().join("notes.txt"), "also mine").unwrap();
    let broken = store.root().join("2-first");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join("run.json"), "{").unwrap();
    let said = place.dyno(&["prune", "--keep", "0", "--force"]).expect(0).stdout();
    assert!(said.contains("removed 1 run, "), "{said}");
    assert!(mine.join("chapter.txt").exists() && store.root().join("notes.txt").exists());
    assert!(broken.join("run.json").exists(), "nobody knows what it is");
    let said = place.dyno(&["prune"]).expect(0).stdout();
    assert!(said.starts_with("nothing to remove in "), "{said}");
}

#[test]
fn an_age_without_a_unit_is_refused() {
    let done = Place::new().dyno(&["prune", "--older-than", "30"]).expect(2);
    assert!(done.stderr().contains("allowed: 30d, 12h, '2 weeks'"), "{}", done.stderr());
}

#[test]
fn gates_go_by_the_same_rules_and_old_builds_with_them() {
    let place = Place::with_suite(&SUITE.replace("name = \"true\"", "name = \"new\"").replace(
        "[[case]]\nrunner = \"true\"",
        "[[runner]]\nname = \"old\"\ncommand = \"true\"\n[[case]]\nrunner = \"new\"",
    ));
    let exe = place.path().join("cache/dyno/gate/exe");
    fs::create_dir_all(&exe).unwrap();
    fs::write(exe.join("abc"), "built").unwrap();
    let dyno = |args: &[&str]| {
        let mut command = place.command(args);
        Finished::of(command.env("XDG_CACHE_HOME", place.path().join("cache"))).expect(0).stdout()
    };
    let gate = ["gate", "suite.toml", "--base-runner", "old", "--candidate-runner", "new"];
    for _ in 0..2 {
        dyno(&[&gate[..], &["--no-control", "--per-case", "1ms"]].concat());
    }
    let gates = || place.store().gate_entries().unwrap();
    assert_eq!(gates().len(), 2);
    let newest = gates()[1].id.clone();
    let said = dyno(&["prune", "--keep", "1", "--dry-run"]);
    assert!(said.contains("would remove 1 gate, "), "{said}");
    assert_eq!(gates().len(), 2);
    dyno(&["prune", "--keep", "1"]);
    assert_eq!(gates().iter().map(|entry| entry.id.clone()).collect::<Vec<_>>(), [newest]);

    // One that was interrupted has no end.
    fs::create_dir_all(place.path().join("store/gates/20200101-000000-x")).unwrap();
    let said = dyno(&["prune", "--unfinished"]);
    assert!(said.contains("removed  gates/20200101-000000-x"), "{said}");
    assert!(exe.join("abc").exists(), "nothing was said of its age");
    let said = dyno(&["prune", "--older-than", "0s"]);
    assert!(said.contains("1 gate and 1 build"), "{said}");
    assert!(!exe.join("abc").exists() && gates().is_empty());
}
