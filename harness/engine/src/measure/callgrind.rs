//! Callgrind: is it there, how is it started, and what do its files say.
//!
//! The passes call it. The format of the files is that of the valgrind manual, "Callgrind Format
//! Specification"; of each file only the line of the events and that of the totals is read.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use record::{Source, Unavailable, Value, metrics};

use crate::pass::Caches;

/// The program.
const VALGRIND: &str = "valgrind";

/// Every metric that comes from here.
pub(super) const METRICS: [&metrics::Metric; 9] = [
    &metrics::INSTRUCTIONS,
    &metrics::L1I_MISSES,
    &metrics::L1D_REFERENCES,
    &metrics::L1D_MISSES,
    &metrics::CACHE_REFERENCES,
    &metrics::CACHE_MISSES,
    &metrics::BRANCHES,
    &metrics::BRANCH_MISSES,
    &metrics::ESTIMATED_CYCLES,
];

/// The version of the valgrind that is installed, for instance `valgrind-3.19.0`.
///
/// # Errors
/// What is missing without it, and the command that installs it.
pub(super) fn version() -> Result<String, Unavailable> {
    let asked = Command::new(VALGRIND).arg("--version").stdin(Stdio::null()).output();
    match asked {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(missing(&format!("`{VALGRIND} --version` fails: {said}"), ""))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let remedy = "`apt-get install valgrind`, or the same package of another system";
            Err(missing("valgrind is not installed", remedy))
        }
        Err(error) => Err(missing(&format!("valgrind cannot be started: {error}"), "")),
    }
}

/// Simulated counts are not to be had.
pub(super) fn missing(reason: &str, remedy: &str) -> Unavailable {
    Unavailable {
        metrics: METRICS.iter().map(|metric| metric.name.to_owned()).collect(),
        source: Source::Simulated,
        errno: None,
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// A worker's program and arguments under callgrind: nothing is counted until it asks for it.
pub(super) fn argv(worker: Vec<String>, caches: &Caches, out: &Path) -> Vec<String> {
    let Caches { i1, d1, ll } = caches;
    let options = [
        VALGRIND.to_owned(),
        "-q".to_owned(),
        "--tool=callgrind".to_owned(),
        "--instr-atstart=no".to_owned(),
        "--cache-sim=yes".to_owned(),
        "--branch-sim=yes".to_owned(),
        format!("--I1={}", i1.option()),
        format!("--D1={}", d1.option()),
        format!("--LL={}", ll.option()),
        // A `%` would begin a placeholder of valgrind's.
        format!("--callgrind-out-file={}", out.to_string_lossy().replace('%', "%%")),
        "--".to_owned(),
    ];
    options.into_iter().chain(worker).collect()
}

/// The files that one worker leaves: `NAME.1`, `NAME.2` and so on, one per region.
pub(super) struct Files {
    /// The name that callgrind is told.
    pub(super) out: PathBuf,
    next: u32,
}

impl Files {
    /// Files in a directory of their own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(directory)?,
        }
        Ok(Self { out: directory.join("callgrind"), next: 1 })
    }

    /// What was counted in the region that has just ended.
    ///
    /// # Errors
    /// In words, when callgrind left no file, or one that says nothing.
    pub(super) fn take(&mut self) -> Result<Vec<Value>, String> {
        let path = self.out.with_extension(self.next.to_string());
        self.next += 1;
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("callgrind left no `{}`: {error}", path.display()))?;
        // The next region writes another one; this one is of no more use.
        let _ = fs::remove_file(&path);
        let costs = totals(&text)
            .ok_or_else(|| format!("callgrind's `{}` holds no totals", path.display()))?;
        values(&costs).ok_or_else(|| "callgrind counted nothing".to_owned())
    }
}

