//! What counting costs, in pairs: the counting allocator while it is switched off, against the same
//! program without it; and every counter around a sample of 50 ms, against the same worker without.
//! Prints; judges nothing. Needs an idle machine; `docs/overhead.md` says what came out:
//!
//! ```text
//! cargo run --release --package dyno --example counting
//! ```
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, ensure};
use engine::case::Runner;
use engine::counters::{Counters, SOURCES, Target, TargetKind};
use engine::doctor::in_turns;
use engine::measure::Bench;
use engine::plan::{Plan, PlanOptions, Specs};
use engine::suite::Suite;
use engine::worker::{LAUNCHER_COMMAND, Launcher, Spawn, WORKER_COMMAND, Worker};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use stats::{Interval, median};
use workload_api::protocol::{Done, Prepare};
use workload_api::{CountingAllocator, Params, Spec};

/// Process pairs of each comparison.
const PAIRS: u32 = 12;

/// Couples of samples in each pair of the second part, after some that warm up.
const COUPLES: usize = 16;
const WARMUP: usize = 2;

/// How long a sample of the second part is to take.
const SAMPLE_NS: f64 = 50e6;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A worker whose allocations go through the counting allocator.
const COUNTED_COMMAND: &str = "__counted_worker";

/// Both allocators in one program. Two programs would also differ in where the linker puts the code,
/// which alone made 4 % of a loop that allocates nothing.
struct Either;

#[global_allocator]
static ALLOCATOR: Either = Either;

static COUNTING: CountingAllocator = CountingAllocator::new();
static THROUGH_COUNTING: AtomicBool = AtomicBool::new(false);

