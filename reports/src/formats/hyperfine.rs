//! hyperfine's `--export-json`: schema 1 (no version inside) is read and written, schema 2 is read.
//!
//! Schema 1 keeps the time of every run, but only the means of user and system time, which become
//! sums in a pass of their own. Its writer is also that of `dyno cmd --export-json`, so that scripts
//! that read hyperfine's files go on working. Times are in seconds there.

mod schema2;

use anyhow::Result;
use record::{Failure, FailureKind, Pass, Source, Status, Unit, Value, metrics};
use serde_json::{Value as Json, json};
use stats::median;

use super::node::{self, Node};
use super::{Exporter, Format, Found, FoundCase, ImportError, Importer, InputFile, Material, Take};
use super::{each, typed};
use crate::run_set::{CaseSet, RunSet};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "hyperfine",
    about: "hyperfine's JSON: schemas 1 and 2 are read, schema 1 is written",
    import: Some(Importer { recognises, read }),
    export: Some(Exporter::Text(write)),
};

const NS_PER_S: f64 = 1e9;

/// How far a mean may lie from that of the times, as a share: hyperfine rounds nothing, but adds
/// up in another order.
const MEAN_TOLERANCE: f64 = 1e-6;

/// What is known of a result; anything else is told.
const KNOWN: [&str; 13] = [
    "command",
    "mean",
    "stddev",
    "median",
    "user",
    "system",
    "min",
    "max",
    "times",
    "memory_usage_byte",
    "exit_codes",
    "parameters",
    "custom_metrics",
];

fn recognises(path: &str, bytes: &[u8]) -> bool {
    let json = path.ends_with(".json");
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    json && has(b"\"results\"") && (has(b"\"times\"") || has(b"\"measurements\""))
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    each(files, one)
}

fn one(file: &InputFile) -> Result<Found, ImportError> {
    let document = node::document(file)?;
    let root = Node::new(file, &document);
    match root.get("schema_version") {
        None => schema1(&root),
        Some(version) if version.value == 2 => schema2::read(&root),
        Some(version) => Err(version.expected("schema 2, or no version, which is schema 1")),
    }
}

fn schema1(root: &Node<'_>) -> Result<Found, ImportError> {
    let mut found = Found::default();
    for result in root.need("results")?.items()? {
        let mut params = std::collections::BTreeMap::new();
        if let Some(given) = result.get("parameters") {
            for (name, value) in given.members()? {
                params.insert(name.to_owned(), typed(value.text()?));
            }
        }
        let mut takes = timed(&result)?;
        takes.extend(totals(&result, &takes)?);
        for (key, _) in result.members()? {
            if !KNOWN.contains(&key) {
                found.warnings.push(format!("hyperfine's `{key}` is not carried"));
            }
        }
        found.cases.push(FoundCase {
            file: 0,
            name: Some(result.need("command")?.name()?),
            params,
            takes,
            profile: None,
        });
    }
    Ok(found)
}

/// One sample per run of the command.
fn timed(result: &Node<'_>) -> Result<Vec<Take>, ImportError> {
    let times = result.need("times")?;
    let seconds = times.items()?;
    if seconds.is_empty() {
        return Err(times.fail("there is no run in it"));
    }
    let beside = |key: &str| -> Result<Option<Vec<Node<'_>>>, ImportError> {
        let Some(list) = result.get(key) else { return Ok(None) };
        let items = list.items()?;
        if items.len() != seconds.len() {
            let lengths = format!("{} values beside {} times", items.len(), seconds.len());
            return Err(list.fail(lengths));
        }
        Ok(Some(items))
    };
    let (memory, codes) = (beside("memory_usage_byte")?, beside("exit_codes")?);
    // Zero everywhere is what a command is expected to say, and no news.
    let news = codes.iter().flatten().any(|code| !code.value.is_null() && code.value != 0);
    let mut takes = Vec::new();
    for (number, time) in seconds.iter().enumerate() {
        let time = time.amount("a time in seconds, 0 or more")? * NS_PER_S;
        let mut values = vec![metrics::WALL_TIME.value(time, Source::ImportedHyperfine)];
        if let Some(bytes) = memory.as_ref().map(|all| &all[number]) {
            let bytes = bytes.whole()? as f64;
            values.push(metrics::PEAK_RSS.value(bytes, Source::ImportedHyperfine));
        }
        let mut take = Take::new(Pass::Timed, number, values);
        if let Some(code) = codes.as_ref().map(|all| &all[number]) {
            ended(&mut take, code, news)?;
        }
        takes.push(take);
    }
    let values: Vec<f64> = takes.iter().map(|take| take.values[0].value / NS_PER_S).collect();
    if let Some(told) = result.get("mean") {
        let (told_mean, own) = (told.number()?, mean(&values).unwrap_or_default());
        if (told_mean - own).abs() > MEAN_TOLERANCE * own {
            return Err(told.fail(format!("{told_mean} is not the mean of the times, {own}")));
        }
    }
    Ok(takes)
}

