//! `dyno gate` with two builds that say of themselves what they took: every verdict and every exit
//! code, without a look at a clock.
#![expect(clippy::unwrap_used, reason = "a test panics and says why")]

mod common;

use std::fs;

use common::{Finished, Place, faulty, rust_worker, skip};
use record::Pass;
use record::gate::{Finding, Gate, Role, Unit, Word};

/// Two runners of the scripted worker; `new` has the variables of a changed program.
fn suite(new: &str, params: &str, rules: &str) -> String {
    let program = format!("[{:?}, \"scripted\"]", faulty().to_str().unwrap());
    format!(
        "name = \"gated\"\n{rules}\n\
         [[runner]]\nname = \"old\"\nprogram = {program}\n\
         [[runner]]\nname = \"new\"\nprogram = {program}\nenv = {{ {new} }}\n\
         [[case]]\nrunner = \"new\"\nworkload = \"scripted\"\nparams = {{ {params} }}\n"
    )
}

const WALL: &str = "[[gate]]\nmetric = \"wall_time\"\ntolerated = \"1%\"\nmust_catch = \"3%\"\n";

const TWO: [&str; 6] = ["gate", "suite.toml", "--base-runner", "old", "--candidate-runner", "new"];

/// The gate of a place, as it was kept.
fn kept(place: &Place) -> Gate {
    let gates = fs::read_dir(place.path().join("store/gates")).unwrap();
    let paths: Vec<_> = gates.map(|entry| entry.unwrap().path().join("gate.json")).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    serde_json::from_str(&fs::read_to_string(&paths[0]).unwrap()).unwrap()
}

fn gate(place: &Place, more: &[&str]) -> Finished {
    place.dyno(&[&TWO[..], more].concat())
}

fn only(gate: &Gate) -> &Finding {
    assert_eq!(gate.findings.len(), 1, "{:?}", gate.findings);
    &gate.findings[0]
}

#[test]
fn a_slower_build_is_regressed_and_exits_with_3() {
    let place = Place::with_suite(&suite("SCRIPTED_WALL_NS = \"1060000\"", "", WALL));
    let finished = gate(&place, &["--no-profile"]).expect(3);
    assert!(finished.stdout().starts_with("gate failed: 1 regressed"), "{}", finished.stdout());
    let gate = kept(&place);
    let finding = only(&gate);
    assert_eq!(finding.word, Word::Regressed);
    let change = finding.change.unwrap();
    assert!((change.estimate - 0.06).abs() < 1e-9, "{change:?}");
    assert_eq!((finding.baseline, finding.candidate), (Some(1e6), Some(1.06e6)));
    let control = gate.control.unwrap();
    assert_eq!((control.word, control.canary), (Word::Equivalent, Word::Regressed));
    assert!((control.canary_raised - 0.05).abs() < 1e-9);
}

#[test]
fn a_faster_build_is_improved_and_an_equal_one_equivalent() {
    let place = Place::with_suite(&suite("SCRIPTED_WALL_NS = \"930000\"", "", WALL));
    gate(&place, &["--no-control"]).expect(0);
    assert_eq!(only(&kept(&place)).word, Word::Improved);
    assert!(kept(&place).control.is_none());

    let place = Place::with_suite(&suite("", "", WALL));
    let finished = gate(&place, &["--strict"]).expect(0);
    let gate = kept(&place);
    assert_eq!(only(&gate).word, Word::Equivalent);
    assert!(gate.findings[0].excluded.unwrap() <= 0.03);
    assert!(finished.stdout().contains("identical programs differ by 0.0 %"));
}

