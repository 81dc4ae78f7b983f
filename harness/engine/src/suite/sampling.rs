//! `[sampling]` and `[output]`, checked. The same code reads `--set sampling.processes=3`, which is
//! why a table becomes a patch: only what was stated, laid over the defaults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::counters::{self, CountersPatch};
use super::message::{cannot_be, translate};
use super::source::{Located, Source};
use super::wire::{WireCounters, WireOutput, WireSampling};
use super::{SuiteError, check};
use crate::case::{Order, Sampling};
use crate::counters::{Choice, EVENTS_MAX, event_names};
use crate::reject::Rule;

/// Highest CPU number that `pin` may name.
const CPU_MAX: usize = 4095;

/// Longest limit on a run: a week.
const BUDGET_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Longest limit on one request: a day.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 3600);

/// What the tables state; `None` leaves what was there before.
#[derive(Debug, Default)]
pub(crate) struct SamplingPatch {
    processes: Option<u32>,
    iterations: Option<u32>,
    warmup: Option<u32>,
    budget: Option<Duration>,
    timeout: Option<Duration>,
    order: Option<Order>,
    seed: Option<u64>,
    pin: Option<Vec<usize>>,
    events: Option<Choice>,
    share: Option<bool>,
    reject: Option<Rule>,
    directory: Option<PathBuf>,
    sync: Option<bool>,
    evict: Option<bool>,
    /// Of `[counters]`, which an option may name too.
    pub(crate) counters: CountersPatch,
}

impl SamplingPatch {
    /// Lays the patch over a sampling and an output directory.
    pub(crate) fn apply(self, sampling: &mut Sampling, directory: &mut Option<PathBuf>) {
        fn set<T>(value: Option<T>, into: &mut T) {
            if let Some(value) = value {
                *into = value;
            }
        }
        set(self.processes, &mut sampling.processes);
        set(self.iterations, &mut sampling.iterations);
        set(self.warmup, &mut sampling.warmup);
        set(self.timeout, &mut sampling.timeout);
        set(self.order, &mut sampling.order);
        set(self.seed, &mut sampling.seed);
        set(self.sync, &mut sampling.sync);
        set(self.evict, &mut sampling.evict);
        sampling.budget = self.budget.or(sampling.budget);
        sampling.pin = self.pin.or(sampling.pin.take());
        let share = self.share.unwrap_or(sampling.counters.share);
        set(self.events, &mut sampling.counters);
        sampling.counters.share = share;
        sampling.reject = self.reject.or(sampling.reject.take());
        *directory = self.directory.or(directory.take());
    }
}

/// What a suite that states nothing means.
pub(super) fn defaults() -> Sampling {
    Sampling {
        processes: 5,
        iterations: 3,
        warmup: 1,
        budget: None,
        timeout: Duration::from_secs(60),
        order: Order::Shuffled,
        seed: 1,
        sync: true,
        evict: false,
        pin: None,
        counters: Choice::usual(),
        reject: None,
    }
}

/// The longest duration that a key takes, if durations are what it takes.
pub(super) fn longest(key: &str) -> Option<Duration> {
    match key {
        "budget" => Some(BUDGET_MAX),
        "timeout" => Some(TIMEOUT_MAX),
        _ => None,
    }
}

/// The two tables, checked.
pub(super) fn check(
    source: &Arc<Source>,
    sampling: &WireSampling,
    output: &WireOutput,
    wire_counters: &WireCounters,
) -> Result<SamplingPatch, SuiteError> {
    let count = |key, found: &Option<_>, min: i64, max: i64| match found {
        Some(found) => check::count(source, key, found, (min, max)).map(Some),
        None => Ok(None),
    };
    // OK because every limit below lies inside the narrower type.
    let small = |found: Option<i64>| found.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let duration = |key, found: &Option<_>, max| match found {
        Some(found) => check::duration(source, key, found, max).map(Some),
        None => Ok(None),
    };
    let orders = [("shuffled", Order::Shuffled), ("listed", Order::Listed)];
    let order = sampling.order.as_ref().map(|found| check::word(source, "order", found, &orders));
    let directory = output.directory.as_ref().map(|found| check::words(source, "directory", found));
    Ok(SamplingPatch {
        processes: small(count("processes", &sampling.processes, 1, 10_000)?),
        iterations: small(count("iterations", &sampling.iterations, 1, 10_000)?),
        warmup: small(count("warmup", &sampling.warmup, 0, 1_000)?),
        budget: duration("budget", &sampling.budget, BUDGET_MAX)?,
        timeout: duration("timeout", &sampling.timeout, TIMEOUT_MAX)?,
        order: order.transpose()?,
        seed: count("seed", &sampling.seed, 0, i64::MAX)?.map(i64::unsigned_abs),
        pin: sampling.pin.as_ref().map(|found| cpus(source, found)).transpose()?,
        events: wire_counters.events.as_ref().map(|found| events(source, found)).transpose()?,
        share: wire_counters.share.as_ref().map(|found| found.value),
        reject: sampling.reject.as_ref().map(|found| rule(source, found)).transpose()?,
        directory: directory.transpose()?.map(PathBuf::from),
        sync: output.sync.as_ref().map(|found| found.value),
        evict: output.evict.as_ref().map(|found| found.value),
        counters: counters::check(source, wire_counters)?,
    })
}

