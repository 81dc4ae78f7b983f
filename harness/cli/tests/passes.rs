//! The passes beside the timed one, through the whole tool: a simulated CPU, counted allocations, and
//! what is said where one of them cannot be had.

mod common;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::{Finished, Place, keys, rust_worker, skip};
use record::store::RunWriter;
use record::{Pass, RunInfo, Sample, Source, Status, metrics};

/// Two cases of a generator that works on one thread.
const SUITE: &str = r#"
name = "counts"
[sampling]
processes = 2
iterations = 1
warmup = 0
[[case]]
workload = "generator"
params = { rows = 1_000 }
grid = { step = ["10", "12"] }
"#;

fn has_valgrind() -> bool {
    let found = Command::new("valgrind").arg("--version").output().is_ok();
    if !found {
        skip("there is no valgrind");
    }
    found
}

fn of(samples: &[Sample], pass: Pass) -> Vec<&Sample> {
    samples.iter().filter(|sample| sample.pass == pass).collect()
}

#[test]
fn simulated_instructions_of_a_single_thread_differ_by_at_most_a_millionth() {
    if !has_valgrind() {
        return;
    }
    // A worker without any thread but its first: even an idle one would be heard now and then.
    let place = Place::with_suite(&format!(
        "name = \"sort\"\n[sampling]\nprocesses = 2\niterations = 1\nwarmup = 0\n\
         [counters]\nsimulate = {{ rows = 300 }}\n[[runner]]\nname = \"rust\"\nprogram = \
         [{:?}]\n[[case]]\nrunner = \"rust\"\nworkload = \"sort\"\nparams = {{ rows = 1_000 \
         }}\ngrid = {{ algorithm = [\"stable\", \"unstable\"] }}\n",
        rust_worker().to_str().unwrap()
    ));
    let finished = place.dyno(&["run", "suite.toml", "--simulate"]).expect(0);
    let run = place.run();
    let mut counts = BTreeMap::<String, Vec<f64>>::new();
    for sample in of(&run.samples, Pass::Simulated) {
        assert_eq!(sample.status, Status::Ok);
        assert_eq!(sample.value(metrics::ROWS.name), Some(300.0), "the size of the pass");
        assert_eq!(sample.value(metrics::WALL_TIME.name), None, "simulated work has no time");
        let simulated = |metric: &metrics::Metric| {
            let value = sample.values.iter().find(|value| value.metric == metric.name).unwrap();
            assert_eq!(value.source, Source::Simulated);
            value.value
        };
        assert!(simulated(&metrics::CACHE_REFERENCES) >= simulated(&metrics::CACHE_MISSES));
        assert!(simulated(&metrics::ESTIMATED_CYCLES) > simulated(&metrics::INSTRUCTIONS));
        let of_case = counts.entry(sample.case.to_string()).or_default();
        of_case.push(simulated(&metrics::INSTRUCTIONS));
    }
    assert_eq!(counts.len(), 2);
    for (case, counts) in &counts {
        let (low, high) = counts
            .iter()
            .fold((f64::MAX, 0.0_f64), |(low, high), &count| (low.min(count), high.max(count)));
        let spread = (high - low) / low;
        println!("{case}: {low} to {high} instructions, a spread of {spread:.1e}");
        assert!(spread <= 1e-6, "{case}: {counts:?}");
        assert!(low > 300.0 * 10.0, "{case}: sorting takes more than ten instructions a row");
    }
    // The timed samples are what they are without the pass.
    assert_eq!(of(&run.samples, Pass::Timed).len(), 4);
    assert!(run.samples.iter().filter(|sample| sample.counts()).all(|s| s.pass.is_timed()));
    let text = finished.stdout();
    assert!(text.contains("simulated pass: rows=300, by valgrind-"), "{text}");
    assert!(text.contains("instructions/row"), "{text}");
}

#[test]
fn a_worker_under_valgrind_is_refused_as_a_timed_sample() {
    if !has_valgrind() {
        return;
    }
    let program = ["valgrind", "-q", "--tool=none", env!("CARGO_BIN_EXE_dyno"), "__worker"];
    let place = Place::with_suite(&format!(
        "name = \"x\"\n[[runner]]\nname = \"slow\"\nprogram = {program:?}\n[[case]]\nrunner = \
         \"slow\"\nworkload = \"generator\"\nparams = {{ rows = 10 }}\n"
    ));
    let finished = place.dyno(&["run", "suite.toml", "--once"]).expect(6);
    let text = finished.stdout();
    let why = "runs under valgrind, so its times would be those of the simulator";
    assert!(text.contains(why) && text.contains("--simulate"), "{text}");
    assert!(place.run().samples.iter().all(|sample| sample.values.is_empty()));
}

#[test]
fn without_valgrind_the_run_says_once_how_to_install_it() {
    let place = Place::with_suite(SUITE);
    let mut command = place.command(&["run", "suite.toml", "--simulate", "--once"]);
    let finished = Finished::of(command.env("PATH", place.path())).expect(0);
    let text = finished.stdout();
    assert_eq!(text.matches("valgrind is not installed").count(), 1, "{text}");
    assert!(text.contains("hint: `apt-get install valgrind`"), "{text}");
    let run = place.run();
    assert_eq!(run.samples.len(), 2, "the timed pass is whole");
    assert!(run.info.unavailable.iter().any(|one| one.source == Source::Simulated));
    assert!(run.info.passes.is_empty());
}

