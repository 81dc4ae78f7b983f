//! What was found out about a machine, in words a person can act on. Pure: `doctor.rs` hands in
//! what was measured, `text.rs` lays out what comes back.

use std::time::Duration;

use engine::counters::SOURCES;
use engine::doctor::{CHANGE, Counted, Noisiness, Speed};
use engine::environment::NoiseDelta;
use record::{Source, Unavailable};
use reports::format::{Kind, significant};
use serde::Serialize;

use super::{Examined, Kernel};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What it is about; several in a row share one.
    pub(super) topic: &'static str,
    /// How good it is.
    pub(super) state: State,
    /// What was found, in one sentence.
    pub(super) text: String,
    /// What would help; empty where nothing is to be done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) fix: String,
}

/// What lets the kernel be looked at as well.
const KERNEL_TOO: &str = "sudo sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON for dyno";

/// What is said in the place of what takes its time.
const NOT_LOOKED_AT: &str = "noise, a program against itself and storage were not looked at";

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// As it should be.
    Good,
    /// It costs precision or says less than it could.
    Poor,
    /// It is not to be had here.
    Lacking,
}

fn finding(topic: &'static str, state: State, text: impl Into<String>, fix: &str) -> Finding {
    Finding { topic, state, text: text.into(), fix: fix.to_owned() }
}

/// Everything, in the order in which it is printed.
pub(super) fn findings(examined: &Examined) -> Vec<Finding> {
    let mut all = counting(&examined.facilities.counted, &examined.facilities.unavailable);
    all.push(simulation(&examined.facilities.valgrind));
    all.push(profiling(&examined.facilities.sampling));
    all.push(clocks(examined));
    if let Some(slow) = &examined.slow {
        all.push(noise_now(&slow.noise, examined.cores));
        all.extend(same_twice(&slow.kernels));
        all.extend(decidable(&slow.kernels));
    }
    all.extend(machine(examined));
    all.push(match &examined.slow {
        Some(slow) => storage(examined, &slow.disk),
        None => finding("quick", State::Good, NOT_LOOKED_AT, ""),
    });
    all
}

/// One line for each source that counts, and one for each reason why something is not counted.
fn counting(counted: &[Counted], unavailable: &[Unavailable]) -> Vec<Finding> {
    let mut all = Vec::new();
    let rungs = [Source::Hardware, Source::Software, Source::Process, Source::Machine];
    debug_assert_eq!(rungs.len(), SOURCES.len(), "a rung for every source");
    for source in rungs {
        if let Some(one) = counted.iter().find(|one| one.source == source) {
            let text = format!("{source}: {}", one.metrics.join(", "));
            all.push(finding("counted", State::Good, text, ""));
            if !one.user_only.is_empty() {
                let text = format!("{source}, in user space alone: {}", one.user_only.join(", "));
                all.push(finding("counted", State::Poor, text, KERNEL_TOO));
            }
        }
        for lack in unavailable.iter().filter(|lack| lack.source == source) {
            let text = format!("no {}: {}", lack.metrics.join(", "), lack.reason);
            all.push(finding("counted", State::Lacking, text, &lack.remedy));
        }
    }
    all
}

fn simulation(valgrind: &Result<String, String>) -> Finding {
    match valgrind {
        Ok(version) => {
            finding("simulated", State::Good, format!("instructions and caches, by {version}"), "")
        }
        Err(why) => finding(
            "simulated",
            State::Lacking,
            format!("no simulated instructions and caches: {why}"),
            "sudo apt install valgrind (or your system's package of that name)",
        ),
    }
}

fn profiling(sampling: &Result<bool, Unavailable>) -> Finding {
    let text = "the CPU clock with call chains can be sampled";
    match sampling {
        Ok(true) => finding("profiled", State::Good, text, ""),
        Ok(false) => {
            let text = format!("{text}, in user space alone: the kernel's time is missing");
            finding("profiled", State::Poor, text, KERNEL_TOO)
        }
        Err(why) => {
            let text = format!("no profiles: {}", why.reason);
            finding("profiled", State::Lacking, text, &why.remedy)
        }
    }
}

