//! What a suite chooses to count: the catalogue of hardware events by name, and raw events.
//!
//! The suite makes a [`Choice`], `hardware.rs` and the scripted source obey it. Knows names and
//! numbers alone; whether an event exists here is for `perf.rs` to find out.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use record::metrics::{
    BRANCH_MISSES, BRANCHES, CACHE_MISSES, CACHE_REFERENCES, CYCLES, DTLB_LOAD_MISSES, DTLB_LOADS,
    INSTRUCTIONS, L1D_LOAD_MISSES, L1D_LOADS, LLC_LOAD_MISSES, LLC_LOADS, Metric,
    STALLED_CYCLES_BACKEND, STALLED_CYCLES_FRONTEND,
};
use record::{Better, Unit};

use super::event::{Event, Kernel};
use super::software;

/// Most events of a suite.
pub const EVENTS_MAX: usize = 64;

/// `PERF_TYPE_HARDWARE`, `PERF_TYPE_HW_CACHE` and `PERF_TYPE_RAW` of `linux/perf_event.h`.
const HARDWARE: u32 = 0;
const HW_CACHE: u32 = 3;
const RAW: u32 = 4;

/// An event that a suite may choose by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) event: Event,
    /// Events of one bundle belong into one ratio and are counted together wherever that is
    /// possible.
    pub(super) bundle: &'static str,
}

/// Every event that has a name; the first six are those of a suite that chooses none.
const CATALOGUE: &[Chosen] = &[
    hardware("core", CYCLES, 0, "hardware/cpu-cycles"),
    hardware("core", INSTRUCTIONS, 1, "hardware/instructions"),
    hardware("branch", BRANCHES, 4, "hardware/branch-instructions"),
    hardware("branch", BRANCH_MISSES, 5, "hardware/branch-misses"),
    hardware("cache", CACHE_REFERENCES, 2, "hardware/cache-references"),
    hardware("cache", CACHE_MISSES, 3, "hardware/cache-misses"),
    hardware("core", STALLED_CYCLES_FRONTEND, 7, "hardware/stalled-cycles-frontend"),
    hardware("core", STALLED_CYCLES_BACKEND, 8, "hardware/stalled-cycles-backend"),
    cache("l1d", L1D_LOADS, 0x0_0000, "hw-cache/L1-dcache-loads"),
    cache("l1d", L1D_LOAD_MISSES, 0x1_0000, "hw-cache/L1-dcache-load-misses"),
    cache("llc", LLC_LOADS, 0x0_0002, "hw-cache/LLC-loads"),
    cache("llc", LLC_LOAD_MISSES, 0x1_0002, "hw-cache/LLC-load-misses"),
    cache("dtlb", DTLB_LOADS, 0x0_0003, "hw-cache/dTLB-loads"),
    cache("dtlb", DTLB_LOAD_MISSES, 0x1_0003, "hw-cache/dTLB-load-misses"),
];

const DEFAULTS: usize = 6;

const fn hardware(bundle: &'static str, metric: Metric, config: u64, name: &'static str) -> Chosen {
    Chosen { event: Event { metric, kind: HARDWARE, config, name, kernel: Kernel::Both }, bundle }
}

/// The configuration is the cache, the operation (0: loads) and the result (1: misses), a byte each.
const fn cache(bundle: &'static str, metric: Metric, config: u64, name: &'static str) -> Chosen {
    Chosen { event: Event { metric, kind: HW_CACHE, config, name, kernel: Kernel::Both }, bundle }
}

/// Which hardware events are counted, and how they share the PMU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub(super) events: Vec<Chosen>,
    /// Whether groups that do not fit the PMU at once share it inside a sample, instead of taking
    /// turns over rounds.
    pub share: bool,
}

impl Choice {
    /// What is counted where a suite chooses nothing.
    pub fn usual() -> Self {
        Self { events: CATALOGUE[..DEFAULTS].to_vec(), share: false }
    }

    /// Every event that has a name.
    pub fn all() -> Self {
        Self { events: CATALOGUE.to_vec(), share: false }
    }

