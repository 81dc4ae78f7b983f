//! Bencher Metric Format, for `bencher run --adapter json`: medians with their intervals, by
//! benchmark and measure. Its schema is <https://bencher.dev/bmf.json>.

use anyhow::{Result, bail};
use serde_json::{Map, Value as Json, json};

use super::{Exporter, Format, Material};
use crate::run_set::{CaseSet, Series};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "bencher",
    about: "Bencher Metric Format",
    import: None,
    export: Some(Exporter::Text(write)),
};

/// The most characters of a benchmark's name and of a measure's.
const NAME_CHARS_MAX: usize = 1024;
const MEASURE_CHARS_MAX: usize = 64;

/// Our metrics that Bencher has measures for, in the same units.
const MEASURES: [(&str, &str); 2] = [("wall_time", "latency"), ("rows_per_second", "throughput")];

fn write(material: &Material<'_>) -> Result<String> {
    let mut all = Map::new();
    for case in &material.set.cases {
        if case.label.chars().count() > NAME_CHARS_MAX {
            let name = crate::labels::cut(&case.label);
            bail!("case `{name}`: Bencher takes at most {NAME_CHARS_MAX} characters of a name");
        }
        let measures = measures(case)?;
        if !measures.is_empty() {
            all.insert(case.label.clone(), Json::Object(measures));
        }
    }
    Ok(serde_json::to_string_pretty(&Json::Object(all))? + "\n")
}

fn measures(case: &CaseSet) -> Result<Map<String, Json>> {
    let mut measures = Map::new();
    for series in &case.series {
        let name = measure(series);
        if name.chars().count() > MEASURE_CHARS_MAX {
            bail!(
                "metric `{name}`: Bencher takes at most {MEASURE_CHARS_MAX} characters of a name"
            );
        }
        let (summary, interval) = (&series.summary, &series.summary.interval);
        let value = if interval.is_confident() {
            json!({
                "value": summary.median,
                "lower_value": interval.low,
                "upper_value": interval.high,
            })
        } else {
            json!({ "value": summary.median })
        };
        // The first source counts, as everywhere.
        measures.entry(name).or_insert(value);
    }
    Ok(measures)
}

fn measure(series: &Series) -> String {
    let known = MEASURES.iter().find(|(ours, _)| *ours == series.metric);
    known.map_or_else(|| series.metric.replace('_', "-"), |(_, theirs)| (*theirs).to_owned())
}