/// The exit code of a run: a command that a signal ended did not do its work.
fn ended(take: &mut Take, code: &Node<'_>, news: bool) -> Result<(), ImportError> {
    if code.value.is_null() {
        take.status = Status::Failed(Failure {
            kind: FailureKind::Died,
            message: "the command ended without an exit code, by a signal".to_owned(),
            output: String::new(),
        });
        return Ok(());
    }
    let code = code.number()?;
    if news {
        take.values.push(metrics::EXIT_CODE.value(code, Source::ImportedHyperfine));
    }
    Ok(())
}

/// What hyperfine keeps of all runs together: means of CPU times, and figures of the command's own
/// that scripts add to the file.
fn totals(result: &Node<'_>, timed: &[Take]) -> Result<Option<Take>, ImportError> {
    let count = timed.len() as f64;
    let mut values: Vec<Value> = Vec::new();
    let total = |key: &str| -> Result<Option<f64>, ImportError> {
        let Some(mean) = result.get(key) else { return Ok(None) };
        Ok(Some(mean.amount("a time in seconds, 0 or more")? * NS_PER_S * count))
    };
    if let (Some(user), Some(system)) = (total("user")?, total("system")?) {
        let wall = timed.iter().map(|take| take.values[0].value).sum();
        let all = [
            (metrics::WALL_TIME, wall),
            (metrics::CPU_TIME, user + system),
            (metrics::USER_TIME, user),
            (metrics::SYSTEM_TIME, system),
        ];
        values.extend(all.map(|(metric, value)| metric.value(value, Source::ImportedHyperfine)));
    }
    if let Some(own) = result.get("custom_metrics") {
        for (name, value) in own.members()? {
            values.push(own_value(name, value.number()?));
        }
    }
    let mut take = Take::new(Pass::Totals, 0, values);
    take.executions = u32::try_from(timed.len()).unwrap_or(u32::MAX);
    Ok((!take.values.is_empty()).then_some(take))
}

/// A figure of the command's own, whose unit nobody states.
fn own_value(name: &str, value: f64) -> Value {
    Value {
        metric: name.to_owned(),
        value,
        unit: Unit::Ratio,
        better: record::Better::Neither,
        source: Source::ImportedHyperfine,
        counting: None,
    }
}

fn write(material: &Material<'_>) -> Result<String> {
    command_json(material.set, &|case| case.info.workload.clone(), true)
}

/// The cases of a set as hyperfine 1 writes them; `command` says what each of them is called.
/// Without `codes` every run ended with 0.
///
/// # Errors
///
/// None that can happen: the document is made of numbers and texts.
pub fn command_json(
    set: &RunSet,
    command: &dyn Fn(&CaseSet) -> String,
    codes: bool,
) -> Result<String> {
    let measured = set.cases.iter().filter(|case| case.wall_time().is_some());
    let results: Vec<Json> = measured.map(|case| result(case, command(case), codes)).collect();
    let mut text = serde_json::to_string_pretty(&json!({ "results": results }))?;
    text.push('\n');
    Ok(text)
}

