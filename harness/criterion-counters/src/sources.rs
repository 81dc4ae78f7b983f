//! Where the counts of this process come from: the engine's sources, attached to the calling thread,
//! and two that only the process itself can read, its clock and its allocator.

use std::time::Instant;

use engine::counters::{
    Choice, CounterSource, Hardware, Kind, Opened, Probe, Process, Reading, Snapshot, Software,
    Target, TargetKind, Turn, this_thread,
};
use record::metrics::{self, Metric};
use record::{Source, Unavailable};
use workload_api::allocation;

/// What may count a metric of that name, opened one after the other as they are asked for.
pub(crate) fn open(name: &str) -> impl Iterator<Item = Opened> + use<> {
    let choice = Choice::of([name]).ok();
    let allocates = ALLOCATION.iter().any(|metric| metric.name == name);
    let clock = || Opened { probes: vec![Box::new(Clock(Instant::now()))], ..Opened::default() };
    let hardware = choice.map(|choice| move || at_this_thread(&Hardware, &choice));
    // Counting allocations costs something, so it is switched on for those alone.
    let allocation = allocates.then_some(allocated);
    std::iter::once_with(clock)
        .chain(hardware.into_iter().map(|open| open()))
        .chain(std::iter::once_with(|| at_this_thread(&Software, &Choice::usual())))
        .chain(std::iter::once_with(|| {
            Process.open(&Target::new(std::process::id(), TargetKind::Worker))
        }))
        .chain(allocation.into_iter().map(|open| open()))
}

/// The names of everything that can be counted here, each once.
pub(crate) fn counted() -> Vec<&'static str> {
    let opened = open("wall_time")
        .chain([at_this_thread(&Hardware, &Choice::all()), allocated()])
        .flat_map(|opened| opened.probes);
    let mut names: Vec<&'static str> = Vec::new();
    for snapshot in opened.filter_map(|mut probe| probe.read().ok()) {
        for Reading { metric, kind, .. } in snapshot.readings {
            if kind != Kind::Level && !names.contains(&metric.name) {
                names.push(metric.name);
            }
        }
    }
    names
}

fn at_this_thread(source: &dyn CounterSource, choice: &Choice) -> Opened {
    let turn = Turn { round: 0, rounds: 1 };
    source.open(&Target { pid: this_thread(), kind: TargetKind::Worker, choice, turn })
}

/// The clock on the wall.
struct Clock(Instant);

impl Probe for Clock {
    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        let ns = self.0.elapsed().as_nanos() as u64;
        let readings = vec![total(metrics::WALL_TIME, ns, Source::Harness)];
        Ok(Snapshot { readings })
    }
}

const ALLOCATION: [Metric; 3] =
    [metrics::ALLOCATIONS, metrics::REALLOCATIONS, metrics::ALLOCATED_BYTES];

fn allocated() -> Opened {
    if allocation::count() {
        return Opened { probes: vec![Box::new(Allocated { reads: 0 })], ..Opened::default() };
    }
    let lack = Unavailable {
        metrics: ALLOCATION.iter().map(|metric| metric.name.to_owned()).collect(),
        source: Source::Allocation,
        errno: None,
        reason: "this program has another global allocator than the counting one".to_owned(),
        remedy: "#[global_allocator] static A: workload_api::CountingAllocator = \
                 workload_api::CountingAllocator::new();"
            .to_owned(),
    };
    Opened { unavailable: vec![lack], ..Opened::default() }
}

/// The counting allocator of this process.
struct Allocated {
    reads: u64,
}

impl Probe for Allocated {
    /// Each read allocates one block, for what it returns, after it has read. It is not the work's,
    /// so the next read leaves it out.
    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        const OWN_BYTES: usize = ALLOCATION.len() * size_of::<Reading>();
        let now = allocation::so_far();
        let blocks = now.allocations - self.reads;
        let bytes = now.bytes - self.reads * OWN_BYTES as u64;
        self.reads += 1;
        let readings = ALLOCATION.into_iter().zip([blocks, now.reallocations, bytes]);
        let readings = readings.map(|(metric, value)| total(metric, value, Source::Allocation));
        // Of known length, so that it is one block of just this size.
        Ok(Snapshot { readings: readings.collect() })
    }
}

fn total(metric: Metric, value: u64, source: Source) -> Reading {
    Reading { metric, source, value, kind: Kind::Total }
}
