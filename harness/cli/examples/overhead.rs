//! What dyno itself costs: per request of the worker protocol, per command, and beside hyperfine,
//! whose medians of the same commands it also compares with dyno's. Prints; judges nothing. Run
//! it on an idle machine; `docs/overhead.md` says what came out:
//!
//! ```text
//! cargo run --release --package dyno --example overhead
//! cargo run --release --package dyno --example overhead agreement    # the medians alone
//! ```
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use engine::case::CommandLine;
use engine::counters::{Counters, SOURCES, Target, TargetKind};
use engine::worker::command::{Accept, finish};
use engine::worker::{Held, LAUNCHER_COMMAND, Launcher, Spawn, Worker};
use stats::median;
use workload_api::protocol::Prepare;
use workload_api::{Answer, Params, Prepared, Spec, Work, Workload, WorkloadError};

/// Samples of the short and of the long run of each tool; the difference is free of what a tool
/// does once.
const SHORT: u32 = 100;
const LONG: u32 = 1100;

/// Interleaved repetitions.
const REPETITIONS: usize = 5;

const REQUESTS: usize = 2000;

/// Commands through the launcher and through `std::process`.
const COMMANDS: usize = 1000;

/// Runs of each command where the two tools' medians are held side by side.
const AGREEMENT_RUNS: &str = "40";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(LAUNCHER_COMMAND) => return engine::worker::launcher_main(),
        Some("__noop") => return workload_api::serve(&[&Noop]),
        _ => {}
    }
    let measured = if std::env::args().nth(1).as_deref() == Some("agreement") {
        beside_hyperfine(&[agreement])
    } else {
        protocol()
            .and_then(|()| launcher_alone())
            .and_then(|()| beside_hyperfine(&[cost, agreement]))
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does nothing, so that everything that is measured around it is overhead.
struct Noop;

impl Workload for Noop {
    fn spec(&self) -> Spec {
        Spec { name: "noop".to_owned(), about: "does nothing".to_owned(), params: Vec::new() }
    }

    fn prepare(
        &self,
        _: &Params,
        _: &workload_api::Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(Self))
    }
}

impl Prepared for Noop {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        Ok(Work { rows: 1, ..Work::default() })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        Ok(Answer { rows: 1, digest: String::new(), group: None })
    }
}

/// The time of a request that does nothing: alone, and with every counter read around it.
fn protocol() -> anyhow::Result<()> {
    let timeout = Duration::from_secs(10);
    let exe = std::env::current_exe()?;
    let here = std::env::current_dir()?;
    let mut launcher = Launcher::start(&exe)?;
    let argv = vec![exe.to_string_lossy().into_owned(), "__noop".to_owned()];
    let said = |failure: record::Failure| anyhow::anyhow!(failure.message);
    let held = launcher.hold(&Spawn::worker(argv, &here)).map_err(said)?;
    let target = Target::new(held.pid().cast_unsigned(), TargetKind::Worker);
    let (mut counters, _) = Counters::open(&target, SOURCES);
    let process = held.release().map_err(said)?;
    let mut worker = Worker::greet(process, timeout).map_err(said)?;
    let prepare = Prepare {
        workload: "noop".to_owned(),
        params: Params::default(),
        seed: 0,
        data_dir: here.clone(),
    };
    worker.prepare(&prepare, timeout).map_err(said)?;
    let (mut bare, mut counted) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let began = Instant::now();
        worker.run(1, timeout).map_err(said)?;
        bare.push(micros(began.elapsed()));
        let began = Instant::now();
        counters.begin();
        counters.start();
        worker.run(1, timeout).map_err(said)?;
        counters.stop();
        counted.push(micros(began.elapsed()));
    }
    println!("worker protocol, a request that does nothing, median of {REQUESTS}:");
    println!("  the request alone                 {:>8.1} us", median(&bare).unwrap_or(0.0));
    println!("  with every counter around it      {:>8.1} us", median(&counted).unwrap_or(0.0));
    println!("  (the measured region itself holds none of this: its clock runs in the worker)\n");
    worker.bye(timeout).map_err(said)?;
    Ok(())
}

