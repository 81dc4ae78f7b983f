//! Any of dyno's counters as a measurement of criterion, so that `cargo bench` compares
//! instructions, page faults or allocations instead of times.
//!
//! Called from the `main` of a benchmark, ours or anybody's. It counts this process alone, and
//! never stands one counter in for another: what is not here is an error that says what is.
//!
//! ```no_run
//! use criterion::Criterion;
//! use criterion_counters::Counter;
//!
//! #[global_allocator] // for `allocations` and `allocated_bytes`; what else is counted needs it not
//! static ALLOCATOR: workload_api::CountingAllocator = workload_api::CountingAllocator::new();
//!
//! fn main() {
//!     let counter = Counter::new("page_faults").unwrap_or_else(|lack| panic!("{lack}"));
//!     let mut criterion = Criterion::default().with_measurement(counter).configure_from_args();
//!     criterion.bench_function("zeroes", |bencher| bencher.iter(|| vec![0_u8; 1 << 20]));
//!     criterion.final_summary();
//! }
//! ```

mod format;
mod sources;

use std::sync::{Mutex, PoisonError};

use criterion::measurement::{Measurement, ValueFormatter};
use engine::counters::{Kind, Probe, Snapshot};
use record::metrics::{self, Metric};
use record::{Source, Unavailable};

use format::Formatter;

/// The environment variable that [`Counter::from_env`] reads.
pub const VARIABLE: &str = "DYNO_COUNTER";

/// A counter of this process: of the thread that makes it and of every thread that is made
/// afterwards. So make it first, before any pool of threads.
///
/// A value is what was counted in the measured iterations, the kernel included where that is
/// permitted. Reading the counter twice is in it, once for a batch of iterations: about a
/// microsecond, and some thousand instructions.
pub struct Counter {
    metric: Metric,
    source: Source,
    kernel: bool,
    probe: Mutex<Box<dyn Probe>>,
    formatter: Formatter,
}

/// Why there is no such counter, and which there are.
#[derive(Debug, thiserror::Error)]
pub enum Lack {
    /// This machine does not count it.
    #[error("cannot count `{name}` here: {}{}; what is counted here: {}", why.reason, hint(why), list(instead))]
    Unavailable {
        /// The counter that was asked for.
        name: String,
        /// Why it is not to be had, and what would help.
        why: Box<Unavailable>,
        /// What can be counted here.
        instead: Vec<&'static str>,
    },
    /// It is a metric of dyno's, but a peak or of the whole machine, and criterion adds up.
    #[error(
        "`{name}` is no count that adds up over the iterations of a benchmark; what is counted here: {}",
        list(instead)
    )]
    NoCount {
        /// The metric that was asked for.
        name: String,
        /// What can be counted here.
        instead: Vec<&'static str>,
    },
    /// There is no counter of this name.
    #[error("no counter `{name}`{}; what is counted here: {}", near(name, instead), list(instead))]
    Unknown {
        /// The counter that was asked for.
        name: String,
        /// What can be counted here.
        instead: Vec<&'static str>,
    },
}

impl Counter {
    /// The counter of that name: `wall_time`, `cpu_time`, `page_faults`, `allocations`,
    /// `instructions`, `cycles`, a raw event (`r01c2`) and every other count of
    /// `docs/counters.md`, in perf's spelling too (`page-faults`).
    ///
    /// # Errors
    /// The reason why it cannot be counted here, the remedy, and what can be counted instead.
    pub fn new(name: &str) -> Result<Self, Lack> {
        let wanted = name.replace('-', "_");
        let mut why = None;
        for opened in sources::open(&wanted) {
            for mut probe in opened.probes {
                let Ok(snapshot) = probe.read() else { continue };
                let Some(reading) = reading(&snapshot, &wanted) else { continue };
                let kernel = match &reading.kind {
                    Kind::Level => continue,
                    Kind::Counted(clock) => clock.kernel,
                    Kind::Total => true,
                };
                return Ok(Self {
                    metric: reading.metric,
                    source: reading.source,
                    kernel,
                    formatter: Formatter::of(&reading.metric),
                    probe: Mutex::new(probe),
                });
            }
            let lacks = |one: &Unavailable| one.metrics.contains(&wanted);
            why = why.or(opened.unavailable.into_iter().find(lacks));
        }
        let (name, instead) = (wanted, sources::counted());
        Err(match why {
            Some(why) => Lack::Unavailable { name, why: Box::new(why), instead },
            None if metrics::find(&name).is_some() => Lack::NoCount { name, instead },
            None => Lack::Unknown { name, instead },
        })
    }

    /// The counter that the environment variable `DYNO_COUNTER` names, `wall_time` without one.
    ///
    /// # Errors
    /// As [`Counter::new`].
    pub fn from_env() -> Result<Self, Lack> {
        Self::new(&std::env::var(VARIABLE).unwrap_or_else(|_| "wall_time".to_owned()))
    }