fn clocks(examined: &Examined) -> Finding {
    /// Coarser than this, a sample of 5 ms is off by a part in a thousand.
    const STEP_NS_MAX: f64 = 5_000.0;
    let time = |ns: f64| Kind::Time.scale(ns).with_unit(ns, 2);
    let wall = &examined.wall_clock;
    let source = examined.environment.fact("clocksource").unwrap_or("unknown");
    let mut text = format!(
        "wall time in steps of {}, {} a look (from {source})",
        time(wall.step_ns),
        time(wall.read_ns)
    );
    if let Some(cpu) = &examined.cpu_clock {
        text +=
            &format!("; CPU time in steps of {}, {} a look", time(cpu.step_ns), time(cpu.read_ns));
    }
    if wall.step_ns <= STEP_NS_MAX {
        return finding("clocks", State::Good, text, "");
    }
    let fix = "another clock source, if there is one: \
               /sys/devices/system/clocksource/clocksource0/available_clocksource";
    finding("clocks", State::Poor, text, fix)
}

fn noise_now((noise, time): &(NoiseDelta, Duration), cores: usize) -> Finding {
    /// The bounds of the warning "Busy machine".
    const WAITED_MAX: f64 = 0.10;
    const STOLEN_MAX: f64 = 0.01;
    let of =
        |ns: Option<u64>, width: f64| ns.map(|ns| ns as f64 / (time.as_nanos() as f64 * width));
    let stolen = of(noise.steal_ns, cores.max(1) as f64);
    let waited = of(noise.cpu_pressure_ns, 1.0);
    let shares = [
        ("the hypervisor took", stolen, " of the CPU time"),
        ("tasks waited for a CPU", waited, " of the time"),
        ("for memory", of(noise.memory_pressure_ns, 1.0), ""),
        ("for I/O", of(noise.io_pressure_ns, 1.0), ""),
    ];
    let told = shares
        .into_iter()
        .filter_map(|(what, share, of)| Some(format!("{what} {}{of}", percent(share?))));
    let text = told.collect::<Vec<_>>().join(", ");
    let text = if text.is_empty() { "this kernel tells nothing of it".to_owned() } else { text };
    let (fix, state) = match (stolen, waited) {
        (Some(stolen), _) if stolen > STOLEN_MAX => {
            ("take a machine of its own, or reject samples: reject = \"steal > 1%\"", State::Poor)
        }
        (_, Some(waited)) if waited > WAITED_MAX => ("end what else runs", State::Poor),
        _ => ("", State::Good),
    };
    finding("noise now", state, text, fix)
}

/// How far a kernel lies from itself.
fn same_twice(kernels: &[Kernel]) -> Vec<Finding> {
    /// A pair that scatters more than this hides a change of 3 % for minutes.
    const SPREAD_MAX: f64 = 0.03;
    let spread =
        |noise: &Option<Noisiness>| noise.map_or("?".to_owned(), |one| percent(one.spread));
    let line = |kernel: &Kernel| {
        let text = format!(
            "{} against itself: {} apart by CPU time, {} by wall time",
            kernel.name,
            spread(&kernel.cpu),
            spread(&kernel.wall)
        );
        let best = [kernel.cpu, kernel.wall].into_iter().flatten().map(|one| one.spread);
        let best = best.fold(f64::INFINITY, f64::min);
        let state = if best <= SPREAD_MAX { State::Good } else { State::Poor };
        finding("same twice", state, text, "")
    };
    kernels.iter().map(line).collect()
}

/// What the noise of the kernels means: the worst of them speaks.
fn decidable(kernels: &[Kernel]) -> Option<Finding> {
    /// Longer than this, nobody waits for a verdict of one case.
    const SECONDS_MAX: f64 = 60.0;
    type Pick = fn(&Kernel) -> Option<Noisiness>;
    let worst = |pick: Pick| {
        let all: Option<Vec<Noisiness>> = kernels.iter().map(pick).collect();
        let seconds = |one: &Noisiness| one.seconds.unwrap_or(f64::INFINITY);
        all?.into_iter().max_by(|a, b| seconds(a).total_cmp(&seconds(b)))
    };
    let change = format!("{} %", CHANGE * 100.0);
    let words = |noise: Noisiness, by: &str| match (noise.seconds, noise.in_a_minute) {
        (Some(seconds), _) => format!("in about {} s a case by {by}", significant(seconds, 2)),
        (None, Some(least)) => format!("not by {by}, where a minute decides {}", percent(least)),
        (None, None) => format!("not by {by}"),
    };
    let cpu = worst(|kernel| kernel.cpu);
    let wall = worst(|kernel| kernel.wall);
    let told: Vec<String> =
        [cpu.map(|one| words(one, "CPU time")), wall.map(|one| words(one, "wall time"))]
            .into_iter()
            .flatten()
            .collect();
    let best = [cpu, wall].into_iter().flatten().filter_map(|one| one.seconds);
    let best = best.fold(f64::INFINITY, f64::min);
    let (state, fix) = match best <= SECONDS_MAX {
        true => (State::Good, ""),
        false => (State::Poor, "quieten the machine first: the noise above is what hides a change"),
    };
    let text = format!(
        "a {change} change is decidable {}; samples that take longer take longer in proportion",
        told.join(", ")
    );
    (!told.is_empty()).then(|| finding("it means", state, text, fix))
}

