//! google/benchmark's `--benchmark_format=json`: every repetition is a sample, a sum over its
//! iterations. Repetitions share one process. Aggregates are not read: they follow from the
//! repetitions.

use std::collections::BTreeMap;

use record::{Better, Fact, Failure, FailureKind, Pass, Source, Status, Unit, Value, metrics};

use super::criterion::executions;
use super::node::{self, Node};
use super::{Format, Found, FoundCase, ImportError, Importer, InputFile, Take, each};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "google-benchmark",
    about: "google/benchmark's JSON",
    import: Some(Importer { recognises, read }),
    export: None,
};

const SOURCE: Source = Source::ImportedGoogleBenchmark;

/// Numbers of a repetition that are no counters of the user's.
const OWN: [&str; 9] = [
    "family_index",
    "per_family_instance_index",
    "repetitions",
    "repetition_index",
    "threads",
    "iterations",
    "real_time",
    "cpu_time",
    "label",
];

fn recognises(path: &str, bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    path.ends_with(".json") && has(b"\"benchmarks\"") && has(b"\"real_time\"")
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    each(files, |file| {
        let document = node::document(file)?;
        let root = Node::new(file, &document);
        let mut found = Found::default();
        if let Some(context) = root.get("context") {
            about(&context, &mut found)?;
        }
        let mut cases: Vec<(Key, FoundCase)> = Vec::new();
        for entry in root.need("benchmarks")?.items()? {
            // Old versions write no type, and only iterations.
            let kind = entry.get("run_type").map(|kind| kind.text()).transpose()?;
            if kind.unwrap_or("iteration") != "iteration" {
                continue;
            }
            repetition(&entry, &mut cases)?;
        }
        if cases.is_empty() {
            let text = "there are no repetitions, only aggregates: run it without \
                        --benchmark_report_aggregates_only";
            return Err(root.need("benchmarks")?.fail(text));
        }
        found.cases = cases.into_iter().map(|(_, case)| case).collect();
        Ok(found)
    })
}

/// Family, instance and name: benchmarks may share a name.
type Key = (u64, u64, String);

fn repetition(entry: &Node<'_>, cases: &mut Vec<(Key, FoundCase)>) -> Result<(), ImportError> {
    let name = match entry.get("run_name") {
        Some(name) => name.name()?,
        None => entry.need("name")?.name()?,
    };
    let index = |key: &str| entry.get(key).map_or(Ok(0), |index| index.whole());
    let key = (index("family_index")?, index("per_family_instance_index")?, name.clone());
    let take = take(entry)?;
    match cases.iter_mut().find(|(other, _)| *other == key) {
        Some((_, case)) => case.takes.push(take),
        None => {
            let (params, takes) = (BTreeMap::new(), vec![take]);
            cases
                .push((key, FoundCase { file: 0, name: Some(name), params, takes, profile: None }));
        }
    }
    Ok(())
}

fn take(entry: &Node<'_>) -> Result<Take, ImportError> {
    let mut take = Take::new(Pass::Timed, 0, Vec::new());
    if entry.get("error_occurred").is_some_and(|node| node.value == true) {
        let message = entry.get("error_message").map_or(Ok("no reason"), |text| text.text())?;
        take.status = Status::Failed(Failure {
            kind: FailureKind::Run,
            message: message.to_owned(),
            output: String::new(),
        });
        return Ok(take);
    }
    take.executions = executions(&entry.need("iterations")?)?;
    let times = f64::from(take.executions);
    let unit = entry.get("time_unit");
    let factor = match unit.as_ref().map(Node::text).transpose()? {
        None | Some("ns") => 1.0,
        Some("us") => 1e3,
        Some("ms") => 1e6,
        Some("s") => 1e9,
        // OK because only a unit that is there can be another one.
        Some(_) => return Err(unit.unwrap_or_else(|| entry.clone()).expected("ns, us, ms or s")),
    };
    let time = |key: &str| -> Result<f64, ImportError> {
        Ok(entry.need(key)?.amount("a time, 0 or more")? * factor * times)
    };
    take.values.push(metrics::WALL_TIME.value(time("real_time")?, SOURCE));
    take.values.push(metrics::WORKER_CPU_TIME.value(time("cpu_time")?, SOURCE));
    for (name, value) in entry.members()? {
        // Counters of the user's stand among the other members.
        if value.value.is_number() && !OWN.contains(&name) {
            let rate = name.ends_with("_per_second");
            take.values.push(Value {
                metric: name.to_owned(),
                value: value.number()?,
                unit: if rate { Unit::PerSecond } else { Unit::Ratio },
                better: if rate { Better::Higher } else { Better::Neither },
                source: SOURCE,
                counting: None,
            });
        }
    }
    Ok(take)
}

