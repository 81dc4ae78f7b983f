//! `dyno gate --base REV`: builds of two revisions, what CI servers are given, and changes that are
//! accepted. The "builds" are scripts that start the scripted worker, so no clock is looked at.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test panics and says why")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Finished, Place, faulty, has_git, skip};
use record::gate::{Gate, Unit, Word};
use serde_json::Value;

const SUITE: &str = r#"name = "built"
[build]
command = "sh build.sh"
executable = "out/worker"
[[gate]]
metric = "wall_time"
tolerated = "1%"
must_catch = "3%"
[[runner]]
name = "mine"
program = ["out/worker"]
[[case]]
runner = "mine"
workload = "scripted"
"#;

/// A repository whose build makes a worker that takes as long as the file `wall` says.
fn repository() -> Option<Place> {
    has_git()?;
    let place = Place::with_suite(SUITE);
    let exe = faulty().to_str().unwrap();
    place.write(
        "build.sh",
        &format!(
            "set -e\n[ ! -e broken ] || {{ echo 'no rule to make it' >&2; exit 1; }}\nmkdir -p out\n\
             printf '#!/bin/sh\\nSCRIPTED_WALL_NS=%s exec %s scripted\\n' \"$(cat wall)\" {exe} > out/worker\n\
             chmod +x out/worker\n"
        ),
    );
    place.write(".gitignore", "out\nstore\ncache\n");
    place.write("wall", "1000000");
    git(&place, &["init", "-q"]);
    commit(&place);
    fs::create_dir(place.path().join("out")).unwrap();
    // A plan asks the program what it serves.
    assert!(
        Command::new("sh").arg("build.sh").current_dir(place.path()).status().unwrap().success()
    );
    Some(place)
}

fn git(place: &Place, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(arguments);
    assert!(git.current_dir(place.path()).status().unwrap().success(), "{arguments:?}");
}

fn commit(place: &Place) {
    git(place, &["add", "-A"]);
    git(place, &["commit", "-qm", "a step"]);
}

fn gate(place: &Place, more: &[&str]) -> Finished {
    let gate = ["gate", "suite.toml", "--no-control", "--no-profile", "--base", "HEAD"];
    let mut command = place.command(&[&gate[..], more].concat());
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    command.env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_ACTIONS");
    Finished::of(&mut command)
}

#[test]
fn the_base_is_built_once_in_a_tree_of_its_own_and_the_working_tree_where_it_stands() {
    let Some(place) = repository() else { return };
    gate(&place, &[]).expect(0);
    place.write("wall", "1060000");
    let finished = gate(&place, &["--format", "json"]).expect(3);
    let gate_of: Gate = serde_json::from_str(&finished.stdout()).unwrap();
    assert_eq!(gate_of.findings[0].word, Word::Regressed);
    assert_eq!((gate_of.baseline.name.as_str(), gate_of.candidate.commit), ("HEAD", None));
    assert_eq!(gate_of.baseline.commit.unwrap().len(), 40);
    let said = finished.stderr();
    assert!(said.contains("building the working tree"), "{said}");
    assert!(!said.contains("/trees/"), "the base was built before: {said}");
    commit(&place);
    place.write("wall", "1000000");
    commit(&place);
    let finished = gate(&place, &["--candidate", "HEAD~1"]).expect(3);
    assert!(finished.stdout().contains("HEAD~1 ("), "{}", finished.stdout());
}

#[test]
fn a_base_that_does_not_build_fails_with_a_hint_or_passes_where_that_is_asked_for() {
    let Some(place) = repository() else { return };
    place.write("broken", "");
    commit(&place);
    fs::remove_file(place.path().join("broken")).unwrap();
    let refused = gate(&place, &[]).expect(1);
    let said = refused.stderr();
    assert!(
        said.contains("`HEAD` does not build") && said.contains("no rule to make it"),
        "{said}"
    );
    assert!(said.contains("--pass-without-base"), "{said}");
    let passed = gate(&place, &["--pass-without-base"]).expect(0);
    assert!(passed.stderr().contains("nothing to hold the candidate against"));
    let args = ["gate", "suite.toml", "--base", "no-such", "--pass-without-base"];
    let passed = place.dyno(&args).expect(0);
    assert!(passed.stderr().contains("no revision `no-such`"), "{}", passed.stderr());
}

#[test]
fn a_case_that_the_candidate_lost_fails_the_gate() {
    let Some(place) = repository() else { return };
    let more = "[[case]]\nrunner = \"mine\"\nworkload = \"scripted\"\nparams = { rows = 7 }\n";
    place.write("suite.toml", &format!("{SUITE}{more}"));
    commit(&place);
    place.write("suite.toml", SUITE);
    let finished = gate(&place, &[]).expect(6);
    let text = finished.stdout();
    assert!(
        text.contains("mine:scripted/rows=7") && text.contains("no such case any more"),
        "{text}"
    );
}

