//! The main job, whole: a suite in, samples, table, store and report out.

mod common;

use std::fs;
use std::process::Command;

use common::{Place, faulty, skip};
use record::{Source, Status, metrics};

const PIPELINE: &str = r#"
name = "small"
about = "two steps, small"

[sampling]
processes = 2
iterations = 2
warmup = 1

[[case]]
workload = "pipeline"
params = { rows = 2_000 }
grid = { step = ["06", "10"] }
"#;

#[test]
fn a_suite_is_measured_stored_shown_and_reported() {
    let place = Place::with_suite(PIPELINE);
    let finished = place.dyno(&["run", "suite.toml"]).expect(0);
    let table = finished.stdout();
    assert!(table.contains("06") && table.contains("10"), "{table}");

    let run = place.run();
    assert!(run.complete);
    assert_eq!(run.samples.len(), 2 * 2 * 3);
    assert_eq!(run.samples.iter().filter(|sample| sample.counts()).count(), 2 * 2 * 2);
    for sample in &run.samples {
        assert_eq!(sample.status, Status::Ok);
        assert_eq!(sample.value("rows"), Some(2000.0));
        assert_eq!(sample.answer.as_ref().unwrap().rows, 2000);
        assert!(sample.value("wall_time").unwrap() > 0.0);
        assert!(sample.value("bytes_out").unwrap() > 10_000.0);
        assert!(sample.value("peak_rss").unwrap() > 1e5);
    }
    assert_eq!(run.info.suite.text, PIPELINE);
    assert!(run.info.after.is_some() && run.info.finished_ns.is_some());
    assert!(run.info.before.fact("cpu_model").is_some());

    let report = place.store().directory(&run.info.id).unwrap().join("report.html");
    let html = fs::read_to_string(&report).unwrap();
    assert!(html.starts_with("<!doctype html>") || html.starts_with("<!DOCTYPE html>"));
    assert!(finished.stderr().contains("report.html"), "{}", finished.stderr());
    assert!(!place.path().join("store/.work").join(run.info.id.as_str()).exists());
}

#[test]
fn what_cannot_be_counted_is_said_once_and_is_never_a_zero() {
    let place = Place::with_suite(PIPELINE);
    let finished = place.dyno(&["run", "suite.toml"]).expect(0);
    let run = place.run();
    for metric in ["cycles", "instructions", "cpu_time"] {
        let counted =
            run.samples.iter().all(|sample| sample.value(metric).is_some_and(|v| v > 0.0));
        let lacks: Vec<_> = run
            .info
            .unavailable
            .iter()
            .filter(|lack| lack.metrics.iter().any(|name| name == metric))
            .collect();
        if counted {
            assert!(lacks.is_empty(), "{metric}: counted, and yet {lacks:?}");
        } else {
            assert_eq!(lacks.len(), 1, "{metric}");
            assert!(run.samples.iter().all(|sample| sample.value(metric).is_none()), "{metric}");
            assert_eq!(finished.stdout().matches(&lacks[0].reason).count(), 1);
        }
    }
}

#[test]
fn dry_run_and_list_plan_without_running() {
    let place = Place::with_suite(PIPELINE);
    for args in [&["run", "suite.toml", "--dry-run"][..], &["list", "suite.toml"][..]] {
        let text = place.dyno(args).expect(0).stdout();
        assert!(text.contains("pipeline/rows=2000,step=06"), "{text}");
        assert!(text.contains("2 cases, 12 samples"), "{text}");
        assert!(text.contains("no earlier run"), "{text}");
    }
    assert!(place.store().runs().unwrap().is_empty());
    place.dyno(&["run", "suite.toml"]).expect(0);
    let text = place.dyno(&["list", "suite.toml"]).expect(0).stdout();
    assert!(text.contains("by the pace of the last run"), "{text}");
}

#[test]
fn filter_and_set_choose_and_override() {
    let place = Place::with_suite(PIPELINE);
    let args = ["list", "suite.toml", "-f", "step >= 07", "--set", "rows=3_000"];
    let text = place.dyno(&args).expect(0).stdout();
    assert!(text.contains("pipeline/rows=3000,step=10"), "{text}");
    assert!(!text.contains("step=06"), "{text}");
    let none = place.dyno(&["run", "suite.toml", "-f", "step = 11"]).expect(4);
    assert!(none.stderr().contains("no case"), "{}", none.stderr());
}