/// The totals of a file by the names of their events. What is left out at the end of the line is 0.
fn totals(text: &str) -> Option<BTreeMap<&str, u64>> {
    let line = |head: &str| text.lines().find_map(|line| line.strip_prefix(head));
    let mut numbers = line("totals:")?.split_ascii_whitespace();
    let mut costs = BTreeMap::new();
    for event in line("events:")?.split_ascii_whitespace() {
        let number = numbers.next().unwrap_or("0").parse().ok()?;
        costs.insert(event, number);
    }
    Some(costs)
}

/// Callgrind's events as metrics; `None` where no instruction was counted.
///
/// The estimate of the cycles is that of KCachegrind: `Ir + 10 L1m + 100 LLm + 10 Bm`, where L1m are
/// the misses of both first levels, LLm those of the last one and Bm the mispredicted branches.
fn values(costs: &BTreeMap<&str, u64>) -> Option<Vec<Value>> {
    let sum = |events: &[&str]| -> Option<u64> {
        events.iter().map(|event| costs.get(event).copied()).sum()
    };
    let instructions = sum(&["Ir"]).filter(|count| *count > 0)?;
    let l1 = sum(&["I1mr", "D1mr", "D1mw"]);
    let last = sum(&["ILmr", "DLmr", "DLmw"]);
    let branches = sum(&["Bcm", "Bim"]);
    let cycles = || Some(instructions + 10 * l1? + 100 * last? + 10 * branches?);
    let found = [
        (&metrics::INSTRUCTIONS, Some(instructions)),
        (&metrics::L1I_MISSES, sum(&["I1mr"])),
        (&metrics::L1D_REFERENCES, sum(&["Dr", "Dw"])),
        (&metrics::L1D_MISSES, sum(&["D1mr", "D1mw"])),
        (&metrics::CACHE_REFERENCES, l1),
        (&metrics::CACHE_MISSES, last),
        (&metrics::BRANCHES, sum(&["Bc", "Bi"])),
        (&metrics::BRANCH_MISSES, branches),
        (&metrics::ESTIMATED_CYCLES, cycles()),
    ];
    let value = |(metric, count): (&metrics::Metric, Option<u64>)| {
        count.map(|count| metric.value(count as f64, Source::Simulated))
    };
    Some(found.into_iter().filter_map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# callgrind format
version: 1
creator: callgrind-3.19.0
events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim
fn=(12) work
16 400 100
calls=1 0
totals: 1000 200 100 3 20 10 1 5 2 150 8 10 1
";

    fn found(text: &str) -> BTreeMap<String, f64> {
        let values = values(&totals(text).unwrap()).unwrap();
        values.into_iter().map(|value| (value.metric, value.value)).collect()
    }

    #[test]
    fn totals_become_metrics_and_the_cycles_follow_the_formula() {
        let found = found(FILE);
        let expected = [
            ("instructions", 1000.0),
            ("l1i_misses", 3.0),
            ("l1d_references", 300.0),
            ("l1d_misses", 30.0),
            ("cache_references", 33.0),
            ("cache_misses", 8.0),
            ("branches", 160.0),
            ("branch_misses", 9.0),
            ("estimated_cycles", 1000.0 + 330.0 + 800.0 + 90.0),
        ];
        assert_eq!(found.len(), expected.len());
        for (name, value) in expected {
            assert_eq!(found[name], value, "{name}");
        }
        let told: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(told, expected.map(|(name, _)| name));
    }

    #[test]
    fn the_simulated_pass_is_where_these_metrics_repeat_best() {
        for metric in METRICS {
            assert_eq!(crate::pass::exact_pass_of(metric.name), record::Pass::Simulated);
        }
    }

    #[test]
    fn what_was_not_simulated_is_left_out_and_never_zero() {
        let found = found("events: Ir\ntotals: 77\n");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("instructions".to_owned(), 77.0)]);
    }

    #[test]
    fn a_region_without_instructions_and_a_file_without_totals_are_nothing() {
        assert!(values(&totals("events: Ir Dr\ntotals: 0\n").unwrap()).is_none());
        assert!(totals("events: Ir Dr\n").is_none());
        assert!(totals("events: Ir\ntotals: many\n").is_none());
    }
}
