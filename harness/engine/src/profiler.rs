//! A sampling profiler of its own: where the time of a worker or of a whole process tree goes.
//!
//! It is attached like counters are, as a [`CounterSource`] on a process that is held before its
//! exec, and needs no help from the program. What it costs is in the program's time, so it belongs
//! into a pass of its own (`profiler/pass.rs`) and never beside a timed sample.

mod elf;
mod event;
mod pass;
mod processes;
mod record;
mod stacks;
mod unwind;
mod vdso;

#[cfg(target_os = "linux")]
mod drain;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod stubs;
#[cfg(target_os = "linux")]
mod symbols;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ::record::{Profile, ProfileInfo, Region, Stack, Unavailable, Weight};

use crate::case::Profiling;
use crate::counters::{
    CounterSource, Facility, Opened, Probe, Snapshot, Target, TargetKind, refused,
};
#[cfg(target_os = "linux")]
use drain::{Drain, Regions, Taken};
#[cfg(not(target_os = "linux"))]
use elsewhere::{Drain, Names, Regions, Symbols, Taken};
pub use event::Event;
pub use pass::{ProfilePass, Profiled};
use stacks::Stacks;
#[cfg(target_os = "linux")]
use symbols::{Names, Symbols};

/// How to sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What to sample.
    pub event: Event,
    /// Samples per second and core.
    pub rate_hz: u64,
    /// Give functions that the compiler inlined frames of their own.
    pub inlines: bool,
    /// Bytes of the buffer of each core, a power of two of pages, and of the copy of the stack in
    /// each sample; without them, as much as the kernel lets this process lock.
    pub sizes: Option<(usize, u32)>,
    /// The cores to sample on.
    pub cpus: Vec<usize>,
}

impl From<&Profiling> for Settings {
    fn from(profiling: &Profiling) -> Self {
        Self {
            event: profiling.event.clone(),
            rate_hz: profiling.rate_hz,
            inlines: profiling.inlines,
            ..Self::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // OK because a test parses every known name.
            event: Event::parse("cpu-clock").expect("a known event"),
            rate_hz: 999,
            inlines: false,
            sizes: None,
            cpus: online_cpus(),
        }
    }
}

/// Samples one case, process after process.
pub struct Profiler {
    settings: Settings,
    regions: Arc<Regions>,
    armed: Arc<AtomicBool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Drain>,
    /// What the ended processes have brought.
    taken: Taken,
    region: Option<Region>,
    kernel: bool,
    refusal: Option<Unavailable>,
}

/// What is known about a profile besides its stacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Executions of the work.
    pub executions: u32,
    /// Rows processed, if every execution said so.
    pub rows: Option<u64>,
    /// Wall time of the executions in ns.
    pub wall_ns: u64,
}

impl Profiler {
    /// A profiler that has seen nothing yet, and will not before it is armed.
    pub fn new(settings: Settings) -> Self {
        Self { settings, regions: Arc::default(), armed: Arc::default(), state: Mutex::default() }
    }

    /// From the next iteration on samples count, or are left out (warm-up).
    pub fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::Relaxed);
    }

    /// Why nothing could be sampled, if that is so.
    pub fn refusal(&self) -> Option<Unavailable> {
        self.lock().refusal.clone()
    }

    /// Ends sampling and gives the frames their names.
    fn finish(self, case: ::record::CaseId, work: Work, symbols: &Symbols) -> Profile {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = state.running.take() {
            state.taken = running.end();
        }
        let Taken { processes, stacks } = state.taken;
        let names = symbols.names(stacks.by_place.keys(), processes.files());
        let mut info = ProfileInfo {
            schema: ProfileInfo::SCHEMA,
            case,
            rate_hz: self.settings.rate_hz,
            weight: match self.settings.event.is_clock() {
                true => Weight::CpuTime,
                false => Weight::Events,
            },
            event: self.settings.event.name,
            kernel: state.kernel,
            inlines: self.settings.inlines,
            region: state.region.unwrap_or(Region::Work),
            executions: work.executions,
            rows: work.rows,
            wall_ns: work.wall_ns,
            samples: 0,
            outside: stacks.outside,
            lost: stacks.lost,
            frames: 0,
            unknown_frames: 0,
            broken: 0,
        };
        let stacks = named(&stacks, &names, &mut info);
        Profile { info, stacks }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal_of(&self, error: &io::Error) -> Unavailable {
        let facility = match self.settings.event.is_software() {
            true => Facility::Software,
            false => Facility::Hardware,
        };
        let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid");
        let paranoid = paranoid.ok().and_then(|text| text.trim().parse().ok());
        let metrics = vec![format!("profile of {}", self.settings.event.name)];
        refused(facility, metrics, error.raw_os_error(), paranoid)
    }
}

impl CounterSource for Profiler {
    fn name(&self) -> &'static str {
        "profiler"
    }

    fn open(&self, target: &Target) -> Opened {
        let mut state = self.lock();
        if let Some(running) = state.running.take() {
            state.taken = running.end();
        }
        let taken = std::mem::take(&mut state.taken);
        match Drain::start(target.pid, &self.settings, Arc::clone(&self.regions), taken) {
            Ok((drain, kernel)) => {
                state.running = Some(drain);
                state.kernel = kernel;
                state.region = Some(match target.kind {
                    TargetKind::Worker => Region::Work,
                    TargetKind::Command => Region::Process,
                });
                let mark =
                    Mark { regions: Arc::clone(&self.regions), armed: Arc::clone(&self.armed) };
                Opened { probes: vec![Box::new(mark)], unavailable: Vec::new() }
            }
            Err(error) => {
                let refusal = self.refusal_of(&error);
                state.refusal = Some(refusal.clone());
                Opened { probes: Vec::new(), unavailable: vec![refusal] }
            }
        }
    }
}

/// Says when the work begins and ends; counts nothing.
struct Mark {
    regions: Arc<Regions>,
    armed: Arc<AtomicBool>,
}

impl Probe for Mark {
    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        if self.armed.load(Ordering::Relaxed) {
            self.regions.mark();
        }
        Ok(Snapshot::default())
    }
}

/// Stacks of names, each once, and what is to be said of their quality.
fn named(stacks: &Stacks, names: &Names, info: &mut ProfileInfo) -> Vec<Stack> {
    let mut by_frames: std::collections::BTreeMap<String, stacks::Count> = Default::default();
    for (key, count) in &stacks.by_place {
        let mut frames = key.role.replace(';', ":");
        for place in key.places.iter().rev() {
            let Some(name) = names.get(place) else { continue };
            for frame in &name.frames {
                frames.push(';');
                frames.push_str(frame);
            }
            info.frames += count.samples * name.frames.len() as u64;
            info.unknown_frames += if name.known { 0 } else { count.samples };
        }
        info.samples += count.samples;
        info.broken += if stacks.is_broken(key) { count.samples } else { 0 };
        let sum = by_frames.entry(frames).or_default();
        sum.samples += count.samples;
        sum.weight += count.weight;
    }
    let stack = |(frames, count): (String, stacks::Count)| Stack {
        frames,
        samples: count.samples,
        weight: count.weight,
    };
    by_frames.into_iter().map(stack).collect()
}

/// The CPUs that are switched on; the first one alone where the kernel does not say.
fn online_cpus() -> Vec<usize> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    crate::suite::parse_cpus(text.trim()).unwrap_or_else(|| vec![0])
}