#[test]
fn an_accepted_change_passes_until_its_day_and_is_told_when_nothing_needs_it() {
    let Some(place) = repository() else { return };
    place.write("wall", "1060000");
    gate(&place, &[]).expect(3);
    let accept = ["accept", "mine:scripted", "wall_time", "--why", "it sorts now"];
    place.dyno(&accept).expect(0);
    let again = place.dyno(&accept).expect(2);
    assert!(
        again.stderr().contains("accepted already, because: it sorts now"),
        "{}",
        again.stderr()
    );
    let passed = gate(&place, &[]).expect(0).stdout();
    assert!(passed.contains("gate passed: 1 regressed (1 accepted)"), "{passed}");
    assert!(passed.contains("accepted: it sorts now"), "{passed}");

    let file = place.path().join("dyno-accepted.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}until = \"2020-02-29\"\n")).unwrap();
    let expired = gate(&place, &[]).expect(3).stdout();
    assert!(expired.contains("has expired on 2020-02-29"), "{expired}");

    place.write("wall", "1000000");
    let unused = gate(&place, &[]).expect(0).stdout();
    assert!(unused.contains("is not needed: remove it"), "{unused}");
    fs::write(&file, text.replace("mine:scripted", "mine:renamed")).unwrap();
    let stranger = gate(&place, &[]).expect(0).stdout();
    assert!(stranger.contains("the suite has no case `mine:renamed`: remove what"), "{stranger}");
    fs::write(&file, "[[accepted]]\ncase = 3\n").unwrap();
    let refused = gate(&place, &[]).expect(2);
    assert!(refused.stderr().contains("dyno-accepted.toml"), "{}", refused.stderr());
    let odd = ["accept", "c", "m", "--why", "w", "--until", "soon"];
    fs::remove_file(&file).unwrap();
    assert!(place.dyno(&odd).expect(2).stderr().contains("no date such as"));
}

#[test]
fn every_format_says_the_same_and_github_is_told() {
    let Some(place) = repository() else { return };
    place.write("wall", "1060000");
    let summary = place.path().join("summary.md");
    let args = ["gate", "suite.toml", "--no-control", "--base", "HEAD", "--format", "junit"];
    let mut command = place.command(&args);
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_ACTIONS", "true");
    let finished = Finished::of(&mut command).expect(3);
    let xml = finished.stdout();
    assert!(xml.contains("tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""), "{xml}");
    assert!(xml.contains("<failure message=\"regressed\">"), "{xml}");
    let said = finished.stderr();
    assert!(said.contains("::error title=dyno gate::mine:scripted wall_time: +6.0 %25"), "{said}");
    let markdown = fs::read_to_string(&summary).unwrap();
    assert!(markdown.starts_with("## gate failed: 1 regressed\n"), "{markdown}");
    assert_eq!(
        gate(&place, &["--format", "markdown"]).expect(3).stdout().lines().next(),
        markdown.lines().next()
    );

    let json = gate(&place, &["--format", "json"]).expect(3).stdout();
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gate.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let document: Value = serde_json::from_str(&json).unwrap();
    conforms(&document, &schema, &schema, "");
    let vouched = ["gate", "suite.toml", "--no-profile", "--base", "HEAD", "--format", "json"];
    let mut command = place.command(&vouched);
    command.env("XDG_CACHE_HOME", place.path().join("cache"));
    command.env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_ACTIONS");
    let document: Value =
        serde_json::from_str(&Finished::of(&mut command).expect(3).stdout()).unwrap();
    assert!(document["control"].is_object());
    conforms(&document, &schema, &schema, "");

    place.write("wall", "1000000");
    let only = gate(&place, &["--only", "changed"]).expect(0).stdout();
    assert!(only.contains("1 finding not shown: nothing changed"), "{only}");
}

/// The part of JSON Schema that docs/gate.schema.json uses.
fn conforms(value: &Value, schema: &Value, root: &Value, path: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return conforms(value, &root["$defs"][name], root, path);
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{path}: {value}");
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let fits = allowed.contains(&kind) || (kind == "integer" && allowed.contains(&"number"));
    assert!(fits, "{path}: {kind}, and the schema has {allowed:?}");
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(item, &schema["items"], root, &format!("{path}[{at}]"));
    }
    let (Some(object), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(object.contains_key(name), "{path}: no {name}");
    }
    for (name, inner) in object {
        let Some(schema) = known.get(name) else { panic!("{path}/{name} is not in the schema") };
        conforms(inner, schema, root, &format!("{path}/{name}"));
    }
}

#[test]
fn the_examples_of_docs_ci_md_are_workflows_that_run_this_command_line() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ci.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> =
        page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let line = block.lines().find(|line| line.contains("cargo dyno gate")).unwrap();
        let words = line.split("cargo dyno ").nth(1).unwrap().split(" > ").next().unwrap();
        // What the server fills in is one word.
        let words = words.replace("${{ github.base_ref }}", "main");
        let place = Place::new();
        let words: Vec<&str> = words.split_whitespace().collect();
        let refused = place.dyno(&words).expect(2);
        // The command line is understood; the suite is not here.
        assert!(
            refused.stderr().contains("cannot read `configs/gate.toml`"),
            "{}",
            refused.stderr()
        );
    }
}

