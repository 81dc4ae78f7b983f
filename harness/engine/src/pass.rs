//! The passes of a run beside the timed one: what each is asked to do, and on which CPU a simulated
//! one runs.
//!
//! The suite states it, the plan makes a [`PassPlan`] of it, the run loop walks it after the timed
//! pass. Nothing here starts a process.

use std::fmt;

use record::{Pass, metrics};

use crate::case::Case;

/// What the counting allocator of a worker counts, and nobody else.
pub(crate) const ALLOCATED: [&metrics::Metric; 4] = [
    &metrics::ALLOCATIONS,
    &metrics::REALLOCATIONS,
    &metrics::ALLOCATED_BYTES,
    &metrics::PEAK_HEAP,
];

/// What a simulated CPU counts and a real one may count too.
const ON_ANY_CPU: [&metrics::Metric; 5] = [
    &metrics::INSTRUCTIONS,
    &metrics::CACHE_REFERENCES,
    &metrics::CACHE_MISSES,
    &metrics::BRANCHES,
    &metrics::BRANCH_MISSES,
];

/// What only a simulated CPU counts.
const SIMULATED: [&metrics::Metric; 4] = [
    &metrics::L1I_MISSES,
    &metrics::L1D_REFERENCES,
    &metrics::L1D_MISSES,
    &metrics::ESTIMATED_CYCLES,
];

/// The only pass that has a metric; `None` where the timed pass may have it.
pub fn only_pass_of(metric: &str) -> Option<Pass> {
    let has = |list: &[&metrics::Metric]| list.iter().any(|one| one.name == metric);
    match () {
        () if has(&ALLOCATED) => Some(Pass::Allocation),
        () if has(&SIMULATED) => Some(Pass::Simulated),
        () => None,
    }
}

/// The pass that has the values of a metric which repeat best.
pub fn exact_pass_of(metric: &str) -> Pass {
    let on_any_cpu = ON_ANY_CPU.iter().any(|one| one.name == metric);
    match only_pass_of(metric) {
        Some(pass) => pass,
        None if on_any_cpu => Pass::Simulated,
        None => Pass::Timed,
    }
}

/// One pass over the cases of a plan.
#[derive(Clone, Debug)]
pub struct PassPlan {
    /// Which one.
    pub pass: Pass,
    /// The cases as this pass measures them, one per case of the plan and under its id, at a size
    /// of the pass's own.
    pub cases: Vec<Case>,
    /// Fresh processes per case, each with one sample. At least 1.
    pub repeats: u32,
    /// What is simulated, in the simulated pass.
    pub caches: Caches,
}

/// The caches of the simulated CPU. They are stated and never the host's, so that two machines
/// simulate the same CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caches {
    /// First level, instructions.
    pub i1: Cache,
    /// First level, data.
    pub d1: Cache,
    /// Last level.
    pub ll: Cache,
}

/// One cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Its size in bytes.
    pub bytes: u64,
    /// Places in which a line may stand.
    pub ways: u64,
    /// Bytes of a line.
    pub line: u64,
}

impl Default for Caches {
    /// A plain server core: 32 KiB and 32 KiB with 8 ways, 8 MiB with 16, lines of 64 bytes.
    fn default() -> Self {
        let l1 = Cache { bytes: 32 << 10, ways: 8, line: 64 };
        Self { i1: l1, d1: l1, ll: Cache { bytes: 8 << 20, ways: 16, line: 64 } }
    }
}

impl Cache {
    /// Whether such a cache can be simulated: lines of a power of two from 16 bytes on, and a power
    /// of two of sets (valgrind manual, section 5.4).
    pub fn is_possible(&self) -> bool {
        let set = self.ways.saturating_mul(self.line);
        self.line >= 16
            && self.line.is_power_of_two()
            && set > 0
            && self.bytes.is_multiple_of(set)
            && (self.bytes / set).is_power_of_two()
    }

    /// As valgrind wants it: bytes, ways, bytes of a line.
    pub fn option(&self) -> String {
        format!("{},{},{}", self.bytes, self.ways, self.line)
    }
}

impl fmt::Display for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: u64 = 1 << 10;
        const MIB: u64 = 1 << 20;
        let (bytes, ways, line) = (self.bytes, self.ways, self.line);
        match bytes {
            _ if bytes.is_multiple_of(MIB) => write!(f, "{} MiB", bytes / MIB)?,
            _ if bytes.is_multiple_of(KIB) => write!(f, "{} KiB", bytes / KIB)?,
            _ => write!(f, "{bytes} B")?,
        }
        write!(f, " in {ways} ways of {line} B")
    }
}

impl fmt::Display for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I1 {}, D1 {}, LL {}", self.i1, self.d1, self.ll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_caches_that_can_be_simulated_are_possible() {
        let cache = |bytes, ways, line| Cache { bytes, ways, line };
        let Caches { i1, d1, ll } = Caches::default();
        assert!([i1, d1, ll, cache(48 << 10, 12, 64)].iter().all(Cache::is_possible));
        let wrong =
            [(32 << 10, 8, 48), (32 << 10, 8, 8), (48 << 10, 8, 64), (1000, 8, 64), (1024, 0, 64)];
        for (bytes, ways, line) in wrong {
            assert!(!cache(bytes, ways, line).is_possible(), "{bytes},{ways},{line}");
        }
    }

    #[test]
    fn caches_are_told_in_words() {
        let words =
            "I1 32 KiB in 8 ways of 64 B, D1 32 KiB in 8 ways of 64 B, LL 8 MiB in 16 ways of 64 B";
        assert_eq!(Caches::default().to_string(), words);
    }
}
