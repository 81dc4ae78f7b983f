//! `dyno cmd` and the quick flags, whole: commands in, table, store and exports out; and the page
//! for hyperfine's users, every command of which is run.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::Place;
use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/from-hyperfine.md");

#[test]
fn commands_take_turns_and_a_sentence_says_which_is_fastest() {
    let place = Place::new();
    let finished = place.dyno(&["cmd", "-r", "6", "-w", "1", "true", "sleep 0.05"]).expect(0);
    let run = place.run();
    assert_eq!(run.info.suite.name, "cmd");
    assert_eq!(run.samples.iter().filter(|sample| sample.counts()).count(), 12);
    assert_eq!(run.samples.len(), 14);
    // One of each in every round, whatever their order inside it.
    let rounds: Vec<u32> = run.samples.iter().map(|sample| sample.process).collect();
    assert!(rounds.is_sorted(), "{rounds:?}");
    let table = finished.stdout();
    assert!(table.contains("fastest: true\n  against sleep-0.05: "), "{table}");
    assert!(table.contains("faster ("), "{table}");
}

#[test]
fn parameters_make_cases_and_braces_without_one_mean_themselves() {
    let place = Place::new();
    place.write("f", "one two\n");
    let command = "awk '{print $2}' {file}";
    place.dyno(&["cmd", "--once", "-N", "-L", "file", "f,./f", command]).expect(0);
    let cases: Vec<String> =
        place.run().info.cases.iter().map(|case| case.id.to_string()).collect();
    assert_eq!(cases, ["awk-print-2-file/file=f", "awk-print-2-file/file=.%2Ff"]);
}

#[test]
fn a_command_that_needs_a_shell_says_how_to_get_one() {
    let place = Place::new();
    let refused = place.dyno(&["cmd", "cat f*"]).expect(2);
    assert!(refused.stderr().contains("`-S sh`"), "{}", refused.stderr());
    place.write("f", "");
    place.dyno(&["cmd", "--once", "-S", "sh", "cat f*"]).expect(0);
    // Without one the program is asked for a file of that name.
    place.dyno(&["cmd", "--once", "-N", "cat f*"]).expect(6);
}