/// Both examples against the schemas of their servers, as check-jsonschema brings them with it.
#[test]
fn the_examples_of_docs_ci_md_are_what_their_servers_understand() {
    let lint = |schema: &str, file: &Path| {
        let mut lint = Command::new("check-jsonschema");
        lint.args(["--builtin-schema", schema]).arg(file).output()
    };
    if Command::new("check-jsonschema").arg("--version").output().is_err() {
        skip("no check-jsonschema");
        return;
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ci.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> =
        page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let place = Place::new();
    for (schema, block) in ["vendor.github-workflows", "vendor.gitlab-ci"].iter().zip(blocks) {
        place.write("good.yml", block);
        let good = lint(schema, &place.path().join("good.yml")).unwrap();
        let said = String::from_utf8_lossy(&good.stdout).into_owned();
        assert!(good.status.success(), "{schema}: {said}");
        // The schema would have noticed.
        place.write(
            "bad.yml",
            &block.replace("when: always", "when: sometimes").replace("runs-on", "run-on"),
        );
        let bad = lint(schema, &place.path().join("bad.yml")).unwrap();
        assert!(!bad.status.success(), "{schema} takes anything");
    }
}

/// A repository whose program can be linked with other layouts, on a machine that counts
/// instructions, always the same, and has no simulator.
fn with_layouts(place: &Place, layout: &str) -> impl Fn(&[&str]) -> Finished {
    let text = SUITE.replace("executable", &format!("{layout}executable"));
    let rule = "[[gate]]\nmetric = \"instructions\"\nexact = true\n[[runner]]";
    place.write("suite.toml", &text.replace("[[runner]]", rule));
    let build = fs::read_to_string(place.path().join("build.sh")).unwrap();
    place.write("layout.sh", &build.replace("cat wall", "cat linked"));
    place.write("linked", "1000000");
    commit(place);
    fs::create_dir(place.path().join("bin")).unwrap();
    place.write("bin/valgrind", "#!/bin/sh\nexit 1\n");
    let valgrind = place.path().join("bin/valgrind");
    assert!(Command::new("chmod").arg("+x").arg(valgrind).status().unwrap().success());
    place.write(
        "counters.json",
        r#"{"groups": [{"name": "g", "events": [{"metric": "instructions", "values": [9]}]}]}"#,
    );
    place.write("wall", "1060000");
    move |more: &[&str]| {
        let gate = ["gate", "suite.toml", "--no-control", "--no-profile", "--base", "HEAD"];
        let mut command = place.command(&[&gate[..], more].concat());
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}/bin:{path}", place.path().display()));
        command.env("XDG_CACHE_HOME", place.path().join("cache"));
        command.env("DYNO_SCRIPTED_COUNTERS", place.path().join("counters.json"));
        command.env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_ACTIONS");
        Finished::of(&mut command)
    }
}

/// The layout of every timed pair of the one gate that a place has kept.
fn layouts_of_pairs(place: &Place) -> Vec<Option<u64>> {
    let mut gates = fs::read_dir(place.path().join("store/gates")).unwrap();
    let pairs = gates.next().unwrap().unwrap().path().join("pairs.jsonl");
    assert!(gates.next().is_none());
    let pairs = fs::read_to_string(pairs).unwrap();
    let units = pairs.lines().map(|line| serde_json::from_str::<Unit>(line).unwrap());
    units.filter(|unit| unit.pass.is_timed()).map(|unit| unit.layout).collect()
}

const LAYOUT: &str = "layout = [\"sh\", \"layout.sh\", \"{seed}\"]\n";

