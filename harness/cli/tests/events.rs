//! `[counters]`: which hardware events are counted, on scripted PMUs of several sizes, along the
//! whole street.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Finished, Place, faulty};
use record::Sample;
use record::store::StoredRun;

/// Scripted work; `counters` goes into `[counters]`, and the PMU has so many counters.
fn place(processes: u32, counters: &str, pmu_counters: u32) -> Place {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"events\"\n[sampling]\nprocesses = {processes}\niterations = 2\nwarmup = 0\n\
         [counters]\n{counters}\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         params = {{ wall_ns = 50_000_000, rows = 500 }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    let event = |name, value| format!(r#"{{"metric": "{name}", "values": [{value}]}}"#);
    let events = [
        event("cycles", 100_000),
        event("instructions", 250_000),
        event("branches", 5_000),
        event("branch_misses", 50),
        event("cache_references", 1_000),
        event("cache_misses", 100),
        event("r1c2", 7_000),
        event("stalled_cycles_frontend", 20_000),
        event("stalled_cycles_backend", 30_000),
        event("l1d_loads", 80_000),
        event("l1d_load_misses", 400),
        event("llc_loads", 900),
        event("llc_load_misses", 90),
        event("dtlb_loads", 80_000),
        event("dtlb_load_misses", 160),
    ];
    place.write(
        "counters.json",
        &format!(
            r#"{{"pmu_counters": {pmu_counters}, "groups": [{{"name": "pmu", "source": "hardware",
                "enabled_ns": [50000], "events": [{}]}}]}}"#,
            events.join(", ")
        ),
    );
    place
}

fn measured(place: &Place) -> (Finished, StoredRun) {
    let mut command = place.command(&["run", "suite.toml"]);
    command.env("DYNO_SCRIPTED_COUNTERS", place.path().join("counters.json"));
    let finished = Finished::of(&mut command).expect(0);
    (finished, place.run())
}

fn medians(place: &Place) -> serde_json::Value {
    let text = place.dyno(&["show", "--format", "json"]).expect(0).stdout();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let metrics = document["cases"][0]["metrics"].as_array().unwrap().iter();
    metrics.map(|one| (one["metric"].as_str().unwrap().to_owned(), one["median"].clone())).collect()
}

fn of_round(run: &StoredRun, round: u32) -> Vec<&Sample> {
    run.samples.iter().filter(|sample| sample.process == round).collect()
}

#[test]
fn events_that_do_not_fit_take_turns_over_rounds_and_ratios_stay_inside_a_group() {
    let place = place(4, "", 4);
    let (_, run) = measured(&place);
    for (round, has, lacks) in [(0, "cycles", "cache_misses"), (1, "cache_misses", "cycles")] {
        for sample in of_round(&run, round).into_iter().chain(of_round(&run, round + 2)) {
            assert!(sample.value(has).is_some() && sample.value(lacks).is_none(), "{round}");
        }
    }
    let medians = medians(&place);
    assert_eq!(medians["ipc"], 2.5);
    assert_eq!(medians["ghz"], 2.0);
    assert_eq!(medians["cache_miss_rate"], 0.1);
    assert_eq!(medians["branch_miss_rate"], 0.01);
    assert_eq!(medians["instructions_per_row"], 500.0);
    assert!(run.info.unavailable.is_empty(), "{:?}", run.info.unavailable);
}

#[test]
fn a_group_that_gets_no_round_is_told_once_with_what_would_help() {
    let place = place(1, "", 4);
    let (finished, run) = measured(&place);
    let lack = &run.info.unavailable;
    assert_eq!(lack.len(), 1, "{lack:?}");
    assert_eq!(lack[0].metrics, ["cache_references", "cache_misses"]);
    assert_eq!(finished.stdout().matches(&lack[0].reason).count(), 1);
    assert!(finished.stdout().contains("take 2 processes (-r)"), "{}", finished.stdout());
}

#[test]
fn a_suite_chooses_events_by_name_and_raw_ones_by_number() {
    let place = place(1, "events = [\"instructions\", \"r01C2\"]", 4);
    let (_, run) = measured(&place);
    for sample in &run.samples {
        let names: Vec<_> = sample.values.iter().filter(|value| value.counting.is_some()).collect();
        let names: Vec<_> = names.iter().map(|value| value.metric.as_str()).collect();
        assert_eq!(names, ["instructions", "r1c2"]);
        assert_eq!(sample.value("r1c2"), Some(7_000.0));
    }
}

