//! perf's names of events and ratios, and ours. What we have no name for keeps perf's.

use record::metrics::{self, Metric};
use record::{Better, Source, Unit, Value};

/// perf's names and our metrics.
const EVENTS: [(&str, Metric); 33] = [
    ("cycles", metrics::CYCLES),
    ("cpu-cycles", metrics::CYCLES),
    ("instructions", metrics::INSTRUCTIONS),
    ("cache-references", metrics::CACHE_REFERENCES),
    ("cache-misses", metrics::CACHE_MISSES),
    ("branches", metrics::BRANCHES),
    ("branch-instructions", metrics::BRANCHES),
    ("branch-misses", metrics::BRANCH_MISSES),
    ("stalled-cycles-frontend", metrics::STALLED_CYCLES_FRONTEND),
    ("idle-cycles-frontend", metrics::STALLED_CYCLES_FRONTEND),
    ("stalled-cycles-backend", metrics::STALLED_CYCLES_BACKEND),
    ("idle-cycles-backend", metrics::STALLED_CYCLES_BACKEND),
    ("L1-dcache-loads", metrics::L1D_LOADS),
    ("L1-dcache-load-misses", metrics::L1D_LOAD_MISSES),
    ("LLC-loads", metrics::LLC_LOADS),
    ("LLC-load-misses", metrics::LLC_LOAD_MISSES),
    ("dTLB-loads", metrics::DTLB_LOADS),
    ("dTLB-load-misses", metrics::DTLB_LOAD_MISSES),
    ("L1-icache-load-misses", metrics::L1I_MISSES),
    ("task-clock", metrics::CPU_TIME),
    ("cpu-clock", metrics::CPU_TIME),
    ("page-faults", metrics::PAGE_FAULTS),
    ("faults", metrics::PAGE_FAULTS),
    ("minor-faults", metrics::MINOR_FAULTS),
    ("major-faults", metrics::MAJOR_FAULTS),
    ("context-switches", metrics::CONTEXT_SWITCHES),
    ("cs", metrics::CONTEXT_SWITCHES),
    ("cpu-migrations", metrics::CPU_MIGRATIONS),
    ("migrations", metrics::CPU_MIGRATIONS),
    ("duration_time", metrics::WALL_TIME),
    ("user_time", metrics::USER_TIME),
    ("system_time", metrics::SYSTEM_TIME),
    ("cgroup-switches", OTHER),
];

/// An event that is known to be a count, and has no metric of ours.
const OTHER: Metric =
    Metric { name: "cgroup_switches", unit: Unit::Count, better: Better::Neither, about: "" };

/// perf's words for what it computes, our name, what it is multiplied with, and whether the
/// reports form the same from the counters.
const RATIOS: [(&str, &str, f64, bool); 14] = [
    ("insn per cycle", "ipc", 1.0, true),
    ("of all cache refs", "cache_miss_rate", 0.01, true),
    ("of all branches", "branch_miss_rate", 0.01, true),
    ("of all L1-dcache accesses", "l1d_miss_rate", 0.01, true),
    ("of all L1-dcache hits", "l1d_miss_rate", 0.01, true),
    ("of all LL-cache accesses", "llc_miss_rate", 0.01, true),
    ("of all LL-cache hits", "llc_miss_rate", 0.01, true),
    ("of all L3-cache accesses", "llc_miss_rate", 0.01, true),
    ("of all dTLB cache accesses", "dtlb_miss_rate", 0.01, true),
    ("of all dTLB cache hits", "dtlb_miss_rate", 0.01, true),
    ("frontend cycles idle", "frontend_stalls", 0.01, true),
    ("backend cycles idle", "backend_stalls", 0.01, true),
    ("GHz", "ghz", 1.0, true),
    ("stalled cycles per insn", "stalled_cycles_per_instruction", 1.0, false),
];

/// Words for what follows from values that are carried themselves: a count by the time.
const NO_NEWS: [&str; 6] = ["CPUs utilized", "K/sec", "M/sec", "G/sec", "/sec", ""];

/// An event in our terms.
pub(super) struct Event {
    /// The metric's name.
    pub(super) metric: String,
    /// What perf's value is multiplied with to be in the base unit.
    pub(super) factor: f64,
    /// Whether the kernel was counted too.
    pub(super) kernel: bool,
    unit: Unit,
    better: Better,
}

