//! `dyno import` and `dyno export`: other tools' files become runs that every command works on,
//! and go out again; what cannot be read stores nothing.

mod common;

use common::Place;

const HYPERFINE: &str = r#"{"results": [
    {"command": "sort a", "mean": 1.5, "user": 2.0, "system": 0.5, "times": [1.0, 2.0, 1.5, 1.5],
     "parameters": {"threads": "1"}},
    {"command": "sort a", "times": [0.5, 0.75], "parameters": {"threads": "2"}}]}"#;

#[test]
fn an_import_is_a_run_that_every_command_works_on() {
    let place = Place::new();
    place.write("h.json", HYPERFINE);
    let said = place.dyno(&["import", "hyperfine", "h.json", "--label", "old"]).expect(0).stdout();
    assert!(said.trim_end().ends_with("-h: 2 cases, 7 samples"), "{said}");
    let run = place.run();
    assert!(run.complete);
    let import = run.info.imported.unwrap();
    assert_eq!((import.files[0].path.as_str(), import.dated), ("h.json", false));
    assert_eq!(run.info.before.machine_key, "unknown");
    let table = place.dyno(&["show", "old"]).expect(0).stdout();
    assert!(table.contains("imported: the machine"), "{table}");
    place.dyno(&["runs"]).expect(0);
    let compared = place.dyno(&["compare", "old"]).expect(0).stdout();
    assert!(compared.contains("undecided"), "{compared}");
    place.dyno(&["report", "old", "-o", "r.html"]).expect(0);
    let page = std::fs::read_to_string(place.path().join("r.html")).unwrap();
    assert!(page.contains("measured by another tool, from h.json (hyperfine)"));
}

#[test]
fn hyperfine_s_times_come_out_of_an_export_as_they_went_in() {
    let place = Place::new();
    place.write("h.json", HYPERFINE);
    place.dyno(&["import", "hyperfine", "h.json"]).expect(0);
    place.dyno(&["export", "hyperfine", "-o", "out/again.json"]).expect(0);
    let text = std::fs::read_to_string(place.path().join("out/again.json")).unwrap();
    let again: serde_json::Value = serde_json::from_str(&text).unwrap();
    let before: serde_json::Value = serde_json::from_str(HYPERFINE).unwrap();
    for (old, new) in
        before["results"].as_array().unwrap().iter().zip(again["results"].as_array().unwrap())
    {
        for key in ["command", "times", "parameters"] {
            assert_eq!(old[key], new[key], "{key}");
        }
    }
    assert_eq!(again["results"][0]["user"], 2.0);
    let csv = place.dyno(&["export", "csv"]).expect(0).stdout();
    assert!(csv.contains(",timed,0,0,1,ok,true,wall_time,1000000000,ns,lower,imported:hyperfine"));
    let json = place.dyno(&["export", "json"]).expect(0).stdout();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["runs"][0]["samples"].as_array().unwrap().len(), 7);
}

#[test]
fn what_cannot_be_read_is_one_clear_error_and_nothing_is_stored() {
    let place = Place::new();
    place.write("h.json", HYPERFINE);
    place.write("bad.json", r#"{"results": [{"command": "x", "times": [1, "2"]}]}"#);
    place.write("steps.toml", "[[step]]\nfolder = \"01\"\n");
    for (args, expect) in [
        (&["import", "hyperfin", "h.json"][..], "did you mean `hyperfine`?"),
        (
            &["import", "hyperfine", "h.json", "bad.json"],
            "error: bad.json: results[0].times[1]: expected a time in seconds, 0 or more, found \"2\"",
        ),
        (&["import", "hyperfine", "h.json", "h.json"], "this file holds it twice"),
        (&["import", "hyperfine", "none.json"], "cannot read `none.json`"),
        (&["import", "hyperfine", "steps.toml"], "steps.toml:1:3: not JSON"),
        (&["import", "hyperfine", "h.json", "--rows", "n"], "no such parameter"),
        (
            &["import", "hyperfine", "h.json", "--params", "x{n}.json"],
            "its path `h.json` is not of the form `x{n}.json`",
        ),
        (
            &["import", "hyperfine", ".", "--steps", "steps.toml"],
            "no such folder: `./01`\n --> steps.toml:2:10",
        ),
        (&["export", "svgg"], "allowed are csv"),
    ] {
        let said = place.dyno(args).expect(2).stderr();
        assert!(said.contains(expect), "{args:?}: {said}");
    }
    assert!(place.store().runs().unwrap().is_empty());
}