#[expect(unsafe_code, reason = "a global allocator cannot be written without")]
// SAFETY: every call goes on to an allocator that ends in the system's, with the caller's arguments.
// So a block may come by the one way and go by the other.
unsafe impl GlobalAlloc for Either {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe {
            if THROUGH_COUNTING.load(Relaxed) {
                COUNTING.alloc(layout)
            } else {
                System.alloc(layout)
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe {
            if THROUGH_COUNTING.load(Relaxed) {
                COUNTING.dealloc(block, layout);
            } else {
                System.dealloc(block, layout);
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe {
            if THROUGH_COUNTING.load(Relaxed) {
                COUNTING.realloc(block, layout, size)
            } else {
                System.realloc(block, layout, size)
            }
        }
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(LAUNCHER_COMMAND) => return engine::worker::launcher_main(),
        Some(COUNTED_COMMAND) => {
            THROUGH_COUNTING.store(true, Relaxed);
            return workload_api::serve(workloads::ALL);
        }
        Some(WORKER_COMMAND) => return workload_api::serve(workloads::ALL),
        _ => {}
    }
    match idle_allocator().and_then(|()| counters_around_a_sample()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

struct Builtin;

impl Specs for Builtin {
    fn specs(&self, _: &Runner) -> anyhow::Result<Vec<Spec>> {
        Ok(workloads::ALL.iter().map(|workload| workload.spec()).collect())
    }
}

/// The same work by two workers that differ in their allocator alone.
fn idle_allocator() -> anyhow::Result<()> {
    println!("the counting allocator, switched off, against the same program without it:");
    heading();
    for (title, case) in [
        (
            "`kernel`, allocating",
            "workload = \"kernel\"\nparams = { kind = \"allocating\", rows = 300_000 }",
        ),
        (
            "`kernel`, branchy",
            "workload = \"kernel\"\nparams = { kind = \"branchy\", rows = 2_000_000 }",
        ),
        (
            "`pipeline`, step 00",
            "workload = \"pipeline\"\nparams = { step = \"00\", rows = 20_000 }",
        ),
    ] {
        let mut text = "name = \"cost\"\n".to_owned();
        let exe = std::env::current_exe()?;
        for worker in [WORKER_COMMAND, COUNTED_COMMAND] {
            text += &format!(
                "[[runner]]\nname = {worker:?}\nprogram = [{exe:?}, {worker:?}]\n\
                 [[case]]\nrunner = {worker:?}\n{case}\n"
            );
        }
        let suite = Suite::parse(&text, Path::new("cost.toml"))?;
        let plan = Plan::build(&suite, &Builtin, &PlanOptions::default())?;
        let place = tempfile::tempdir()?;
        let mut launcher = Launcher::start(&exe)?;
        let mut bench = Bench {
            launcher: &mut launcher,
            exe,
            sampling: &plan.sampling,
            sources: SOURCES.to_vec(),
            work_dir: place.path().to_owned(),
        };
        let [without, with] = plan.cases.as_slice() else { unreachable!("two cases were stated") };
        let found = in_turns(&mut bench, [without, with], PAIRS, &mut StdRng::seed_from_u64(1))?;
        row(title, None, &found.wall, &found.cpu)?;
    }
    println!();
    Ok(())
}

/// The same worker with and without counters, in turns.
fn counters_around_a_sample() -> anyhow::Result<()> {
    println!("every counter around a sample of 50 ms, against the same worker without:");
    heading();
    for (title, workload, kind, rows) in [
        ("`kernel`, branchy", "kernel", Some("branchy"), 400_000),
        ("`kernel`, allocating", "kernel", Some("allocating"), 80_000),
        ("`pipeline`, step 06", "pipeline", None, 50_000),
    ] {
        let mut params: Params = [("rows", rows)].into_iter().collect();
        match kind {
            Some(kind) => params.set("kind", kind),
            None => params.set("step", "06"),
        }
        let mut rng = StdRng::seed_from_u64(1);
        let mut launcher = Launcher::start(&std::env::current_exe()?)?;
        let place = tempfile::tempdir()?;
        let mut start = |params: &Params, counted| {
            Seat::start(&mut launcher, (workload, params), place.path(), counted)
        };
        let mut scout = start(&params, false)?;
        // The fastest of some: other load only ever makes a sample longer.
        let mut took = f64::INFINITY;
        for _ in 0..8 {
            took = took.min(scout.sample()?.wall_ns as f64);
        }
        let scale = SAMPLE_NS / took;
        params.set("rows", (rows as f64 * scale) as i64);
        scout.end()?;
        let (mut wall, mut cpu, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let mut seats = [start(&params, false)?, start(&params, true)?];
            let mut ratios = [Vec::new(), Vec::new()];
            for couple in 0..WARMUP + COUPLES {
                let first = usize::from(rng.random_bool(0.5));
                let mut done = [None, None];
                for at in [first, 1 - first] {
                    done[at] = Some(seats[at].sample()?);
                }
                let [Some(without), Some(with)] = &done else { unreachable!("both were asked") };
                if couple < WARMUP {
                    continue;
                }
                times.push(with.wall_ns as f64);
                ratios[0].push((with.wall_ns as f64 / without.wall_ns as f64).ln());
                let cpu_ns = |done: &Done| done.cpu_ns.context("a worker tells its CPU time");
                ratios[1].push((cpu_ns(with)? as f64 / cpu_ns(without)? as f64).ln());
            }
            wall.push(median(&ratios[0]).context("no couple")?);
            cpu.push(median(&ratios[1]).context("no couple")?);
            let [without, with] = seats;
            without.end()?;
            with.end()?;
        }
        row(title, median(&times), &wall, &cpu)?;
    }
    Ok(())
}

/// A worker, and its counters if it is counted.
struct Seat {
    worker: Worker,
    counters: Option<Counters>,
}

impl Seat {
    fn start(
        launcher: &mut Launcher,
        (workload, params): (&str, &Params),
        place: &Path,
        counted: bool,
    ) -> anyhow::Result<Self> {
        let exe = std::env::current_exe()?.to_string_lossy().into_owned();
        let spawn = Spawn::worker(vec![exe, WORKER_COMMAND.to_owned()], place);
        let held = launcher.hold(&spawn).map_err(said)?;
        let target = Target::new(held.pid().cast_unsigned(), TargetKind::Worker);
        let counters = counted.then(|| Counters::open(&target, SOURCES).0);
        let mut worker = Worker::greet(held.release().map_err(said)?, TIMEOUT).map_err(said)?;
        let data_dir = place.to_owned();
        let (workload, params) = (workload.to_owned(), params.clone());
        worker.prepare(&Prepare { workload, params, seed: 1, data_dir }, TIMEOUT).map_err(said)?;
        Ok(Self { worker, counters })
    }

    /// One sample, as a run takes it.
    fn sample(&mut self) -> anyhow::Result<Done> {
        if let Some(counters) = &mut self.counters {
            counters.begin();
            counters.start();
        }
        let done = self.worker.run(1, TIMEOUT).map_err(said)?;
        if let Some(counters) = &mut self.counters {
            ensure!(!counters.stop().is_empty(), "nothing was counted");
        }
        Ok(done)
    }

    fn end(self) -> anyhow::Result<()> {
        self.worker.bye(TIMEOUT).map_err(said)?;
        Ok(())
    }
}

fn said(failure: record::Failure) -> anyhow::Error {
    anyhow::anyhow!(failure.message)
}

fn heading() {
    println!("  | work | sample | wall time | 95 % interval | CPU time | 95 % interval |");
    println!("  |---|---:|---:|---:|---:|---:|");
}

/// Medians of the pairs and where the true ones lie.
fn row(title: &str, sample_ns: Option<f64>, wall: &[f64], cpu: &[f64]) -> anyhow::Result<()> {
    let percent = |log: f64| 100.0 * log.exp_m1();
    let cell = |logs: &[f64]| -> anyhow::Result<String> {
        let interval = Interval::of_median(logs).context("no pair")?;
        ensure!(interval.is_confident(), "too few pairs for an interval");
        let (low, high) = (percent(interval.low), percent(interval.high));
        let middle = percent(median(logs).context("no pair")?);
        Ok(format!("{middle:+.2} % | {low:+.2} to {high:+.2} %"))
    };
    let sample = sample_ns.map_or("-".to_owned(), |ns| format!("{:.0} ms", ns / 1e6));
    println!("  | {title} | {sample} | {} | {} |", cell(wall)?, cell(cpu)?);
    Ok(())
}
