//! What sampling costs the program that is sampled, and what the thread or the process costs that
//! takes the samples: the same work by workers that take turns, each sampled in its own way.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use engine::counters::{Counters, Target, TargetKind};
use engine::profiler::{Profiler, Settings};
use engine::worker::{Launcher, Spawn, WORKER_COMMAND, Worker};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use stats::{Interval, median};
use workload_api::Params;
use workload_api::protocol::Prepare;

use super::{dyno, there_is_perf};

/// How long fresh processes of each kind are started, for each work.
const TIME: Duration = Duration::from_secs(90);

/// Executions of each process, after some that warm up.
const EXECUTIONS: usize = 8;
const WARMUP: usize = 2;

const TIMEOUT: Duration = Duration::from_secs(60);

/// How a worker is sampled.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Not,
    /// With so many bytes of ring and copied stack; without them the usual ones.
    Dyno(Option<(usize, u32)>),
    Perf,
}

const WAYS: [(&str, Way); 5] = [
    ("nobody", Way::Not),
    ("nobody, another process", Way::Not),
    ("dyno", Way::Dyno(None)),
    ("dyno, nothing of the stack", Way::Dyno(Some(WITHOUT_STACK))),
    ("`perf record -F 999 -g -e cpu-clock`", Way::Perf),
];

/// Ring and copied stack of a sampler that has the frame pointers alone.
pub(super) const WITHOUT_STACK: (usize, u32) = (128 << 10, 0);

/// Work of one thread, and of threads that hand work to each other.
const WORKS: [(&str, &str, &str, &str, i64); 2] = [
    ("`kernel`, branchy", "kernel", "kind", "branchy", 10_000_000),
    ("`pipeline`, step 06", "pipeline", "step", "06", 100_000),
];

/// Prints, for each way, the CPU time of an execution against that of one that nobody samples.
pub(super) fn cost() -> anyhow::Result<()> {
    let ways: Vec<_> =
        WAYS.into_iter().filter(|(_, way)| *way != Way::Perf || there_is_perf()).collect();
    for (title, workload, key, value, rows) in WORKS {
        let mut params: Params = [("rows", rows)].into_iter().collect();
        params.set(key, value);
        let found = in_turns(workload, &params, &ways)?;
        let ms = median(&found.base_ns).context("no execution")? / 1e6;
        let processes = found.logs[0][0].len();
        println!(
            "CPU time of {title}, {ms:.0} ms, by {processes} processes of each kind in turns:"
        );
        println!("  | sampled by | the program | 95 % | with the sampler's own | 95 % |");
        println!("  |---|---:|---:|---:|---:|");
        for ((name, _), [program, all]) in ways.iter().zip(&found.logs).skip(1) {
            println!("  | {name} | {} | {} |", cell(program)?, cell(all)?);
        }
        println!();
    }
    Ok(())
}

/// What was found of one work.
struct Found {
    /// CPU time of the executions that nobody samples.
    base_ns: Vec<f64>,
    /// For each way and each process: the logarithm of the ratio of CPU times, without and with the
    /// sampler's own.
    logs: Vec<[Vec<f64>; 2]>,
}

fn in_turns(workload: &str, params: &Params, ways: &[(&str, Way)]) -> anyhow::Result<Found> {
    let place = tempfile::tempdir()?;
    let mut launcher = Launcher::start(&dyno()?)?;
    let mut rng = StdRng::seed_from_u64(1);
    let mut found = Found { base_ns: Vec::new(), logs: vec![Default::default(); ways.len()] };
    let began = Instant::now();
    while began.elapsed() < TIME {
        let start = |(_, way): &(&str, Way)| {
            Seat::start(&mut launcher, place.path(), (workload, params), *way)
        };
        let mut seats = ways.iter().map(start).collect::<anyhow::Result<Vec<_>>>()?;
        let mut logs: Vec<[Vec<f64>; 2]> = vec![Default::default(); ways.len()];
        for execution in 0..WARMUP + EXECUTIONS {
            let mut order: Vec<usize> = (0..ways.len()).collect();
            order.shuffle(&mut rng);
            let mut costs = vec![Cost::default(); ways.len()];
            for at in order {
                costs[at] = seats[at].execute()?;
            }
            if execution < WARMUP {
                continue;
            }
            let base = costs[0].program_ns;
            found.base_ns.push(base);
            for (logs, cost) in logs.iter_mut().zip(&costs) {
                logs[0].push((cost.program_ns / base).ln());
                logs[1].push(((cost.program_ns + cost.sampler_ns) / base).ln());
            }
        }
        for (all, one) in found.logs.iter_mut().flatten().zip(logs.iter().flatten()) {
            all.push(median(one).context("no execution")?);
        }
        seats.into_iter().try_for_each(Seat::end)?;
    }
    Ok(found)
}

