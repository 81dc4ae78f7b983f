//! The profiler beside `perf record`, and what it costs. Prints; judges nothing. Needs Debian's
//! `linux-perf` for the first half, and an idle machine; `docs/profiles.md` says what came out:
//!
//! ```text
//! cargo build --release && cargo run --release --package dyno --example sampler
//! ```
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use engine::case::Runner;
use engine::counters::{CounterSource, Software};
use engine::measure::{Bench, Next, Todo};
use engine::plan::{Plan, PlanOptions, Specs};
use engine::profiler::{Profiler, Settings};
use engine::suite::Suite;
use engine::worker::Launcher;
use record::store::Store;
use record::{Pass, Profile, metrics};
use reports::profile::{View, functions, stacks};
use rustix::time::{ClockId, clock_gettime};
use stats::median;
use workload_api::Spec;

/// Runs with and without the profiler, in turns.
const ROUNDS: usize = 12;

/// Functions that are held side by side.
const TOP: usize = 10;

fn main() -> ExitCode {
    match beside_perf().and_then(|()| cost()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// dyno, which cargo puts beside the directory of the examples.
fn dyno() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe()?;
    let exe = me.parent().and_then(Path::parent).context("no target directory")?.join("dyno");
    ensure!(exe.exists(), "no {}; build it first", exe.display());
    Ok(exe)
}

fn run(place: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(dyno()?)
        .args(arguments)
        .current_dir(place)
        .env("DYNO_STORE", place.join("store"))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Both look at the same execution: dyno profiles a command that is `perf record` of a pipeline.
fn beside_perf() -> anyhow::Result<()> {
    if Command::new("perf").arg("--version").output().is_err() {
        println!("no perf here: nothing to compare with\n");
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let inner = "name = \"inner\"\n[sampling]\nprocesses = 1\niterations = 8\nwarmup = 0\n\
                 [[case]]\nworkload = \"pipeline\"\nparams = { rows = 200_000 }\n\
                 grid = { step = [\"00\", \"06\"] }\n";
    std::fs::write(place.path().join("inner.toml"), inner)?;
    let outer = format!(
        "name = \"outer\"\n[sampling]\nprocesses = 1\niterations = 1\nwarmup = 0\ntimeout = \"5m\"\n\
         [profile]\ntime = \"1ms\"\n[[case]]\nrunner = \"perf\"\n[[runner]]\nname = \"perf\"\n\
         command = [\"perf\", \"record\", \"-q\", \"-F\", \"999\", \"-g\", \"-e\", \"cpu-clock\", \
         \"-o\", \"perf.data\", \"--\", {:?}, \"run\", \"inner.toml\", \"--no-report\", \"--store\", \
         \"inner\"]\n",
        dyno()?
    );
    std::fs::write(place.path().join("outer.toml"), outer)?;
    run(place.path(), &["profile", "outer.toml"])?;
    let store = Store::open(place.path().join("store"));
    let last = store.runs()?.pop().context("no run")?;
    let profile = store.profiles(&last.id)?.pop().context("no profile")?;
    let ours = own_samples(&profile);
    let theirs = perf_samples(place.path())?;
    let sum = |of: &BTreeMap<String, u64>| of.values().sum::<u64>();
    let (ours_all, theirs_all) = (sum(&ours), sum(&theirs));
    println!("samples of the same execution, perf's own left out");
    println!("  perf {theirs_all}, dyno {ours_all}: {:+.2} %", change(ours_all, theirs_all));
    println!(
        "  dyno: lost {}, broken stacks {:.2} %, unknown frames {:.1} %",
        profile.info.lost,
        100.0 * profile.info.broken_share(),
        100.0 * profile.info.unknown_share()
    );
    println!("  {:>7} {:>7}  function", "perf", "dyno");
    let mut ranked: Vec<_> = theirs.iter().collect();
    ranked.sort_by_key(|(_, samples)| std::cmp::Reverse(**samples));
    let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole as f64;
    for (name, samples) in ranked.iter().take(TOP) {
        let own = ours.get(*name).copied().unwrap_or(0);
        let (perf, dyno) = (percent(**samples, theirs_all), percent(own, ours_all));
        println!("  {perf:>6.2}% {dyno:>6.2}%  {name}");
    }
    let mut own: Vec<_> = ours.iter().collect();
    own.sort_by_key(|(_, samples)| std::cmp::Reverse(**samples));
    let top = |list: &[(&String, &u64)]| -> Vec<String> {
        list.iter().take(TOP).map(|(name, _)| (*name).clone()).collect()
    };
    let (perf_top, dyno_top) = (top(&ranked), top(&own));
    let both = perf_top.iter().filter(|name| dyno_top.contains(name)).count();
    println!("  {both} of perf's {TOP} heaviest functions are among dyno's {TOP}\n");
    Ok(())
}

fn change(ours: u64, theirs: u64) -> f64 {
    100.0 * (ours as f64 / theirs as f64 - 1.0)
}

/// Samples by innermost function, those of perf itself left out.
fn own_samples(profile: &Profile) -> BTreeMap<String, u64> {
    let mut stacks = stacks(profile, View::Unfolded);
    stacks.retain(|stack| !stack.frames.starts_with("perf"));
    let named = functions(&stacks).into_iter().filter(|function| function.own_samples > 0);
    let mut all = BTreeMap::new();
    for function in named {
        *all.entry(bare(&function.name)).or_default() += function.own_samples;
    }
    all
}

/// The same by perf.
fn perf_samples(place: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    let output = Command::new("perf")
        .args(["script", "-i", "perf.data", "--no-inline", "-F", "comm,ip,sym,dso"])
        .current_dir(place)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut all = BTreeMap::new();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for sample in text.split("\n\n") {
        let mut lines = sample.trim_matches('\n').lines();
        let Some(comm) = lines.next() else { continue };
        if comm.trim().starts_with("perf") {
            continue;
        }
        // `  55d0c0ffee some::name (/path/of/file)`, innermost first.
        let Some((_, rest)) = lines.next().and_then(|line| line.trim().split_once(' ')) else {
            continue;
        };
        let (name, file) = rest.rsplit_once(" (").unwrap_or((rest, ""));
        let file = file.trim_end_matches(')').rsplit('/').next().unwrap_or_default();
        let name = match name {
            "[unknown]" => format!("[{file}]"),
            name => bare(name),
        };
        *all.entry(name).or_default() += 1;
    }
    Ok(all)
}

/// A name without what only one of the two writes: the kernel's suffix, Rust's hash, the other name
/// of the same place.
fn bare(name: &str) -> String {
    let name = name.strip_suffix("_[k]").unwrap_or(name);
    let hash = name.rsplit_once("::h").filter(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    let name = hash.map_or(name, |(name, _)| name);
    // glibc has one function for both, under two names.
    name.replace(';', ":").replace("__memcpy_", "__memmove_")
}

/// CPU time of one pipeline with and without the profiler, in turns; with the CPU time of this
/// process added, in which the profiler's own thread runs.
fn cost() -> anyhow::Result<()> {
    let text = "name = \"cost\"\n[sampling]\nprocesses = 1\niterations = 10\nwarmup = 2\n\
                [[case]]\nworkload = \"pipeline\"\nparams = { rows = 200_000, step = \"06\" }\n";
    let suite = Suite::parse(text, Path::new("cost.toml"))?;
    let plan = Plan::build(&suite, &Builtin, &PlanOptions::default())?;
    let (mut plain, mut profiled, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let without = cpu_per_execution(&plan, None)?;
        let profiler = Profiler::new(Settings::default());
        profiler.arm(true);
        let with = cpu_per_execution(&plan, Some(&profiler))?;
        plain.push(without);
        profiled.push(with);
        ratios.push(with / without);
    }
    ratios.sort_by(f64::total_cmp);
    let of = |list: &[f64]| median(list).context("no sample").map(|ns| ns / 1e6);
    println!("CPU time of an execution of step 06 and of dyno, {ROUNDS} pairs in turns");
    println!("  not profiled {:.1} ms, at 999 Hz {:.1} ms", of(&plain)?, of(&profiled)?);
    println!(
        "  median of the pairs' ratios {:+.2} % (quartiles {:+.2} to {:+.2} %)",
        100.0 * (median(&ratios).context("no pair")? - 1.0),
        100.0 * (ratios[ratios.len() / 4] - 1.0),
        100.0 * (ratios[ratios.len() * 3 / 4] - 1.0)
    );
    Ok(())
}

struct Builtin;

impl Specs for Builtin {
    fn specs(&self, _: &Runner) -> anyhow::Result<Vec<Spec>> {
        Ok(workloads::ALL.iter().map(|workload| workload.spec()).collect())
    }
}

/// CPU time of the work and of this process meanwhile, per execution, in ns.
fn cpu_per_execution(plan: &Plan, profiler: Option<&Profiler>) -> anyhow::Result<f64> {
    let place = tempfile::tempdir()?;
    let exe = dyno()?;
    let mut launcher = Launcher::start(&exe)?;
    let mut sources: Vec<&dyn CounterSource> = vec![&Software];
    if let Some(profiler) = profiler {
        sources.push(profiler);
    }
    let mut bench = Bench {
        launcher: &mut launcher,
        exe,
        sampling: &plan.sampling,
        sources,
        work_dir: place.path().to_owned(),
    };
    let (warmup, end) = (plan.sampling.warmup, plan.sampling.warmup + plan.sampling.iterations);
    let todo = Todo { pass: Pass::Profile, process: 0, first: 0, warmup, end };
    let (mut work, mut executions) = (0.0, 0.0);
    let before = own_cpu_ns();
    bench.replicate(&plan.cases[0], &todo, &mut |taken| {
        let cpu = taken.sample.value(metrics::CPU_TIME.name).context("no CPU time here")?;
        work += cpu;
        executions += 1.0;
        Ok(Next::On)
    })?;
    Ok((work + own_cpu_ns() - before) / executions)
}

fn own_cpu_ns() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
