//! pyperf's JSON: every run is a process with several values, as dyno's processes are. Runs that
//! only calibrate have no value and are left out; warm-ups are kept and never counted.

use std::collections::BTreeMap;

use record::{Better, Fact, Mark, Pass, Source, Unit, Value, metrics};

use super::criterion::executions;
use super::node::{self, Node};
use super::{Format, Found, FoundCase, ImportError, Importer, InputFile, Take, each};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "pyperf",
    about: "pyperf's JSON",
    import: Some(Importer { recognises, read }),
    export: None,
};

const SOURCE: Source = Source::ImportedPyperf;
const NS_PER_S: f64 = 1e9;

fn recognises(path: &str, bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    let shape = has(b"\"benchmarks\"") && has(b"\"runs\"") && has(b"\"version\"");
    path.ends_with(".json") && shape && !has(b"\"real_time\"")
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    each(files, |file| {
        let document = node::document(file)?;
        let root = Node::new(file, &document);
        let version = root.need("version")?;
        if version.text()? != "1.0" {
            return Err(version.expected("\"1.0\", the version that is known"));
        }
        let mut found = Found::default();
        let common = root.get("metadata");
        for (key, name) in [
            ("perf_version", "tool"),
            ("hostname", "host"),
            ("cpu_model_name", "cpu_model"),
            ("cpu_count", "cores"),
            ("platform", "platform"),
            ("python_version", "python"),
        ] {
            if let Some(value) = common.as_ref().and_then(|common| common.get(key)) {
                let text = crate::labels::text(value.value);
                let value = if name == "tool" { format!("pyperf {text}") } else { text };
                found.facts.push(Fact { name: name.to_owned(), value });
            }
        }
        for benchmark in root.need("benchmarks")?.items()? {
            found.cases.push(case(&benchmark, common.as_ref())?);
        }
        Ok(found)
    })
}

fn case(benchmark: &Node<'_>, common: Option<&Node<'_>>) -> Result<FoundCase, ImportError> {
    let own = benchmark.get("metadata");
    // A member of the benchmark, else of the file.
    let about = |key: &str| {
        let own = own.as_ref().and_then(|own| own.get(key));
        own.or_else(|| common.and_then(|common| common.get(key)))
    };
    let name = about("name").ok_or_else(|| benchmark.fail("no name in its metadata"))?;
    let unit = about("unit");
    let unit = unit.as_ref().map(Node::text).transpose()?.unwrap_or("second");
    let mut takes = Vec::new();
    let mut process = 0;
    for run in benchmark.need("runs")?.items()? {
        let Some(values) = run.get("values") else { continue };
        let metadata = run.get("metadata");
        let loops = |key: &str| -> Result<u32, ImportError> {
            let of_run = metadata.as_ref().and_then(|metadata| metadata.get(key));
            match of_run.or_else(|| about(key)) {
                Some(count) => executions(&count),
                None => Ok(1),
            }
        };
        let many = loops("loops")?.checked_mul(loops("inner_loops")?);
        let many = many.ok_or_else(|| run.fail("too many loops to count"))?;
        let rss = metadata.as_ref().and_then(|metadata| metadata.get("mem_max_rss"));
        for warmup in run.get("warmups").map_or(Ok(Vec::new()), |list| list.items())? {
            let pair = warmup.items()?;
            let [count, value] = pair.as_slice() else { return Err(warmup.expected("a pair")) };
            let mut take = take(value, unit, executions(count)?, process)?;
            take.marks.push(Mark::Warmup);
            takes.push(take);
        }
        for value in values.items()? {
            let mut take = take(&value, unit, many, process)?;
            if let Some(rss) = &rss {
                take.values.push(metrics::PEAK_RSS.value(rss.whole()? as f64, SOURCE));
            }
            takes.push(take);
        }
        process += 1;
    }
    if takes.is_empty() {
        return Err(benchmark.fail("there is no value in it"));
    }
    let name = Some(name.name()?);
    Ok(FoundCase { file: 0, name, params: BTreeMap::new(), takes, profile: None })
}

/// A value stands for one execution there, and for all of them here.
fn take(
    value: &Node<'_>,
    unit: &str,
    executions: u32,
    process: usize,
) -> Result<Take, ImportError> {
    let amount = value.amount("an amount, 0 or more")?;
    let sum = amount * f64::from(executions);
    let other = |unit: Unit, value: f64| Value {
        metric: "value".to_owned(),
        value,
        unit,
        better: Better::Lower,
        source: SOURCE,
        counting: None,
    };
    let measured = match unit {
        "second" => metrics::WALL_TIME.value(sum * NS_PER_S, SOURCE),
        "byte" => other(Unit::Bytes, sum),
        "integer" => other(Unit::Count, sum),
        _ => return Err(value.fail(format!("the unit `{unit}` is none of second, byte, integer"))),
    };
    Ok(Take { executions, ..Take::new(Pass::Timed, process, vec![measured]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Found, String> {
        let name = "y.json".to_owned();
        let file = InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() };
        read(&[file]).map_err(|error| error.to_string())
    }

    #[test]
    fn runs_are_processes_and_warm_ups_are_marked() {
        let text = r#"{"version": "1.0", "metadata": {"hostname": "h"}, "benchmarks": [
            {"metadata": {"name": "a", "loops": 4}, "runs": [
                {"warmups": [[1, 9.0]]},
                {"warmups": [[4, 2.0]], "values": [1.0, 3.0], "metadata": {"mem_max_rss": 5}},
                {"values": [2.0]}]}]}"#;
        let found = parse(text).unwrap();
        let takes = &found.cases[0].takes;
        let told: Vec<(u32, f64, usize)> = takes
            .iter()
            .map(|take| (take.process, take.values[0].value / 1e9, take.marks.len()))
            .collect();
        assert_eq!(told, [(0, 8.0, 1), (0, 4.0, 0), (0, 12.0, 0), (1, 8.0, 0)]);
        assert_eq!(takes[1].values[1].value, 5.0);
        assert_eq!(found.facts[0].value, "h");
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        for (text, expect) in [
            (r#"{"version": "2.0"}"#, "y.json: version: expected \"1.0\""),
            (
                r#"{"version": "1.0", "benchmarks": [{"runs": []}]}"#,
                "y.json: benchmarks[0]: no name in its metadata",
            ),
            (
                r#"{"version": "1.0", "benchmarks": [{"metadata": {"name": "a", "unit": "mile"},
                    "runs": [{"values": [1]}]}]}"#,
                "y.json: benchmarks[0].runs[0].values[0]: the unit `mile` is none",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expect), "{error}");
        }
    }
}
