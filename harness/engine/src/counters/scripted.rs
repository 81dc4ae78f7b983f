//! Counters that a script plays, so that the whole street from suite to report is tested without a
//! machine's counters, to the byte. The caller reads the script and passes its text.
//!
//! The n-th sample of a run gets the n-th number of every list, round and round, whatever case or
//! process it belongs to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use record::metrics::{self, Metric};
use record::{Source, Unavailable};
use serde::Deserialize;

use super::choice;
use super::hardware::out_of_turn;
use super::packing::{Fit, Packed, pack};
use super::refusal::{ENOENT, Facility, refused};
use super::snapshot::{Clock, Kind, Reading, Snapshot};
use super::{CounterSource, Opened, Probe, Target, say_once, unavailable};

/// Every group that says no times counts for this long, in ns.
const DEFAULT_NS: u64 = 1_000_000;

/// A script.
pub struct Scripted {
    script: Arc<Script>,
    samples: Arc<AtomicU64>,
}

struct Script {
    events: Vec<ScriptedEvent>,
    refused: Vec<Unavailable>,
    read_errors: Vec<u64>,
    /// How many hardware events the script's PMU counts at once; any number without it.
    pmu_counters: Option<usize>,
}

struct ScriptedEvent {
    metric: Metric,
    source: Source,
    values: Vec<Option<u64>>,
    kind: Played,
}

enum Played {
    Total,
    Level,
    Counted { group: String, event: String, kernel: bool, enabled: Vec<u64>, running: Vec<u64> },
}

impl Scripted {
    /// Reads a script; `docs/counters.md` describes its keys.
    ///
    /// # Errors
    ///
    /// The text is not JSON of this form, or it names a metric or source that there is not.
    pub fn parse(text: &str) -> Result<Self> {
        let wire: WireScript = serde_json::from_str(text).context("the counter script")?;
        let mut events = Vec::new();
        for group in wire.groups {
            let name = group.name.clone();
            let checked = group.check().with_context(|| format!("group `{name}`"))?;
            events.extend(checked);
        }
        let refused = wire
            .refused
            .into_iter()
            .map(|one| refused(Facility::Scripted, one.metrics, Some(one.errno), one.paranoid));
        let script = Script {
            events,
            refused: refused.collect(),
            read_errors: wire.read_errors,
            pmu_counters: wire.pmu_counters,
        };
        Ok(Self { script: Arc::new(script), samples: Arc::default() })
    }
}

impl CounterSource for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn open(&self, target: &Target<'_>) -> Opened {
        let mut unavailable = self.script.refused.clone();
        let mut probe = ScriptedProbe {
            script: Arc::clone(&self.script),
            samples: Arc::clone(&self.samples),
            sample: None,
            on_pmu: None,
        };
        if let Some(packed) = self.script.pack(target) {
            for (event, errno) in &packed.refused {
                let metrics = vec![event.metric.name.to_owned()];
                say_once(&mut unavailable, [refused(Facility::Scripted, metrics, *errno, None)]);
            }
            unavailable.extend(out_of_turn(&packed, target, Source::Scripted));
            let groups = packed.of_round(target.turn, target.choice.share).iter();
            let on_pmu = groups.flat_map(|group| {
                group.events.iter().map(|event| (event.metric.name, group.name.to_string()))
            });
            probe.on_pmu = Some(on_pmu.collect());
        }
        Opened { probes: vec![Box::new(probe)], unavailable }
    }
}

impl Script {
    /// The groups of the chosen events on the script's PMU, if it has one of a stated size. Events
    /// that the script does not play are absent from it.
    fn pack(&self, target: &Target<'_>) -> Option<Packed> {
        let counters = self.pmu_counters?;
        let plays = |name| self.events.iter().any(|event| event.metric.name == name);
        let mut fits = |events: &[super::event::Event]| match events.len() {
            _ if events.iter().any(|event| !plays(event.metric.name)) => Fit::Refused(Some(ENOENT)),
            wanted if wanted > counters => Fit::TooMany,
            _ => Fit::Fits,
        };
        Some(pack(target.choice.bundles(), &mut fits))
    }
}

