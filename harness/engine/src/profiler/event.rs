//! Events that can be sampled, by the names that perf gives them: those of the counters, and the CPU
//! clock. Pure.

use crate::counters::{self, SOFTWARE};

/// An event as `perf_event_open(2)` wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// `perf_event_attr.type`.
    pub(super) kind: u32,
    /// `perf_event_attr.config`.
    pub(super) config: u64,
}

/// The clock that profiles are taken by: `PERF_COUNT_SW_CPU_CLOCK` of linux/perf_event.h. It only
/// samples; what counts CPU time is the task clock.
const CPU_CLOCK: (&str, u32, u64) = ("cpu-clock", SOFTWARE, 0);

const TASK_CLOCK: u64 = 1;

impl Event {
    /// The event of that name: `cpu-clock`, or one that is counted too, as perf spells it
    /// (`cache-misses`); `r` and hexadecimal digits are a raw event of the CPU.
    pub fn parse(name: &str) -> Option<Self> {
        let (name, kind, config) =
            all().find(|(known, ..)| *known == name).or_else(|| counters::raw_event(name))?;
        Some(Self { name: name.to_owned(), kind, config })
    }

    /// The names of all events but the raw ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        all().map(|(name, ..)| name)
    }

    /// Whether it ticks while a program is on a core, so that a sample stands for time.
    pub fn is_clock(&self) -> bool {
        self.is_software() && self.config <= TASK_CLOCK
    }

    /// Whether the kernel counts it itself, so that no hardware is needed.
    pub(super) fn is_software(&self) -> bool {
        self.kind == SOFTWARE
    }
}

fn all() -> impl Iterator<Item = (&'static str, u32, u64)> {
    std::iter::once(CPU_CLOCK).chain(counters::perf_events())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_perf_names_or_are_raw() {
        for name in Event::names() {
            assert_eq!(Event::parse(name).unwrap().name, name);
        }
        let raw = Event::parse("r1a2").unwrap();
        assert_eq!((raw.kind, raw.config), (4, 0x1a2));
        assert_eq!(Event::parse("r01A2").unwrap(), raw);
        for wrong in ["", "r", "rxyz", "cycle", "R12", "r+1"] {
            assert_eq!(Event::parse(wrong), None, "{wrong}");
        }
        // As linux/perf_event.h has them.
        for (name, kind, config) in [
            ("cpu-clock", 1, 0),
            ("task-clock", 1, 1),
            ("page-faults", 1, 2),
            ("major-faults", 1, 6),
            ("cycles", 0, 0),
            ("cache-misses", 0, 3),
            ("stalled-cycles-backend", 0, 8),
            ("l1d-load-misses", 3, 0x1_0000),
        ] {
            let event = Event::parse(name).unwrap();
            assert_eq!((event.kind, event.config), (kind, config), "{name}");
        }
        assert!(Event::parse("cpu-clock").unwrap().is_clock());
        assert!(!Event::parse("instructions").unwrap().is_clock());
    }
}
