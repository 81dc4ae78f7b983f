//! criterion's target directory: `target/criterion`, or a part of it, or what cargo-criterion keeps.
//!
//! Of every benchmark the last measurement (`new/`) is read: `benchmark.json` says what it is,
//! `sample.json` holds the samples. They are iterations of one process, and an interval knows that
//! one process says nothing of the next: times of criterion alone never make a verdict here.

use std::collections::BTreeMap;

use record::{Pass, Source, Value, metrics};

use super::node::{self, Node};
use super::{Format, Found, FoundCase, ImportError, Importer, InputFile, Take, typed};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "criterion",
    about: "criterion's target directory: target/criterion",
    import: Some(Importer { recognises, read }),
    export: None,
};

const SOURCE: Source = Source::ImportedCriterion;

/// What criterion writes beside the samples: estimates of them.
const BESIDE: [&str; 2] = ["new/estimates.json", "new/tukey.json"];

fn recognises(path: &str, _: &[u8]) -> bool {
    let ours = ["new/benchmark.json", "new/sample.json"];
    ours.iter().chain(&BESIDE).any(|end| path.ends_with(end))
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    let mut found = Found::default();
    for (number, file) in files.iter().enumerate() {
        let Some(folder) = file.path.strip_suffix("new/sample.json") else {
            let beside = BESIDE.iter().any(|end| file.path.ends_with(end));
            if beside || file.path.ends_with("new/benchmark.json") {
                continue;
            }
            let text = "name criterion's directory (target/criterion), not a file of it";
            return Err(ImportError::whole(&file.shown, text));
        };
        let about = format!("{folder}new/benchmark.json");
        let Some(about) = files.iter().find(|other| other.path == about) else {
            let text = "there is no benchmark.json beside it, so nobody knows what it is of";
            return Err(ImportError::whole(&file.shown, text));
        };
        let about_json = node::document(about)?;
        let sample_json = node::document(file)?;
        let mut case = described(&Node::new(about, &about_json))?;
        let work = throughput(&Node::new(about, &about_json))?;
        case.takes = takes(&Node::new(file, &sample_json), &work)?;
        case.file = number;
        found.cases.push(case);
    }
    if found.cases.is_empty() {
        let shown = files.first().map_or("criterion", |file| file.shown.as_str());
        return Err(ImportError::whole(shown, "there is no new/sample.json beside it"));
    }
    Ok(found)
}

/// Group and function are the name, the value is the parameter.
fn described(about: &Node<'_>) -> Result<FoundCase, ImportError> {
    let mut name = about.need("group_id")?.name()?;
    if let Some(function) = about.get("function_id") {
        name += &format!("/{}", function.name()?);
    }
    let mut params = BTreeMap::new();
    if let Some(value) = about.get("value_str") {
        params.insert("value".to_owned(), typed(value.text()?));
    }
    Ok(FoundCase { file: 0, name: Some(name), params, takes: Vec::new(), profile: None })
}

/// What one iteration works through.
fn throughput(about: &Node<'_>) -> Result<Vec<(metrics::Metric, f64)>, ImportError> {
    let Some(throughput) = about.get("throughput") else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for (kind, amount) in throughput.members()? {
        match kind {
            "Elements" => all.push((metrics::ROWS, amount.whole()? as f64)),
            "Bytes" | "BytesDecimal" => all.push((metrics::BYTES_IN, amount.whole()? as f64)),
            "Bits" => all.push((metrics::BYTES_IN, amount.whole()? as f64 / 8.0)),
            "ElementsAndBytes" => {
                all.push((metrics::ROWS, amount.need("elements")?.whole()? as f64));
                all.push((metrics::BYTES_IN, amount.need("bytes")?.whole()? as f64));
            }
            _ => return Err(amount.fail("an unknown kind of throughput")),
        }
    }
    Ok(all)
}

fn takes(sample: &Node<'_>, work: &[(metrics::Metric, f64)]) -> Result<Vec<Take>, ImportError> {
    let (iterations, times) = (sample.need("iters")?, sample.need("times")?);
    let (counts, totals) = (iterations.items()?, times.items()?);
    if counts.len() != totals.len() || counts.is_empty() {
        let text = format!("{} times for {} samples", totals.len(), counts.len());
        return Err(times.fail(text));
    }
    let mut takes = Vec::new();
    for (count, total) in counts.iter().zip(&totals) {
        let executions = executions(count)?;
        let times = f64::from(executions);
        let mut values: Vec<Value> =
            vec![metrics::WALL_TIME.value(total.amount("a time in ns, 0 or more")?, SOURCE)];
        values.extend(work.iter().map(|(metric, amount)| metric.value(amount * times, SOURCE)));
        takes.push(Take { executions, ..Take::new(Pass::Timed, 0, values) });
    }
    Ok(takes)
}

/// How many executions a sample is a sum over.
pub(super) fn executions(count: &Node<'_>) -> Result<u32, ImportError> {
    let number = count.number()?;
    let fits = number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX);
    if fits {
        Ok(number as u32)
    } else {
        Err(count.expected("a whole number from 1 to 4294967295"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> InputFile {
        let path = path.to_owned();
        InputFile { shown: path.clone(), path, bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn samples_are_sums_over_iterations_of_one_process() {
        let about = r#"{"group_id": "sum", "function_id": "loop", "value_str": "100",
            "throughput": {"Elements": 100}}"#;
        let sample = r#"{"sampling_mode": "Linear", "iters": [2.0, 4.0], "times": [10.0, 30.0]}"#;
        let files = [file("a/new/sample.json", sample), file("a/new/benchmark.json", about)];
        let found = read(&files).unwrap();
        let case = &found.cases[0];
        assert_eq!((case.name.as_deref(), &case.params["value"]), (Some("sum/loop"), &100.into()));
        let [one, two] = case.takes.as_slice() else { panic!("{case:?}") };
        assert_eq!((one.executions, two.executions, one.process, two.process), (2, 4, 0, 0));
        assert_eq!((two.values[0].value, two.values[1].value), (30.0, 400.0));
    }

    #[test]
    fn what_criterion_would_not_write_is_refused() {
        let about = r#"{"group_id": "sum"}"#;
        for (sample, expect) in [
            (r#"{"iters": [1.5], "times": [1]}"#, "a/new/sample.json: iters[0]: expected a whole"),
            (r#"{"iters": [1], "times": []}"#, "a/new/sample.json: times: 0 times for 1 samples"),
            (r#"{"iters": [1], "times": [-1]}"#, "a/new/sample.json: times[0]: expected a time"),
        ] {
            let files = [file("a/new/sample.json", sample), file("a/new/benchmark.json", about)];
            let error = read(&files).unwrap_err().to_string();
            assert!(error.starts_with(expect), "{error}");
        }
        let alone = read(&[file("a/new/sample.json", "{}")]).unwrap_err().to_string();
        assert!(alone.contains("no benchmark.json beside it"), "{alone}");
    }
}
