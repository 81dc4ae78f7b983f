//! `dyno import` and `dyno export`: other tools' files become runs that every command works on,
//! and go out again; what cannot be read stores nothing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics or says that it is skipped"
)]

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
    assert!(page.contains("Nothing is known of it.") && page.contains("Read by dyno"));
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

/// A file that the real tool wrote.
fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/formats/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_the_real_tools_wrote_is_read_with_its_source_named() {
    for (format, file, cases, samples, source) in [
        ("hyperfine", "hyperfine-1.json", 2, 10, "imported:hyperfine"),
        ("hyperfine", "hyperfine-2.json", 2, 6, "imported:hyperfine"),
        ("perf-stat", "perf-stat.txt", 1, 1, "imported:perf-stat"),
        ("perf-stat", "perf-stat-repeated.txt", 1, 1, "imported:perf-stat"),
        ("perf-stat", "perf-stat.json", 1, 1, "imported:perf-stat"),
        ("criterion", "criterion", 4, 40, "imported:criterion"),
        ("google-benchmark", "google-benchmark.json", 4, 12, "imported:google-benchmark"),
        ("pyperf", "pyperf.json", 2, 18, "imported:pyperf"),
    ] {
        let place = Place::new();
        let path = fixture(file);
        place.dyno(&["import", format, &path]).expect(0);
        let run = place.run();
        assert_eq!((run.info.cases.len(), run.samples.len()), (cases, samples), "{file}");
        let values = run.samples.iter().flat_map(|sample| &sample.values);
        let mut sources: Vec<&str> = values.map(|value| value.source.as_str()).collect();
        sources.dedup();
        assert_eq!(sources, [source], "{file}");
        // What a person names may also be found.
        place.dyno(&["import", "auto", &path]).expect(0);
        place.dyno(&["show"]).expect(0);
        place.dyno(&["report"]).expect(0);
    }
}

#[test]
fn what_perf_could_not_count_is_said_and_never_zero() {
    let place = Place::new();
    place.dyno(&["import", "perf-stat", &fixture("perf-stat.txt")]).expect(0);
    let run = place.run();
    assert_eq!(run.info.unavailable[0].metrics, ["cycles", "instructions"]);
    let names: Vec<&str> =
        run.samples[0].values.iter().map(|value| value.metric.as_str()).collect();
    assert!(names.contains(&"page_faults") && !names.contains(&"cycles"), "{names:?}");
    let table = place.dyno(&["show"]).expect(0).stdout();
    let line = "not available: cycles, instructions: perf stat says <not supported>";
    assert!(table.contains(line), "{table}");
}

#[test]
fn a_benchmark_that_failed_elsewhere_is_a_failed_row_here() {
    let place = Place::new();
    place.dyno(&["import", "google-benchmark", &fixture("google-benchmark.json")]).expect(0);
    let table = place.dyno(&["show"]).expect(0).stdout();
    assert!(table.contains("failed: run: no input data"), "{table}");
    let run = place.run();
    assert!(run.info.is_dated());
    assert_eq!(run.info.before.fact("host"), Some("bench"));
}

