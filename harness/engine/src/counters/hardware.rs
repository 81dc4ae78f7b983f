//! The generic events of the CPU's performance monitoring unit: cycles, instructions, branches,
//! last-level cache. Opened through `perf.rs`; many virtual machines have none of them.

use record::metrics::{
    BRANCH_MISSES, BRANCHES, CACHE_MISSES, CACHE_REFERENCES, CYCLES, INSTRUCTIONS, Metric,
};

use super::event::{Event, EventGroup, Kernel};
use super::refusal::Facility;
use super::{CounterSource, Opened, Target, perf};

/// The hardware events of perf_event.
pub struct Hardware;

/// `PERF_TYPE_HARDWARE` of `linux/perf_event.h`.
const HARDWARE: u32 = 0;

/// A group is counted together or not at all, so each has at most the four events that CPUs have
/// had general counters for since 2008. What belongs into one ratio stands in one group.
const GROUPS: &[EventGroup] = &[
    EventGroup {
        name: "core",
        events: &[
            event(CYCLES, 0, "hardware/cpu-cycles"),
            event(INSTRUCTIONS, 1, "hardware/instructions"),
            event(BRANCHES, 4, "hardware/branch-instructions"),
            event(BRANCH_MISSES, 5, "hardware/branch-misses"),
        ],
    },
    EventGroup {
        name: "cache",
        events: &[
            event(CACHE_REFERENCES, 2, "hardware/cache-references"),
            event(CACHE_MISSES, 3, "hardware/cache-misses"),
        ],
    },
];

const fn event(metric: Metric, config: u64, name: &'static str) -> Event {
    Event { metric, kind: HARDWARE, config, name, kernel: Kernel::Both }
}

impl CounterSource for Hardware {
    fn name(&self) -> &'static str {
        "hardware"
    }

    fn open(&self, target: &Target) -> Opened {
        perf::open(target, Facility::Hardware, GROUPS)
    }
}