/// A command from fork to the launcher's last word, and the same through `std::process`, in turn.
fn launcher_alone() -> anyhow::Result<()> {
    let timeout = Duration::from_secs(10);
    let mut launcher = Launcher::start(&std::env::current_exe()?)?;
    let line = CommandLine::Argv(vec!["true".to_owned()]);
    let spawn = Spawn::command(&line, &std::env::temp_dir());
    let said = |failure: record::Failure| anyhow::anyhow!(failure.message);
    let (mut ours, mut measured, mut std) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..COMMANDS {
        let began = Instant::now();
        let process = launcher.hold(&spawn).and_then(Held::release).map_err(said)?;
        let finished = finish(process, timeout, Accept::Success).map_err(said)?;
        ours.push(micros(began.elapsed()));
        measured.push(finished.exit.wall_ns() as f64 / 1e3);
        let began = Instant::now();
        let output = Command::new("true").stdin(Stdio::null()).output()?;
        std.push(micros(began.elapsed()));
        ensure!(output.status.success(), "`true` must succeed");
    }
    println!("`true`, no counters, nothing stored, median of {COMMANDS}:");
    println!("  through the launcher              {:>8.1} us", median(&ours).unwrap_or(0.0));
    println!("  of it measured, from exec to exit {:>8.1} us", median(&measured).unwrap_or(0.0));
    println!("  through std::process              {:>8.1} us\n", median(&std).unwrap_or(0.0));
    Ok(())
}

/// Two tools, the same command, in turn.
/// A comparison with hyperfine, given dyno's binary and a directory to work in.
type Part = fn(&Path, &Path) -> anyhow::Result<()>;

fn beside_hyperfine(parts: &[Part]) -> anyhow::Result<()> {
    if Command::new("hyperfine").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: no hyperfine to stand beside");
        return Ok(());
    }
    let dyno = dyno_binary()?;
    let place = std::env::temp_dir().join(format!("dyno-overhead-{}", std::process::id()));
    fs::create_dir_all(&place)?;
    let done = parts.iter().try_for_each(|part| part(&dyno, &place));
    fs::remove_dir_all(&place)?;
    done
}

/// What one more sample of a command that does nothing costs.
fn cost(dyno: &Path, place: &Path) -> anyhow::Result<()> {
    let mut ratios = Vec::new();
    println!("`true`, {} samples, {REPETITIONS} times in turn:", LONG - SHORT);
    println!("  {:<12} {:>16} {:>16} {:>8}", "", "hyperfine", "dyno", "ratio");
    for repetition in 1..=REPETITIONS {
        let theirs = per_sample(&|n| hyperfine(n, place))?;
        let ours = per_sample(&|n| dyno_run(dyno, n, place))?;
        ratios.push(ours.micros / theirs.micros);
        println!(
            "  {:<12} {:>13.0} us {:>13.0} us {:>8.2}",
            format!("per sample {repetition}"),
            theirs.micros,
            ours.micros,
            ours.micros / theirs.micros
        );
        if repetition == REPETITIONS {
            let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            println!(
                "  {:<12} {:>12.1} MiB {:>12.1} MiB {:>8.2}",
                "own memory",
                mib(theirs.peak),
                mib(ours.peak),
                ours.peak as f64 / theirs.peak as f64
            );
        }
    }
    println!("  median ratio per sample: {:.2}\n", median(&ratios).unwrap_or(0.0));
    Ok(())
}

