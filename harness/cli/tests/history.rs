//! The daily loop, whole: edit, measure, compare, note, keep or revert; and the one picture of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::process::Output;

use common::{Place, faulty};
use serde_json::Value as Json;

/// One case that reports exactly the time that its environment tells it, six processes of it.
fn suite() -> String {
    let program = faulty().to_str().unwrap();
    format!(
        "name = \"loop\"\n[sampling]\nprocesses = 6\niterations = 1\nwarmup = 0\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\nparams = {{ rows = 500 }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    )
}

/// The same with two cases; they tell their own times.
fn suite_of_two() -> String {
    suite().replace(
        "params = { rows = 500 }",
        "params = { rows = 500 }\nzip = { step = [\"slow\", \"fast\"], wall_ns = [4_000_000, 1_000_000] }",
    )
}

struct Told {
    code: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Measures the program as if an edit had made it take `wall_ns`.
#[track_caller]
fn measure(place: &Place, wall_ns: u64, args: &[&str]) -> Told {
    let mut command = place.command(&[&["run", "suite.toml"], args].concat());
    command.env("SCRIPTED_WALL_NS", wall_ns.to_string());
    let told = Told::from(command.output().unwrap());
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    told
}

fn compare_json(place: &Place, args: &[&str]) -> Json {
    let args = [&["compare", "--format", "json"], args].concat();
    serde_json::from_str(&place.dyno(&args).expect(0).stdout()).unwrap()
}

fn run_of_step(place: &Place, step: &str) -> String {
    place.store().resolve(Some(step)).unwrap().to_string()
}

const STEPS: [(&str, &str, u64); 5] = [
    ("00", "baseline", 100_000_000),
    ("01", "reuse the buffer", 80_000_000),
    ("02", "string interning", 90_000_000),
    ("03", "two writers", 50_000_000),
    ("04", "no copy", 25_000_000),
];

/// Five steps, the third of them taken back.
fn five_steps() -> Place {
    let place = Place::with_suite(&suite());
    for (step, title, wall_ns) in STEPS {
        measure(&place, wall_ns, &["--step", step, "--title", title, "--no-report"]);
        if step == "02" {
            let note = "hashing costs more than it saves";
            let marked = place.dyno(&["mark", "last", "--reverted", "--note", note]).expect(0);
            let line = format!("step 02, string interning, {note}, reverted\n");
            assert!(marked.stdout().ends_with(&line), "{}", marked.stdout());
        }
    }
    place
}

/// The part of the page from one text to the next.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    html.split(from).nth(1).unwrap().split(to).next().unwrap()
}

#[test]
fn five_steps_and_a_revert_are_drawn_as_one_history() {
    let place = five_steps();
    let told = place.dyno(&["report", "--history", "-o", "history.html"]).expect(0);
    assert_eq!(told.stdout(), "history.html\n");
    let html = fs::read_to_string(place.path().join("history.html")).unwrap();
    let headline = between(&html, "<h1>", "</h1>");
    assert_eq!(headline, "4.0× faster over 5 steps (1 reverted): 100 ms to 25.0 ms");

    let wide = between(&html, "<svg class=\"chart wide\"", "</svg>");
    let (table, case) = (between(&html, "<tbody>", "</tbody>"), case_id(&place));
    for (step, title, wall_ns) in STEPS {
        let (run, reverted) = (run_of_step(&place, step), step == "02");
        let mark = if reverted { " data-reverted=\"true\"" } else { "" };
        let point = format!(
            "<g class=\"pt\" data-step=\"{step}\" data-run=\"{run}\" data-case=\"{case}\"{mark} \
             data-value=\"{wall_ns}\">"
        );
        assert_eq!(wide.matches(&point).count(), 1, "{point}\n{wide}");
        let row =
            between(table, &format!("data-run=\"{run}\" data-case=\"{case}\"{mark}"), "</tr>");
        assert!(row.contains(&format!("<bdi>{title}</bdi>")), "{row}");
        let number = format!("data-field=\"median\" data-value=\"{wall_ns}\"");
        assert!(row.contains(&format!("data-metric=\"wall_time\" {number}")), "{row}");
    }
    assert!(wide.contains(">90.0 reverted<"), "{wide}");
    let line = wide.lines().find(|line| line.contains("class=\"s-data\"")).unwrap();
    let points = between(line, "points=\"", "\"").split(' ').count();
    assert_eq!(points, 4, "the line goes past the reverted step: {line}");
    assert!(html.contains("hashing costs more than it saves"));
    assert!(html.contains("block order: the runs were taken one after the other"));
}

fn case_id(place: &Place) -> String {
    let run = place.store().resolve(None).unwrap();
    place.store().read(&run).unwrap().info.cases[0].id.to_string()
}

#[test]
fn the_page_of_a_history_and_its_json_hold_the_same_numbers() {
    let place = five_steps();
    let shown = place.dyno(&["show", "--history", "--format", "json"]).expect(0).stdout();
    let document: Json = serde_json::from_str(&shown).unwrap();
    let cases = document["cases"].as_array().unwrap();
    let found: Vec<(&str, u64, bool)> = cases
        .iter()
        .map(|case| {
            let wall = &case["metrics"][0];
            assert_eq!(wall["metric"], "wall_time");
            let median = wall["median"].as_f64().unwrap() as u64;
            (case["label"].as_str().unwrap(), median, case["reverted"].as_bool().unwrap())
        })
        .collect();
    let expect: Vec<_> = STEPS.iter().map(|&(id, _, ns)| (id, ns, id == "02")).collect();
    assert_eq!(found, expect);
    let table = place.dyno(&["show", "--history"]).expect(0).stdout();
    assert!(table.contains("string interning (reverted)"), "{table}");
    place.dyno(&["report", "--history"]).expect(0);
    let last = place.store().directory(&place.store().resolve(None).unwrap()).unwrap();
    let html = fs::read_to_string(last.join("history.html")).unwrap();
    for case in cases {
        let Some(ratio) = case["against"]["ratio"].as_f64() else {
            assert_eq!(case["label"], "00", "only the reference is held against nothing");
            continue;
        };
        let ratio = format!("data-metric=\"against\" data-field=\"ratio\" data-value=\"{ratio}\"");
        assert!(html.contains(&ratio), "{ratio}");
    }
}

#[test]
fn a_step_that_is_measured_again_counts_once_and_can_be_kept_again() {
    let place = five_steps();
    measure(&place, 20_000_000, &["--step", "02", "--title", "interning, done right"]);
    let told = place.dyno(&["show", "--history", "--format", "csv"]).expect(0);
    assert!(told.stderr().contains("step 02 was measured again"), "{}", told.stderr());
    assert_eq!(told.stdout().matches(",wall_time,").count(), 5, "{}", told.stdout());
    let marked = place.dyno(&["mark", "02", "--reverted"]).expect(0).stdout();
    assert!(marked.ends_with("interning, done right, reverted\n"), "{marked}");
    let marked = place.dyno(&["mark", "02", "--kept", "--title", "interning"]).expect(0).stdout();
    assert!(marked.ends_with("step 02, interning, kept\n"), "{marked}");
}

#[test]
fn a_run_is_made_a_step_afterwards_and_nothing_else_of_it_changes() {
    let place = Place::with_suite(&suite());
    measure(&place, 5_000_000, &[]);
    let before = place.run();
    let refused = place.dyno(&["mark", "last", "--reverted"]).expect(2);
    assert!(refused.stderr().contains("carries no step"), "{}", refused.stderr());
    place.dyno(&["mark", "--step", "00", "--title", "as it was"]).expect(0);
    let mut after = place.run();
    assert_eq!(after.info.step.take().unwrap().title, "as it was");
    assert_eq!(after, before);
    let page = place.store().directory(&before.info.id).unwrap().join("report.html");
    assert!(fs::read_to_string(page).unwrap().contains("as it was"), "its report is drawn again");
    for args in
        [&["mark", "last"][..], &["mark", "--reverted", "--kept"], &["mark", "never", "--kept"]]
    {
        place.dyno(args).expect(2);
    }
    place.dyno(&["run", "suite.toml", "--title", "without a step"]).expect(2);
    place.dyno(&["run", "suite.toml", "--step", ""]).expect(2);
}

#[test]
fn several_cases_have_a_line_each_or_one_is_chosen() {
    let place = Place::with_suite(&suite_of_two());
    for step in ["00", "01"] {
        place.dyno(&["run", "suite.toml", "--step", step, "--no-report"]).expect(0);
    }
    let case = |args: &[&str]| {
        place.dyno(&[&["report", "-o", "page.html", "--history"], args].concat()).expect(0);
        let html = fs::read_to_string(place.path().join("page.html")).unwrap();
        let wide = between(&html, "<svg class=\"chart wide\"", "</svg>").to_owned();
        (html, wide.matches("class=\"s-data\"").count())
    };
    let (html, lines) = case(&[]);
    assert_eq!(lines, 2);
    assert!(html.contains("one plot per case"));
    assert!(
        html.contains("<h1>step=slow wall_ns=4000000: No difference shown over 2 steps"),
        "{}",
        between(&html, "<h1>", "</h1>")
    );
    assert_eq!(case(&["--case", "step=fast wall_ns=1000000"]).1, 1);
    let refused = place.dyno(&["report", "--history", "--case", "medium"]).expect(2);
    assert!(refused.stderr().contains("no case `medium`; there are: "), "{}", refused.stderr());
}

#[test]
fn two_runs_are_compared_case_by_case() {
    let place = Place::with_suite(&suite());
    measure(&place, 10_000_000, &["--label", "before"]);
    measure(&place, 8_000_000, &["--label", "after"]);
    let table = place.dyno(&["compare", "before", "after"]).expect(0).stdout();
    assert!(table.contains("improved: 1.25× faster"), "{table}");
    assert_eq!(table.matches("block order").count(), 1, "{table}");
    let found = compare_json(&place, &["last~1", "last"]);
    let case = &found["cases"][0];
    assert_eq!((&case["verdict"], &case["ratio"]), (&"improved".into(), &0.8.into()));
    assert_eq!(case["baseline_median"], 1e7);
    assert_eq!(case["candidate_median"], 8e6);
    assert_eq!(found["order"], "block");
    assert!(found["note"].as_str().unwrap().starts_with("block order"));
    assert_eq!(compare_json(&place, &["after", "before"])["cases"][0]["verdict"], "regressed");
    let csv = place.dyno(&["compare", "before", "after", "--format", "csv"]).expect(0).stdout();
    assert!(csv.contains(",improved,,wall_time,ns,10000000,8000000,0.8,"), "{csv}");
    let markdown = place.dyno(&["compare", "before", "after", "--format", "markdown"]).expect(0);
    assert!(markdown.stdout().contains("| improved: 1.25× faster"), "{}", markdown.stdout());
}

#[test]
fn another_metric_and_another_margin_can_be_asked_for() {
    let place = Place::with_suite(&suite());
    measure(&place, 10_000_000, &["--label", "before"]);
    measure(&place, 8_000_000, &["--label", "after"]);
    let by = |more: &[&str]| compare_json(&place, &[&["before", "after"], more].concat());
    let found = by(&["--metric", "rows_per_second", "--tolerance", "99%"]);
    assert_eq!((&found["tolerance"], &found["cases"][0]["unit"]), (&0.99.into(), &"rows/s".into()));
    assert_eq!(found["cases"][0]["metric"], "rows_per_second");
    for (wrong, says) in [
        (["--metric", "wall"], "no case has the metric `wall`; did you mean `wall_time`?"),
        (["--tolerance", "2"], "from 0 to below 1"),
    ] {
        let refused = place.dyno(&[&["compare", "before", "after"], &wrong[..]].concat()).expect(2);
        assert!(refused.stderr().contains(says), "{}", refused.stderr());
    }
}

#[test]
fn what_did_not_do_the_same_is_not_compared() {
    let place = Place::with_suite(&suite());
    measure(&place, 10_000_000, &["--label", "small"]);
    measure(&place, 10_000_000, &["--label", "large", "--set", "rows=1000"]);
    measure(&place, 10_000_000, &["--label", "seeded", "--set", "sampling.seed=77"]);
    measure(&place, 10_000_000, &["--label", "few", "-r", "2"]);
    let verdict = |runs: &[&str]| {
        let found = compare_json(&place, runs);
        let case = &found["cases"][0];
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        (text("verdict"), text("reason"))
    };
    let (word, reason) = verdict(&["small", "large"]);
    assert_eq!(
        (word.as_str(), reason.as_str()),
        ("incomparable", "parameter rows: 500 against 1000")
    );
    let (word, reason) = verdict(&["small", "seeded"]);
    assert_eq!(word, "incomparable");
    assert!(reason.starts_with("seed: ") && reason.ends_with(" against 77"), "{reason}");
    let (word, reason) = verdict(&["small", "few"]);
    assert_eq!(word, "undecided");
    assert_eq!(reason, "n=2: a 95 % interval needs 4 processes on each side");
    let found = compare_json(&place, &["small", "few"]);
    let differences = found["differences"].as_array().unwrap();
    let named = |what: &str| differences.iter().any(|one| one["what"] == what);
    assert!(named("sampling") && named("suite"), "{differences:?}");
    assert!(!named("load_average") && !named("machine"), "{differences:?}");
}

#[test]
fn cases_of_one_run_are_compared_with_one_of_them() {
    let place = Place::with_suite(&suite_of_two());
    place.dyno(&["run", "suite.toml"]).expect(0);
    for args in [&["last"][..], &["--within"]] {
        let found = compare_json(&place, args);
        assert_eq!(found["cases"].as_array().unwrap().len(), 1);
        let case = &found["cases"][0];
        assert_eq!((&case["verdict"], &case["ratio"]), (&"improved".into(), &0.25.into()));
        assert_eq!(found["order"], "interleaved");
    }
    let against = "step=fast wall_ns=1000000";
    let found = compare_json(&place, &["--within", "--against", against]);
    assert_eq!(found["cases"][0]["verdict"], "regressed");
    assert_eq!(found["reference"], against);
    place.dyno(&["compare", "--within", "--against", "medium"]).expect(2);
}

#[test]
fn a_baseline_is_saved_compared_with_listed_and_moved() {
    let place = Place::with_suite(&suite());
    let told = measure(&place, 10_000_000, &["--save-baseline", "main"]);
    let first = place.store().resolve(None).unwrap();
    assert!(told.stderr.contains(&format!("baseline `main`: {first}\n")), "{}", told.stderr);
    let told = measure(&place, 20_000_000, &["--baseline", "main", "--save-baseline", "main"]);
    assert!(told.stdout.contains("regressed: 2.00× slower"), "{}", told.stdout);
    assert!(told.stderr.contains(&format!("; it was {first}\n")), "{}", told.stderr);
    let second = place.store().resolve(Some("main")).unwrap();
    assert_ne!(first, second);
    measure(&place, 20_000_000, &[]);
    let found = compare_json(&place, &["--baseline", "main"]);
    assert_eq!(found["cases"][0]["verdict"], "equivalent");
    assert_eq!(found["baseline"]["run"], second.as_str());
    let found =
        compare_json(&place, &["--baseline", "main", first.as_str(), "--save-baseline", "old"]);
    assert_eq!(found["cases"][0]["ratio"], 0.5);
    assert_eq!(place.store().resolve(Some("old")).unwrap(), first);
    let runs = place.dyno(&["runs"]).expect(0).stdout();
    let line = runs.lines().find(|line| line.contains(second.as_str())).unwrap();
    assert!(line.contains(" main "), "{runs}");
    assert_eq!(place.store().runs().unwrap().len(), 3, "nothing is lost");
}

#[test]
fn a_document_on_standard_output_stays_one_document() {
    let place = Place::with_suite(&suite());
    measure(&place, 10_000_000, &["--save-baseline", "main"]);
    let told = measure(&place, 5_000_000, &["--baseline", "main", "--format", "json"]);
    serde_json::from_str::<Json>(&told.stdout).unwrap();
    assert!(told.stderr.contains("improved: 2.00× faster"), "{}", told.stderr);
}

#[test]
fn a_run_with_failures_does_not_become_a_baseline() {
    let broken = suite().replace("\"scripted\"]", "\"prints_garbage\"]");
    let broken = broken.replace("workload = \"scripted\"", "workload = \"prints_garbage\"");
    let place = Place::with_suite(&broken.replace("params = { rows = 500 }\n", ""));
    let told = place.dyno(&["run", "suite.toml", "--save-baseline", "main"]).expect(6);
    assert!(told.stderr().contains("baseline `main` stays as it is"), "{}", told.stderr());
    assert!(place.store().baselines().unwrap().is_empty());
}

#[test]
fn names_of_nothing_exit_with_2_and_say_what_there_is() {
    let place = Place::with_suite(&suite());
    let empty = place.dyno(&["compare", "a", "b"]).expect(2);
    assert!(empty.stderr().contains("the store is empty"), "{}", empty.stderr());
    place.dyno(&["run", "suite.toml", "--baseline", "main"]).expect(2);
    assert!(place.store().runs().unwrap().is_empty(), "nothing was measured");
    measure(&place, 10_000_000, &["--save-baseline", "main"]);
    let refused = place.dyno(&["compare", "--baseline", "mian"]).expect(2);
    assert!(refused.stderr().contains("did you mean `main`?"), "{}", refused.stderr());
    for args in [
        &["compare"][..],
        &["compare", "last", "last"],
        &["compare", "last"],
        &["compare", "--baseline", "main", "last", "last"],
        &["compare", "main", "last", "--within"],
        &["compare", "--within", "--save-baseline", "last"],
        &["run", "suite.toml", "--save-baseline", "a/b"],
        &["report", "--history"],
        &["report", "never"],
    ] {
        let refused = place.dyno(args).expect(2);
        assert!(refused.stderr().starts_with("error: "), "{args:?}: {}", refused.stderr());
    }
}

#[test]
fn the_loop_of_docs_compare_md_runs_as_it_stands() {
    let place = Place::with_suite(&suite());
    let docs = include_str!("../../../docs/compare.md");
    let block = between(docs, "## The loop", "```\n\n");
    let block = block.split("```text\n").nth(1).unwrap();
    assert!(block.matches("dyno ").count() >= 6, "{block}");
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_dyno")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-e", "-c", block]).current_dir(place.path());
    shell.env("PATH", format!("{}:{path}", folder.display()));
    shell.env("DYNO_STORE", place.path().join("store"));
    let told = Told::from(shell.output().unwrap());
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("hashing costs more than it saves, reverted\n"));
    let steps: Vec<bool> =
        place.store().runs().unwrap().iter().map(|run| run.step().unwrap().reverted).collect();
    assert_eq!(steps, [false, true, false]);
}