impl Event {
    /// perf's `name`, modifiers included, counted in perf's `unit`.
    pub(super) fn new(name: &str, unit: &str) -> Self {
        let (plain, modifiers) = match name.rsplit_once(':') {
            Some((plain, tail)) if tail.chars().all(|c| "ukhHGpPSDWeI".contains(c)) => {
                (plain, tail)
            }
            _ => (name, ""),
        };
        let user_only = modifiers.contains('u') && !modifiers.contains('k');
        let partly = modifiers.contains(['k', 'h', 'H', 'G']) && !user_only;
        let (unit, factor, suffix) = match unit {
            "" => (Unit::Count, 1.0, String::new()),
            "msec" => (Unit::Nanoseconds, 1e6, String::new()),
            "ns" => (Unit::Nanoseconds, 1.0, String::new()),
            "Bytes" => (Unit::Bytes, 1.0, String::new()),
            "KiB" => (Unit::Bytes, 1024.0, String::new()),
            "MiB" => (Unit::Bytes, 1024.0 * 1024.0, String::new()),
            other => (Unit::Ratio, 1.0, format!("_{}", snake(other))),
        };
        let known = EVENTS.iter().find(|(theirs, _)| *theirs == plain).map(|(_, metric)| metric);
        // Times are printed with their unit, or counted in ns.
        let fits = |metric: &&Metric| {
            metric.unit == unit || (metric.unit == Unit::Nanoseconds && unit == Unit::Count)
        };
        match known.filter(fits).filter(|_| !partly) {
            Some(metric) => Self {
                metric: metric.name.to_owned(),
                factor,
                kernel: !user_only,
                unit: metric.unit,
                better: metric.better,
            },
            None => Self {
                metric: format!("{}{suffix}", snake(if partly { name } else { plain })),
                factor,
                kernel: !user_only,
                unit,
                better: Better::Neither,
            },
        }
    }

    /// A value of it in the base unit.
    pub(super) fn value(&self, value: f64, source: Source) -> Value {
        let metric = self.metric.clone();
        Value { metric, value, unit: self.unit, better: self.better, source, counting: None }
    }
}

/// Our name for what perf computes, what its number is multiplied with, and whether the reports
/// form the same; `None` where it tells nothing new.
pub(super) fn ratio(words: &str) -> Option<(String, f64, bool)> {
    let bare = words.trim_start_matches('%').trim();
    if NO_NEWS.contains(&bare) {
        return None;
    }
    if let Some((_, name, factor, derived)) = RATIOS.iter().find(|(theirs, ..)| *theirs == bare) {
        return Some(((*name).to_owned(), *factor, *derived));
    }
    let factor = if words.starts_with('%') { 0.01 } else { 1.0 };
    Some((snake(bare), factor, false))
}

/// A name in our spelling: lower case, everything but letters and digits folded into `_`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    if out.is_empty() { "unnamed".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_our_names_and_their_modifiers_are_heard() {
        for (name, unit, metric, kernel) in [
            ("branch-instructions", "", "branches", true),
            ("cycles:u", "", "cycles", false),
            ("cycles:ppp", "", "cycles", true),
            ("cycles:k", "", "cycles_k", true),
            ("task-clock:u", "msec", "cpu_time", false),
            ("duration_time", "ns", "wall_time", true),
            ("sched:sched_switch", "", "sched_sched_switch", true),
            ("cpu_core/cycles/", "", "cpu_core_cycles", true),
            ("power/energy-pkg/", "Joules", "power_energy_pkg_joules", true),
            ("cycles", "MiB", "cycles", true),
        ] {
            let event = Event::new(name, unit);
            assert_eq!((event.metric.as_str(), event.kernel), (metric, kernel), "{name} {unit}");
        }
        assert_eq!(Event::new("task-clock", "msec").factor, 1e6);
    }

    #[test]
    fn ratios_are_shares_and_rates_tell_nothing_new() {
        assert_eq!(ratio("insn per cycle"), Some(("ipc".to_owned(), 1.0, true)));
        assert_eq!(ratio("% of all branches"), Some(("branch_miss_rate".to_owned(), 0.01, true)));
        assert_eq!(ratio("%  tma_retiring"), Some(("tma_retiring".to_owned(), 0.01, false)));
        assert_eq!(ratio("CPUs utilized"), None);
        assert_eq!(ratio("M/sec"), None);
    }
}
