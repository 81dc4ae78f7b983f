//! Every derived metric, in the order in which people like to read them. `derived.rs` forms them.
//! A new one is an entry here and its advice in `dyno explain`.

use record::Better;

use super::{Derived, Rule};
use crate::format::Kind;

const NS_PER_S: f64 = 1e9;

/// What bytes are counted by: those that went in, or those that came out of work that reads none.
const BYTES: &[&str] = &["bytes_in", "bytes_out"];

/// Something counted by rows.
const fn per_row(
    name: &'static str,
    top: &'static [&'static str],
    kind: Kind,
    about: &'static str,
) -> Derived {
    let (better, bottom) = (Better::Lower, &["rows"]);
    Derived { name, kind, better, about, top, bottom, factor: 1.0, rule: Rule::PerRow }
}

/// Something counted by bytes.
const fn per_byte(
    name: &'static str,
    top: &'static [&'static str],
    kind: Kind,
    about: &'static str,
) -> Derived {
    Derived { bottom: BYTES, ..per_row(name, top, kind, about) }
}

/// A ratio of two events that were counted over the same instants.
const fn rate(
    name: &'static str,
    top: &'static [&'static str],
    bottom: &'static [&'static str],
    about: &'static str,
) -> Derived {
    let (kind, better, rule) = (Kind::Ratio, Better::Lower, Rule::SameGroup);
    Derived { name, kind, better, about, top, bottom, factor: 1.0, rule }
}

/// Every derived metric.
pub const DERIVED: &[Derived] = &[
    Derived {
        name: "rows_per_second",
        kind: Kind::RowsPerSecond,
        better: Better::Higher,
        about: "Rows by wall time.",
        top: &["rows"],
        bottom: &["wall_time"],
        factor: NS_PER_S,
        rule: Rule::OfMedians,
    },
    Derived {
        name: "bytes_per_second",
        kind: Kind::BytesPerSecond,
        better: Better::Higher,
        about: "Bytes written by wall time; bytes read where none are written.",
        top: &["bytes_out", "bytes_in"],
        bottom: &["wall_time"],
        factor: NS_PER_S,
        rule: Rule::OfMedians,
    },
    Derived {
        name: "time_per_row",
        kind: Kind::TimePerRow,
        better: Better::Lower,
        about: "Wall time by rows.",
        top: &["wall_time"],
        bottom: &["rows"],
        factor: 1.0,
        rule: Rule::OfMedians,
    },
    Derived {
        name: "cores_busy",
        kind: Kind::Ratio,
        better: Better::Neither,
        about: "CPU time by wall time: how many cores worked on average.",
        top: &["cpu_time"],
        bottom: &["wall_time"],
        factor: 1.0,
        rule: Rule::PerSample,
    },
    Derived {
        better: Better::Neither,
        ..rate("ipc", &["instructions"], &["cycles"], "Instructions per cycle.")
    },
    Derived {
        name: "ghz",
        kind: Kind::Ratio,
        better: Better::Neither,
        about: "Cycles per ns of CPU time: the clock in GHz while the work ran.",
        top: &["cycles"],
        bottom: &["the time its counter was enabled"],
        factor: 1.0,
        rule: Rule::OwnTime,
    },
    rate(
        "cache_miss_rate",
        &["cache_misses"],
        &["cache_references"],
        "Last-level cache misses by references.",
    ),
    rate(
        "branch_miss_rate",
        &["branch_misses"],
        &["branches"],
        "Mispredicted branches by branches.",
    ),
    rate(
        "l1d_miss_rate",
        &["l1d_load_misses"],
        &["l1d_loads"],
        "Loads that missed the first-level data cache by loads.",
    ),
    rate(
        "llc_miss_rate",
        &["llc_load_misses"],
        &["llc_loads"],
        "Loads that missed the last-level cache by loads from it.",
    ),
    rate(
        "dtlb_miss_rate",
        &["dtlb_load_misses"],
        &["dtlb_loads"],
        "Loads whose address the data TLB did not know by loads.",
    ),
    rate(
        "frontend_stalls",
        &["stalled_cycles_frontend"],
        &["cycles"],
        "Cycles without an instruction to start, by cycles.",
    ),
    rate(
        "backend_stalls",
        &["stalled_cycles_backend"],
        &["cycles"],
        "Cycles in which instructions waited, by cycles.",
    ),
    per_row("cpu_time_per_row", &["cpu_time"], Kind::TimePerRow, "CPU time by rows."),
    per_row("instructions_per_row", &["instructions"], Kind::CountPerRow, "Instructions by rows."),
    per_row("cycles_per_row", &["cycles"], Kind::CountPerRow, "Cycles by rows."),
    per_row(
        "estimated_cycles_per_row",
        &["estimated_cycles"],
        Kind::CountPerRow,
        "Estimated cycles of a simulated CPU by rows.",
    ),
    per_row(
        "l1d_misses_per_row",
        &["l1d_misses"],
        Kind::CountPerRow,
        "Misses of the first-level data cache by rows.",
    ),
    per_row(
        "cache_misses_per_row",
        &["cache_misses"],
        Kind::CountPerRow,
        "Last-level cache misses by rows.",
    ),
    per_row(
        "branch_misses_per_row",
        &["branch_misses"],
        Kind::CountPerRow,
        "Mispredicted branches by rows.",
    ),
    per_row("page_faults_per_row", &["page_faults"], Kind::CountPerRow, "Page faults by rows."),
    per_row("allocations_per_row", &["allocations"], Kind::CountPerRow, "Allocations by rows."),
    per_row(
        "reallocations_per_row",
        &["reallocations"],
        Kind::CountPerRow,
        "Resized blocks by rows.",
    ),
    per_row(
        "allocated_bytes_per_row",
        &["allocated_bytes"],
        Kind::BytesPerRow,
        "Bytes asked of the allocator by rows.",
    ),
    per_row(
        "peak_heap_per_row",
        &["peak_heap"],
        Kind::BytesPerRow,
        "Most bytes that were allocated at one moment, by rows.",
    ),
    per_row(
        "written_bytes_per_row",
        &["written_bytes"],
        Kind::BytesPerRow,
        "Bytes written through system calls by rows.",
    ),
    per_byte("time_per_byte", &["wall_time"], Kind::TimePerByte, "Wall time by bytes."),
    per_byte("cpu_time_per_byte", &["cpu_time"], Kind::TimePerByte, "CPU time by bytes."),
    per_byte(
        "instructions_per_byte",
        &["instructions"],
        Kind::CountPerByte,
        "Instructions by bytes.",
    ),
    per_byte("cycles_per_byte", &["cycles"], Kind::CountPerByte, "Cycles by bytes."),
    per_byte(
        "cache_misses_per_byte",
        &["cache_misses"],
        Kind::CountPerByte,
        "Last-level cache misses by bytes.",
    ),
    per_byte("allocations_per_byte", &["allocations"], Kind::CountPerByte, "Allocations by bytes."),
];