/// A steps file of two folders with hyperfine's and perf's files, and a step without any.
fn history() -> Place {
    let place = Place::new();
    for (folder, seconds, ipc) in [("01", 2.0, "1.20"), ("02", 1.0, "2.11")] {
        std::fs::create_dir_all(place.path().join("data").join(folder)).unwrap();
        let times: Vec<f64> = (0..8).map(|n| seconds + f64::from(n) / 100.0).collect();
        let json = format!(r#"{{"results": [{{"command": "x", "times": {times:?}}}]}}"#);
        place.write(&format!("data/{folder}/h.json"), &json);
        let text = format!(
            " Performance counter stats for 'x':\n\n 1,000  cycles  (83.17%)\n 1,200  instructions \
             # {ipc} insn per cycle (83.46%)\n\n 2.5 seconds time elapsed\n"
        );
        place.write(&format!("data/{folder}/p.txt"), &text);
    }
    place.write(
        "steps.toml",
        "name = \"study\"\nrows = 1000\n[[step]]\nid = \"00\"\nfolder = \"01\"\n[[step]]\nid = \"01\"\n\
         title = \"lost\"\n[[step]]\nid = \"02\"\nfolder = \"02\"\nkept = false\nnote = \"no\"\n",
    );
    place
}

#[test]
fn folders_become_the_steps_of_a_history_and_counters_stand_apart_from_times() {
    let place = history();
    let args = ["import", "hyperfine,perf-stat", "data", "--steps", "steps.toml"];
    assert_eq!(place.dyno(&args).expect(0).stdout().lines().count(), 3);
    let table = place.dyno(&["show", "--history", "--format", "json"]).expect(0).stdout();
    let table: serde_json::Value = serde_json::from_str(&table).unwrap();
    let cases = table["cases"].as_array().unwrap();
    let labels: Vec<&str> = cases.iter().map(|case| case["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["00", "01", "02"]);
    assert_eq!((&cases[1]["state"], &cases[2]["reverted"]), (&"missing".into(), &true.into()));
    let ipc = |case: &serde_json::Value| {
        let metrics = case["metrics"].as_array().unwrap();
        let ipc = metrics.iter().find(|metric| metric["metric"] == "ipc").unwrap();
        (ipc["median"].as_f64().unwrap(), ipc["pass"].as_str().unwrap().to_owned())
    };
    assert_eq!(ipc(&cases[0]), (1.2, "counters".to_owned()));
    assert_eq!(ipc(&cases[2]), (2.11, "counters".to_owned()));
    let warnings = table["warnings"].to_string();
    for expect in [
        "run 01: step 01 has no file: it is missing",
        "counters and time come from different executions",
        "shared the counters of the CPU",
    ] {
        assert!(warnings.contains(expect), "{warnings}");
    }
    let verdict = place.dyno(&["compare", "00", "02"]).expect(0).stdout();
    assert!(verdict.contains("improved"), "{verdict}");
    assert!(verdict.contains("counters and time come from different executions"), "{verdict}");
    assert!(verdict.contains("nothing says that both sides ran on one machine"), "{verdict}");
}

#[test]
fn an_import_is_never_held_against_a_machine_that_is_known() {
    let place = history();
    place.dyno(&["import", "hyperfine", "data/01/h.json", "--label", "old"]).expect(0);
    place.dyno(&["cmd", "true", "-r", "4", "--label", "new", "--no-report"]).expect(0);
    let verdict = place.dyno(&["compare", "old", "new"]).expect(0).stdout();
    assert!(verdict.contains("incomparable: machine: unknown against"), "{verdict}");
}

#[test]
fn collapsed_stacks_are_a_profile_that_goes_out_again_as_it_came_in() {
    let place = Place::new();
    let stacks = "main;draw 3\nmain;draw;malloc 5\n";
    place.write("before.folded", stacks);
    place.dyno(&["import", "folded", "before.folded"]).expect(0);
    let shown = place.dyno(&["profile", "--of", "last", "--case", "before"]).expect(0).stdout();
    assert!(shown.contains("malloc"), "{shown}");
    let args = ["profile", "--of", "last", "--unfolded", "--export", "folded", "-o", "out"];
    place.dyno(&args).expect(0);
    let mut files = std::fs::read_dir(place.path().join("out")).unwrap();
    let text = std::fs::read_to_string(files.next().unwrap().unwrap().path()).unwrap();
    assert_eq!(text, stacks);
}

#[test]
fn the_list_of_github_action_benchmark_goes_both_ways() {
    let place = Place::new();
    place.write("h.json", HYPERFINE);
    place.dyno(&["import", "hyperfine", "h.json"]).expect(0);
    let format = "github-action-benchmark";
    place.dyno(&["export", format, "-o", "a.json"]).expect(0);
    place.dyno(&["import", format, "a.json"]).expect(0);
    let again = place.dyno(&["export", format]).expect(0).stdout();
    let text = std::fs::read_to_string(place.path().join("a.json")).unwrap();
    let [before, after]: [serde_json::Value; 2] =
        [&text, &again].map(|text| serde_json::from_str(text).unwrap());
    for (one, other) in before.as_array().unwrap().iter().zip(after.as_array().unwrap()) {
        assert_eq!((&one["name"], &one["value"]), (&other["name"], &other["value"]));
    }
}

#[test]
fn exports_have_the_form_that_their_readers_ask_for() {
    let place = Place::new();
    place.write("h.json", HYPERFINE);
    place.dyno(&["import", "hyperfine", "h.json", "--label", "a b"]).expect(0);
    let metrics = place.dyno(&["export", "bencher"]).expect(0).stdout();
    let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
    assert_eq!(metrics["1"]["latency"]["value"], 1.5e9);
    let text = place.dyno(&["export", "benchstat"]).expect(0).stdout();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.contains(&"run: a b"), "{text}");
    assert!(lines.contains(&"Unit ns/op better=lower"), "{text}");
    assert!(lines.contains(&"BenchmarkSort_a/threads=1 1 1000000000 ns/op"), "{text}");
    let results = lines.iter().filter(|line| line.starts_with("Benchmark"));
    let results: Vec<Vec<&str>> = results.map(|line| line.split(' ').collect()).collect();
    assert_eq!(results.len(), 6);
    for words in results {
        // A name, a whole number, then pairs of a number and a unit.
        assert!(words[1].parse::<u32>().is_ok() && words.len() % 2 == 0, "{words:?}");
        assert!(words[2..].chunks(2).all(|pair| pair[0].parse::<f64>().is_ok()), "{words:?}");
    }
}

#[test]
fn what_hyperfine_writes_today_is_read() {
    let place = Place::new();
    let mut hyperfine = std::process::Command::new("hyperfine");
    hyperfine.args(["-N", "-r", "3", "--export-json", "h.json", "true"]);
    hyperfine.current_dir(place.path());
    if !hyperfine.output().is_ok_and(|output| output.status.success()) {
        return common::skip("no hyperfine here");
    }
    place.dyno(&["import", "hyperfine", "h.json"]).expect(0);
    let timed = place.run().samples.iter().filter(|sample| sample.counts()).count();
    assert_eq!(timed, 3);
}

/// The study's own files, where they lie beside the repository.
fn study() -> Option<std::path::PathBuf> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/shredding-post");
    let path = std::path::PathBuf::from(path);
    if !path.is_dir() {
        println!("skipped: no files of the shredding study in {}", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn the_shredding_study_is_one_history() {
    let Some(study) = study() else { return };
    let place = Place::new();
    let steps = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/steps/shredding-study.toml");
    place.dyno(&["import", "auto", study.to_str().unwrap(), "--steps", steps]).expect(0);
    let table = place.dyno(&["show", "--history", "--format", "json"]).expect(0).stdout();
    let table: serde_json::Value = serde_json::from_str(&table).unwrap();
    let cases = table["cases"].as_array().unwrap();
    let value = |step: &str, metric: &str, pass: &str| {
        let case = cases.iter().find(|case| case["label"] == step).unwrap();
        let found = case["metrics"].as_array().unwrap().iter();
        let mut found = found.filter(|one| one["metric"] == metric && one["pass"] == pass);
        let found = found.next().unwrap_or_else(|| panic!("no {metric} of {step}"));
        found["median"].as_f64().unwrap()
    };
    let seconds = |step: &str| (value(step, "wall_time", "timed") / 1e7).round() / 100.0;
    assert_eq!((seconds("00"), seconds("10")), (3.69, 0.54));
    let ipc = |step: &str| value(step, "ipc", "counters");
    assert_eq!(
        (ipc("00"), ipc("05"), ipc("06"), ipc("09"), ipc("10")),
        (1.2, 1.05, 2.06, 1.1, 2.11)
    );
    let state = |step: usize| (&cases[step]["state"], &cases[step]["reverted"]);
    assert_eq!(state(8), (&"missing".into(), &false.into()));
    assert_eq!(state(9), (&"measured".into(), &true.into()));
    let kept = ["00", "01", "02", "03", "04", "05", "06", "07", "09", "10"];
    for pair in kept.windows(2) {
        let verdict = place.dyno(&["compare", pair[0], pair[1]]).expect(0).stdout();
        let note = "counters and time come from different executions";
        assert!(verdict.contains(note), "{verdict}");
    }
    place.dyno(&["report", "--history", "-o", "r.html"]).expect(0);
    let page = std::fs::read_to_string(place.path().join("r.html")).unwrap();
    assert!(page.contains("6.8× faster over 10 steps (1 reverted): 3.69 s to 540 ms"));
}

#[test]
fn the_study_s_sweep_is_a_heat_map_with_its_best_cell_at_8_writers() {
    let Some(study) = study() else { return };
    let place = Place::new();
    let (sweep, template) = (study.join("sweep"), "run-W{writers}-R{rows}-B{batch_rows}.json");
    let args = ["import", "hyperfine", sweep.to_str().unwrap(), "--params", template];
    place.dyno(&[&args[..], &["--rows", "rows"]].concat()).expect(0);
    assert_eq!(place.run().info.cases.len(), 40);
    place.dyno(&["report", "-o", "r.html"]).expect(0);
    let page = std::fs::read_to_string(place.path().join("r.html")).unwrap();
    assert!(
        page.contains("Which settings are best? Best: batch_rows=10240, writers=8: 21.9 M rows/s")
    );
}

#[test]
fn every_command_of_the_page_about_formats_works_and_its_table_is_the_list_of_formats() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    let page = std::fs::read_to_string(page).unwrap();
    for format in reports::formats::FORMATS {
        let yes = |there: bool| if there { "yes" } else { "no" };
        let (read, written) = (yes(format.import.is_some()), yes(format.export.is_some()));
        let row = format!("| `{}` | {read} | {written} | {} |", format.name, format.about);
        assert!(page.contains(&row), "{row}");
        let heading = page.lines().any(|line| {
            line.starts_with("### ") && line.split(' ').any(|word| word == format.name)
        });
        assert!(heading, "no words about {}", format.name);
    }
    let place = history();
    std::fs::rename(place.path().join("data"), place.path().join("study")).unwrap();
    std::fs::create_dir(place.path().join("sweep")).unwrap();
    place.write("bench.json", HYPERFINE);
    place.write("stat.txt", &std::fs::read_to_string(fixture("perf-stat.txt")).unwrap());
    for writers in [1, 2] {
        let json =
            format!(r#"{{"results": [{{"command": "x -w {writers}", "times": [{writers}]}}]}}"#);
        place.write(&format!("sweep/run-W{writers}-B64.json"), &json);
    }
    let examples = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let mut run = 0;
    for line in examples.lines() {
        let command = line.split(" #").next().unwrap();
        let words: Vec<&str> = command.split_whitespace().map(|w| w.trim_matches('\'')).collect();
        assert_eq!(words[0], "dyno");
        place.dyno(&words[1..]).expect(0);
        run += 1;
    }
    assert_eq!(run, 8);
}

mod fuzz {
    use proptest::prelude::*;
    use reports::formats::{InputFile, find};

    use super::fixture;

    /// What JSON and numbers have that damage alone would hardly ever make.
    const WORDS: &[&str] = &[
        "-",
        "1e400",
        "-0.0",
        "NaN",
        "null",
        "true",
        "\"",
        "\\u0000",
        "[",
        "}",
        ",",
        "\u{202e}",
        ";",
        "18446744073709551616",
        "<not counted>",
        "# started on ",
        "\n\n",
    ];

    /// Whatever happened to a file: it is read as finite numbers, none of which is below 0, or it
    /// is refused by its name.
    fn is_read_or_refused_by_its_name(format: &str, paths: &[&str]) {
        let read = |path: &&str| InputFile {
            shown: (*path).to_owned(),
            path: (*path).to_owned(),
            bytes: std::fs::read(fixture(path)).unwrap(),
        };
        let files: Vec<_> = paths.iter().map(read).collect();
        let importer = find(format).unwrap().import.unwrap();
        for (index, file) in files.iter().enumerate() {
            let inputs = fuzzing::damaged(vec![file.bytes.clone()], WORDS);
            fuzzing::on_any(&file.path, 400, &inputs, |bytes| {
                let mut files = files.clone();
                files[index].bytes = bytes;
                let _ = (importer.recognises)(&files[index].path, &files[index].bytes);
                is_sound((importer.read)(&files), &files)
            });
        }
    }

    fn is_sound(
        read: Result<reports::formats::Found, reports::formats::ImportError>,
        files: &[InputFile],
    ) -> Result<(), TestCaseError> {
        match read {
            Ok(found) => {
                let takes = found.cases.iter().flat_map(|case| &case.takes);
                for value in takes.flat_map(|take| &take.values) {
                    let own = value.unit == record::Unit::Ratio
                        || value.unit == record::Unit::PerSecond
                        || value.metric == "exit_code";
                    prop_assert!(value.value.is_finite(), "{value:?}");
                    prop_assert!(own || value.value >= 0.0, "{value:?}");
                }
            }
            Err(error) => {
                let text = error.to_string();
                prop_assert!(files.iter().any(|file| text.starts_with(&file.shown)), "{text}");
                prop_assert!(!text.chars().any(char::is_control), "{text}");
            }
        }
        Ok(())
    }

    #[test]
    fn hyperfine() {
        is_read_or_refused_by_its_name("hyperfine", &["hyperfine-1.json"]);
        is_read_or_refused_by_its_name("hyperfine", &["hyperfine-2.json"]);
    }

    #[test]
    fn perf_stat() {
        for path in ["perf-stat.txt", "perf-stat-repeated.txt", "perf-stat.json"] {
            is_read_or_refused_by_its_name("perf-stat", &[path]);
        }
    }

    #[test]
    fn criterion() {
        let paths = ["criterion/alone/new/sample.json", "criterion/alone/new/benchmark.json"];
        is_read_or_refused_by_its_name("criterion", &paths);
    }

    #[test]
    fn google_benchmark() {
        is_read_or_refused_by_its_name("google-benchmark", &["google-benchmark.json"]);
    }

    #[test]
    fn pyperf() {
        is_read_or_refused_by_its_name("pyperf", &["pyperf.json"]);
    }
}

#[test]
fn names_that_would_be_obeyed_are_carried_and_shown_without_harm() {
    let place = Place::new();
    let name = "</script><b>\\u001b[31m\\u202eא😀".to_owned() + &"x".repeat(600);
    let json = format!(
        r#"{{"results": [{{"command": "{name}", "times": [1, 2], "parameters": {{"a\nb,=/": "<i>"}}}}]}}"#
    );
    place.write("h.json", &json);
    place.dyno(&["import", "hyperfine", "h.json"]).expect(0);
    for format in ["csv", "json", "hyperfine", "bencher", "benchstat", "github-action-benchmark"] {
        place.dyno(&["export", format]).expect(0);
    }
    let table = place.dyno(&["show"]).expect(0).stdout();
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table}");
    place.dyno(&["report", "-o", "r.html"]).expect(0);
    let page = std::fs::read_to_string(place.path().join("r.html")).unwrap();
    assert!(!page.contains("</script><b>") && !page.contains('\u{202e}'));
    place.write("long.json", &json.replace("xxx", &"x".repeat(100)));
    let said = place.dyno(&["import", "hyperfine", "long.json"]).expect(2).stderr();
    assert!(said.contains("results[0].command: this name has"), "{said}");
}

#[test]
fn a_file_that_is_too_large_or_no_text_is_refused_before_it_is_understood() {
    let place = Place::new();
    let large = std::fs::File::create(place.path().join("large.json")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    let said = place.dyno(&["import", "hyperfine", "large.json"]).expect(2).stderr();
    assert!(said.contains("cannot read `large.json`: it has more than 64 MiB"), "{said}");
    std::fs::write(place.path().join("bytes.json"), b"{\n  \"a\xff").unwrap();
    let said = place.dyno(&["import", "hyperfine", "bytes.json"]).expect(2).stderr();
    assert!(said.contains("bytes.json:2:5: this is no text (UTF-8)"), "{said}");
    place.write("deep.json", &"[".repeat(100_000));
    let said = place.dyno(&["import", "hyperfine", "deep.json"]).expect(2).stderr();
    assert!(said.contains("not JSON: recursion limit exceeded"), "{said}");
    assert!(place.store().runs().unwrap().is_empty());
}