#[test]
fn a_valgrind_that_does_not_work_costs_no_timed_sample() {
    let place = Place::with_suite(SUITE);
    place.write("valgrind", "#!/bin/sh\n[ \"$1\" = --version ] && echo valgrind-0 && exit 0\necho no such tool >&2\nexit 3\n");
    let program = place.path().join("valgrind");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command(&["run", "suite.toml", "--simulate"]);
    let path = format!("{}:{}", place.path().display(), std::env::var("PATH").unwrap());
    let finished = Finished::of(command.env("PATH", path)).expect(6);
    let run = place.run();
    let timed = of(&run.samples, Pass::Timed);
    assert_eq!(timed.len(), 4);
    assert!(timed.iter().all(|sample| sample.status == Status::Ok));
    for sample in of(&run.samples, Pass::Simulated) {
        let Status::Failed(failure) = &sample.status else { panic!("{sample:?}") };
        assert!(failure.output.contains("no such tool"), "{failure:?}");
        assert!(sample.values.is_empty(), "never a zero");
    }
    assert!(finished.stdout().contains("simulated pass"), "{}", finished.stdout());
}

#[test]
fn allocations_are_counted_in_a_pass_of_their_own() {
    let place = Place::with_suite(SUITE);
    let finished = place.dyno(&["run", "suite.toml", "--allocations"]).expect(0);
    let run = place.run();
    let counted = of(&run.samples, Pass::Allocation);
    assert_eq!(counted.len(), 2 * 3);
    for sample in counted {
        let value = |metric: &metrics::Metric| sample.value(metric.name).unwrap();
        assert!(value(&metrics::ALLOCATIONS) > 0.0);
        assert!(value(&metrics::ALLOCATED_BYTES) >= value(&metrics::ALLOCATIONS));
        assert!(value(&metrics::PEAK_HEAP) > 0.0);
        assert_eq!(sample.value(metrics::WALL_TIME.name), None);
        assert!(!sample.counts() && sample.counts_in(Pass::Allocation));
    }
    let of_timed = of(&run.samples, Pass::Timed);
    assert!(of_timed.iter().all(|sample| sample.value(metrics::ALLOCATIONS.name).is_none()));
    assert!(finished.stdout().contains("allocations/row"), "{}", finished.stdout());
    let json = place.dyno(&["show", "--format", "json"]).expect(0).stdout();
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let median = |metric: &str| {
        let metrics = document["cases"][0]["metrics"].as_array().unwrap();
        let of_pass = |one: &&serde_json::Value| {
            one["metric"] == metric && one["pass"] == Pass::Allocation.as_str()
        };
        metrics.iter().find(of_pass).unwrap()["median"].as_f64().unwrap()
    };
    for (by_row, metric) in [
        ("allocations_per_row", "allocations"),
        ("reallocations_per_row", "reallocations"),
        ("allocated_bytes_per_row", "allocated_bytes"),
        ("peak_heap_per_row", "peak_heap"),
    ] {
        assert_eq!(median(by_row), median(metric) / 1_000.0, "{by_row}");
    }
}

#[test]
fn what_cannot_be_counted_is_said_and_never_zero() {
    let place = Place::with_suite(
        "name = \"x\"\n[sampling]\nprocesses = 2\niterations = 1\n[counters]\nsimulate = true\n\
         allocations = true\n[[runner]]\nname = \"nothing\"\ncommand = \"true\"\n[[case]]\nrunner \
         = \"nothing\"\n",
    );
    if !has_valgrind() {
        return;
    }
    let finished = place.dyno(&["run", "suite.toml"]).expect(0);
    let text = finished.stdout();
    for why in ["which has no such allocator", "which marks no region"] {
        assert_eq!(text.matches(why).count(), 1, "{text}");
    }
    assert!(of(&place.run().samples, Pass::Timed).len() == place.run().samples.len());
}

#[test]
fn a_run_that_was_killed_in_a_pass_continues_there() {
    let place = Place::with_suite(SUITE);
    place.dyno(&["run", "suite.toml", "--allocations"]).expect(0);
    let whole = place.run();
    let store = place.store();
    for kept in [3, 5, 9] {
        std::fs::remove_dir_all(store.directory(&whole.info.id).unwrap()).unwrap();
        let passes = if kept > 4 { whole.info.passes.clone() } else { Vec::new() };
        let info = RunInfo { finished_ns: None, after: None, passes, ..whole.info.clone() };
        let mut writer = RunWriter::create(&store, &info).unwrap();
        whole.samples[..kept].iter().for_each(|sample| writer.append(sample).unwrap());
        drop(writer);
        place.dyno(&["run", "--resume"]).expect(0);
        let resumed = place.run();
        assert_eq!(keys(&resumed.samples), keys(&whole.samples), "after {kept} samples");
        let pass = |samples: &[Sample]| samples.iter().map(|s| s.pass).collect::<Vec<_>>();
        assert_eq!(pass(&resumed.samples), pass(&whole.samples));
        assert_eq!(resumed.info.passes, whole.info.passes);
    }
}
