//! The metrics that dyno itself produces, in one table: name, unit, good direction, meaning.
//!
//! A workload's own metrics are not here; they arrive with their unit in the protocol.

use crate::{Better, Counting, Source, Unit, Value};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Snake-case name, as it stands in the store.
    pub name: &'static str,
    /// Base unit.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// One sentence: what it is and what it is good for.
    pub about: &'static str,
}

impl Metric {
    /// A value of this metric from `source`.
    pub fn value(&self, value: f64, source: Source) -> Value {
        Value {
            metric: self.name.to_owned(),
            value,
            unit: self.unit,
            better: self.better,
            source,
            counting: None,
        }
    }

    /// A value of this metric from a perf counter.
    pub fn counted(&self, value: f64, source: Source, counting: Counting) -> Value {
        Value { counting: Some(counting), ..self.value(value, source) }
    }
}

macro_rules! metrics {
    ($($constant:ident: $name:literal, $unit:ident, $better:ident, $about:literal;)+) => {
        $(
            #[doc = $about]
            pub const $constant: Metric = Metric {
                name: $name,
                unit: Unit::$unit,
                better: Better::$better,
                about: $about,
            };
        )+

        /// Every metric, in the order in which people like to read them.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
}

metrics! {
    WALL_TIME: "wall_time", Nanoseconds, Lower,
        "Time on the clock around the work alone (worker), or from exec to exit (command).";
    CPU_TIME: "cpu_time", Nanoseconds, Lower,
        "CPU time of all threads and child processes, user and kernel (inherited task-clock).";
    WORKER_CPU_TIME: "worker_cpu_time", Nanoseconds, Lower,
        "CPU time as the worker's own process clock reads it; misses child processes.";
    ROWS: "rows", Rows, Neither, "Rows that the work says it processed.";
    BYTES_IN: "bytes_in", Bytes, Neither, "Bytes that the work says it read.";
    BYTES_OUT: "bytes_out", Bytes, Neither, "Bytes that the work says it wrote.";
    PEAK_RSS: "peak_rss", Bytes, Lower,
        "Peak resident memory of the largest single process, within the sample.";
    PEAK_RSS_SUM: "peak_rss_sum", Bytes, Lower,
        "Peak resident memory summed over the processes of the tree; shared pages count twice.";
    PAGE_FAULTS: "page_faults", Count, Lower, "Page faults, minor and major (perf).";
    MINOR_FAULTS: "minor_faults", Count, Lower, "Page faults answered without I/O.";
    MAJOR_FAULTS: "major_faults", Count, Lower, "Page faults that waited for I/O.";
    CONTEXT_SWITCHES: "context_switches", Count, Lower, "Context switches of all threads (perf).";
    VOLUNTARY_SWITCHES: "voluntary_switches", Count, Lower,
        "Times a thread gave up its core to wait.";
    INVOLUNTARY_SWITCHES: "involuntary_switches", Count, Lower,
        "Times a thread was taken off its core: a sign of a busy machine.";
    CPU_MIGRATIONS: "cpu_migrations", Count, Lower, "Times a thread moved to another core (perf).";
    READ_BYTES: "read_bytes", Bytes, Lower, "Bytes read through system calls, cached or not.";
    WRITTEN_BYTES: "written_bytes", Bytes, Lower, "Bytes written through system calls.";
    STORAGE_READ_BYTES: "storage_read_bytes", Bytes, Lower, "Bytes fetched from storage.";
    STORAGE_WRITTEN_BYTES: "storage_written_bytes", Bytes, Lower, "Bytes sent towards storage.";
    USER_TIME: "user_time", Nanoseconds, Lower,
        "CPU time in user space; tick-sampled, so an explanation and never a verdict.";
    SYSTEM_TIME: "system_time", Nanoseconds, Lower,
        "CPU time in the kernel; tick-sampled, so an explanation and never a verdict.";
    CYCLES: "cycles", Count, Lower, "CPU cycles.";
    INSTRUCTIONS: "instructions", Count, Lower, "Instructions retired.";
    CACHE_REFERENCES: "cache_references", Count, Neither, "References to the last-level cache.";
    CACHE_MISSES: "cache_misses", Count, Lower, "Misses of the last-level cache.";
    BRANCHES: "branches", Count, Lower, "Branch instructions retired.";
    BRANCH_MISSES: "branch_misses", Count, Lower, "Mispredicted branches.";
    STALLED_CYCLES_FRONTEND: "stalled_cycles_frontend", Count, Lower,
        "Cycles in which no instruction could be fetched or decoded.";
    STALLED_CYCLES_BACKEND: "stalled_cycles_backend", Count, Lower,
        "Cycles in which instructions waited for data or for a unit.";
    L1D_LOADS: "l1d_loads", Count, Neither, "Loads from the first-level data cache.";
    L1D_LOAD_MISSES: "l1d_load_misses", Count, Lower, "Loads that missed the first-level data cache.";
    LLC_LOADS: "llc_loads", Count, Neither, "Loads from the last-level cache.";
    LLC_LOAD_MISSES: "llc_load_misses", Count, Lower, "Loads that missed the last-level cache.";
    DTLB_LOADS: "dtlb_loads", Count, Neither, "Loads that asked the data TLB for an address.";
    DTLB_LOAD_MISSES: "dtlb_load_misses", Count, Lower, "Loads whose address the data TLB did not know.";
    L1I_MISSES: "l1i_misses", Count, Lower, "Misses of the first-level instruction cache.";
    L1D_REFERENCES: "l1d_references", Count, Neither,
        "Data reads and writes: references to the first-level data cache.";
    L1D_MISSES: "l1d_misses", Count, Lower, "Misses of the first-level data cache.";
    ESTIMATED_CYCLES: "estimated_cycles", Count, Lower,
        "Instructions + 10 per first-level miss, 100 per last-level miss and 10 per branch miss: \
         what a simulated CPU might take.";
    ALLOCATIONS: "allocations", Count, Lower,
        "Blocks of memory that were asked of the allocator.";
    REALLOCATIONS: "reallocations", Count, Lower,
        "Blocks that were resized: what was reserved was too little.";
    ALLOCATED_BYTES: "allocated_bytes", Bytes, Lower,
        "Bytes asked of the allocator: of new blocks all, of resized ones what they grew by.";
    PEAK_HEAP: "peak_heap", Bytes, Lower,
        "Most bytes that were allocated at one moment, within the sample.";
    CPU_PRESSURE: "cpu_pressure", Nanoseconds, Neither,
        "Time in which a task of the machine, whosever, waited for a CPU (PSI).";
    MEMORY_PRESSURE: "memory_pressure", Nanoseconds, Neither,
        "Time in which a task of the machine, whosever, waited for memory (PSI).";
    IO_PRESSURE: "io_pressure", Nanoseconds, Neither,
        "Time in which a task of the machine, whosever, waited for I/O (PSI).";
    STEAL: "steal", Nanoseconds, Neither,
        "Time that the hypervisor gave to others, mean over the cores; in ticks.";
    FREQUENCY: "frequency", PerSecond, Neither,
        "Clock frequency of the fastest core at the end of the sample (cpufreq).";
    EXIT_CODE: "exit_code", Count, Neither,
        "Exit code of a command whose failures are ignored: not every sample did the same work.";
}

/// The metric of that name, if it is one of dyno's own.
pub fn find(name: &str) -> Option<&'static Metric> {
    ALL.iter().find(|metric| metric.name == name)
}