#[test]
fn mistakes_exit_with_2_and_run_nothing() {
    let place = Place::with_suite(PIPELINE);
    for args in [
        &["run", "suite.toml", "-f", "stepp = 06"][..],
        &["run", "suite.toml", "--set", "rwos=1"][..],
        &["run", "nowhere.toml"][..],
        &["run", "suite.toml", "--no-such-flag"][..],
        &["show", "never"][..],
        &["run"][..],
    ] {
        let refused = place.dyno(args).expect(2);
        assert!(refused.stderr().starts_with("error: "), "{args:?}: {}", refused.stderr());
        assert_eq!(refused.stdout(), "", "{args:?}");
    }
    assert!(place.store().runs().unwrap().is_empty());
    let hint = place.dyno(&["run", "suite.toml", "--set", "rwos=1"]).expect(2);
    assert!(hint.stderr().contains("did you mean `rows`?"), "{}", hint.stderr());
}

#[test]
fn show_prints_every_format_and_json_is_one_document() {
    let place = Place::with_suite(PIPELINE);
    let printed = place.dyno(&["run", "suite.toml", "--format", "json"]).expect(0).stdout();
    let shown = place.dyno(&["show", "--format", "json"]).expect(0).stdout();
    assert_eq!(printed, shown);
    let document: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert!(document.is_object());
    let markdown = place.dyno(&["show", "last", "--format", "markdown"]).expect(0).stdout();
    assert!(markdown.contains("| "), "{markdown}");
    let csv = place.dyno(&["show", "--format", "csv"]).expect(0).stdout();
    assert!(csv.lines().count() > 4, "{csv}");
    let runs = place.dyno(&["runs"]).expect(0).stdout();
    assert!(runs.contains("small") && runs.contains("complete"), "{runs}");
}

#[test]
fn a_spent_budget_leaves_samples_out_and_says_so() {
    let text = PIPELINE.replace("warmup = 1", "warmup = 0\nbudget = \"1ms\"");
    let place = Place::with_suite(&text);
    let finished = place.dyno(&["run", "suite.toml"]).expect(0);
    let run = place.run();
    let skipped: u32 = run.info.skipped.values().sum();
    assert_eq!(run.samples.len() + skipped as usize, 2 * 2 * 2);
    assert!(skipped > 0);
    assert!(finished.stdout().contains("skipped") || finished.stdout().contains("budget"));
}

#[test]
fn a_worker_in_python_is_measured_like_any_other() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skip("no python3");
    }
    let worker = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python-worker/worker.py");
    let hello = Command::new("python3").arg(worker).output().unwrap();
    assert!(!hello.status.success(), "a worker without a harness must say so");
    let list = format!("[[runner]]\nname = \"py\"\nprogram = [\"python3\", {worker:?}]\n");
    let text = fs::read_to_string(worker).unwrap();
    let workload = text
        .lines()
        .find_map(|line| line.split("\"name\": \"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let suite =
        format!("name = \"py\"\n[[case]]\nrunner = \"py\"\nworkload = {workload:?}\n{list}");
    let place = Place::with_suite(&suite);
    place.dyno(&["run", "suite.toml"]).expect(0);
    assert!(place.run().samples.iter().all(|sample| sample.status == Status::Ok));
}

#[test]
fn scripted_times_come_out_of_the_whole_street_unchanged() {
    let program = faulty().to_str().unwrap();
    let suite = format!(
        "name = \"scripted\"\n[sampling]\nprocesses = 3\niterations = 3\nwarmup = 0\norder = \"listed\"\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         params = {{ wall_ns = 2_000_000, spread_ns = 1_000, rows = 500 }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    );
    let place = Place::with_suite(&suite);
    let shown = place.dyno(&["run", "suite.toml", "--format", "json"]).expect(0).stdout();
    let run = place.run();
    let walls: Vec<_> = run.samples.iter().filter_map(|s| s.value("wall_time")).collect();
    let once = [2_000_000.0, 2_001_000.0, 2_002_000.0];
    assert_eq!(walls, [once, once, once].concat());
    assert!(shown.contains("2001000"), "{shown}");
    let wall = &run.samples[0].values.iter().find(|v| v.metric == metrics::WALL_TIME.name);
    assert_eq!(wall.unwrap().source, Source::Workload);
}
