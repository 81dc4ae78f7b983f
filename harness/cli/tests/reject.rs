//! `reject`: samples that the machine disturbed are kept, marked, and taken again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Finished, Place, faulty, keys};
use record::{Mark, Sample};

/// Scripted work of 50 ms; `keys` go into `[sampling]`.
fn place(keys: &str, script: &str) -> Place {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"noisy\"\n[sampling]\nprocesses = 2\niterations = 2\nwarmup = 1\n{keys}\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         params = {{ wall_ns = 50_000_000, rows = 500 }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    place.write("counters.json", script);
    place
}

/// A script of stolen time, in ns, per sample.
fn steal(values: &str) -> String {
    format!(
        r#"{{"groups": [{{"name": "m", "kind": "total", "source": "machine",
            "events": [{{"metric": "steal", "values": [{values}]}}]}}]}}"#
    )
}

fn run(place: &Place, args: &[&str]) -> Finished {
    let mut command = place.command(args);
    command.env("DYNO_SCRIPTED_COUNTERS", place.path().join("counters.json"));
    Finished::of(&mut command)
}

fn rejected(samples: &[Sample]) -> Vec<String> {
    let whys = samples.iter().flat_map(|sample| &sample.marks).filter_map(|mark| match mark {
        Mark::Rejected { why } => Some(why.clone()),
        _ => None,
    });
    whys.collect()
}

#[test]
fn a_rejected_sample_stays_in_the_store_and_is_taken_again_in_its_process() {
    // The warm-up of the first process would break the rule, and is not judged.
    let place = place("reject = \"steal > 1%\"", &steal("9000000000, 0, 2000000, 0, 0, 0, 0"));
    let shown = run(&place, &["run", "suite.toml"]).expect(0).stdout();
    let run = place.run();
    let of = |process| keys(&run.samples).into_iter().filter(|key| key.1 == process).count();
    assert_eq!((of(0), of(1)), (4, 3));
    assert_eq!(run.samples.iter().filter(|sample| sample.counts()).count(), 4);
    assert_eq!(rejected(&run.samples), ["steal > 1%: 4.0%"]);
    assert!(shown.contains("1 sample rejected by a rule of the suite"), "{shown}");
    assert_eq!(run.info.sampling.reject.as_deref(), Some("steal > 1%"));
    assert!(run.info.warnings.iter().all(|text| !text.contains("reject")));
}

#[test]
fn where_every_sample_is_rejected_the_run_ends_and_says_what_is_missing() {
    let place = place("reject = \"steal > 1%\"", &steal("2000000"));
    let shown = run(&place, &["run", "suite.toml"]).expect(0).stdout();
    let run = place.run();
    // Per process: one warm-up, two samples, and ten in their place.
    assert_eq!(run.samples.len(), 2 * (1 + 2 + 10));
    assert_eq!(run.samples.iter().filter(|sample| sample.counts()).count(), 0);
    let said = run.info.warnings.iter().find(|text| text.contains("`reject`")).unwrap();
    assert!(said.contains("4 of script:scripted"), "{said}");
    assert!(shown.contains("all 24 samples were rejected by a rule"), "{shown}");
}

#[test]
fn retakes_end_with_the_budget() {
    let keys = "reject = \"steal > 1%\"\nbudget = \"1ms\"";
    let place = place(keys, &steal("2000000"));
    run(&place, &["run", "suite.toml"]).expect(0);
    let run = place.run();
    assert!(run.samples.len() <= 3, "{}", run.samples.len());
    assert_eq!(run.info.skipped.values().sum::<u32>(), 4);
}

#[test]
fn a_rule_over_what_is_not_measured_takes_nothing_out_and_says_so_once() {
    let place = place("reject = \"major_faults > 0\"", &steal("0"));
    run(&place, &["run", "suite.toml"]).expect(0);
    let run = place.run();
    assert_eq!(rejected(&run.samples).len(), 0);
    let said = run.info.warnings.iter().filter(|text| text.contains("`major_faults`"));
    assert_eq!(said.count(), 1, "{:?}", run.info.warnings);
}

#[test]
fn a_rule_that_is_none_points_into_its_text() {
    let place = place("reject = \"steel > 1%\"", &steal("0"));
    let said = run(&place, &["run", "suite.toml"]).expect(2).stderr();
    assert!(said.contains("unknown metric `steel`"), "{said}");
    assert!(said.contains("suite.toml:6:11") && said.contains("did you mean `steal`?"), "{said}");
    let option = ["run", "suite.toml", "--set", "sampling.reject=steal > 5"];
    let place = self::place("", &steal("0"));
    let said = run(&place, &option).expect(2).stderr();
    assert!(said.contains("`steal` cannot be compared with `5`"), "{said}");
}

#[test]
fn a_command_is_run_again_in_place_of_a_rejected_sample() {
    let place = Place::with_suite(
        "name = \"noisy\"\n[sampling]\nprocesses = 3\niterations = 1\nwarmup = 0\n\
         reject = \"steal > 1h\"\n[[runner]]\nname = \"t\"\ncommand = \"true\"\n\
         [[case]]\nrunner = \"t\"\n",
    );
    place.write("counters.json", &steal("0, 4000000000000, 0, 0"));
    run(&place, &["run", "suite.toml"]).expect(0);
    let run = place.run();
    let places: Vec<_> = run.samples.iter().map(|s| (s.process, s.iteration)).collect();
    assert_eq!(places, [(0, 0), (1, 0), (1, 1), (2, 0)]);
    assert_eq!(run.samples.iter().filter(|sample| sample.counts()).count(), 3);
}
