//! One column of the table of counts: where its numbers come from, and in what unit they stand.

use record::{Pass, Source, metrics};
use stats::Observation;

use crate::format::{Kind, Scale};
use crate::run_set::{CaseSet, RunSet, Series};

/// What a column can show.
pub(super) struct What {
    /// Its name in the head.
    words: &'static str,
    /// The metric.
    metric: &'static str,
    /// The metrics that it is formed of, for a derived one: as they were counted, so is it.
    of: &'static [&'static str],
}

const fn count(words: &'static str, metric: &'static str) -> What {
    What { words, metric, of: &[] }
}

/// Every column, in the order of the table. Sums are shown by row where the work has rows.
pub(super) const COLUMNS: &[What] = &[
    count("CPU time", metrics::CPU_TIME.name),
    count("user time", metrics::USER_TIME.name),
    count("system time", metrics::SYSTEM_TIME.name),
    count("cycles", metrics::CYCLES.name),
    count("instructions", metrics::INSTRUCTIONS.name),
    What {
        words: "instructions per cycle",
        metric: "ipc",
        of: &[metrics::INSTRUCTIONS.name, metrics::CYCLES.name],
    },
    count("cache references", metrics::CACHE_REFERENCES.name),
    count("cache misses", metrics::CACHE_MISSES.name),
    What {
        words: "cache miss rate",
        metric: "cache_miss_rate",
        of: &[metrics::CACHE_MISSES.name, metrics::CACHE_REFERENCES.name],
    },
    count("branches", metrics::BRANCHES.name),
    count("branch misses", metrics::BRANCH_MISSES.name),
    What {
        words: "branch miss rate",
        metric: "branch_miss_rate",
        of: &[metrics::BRANCH_MISSES.name, metrics::BRANCHES.name],
    },
    count("first-level misses", metrics::L1D_MISSES.name),
    count("allocations", metrics::ALLOCATIONS.name),
    count("allocated", metrics::ALLOCATED_BYTES.name),
    count("page faults", metrics::PAGE_FAULTS.name),
    count("context switches", metrics::CONTEXT_SWITCHES.name),
    count("written", metrics::WRITTEN_BYTES.name),
];

/// A column with its numbers.
pub(super) struct Column {
    words: &'static str,
    kind: Kind,
    pub(super) pass: Option<Pass>,
    pub(super) source: Option<Source>,
    /// Whether its numbers are per row.
    pub(super) by_row: bool,
    /// Rows that a number is of: 1000 where counts per row would be tiny.
    pub(super) times: f64,
    pub(super) scale: Scale,
    /// By case.
    pub(super) counts: Vec<Option<Count>>,
}

/// A number of one case.
pub(super) struct Count {
    pub(super) median: f64,
    pub(super) points: Vec<Observation>,
    /// The least share of its time that it was counted.
    pub(super) on_pmu: f64,
}

impl Column {
    /// `None` where no case has the metric.
    pub(super) fn new(set: &RunSet, what: &What, pass: Option<Pass>) -> Option<Self> {
        let found = |case: &CaseSet| series(case, pass, what.metric).is_some();
        let first = set.cases.iter().find_map(|case| series(case, pass, what.metric))?;
        let by_row = what.of.is_empty()
            && set.cases.iter().filter(|case| found(case)).all(|case| rows(case, pass).is_some());
        let counts: Vec<Option<Count>> =
            set.cases.iter().map(|case| one(case, pass, what, by_row)).collect();
        let kind = if by_row { per_row(first.kind) } else { first.kind };
        let medians = || counts.iter().flatten().map(|count| count.median);
        let most = medians().fold(0.0, f64::max);
        // A table full of noughts is worth no column.
        if most == 0.0 {
            return None;
        }
        let tiny = kind == Kind::CountPerRow && most < 0.1;
        let scale = kind.scale(medians().next().unwrap_or(most));
        let sources = what.of.iter().find_map(|name| series(&set.cases[0], pass, name));
        Some(Self {
            words: what.words,
            kind,
            pass,
            source: first.source.or(sources.and_then(|one| one.source)),
            by_row,
            times: if tiny { 1000.0 } else { 1.0 },
            scale,
            counts,
        })
    }

    /// Its head, with the unit.
    pub(super) fn head(&self) -> String {
        let unit = match (self.by_row, self.times > 1.0) {
            (true, true) => "per 1000 rows".to_owned(),
            (true, false) if self.kind == Kind::CountPerRow => "per row".to_owned(),
            _ => self.scale.unit.to_owned(),
        };
        if unit.is_empty() { self.words.to_owned() } else { format!("{}, {unit}", self.words) }
    }

    pub(super) fn is_time(&self) -> bool {
        matches!(self.kind, Kind::Time | Kind::TimePerRow)
    }

    pub(super) fn is_scaled(&self) -> bool {
        self.counts.iter().flatten().any(|count| count.on_pmu < 1.0)
    }
}

fn series<'a>(case: &'a CaseSet, pass: Option<Pass>, metric: &str) -> Option<&'a Series> {
    match pass {
        None => case.metric(metric),
        Some(pass) => case.pass(pass)?.metric(metric),
    }
}

/// The median rows of a case, where it has some.
fn rows(case: &CaseSet, pass: Option<Pass>) -> Option<f64> {
    let rows = series(case, pass, metrics::ROWS.name)?.summary.median;
    (rows > 0.0).then_some(rows)
}

fn one(case: &CaseSet, pass: Option<Pass>, what: &What, by_row: bool) -> Option<Count> {
    let found = series(case, pass, what.metric)?;
    let share = if by_row { 1.0 / rows(case, pass)? } else { 1.0 };
    let point = |point: &Observation| Observation { value: point.value * share, ..*point };
    let on_pmu = |one: &Series| one.counted.map_or(1.0, |counted| counted.on_pmu);
    let parts = what.of.iter().filter_map(|name| series(case, pass, name));
    Some(Count {
        median: found.summary.median * share,
        points: found.points.iter().map(point).collect(),
        on_pmu: parts.map(on_pmu).fold(on_pmu(found), f64::min),
    })
}

fn per_row(kind: Kind) -> Kind {
    match kind {
        Kind::Time => Kind::TimePerRow,
        Kind::Bytes => Kind::BytesPerRow,
        _ => Kind::CountPerRow,
    }
}
