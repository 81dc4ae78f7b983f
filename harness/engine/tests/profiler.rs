//! The profiler on real processes: what it finds of a program whose CPU time is known, and what it
//! says when its buffers are too small. Where the kernel refuses, the test says so and is skipped.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, which panic and print"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use engine::case::{Case, CommandLine, CommandRunner, Expect, Runner, RunnerKind, Sampling};
use engine::measure::Bench;
use engine::plan::{Plan, PlanOptions, Specs};
use engine::profiler::{ProfilePass, Profiled, Settings};
use engine::suite::Suite;
use engine::worker::Launcher;
use record::{CaseId, Profile};
use workload_api::{Params, Spec};

fn example(name: &str) -> PathBuf {
    let me = std::env::current_exe().unwrap();
    me.parent().and_then(Path::parent).unwrap().join("examples").join(name)
}

/// A command as a case.
fn command(words: &[&str]) -> Case {
    let kind = RunnerKind::Command(Box::new(CommandRunner {
        command: CommandLine::Argv(words.iter().map(|word| (*word).to_owned()).collect()),
        prepare: None,
        conclude: None,
        check: None,
        ignore_failure: false,
        metrics: Vec::new(),
    }));
    let (env, cwd) = (BTreeMap::new(), std::env::temp_dir());
    Case {
        id: CaseId::new("busy"),
        workload: "busy".to_owned(),
        runner: Arc::new(Runner { name: "busy".to_owned(), kind, env, cwd }),
        params: Params::default(),
        title: String::new(),
        answer: None,
        at: None,
        expect: Expect::default(),
        stage: None,
        sweep: false,
        reverted: false,
    }
}

struct Nobody;

impl Specs for Nobody {
    fn specs(&self, _: &Runner) -> anyhow::Result<Vec<Spec>> {
        Ok(Vec::new())
    }
}

/// How a suite samples that says once.
fn once() -> Sampling {
    let text = "name = \"s\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\n\
                [[case]]\nrunner = \"r\"\n[[runner]]\nname = \"r\"\ncommand = [\"true\"]\n";
    let suite = Suite::parse(text, Path::new("s.toml")).unwrap();
    Plan::build(&suite, &Nobody, &PlanOptions::default()).unwrap().sampling
}

/// The profile of one execution of a command; `None`, and said, where the kernel refuses.
fn profile(settings: Settings, words: &[&str]) -> Option<Profile> {
    let place = tempfile::tempdir().unwrap();
    let mut launcher = Launcher::start(&example("faulty")).unwrap();
    let sampling = once();
    let mut bench = Bench {
        launcher: &mut launcher,
        exe: PathBuf::new(),
        sampling: &sampling,
        sources: Vec::new(),
        work_dir: place.path().to_owned(),
    };
    let stop = AtomicBool::new(false);
    let mut pass = ProfilePass::new(settings, Duration::from_nanos(1), &stop);
    match pass.case(&mut bench, &command(words)).unwrap() {
        Profiled::Profile(profile) => Some(*profile),
        Profiled::Unavailable(lack) => {
            assert!(std::env::var_os("CI").is_none(), "under CI this must not be skipped");
            println!("skipped: {}", lack.reason);
            None
        }
        Profiled::Failed(sample) => panic!("{sample:?}"),
        Profiled::Interrupted => panic!("nobody asked to stop"),
    }
}

#[test]
fn threads_that_spin_for_400_ms_of_cpu_time_have_400_ms_of_samples() {
    let busy = example("busy");
    let words = [busy.to_str().unwrap(), "spin 2 200"];
    let Some(profile) = profile(Settings::default(), &words) else { return };
    let info = &profile.info;
    let with = |part: &str| -> u64 {
        let stacks = profile.stacks.iter().filter(|stack| stack.frames.contains(part));
        stacks.map(|stack| stack.weight).sum()
    };
    // The program stops by its own CPU clock, so this does not depend on how busy the machine is.
    let spun = with("spin") as f64;
    assert!((0.36e9..0.44e9).contains(&spun), "{spun} ns in {info:?}");
    assert_eq!(info.lost, 0, "{info:?}");
    assert!(profile.stacks.iter().all(|stack| stack.frames.starts_with("busy;")), "{profile:?}");
    assert!(info.broken_share() < 0.1, "{info:?}");
}

/// A program of somebody else: C, optimised, without frame pointers.
const FOREIGN: &str = r#"
#include <time.h>
#define APART __attribute__((noinline, noclone))
static volatile unsigned long sink;
APART static unsigned long innermost(unsigned long n) {
    for (int i = 0; i < 1000; i++) n = n * 6364136223846793005ul + 1;
    return n;
}
APART static unsigned long middle(unsigned long n) { return innermost(n) + 1; }
APART static unsigned long outer(unsigned long n) { return middle(n) + 1; }
int main(void) {
    struct timespec now;
    do {
        for (int i = 0; i < 100; i++) sink = outer(sink);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_nsec < 300000000);
    return 0;
}
"#;

#[test]
fn a_foreign_program_without_frame_pointers_has_its_functions_in_whole_stacks() {
    let place = tempfile::tempdir().unwrap();
    let (source, program) = (place.path().join("foreign.c"), place.path().join("foreign"));
    std::fs::write(&source, FOREIGN).unwrap();
    let mut cc = std::process::Command::new("cc");
    cc.args(["-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", "-o"]);
    match cc.args([&program, &source]).status() {
        Ok(status) => assert!(status.success(), "cc: {status}"),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "under CI this must not be skipped: {error}");
            return println!("skipped: no C compiler: {error}");
        }
    }
    let Some(profile) = profile(Settings::default(), &[program.to_str().unwrap()]) else { return };
    let info = &profile.info;
    let with = |part: &str| -> f64 {
        let stacks = profile.stacks.iter().filter(|stack| stack.frames.contains(part));
        stacks.map(|stack| stack.samples).sum::<u64>() as f64 / info.samples as f64
    };
    assert!(info.samples > 200 && info.lost == 0, "{info:?}");
    assert!(with(";innermost") > 0.9, "{profile:?}");
    // Its tables are followed on x86-64 alone.
    if cfg!(target_arch = "x86_64") {
        assert!(with("main;outer;middle;innermost") > 0.9, "{profile:?}");
        assert!(info.broken_share() < 0.02, "{info:?}");
    }
}

#[test]
fn inlined_functions_have_frames_of_their_own_when_asked_for() {
    let busy = example("busy");
    let words = [busy.to_str().unwrap(), "spin 1 100"];
    let settings = Settings { inlines: true, ..Settings::default() };
    let Some(profile) = profile(settings, &words) else { return };
    assert!(profile.info.inlines);
    let deepest = profile.stacks.iter().map(|stack| stack.frames().count()).max().unwrap();
    assert!(deepest > 6, "{profile:?}");
}

#[test]
fn a_ring_that_overflows_is_counted_as_lost_and_nothing_is_made_up() {
    let busy = example("busy");
    let words = [busy.to_str().unwrap(), "spin 1 100"];
    // Each sample wants 16 KiB for its stack, and the ring has 8: none ever fits.
    let settings = Settings { sizes: Some((8 << 10, 16 << 10)), ..Settings::default() };
    let Some(profile) = profile(settings, &words) else { return };
    let info = &profile.info;
    assert_eq!((info.samples, profile.stacks.len()), (0, 0), "{info:?}");
    assert!(info.lost > 50, "{info:?}");
    assert!(info.lost_share() > 0.99, "{info:?}");
}