/// Plays the script. Its totals begin at 0 with every sample, which is as good as any beginning.
struct ScriptedProbe {
    script: Arc<Script>,
    samples: Arc<AtomicU64>,
    sample: Option<u64>,
    /// The metrics that are on the script's PMU, and the group of each.
    on_pmu: Option<Vec<(&'static str, String)>>,
}

impl ScriptedProbe {
    /// The readings of this process: of hardware events, those that are on the PMU.
    fn readings(&self, read: impl Fn(&ScriptedEvent) -> Option<Reading>) -> Snapshot {
        let on_pmu = |mut reading: Reading| {
            let (Some(on_pmu), Kind::Counted(clock)) = (&self.on_pmu, &mut reading.kind) else {
                return Some(reading);
            };
            let (_, group) = on_pmu.iter().find(|(name, _)| *name == reading.metric.name)?;
            clock.group = group.clone().into();
            Some(reading)
        };
        let readings = self.script.events.iter().filter_map(|event| on_pmu(read(event)?));
        Snapshot { readings: readings.collect() }
    }
}

impl Probe for ScriptedProbe {
    fn begin(&mut self) -> Result<(), Unavailable> {
        self.sample = None;
        Ok(())
    }

    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        let Some(sample) = self.sample.take() else {
            self.sample = Some(self.samples.fetch_add(1, Ordering::Relaxed));
            return Ok(self.readings(|event| Some(event.before())));
        };
        if self.script.read_errors.contains(&sample) {
            let metrics: Vec<_> = self.script.events.iter().map(|one| one.metric.name).collect();
            return Err(unavailable(&metrics, Source::Scripted, "the script says: not readable"));
        }
        Ok(self.readings(|event| event.after(sample)))
    }
}

impl ScriptedEvent {
    fn before(&self) -> Reading {
        self.reading(0, 0, 0)
    }

    fn after(&self, sample: u64) -> Option<Reading> {
        let value = at(&self.values, sample)?;
        let (enabled_ns, running_ns) = match &self.kind {
            Played::Counted { enabled, running, .. } => (at(enabled, sample), at(running, sample)),
            Played::Total | Played::Level => (0, 0),
        };
        Some(self.reading(value, enabled_ns, running_ns))
    }

    fn reading(&self, value: u64, enabled_ns: u64, running_ns: u64) -> Reading {
        let kind = match &self.kind {
            Played::Total => Kind::Total,
            Played::Level => Kind::Level,
            Played::Counted { group, event, kernel, .. } => Kind::Counted(Clock {
                enabled_ns,
                running_ns,
                kernel: *kernel,
                event: event.clone().into(),
                group: group.clone().into(),
            }),
        };
        Reading { metric: self.metric, source: self.source, value, kind }
    }
}

