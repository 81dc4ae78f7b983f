//! Events that can be sampled, by the names that perf gives them. Pure.

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

const HARDWARE: u32 = 0;
const SOFTWARE: u32 = 1;
const RAW: u32 = 4;

/// Names, types and configurations of linux/perf_event.h.
const EVENTS: &[(&str, u32, u64)] = &[
    ("cpu-clock", SOFTWARE, 0),
    ("task-clock", SOFTWARE, 1),
    ("page-faults", SOFTWARE, 2),
    ("context-switches", SOFTWARE, 3),
    ("cpu-migrations", SOFTWARE, 4),
    ("major-faults", SOFTWARE, 6),
    ("cycles", HARDWARE, 0),
    ("instructions", HARDWARE, 1),
    ("cache-references", HARDWARE, 2),
    ("cache-misses", HARDWARE, 3),
    ("branches", HARDWARE, 4),
    ("branch-misses", HARDWARE, 5),
    ("stalled-cycles-frontend", HARDWARE, 7),
    ("stalled-cycles-backend", HARDWARE, 8),
];

impl Event {
    /// The event of that name; `r` and hexadecimal digits are a raw event of the CPU.
    pub fn parse(name: &str) -> Option<Self> {
        let known = EVENTS.iter().find(|(known, ..)| *known == name);
        let (kind, config) = match known {
            Some((_, kind, config)) => (*kind, *config),
            None => (RAW, raw(name)?),
        };
        Some(Self { name: name.to_owned(), kind, config })
    }

    /// The names of all events but the raw ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EVENTS.iter().map(|(name, ..)| *name)
    }

    /// Whether it ticks while a program is on a core, so that a sample stands for time.
    pub fn is_clock(&self) -> bool {
        self.kind == SOFTWARE && self.config <= 1
    }

    /// Whether the kernel counts it itself, so that no hardware is needed.
    pub(super) fn is_software(&self) -> bool {
        self.kind == SOFTWARE
    }
}

fn raw(name: &str) -> Option<u64> {
    let digits = name.strip_prefix('r')?;
    // The standard parser takes a sign too.
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, 16).ok())?
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
        assert_eq!((raw.kind, raw.config), (RAW, 0x1a2));
        for wrong in ["", "r", "rxyz", "cycle", "R12", "r+1"] {
            assert_eq!(Event::parse(wrong), None, "{wrong}");
        }
        assert!(Event::parse("cpu-clock").unwrap().is_clock());
        assert!(!Event::parse("instructions").unwrap().is_clock());
    }
}