/// What the two tools say of the same three commands.
fn agreement(dyno: &Path, place: &Path) -> anyhow::Result<()> {
    let line = b"the same line again and again, so that there is something to compress\n";
    fs::write(place.join("data"), line.repeat(200_000))?;
    let commands = ["wc data", "gzip -t data.gz", "sha256sum data"];
    let packed = Command::new("gzip").args(["-kf", "data"]).current_dir(place).status()?;
    ensure!(packed.success(), "gzip failed");
    println!("{AGREEMENT_RUNS} runs each, {REPETITIONS} times in turn, in ms:");
    println!("  {:<24} {:>10} {:>10}", "", "hyperfine", "dyno");
    for command in commands {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..REPETITIONS {
            theirs.push(times(None, place, command)?);
            ours.push(times(Some(dyno), place, command)?);
        }
        let of = |all: &[Times], pick: fn(&Times) -> f64| {
            let each: Vec<f64> = all.iter().map(pick).collect();
            median(&each).unwrap_or(0.0) * 1e3
        };
        for (what, pick) in
            [("median", (|t| t.median) as fn(&Times) -> f64), ("fastest", |t| t.fastest)]
        {
            let (theirs, ours) = (of(&theirs, pick), of(&ours, pick));
            let more = (ours / theirs - 1.0) * 100.0;
            let name = if what == "median" { command } else { "" };
            println!("  {name:<16} {what:<7} {theirs:>10.3} {ours:>10.3} {more:>+6.1} %");
        }
    }
    Ok(())
}

/// What a tool says of a command, in s.
struct Times {
    median: f64,
    fastest: f64,
}

/// What hyperfine (`None`) or dyno says of a command, given to it alone: dyno would run several in
/// turn and hyperfine one after the other, and a command that finds its data in the cache because
/// it ran last is another measurement. Both write one format.
fn times(tool: Option<&Path>, place: &Path, measured: &str) -> anyhow::Result<Times> {
    let mut command = match tool {
        None => Command::new("hyperfine"),
        Some(dyno) => Command::new(dyno),
    };
    command.args(if tool.is_some() { &["cmd", "--no-report"][..] } else { &[] });
    command.args(["-N", "--runs", AGREEMENT_RUNS, "--warmup", "1", measured]);
    command.args(["--export-json", "times.json"]).current_dir(place);
    command.env("DYNO_STORE", place.join("store"));
    timed(command)?;
    let text = fs::read_to_string(place.join("times.json"))?;
    let document: serde_json::Value = serde_json::from_str(&text)?;
    let read = |field: &str| {
        document["results"][0][field]
            .as_f64()
            .with_context(|| format!("a result without `{field}`"))
    };
    Ok(Times { median: read("median")?, fastest: read("min")? })
}

struct Cost {
    /// Wall time per sample, the command's own included, in us.
    micros: f64,
    /// Peak resident memory of the tool's main process during the long run, in bytes.
    peak: u64,
}

/// The slope between a short and a long run: what one more sample costs.
fn per_sample(run: &dyn Fn(u32) -> Command) -> anyhow::Result<Cost> {
    let (short, _) = timed(run(SHORT))?;
    let (long, peak) = timed(run(LONG))?;
    let micros = (micros(long) - micros(short)) / f64::from(LONG - SHORT);
    Ok(Cost { micros, peak })
}

fn timed(mut command: Command) -> anyhow::Result<(Duration, u64)> {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(high_water_mark(child.id()));
        // Seldom enough to be no noise worth the name, often enough to see the last peak.
        sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "{command:?} exited with {status}");
    Ok((began.elapsed(), peak))
}

/// VmHWM of a process, in bytes; 0 once it is gone.
fn high_water_mark(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

fn hyperfine(samples: u32, place: &Path) -> Command {
    let mut command = Command::new("hyperfine");
    let n = samples.to_string();
    command.args(["-N", "--warmup", "0", "--runs", &n, "--export-json", "hyperfine.json", "true"]);
    command.current_dir(place);
    command
}

fn dyno_run(dyno: &Path, samples: u32, place: &Path) -> Command {
    let mut command = Command::new(dyno);
    // hyperfine writes no page either.
    command.args(["cmd", "--no-report", "--runs", &samples.to_string(), "true"]);
    command.current_dir(place).env("DYNO_STORE", place.join("store"));
    command
}

/// The binary that was built beside this example.
fn dyno_binary() -> anyhow::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let profile = exe.parent().and_then(Path::parent).context("an example lies in examples/")?;
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "dyno"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    ensure!(status.success(), "dyno does not build");
    Ok(profile.join("dyno"))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
