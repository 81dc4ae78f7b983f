//! github-action-benchmark's own format (`customSmallerIsBetter`): a JSON list of names, units and
//! values, one value each. It is read and written.

use anyhow::Result;
use record::{Better, Fact, Pass, Source, Unit, Value, metrics};
use serde_json::{Value as Json, json};

use super::each;
use super::node::{self, Node};
use super::{Exporter, Format, Found, FoundCase, ImportError, Importer, InputFile, Material, Take};
use crate::format::counted;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "github-action-benchmark",
    about: "github-action-benchmark's list of values (customSmallerIsBetter)",
    import: Some(Importer { recognises, read }),
    export: Some(Exporter::Text(write)),
};

const SOURCE: Source = Source::ImportedGithubAction;

/// Units of time and of memory that mean one thing, and what one of them is in ours.
const UNITS: [(&str, Unit, f64); 17] = [
    ("ns", Unit::Nanoseconds, 1.0),
    ("ns/iter", Unit::Nanoseconds, 1.0),
    ("ns/op", Unit::Nanoseconds, 1.0),
    ("us", Unit::Nanoseconds, 1e3),
    ("µs", Unit::Nanoseconds, 1e3),
    ("ms", Unit::Nanoseconds, 1e6),
    ("s", Unit::Nanoseconds, 1e9),
    ("sec", Unit::Nanoseconds, 1e9),
    ("second", Unit::Nanoseconds, 1e9),
    ("seconds", Unit::Nanoseconds, 1e9),
    ("B", Unit::Bytes, 1.0),
    ("byte", Unit::Bytes, 1.0),
    ("bytes", Unit::Bytes, 1.0),
    ("KiB", Unit::Bytes, 1024.0),
    ("MiB", Unit::Bytes, 1_048_576.0),
    ("GiB", Unit::Bytes, 1_073_741_824.0),
    ("count", Unit::Count, 1.0),
];

fn recognises(path: &str, bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    let list = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    path.ends_with(".json") && list && has(b"\"unit\"") && has(b"\"value\"")
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    each(files, |file| {
        let document = node::document(file)?;
        let mut found = Found::default();
        for entry in Node::new(file, &document).items()? {
            found.cases.push(case(&entry, &mut found.facts)?);
        }
        if found.cases.is_empty() {
            return Err(ImportError::whole(&file.shown, "the list is empty"));
        }
        Ok(found)
    })
}

fn case(entry: &Node<'_>, facts: &mut Vec<Fact>) -> Result<FoundCase, ImportError> {
    let name = entry.need("name")?.name()?;
    let unit = entry.need("unit")?.text()?;
    let number = entry.need("value")?;
    let known = UNITS.iter().find(|(word, ..)| *word == unit);
    let value = match known {
        Some((_, Unit::Nanoseconds, factor)) => {
            let time = number.amount("a time, 0 or more")?;
            metrics::WALL_TIME.value(time * factor, SOURCE)
        }
        // Which direction is good, and in other units what one of them is, nobody says.
        other => Value {
            metric: if unit.is_empty() { "value".to_owned() } else { unit.to_owned() },
            value: number.number()? * other.map_or(1.0, |(_, _, factor)| *factor),
            unit: other.map_or(Unit::Ratio, |(_, unit, _)| *unit),
            better: Better::Neither,
            source: SOURCE,
            counting: None,
        },
    };
    // What a tool says of the spread in words of its own is kept as it is.
    for (key, what) in [("range", "range"), ("extra", "extra")] {
        if let Some(text) = entry.get(key) {
            let value = text.text()?.to_owned();
            facts.push(Fact { name: format!("{what} of {name}"), value });
        }
    }
    let takes = vec![Take::new(Pass::Timed, 0, vec![value])];
    let params = std::collections::BTreeMap::new();
    Ok(FoundCase { file: 0, name: Some(name), params, takes, profile: None })
}

/// Median times; the range is half the width of their interval.
fn write(material: &Material<'_>) -> Result<String> {
    let mut entries: Vec<Json> = Vec::new();
    for case in &material.set.cases {
        let Some(time) = case.wall_time() else { continue };
        let summary = &time.summary;
        let interval = &summary.interval;
        let mut entry = json!({ "name": case.label, "unit": "ns", "value": summary.median });
        let mut extra = counted(summary.samples, "sample");
        if interval.is_confident() {
            entry["range"] = format!("± {:.0}", (interval.high - interval.low) / 2.0).into();
            extra += &format!(", 95 % interval {:.0} to {:.0} ns", interval.low, interval.high);
        }
        entry["extra"] = extra.into();
        entries.push(entry);
    }
    Ok(serde_json::to_string_pretty(&entries)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Found, String> {
        let name = "a.json".to_owned();
        let file = InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() };
        read(&[file]).map_err(|error| error.to_string())
    }

    #[test]
    fn times_are_times_and_other_units_stay_what_they_are_called() {
        let text = r#"[{"name": "a", "unit": "ms", "value": 1.5, "range": "± 3"},
            {"name": "b", "unit": "Percent", "value": 50}, {"name": "c", "unit": "KiB", "value": 2}]"#;
        let found = parse(text).unwrap();
        let value = |case: usize| &found.cases[case].takes[0].values[0];
        assert_eq!((value(0).metric.as_str(), value(0).value), ("wall_time", 1.5e6));
        assert_eq!((value(1).metric.as_str(), value(1).unit), ("Percent", Unit::Ratio));
        assert_eq!((value(2).value, value(2).unit), (2048.0, Unit::Bytes));
        assert_eq!(found.facts[0].value, "± 3");
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        for (text, expect) in [
            ("[]", "a.json: the list is empty"),
            ("{}", "a.json: expected a list, found an object"),
            (r#"[{"name": "a", "value": 1}]"#, "a.json: [0]: no `unit`; there is name, value"),
            (
                r#"[{"name": "a", "unit": "ns", "value": "1"}]"#,
                "a.json: [0].value: expected a time, 0 or more, found \"1\"",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), expect);
        }
    }
}
