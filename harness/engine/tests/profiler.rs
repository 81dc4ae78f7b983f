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
static inline __attribute__((always_inline)) unsigned long within(unsigned long n) {
    for (int i = 0; i < 1000; i++) n = n * 6364136223846793005ul + 1;
    return n;
}
APART static unsigned long innermost(unsigned long n) { return within(n) ^ 1; }
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

/// Looks at a clock all the time, which code of the kernel's does that lies in no file.
const LOOKING: &str = r#"
#include <time.h>
#define APART __attribute__((noinline, noclone))
APART static long looks(void) {
    struct timespec now;
    long sum = 0;
    for (int i = 0; i < 10000; i++) { clock_gettime(CLOCK_MONOTONIC, &now); sum += now.tv_nsec; }
    return sum;
}
int main(void) {
    struct timespec now;
    volatile long sink = 0;
    do {
        sink += looks();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_nsec < 300000000);
    return 0;
}
"#;

/// Copies, which a function of libc does that has no frame of its own.
const COPYING: &str = r#"
#include <string.h>
#include <time.h>
#define APART __attribute__((noinline, noclone))
char from[1 << 16], to[1 << 16];
APART static int copies(int n) {
    from[n] = n;
    memmove(to, from, sizeof from);
    return to[n] + n;
}
APART static int outer(int n) { return copies(n) + 1; }
int main(void) {
    struct timespec now;
    volatile int sink = 0;
    do {
        for (int i = 0; i < 1000; i++) sink += outer(i);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_nsec < 300000000);
    return 0;
}
"#;

/// Works in the handler of a signal, which its first instruction raises: there is none of two bytes
/// like these, and the handler steps over them.
const HANDLING: &str = r#"
#define _GNU_SOURCE
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#define APART __attribute__((noinline, noclone))
static volatile unsigned long sink;
void faults(void);
__asm__(".text\n.type faults, @function\nfaults:\n.cfi_startproc\nud2\nret\n.cfi_endproc\n"
        ".size faults, .-faults\n");
APART static void works(void) {
    unsigned long n = sink;
    for (int i = 0; i < 2000000; i++) n = n * 6364136223846793005ul + 1;
    sink = n;
}
static void handles(int number, siginfo_t *info, void *context) {
    works();
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}
APART static void outer(void) { faults(); sink++; }
int main(void) {
    struct sigaction action = { .sa_sigaction = handles, .sa_flags = SA_SIGINFO };
    struct timespec now;
    sigaction(SIGILL, &action, 0);
    do {
        outer();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_nsec < 300000000);
    return 0;
}
"#;

/// Calls a function of libc that is hardly longer than the stub by which it is called.
const CALLING: &str = r#"
#include <time.h>
#define APART __attribute__((noinline, noclone))
int absolute(int) __asm__("abs");
APART static int calls(void) {
    int sum = 0;
    for (int i = 0; i < 100000; i++) sum += absolute(i) + absolute(sum);
    return sum;
}
int main(void) {
    struct timespec now;
    volatile int sink = 0;
    do {
        sink += calls();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_nsec < 300000000);
    return 0;
}
"#;

const WITHOUT: &str = "-fomit-frame-pointer";
const WITH: &str = "-fno-omit-frame-pointer";

/// The profile of a C program that was compiled with or without frame pointers.
fn foreign(source: &str, pointers: &str, settings: Settings) -> Option<Profile> {
    let place = tempfile::tempdir().unwrap();
    let (file, program) = (place.path().join("foreign.c"), place.path().join("foreign"));
    std::fs::write(&file, source).unwrap();
    let mut cc = std::process::Command::new("cc");
    cc.args(["-O2", "-g", pointers, "-fno-optimize-sibling-calls", "-o"]);
    match cc.args([&program, &file]).status() {
        Ok(status) => assert!(status.success(), "cc: {status}"),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "under CI this must not be skipped: {error}");
            println!("skipped: no C compiler: {error}");
            return None;
        }
    }
    let profile = profile(settings, &[program.to_str().unwrap()])?;
    assert!(profile.info.samples > 200 && profile.info.lost == 0, "{:?}", profile.info);
    Some(profile)
}