/// Frequency, cores, memory and layout, from the facts that every run records.
fn machine(examined: &Examined) -> Vec<Finding> {
    let fact = |name: &str| examined.environment.fact(name).unwrap_or("unknown");
    let known = |name: &str| Some(fact(name)).filter(|text| !text.starts_with("unknown"));
    let frequency = match (known("governor"), known("turbo")) {
        (None, None) => {
            let text = format!("{}; no cpufreq here, the host decides", fact("frequency"));
            finding("frequency", State::Good, text, "")
        }
        (governor, turbo) => {
            let text = format!(
                "governor {}, turbo {}, {}",
                governor.unwrap_or("not told"),
                turbo.unwrap_or("not told"),
                fact("frequency")
            );
            let fixes = [
                (governor.is_some_and(|word| word != "performance"))
                    .then_some("sudo cpupower frequency-set -g performance"),
                (turbo == Some("on"))
                    .then_some("turn turbo off (cpufreq/boost, intel_pstate/no_turbo)"),
            ];
            let fix = fixes.into_iter().flatten().collect::<Vec<_>>().join("; ");
            let state = if fix.is_empty() { State::Good } else { State::Poor };
            finding("frequency", state, text, &fix)
        }
    };
    let siblings = fact("threads_per_core").split(' ').next().unwrap_or("1") != "1";
    let really = fact("cores_really_there");
    /// The bound of the warning "Cores not there".
    const WORK_MIN: f64 = 1.6;
    let few = really.split('x').next().and_then(|text| text.parse::<f64>().ok());
    let (state, fix) = match (few.is_some_and(|work| work < WORK_MIN), siblings) {
        (true, _) => (State::Poor, "free the machine, or take one with cores of its own"),
        (_, true) => (State::Poor, "pin workers to one thread of each core: --pin"),
        _ => (State::Good, ""),
    };
    let text = format!(
        "{} online, {really}; threads per core: {}",
        fact("cores"),
        fact("threads_per_core")
    );
    let cores = finding("cores", state, text, fix);
    let pages = fact("transparent_huge_pages");
    let text =
        format!("{}; transparent huge pages: {pages}; swap {}", fact("memory"), fact("swap"));
    let fix = "times may have two modes: echo madvise | sudo tee \
               /sys/kernel/mm/transparent_hugepage/enabled";
    let (state, fix) = if pages == "always" { (State::Poor, fix) } else { (State::Good, "") };
    let memory = finding("memory", state, text, fix);
    let aslr = match fact("aslr") {
        text if text.starts_with('0') => finding(
            "layout",
            State::Poor,
            "address-space randomisation is off: every process has the same luck with its layout",
            "sudo sysctl kernel.randomize_va_space=2",
        ),
        text => {
            let much = match text {
                "2" => "full",
                "1" => "without the heap",
                other => other,
            };
            let text = format!("address-space randomisation: {much}; processes sample the layouts");
            finding("layout", State::Good, text, "")
        }
    };
    vec![frequency, cores, memory, aslr]
}

fn storage(examined: &Examined, disk: &Result<Speed, String>) -> Finding {
    let place = examined.data_dir.display();
    let kind = examined.mount.as_ref().map_or("unknown file system", |mount| mount.kind.as_str());
    let in_memory = examined.mount.as_ref().is_some_and(engine::environment::Mount::in_memory);
    let fix = "give workers a disk: `directory` under [output], or --store DIR";
    match disk {
        Err(why) => finding("storage", State::Lacking, format!("not measured: {why}"), fix),
        Ok(speed) => {
            let rate = |rate: f64| Kind::BytesPerSecond.scale(rate).with_unit(rate, 3);
            let text = format!(
                "{place} ({kind}): written at {} with sync, read at {}",
                rate(speed.write),
                rate(speed.read)
            );
            let (state, fix) = if in_memory { (State::Poor, fix) } else { (State::Good, "") };
            finding("storage", state, text, fix)
        }
    }
}

fn percent(share: f64) -> String {
    format!("{} %", significant(share * 100.0, 2))
}

#[cfg(test)]
mod tests;