fn cell(logs: &[f64]) -> anyhow::Result<String> {
    let interval = Interval::of_median(logs).context("no process")?;
    ensure!(interval.is_confident(), "too few processes for an interval");
    let percent = |log: f64| 100.0 * log.exp_m1();
    let middle = percent(median(logs).context("no process")?);
    let (low, high) = (percent(interval.low), percent(interval.high));
    Ok(format!("{middle:+.2} % | {low:+.2} to {high:+.2} %"))
}

#[derive(Clone, Copy, Default)]
struct Cost {
    /// CPU time of the program's work, by its own clock.
    program_ns: f64,
    /// CPU time of the thread or process that takes the samples.
    sampler_ns: f64,
}

/// A worker, and what samples it.
struct Seat {
    worker: Worker,
    counters: Option<Counters>,
    profiler: Option<Profiler>,
    /// Where the kernel says how long the sampler has been on a core.
    sampler: Option<PathBuf>,
}

impl Seat {
    fn start(
        launcher: &mut Launcher,
        place: &Path,
        (workload, params): (&str, &Params),
        way: Way,
    ) -> anyhow::Result<Self> {
        let mut argv = Vec::new();
        if way == Way::Perf {
            let perf = "perf record -q -F 999 -g -e cpu-clock -o perf.data --";
            argv.extend(perf.split(' ').map(str::to_owned));
        }
        argv.extend([dyno()?.to_string_lossy().into_owned(), WORKER_COMMAND.to_owned()]);
        let held = launcher.hold(&Spawn::worker(argv, place)).map_err(said)?;
        let target = Target::new(held.pid().cast_unsigned(), TargetKind::Worker);
        let (mut profiler, mut counters, mut sampler) = (None, None, None);
        match way {
            Way::Not => {}
            Way::Perf => sampler = Some(format!("/proc/{}/schedstat", target.pid).into()),
            Way::Dyno(sizes) => {
                let settings = Settings { sizes, ..Settings::default() };
                let known = threads()?;
                let new: &Profiler = profiler.insert(Profiler::new(settings));
                new.arm(true);
                let (opened, lacks) = Counters::open(&target, &[new]);
                ensure!(lacks.is_empty(), "{lacks:?}");
                counters = Some(opened);
                let thread = threads()?.difference(&known).next().cloned().context("no thread")?;
                sampler = Some(format!("/proc/self/task/{thread}/schedstat").into());
            }
        }
        let mut worker = Worker::greet(held.release().map_err(said)?, TIMEOUT).map_err(said)?;
        let (workload, params) = (workload.to_owned(), params.clone());
        let data_dir = place.to_owned();
        worker.prepare(&Prepare { workload, params, seed: 1, data_dir }, TIMEOUT).map_err(said)?;
        Ok(Self { worker, counters, profiler, sampler })
    }

    fn execute(&mut self) -> anyhow::Result<Cost> {
        let before = self.sampler_ns()?;
        if let Some(counters) = &mut self.counters {
            counters.start();
        }
        let done = self.worker.run(1, TIMEOUT).map_err(said)?;
        if let Some(counters) = &mut self.counters {
            counters.stop();
        }
        if self.sampler.is_some() {
            // What lies in a buffer still is worked off now, and belongs to this execution.
            sleep(Duration::from_millis(100));
        }
        let program_ns = done.cpu_ns.context("a worker tells its CPU time")? as f64;
        Ok(Cost { program_ns, sampler_ns: self.sampler_ns()? - before })
    }

    fn sampler_ns(&self) -> anyhow::Result<f64> {
        let Some(path) = &self.sampler else { return Ok(0.0) };
        let text = fs::read_to_string(path)?;
        Ok(text.split(' ').next().context("no time on a core")?.parse()?)
    }

    fn end(self) -> anyhow::Result<()> {
        drop(self.profiler);
        self.worker.bye(TIMEOUT).map_err(said)?;
        Ok(())
    }
}

/// The threads of this process.
fn threads() -> anyhow::Result<BTreeSet<String>> {
    let entries = fs::read_dir("/proc/self/task")?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn said(failure: record::Failure) -> anyhow::Error {
    anyhow::anyhow!(failure.message)
}
