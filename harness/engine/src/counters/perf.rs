//! Groups of perf_event counters on another process, with every thread and child it will have.
//! The only file that knows the `perf-event2` crate. `hardware.rs` and `software.rs` call it.
//!
//! It never enables, disables or resets an open counter: that loses counts of running threads.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use perf_event::events::Software as SoftwareEvent;
use perf_event::{Builder, Counter, GroupData, ReadFormat, SampleFlag};
use record::{Source, Unavailable};

use super::event::{Event, EventGroup, Kernel};
use super::packing::Fit;
use super::refusal::{self, Facility, is_absence, is_combination, is_permission};
use super::snapshot::{Clock, Kind, Reading, Snapshot};
use super::{Opened, Probe, Target, TargetKind, say_once, unavailable};

/// Reads that may fail with ECHILD one after the other while threads die. Two of 1,500 failed once
/// in a measurement; none failed twice.
const READ_ATTEMPTS: u32 = 100;

/// Events that the machine has turned out not to have, by type and configuration, with the error
/// number. A run opens its counters on thousands of processes; each asks for what may be there.
static ABSENT: Mutex<BTreeMap<(u32, u64), i32>> = Mutex::new(BTreeMap::new());

/// One counter of every software event on this process itself, switched off and never read.
///
/// The kernel patches its own code, on every CPU, when the first counter of a software event is
/// opened and when the last one is closed: tens of microseconds each time (`perf_swevent_init` in
/// `kernel/events/core.c`). As long as these are open, no other one is the first or the last.
static KEPT: OnceLock<Vec<Counter>> = OnceLock::new();

/// Opens `groups` on a process. The kernel is counted too; where that is not permitted user space
/// alone is, and what happens only in the kernel is unavailable then.
pub(super) fn open(target: &Target<'_>, facility: Facility, groups: &[EventGroup]) -> Opened {
    if facility == Facility::Software {
        KEPT.get_or_init(|| keep(groups));
    }
    let mut opener = Opener { target, facility, kernel: true, unavailable: Vec::new() };
    let mut probes: Vec<Box<dyn Probe>> = Vec::new();
    for group in groups {
        for probe in opener.open(group) {
            probes.push(Box::new(probe));
        }
    }
    Opened { probes, unavailable: opener.unavailable }
}

/// What cannot be kept open costs time and nothing else.
fn keep(groups: &[EventGroup]) -> Vec<Counter> {
    let open = |event: &Event| {
        let mut builder = bare(event);
        builder.observe_self().any_cpu().exclude_kernel(true);
        builder.build().ok()
    };
    groups.iter().flat_map(|group| group.events.iter()).filter_map(open).collect()
}

fn bare(event: &Event) -> Builder<'static> {
    let mut builder = Builder::new(SoftwareEvent::DUMMY);
    builder.attrs_mut().type_ = event.kind;
    builder.attrs_mut().config = event.config;
    builder
}

struct Opener<'a> {
    target: &'a Target<'a>,
    facility: Facility,
    kernel: bool,
    unavailable: Vec<Unavailable>,
}