/// The number of a sample; lists are checked not to be empty.
fn at<T: Copy>(list: &[T], sample: u64) -> T {
    list[(sample % list.len() as u64) as usize]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireScript {
    #[serde(default)]
    groups: Vec<WireGroup>,
    #[serde(default)]
    refused: Vec<WireRefused>,
    #[serde(default)]
    read_errors: Vec<u64>,
    #[serde(default)]
    pmu_counters: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGroup {
    name: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    kind: WireKind,
    #[serde(default = "yes")]
    kernel: bool,
    #[serde(default)]
    enabled_ns: Vec<u64>,
    #[serde(default)]
    running_ns: Vec<u64>,
    events: Vec<WireEvent>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireKind {
    #[default]
    Counted,
    Total,
    Level,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEvent {
    metric: String,
    values: Vec<Option<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRefused {
    metrics: Vec<String>,
    errno: i32,
    #[serde(default)]
    paranoid: Option<i32>,
}

fn yes() -> bool {
    true
}

impl WireGroup {
    fn check(self) -> Result<Vec<ScriptedEvent>> {
        let source = match &self.source {
            None => Source::Scripted,
            Some(word) => Source::parse(word).with_context(|| {
                format!("unknown source `{word}`; expected one of {}", words(Source::ALL))
            })?,
        };
        let enabled = if self.enabled_ns.is_empty() { vec![DEFAULT_NS] } else { self.enabled_ns };
        let running = if self.running_ns.is_empty() { enabled.clone() } else { self.running_ns };
        let mut events = Vec::new();
        for event in self.events {
            let name = &event.metric;
            ensure!(!event.values.is_empty(), "metric `{name}` has no values");
            let Some(metric) = metrics::find(name).copied().or_else(|| choice::raw_metric(name))
            else {
                let known: Vec<_> = metrics::ALL.iter().map(|metric| metric.name).collect();
                bail!("unknown metric `{name}`; expected one of {}", known.join(", "));
            };
            let kind = match self.kind {
                WireKind::Total => Played::Total,
                WireKind::Level => Played::Level,
                WireKind::Counted => Played::Counted {
                    group: self.name.clone(),
                    event: format!("scripted/{name}"),
                    kernel: self.kernel,
                    enabled: enabled.clone(),
                    running: running.clone(),
                },
            };
            events.push(ScriptedEvent { metric, source, values: event.values, kind });
        }
        Ok(events)
    }
}

fn words(list: &[Source]) -> String {
    list.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Counters, TargetKind, Turn};
    use super::*;

    fn open(script: &Scripted) -> (Counters, Vec<Unavailable>) {
        Counters::open(&Target::new(0, TargetKind::Worker), &[script])
    }

    fn sample(counters: &mut Counters) -> Vec<(String, f64)> {
        counters.begin();
        counters.start();
        counters.stop().into_iter().map(|value| (value.metric, value.value)).collect()
    }

    fn named(metric: &str, value: f64) -> (String, f64) {
        (metric.to_owned(), value)
    }

    #[test]
    fn numbers_are_played_in_order_across_processes_and_begin_again() {
        let script = Scripted::parse(
            r#"{"groups": [{"name": "core", "source": "hardware",
                "events": [{"metric": "instructions", "values": [10, 20, 30]}]}]}"#,
        )
        .unwrap();
        let (mut first, _) = open(&script);
        let (mut second, _) = open(&script);
        assert_eq!(sample(&mut first), [named("instructions", 10.0)]);
        assert_eq!(sample(&mut second), [named("instructions", 20.0)]);
        assert_eq!(sample(&mut first), [named("instructions", 30.0)]);
        assert_eq!(sample(&mut first), [named("instructions", 10.0)]);
    }

    #[test]
    fn a_multiplexed_group_is_scaled() {
        let script = Scripted::parse(
            r#"{"groups": [{"name": "core", "enabled_ns": [100], "running_ns": [25, 100, 0],
                "events": [{"metric": "cycles", "values": [10]}]}]}"#,
        )
        .unwrap();
        let (mut counters, _) = open(&script);
        assert_eq!(sample(&mut counters), [named("cycles", 40.0)]);
        assert_eq!(sample(&mut counters), [named("cycles", 10.0)]);
        assert_eq!(sample(&mut counters), []);
        assert!(counters.take_unavailable()[0].reason.contains("never on the PMU"));
    }

    #[test]
    fn an_event_of_zero_enabled_time_gives_no_value() {
        let script = Scripted::parse(
            r#"{"groups": [{"name": "core", "enabled_ns": [0],
                "events": [{"metric": "cycles", "values": [0]}]}]}"#,
        )
        .unwrap();
        let (mut counters, _) = open(&script);
        assert_eq!(sample(&mut counters), []);
        assert!(counters.take_unavailable()[0].reason.contains("not enabled"));
    }

    #[test]
    fn a_refused_event_is_told_when_opened_with_its_errno_and_remedy() {
        let script = Scripted::parse(
            r#"{"refused": [{"metrics": ["cycles", "branches"], "errno": 13, "paranoid": 4}]}"#,
        )
        .unwrap();
        let (mut counters, unavailable) = open(&script);
        assert_eq!(unavailable[0].errno, Some(13));
        assert_eq!(unavailable[0].metrics, ["cycles", "branches"]);
        assert!(unavailable[0].reason.contains("perf_event_paranoid is 4"));
        assert!(unavailable[0].remedy.contains("sysctl"));
        assert_eq!(sample(&mut counters), []);
        assert_eq!(counters.take_unavailable(), []);
    }

    #[test]
    fn an_event_that_vanishes_is_told_once_and_costs_no_other_value() {
        let script = Scripted::parse(
            r#"{"groups": [{"name": "a", "kind": "total", "events": [
                {"metric": "page_faults", "values": [5]},
                {"metric": "read_bytes", "values": [7, null, null]}]},
               {"name": "b", "kind": "level", "events": [
                {"metric": "peak_rss", "values": [4096]}]}]}"#,
        )
        .unwrap();
        let (mut counters, _) = open(&script);
        let rest = [named("page_faults", 5.0), named("peak_rss", 4096.0)];
        assert_eq!(sample(&mut counters).len(), 3);
        assert_eq!(counters.take_unavailable(), []);
        assert_eq!(sample(&mut counters), rest);
        let said = counters.take_unavailable();
        assert_eq!((said.len(), said[0].metrics[0].as_str()), (1, "read_bytes"));
        assert_eq!(sample(&mut counters), rest);
        assert_eq!(counters.take_unavailable(), []);
        assert_eq!(sample(&mut counters).len(), 3);
    }

    #[test]
    fn a_read_error_costs_its_values_and_not_the_next_sample() {
        let script = Scripted::parse(
            r#"{"read_errors": [1], "groups": [{"name": "core",
                "events": [{"metric": "cycles", "values": [1, 2, 3]}]}]}"#,
        )
        .unwrap();
        let (mut counters, _) = open(&script);
        assert_eq!(sample(&mut counters), [named("cycles", 1.0)]);
        assert_eq!(sample(&mut counters), []);
        assert_eq!(counters.take_unavailable().len(), 1);
        assert_eq!(sample(&mut counters), [named("cycles", 3.0)]);
    }

    #[test]
    fn a_pmu_with_fewer_counters_than_asked_counts_in_turns_and_says_what_has_none() {
        let script = Scripted::parse(
            r#"{"pmu_counters": 2, "groups": [
                {"name": "pmu", "source": "hardware", "events": [
                    {"metric": "cycles", "values": [10]},
                    {"metric": "instructions", "values": [20]},
                    {"metric": "branches", "values": [30]},
                    {"metric": "r1c2", "values": [40]}]},
                {"name": "rest", "kind": "total", "events": [
                    {"metric": "page_faults", "values": [5]}]}]}"#,
        )
        .unwrap();
        let names = ["cycles", "instructions", "branches", "branch_misses", "r1c2"];
        let mut choice = Choice::of(names).unwrap();
        let counted = |choice: &Choice, round| {
            let turn = Turn { round, rounds: 2 };
            let target = Target { choice, turn, ..Target::new(0, TargetKind::Worker) };
            let (mut counters, unavailable) = Counters::open(&target, &[&script]);
            counters.begin();
            counters.start();
            let values = counters.stop();
            let groups: Vec<_> = values
                .iter()
                .filter_map(|value| Some(value.counting.as_ref()?.group.clone()))
                .collect();
            let names: Vec<_> = values.into_iter().map(|value| value.metric).collect();
            (names.join(" "), groups.join(" "), unavailable)
        };
        let (names, groups, unavailable) = counted(&choice, 0);
        assert_eq!(
            (names.as_str(), groups.as_str()),
            ("cycles instructions page_faults", "core core")
        );
        assert_eq!(unavailable.len(), 1);
        assert_eq!(
            (unavailable[0].errno, unavailable[0].metrics.join(" ")),
            (Some(2), "branch_misses".to_owned())
        );
        let (names, groups, _) = counted(&choice, 1);
        assert_eq!(
            (names.as_str(), groups.as_str()),
            ("branches r1c2 page_faults", "branch+r1c2 branch+r1c2")
        );
        choice.share = true;
        assert_eq!(counted(&choice, 1).0, "cycles instructions branches r1c2 page_faults");
        choice.share = false;
        let turn = Turn { round: 0, rounds: 1 };
        let target = Target { choice: &choice, turn, ..Target::new(0, TargetKind::Worker) };
        let (_, unavailable) = Counters::open(&target, &[&script]);
        let told = unavailable.iter().find(|one| one.reason.contains("take turns")).unwrap();
        assert_eq!(told.metrics, ["branches", "r1c2"]);
        assert!(told.remedy.contains("-r") && told.remedy.contains("share = true"));
    }

    #[test]
    fn a_script_that_names_an_unknown_thing_is_refused_with_what_there_is() {
        let unknown = |text: &str| format!("{:#}", Scripted::parse(text).err().unwrap());
        let metric = unknown(
            r#"{"groups": [{"name": "g", "events": [{"metric": "cycle", "values": [1]}]}]}"#,
        );
        assert!(metric.contains("group `g`: unknown metric `cycle`; expected one of wall_time"));
        let source = unknown(r#"{"groups": [{"name": "g", "source": "pmu", "events": []}]}"#);
        assert!(source.contains("unknown source `pmu`; expected one of hardware"), "{source}");
        assert!(unknown(r#"{"sets": []}"#).contains("unknown field `sets`"));
        let empty =
            r#"{"groups": [{"name": "g", "events": [{"metric": "cycles", "values": []}]}]}"#;
        assert!(unknown(empty).contains("metric `cycles` has no values"));
    }
}
