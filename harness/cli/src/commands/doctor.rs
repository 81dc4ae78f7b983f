//! `dyno doctor`: what this machine can measure, how well, and the fix for each lack.
//!
//! Examines, puts what was found into words (`doctor/findings.rs`) and prints them. Nothing is
//! stored, and a lack is no failure.

mod findings;
mod text;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use engine::counters::{self, Offered};
use engine::doctor::{self, Clock, Facilities, Identical, Noisiness, Speed};
use engine::environment::{self, Mount, Noise, NoiseDelta};
use engine::measure::Bench;
use engine::worker::Launcher;
use rand::SeedableRng;
use rand::rngs::StdRng;
use record::Environment;
use record::store::Store;
use serde_json::{Value, json};

use self::findings::findings;
use super::planning::{self, Selection};
use crate::args::{DoctorArgs, DoctorFormat};
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// The kernels, each against itself.
const SUITE: &str = "name = \"doctor\"\n[sampling]\ntimeout = \"60s\"\n[counters]\nshare = true\n\
                     [[case]]\nworkload = \"kernel\"\n\
                     grid = { kind = [\"branchy\", \"memory\", \"allocating\"] }\n";

/// Pairs of each kernel: the least from which a forecast is made, and some.
const PAIRS: u32 = 12;

/// Everything that was found out.
struct Examined {
    facilities: Facilities,
    wall_clock: Clock,
    cpu_clock: Option<Clock>,
    /// None where it was to be quick.
    slow: Option<Slow>,
    cores: usize,
    environment: Environment,
    data_dir: PathBuf,
    mount: Option<Mount>,
}

/// What takes its time.
struct Slow {
    kernels: Vec<Kernel>,
    /// What else the machine did meanwhile, and how long that was.
    noise: (NoiseDelta, Duration),
    disk: Result<Speed, String>,
}

/// A kernel held against itself.
struct Kernel {
    name: String,
    pairs: Identical,
    wall: Option<Noisiness>,
    cpu: Option<Noisiness>,
}

/// Examines the machine, or lists its events.
///
/// # Errors
/// When a worker cannot be started or the result cannot be printed.
pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<Exit> {
    if args.events {
        let offered = counters::offered();
        print(&match args.format {
            DoctorFormat::Text => text::events(&offered),
            DoctorFormat::Json => pretty(&events_json(&offered))?,
        })?;
        return Ok(Exit::Ok);
    }
    let examined = examine(args)?;
    let findings = findings(&examined);
    print(&match args.format {
        DoctorFormat::Text => text::screen(&findings),
        DoctorFormat::Json => pretty(&examined_json(&examined, &findings))?,
    })?;
    Ok(Exit::Ok)
}

fn examine(args: &DoctorArgs) -> anyhow::Result<Examined> {
    let exe = std::env::current_exe().context("cannot tell dyno's own executable")?;
    // First of all: the launcher must fork from a process that is still small.
    let mut launcher = Launcher::start(&exe)?;
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let data_dir = existing(&args.data_dir.clone().unwrap_or_else(|| store.work_dir()))?;
    let slow = if args.quick { None } else { Some(slow(&mut launcher, &exe, &data_dir)?) };
    Ok(Examined {
        facilities: doctor::facilities(),
        wall_clock: doctor::wall_clock(),
        cpu_clock: doctor::process_cpu_clock(),
        slow,
        cores: environment::cores_online(),
        environment: environment::capture(&data_dir, &place::workspace(None)?),
        mount: environment::storage(&data_dir),
        data_dir,
    })
}

fn slow(launcher: &mut Launcher, exe: &Path, data_dir: &Path) -> anyhow::Result<Slow> {
    eprintln!("examining this machine: some seconds");
    let before = (Noise::now(), Instant::now());
    let kernels = kernels(launcher, exe)?;
    let noise = (Noise::now().since(&before.0), before.1.elapsed());
    let disk = doctor::disk(data_dir).map_err(|error| format!("{error:#}"));
    Ok(Slow { kernels, noise, disk })
}