    /// What it counts.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Who counts it.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether the kernel is counted too, or user space alone because no more is permitted.
    pub fn counts_kernel(&self) -> bool {
        self.kernel
    }

    fn read(&self) -> Snapshot {
        let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        // Criterion knows no measurement that fails, and a made-up number would be compared.
        let failed = |why: Unavailable| panic!("{} was lost: {}", self.metric.name, why.reason);
        probe.read().unwrap_or_else(failed)
    }
}

/// `instructions (hardware, user space alone)`.
impl std::fmt::Display for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let alone = if self.kernel { "" } else { ", user space alone" };
        write!(f, "{} ({}{alone})", self.metric.name, self.source)
    }
}

impl Measurement for Counter {
    type Intermediate = Snapshot;
    type Value = f64;

    fn start(&self) -> Snapshot {
        self.read()
    }

    fn end(&self, before: Snapshot) -> f64 {
        let difference = self.read().since(&before);
        let own = difference.values.iter().find(|value| value.metric == self.metric.name);
        if let Some(value) = own {
            return value.value;
        }
        let lost = difference.lost.iter().find(|lost| lost.metric == self.metric.name);
        panic!("{} was lost: {}", self.metric.name, lost.map_or("not read", |lost| lost.why));
    }

    fn add(&self, one: &f64, other: &f64) -> f64 {
        one + other
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.formatter.as_dyn()
    }
}

fn reading<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s engine::counters::Reading> {
    snapshot.readings.iter().find(|reading| reading.metric.name == name)
}

fn hint(why: &Unavailable) -> String {
    if why.remedy.is_empty() { String::new() } else { format!("; hint: {}", why.remedy) }
}

fn list(names: &[&str]) -> String {
    names.join(", ")
}

fn near(name: &str, names: &[&'static str]) -> String {
    const ALIKE: f64 = 0.8;
    let scored = engine::counters::event_names().chain(names.iter().copied());
    scored
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(score, _)| *score > ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map_or(String::new(), |(_, known)| format!("; did you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: workload_api::CountingAllocator = workload_api::CountingAllocator::new();

    fn counted(counter: &Counter, work: impl FnOnce()) -> f64 {
        let before = counter.start();
        work();
        counter.end(before)
    }

    /// A counter that every Linux should have; `None`, and said, where perf is refused.
    fn software(name: &str) -> Option<Counter> {
        match Counter::new(name) {
            Ok(counter) => Some(counter),
            Err(Lack::Unavailable { why, .. }) => {
                println!("skipped: {}", why.reason);
                None
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn allocations_are_counted_to_the_block_and_add_up() {
        let counter = Counter::new("allocations").unwrap();
        assert_eq!(counter.source(), Source::Allocation);
        // Other tests of this process allocate too: the smallest count of some is that of the work.
        let boxes = || drop(std::hint::black_box((0..100).map(Box::new).collect::<Vec<_>>()));
        let fewest = (0..200).map(|_| counted(&counter, boxes)).fold(f64::INFINITY, f64::min);
        assert_eq!(fewest, 101.0);
        assert_eq!(counter.add(&counter.zero(), &fewest), 101.0);
    }

    #[test]
    fn cpu_time_is_that_of_the_calling_thread_and_no_other_test() {
        let Some(counter) = software("cpu_time") else { return };
        let asleep = counted(&counter, || std::thread::sleep(std::time::Duration::from_millis(20)));
        assert!((0.0..15e6).contains(&asleep), "{asleep} ns of CPU time in a sleep");
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest_and_what_is_there() {
        let said = Counter::new("instrctions").err().unwrap().to_string();
        assert!(said.contains("did you mean `instructions`?"), "{said}");
        assert!(said.contains("wall_time"), "{said}");
        let said = Counter::new("peak_rss").err().unwrap().to_string();
        assert!(said.contains("is no count that adds up"), "{said}");
    }

    #[test]
    fn cycles_are_counted_or_the_lack_says_why_what_helps_and_what_is_there() {
        match Counter::new("cycles") {
            Ok(counter) => {
                let cycles = counted(&counter, || drop(std::hint::black_box(vec![1_u8; 1 << 20])));
                assert!(cycles > 0.0);
            }
            Err(lack) => {
                let said = lack.to_string();
                assert!(said.starts_with("cannot count `cycles` here: "), "{said}");
                assert!(said.contains("hint: ") && said.contains("allocations"), "{said}");
            }
        }
    }

    #[test]
    fn a_counter_says_what_it_counts_and_who_counts_it() {
        assert_eq!(Counter::new("wall_time").unwrap().to_string(), "wall_time (harness)");
    }
}
