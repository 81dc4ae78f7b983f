//! Schema 2 of hyperfine's JSON: every run with every metric, each with its unit, and a few words
//! about the machine.

use std::collections::BTreeMap;

use record::{Better, Fact, Pass, Source, Unit, Value, metrics};

use super::super::node::Node;
use super::super::{Found, FoundCase, ImportError, Take, typed};
use super::{NS_PER_S, ended};

/// hyperfine's metrics and ours.
const METRICS: [(&str, record::metrics::Metric); 10] = [
    ("time_wall_clock", metrics::WALL_TIME),
    ("time_cpu", metrics::CPU_TIME),
    ("time_user", metrics::USER_TIME),
    ("time_system", metrics::SYSTEM_TIME),
    ("memory_peak_resident", metrics::PEAK_RSS),
    ("cpu_cycles", metrics::CYCLES),
    ("instructions", metrics::INSTRUCTIONS),
    ("cache_references", metrics::CACHE_REFERENCES),
    ("cache_misses", metrics::CACHE_MISSES),
    ("branch_misses", metrics::BRANCH_MISSES),
];

pub(super) fn read(root: &Node<'_>) -> Result<Found, ImportError> {
    let mut found = Found::default();
    if let Some(metadata) = root.get("metadata") {
        about(&metadata, &mut found)?;
    }
    for result in root.need("results")?.items()? {
        let name = match result.get("name") {
            Some(name) => name.name()?,
            None => result.need("command")?.name()?,
        };
        let mut params = BTreeMap::new();
        if let Some(given) = result.get("parameters") {
            for (name, value) in given.members()? {
                params.insert(name.to_owned(), typed(value.need("value")?.text()?));
            }
        }
        if let Some(given) = result.get("environment") {
            for (name, value) in given.members()? {
                params.insert(format!("env:{name}"), typed(value.text()?));
            }
        }
        let takes = takes(&result.need("measurements")?)?;
        found.cases.push(FoundCase { file: 0, name: Some(name), params, takes, profile: None });
    }
    Ok(found)
}

fn about(metadata: &Node<'_>, found: &mut Found) -> Result<(), ImportError> {
    let mut say = |name: &str, value: String| {
        found.facts.push(Fact { name: name.to_owned(), value });
    };
    if let Some(version) = metadata.get("hyperfine_version") {
        say("tool", format!("hyperfine {}", version.text()?));
    }
    if let Some(platform) = metadata.get("platform") {
        for (key, name) in [("os", "os"), ("architecture", "architecture")] {
            if let Some(value) = platform.get(key) {
                say(name, value.text()?.to_owned());
            }
        }
    }
    if let Some(start) = metadata.get("start_time") {
        let moment = start.text()?.parse::<jiff::Timestamp>();
        let moment = moment.map_err(|_| start.expected("a moment such as 2026-10-06T12:00:00Z"))?;
        found.started_ns = i64::try_from(moment.as_nanosecond()).ok();
    }
    Ok(())
}

fn takes(measurements: &Node<'_>) -> Result<Vec<Take>, ImportError> {
    let runs = measurements.items()?;
    if runs.is_empty() {
        return Err(measurements.fail("there is no run in it"));
    }
    let codes: Vec<_> = runs.iter().map(|run| run.value.get("exit_code")).collect();
    let news = codes.iter().flatten().any(|code| !code.is_null() && **code != 0);
    let mut takes = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        run.need("time_wall_clock")?;
        let mut take = Take::new(Pass::Timed, number, Vec::new());
        for (name, member) in run.members()? {
            match name {
                "exit_code" => ended(&mut take, &member, news)?,
                _ => take.values.push(value(name, &member)?),
            }
        }
        takes.push(take);
    }
    Ok(takes)
}

/// A metric in the unit that the file says; a metric that we do not know keeps its name.
fn value(name: &str, member: &Node<'_>) -> Result<Value, ImportError> {
    let amount = member.need("value")?.amount("an amount, 0 or more")?;
    let stated = member.get("unit");
    let (value, unit) = match stated.as_ref().map(Node::text).transpose()? {
        Some("second") => (amount * NS_PER_S, Unit::Nanoseconds),
        Some("byte") => (amount, Unit::Bytes),
        None => (amount, Unit::Count),
        // OK because only a unit that is there can be another one.
        Some(_) => return Err(stated.unwrap_or_else(|| member.clone()).expected("second or byte")),
    };
    let known = METRICS.iter().find(|(theirs, _)| *theirs == name);
    match known {
        Some((_, metric)) if metric.unit == unit => {
            Ok(metric.value(value, Source::ImportedHyperfine))
        }
        Some((_, metric)) => {
            Err(member
                .fail(format!("`{name}` is counted in {}; the file says {unit}", metric.unit)))
        }
        None => Ok(Value {
            metric: name.to_owned(),
            value,
            unit,
            better: Better::Neither,
            source: Source::ImportedHyperfine,
            counting: None,
        }),
    }
}