#[test]
fn a_failing_command_fails_unless_failures_are_ignored() {
    let place = Place::new();
    let failed = place.dyno(&["cmd", "-r", "2", "-S", "sh", "exit 3"]).expect(6);
    assert!(failed.stderr().contains("`-i`"), "{}", failed.stderr());
    let ignored = Place::new();
    let json = ["--export-json", "out.json"];
    let args = ["cmd", "-i", "-r", "2", "-S", "sh", "exit 3", json[0], json[1]];
    ignored.dyno(&args).expect(0);
    for sample in &ignored.run().samples {
        assert_eq!(sample.value("exit_code"), Some(3.0));
    }
    let text = fs::read_to_string(ignored.path().join("out.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["results"][0]["exit_codes"], serde_json::json!([3, 3]));
}

#[test]
fn exports_hold_every_sample_in_the_form_that_hyperfine_writes() {
    let place = Place::new();
    let exports = ["--export-json", "a.json", "--export-markdown", "a.md", "--export-csv", "a.csv"];
    let args = [&["cmd", "-r", "3", "-L", "t", "0.01,0.02", "sleep {t}"][..], &exports].concat();
    place.dyno(&args).expect(0);
    let read = |name: &str| fs::read_to_string(place.path().join(name)).unwrap();
    let document: Value = serde_json::from_str(&read("a.json")).unwrap();
    let results = document["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let run = place.run();
    for (result, time) in results.iter().zip(["0.01", "0.02"]) {
        assert_eq!(result["command"], format!("sleep {time}"));
        assert_eq!(result["parameters"]["t"], time);
        let times: Vec<f64> =
            result["times"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
        let stored: Vec<f64> = run
            .samples
            .iter()
            .filter(|sample| sample.case.as_str().ends_with(time))
            .map(|sample| sample.value("wall_time").unwrap() / 1e9)
            .collect();
        assert_eq!(times, stored);
        for field in ["mean", "stddev", "median", "user", "system", "min", "max"] {
            assert!(result[field].is_f64(), "{field}: {result}");
        }
        assert_eq!(result["exit_codes"].as_array().unwrap().len(), 3);
    }
    assert!(read("a.md").starts_with("| "));
    assert!(read("a.csv").starts_with("run,case,"));
}

#[test]
fn options_that_do_not_fit_together_are_refused_before_anything_runs() {
    let place = Place::new();
    for (args, why) in [
        (&["cmd"][..], "COMMAND"),
        (&["cmd", "a", "b", "c", "-p", "x", "-p", "y"], "give it once, or once for each"),
        (&["cmd", "a", "-n", "x", "-n", "y"], "2 names for 1 commands"),
        (&["cmd", "a", "-L", "n", "1,2"], "no command uses parameter `n`"),
        (&["cmd", "a {n}", "-P", "n", "3", "1"], "from the smaller number"),
        (&["cmd", "a", "--once", "--quick"], "cannot be used with"),
        (&["cmd", "''"], "a program"),
    ] {
        let refused = place.dyno(args).expect(2);
        assert!(refused.stderr().contains(why), "{args:?}: {}", refused.stderr());
    }
    assert!(place.store().runs().unwrap().is_empty());
}

const SUITE: &str = r#"
name = "small"
[sampling]
processes = 2
iterations = 2
warmup = 1
[[case]]
workload = "pipeline"
params = { rows = 1_000, step = "06" }
"#;

#[test]
fn quick_flags_work_on_suites_and_set_has_the_last_word() {
    let counts = |args: &[&str]| {
        let place = Place::with_suite(SUITE);
        place.dyno(&[&["run", "suite.toml", "--no-report"], args].concat()).expect(0);
        let sampling = place.run().info.sampling;
        (sampling.processes, sampling.iterations, sampling.warmup)
    };
    assert_eq!(counts(&["--once"]), (1, 1, 0));
    assert_eq!(counts(&["--quick"]), (3, 1, 1));
    assert_eq!(counts(&["-r", "4", "-w", "0"]), (4, 1, 0));
    assert_eq!(counts(&["-r", "4", "--set", "sampling.processes=2"]), (2, 1, 1));
}

#[test]
fn what_is_asked_for_is_kept_with_the_run() {
    let place = Place::new();
    place.write("f", "");
    place.dyno(&["cmd", "-r", "3", "cat f"]).expect(0);
    let text = place.run().info.suite.text;
    assert!(text.contains("processes = 10"), "what is asked for stands in the overrides: {text}");
    assert_eq!(place.run().info.suite.overrides, ["sampling.processes=3", "sampling.iterations=1"]);
    assert!(Path::new(&place.run().info.suite.path).is_absolute());
}

/// The `sh` blocks of the page.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match (&mut open, line) {
            (None, "```sh") => open = Some(String::new()),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// Everything that the page's commands need: small files, and stand-ins for the programs that a
/// machine may lack or that need root. `dyno` itself is asked for two samples where the page says
/// nothing.
fn stage() -> Place {
    let place = Place::new();
    place.write("file", "a b\n");
    place.write("notes.txt", "TODO: write\n");
    let bin = place.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let program = |name: &str, text: &str| {
        let path = bin.join(name);
        // bash, because dash drops exported functions from the environment.
        fs::write(&path, format!("#!/usr/bin/env bash\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    for name in ["hexdump", "xxd", "make", "gcc", "clang"] {
        program(name, "exit 0");
    }
    program("sudo", "cat >/dev/null");
    program("zsh", "exec sh \"$@\"");
    let dyno = env!("CARGO_BIN_EXE_dyno");
    program(
        "dyno",
        &format!(
            "case \"$*\" in\n*--runs*) exec {dyno} \"$@\" ;;\ncmd*) exec {dyno} \"$@\" -r 2 ;;\n\
             *) exec {dyno} \"$@\" ;;\nesac"
        ),
    );
    place
}

#[test]
fn every_command_of_the_page_for_users_of_hyperfine_works() {
    let page = fs::read_to_string(PAGE).unwrap();
    let place = stage();
    let path = format!("{}/bin:{}", place.path().display(), std::env::var("PATH").unwrap());
    let blocks = blocks(&page);
    assert!(blocks.len() >= 6, "{blocks:?}");
    for block in blocks {
        let mut bash = Command::new("bash");
        bash.args(["-e", "-c", &block]).current_dir(place.path()).env("PATH", &path);
        let output = bash.env("DYNO_STORE", place.path().join("store")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{block}\n{said}");
    }
    let theirs = page.matches("\n# hyperfine").count();
    assert!(theirs >= 10, "{theirs} examples of hyperfine's");
}

#[test]
fn every_flag_of_the_page_is_one_of_dyno_cmd() {
    let page = fs::read_to_string(PAGE).unwrap();
    let help = Place::new().dyno(&["cmd", "--help"]).expect(0).stdout();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let mut seen = 0;
    for row in rows.skip(1) {
        let ours = row.split('|').nth(2).unwrap();
        for flag in ours.split('`').filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag), "`{flag}` is not in the help of `dyno cmd`");
            seen += 1;
        }
    }
    assert!(seen > 12, "{seen} flags");
}