#[cfg(test)]
mod tests {
    use record::metrics::{self, Metric};
    use record::{CaseId, Counting, Pass, Sample, Source, Status};

    use super::*;

    /// What one execution is made out to have measured.
    const MEASURED: &[(Metric, f64)] = &[
        (metrics::WALL_TIME, 50e6),
        (metrics::CPU_TIME, 80e6),
        (metrics::ROWS, 1_000.0),
        (metrics::BYTES_IN, 8_000.0),
        (metrics::BYTES_OUT, 2_000.0),
        (metrics::CYCLES, 240e6),
        (metrics::INSTRUCTIONS, 360e6),
        (metrics::STALLED_CYCLES_FRONTEND, 24e6),
        (metrics::STALLED_CYCLES_BACKEND, 60e6),
        (metrics::CACHE_REFERENCES, 40_000.0),
        (metrics::CACHE_MISSES, 6_000.0),
        (metrics::BRANCHES, 50e6),
        (metrics::BRANCH_MISSES, 2e6),
        (metrics::L1D_LOADS, 90e6),
        (metrics::L1D_LOAD_MISSES, 900e3),
        (metrics::LLC_LOADS, 30_000.0),
        (metrics::LLC_LOAD_MISSES, 12_000.0),
        (metrics::DTLB_LOADS, 90e6),
        (metrics::DTLB_LOAD_MISSES, 450e3),
        (metrics::ESTIMATED_CYCLES, 500e6),
        (metrics::L1D_MISSES, 7_000.0),
        (metrics::PAGE_FAULTS, 250.0),
        (metrics::ALLOCATIONS, 3_000.0),
        (metrics::REALLOCATIONS, 500.0),
        (metrics::ALLOCATED_BYTES, 64_000.0),
        (metrics::PEAK_HEAP, 96_000.0),
        (metrics::WRITTEN_BYTES, 2_500.0),
    ];