#[test]
fn every_pair_is_kept_with_who_went_first_and_the_order_depends_on_the_seed() {
    let pairs = |seed: &str| -> Vec<Unit> {
        let place = Place::with_suite(&suite("", "", WALL));
        gate(&place, &["--set", &format!("sampling.seed={seed}")]).expect(0);
        let directory = place.path().join("store/gates").join(kept(&place).id);
        let text = fs::read_to_string(directory.join("pairs.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    // How many couples a pair has depends on what they cost; who goes first does not.
    let head = |unit: &Unit| unit.first.iter().copied().take(5).collect::<Vec<_>>();
    let first = |units: &[Unit]| units.iter().map(head).collect::<Vec<_>>();
    let (one, again, other) = (pairs("1"), pairs("1"), pairs("2"));
    assert_eq!(first(&one), first(&again));
    assert_ne!(first(&one), first(&other));
    assert!(one.iter().any(|unit| unit.role == Role::Control));
    for unit in &one {
        let wall = unit.metric("wall_time").unwrap();
        assert_eq!(wall.baseline.len(), unit.first.len());
        assert_eq!(wall.candidate.len(), unit.first.len());
    }
}

#[test]
fn out_of_time_is_undecided_and_exits_with_7_only_under_strict() {
    let place = Place::with_suite(&suite("", "", WALL));
    let finished = gate(&place, &["--per-case", "1ms"]).expect(0);
    let finding = only(&kept(&place)).clone();
    assert_eq!((finding.word, finding.pairs), (Word::Undecided, 1));
    assert!(finished.stdout().contains("out of time after 1 pairs"), "{}", finished.stdout());
    let place = Place::with_suite(&suite("", "", WALL));
    gate(&place, &["--per-case", "1ms", "--strict"]).expect(7);
}

#[test]
fn a_wrong_answer_exits_with_5_and_says_what_differs() {
    let place = Place::with_suite(&suite("SCRIPTED_DIGEST = \"left\"", "", WALL));
    let finished = gate(&place, &[]).expect(5);
    let gate = kept(&place);
    assert_eq!(only(&gate).word, Word::Failed);
    let text = finished.stdout();
    assert!(text.contains("`left` here") && text.contains("`right` there"), "{text}");
}

#[test]
fn a_candidate_that_dies_exits_with_6_and_a_baseline_that_does_passes() {
    let program = |name: &str| format!("[{:?}, {name:?}]", faulty().to_str().unwrap());
    let text = |old: &str, new: &str| {
        format!(
            "name = \"gated\"\n{WALL}\n\
             [[runner]]\nname = \"old\"\nprogram = {}\n\
             [[runner]]\nname = \"new\"\nprogram = {}\n\
             [[case]]\nrunner = \"new\"\nworkload = \"scripted\"\n",
            program(old),
            program(new),
        )
    };
    // A plan needs a candidate that says what it serves, so the candidate dies only when it runs.
    let dying = text("scripted", "scripted")
        .replace("[[case]]\nrunner", "env = { SCRIPTED_PANIC = \"yes\" }\n[[case]]\nrunner");
    let place = Place::with_suite(&dying);
    let finished = gate(&place, &[]).expect(6);
    assert!(finished.stdout().contains("failed: candidate: "), "{}", finished.stdout());

    let place = Place::with_suite(&text("exits_early", "scripted"));
    let finished = gate(&place, &[]).expect(0);
    let gate = kept(&place);
    assert_eq!(only(&gate).word, Word::Incomparable);
    assert!(finished.stdout().contains("incomparable: baseline: "), "{}", finished.stdout());
}

#[test]
fn exact_metrics_and_fixed_bounds_need_no_statistics() {
    let rules = "[[gate]]\nmetric = \"rows\"\nexact = true\n\
                 [[gate]]\nmetric = \"wall_time\"\nat_most = \"0.5ms\"\n\
                 [[gate]]\nmetric = \"rows\"\nat_least = 10\n";
    let place = Place::with_suite(&suite("", "", rules));
    let finished = gate(&place, &["--no-control"]).expect(3);
    let words: Vec<Word> = kept(&place).findings.iter().map(|finding| finding.word).collect();
    assert_eq!(words, [Word::Equivalent, Word::Regressed, Word::Equivalent]);
    assert!(finished.stdout().contains("must be at most 500 µs"), "{}", finished.stdout());
}

const COUNTED: &str = "[[gate]]\nmetric = \"allocations\"\nexact = true\n";

#[test]
fn one_more_allocation_a_row_is_regressed_in_a_pass_of_its_own() {
    let text = suite("SCRIPTED_ALLOCATIONS = \"1100\"", "", COUNTED);
    let text = text.replacen(
        "scripted\"]\n",
        "scripted\"]\nenv = { SCRIPTED_ALLOCATIONS = \"100\" }\n",
        1,
    );
    let place = Place::with_suite(&text);
    let finished = gate(&place, &["--no-control"]).expect(3);
    let gate = kept(&place);
    let finding = only(&gate);
    assert_eq!((finding.word, finding.pass), (Word::Regressed, Pass::Allocation));
    assert_eq!((finding.baseline, finding.candidate), (Some(100.0), Some(1100.0)));
    let told = "allocation pass: 3 processes a side; the counting allocator of the worker";
    assert!(finished.stdout().contains(told), "{}", finished.stdout());
    let pairs = place.path().join("store/gates").join(&gate.id).join("pairs.jsonl");
    let pairs = fs::read_to_string(pairs).unwrap();
    let units: Vec<Unit> = pairs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counted = units.iter().filter(|unit| unit.pass == Pass::Allocation);
    assert_eq!(counted.count(), 3);
    // No time meets the counting, and no pair the allocations.
    for unit in &units {
        let is_timed = unit.pass == Pass::Timed;
        assert_eq!(unit.metric("wall_time").is_some(), is_timed);
        assert_eq!(unit.metric("allocations").is_some(), !is_timed);
    }
}

#[test]
fn where_every_rule_is_exact_no_time_is_spent_on_a_control_and_that_is_said() {
    let rules = "[[gate]]\nmetric = \"rows\"\nexact = true\n";
    let place = Place::with_suite(&suite("", "", rules));
    let said = gate(&place, &[]).expect(0).stdout();
    assert!(said.contains("control: none: every rule is exact"), "{said}");
    let gate_of = kept(&place);
    assert_eq!((only(&gate_of).word, gate_of.control), (Word::Equivalent, None));
    let pairs = place.path().join("store/gates").join(&gate_of.id).join("pairs.jsonl");
    let pairs = fs::read_to_string(pairs).unwrap();
    let units = pairs.lines().map(|line| serde_json::from_str::<Unit>(line).unwrap());
    assert!(units.map(|unit| unit.role).all(|role| role == Role::Case), "{pairs}");
}

#[test]
fn what_a_worker_cannot_count_is_said_and_incomparable_where_the_suite_asks_for_it() {
    let place = Place::with_suite(&suite("", "", COUNTED));
    let finished = gate(&place, &["--no-control"]).expect(0);
    let said = finished.stdout();
    assert_eq!(only(&kept(&place)).word, Word::Incomparable);
    assert!(said.contains("no `allocations` on both sides"), "{said}");
    assert!(said.contains("does not count its allocations"), "{said}");

    // Nobody asked: the usual rules say nothing of what is not there.
    let place = Place::with_suite(&suite("", "", ""));
    let said = gate(&place, &["--no-control"]).expect(0).stdout();
    assert!(kept(&place).findings.iter().all(|finding| finding.metric != "allocations"), "{said}");
    assert!(said.contains("does not count its allocations"), "{said}");
}

#[test]
fn another_answer_in_a_pass_is_a_wrong_answer() {
    let text = suite("SCRIPTED_ALLOCATIONS = \"7\", SCRIPTED_DIGEST = \"left\"", "", COUNTED);
    let text =
        text.replacen("scripted\"]\n", "scripted\"]\nenv = { SCRIPTED_ALLOCATIONS = \"7\" }\n", 1);
    let place = Place::with_suite(&text);
    let said = gate(&place, &["--no-control"]).expect(5).stdout();
    assert!(said.contains("in the allocation pass: another answer"), "{said}");
}

#[test]
fn simulated_instructions_of_one_build_are_equivalent_to_themselves() {
    if std::process::Command::new("valgrind").arg("--version").output().is_err() {
        skip("there is no valgrind");
        return;
    }
    let program = rust_worker().to_str().unwrap();
    let runner = |name: &str| format!("[[runner]]\nname = \"{name}\"\nprogram = [{program:?}]\n");
    let place = Place::with_suite(&format!(
        "name = \"gated\"\n[counters]\nsimulate = {{ rows = 300 }}\n[[gate]]\nmetric = \
         \"instructions\"\nexact = true\n{}{}[[case]]\nrunner = \"new\"\nworkload = \
         \"sort\"\nparams = {{ rows = 1_000 }}\n",
        runner("old"),
        runner("new"),
    ));
    let said = gate(&place, &["--no-control"]).expect(0).stdout();
    let gate = kept(&place);
    let finding = only(&gate);
    assert_eq!((finding.word, finding.pass), (Word::Equivalent, Pass::Simulated), "{said}");
    assert!(finding.change.unwrap().estimate.abs() < 1e-4, "{finding:?}");
    assert!(said.contains("instructions (simulated)"), "{said}");
    assert!(said.contains("simulated pass: 3 processes a side at rows=300; valgrind-"), "{said}");
}

#[test]
fn the_functions_that_a_change_lies_in_are_told_from_profiles_of_the_changed_case() {
    let new = "SCRIPTED_WALL_NS = \"1060000\", SCRIPTED_SPIN = \"100000\"";
    let place = Place::with_suite(&suite(new, "", WALL));
    let finished = gate(&place, &["--no-control"]).expect(3);
    let gate_of = kept(&place);
    if gate_of.unavailable.iter().any(|lack| lack.metrics[0].starts_with("profile")) {
        skip("nothing can be sampled here");
        return;
    }
    let functions = &only(&gate_of).functions;
    assert!(functions.iter().any(|one| one.name.contains("spun")), "{functions:?}");
    assert!(functions.iter().all(|one| one.before < one.after || one.after < 0.5));
    assert!(finished.stdout().contains("moved, in parts of the baseline's CPU time: "));

    let place = Place::with_suite(&suite(new, "", WALL));
    gate(&place, &["--no-control", "--no-profile"]).expect(3);
    assert!(only(&kept(&place)).functions.is_empty());
}

#[test]
fn identical_programs_that_differ_exit_with_8_and_nothing_is_called_a_regression() {
    let place = Place::with_suite(&suite("SCRIPTED_WALL_NS = \"1060000\"", "", WALL));
    let mut command = place.command(&TWO);
    command.env("DYNO_UNFAIR_CONTROL", "SCRIPTED_WALL_NS=1040000").env("GITHUB_ACTIONS", "true");
    let finished = Finished::of(&mut command).expect(8);
    let gate_of = kept(&place);
    assert!(gate_of.control.as_ref().unwrap().fired() && !gate_of.is_trusted());
    assert_eq!(only(&gate_of).word, Word::Undecided);
    let said = finished.stdout();
    assert!(
        said.starts_with(
            "environment not trusted: identical programs were called different (+4.0 %)"
        ),
        "{said}"
    );
    assert_eq!(only(&gate_of).reason, "environment not trusted, else regressed");
    let annotation = "::error title=dyno gate::identical programs were called different";
    assert!(finished.stderr().contains(annotation), "{}", finished.stderr());
}

#[test]
fn commands_are_measured_as_whole_processes() {
    let suite = "name = \"gated\"\n[[gate]]\nmetric = \"told\"\n\
                 [[runner]]\nname = \"old\"\ncommand = [\"echo\", \"100\"]\n\
                 metrics = [{ name = \"told\", regex = \"(\\\\d+)\", better = \"lower\" }]\n\
                 [[runner]]\nname = \"new\"\ncommand = [\"echo\", \"130\"]\n\
                 metrics = [{ name = \"told\", regex = \"(\\\\d+)\", better = \"lower\" }]\n\
                 [[case]]\nrunner = \"new\"\n";
    let place = Place::with_suite(suite);
    gate(&place, &["--no-control"]).expect(3);
    let gate = kept(&place);
    let finding = only(&gate);
    assert_eq!((finding.word, finding.baseline), (Word::Regressed, Some(100.0)));
}

#[test]
fn two_executables_take_the_place_of_the_program() {
    let missing = "[[runner]]\nname = \"mine\"\nprogram = [\"./not-built\"]\n";
    let text = format!("name = \"gated\"\n{WALL}\n{missing}[[case]]\nrunner = \"mine\"\n");
    let place = Place::with_suite(&text.replace("./not-built", faulty().to_str().unwrap()));
    let exe = faulty().to_str().unwrap();
    let case = ["-f", "workload = works", "--no-control", "--per-case", "1ms"];
    let args = ["gate", "suite.toml", "--base-exe", exe, "--candidate-exe", exe];
    let text = fs::read_to_string(place.path().join("suite.toml")).unwrap();
    place.write("suite.toml", &format!("{text}workload = \"works\"\n"));
    place.dyno(&[&args[..], &case].concat()).expect(0);
    assert_eq!(kept(&place).baseline.name, exe);
    let args = ["gate", "suite.toml", "--base-exe", "nowhere", "--candidate-exe", exe];
    let refused = place.dyno(&args).expect(2);
    assert!(refused.stderr().contains("--base-exe: there is no file"), "{}", refused.stderr());
}

#[test]
fn the_page_of_a_gate_is_written_again_by_its_name() {
    let place = Place::with_suite(&suite("SCRIPTED_WALL_NS = \"1060000\"", "", WALL));
    gate(&place, &["--no-control", "--report", "first.html"]).expect(3);
    let gates = place.path().join("store/gates");
    let name = fs::read_dir(&gates).unwrap().next().unwrap().unwrap().file_name();
    let name = name.into_string().unwrap();
    let told = place.dyno(&["report", &name]).expect(0).stdout();
    assert!(told.trim_end().ends_with("gate.html"), "{told}");
    let page = fs::read_to_string(gates.join(&name).join("gate.html")).unwrap();
    assert_eq!(page, fs::read_to_string(place.path().join("first.html")).unwrap());
    // By its beginning after the folder's name, and as Markdown.
    let text = place.dyno(&["report", &format!("gates/{}", &name[..8]), "--format", "markdown"]);
    assert!(text.expect(0).stdout().contains("gate failed: 1 regressed"));
    for (args, said) in [
        (&["report", &name, "--only", "trend"][..], "`--only` is for runs"),
        (&["report", "gates/1999"], "there is no gate `1999`"),
        (&["report", "1999"], "1999"),
    ] {
        let refused = place.dyno(args).expect(2);
        assert!(refused.stderr().contains(said), "{args:?}: {}", refused.stderr());
    }
    fs::remove_file(gates.join(&name).join("gate.json")).unwrap();
    let refused = place.dyno(&["report", &name]).expect(2);
    assert!(refused.stderr().contains("was interrupted"), "{}", refused.stderr());
}

#[test]
fn mistakes_of_a_gate_exit_with_2() {
    let place = Place::with_suite(&suite("", "", WALL));
    for (args, said) in [
        (&["gate", "suite.toml"][..], "required"),
        (&["gate", "suite.toml", "--base-runner", "old"], "--candidate-runner"),
        (
            &["gate", "suite.toml", "--base-runner", "odl", "--candidate-runner", "new"],
            "no runner `odl`",
        ),
        (&[&TWO[..], &["--budget", "soon"]].concat(), "--budget cannot be `soon`"),
        (&[&TWO[..], &["--per-case", "0s"]].concat(), "--per-case cannot be `0s`"),
    ] {
        let refused = place.dyno(args).expect(2);
        assert!(refused.stderr().contains(said), "{args:?}: {}", refused.stderr());
    }
}