fn about(context: &Node<'_>, found: &mut Found) -> Result<(), ImportError> {
    let known = [
        ("library_version", "tool"),
        ("host_name", "host"),
        ("executable", "executable"),
        ("num_cpus", "cores"),
        ("mhz_per_cpu", "mhz"),
        ("cpu_scaling_enabled", "frequency_scaling"),
    ];
    for (key, name) in known {
        if let Some(value) = context.get(key) {
            let text = crate::labels::text(value.value);
            let value = if name == "tool" { format!("google/benchmark {text}") } else { text };
            found.facts.push(Fact { name: name.to_owned(), value });
        }
    }
    if context.get("library_build_type").is_some_and(|kind| kind.value == "debug") {
        found.warnings.push("google/benchmark itself was a debug build".to_owned());
    }
    // Dates of old versions name no zone, and then nobody knows the moment.
    let date = context.get("date").and_then(|date| date.value.as_str());
    let moment = date.and_then(|date| date.parse::<jiff::Timestamp>().ok());
    found.started_ns = moment.and_then(|moment| i64::try_from(moment.as_nanosecond()).ok());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Found, String> {
        let name = "g.json".to_owned();
        let file = InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() };
        read(&[file]).map_err(|error| error.to_string())
    }

    #[test]
    fn repetitions_are_samples_and_errors_are_failures() {
        let text = r#"{"context": {"date": "2026-11-25T13:22:24+00:00", "num_cpus": 2},
            "benchmarks": [
            {"name": "a", "run_type": "iteration", "iterations": 10, "real_time": 2, "cpu_time": 1,
             "time_unit": "us", "items_per_second": 5, "foo": 7},
            {"name": "a", "run_type": "iteration", "iterations": 5, "real_time": 3, "cpu_time": 1},
            {"name": "a_mean", "run_type": "aggregate"},
            {"name": "b", "run_type": "iteration", "error_occurred": true,
             "error_message": "no data"}]}"#;
        let found = parse(text).unwrap();
        let [a, b] = found.cases.as_slice() else { panic!("{found:?}") };
        assert_eq!(a.takes[0].values[0].value, 20_000.0);
        assert_eq!((a.takes[1].executions, a.takes[1].values[0].value), (5, 15.0));
        let rate = a.takes[0].values.iter().find(|value| value.metric == "items_per_second");
        assert_eq!(rate.unwrap().unit, Unit::PerSecond);
        assert!(matches!(&b.takes[0].status, Status::Failed(why) if why.message == "no data"));
        assert_eq!(found.started_ns, Some(1_795_612_944_000_000_000));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        for (entry, expect) in [
            (r#"{"name": "a"}"#, "g.json: benchmarks[0]: no `iterations`; there is name"),
            (
                r#"{"name": "a", "iterations": 1, "real_time": 1, "cpu_time": 1, "time_unit": "h"}"#,
                "g.json: benchmarks[0].time_unit: expected ns, us, ms or s, found \"h\"",
            ),
            (r#"{"name": "a", "run_type": "aggregate"}"#, "g.json: benchmarks: there are no rep"),
        ] {
            let error = parse(&format!("{{\"benchmarks\": [{entry}]}}")).unwrap_err();
            assert!(error.starts_with(expect), "{error}");
        }
    }
}
