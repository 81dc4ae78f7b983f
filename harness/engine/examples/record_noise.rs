//! Records what two identical programs differ by: process pairs of the multi-threaded pipeline,
//! in ping-pong. The verdict rules are replayed on it (`harness/stats/fixtures/noise`).
//!
//! ```text
//! cargo run --release --package engine --example record_noise -- PAIRS REGIME > pipeline.csv
//! ```
//!
//! A pair is two fresh processes from two fresh copies of this executable under paths of equal
//! length, which take turns; a coin decides who begins. A couple is one run of each. Only one side
//! ever runs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a recorder prints")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use engine::measure::paired::WARMUP;
use engine::worker::{LAUNCHER_COMMAND, Launcher, Spawn, WORKER_COMMAND, Worker};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use workload_api::Params;
use workload_api::protocol::{Done, Prepare};

/// Couples of a pair, more than a gate takes at first.
const COUPLES: u32 = 12;

const TIMEOUT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [LAUNCHER_COMMAND] => return engine::worker::launcher_main(),
        [WORKER_COMMAND] => return workload_api::serve(workloads::ALL),
        [pairs, regime] => record(pairs, regime),
        _ => Err(anyhow!("usage: record_noise PAIRS REGIME")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn record(pairs: &str, regime: &str) -> anyhow::Result<()> {
    let pairs: u32 = pairs.parse().with_context(|| format!("{pairs} is no number of pairs"))?;
    let exe = std::env::current_exe()?;
    let mut launcher = Launcher::start(&exe)?;
    let mut coin = StdRng::seed_from_u64(5);
    let place = std::env::temp_dir().join(format!("record-noise-{}", std::process::id()));
    eprintln!("load at the beginning: {}", load());
    println!("regime,pair,pair_ms,first,wall_a_us,wall_b_us,cpu_a_us,cpu_b_us");
    for pair in 0..pairs {
        let began = Instant::now();
        let mut couples = measure(&mut launcher, &exe, &place, &mut coin);
        // Whatever happened, nothing stays behind.
        fs::remove_dir_all(&place)?;
        let milliseconds = began.elapsed().as_millis();
        for (first, [a, b]) in couples.as_mut().map_err(|error| anyhow!("{error:#}"))?.iter() {
            let [wall_a, wall_b] = [a, b].map(|done| micros(Some(done.wall_ns)));
            let [cpu_a, cpu_b] = [a, b].map(|done| micros(done.cpu_ns));
            println!("{regime},{pair},{milliseconds},{first},{wall_a},{wall_b},{cpu_a},{cpu_b}");
        }
    }
    eprintln!("load at the end: {}", load());
    Ok(())
}

/// One pair: which side ran first, and what both said, for each couple after the warm-up.
fn measure(
    launcher: &mut Launcher,
    exe: &Path,
    place: &Path,
    coin: &mut impl Rng,
) -> anyhow::Result<Vec<(char, [Done; 2])>> {
    let mut sides = Vec::new();
    for name in ["a", "b"] {
        sides.push(start(launcher, exe, &place.join(name))?);
    }
    let mut couples = Vec::new();
    let order = if coin.random_bool(0.5) { [0, 1] } else { [1, 0] };
    for couple in 0..WARMUP + COUPLES {
        let mut said = [None, None];
        for side in order {
            let done = sides[side].run(1, TIMEOUT).map_err(|failure| anyhow!(failure.message))?;
            said[side] = Some(done);
        }
        if let ([Some(a), Some(b)], true) = (said, couple >= WARMUP) {
            couples.push((if order[0] == 0 { 'A' } else { 'B' }, [a, b]));
        }
    }
    let mut answers = Vec::new();
    for mut side in sides {
        answers.push(side.check(TIMEOUT).map_err(|failure| anyhow!(failure.message))?);
        side.bye(TIMEOUT).map_err(|failure| anyhow!(failure.message))?;
    }
    anyhow::ensure!(answers[0].digest == answers[1].digest, "the two sides gave other answers");
    Ok(couples)
}

fn start(launcher: &mut Launcher, exe: &Path, folder: &Path) -> anyhow::Result<Worker> {
    fs::create_dir_all(folder)?;
    let copy = folder.join("worker");
    fs::copy(exe, &copy).with_context(|| format!("copying to {}", copy.display()))?;
    let argv = vec![copy.to_string_lossy().into_owned(), WORKER_COMMAND.to_owned()];
    let said = |failure: record::Failure| anyhow!(failure.message);
    let held = launcher.hold(&Spawn::worker(argv, folder)).map_err(said)?;
    let mut worker = Worker::greet(held.release().map_err(said)?, TIMEOUT).map_err(said)?;
    let mut params = Params::default();
    params.set("step", "10");
    params.set("rows", 120_000);
    params.set("producers", 2);
    params.set("writers", 2);
    let data_dir = folder.join("data");
    let prepare = Prepare { workload: "pipeline".to_owned(), params, seed: 1, data_dir };
    worker.prepare(&prepare, TIMEOUT).map_err(said)?;
    Ok(worker)
}

/// A time in whole microseconds; nothing where there is none.
fn micros(ns: Option<u64>) -> String {
    ns.map(|ns| (ns / 1000).to_string()).unwrap_or_default()
}

/// The load averages, as the kernel says them.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg");
    text.map_or_else(|error| error.to_string(), |text| text.trim().to_owned())
}
