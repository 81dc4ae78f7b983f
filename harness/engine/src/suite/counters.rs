//! `[counters]`, checked: the passes that a run has beside the timed one. The same code reads
//! `--set counters.simulate=true`, so a table becomes a patch here too.
//!
//! Parameters stay as they are written; the plan types them, because it knows the workloads.

use std::sync::Arc;

use super::cases::{Setting, settings};
use super::message::cannot_be;
use super::source::{Located, Source};
use super::wire::{WireCache, WireCounters, WirePass};
use super::{SuiteError, bytes, check};
use crate::pass::{Cache, Caches};

/// Most processes of a case in one pass.
const REPEATS_MAX: i64 = 1_000;

/// Largest simulated cache, in bytes.
const CACHE_BYTES_MAX: u64 = 1 << 32;

/// The passes that a suite asks for.
#[derive(Clone, Debug)]
pub(crate) struct CountersDef {
    /// Cases on a simulated CPU.
    pub(crate) simulate: Option<PassDef>,
    /// Cases with their allocations counted.
    pub(crate) allocations: Option<PassDef>,
    /// Processes per case.
    pub(crate) repeats: u32,
    /// The simulated caches.
    pub(crate) caches: Caches,
}

/// The parameters that a pass has of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct PassDef {
    /// The text in which they stand; `None` where none do.
    pub(crate) source: Option<Arc<Source>>,
    pub(crate) params: Vec<Setting>,
}

impl Default for CountersDef {
    fn default() -> Self {
        Self { simulate: None, allocations: None, repeats: 3, caches: Caches::default() }
    }
}

/// What a `[counters]` table states.
#[derive(Debug, Default)]
pub(crate) struct CountersPatch {
    simulate: Option<PassPatch>,
    allocations: Option<PassPatch>,
    repeats: Option<u32>,
    i1: Option<Cache>,
    d1: Option<Cache>,
    ll: Option<Cache>,
}

#[derive(Debug)]
enum PassPatch {
    Off,
    /// As it was stated before, or without parameters of its own.
    On,
    Sized(PassDef),
}

impl PassPatch {
    fn apply(self, into: &mut Option<PassDef>) {
        match self {
            Self::Off => *into = None,
            Self::On => drop(into.get_or_insert_default()),
            Self::Sized(def) => *into = Some(def),
        }
    }
}

impl CountersPatch {
    /// Lays the patch over what was asked for before.
    pub(crate) fn apply(self, counters: &mut CountersDef) {
        if let Some(patch) = self.simulate {
            patch.apply(&mut counters.simulate);
        }
        if let Some(patch) = self.allocations {
            patch.apply(&mut counters.allocations);
        }
        counters.repeats = self.repeats.unwrap_or(counters.repeats);
        let caches = &mut counters.caches;
        let stated =
            [(self.i1, &mut caches.i1), (self.d1, &mut caches.d1), (self.ll, &mut caches.ll)];
        for (stated, into) in stated {
            *into = stated.unwrap_or(*into);
        }
    }
}

/// The table, checked.
pub(super) fn check(
    source: &Arc<Source>,
    wire: &WireCounters,
) -> Result<CountersPatch, SuiteError> {
    let pass = |found: &Option<Located<WirePass>>| {
        found.as_ref().map(|found| pass(source, &found.value)).transpose()
    };
    let cache = |key, found: &Option<Located<WireCache>>| {
        found.as_ref().map(|found| cache(source, key, found)).transpose()
    };
    let repeats = wire.repeats.as_ref();
    let repeats = repeats.map(|found| check::count(source, "repeats", found, (1, REPEATS_MAX)));
    Ok(CountersPatch {
        simulate: pass(&wire.simulate)?,
        allocations: pass(&wire.allocations)?,
        // OK because the limit lies inside the narrower type.
        repeats: repeats.transpose()?.map(|n| u32::try_from(n).unwrap_or(u32::MAX)),
        i1: cache("i1", &wire.caches.i1)?,
        d1: cache("d1", &wire.caches.d1)?,
        ll: cache("ll", &wire.caches.ll)?,
    })
}

fn pass(source: &Arc<Source>, wire: &WirePass) -> Result<PassPatch, SuiteError> {
    Ok(match wire {
        WirePass::Switch(false) => PassPatch::Off,
        WirePass::Switch(true) => PassPatch::On,
        WirePass::Sized(params) => PassPatch::Sized(PassDef {
            source: Some(Arc::clone(source)),
            params: settings(source, params)?,
        }),
    })
}

fn cache(source: &Arc<Source>, key: &str, wire: &Located<WireCache>) -> Result<Cache, SuiteError> {
    let WireCache { size, ways, line } = &wire.value;
    let fits = |bytes: &u64| (1..=CACHE_BYTES_MAX).contains(bytes);
    let found = bytes(&size.value).map(i64::unsigned_abs).filter(fits);
    let found = found.ok_or_else(|| {
        cannot_be(source, &size.span, "size").allowed("a size of at most 4 GiB, such as \"32KiB\"")
    })?;
    let ways = check::count(source, "ways", ways, (1, 1024))?.unsigned_abs();
    let line = line.as_ref().map(|line| check::count(source, "line", line, (16, 4096)));
    let line = line.transpose()?.map_or(64, i64::unsigned_abs);
    let cache = Cache { bytes: found, ways, line };
    if cache.is_possible() {
        return Ok(cache);
    }
    Err(cannot_be(source, &wire.span, key)
        .note(format!("{found} bytes in {ways} ways of {line} bytes are no power of two of sets"))
        .allowed("size / (ways x line) must be a power of two, and so must line"))
}