    /// The events of these names, each once, in this order.
    ///
    /// # Errors
    /// The position of the first name that is none.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, usize> {
        let mut choice = Self { events: Vec::new(), share: false };
        for (at, name) in names.into_iter().enumerate() {
            let chosen = named(name).or_else(|| raw(name)).ok_or(at)?;
            if !choice.events.contains(&chosen) {
                choice.events.push(chosen);
            }
        }
        Ok(choice)
    }

    /// The metrics of the chosen events.
    pub fn metrics(&self) -> impl Iterator<Item = &'static str> {
        self.events.iter().map(|chosen| chosen.event.metric.name)
    }

    /// The events in their bundles, in the order of the first event of each.
    pub(super) fn bundles(&self) -> Vec<(&'static str, Vec<Event>)> {
        let mut bundles: Vec<(&'static str, Vec<Event>)> = Vec::new();
        for Chosen { event, bundle } in &self.events {
            match bundles.iter_mut().find(|(name, _)| name == bundle) {
                Some((_, events)) => events.push(*event),
                None => bundles.push((bundle, vec![*event])),
            }
        }
        bundles
    }
}

/// The names that a suite may choose, raw events aside.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|chosen| chosen.event.metric.name)
}

/// Every event that has a name, in perf's spelling, with its type and configuration.
pub(crate) fn perf_events() -> impl Iterator<Item = (&'static str, u32, u64)> {
    let hardware = CATALOGUE.iter().map(|Chosen { event, .. }| {
        (kept(&event.metric.name.replace('_', "-")), event.kind, event.config)
    });
    software::EVENTS
        .iter()
        .map(|event| (event.perf_name(), event.kind, event.config))
        .chain(hardware)
}

/// The raw event of that name, in its shortest spelling.
pub(crate) fn raw_event(name: &str) -> Option<(&'static str, u32, u64)> {
    raw(name).map(|Chosen { event, .. }| (event.metric.name, event.kind, event.config))
}

/// An event by the name of its metric, also with the hyphens that perf writes.
fn named(name: &str) -> Option<Chosen> {
    let name = name.replace('-', "_");
    CATALOGUE.iter().find(|chosen| chosen.event.metric.name == name).copied()
}

/// A raw event as perf writes it: `r`, and the configuration of the CPU's manual in hexadecimal.
fn raw(name: &str) -> Option<Chosen> {
    let digits = name.strip_prefix('r')?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let config = plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()?;
    let name = kept(&format!("r{config:x}"));
    let metric = Metric {
        name,
        unit: Unit::Count,
        better: Better::Neither,
        about: "A raw event of the CPU, as the suite chose it.",
    };
    let words = kept(&format!("raw/{config:#x}"));
    let event = Event { metric, kind: RAW, config, name: words, kernel: Kernel::Both };
    Some(Chosen { event, bundle: name })
}

/// The metric of a raw event of this name.
pub(super) fn raw_metric(name: &str) -> Option<Metric> {
    raw(name).map(|chosen| chosen.event.metric)
}

/// The text for the life of this process: names of metrics live as long. A run chooses few.
pub(super) fn kept(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    texts.insert(text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hyphens_and_raw_events_are_understood_and_each_counts_once() {
        let names = ["instructions", "cache-misses", "r01C2", "cache_misses", "r1c2", "L1"];
        let choice = Choice::of(names[..5].iter().copied()).unwrap();
        assert_eq!(choice.metrics().collect::<Vec<_>>(), ["instructions", "cache_misses", "r1c2"]);
        assert_eq!(Choice::of(names), Err(5));
        for text in ["r", "rx", "r+1", "r11112222333344445", "", "R12"] {
            assert_eq!(Choice::of([text]), Err(0), "{text}");
        }
    }

    #[test]
    fn the_usual_events_are_six_and_every_name_is_another_one() {
        let usual: Vec<_> = Choice::usual().metrics().collect();
        assert_eq!(usual.len(), 6);
        assert!(
            [
                "cycles",
                "instructions",
                "cache_references",
                "cache_misses",
                "branches",
                "branch_misses"
            ]
            .iter()
            .all(|name| usual.contains(name))
        );
        let all: BTreeSet<_> = event_names().collect();
        assert_eq!(all.len(), CATALOGUE.len());
        let numbers: BTreeSet<_> =
            CATALOGUE.iter().map(|one| (one.event.kind, one.event.config)).collect();
        assert_eq!(numbers.len(), CATALOGUE.len());
    }

    #[test]
    fn what_belongs_into_one_ratio_is_one_bundle() {
        let names = ["stalled_cycles_backend", "r1", "branches", "cycles", "branch_misses"];
        let bundles = Choice::of(names).unwrap().bundles();
        let words: Vec<_> = bundles
            .iter()
            .map(|(name, events)| (*name, events.iter().map(|one| one.metric.name).collect()))
            .collect();
        let expect: [(&str, Vec<&str>); 3] = [
            ("core", vec!["stalled_cycles_backend", "cycles"]),
            ("r1", vec!["r1"]),
            ("branch", vec!["branches", "branch_misses"]),
        ];
        assert_eq!(words, expect);
    }
}