impl Opener<'_> {
    /// Opens one group. Events that do not fit beside the others come into groups of their own.
    fn open(&mut self, group: &EventGroup) -> Vec<GroupProbe> {
        let mut probes = Vec::new();
        let mut waiting: Vec<&Event> = group.events.iter().collect();
        while !waiting.is_empty() {
            let number = probes.len() + 1;
            let name = if number == 1 {
                group.name.to_string()
            } else {
                format!("{}/{number}", group.name)
            };
            let (probe, misfits) = self.fill(name, &waiting);
            probes.extend(probe);
            waiting = misfits;
        }
        probes
    }

    /// Opens as many of `events` as fit into one group, and returns those that did not fit. The
    /// first one always leads or is refused, so that repeated calls come to an end.
    fn fill<'e>(
        &mut self,
        name: String,
        events: &[&'e Event],
    ) -> (Option<GroupProbe>, Vec<&'e Event>) {
        let mut probe: Option<GroupProbe> = None;
        let mut misfits = Vec::new();
        for event in events {
            if event.kernel == Kernel::Only && !self.kernel {
                self.say_kernel_only(event);
                continue;
            }
            if let Some(errno) = absent(event) {
                self.say_refused(event, Some(errno));
                continue;
            }
            let opened = match &mut probe {
                None => self.lead(event),
                Some(probe) => self.builder(event).build_with_group(&mut probe.leader),
            };
            match (opened, &mut probe) {
                (Ok(leader), None) => {
                    probe = Some(GroupProbe {
                        leader,
                        events: vec![(**event, None)],
                        source: self.facility.source(),
                        kernel: self.kernel,
                        name: name.clone(),
                    });
                }
                (Ok(member), Some(probe)) => probe.events.push((**event, Some(member))),
                (Err(error), Some(_)) if is_combination(error.raw_os_error()) => {
                    misfits.push(*event);
                }
                (Err(error), _) => {
                    remember_absence(event, error.raw_os_error());
                    self.say_refused(event, error.raw_os_error());
                }
            }
        }
        (probe, misfits)
    }

    /// Opens a leader; falls back to user space alone, from here on, where the kernel is refused.
    fn lead(&mut self, event: &Event) -> io::Result<Counter> {
        let first = self.builder(event).build();
        let Err(error) = first else { return first };
        if !self.kernel || !is_permission(error.raw_os_error()) {
            return Err(error);
        }
        self.kernel = false;
        let second = self.builder(event).build();
        // Refused either way: the next leader shall be asked with the kernel again.
        self.kernel = second.is_err();
        second
    }

    fn builder(&self, event: &Event) -> Builder<'static> {
        let mut builder = bare(event);
        builder
            .observe_pid(self.target.pid as i32)
            .any_cpu()
            .inherit(true)
            .exclude_kernel(!self.kernel)
            .read_format(
                ReadFormat::GROUP
                    | ReadFormat::ID
                    | ReadFormat::TOTAL_TIME_ENABLED
                    | ReadFormat::TOTAL_TIME_RUNNING,
            );
        match self.target.kind {
            // Members start disabled like leaders, and would read 0 for ever.
            TargetKind::Worker => builder.enabled(true),
            TargetKind::Command => builder.enable_on_exec(true),
        };
        builder
    }

    fn say_refused(&mut self, event: &Event, errno: Option<i32>) {
        say_once(&mut self.unavailable, [refused(self.facility, event, errno)]);
    }

    fn say_kernel_only(&mut self, event: &Event) {
        let mut new = unavailable(
            &[event.metric.name],
            self.facility.source(),
            "happens in the kernel, which may not be counted here",
        );
        new.remedy =
            "sudo sysctl kernel.perf_event_paranoid=1, or give the program CAP_PERFMON".to_owned();
        say_once(&mut self.unavailable, [new]);
    }
}

/// Why the kernel refused an event, in words.
pub(super) fn refused(facility: Facility, event: &Event, errno: Option<i32>) -> Unavailable {
    let paranoid = if is_permission(errno) { paranoid() } else { None };
    refusal::refused(facility, vec![event.metric.name.to_owned()], errno, paranoid)
}

/// Tries whether events can be counted together: a group of this thread, switched on for a moment.
/// The kernel refuses groups that are larger than the PMU; whether one of its counters is taken for
/// good, for instance by the NMI watchdog, shows only in that the group never runs.
pub(super) fn fit(events: &[Event]) -> Fit {
    match tried(events) {
        Ok(true) => Fit::Fits,
        Ok(false) => Fit::TooMany,
        Err(error) => match error.raw_os_error() {
            errno if events.len() > 1 && is_combination(errno) => Fit::TooMany,
            errno => Fit::Refused(errno),
        },
    }
}

/// Whether a group of these events ran.
fn tried(events: &[Event]) -> io::Result<bool> {
    /// Counters are programmed at once where there is room; this is many times as long.
    const TURNS: u32 = 20_000;
    let builder = |event: &Event| {
        let mut builder = bare(event);
        // What is in question is the room, and user space may be counted where the kernel may not.
        builder.observe_self().any_cpu().exclude_kernel(true).exclude_hv(true).read_format(
            ReadFormat::GROUP
                | ReadFormat::ID
                | ReadFormat::TOTAL_TIME_ENABLED
                | ReadFormat::TOTAL_TIME_RUNNING,
        );
        builder
    };
    let Some((first, rest)) = events.split_first() else { return Ok(true) };
    let mut leader = builder(first).build()?;
    let members: Vec<Counter> = rest
        .iter()
        .map(|event| builder(event).build_with_group(&mut leader))
        .collect::<io::Result<_>>()?;
    leader.enable_group()?;
    (0..TURNS).for_each(|turn| {
        std::hint::black_box(turn);
    });
    let ran = leader.read_group()?.time_running();
    drop(members);
    Ok(ran.is_some_and(|time| !time.is_zero()))
}