/// The share of samples in whose stack there is this.
fn share(profile: &Profile, part: &str) -> f64 {
    let stacks = profile.stacks.iter().filter(|stack| stack.frames.contains(part));
    stacks.map(|stack| stack.samples).sum::<u64>() as f64 / profile.info.samples as f64
}

#[test]
fn a_foreign_program_without_frame_pointers_has_its_functions_in_whole_stacks() {
    let Some(profile) = foreign(FOREIGN, WITHOUT, Settings::default()) else { return };
    assert!(share(&profile, ";innermost") > 0.9, "{profile:?}");
    assert_eq!(share(&profile, "within"), 0.0, "inlined, and not asked for: {profile:?}");
    // Its tables are followed on x86-64 alone.
    if cfg!(target_arch = "x86_64") {
        assert!(share(&profile, "main;outer;middle;innermost") > 0.9, "{profile:?}");
        assert!(profile.info.broken_share() < 0.02, "{:?}", profile.info);
    }
}

#[test]
fn code_that_the_kernel_maps_into_every_process_has_names_and_callers() {
    let Some(profile) = foreign(LOOKING, WITHOUT, Settings::default()) else { return };
    // The function of libc, and that of the kernel, which it calls.
    let both = |stack: &&record::Stack| {
        stack.frames().filter(|frame| frame.contains("clock_gettime")).count() == 2
    };
    let named: u64 = profile.stacks.iter().filter(both).map(|stack| stack.samples).sum();
    assert!(named as f64 > 0.5 * profile.info.samples as f64, "{profile:?}");
    if cfg!(target_arch = "x86_64") {
        assert!(share(&profile, "main;looks;") > 0.9, "{profile:?}");
        assert!(profile.info.broken_share() < 0.02, "{:?}", profile.info);
    }
}

#[test]
fn a_function_without_a_frame_has_its_caller_where_frame_pointers_pass_it_over() {
    let Some(profile) = foreign(COPYING, WITH, Settings::default()) else { return };
    if cfg!(target_arch = "x86_64") {
        assert!(share(&profile, "main;outer;copies;") > 0.9, "{profile:?}");
        assert!(profile.info.broken_share() < 0.02, "{:?}", profile.info);
    }
}

#[test]
fn a_handler_of_a_signal_has_below_it_what_was_interrupted() {
    if !cfg!(target_arch = "x86_64") {
        return println!("skipped: tables are followed on x86-64 alone");
    }
    for pointers in [WITHOUT, WITH] {
        let Some(profile) = foreign(HANDLING, pointers, Settings::default()) else { return };
        // Between them stands what the handler returns to, of libc.
        let whole = |frames: &[&str]| matches!(frames, ["main", "outer", "faults", _, "handles"]);
        let is_whole =
            |stack: &&record::Stack| stack.frames().collect::<Vec<_>>().windows(5).any(whole);
        let inside: u64 = profile.stacks.iter().filter(is_whole).map(|stack| stack.samples).sum();
        assert!(inside as f64 > 0.9 * profile.info.samples as f64, "{profile:?}");
        assert!(profile.info.broken_share() < 0.02, "{:?}", profile.info);
    }
}

#[test]
fn the_stub_of_a_function_of_a_library_has_its_name() {
    if !cfg!(target_arch = "x86_64") {
        return println!("skipped: stubs are read on x86-64 alone");
    }
    let Some(profile) = foreign(CALLING, WITHOUT, Settings::default()) else { return };
    assert!(share(&profile, "main;calls;abs@plt") > 0.01, "{profile:?}");
    assert!(share(&profile, "main;calls;abs") > 0.3, "{profile:?}");
    assert_eq!(share(&profile, "_init"), 0.0, "{profile:?}");
    assert!(profile.info.broken_share() < 0.02, "{:?}", profile.info);
}

#[test]
fn inlined_functions_have_frames_of_their_own_when_asked_for() {
    let settings = Settings { inlines: true, ..Settings::default() };
    let Some(profile) = foreign(FOREIGN, WITH, settings) else { return };
    assert!(profile.info.inlines);
    assert!(share(&profile, "innermost;within") > 0.9, "{profile:?}");
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
