//! `dyno doctor` on whatever machine this is.

mod common;

use common::Place;
use serde_json::Value;

#[test]
fn one_screen_tells_every_topic_and_the_document_has_its_numbers() {
    let place = Place::new();
    let text = place.dyno(&["doctor"]).expect(0).stdout();
    let topics = [
        "counted",
        "simulated",
        "profiled",
        "clocks",
        "noise now",
        "same twice",
        "it means",
        "frequency",
        "cores",
        "memory",
        "layout",
        "storage",
    ];
    for topic in topics {
        assert_eq!(
            text.lines().filter(|line| line.starts_with(topic)).count(),
            1,
            "{topic}\n{text}"
        );
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.lines().count() <= 60, "more than a screen:\n{text}");
    for kernel in ["branchy", "memory", "allocating"] {
        assert!(text.contains(&format!("{kernel} against itself: ")), "{text}");
    }
    assert!(text.contains("a 3 % change is decidable"), "{text}");
    assert!(!place.path().join("store").exists(), "an examination leaves nothing behind");
}

#[test]
fn the_document_has_the_numbers_behind_the_words() {
    let place = Place::new();
    let text = place.dyno(&["doctor", "--format", "json"]).expect(0).stdout();
    let document: Value = serde_json::from_str(&text).unwrap();
    let kernels = document["kernels"].as_array().unwrap();
    assert_eq!(kernels.len(), 3);
    for kernel in kernels {
        assert!(kernel["pair_seconds"].as_f64().unwrap() > 0.0, "{kernel}");
        assert!(kernel["wall_time"]["spread"].as_f64().unwrap() >= 0.0, "{kernel}");
    }
    for (field, part) in [
        ("wall_clock", "step_ns"),
        ("noise", "seconds"),
        ("disk", "write_bytes_per_second"),
        ("disk", "read_bytes_per_second"),
    ] {
        assert!(document[field][part].as_f64().unwrap() > 0.0, "{field}.{part}");
    }
    // What is not counted has a reason, and what helps is said beside it.
    for finding in document["findings"].as_array().unwrap() {
        assert!(!finding["text"].as_str().unwrap().is_empty(), "{finding}");
    }
    let counted: Vec<&str> = document["counted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["source"].as_str().unwrap())
        .collect();
    let lacking = document["unavailable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["source"].as_str().unwrap());
    let all: Vec<&str> = counted.into_iter().chain(lacking).collect();
    for source in ["hardware", "software", "process", "machine"] {
        assert!(all.contains(&source), "{source} is neither counted nor told");
    }
}

#[test]
fn a_quick_look_tells_what_is_there_and_that_it_left_out_the_rest() {
    let place = Place::new();
    let text = place.dyno(&["doctor", "--quick"]).expect(0).stdout();
    let has = |topic: &str| text.lines().any(|line| line.starts_with(topic));
    for topic in ["counted", "simulated", "profiled", "clocks", "cores", "memory", "layout"] {
        assert!(has(topic), "{topic}\n{text}");
    }
    for topic in ["noise now", "same twice", "it means", "storage"] {
        assert!(!has(topic), "{topic}\n{text}");
    }
    assert!(text.contains("a program against itself and storage were not looked at"), "{text}");
    let json = place.dyno(&["doctor", "--quick", "--format", "json"]).expect(0).stdout();
    let document: Value = serde_json::from_str(&json).unwrap();
    for field in ["kernels", "noise", "disk"] {
        assert!(document.get(field).unwrap().is_null(), "{field} was not looked at");
    }
    assert!(!document["counted"].as_array().unwrap().is_empty());
    place.dyno(&["doctor", "--quick", "--events"]).expect(2);
}

#[test]
fn events_are_listed_with_what_this_machine_makes_of_them() {
    let place = Place::new();
    let text = place.dyno(&["doctor", "--events"]).expect(0).stdout();
    let json = place.dyno(&["doctor", "--events", "--format", "json"]).expect(0).stdout();
    let document: Value = serde_json::from_str(&json).unwrap();
    let events = document["events"].as_array().unwrap();
    for event in events {
        let name = event["event"].as_str().unwrap();
        assert!(text.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}\n{text}");
        assert_ne!(event["group"].is_null(), event["unavailable"].is_null(), "{event}");
        let suite = format!("counters.events=[\"{name}\"]");
        place.write("s.toml", "name = \"s\"\n[[case]]\nworkload = \"kernel\"\n");
        place.dyno(&["list", "s.toml", "--set", &suite]).expect(0);
    }
    assert!(events.len() >= 14);
}