fn result(case: &CaseSet, mut command: String, codes: bool) -> Json {
    let values = |metric: &str| -> Vec<f64> {
        let series = case.metric(metric).or_else(|| {
            // Sums of an import: per execution they are the means.
            case.pass(Pass::Totals).and_then(|totals| totals.metric(metric))
        });
        series
            .map(|series| series.points.iter().map(|point| point.value).collect())
            .unwrap_or_default()
    };
    let seconds = |metric: &str| values(metric).into_iter().map(|ns| ns / NS_PER_S).collect();
    let times: Vec<f64> = seconds(metrics::WALL_TIME.name);
    let mut parameters = serde_json::Map::new();
    for (name, value) in &case.info.params {
        let value = crate::labels::text(value);
        command = command.replace(&format!("{{{name}}}"), &value);
        parameters.insert(name.clone(), Json::from(value));
    }
    let told = if codes { values(metrics::EXIT_CODE.name) } else { Vec::new() };
    let exit_codes: Vec<i64> = match told.is_empty() {
        false => told.into_iter().map(|code| code as i64).collect(),
        true => vec![0; times.len()],
    };
    let mut result = json!({
        "command": command,
        "mean": mean(&times),
        "stddev": deviation(&times),
        "median": median(&times),
        "user": mean(&seconds(metrics::USER_TIME.name)),
        "system": mean(&seconds(metrics::SYSTEM_TIME.name)),
        "min": times.iter().copied().reduce(f64::min),
        "max": times.iter().copied().reduce(f64::max),
        "times": times,
        "exit_codes": exit_codes,
    });
    let memory: Vec<u64> =
        values(metrics::PEAK_RSS.name).into_iter().map(|bytes| bytes as u64).collect();
    if memory.len() == times.len() {
        result["memory_usage_byte"] = Json::from(memory);
    }
    if !parameters.is_empty() {
        result["parameters"] = Json::Object(parameters);
    }
    result
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample; none of a single value.
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(deviation(&[2.0, 4.0, 4.0, 4.0, 6.0]), Some(2_f64.sqrt()));
        assert_eq!(deviation(&[2.0]), None);
        assert_eq!(mean(&[]), None);
    }

    fn file(text: &str) -> InputFile {
        let name = "h.json".to_owned();
        InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() }
    }

    fn error(text: &str) -> String {
        read(&[file(text)]).unwrap_err().to_string()
    }

    #[test]
    fn times_are_samples_and_means_are_sums_of_their_own() {
        let text = r#"{"results": [{"command": "x", "mean": 1.5, "user": 2.0, "system": 0.5,
            "times": [1.0, 2.0], "exit_codes": [0, 0], "parameters": {"n": "8", "m": "08"}}]}"#;
        let found = read(&[file(text)]).unwrap();
        let case = &found.cases[0];
        assert_eq!(case.params["n"], 8);
        assert_eq!(case.params["m"], "08");
        let [one, two, totals] = case.takes.as_slice() else { panic!("{case:?}") };
        assert_eq!((one.values[0].value, two.values[0].value), (1e9, 2e9));
        assert_eq!((totals.pass, totals.executions), (Pass::Totals, 2));
        let sum = |metric: &str| totals.values.iter().find(|v| v.metric == metric).unwrap().value;
        assert_eq!((sum("user_time"), sum("cpu_time"), sum("wall_time")), (4e9, 5e9, 3e9));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        for (text, expect) in [
            ("{\"results\": [}", "h.json:1:14: not JSON: expected value"),
            ("{\"results\": [{\"times\": [NaN]}]}", "h.json:1:25: not JSON: expected value"),
            ("{}", "h.json: no `results`; there is nothing"),
            ("[]", "h.json: expected an object, found a list"),
            (
                "{\"schema_version\": 3}",
                "h.json: schema_version: expected schema 2, or no version, which is schema 1, found 3",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"mean\": 1}]}",
                "h.json: results[0]: no `times`; there is command, mean",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"times\": [1, null]}]}",
                "h.json: results[0].times[1]: expected a time in seconds, 0 or more, found null",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"times\": [-1]}]}",
                "h.json: results[0].times[0]: expected a time in seconds, 0 or more, found -1",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"times\": []}]}",
                "h.json: results[0].times: there is no run in it",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"times\": [1], \"exit_codes\": []}]}",
                "h.json: results[0].exit_codes: 0 values beside 1 times",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"times\": [1], \"mean\": 1000}]}",
                "h.json: results[0].mean: 1000 is not the mean of the times, 1",
            ),
            (
                "{\"results\": [{\"command\": \"\", \"times\": [1]}]}",
                "h.json: results[0].command: this name is empty",
            ),
            ("{\"results\": [1e999]}", "h.json:1:18: not JSON: number out of range"),
        ] {
            assert_eq!(error(text), expect, "{text}");
        }
    }

    #[test]
    fn a_run_that_a_signal_ended_is_a_failure_and_other_codes_are_kept() {
        let text = r#"{"results": [{"command": "x", "times": [1, 2], "exit_codes": [null, 3]}]}"#;
        let takes = &read(&[file(text)]).unwrap().cases[0].takes;
        assert!(matches!(takes[0].status, Status::Failed(_)));
        assert_eq!(takes[1].values[1], metrics::EXIT_CODE.value(3.0, Source::ImportedHyperfine));
    }
}
