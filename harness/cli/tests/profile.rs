//! `dyno profile`, whole: a suite in, profiles in the store, pictures and other tools' files out.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Finished, Place, skip};
use record::Profile;
use reports::profile::{View, stacks};

const STEPS: &str = r#"
name = "steps"

[sampling]
warmup = 0

[profile]
time = "300ms"

[[case]]
workload = "pipeline"
params = { rows = 20_000 }
grid = { step = ["00", "06"] }
"#;

/// Profiles the suite, or says why this machine does not let it.
fn profiled(place: &Place, args: &[&str]) -> Option<Finished> {
    let finished = place.dyno(&[&["profile", "suite.toml"], args].concat());
    if finished.code() == 1 && finished.stderr().contains("not profiled") {
        skip(&finished.stderr());
        return None;
    }
    Some(finished.expect(0))
}

/// Share of samples in whose folded stack there is such a frame.
fn share(profile: &Profile, part: &str) -> f64 {
    let stacks = stacks(profile, View::Folded);
    let with = stacks.iter().filter(|stack| stack.frames.contains(part));
    with.map(|stack| stack.samples).sum::<u64>() as f64 / profile.info.samples as f64
}

#[test]
fn proptest_takes_much_of_step_00_and_none_of_step_06() {
    let place = Place::with_suite(STEPS);
    let Some(finished) = profiled(&place, &[]) else { return };
    let run = place.run();
    assert!(run.complete && run.samples.is_empty());
    let profiles = place.store().profiles(&run.info.id).unwrap();
    let [before, after] = profiles.as_slice() else { panic!("{}", finished.stderr()) };
    for profile in [before, after] {
        let info = &profile.info;
        assert_eq!((info.event.as_str(), info.rate_hz), ("cpu-clock", 999));
        assert!(info.samples > 100, "{info:?}");
        assert_eq!(info.rows, Some(u64::from(info.executions) * 20_000));
        assert_eq!(info.samples, profile.stacks.iter().map(|stack| stack.samples).sum::<u64>());
        // libc has no frame pointers; its tables are used on x86-64 alone.
        assert!(info.broken_share() < 0.1 || !cfg!(target_arch = "x86_64"), "{info:?}");
        // Both sides of the pipeline stand apart.
        assert!(share(profile, "producer;") > 0.1 && share(profile, "writer;") > 0.02);
    }
    // The stacks of step 00 are deeper in a debug build than what is copied of each.
    assert!(after.info.broken_share() < 0.02 || !cfg!(target_arch = "x86_64"), "{:?}", after.info);
    assert!(share(before, "proptest::") > 0.25, "{}", share(before, "proptest::"));
    assert!(share(after, "proptest::") < 1e-9, "{}", share(after, "proptest::"));
    assert!(finished.stdout().contains("ns of CPU a row"), "{}", finished.stdout());
    let directory = place.store().directory(&run.info.id).unwrap().join("profiles");
    for name in ["flamegraph-00.svg", "flamegraph-06.svg"] {
        let svg = fs::read_to_string(directory.join(name)).unwrap();
        assert!(svg.contains("<svg") && svg.contains("producer"), "{name}");
    }
}

#[test]
fn profiles_are_shown_again_held_against_each_other_and_exported_from_the_store() {
    let place = Place::with_suite(STEPS);
    let Some(first) = profiled(&place, &["--label", "one"]) else { return };
    let again = place.dyno(&["profile", "--of"]).expect(0);
    assert_eq!(again.stdout(), first.stdout());
    let folded = ["profile", "--of", "one", "--case", "06", "--export", "folded", "-o", "views"];
    let stacks = |args: &[&str]| {
        let shown = place.dyno(args).expect(0);
        assert!(shown.stdout().starts_with("06: "), "{}", shown.stdout());
        fs::read_to_string(place.path().join("views/stacks.folded")).unwrap()
    };
    let (folded, unfolded) = (stacks(&folded), stacks(&[&folded[..], &["--unfolded"]].concat()));
    // Both views are there for good, and only one of them shows how a thread starts.
    let start = "__rust_begin_short_backtrace";
    assert!(unfolded.contains(start), "{unfolded}");
    assert!(!folded.contains(start), "{folded}");

    let args = ["profile", "--diff", "one", "one", "--case", "00", "--case", "06", "-o", "out"];
    let table = place.dyno(&args).expect(0).stdout();
    let vanished = table.find("\nvanished: ").unwrap();
    let gone = table.find("proptest::").unwrap();
    let new = table.find("\nnew: ").unwrap();
    assert!(vanished < gone && gone < new, "{table}");
    let file = |name: &str| fs::read_to_string(place.path().join("out").join(name)).unwrap();
    assert_eq!(file("diff.txt").trim_end(), table.trim_end());
    assert!(file("diff-before.svg").contains("proptest::"));
    assert!(!file("diff.svg").contains("proptest::"));

    place.dyno(&["profile", "--of", "--export", "folded", "-o", "out"]).expect(0);
    let folded = file("stacks-00.folded");
    let line = folded.lines().next().unwrap();
    let (stack, samples) = line.rsplit_once(' ').unwrap();
    assert!(stack.contains(';') && samples.parse::<u64>().unwrap() > 0, "{line}");
    place.dyno(&["profile", "--of", "--export", "speedscope", "-o", "out"]).expect(0);
    let text = file("profiles.speedscope.json");
    let speedscope: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(speedscope["profiles"].as_array().unwrap().len(), 2);
    is_a_file_of_speedscope(&place.path().join("out/profiles.speedscope.json"));
}

