//! The whole tool as a user without privileges, where `kernel.perf_event_paranoid` keeps the kernel
//! from such a user: user space is counted and sampled, and each thing that is missing is said.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics, and says what it skips"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::{Finished, Place};
use record::Source;

const SUITE: &str = r#"
name = "plain"

[sampling]
processes = 2
iterations = 1
warmup = 0

[[case]]
workload = "pipeline"
params = { rows = 20_000, step = "06" }
"#;

const REMEDY: &str = "sudo sysctl kernel.perf_event_paranoid=1";

/// The user and group that own nothing.
const NOBODY: &str = "65534";

/// dyno as that user, in a place where it may write; `None`, and said, where that cannot be or
/// where even that user may look into the kernel. That is the machine's to say, under CI too.
fn unprivileged(place: &Place) -> Option<impl Fn(&[&str]) -> Finished> {
    let paranoid = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    if paranoid.trim() != "2" {
        println!("skipped: kernel.perf_event_paranoid is {:?}, not 2", paranoid.trim());
        return None;
    }
    // The directory of the build need not be open to others.
    let dyno = place.path().join("dyno");
    fs::copy(env!("CARGO_BIN_EXE_dyno"), &dyno).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let (here, store) = (place.path().to_owned(), place.path().join("store"));
    let run = move |args: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(&dyno);
        command.args(args).current_dir(&here);
        command.env("HOME", &here).env("DYNO_STORE", &store).env("NO_COLOR", "1");
        Finished::of(command.env_remove("DYNO_SCRIPTED_COUNTERS"))
    };
    let mut test = Command::new("setpriv");
    test.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "ls"]).arg(place.path());
    if !test.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no setpriv here, or no right to become another user");
        return None;
    }
    Some(run)
}

#[test]
fn a_user_without_privileges_is_counted_in_user_space_and_told_what_is_missing() {
    let place = Place::with_suite(SUITE);
    let Some(dyno) = unprivileged(&place) else { return };
    let text = dyno(&["run", "suite.toml", "--no-report"]).expect(0).stdout();
    let run = place.run();
    let lacks = |name: &str| run.info.unavailable.iter().find(|one| one.metrics[0] == name);
    let switches = lacks("context_switches").unwrap();
    assert_eq!(switches.metrics, ["context_switches", "cpu_migrations"]);
    assert!(switches.reason.contains("in the kernel"), "{switches:?}");
    assert!(switches.remedy.contains(REMEDY), "{switches:?}");
    assert_eq!(text.matches("not available: context_switches").count(), 1, "{text}");
    assert!(text.contains("were counted in user space alone"), "{text}");
    for sample in &run.samples {
        let software = |metric: &str| {
            let one =
                |value: &&record::Value| value.metric == metric && value.source == Source::Software;
            sample.values.iter().find(one)
        };
        let kernel = |metric: &str| software(metric).unwrap().counting.as_ref().unwrap().kernel;
        // A clock runs on in the kernel; faults of the kernel's own are not counted.
        assert!(kernel("cpu_time") && !kernel("page_faults"));
        assert_eq!(software("context_switches"), None, "never a zero");
        assert!(sample.value("peak_rss").unwrap() > 0.0);
    }
}

#[test]
fn a_user_without_privileges_has_profiles_of_user_space_and_is_told_so() {
    let place = Place::with_suite(SUITE);
    let Some(dyno) = unprivileged(&place) else { return };
    let profiled = dyno(&["profile", "suite.toml", "--time", "200ms"]).expect(0);
    let said = profiled.stderr();
    assert!(said.contains("the kernel may not be sampled here") && said.contains(REMEDY), "{said}");
    let profile = place.store().profiles(&place.run().info.id).unwrap().pop().unwrap();
    assert!(!profile.info.kernel && profile.info.samples > 20, "{:?}", profile.info);
    assert!(profile.stacks.iter().all(|stack| !stack.frames.contains("_[k]")));

    let text = dyno(&["doctor", "--quick"]).expect(0).stdout();
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["software, in user space alone: page_faults", "sampled, in user space alone"] {
        assert!(plain.contains(part), "{text}");
    }
    assert!(plain.contains("no context_switches, cpu_migrations") && plain.contains(REMEDY));
}