/// The directory, or the nearest one above it that exists: nothing is created to be measured.
fn existing(path: &Path) -> anyhow::Result<PathBuf> {
    let absolute = std::path::absolute(path).context("no absolute path of the data directory")?;
    let there = absolute.ancestors().find(|path| path.is_dir());
    there.map(Path::to_owned).context("no directory above the data directory exists")
}

fn kernels(launcher: &mut Launcher, exe: &Path) -> anyhow::Result<Vec<Kernel>> {
    let selection =
        Selection { suite: Path::new("/doctor.toml"), filter: None, set: &[], pin: None };
    let plan = planning::plan_text(SUITE, &selection, launcher)?;
    let work_dir = std::env::temp_dir().join(format!("dyno-doctor-{}", std::process::id()));
    let mut bench = Bench {
        launcher,
        exe: exe.to_owned(),
        sampling: &plan.sampling,
        sources: vec![&counters::Software],
        work_dir: work_dir.clone(),
    };
    let mut rng = StdRng::seed_from_u64(plan.sampling.seed);
    let mut kernel = |case: &engine::case::Case| {
        let pairs = doctor::identical(&mut bench, case, PAIRS, &mut rng)?;
        let of = |ratios: &[f64]| Noisiness::of(ratios, pairs.pair_seconds);
        let (wall, cpu) = (of(&pairs.wall), of(&pairs.cpu));
        let name = case.params.get("kind").map(ToString::to_string).unwrap_or_default();
        Ok(Kernel { name, pairs, wall, cpu })
    };
    let all: anyhow::Result<Vec<Kernel>> = plan.cases.iter().map(&mut kernel).collect();
    let _ = std::fs::remove_dir_all(&work_dir);
    all
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

fn events_json(offered: &[Offered]) -> Value {
    let events = offered.iter().map(|one| {
        json!({
            "event": one.name,
            "resolved": one.event,
            "about": one.about,
            "group": one.state.as_ref().ok(),
            "unavailable": one.state.as_ref().err(),
        })
    });
    json!({ "schema": 1, "events": events.collect::<Vec<_>>() })
}

fn examined_json(examined: &Examined, findings: &[findings::Finding]) -> Value {
    let clock = |clock: &Clock| json!({ "step_ns": clock.step_ns, "read_ns": clock.read_ns });
    let noisiness = |noise: &Option<Noisiness>| {
        let seen = |noise: &Noisiness| {
            json!({
                "spread": noise.spread,
                "seconds_to_decide": noise.seconds,
                "decidable_in_a_minute": noise.in_a_minute,
            })
        };
        noise.as_ref().map(seen)
    };
    let kernel = |kernel: &Kernel| {
        json!({
            "kernel": kernel.name,
            "pairs": kernel.pairs.wall.len(),
            "pair_seconds": kernel.pairs.pair_seconds,
            "wall_time": noisiness(&kernel.wall),
            "cpu_time": noisiness(&kernel.cpu),
        })
    };
    let slow = examined.slow.as_ref();
    let kernels = slow.map(|slow| slow.kernels.iter().map(kernel).collect::<Vec<_>>());
    let noise = slow.map(|Slow { noise: (noise, time), .. }| {
        json!({
            "seconds": time.as_secs_f64(),
            "cores": examined.cores,
            "cpu_pressure_ns": noise.cpu_pressure_ns,
            "memory_pressure_ns": noise.memory_pressure_ns,
            "io_pressure_ns": noise.io_pressure_ns,
            "steal_ns": noise.steal_ns,
        })
    });
    let disk = slow.and_then(|slow| slow.disk.as_ref().ok()).map(|speed| {
        json!({ "write_bytes_per_second": speed.write, "read_bytes_per_second": speed.read })
    });
    let counted = examined.facilities.counted.iter().map(
        |one| json!({ "source": one.source, "metrics": one.metrics, "user_only": one.user_only }),
    );
    json!({
        "schema": 1,
        "findings": findings,
        "counted": counted.collect::<Vec<_>>(),
        "unavailable": examined.facilities.unavailable,
        "wall_clock": clock(&examined.wall_clock),
        "process_cpu_clock": examined.cpu_clock.as_ref().map(clock),
        "change": doctor::CHANGE,
        "kernels": kernels,
        "noise": noise,
        "data_dir": examined.data_dir,
        "disk": disk,
        "environment": examined.environment,
    })
}