#[test]
fn stalls_the_other_caches_and_the_tlb_are_chosen_by_name_and_come_out_as_rates() {
    let events = "events = [\"cycles\", \"stalled-cycles-frontend\", \"stalled-cycles-backend\", \
                  \"l1d-loads\", \"l1d-load-misses\", \"llc_loads\", \"llc_load_misses\", \
                  \"dtlb_loads\", \"dtlb_load_misses\"]";
    let place = place(6, events, 4);
    let (_, run) = measured(&place);
    assert!(run.info.unavailable.is_empty(), "{:?}", run.info.unavailable);
    let medians = medians(&place);
    for (name, expect) in [
        ("frontend_stalls", 0.2),
        ("backend_stalls", 0.3),
        ("l1d_miss_rate", 0.005),
        ("llc_miss_rate", 0.1),
        ("dtlb_miss_rate", 0.002),
    ] {
        assert_eq!(medians[name], expect, "{name}");
    }
    assert!(medians["ipc"].is_null() && medians["instructions"].is_null(), "not chosen");
}

#[test]
fn a_pmu_with_one_counter_counts_each_event_and_forms_no_ratio() {
    let place = place(6, "", 1);
    let (_, run) = measured(&place);
    assert_eq!(run.samples.len(), 12);
    let medians = medians(&place);
    for name in ["cycles", "instructions", "branch_misses", "cache_misses"] {
        assert!(medians[name].is_number(), "{name}");
    }
    assert!(medians["ipc"].is_null() && medians["cache_miss_rate"].is_null());
}

#[test]
fn shared_counters_are_scaled_and_told() {
    let place = place(1, "share = true", 4);
    let script = std::fs::read_to_string(place.path().join("counters.json")).unwrap();
    let script = script.replace("\"enabled_ns\"", "\"running_ns\": [25000], \"enabled_ns\"");
    place.write("counters.json", &script);
    let (finished, run) = measured(&place);
    for sample in &run.samples {
        assert_eq!(sample.value("cycles"), Some(200_000.0));
        assert_eq!(sample.value("cache_misses"), Some(200.0));
    }
    let said = "down to 50 % of the time";
    assert!(finished.stdout().contains(said), "{}", finished.stdout());
}

#[test]
fn events_and_share_can_be_set_beside_the_suite_and_mistakes_point_at_the_word() {
    let place = place(1, "events = [\"cycles\", \"instrctions\"]", 4);
    let said = place.dyno(&["list", "suite.toml"]).expect(2).stderr();
    assert!(said.contains("unknown event `instrctions`"), "{said}");
    assert!(said.contains("did you mean `instructions`?") && said.contains("suite.toml:7:21"));
    let place = self::place(1, "", 4);
    let set = ["list", "suite.toml", "--set", "counters.share=true", "--set"];
    let with = |value: &str| place.dyno(&[&set[..], &[value]].concat());
    with("counters.events=[\"cycles\"]").expect(0);
    let said = with("counters.events=[\"page_faults\"]").expect(2).stderr();
    assert!(said.contains("software events and process accounting are always counted"), "{said}");
    assert!(with("counters.events=[]").expect(2).stderr().contains("a list of 1 to 64 events"));
}

#[test]
fn show_prints_the_metrics_that_a_person_names_and_corrects_their_spelling() {
    let place = place(6, "", 6);
    measured(&place);
    let shown = |metrics: &str| place.dyno(&["show", "--metric", metrics]);
    let several = shown("instructions,ipc,cache-misses").expect(0).stdout();
    let mut lines = several.lines();
    let head = lines.next().unwrap();
    for part in ["instructions, k (hardware)", "ipc (derived)", "cache_misses (hardware)"] {
        assert!(head.contains(part), "{several}");
    }
    assert!(lines.next().unwrap().contains("250.0"), "{several}");
    let alone = place.dyno(&["show", "--columns", "ipc"]).expect(0).stdout();
    assert!(alone.lines().next().unwrap().contains("95 % interval"), "{alone}");
    assert!(alone.contains("12 in 6") && alone.contains("2.500 to 2.500"), "{alone}");
    let csv = place.dyno(&["show", "--metric", "ipc", "--format", "csv"]).expect(0).stdout();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    let said = shown("instrctions").expect(2).stderr();
    assert!(said.contains("did you mean `instructions`?; there are: "), "{said}");
}