/// One key of the two tables, as an option states it: `sampling.processes=3`.
///
/// # Errors
/// At the name or at the value inside the text of the option.
pub(crate) fn patch(
    source: &Arc<Source>,
    name: &Located<String>,
    value: &Located<String>,
) -> Result<SamplingPatch, SuiteError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Tables {
        #[serde(default)]
        sampling: WireSampling,
        #[serde(default)]
        output: WireOutput,
        #[serde(default)]
        counters: WireCounters,
    }
    let parsed = |text: &str| -> Result<SamplingPatch, SuiteError> {
        let document = Source::new("--set", text);
        let tables: Tables = toml::from_str(text).map_err(|error| translate(&document, &error))?;
        check(&document, &tables.sampling, &tables.output, &tables.counters)
    };
    // A person types `timeout=60s` without the quotes that TOML asks for. Counts may be quoted.
    let written = match value.value.as_str() {
        flag @ ("true" | "false") => flag.to_owned(),
        list if list.starts_with('[') => list.to_owned(),
        // A JSON string is a TOML string.
        text => serde_json::Value::from(text).to_string(),
    };
    parsed(&format!("{}={written}", name.value)).map_err(|error| {
        let found = error.span();
        let in_name = found.start < name.value.len();
        let start = name.span.start;
        let span =
            if in_name { start + found.start..start + found.end } else { value.span.clone() };
        error.moved(source, &span)
    })
}

/// The chosen events: at least one, each of them known.
fn events(
    source: &Arc<Source>,
    found: &Located<Vec<Located<String>>>,
) -> Result<Choice, SuiteError> {
    let names = &found.value;
    if !(1..=EVENTS_MAX).contains(&names.len()) {
        return Err(cannot_be(source, &found.span, "events")
            .allowed(format!("a list of 1 to {EVENTS_MAX} events, or no `events` at all")));
    }
    Choice::of(names.iter().map(|name| name.value.as_str())).map_err(|at| {
        let name = &names[at];
        let words = ["cpu_time", "page_faults", "context_switches"];
        let error = SuiteError::at(source, &name.span, format!("unknown event `{}`", name.value))
            .names(&name.value, event_names())
            .note("a raw event is `r` and its number in hexadecimal, such as `r1c2`");
        match words.contains(&name.value.replace('-', "_").as_str()) {
            true => error.note("software events and process accounting are always counted"),
            false => error,
        }
    })
}

/// A rule inside the text of a suite: what is wrong with it is shown at its place there.
fn rule(source: &Arc<Source>, found: &Located<String>) -> Result<Rule, SuiteError> {
    check::words(source, "reject", found)?;
    Rule::parse(&Source::new("reject", found.value.clone())).map_err(|error| {
        let inner = error.span();
        let at = found.span.start + 1;
        let inside = at + inner.start..at + inner.end;
        // A text with escapes has its words at other places than its value.
        let same = source.slice(&(at..found.span.end - 1)) == found.value;
        error.moved(source, if same { &inside } else { &found.span })
    })
}

/// "0-1", "0,2", "0-3,8": CPU numbers in rising order, each once.
fn cpus(source: &Arc<Source>, text: &Located<String>) -> Result<Vec<usize>, SuiteError> {
    parse_cpus(&text.value).ok_or_else(|| {
        cannot_be(source, &text.span, "pin")
            .allowed(format!("CPU numbers from 0 to {CPU_MAX}, such as \"0-1\" or \"0,2\""))
    })
}

/// `None` for what is no such list.
pub(crate) fn parse_cpus(text: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from: usize = from.trim().parse().ok()?;
        let to: usize = to.trim().parse().ok()?;
        if from > to || to > CPU_MAX {
            return None;
        }
        cpus.extend(from..=to);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pin_reads_cpu_numbers_and_ranges() {
        assert_eq!(parse_cpus("0-1"), Some(vec![0, 1]));
        assert_eq!(parse_cpus("2,0, 4-5,4"), Some(vec![0, 2, 4, 5]));
        for text in ["", "a", "1-", "3-1", "0-99999999", "-1"] {
            assert_eq!(parse_cpus(text), None, "{text}");
        }
    }

    #[test]
    fn an_option_states_one_key_of_a_table() {
        let mut sampling = defaults();
        let mut directory = None;
        let keys = [
            ("sampling.processes", "7"),
            ("sampling.timeout", "90s"),
            ("sampling.order", "listed"),
            ("sampling.pin", "0"),
            ("output.sync", "false"),
            ("output.directory", "/tmp/a b"),
        ];
        for (name, value) in keys {
            let source = Source::new("--set", format!("{name}={value}"));
            let at = name.len();
            let name = Located::new(name.to_owned(), 0..at);
            let value = Located::new(value.to_owned(), at + 1..source.text.len());
            patch(&source, &name, &value).unwrap().apply(&mut sampling, &mut directory);
        }
        assert_eq!(sampling.processes, 7);
        assert_eq!(sampling.timeout, Duration::from_secs(90));
        assert_eq!(sampling.order, Order::Listed);
        assert_eq!(sampling.pin, Some(vec![0]));
        assert!(!sampling.sync);
        assert_eq!(directory, Some(PathBuf::from("/tmp/a b")));
    }
}
