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