    /// What comes of it, each by hand.
    const DERIVED_FROM_IT: &[(&str, f64)] = &[
        ("rows_per_second", 20_000.0),
        ("bytes_per_second", 40_000.0),
        ("time_per_row", 50_000.0),
        ("cores_busy", 1.6),
        ("ipc", 1.5),
        ("ghz", 3.0),
        ("cache_miss_rate", 0.15),
        ("branch_miss_rate", 0.04),
        ("l1d_miss_rate", 0.01),
        ("llc_miss_rate", 0.4),
        ("dtlb_miss_rate", 0.005),
        ("frontend_stalls", 0.1),
        ("backend_stalls", 0.25),
        ("cpu_time_per_row", 80_000.0),
        ("instructions_per_row", 360_000.0),
        ("cycles_per_row", 240_000.0),
        ("estimated_cycles_per_row", 500_000.0),
        ("l1d_misses_per_row", 7.0),
        ("cache_misses_per_row", 6.0),
        ("branch_misses_per_row", 2_000.0),
        ("page_faults_per_row", 0.25),
        ("allocations_per_row", 3.0),
        ("reallocations_per_row", 0.5),
        ("allocated_bytes_per_row", 64.0),
        ("peak_heap_per_row", 96.0),
        ("written_bytes_per_row", 2.5),
        ("time_per_byte", 6_250.0),
        ("cpu_time_per_byte", 10_000.0),
        ("instructions_per_byte", 45_000.0),
        ("cycles_per_byte", 30_000.0),
        ("cache_misses_per_byte", 0.75),
        ("allocations_per_byte", 0.375),
    ];

    fn sample(executions: u32, measured: impl Fn(&Metric) -> Option<f64>) -> Sample {
        // All hardware events in one group, whose counters were enabled for the CPU time.
        let counting = |enabled_ns| Counting {
            enabled_ns,
            running_ns: enabled_ns,
            kernel: true,
            event: "hardware/0".to_owned(),
            group: "all".to_owned(),
        };
        let values = MEASURED.iter().map(|(metric, one)| {
            // What several executions have allocated at most is no sum over them.
            let times = if metric.name == metrics::PEAK_HEAP.name { 1 } else { executions };
            let value = measured(metric).unwrap_or(*one) * f64::from(times);
            let enabled_ns = 80_000_000 * u64::from(executions);
            metric.counted(value, Source::Hardware, counting(enabled_ns))
        });
        Sample {
            case: CaseId::new("a"),
            pass: Pass::Timed,
            process: 0,
            iteration: 0,
            started_ns: 0,
            executions,
            status: Status::Ok,
            values: values.collect(),
            answer: None,
            marks: Vec::new(),
        }
    }

    #[test]
    fn every_entry_has_the_number_that_its_arithmetic_gives_whatever_the_executions_of_a_sample() {
        let names: Vec<_> = DERIVED.iter().map(|one| one.name).collect();
        let checked: Vec<_> = DERIVED_FROM_IT.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, checked, "a new entry needs its number");
        for executions in [1, 4] {
            let sample = sample(executions, |_| None);
            for (derived, (name, expect)) in DERIVED.iter().zip(DERIVED_FROM_IT) {
                let (points, summary) = derived.over(&[&sample]).unwrap();
                let off = (summary.median / expect - 1.0).abs();
                assert!(off < 1e-12, "{name}: {} for {expect}", summary.median);
                assert_eq!(points.len(), 1, "{name}");
            }
        }
    }

    #[test]
    fn none_at_all_is_none_by_rows_and_no_ratio() {
        let nothing = [metrics::PAGE_FAULTS, metrics::PEAK_HEAP, metrics::CACHE_MISSES];
        let named = |metric: &Metric| nothing.iter().any(|one| one.name == metric.name);
        let sample = sample(1, |metric| named(metric).then_some(0.0));
        let of = |name: &str| {
            let derived = DERIVED.iter().find(|one| one.name == name).unwrap();
            derived.over(&[&sample]).map(|(_, summary)| summary.median)
        };
        for name in ["page_faults_per_row", "peak_heap_per_row", "cache_misses_per_byte"] {
            assert_eq!(of(name), Some(0.0), "{name}");
        }
        assert_eq!(of("cache_miss_rate"), None);
    }
}