#[test]
fn a_change_of_time_that_other_layouts_do_not_have_is_one_of_the_layout_only() {
    let Some(place) = repository() else { return };
    let gate = with_layouts(&place, LAYOUT);
    let finished = gate(&[]).expect(0);
    let (text, said) = (finished.stdout(), finished.stderr());
    assert!(text.contains("layout only: gone in 8 other layouts of each side"), "{text}");
    assert!(text.starts_with("gate passed: "), "{text}");
    // Four at a time, which tell nothing alone.
    assert_eq!(said.matches("linking layout ").count(), 2 * 8, "{said}");
    let layouts = layouts_of_pairs(&place);
    let built = layouts.iter().filter(|layout| layout.is_none()).count();
    assert!(built > 8, "the change was found in the programs as they were built: {layouts:?}");
    let seeds: BTreeSet<u64> = layouts.iter().copied().flatten().collect();
    assert_eq!((seeds.len(), layouts.len() - built), (8, 16), "{layouts:?}");

    // The candidate is slower however it is linked.
    place.write("linked", "1060000");
    let text = gate(&[]).expect(3).stdout();
    assert!(text.contains("regressed: in 12 other layouts of each side too (+6.0 %)"), "{text}");
}

#[test]
fn many_layouts_are_measured_from_the_first_pair_where_that_is_asked_for() {
    let Some(place) = repository() else { return };
    let gate = with_layouts(&place, LAYOUT);
    let finished = gate(&["--layouts", "3"]).expect(0);
    let said = finished.stderr();
    assert_eq!(said.matches("linking layout ").count(), 6, "{said}");
    let layouts = layouts_of_pairs(&place);
    let seeds: BTreeSet<u64> = layouts.iter().copied().flatten().collect();
    assert!(layouts.iter().all(Option::is_some) && seeds.len() == 3, "{layouts:?}");
    // In turn, two pairs each.
    assert!(layouts[0] == layouts[1] && layouts[0] == layouts[6] && layouts[0] != layouts[2]);
    assert!(finished.stdout().contains("equivalent"), "{}", finished.stdout());
}

#[test]
fn a_layout_that_cannot_be_checked_is_said_and_the_verdict_stays() {
    let Some(place) = repository() else { return };
    let gate = with_layouts(&place, "");
    let text = gate(&[]).expect(3).stdout();
    assert!(text.contains("`[build]` of the suite states no `layout`"), "{text}");
    let refused = gate(&["--layouts", "3"]).expect(1).stderr();
    assert!(refused.contains("--layouts: `[build]` of the suite states no `layout`"), "{refused}");
}

/// Tells after its start in which order the linker put its functions.
const ORDERED_C: &str = r#"#include <stdio.h>
int f0(int x) { return x + 1; }
int f1(int x) { return x + 2; }
int f2(int x) { return x + 3; }
int f3(int x) { return x + 4; }
int f4(int x) { return x + 5; }
int f5(int x) { return x + 6; }
int main(void) {
    char *at[] = { (char *)f0, (char *)f1, (char *)f2, (char *)f3, (char *)f4, (char *)f5 };
    FILE *out = fopen("ORDERS", "a");
    for (int i = 0; i < 6; i++) {
        int before = 0;
        for (int j = 0; j < 6; j++) before += at[j] < at[i];
        fprintf(out, "%d", before);
    }
    fputs("\n", out);
    return fclose(out);
}
"#;

/// A ceiling that such processes stay below, so no clock decides anything.
const ORDERED_SUITE: &str = r#"name = "ordered"
[build]
command = "gcc -O1 ordered.c -o ordered"
executable = "ordered"
layout = ["gcc", "-O1", "-ffunction-sections", "-fuse-ld=lld", "-Wl,--shuffle-sections=.text*={seed}", "ordered.c", "-o", "ordered"]
[[gate]]
metric = "wall_time"
at_most = "600s"
[[runner]]
name = "mine"
command = ["./ordered"]
[[case]]
runner = "mine"
"#;

#[test]
fn layouts_are_linked_by_a_real_linker_and_it_is_them_that_are_measured() {
    if has_git().is_none() {
        return;
    }
    let missing = ["gcc", "ld.lld"]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_err());
    if let Some(tool) = missing {
        return skip(&format!("no {tool} to link with"));
    }
    let place = Place::with_suite(ORDERED_SUITE);
    let orders = place.path().join("orders");
    place.write("ordered.c", &ORDERED_C.replace("ORDERS", orders.to_str().unwrap()));
    place.write(".gitignore", "ordered\norders\nstore\ncache\n");
    git(&place, &["init", "-q"]);
    commit(&place);
    let finished = gate(&place, &["--layouts", "4"]).expect(0);
    assert_eq!(finished.stderr().matches("linking layout ").count(), 8, "{}", finished.stderr());
    let text = fs::read_to_string(orders).unwrap();
    let seen: BTreeSet<&str> = text.lines().collect();
    // Which of the four a pair meets is drawn; the build's own order would be one.
    assert!(seen.len() > 1, "{seen:?}");
}