/// The id of the calling thread, for a [`Target`] that is this thread and those it will make.
pub fn this_thread() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()
}

/// Whether the profiler's event can be sampled here: the CPU clock of this thread, with its call
/// chains, through a ring of the size that a profile takes. Says whether the kernel is sampled too.
///
/// # Errors
/// Why it cannot.
pub fn try_sampling() -> Result<bool, Unavailable> {
    const RING_BYTES: usize = 128 << 10;
    let open = |kernel: bool| {
        let mut builder = Builder::new(SoftwareEvent::CPU_CLOCK);
        builder.observe_self().any_cpu().exclude_kernel(!kernel);
        builder.sample_frequency(999).sample(SampleFlag::IP | SampleFlag::CALLCHAIN);
        builder.build().and_then(|counter| counter.sampled(RING_BYTES)).map(|_| kernel)
    };
    let opened = match open(true) {
        Err(error) if is_permission(error.raw_os_error()) => open(false),
        other => other,
    };
    opened.map_err(|error| {
        let errno = error.raw_os_error();
        let paranoid = if is_permission(errno) { paranoid() } else { None };
        refusal::refused(Facility::Software, vec!["profile".to_owned()], errno, paranoid)
    })
}

/// The event in words, and as this CPU's driver spells a generic one, because generic events mean
/// different things on different CPUs: `hardware/cache-misses (event=0x2e,umask=0x41)`.
pub(super) fn resolved(event: &Event) -> &'static str {
    static KNOWN: Mutex<BTreeMap<(u32, u64), &'static str>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry((event.kind, event.config)).or_insert_with(|| {
        let devices = std::path::Path::new("/sys/bus/event_source/devices");
        match spelling(devices, event.name) {
            Some(raw) => super::choice::kept(&format!("{} ({raw})", event.name)),
            None => event.name,
        }
    })
}

/// How the driver of the CPU's PMU spells an event: x86 calls it `cpu`, hybrid ones `cpu_core`, ARM
/// by its architecture.
fn spelling(devices: &std::path::Path, name: &str) -> Option<String> {
    let name = name.strip_prefix("hardware/")?;
    let mut pmus: Vec<_> = std::fs::read_dir(devices).ok()?.flatten().collect();
    pmus.sort_by_key(std::fs::DirEntry::file_name);
    pmus.iter().find_map(|pmu| {
        let pmu_name = pmu.file_name();
        let pmu_name = pmu_name.to_str()?;
        let of_cpu = ["cpu", "cpu_core"].contains(&pmu_name) || pmu_name.starts_with("armv");
        let path = pmu.path().join("events").join(name);
        let text = if of_cpu { std::fs::read_to_string(path).ok()? } else { return None };
        Some(text.trim().to_owned())
    })
}

fn absent(event: &Event) -> Option<i32> {
    let absent = ABSENT.lock().unwrap_or_else(PoisonError::into_inner);
    absent.get(&(event.kind, event.config)).copied()
}

fn remember_absence(event: &Event, errno: Option<i32>) {
    if let (true, Some(errno)) = (is_absence(errno), errno) {
        let mut absent = ABSENT.lock().unwrap_or_else(PoisonError::into_inner);
        absent.insert((event.kind, event.config), errno);
    }
}

/// How strict the kernel is, for messages.
fn paranoid() -> Option<i32> {
    let text = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok()?;
    text.trim().parse().ok()
}

/// An open group. Its first event is the leader, so it has no counter of its own here.
struct GroupProbe {
    leader: Counter,
    events: Vec<(Event, Option<Counter>)>,
    source: Source,
    kernel: bool,
    name: String,
}

impl Probe for GroupProbe {
    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        let data = read_group(&mut self.leader).map_err(|error| self.lost(&error))?;
        let ns = |time: Option<std::time::Duration>| time.map_or(0, |time| time.as_nanos() as u64);
        let readings = self.events.iter().filter_map(|(event, member)| {
            let entry = data.get(member.as_ref().unwrap_or(&self.leader))?;
            let clock = Clock {
                enabled_ns: ns(data.time_enabled()),
                running_ns: ns(data.time_running()),
                kernel: self.kernel || event.kernel == Kernel::Always,
                event: resolved(event).into(),
                group: self.name.clone().into(),
            };
            Some(Reading {
                metric: event.metric,
                source: self.source,
                value: entry.value(),
                kind: Kind::Counted(clock),
            })
        });
        Ok(Snapshot { readings: readings.collect() })
    }
}

