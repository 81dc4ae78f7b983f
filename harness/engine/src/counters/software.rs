//! The events that the kernel counts itself: CPU time, page faults, switches, migrations. Nearly
//! every machine has them, virtual ones too. Opened through `perf.rs`.

use record::metrics::{
    CONTEXT_SWITCHES, CPU_MIGRATIONS, CPU_TIME, MAJOR_FAULTS, MINOR_FAULTS, Metric, PAGE_FAULTS,
};

use super::event::{Event, EventGroup, Kernel};
use super::refusal::Facility;
use super::{CounterSource, Opened, Target, perf};

/// The software events of perf_event.
pub struct Software;

/// `PERF_TYPE_SOFTWARE` of `linux/perf_event.h`.
pub(crate) const SOFTWARE: u32 = 1;

/// One group: software events share no hardware, so that any number is counted together.
pub(super) const EVENTS: &[Event] = &[
    event(CPU_TIME, 1, "software/task-clock", Kernel::Always),
    event(PAGE_FAULTS, 2, "software/page-faults", Kernel::Both),
    event(MINOR_FAULTS, 5, "software/minor-faults", Kernel::Both),
    event(MAJOR_FAULTS, 6, "software/major-faults", Kernel::Both),
    event(CONTEXT_SWITCHES, 3, "software/context-switches", Kernel::Only),
    event(CPU_MIGRATIONS, 4, "software/cpu-migrations", Kernel::Only),
];

const fn event(metric: Metric, config: u64, name: &'static str, kernel: Kernel) -> Event {
    Event { metric, kind: SOFTWARE, config, name, kernel }
}

impl CounterSource for Software {
    fn name(&self) -> &'static str {
        "software"
    }

    fn open(&self, target: &Target<'_>) -> Opened {
        let all = EventGroup { name: "software".into(), events: EVENTS.into() };
        perf::open(target, Facility::Software, &[all])
    }
}
