//! The text format of Go's benchmarks, for benchstat: one line per sample, as
//! <https://go.dev/design/14313-benchmark-format> describes it.

use std::collections::BTreeSet;

use anyhow::Result;
use record::{Better, RunInfo, Sample, Unit, Value, metrics};

use super::{Exporter, Format, Material};
use crate::format::printable;
use crate::run_set::per_execution;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "benchstat",
    about: "the text of Go's benchmarks, for benchstat",
    import: None,
    export: Some(Exporter::Text(write)),
};

fn write(material: &Material<'_>) -> Result<String> {
    let mut text = String::new();
    let mut told = BTreeSet::new();
    for (number, run) in material.runs.iter().enumerate() {
        text += &configuration(&run.info, material.set.run_name(number));
        for sample in run.samples.iter().filter(|sample| sample.counts()) {
            for value in &sample.values {
                let unit = unit(value);
                if value.better != Better::Neither && told.insert(unit.clone()) {
                    text += &format!("Unit {unit} better={}\n", value.better);
                }
            }
            text += &line(&run.info, sample);
        }
    }
    Ok(text)
}

/// Lines that say what holds for all samples below them. One key tells the runs apart: benchstat
/// makes tables of their own of everything else that differs.
fn configuration(run: &RunInfo, name: String) -> String {
    let mut keys = vec![("suite", run.suite.name.clone()), ("run", name)];
    keys.extend(run.before.fact("cpu_model").map(|cpu| ("cpu", cpu.to_owned())));
    keys.into_iter().map(|(key, value)| format!("{key}: {}\n", printable(&value))).collect()
}

/// `BenchmarkPipeline/rows=1000/step=00 1 263600000 ns/op ...`; values are those of one execution.
fn line(run: &RunInfo, sample: &Sample) -> String {
    let executions = sample.executions.max(1);
    let case = run.case(&sample.case);
    let mut text = match case {
        None => benchmark(sample.case.as_str()),
        Some(case) => {
            let value = |(name, value): (&String, &serde_json::Value)| {
                plain(&format!("/{name}={}", crate::labels::text(value).replace('/', "_")))
            };
            benchmark(&case.workload) + &case.params.iter().map(value).collect::<String>()
        }
    };
    text += &format!(" {executions}");
    let mut units = BTreeSet::new();
    for value in &sample.values {
        let unit = unit(value);
        // A unit may stand once in a line: the first source counts.
        if units.insert(unit.clone()) {
            text += &format!(" {} {unit}", per_execution(sample, value));
        }
    }
    text + "\n"
}

/// `Benchmark`, then a letter in upper case; no spaces, for they end the name.
fn benchmark(name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    // A name that begins with no letter would be no benchmark to Go.
    let first = if first.chars().all(char::is_uppercase) { first } else { format!("X{first}") };
    format!("Benchmark{first}{}", plain(letters.as_str()))
}

/// A text without what would end a name or a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() || c.is_control() { '_' } else { c }).collect()
}

/// Go's unit for time; for others our metric with its unit, which benchstat scales.
fn unit(value: &Value) -> String {
    if value.metric == metrics::WALL_TIME.name {
        return "ns/op".to_owned();
    }
    let name = plain(&value.metric.replace('_', "-"));
    match value.unit {
        Unit::Nanoseconds => format!("{name}-ns/op"),
        Unit::Bytes => format!("{name}-B/op"),
        Unit::Count | Unit::Rows => format!("{name}/op"),
        Unit::PerSecond => format!("{name}/s"),
        Unit::Ratio => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_go_s() {
        assert_eq!(benchmark("pipeline"), "BenchmarkPipeline");
        assert_eq!(benchmark("./a b\n"), "BenchmarkX./a_b_");
        assert_eq!(benchmark("élan"), "BenchmarkÉlan");
    }
}