impl GroupProbe {
    fn lost(&self, error: &io::Error) -> Unavailable {
        let metrics: Vec<_> = self.events.iter().map(|(event, _)| event.metric.name).collect();
        let mut lost = unavailable(&metrics, self.source, "the counters could not be read");
        lost.errno = error.raw_os_error();
        lost
    }
}

/// Reads a group at once. While threads die the kernel may find a group incomplete and say ECHILD;
/// the next read finds it settled.
fn read_group(leader: &mut Counter) -> io::Result<GroupData> {
    let mut attempts = 1;
    loop {
        match leader.read_group() {
            Err(error)
                if error.raw_os_error() == Some(libc::ECHILD) && attempts < READ_ATTEMPTS =>
            {
                attempts += 1;
                std::thread::yield_now();
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice;
    use super::*;

    /// The numbers of our tables against those that the crate has from `linux/perf_event.h`.
    #[test]
    fn every_event_has_the_number_that_the_kernel_knows_it_by() {
        use perf_event::events::{Cache, CacheId, CacheOp, CacheResult, Hardware, Raw};
        fn numbers(event: impl perf_event::events::Event) -> (u32, u64) {
            let builder = Builder::new(event);
            (builder.attrs().type_, builder.attrs().config)
        }
        let loads = |which, result| numbers(Cache { which, operation: CacheOp::READ, result });
        let (all, misses) = (CacheResult::ACCESS, CacheResult::MISS);
        let known = [
            ("task-clock", numbers(SoftwareEvent::TASK_CLOCK)),
            ("page-faults", numbers(SoftwareEvent::PAGE_FAULTS)),
            ("minor-faults", numbers(SoftwareEvent::PAGE_FAULTS_MIN)),
            ("major-faults", numbers(SoftwareEvent::PAGE_FAULTS_MAJ)),
            ("context-switches", numbers(SoftwareEvent::CONTEXT_SWITCHES)),
            ("cpu-migrations", numbers(SoftwareEvent::CPU_MIGRATIONS)),
            ("cycles", numbers(Hardware::CPU_CYCLES)),
            ("instructions", numbers(Hardware::INSTRUCTIONS)),
            ("branches", numbers(Hardware::BRANCH_INSTRUCTIONS)),
            ("branch-misses", numbers(Hardware::BRANCH_MISSES)),
            ("cache-references", numbers(Hardware::CACHE_REFERENCES)),
            ("cache-misses", numbers(Hardware::CACHE_MISSES)),
            ("stalled-cycles-frontend", numbers(Hardware::STALLED_CYCLES_FRONTEND)),
            ("stalled-cycles-backend", numbers(Hardware::STALLED_CYCLES_BACKEND)),
            ("l1d-loads", loads(CacheId::L1D, all)),
            ("l1d-load-misses", loads(CacheId::L1D, misses)),
            ("llc-loads", loads(CacheId::LL, all)),
            ("llc-load-misses", loads(CacheId::LL, misses)),
            ("dtlb-loads", loads(CacheId::DTLB, all)),
            ("dtlb-load-misses", loads(CacheId::DTLB, misses)),
        ];
        let ours = choice::perf_events().map(|(name, kind, config)| (name, (kind, config)));
        assert_eq!(ours.collect::<BTreeMap<_, _>>(), BTreeMap::from(known));
        let (name, kind, config) = choice::raw_event("r01C2").unwrap();
        assert_eq!((name, (kind, config)), ("r1c2", numbers(Raw::new(0x1c2))));
    }

    #[test]
    fn a_generic_event_is_spelt_as_the_driver_of_the_cpu_spells_it() {
        let devices = tempfile::tempdir().unwrap();
        for (pmu, text) in [("uncore_imc", "event=0x1"), ("cpu", "event=0x2e,umask=0x41\n")] {
            let events = devices.path().join(pmu).join("events");
            std::fs::create_dir_all(&events).unwrap();
            std::fs::write(events.join("cache-misses"), text).unwrap();
        }
        let of = |name| spelling(devices.path(), name);
        assert_eq!(of("hardware/cache-misses").as_deref(), Some("event=0x2e,umask=0x41"));
        assert_eq!(of("hardware/cycles"), None);
        assert_eq!(of("software/task-clock"), None);
        assert_eq!(spelling(&devices.path().join("absent"), "hardware/cycles"), None);
    }
}