/// Holds a file against the schema of speedscope's own package.
fn is_a_file_of_speedscope(file: &Path) {
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/ci-node/node_modules");
    let schema = Path::new(package).join("speedscope/dist/release/file-format-schema.json");
    if !schema.exists() || Command::new("check-jsonschema").arg("--version").output().is_err() {
        return skip(
            "no check-jsonschema, or no package speedscope in target/ci-node (see .ci/run)",
        );
    }
    let check = |file: &Path| {
        let mut check = Command::new("check-jsonschema");
        check.arg("--schemafile").arg(&schema).arg(file).output().unwrap()
    };
    let good = check(file);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stdout));
    // The schema would have noticed.
    let text = fs::read_to_string(file).unwrap();
    for (part, wrong) in [("nanoseconds", "fortnights"), ("endValue", "end"), ("sampled", "seen")] {
        let bad = file.with_extension("bad.json");
        fs::write(&bad, text.replace(part, wrong)).unwrap();
        assert!(!check(&bad).status.success(), "it takes `{wrong}` for `{part}`");
    }
}

#[test]
fn a_plain_command_is_profiled_with_its_children_and_so_is_a_run_with_a_profile_table() {
    let place = Place::with_suite(
        "name = \"command\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n\
         [profile]\ntime = \"200ms\"\n\
         [[case]]\nrunner = \"hash\"\n\
         [[runner]]\nname = \"hash\"\nshell = true\n\
         command = \"head -c 40000000 /dev/zero | sha256sum\"\n",
    );
    let finished = place.dyno(&["run", "suite.toml"]);
    if finished.stderr().contains("not profiled") {
        return skip(&finished.stderr());
    }
    let finished = finished.expect(0);
    let run = place.run();
    assert_eq!(run.samples.len(), 1, "the samples of a profile are none of the run's");
    let profiles = place.store().profiles(&run.info.id).unwrap();
    let [profile] = profiles.as_slice() else { panic!("{}", finished.stderr()) };
    assert_eq!(profile.info.region, record::Region::Process);
    assert_eq!(profile.info.rows, None);
    assert!(share(profile, "sha256sum;") > 0.5, "{:?}", profile.stacks);
    assert!(finished.stdout().contains("sha256sum") || !finished.stdout().is_empty());
}

#[test]
fn what_cannot_be_profiled_is_refused_with_what_is_there() {
    let place = Place::with_suite(STEPS);
    for (args, part) in [
        (&["profile", "--of"][..], "no run in"),
        (&["profile", "suite.toml", "--event", "cycle"][..], "cpu-clock"),
        (&["profile", "suite.toml", "--rate", "0"][..], "1..=50000"),
        (&["profile", "suite.toml", "--time", "9d"][..], "from 1 ms to 1 h"),
        (&["profile"][..], "<SUITE>"),
    ] {
        let refused = place.dyno(args).expect(2);
        assert!(refused.stderr().contains(part), "{args:?}: {}", refused.stderr());
    }
    place.dyno(&["profile", "suite.toml", "-f", "step = 09"]).expect(4);
    place.write("bad.toml", &STEPS.replace("300ms", "300ms\"\nevent = \"cache-mises"));
    let refused = place.dyno(&["profile", "bad.toml"]).expect(2);
    assert!(refused.stderr().contains("bad.toml:9:9"), "{}", refused.stderr());
    assert!(refused.stderr().contains("did you mean `cache-misses`?"), "{}", refused.stderr());
    assert!(place.store().runs().unwrap().is_empty());
}

#[test]
fn an_event_of_the_cpu_is_sampled_or_its_lack_is_said_with_what_helps() {
    let place = Place::with_suite(STEPS);
    let args = ["profile", "suite.toml", "-f", "step = 06", "--event", "cache-misses"];
    let finished = place.dyno(&args);
    if finished.code() == 0 {
        let profile = place.store().profiles(&place.run().info.id).unwrap().pop().unwrap();
        assert_eq!((profile.info.event.as_str(), profile.info.samples > 0), ("cache-misses", true));
        return;
    }
    let said = finished.expect(1).stderr();
    assert!(said.contains("not profiled: profile of cache-misses: "), "{said}");
    assert!(said.contains("hint: "), "{said}");
    assert!(place.store().runs().unwrap().is_empty(), "a run with nothing in it stays");
}

#[test]
fn a_kernel_that_refuses_to_be_asked_is_said_with_the_remedy() {
    let place = Place::with_suite(STEPS);
    for (errno, reason, remedy) in [
        ("13", "not permitted", "sudo sysctl kernel.perf_event_paranoid=1"),
        ("38", "perf_event_open is missing from this kernel or blocked", "seccomp profile"),
    ] {
        let Some(refused) = place.without_perf_events(errno, &["profile", "suite.toml"]) else {
            return;
        };
        let refused = refused.expect(1);
        assert!(refused.stderr().contains(reason), "{}", refused.stderr());
        assert!(refused.stderr().contains("hint: "), "{}", refused.stderr());
        assert!(refused.stderr().contains(remedy), "{}", refused.stderr());
        assert!(place.store().runs().unwrap().is_empty(), "a run with nothing in it stays");
    }
}
