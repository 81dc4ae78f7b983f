//! The samples of a run of commands as hyperfine 1 writes them with `--export-json`, so that
//! scripts that read its files go on working. Times are in seconds there.

use record::metrics;
use reports::RunSet;
use reports::run_set::CaseSet;
use serde_json::{Value, json};
use stats::median;

const NS_PER_S: f64 = 1e9;

/// One JSON document. `commands` maps the names of the runners to the commands as they were typed.
///
/// # Errors
/// None that can happen: the document is made of numbers and texts.
pub(super) fn hyperfine_json(
    set: &RunSet,
    commands: &[(String, String)],
    codes_vary: bool,
) -> anyhow::Result<String> {
    let measured = set.cases.iter().filter(|case| case.wall_time().is_some());
    let results: Vec<Value> = measured.map(|case| result(case, commands, codes_vary)).collect();
    let mut text = serde_json::to_string_pretty(&json!({ "results": results }))?;
    text.push('\n');
    Ok(text)
}

fn result(case: &CaseSet, commands: &[(String, String)], codes_vary: bool) -> Value {
    let values = |metric: &str| -> Vec<f64> {
        let series = case.metric(metric);
        series
            .map(|series| series.points.iter().map(|point| point.value).collect())
            .unwrap_or_default()
    };
    let seconds = |metric: &str| values(metric).into_iter().map(|ns| ns / NS_PER_S).collect();
    let times: Vec<f64> = seconds(metrics::WALL_TIME.name);
    let typed = commands.iter().find(|(name, _)| *name == case.info.workload);
    let mut command = typed.map_or(case.info.workload.clone(), |(_, command)| command.clone());
    let mut parameters = serde_json::Map::new();
    for (name, value) in &case.info.params {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        command = command.replace(&format!("{{{name}}}"), &value);
        parameters.insert(name.clone(), Value::from(value));
    }
    let exit_codes: Vec<i64> = match codes_vary {
        true => values(metrics::EXIT_CODE.name).into_iter().map(|code| code as i64).collect(),
        false => vec![0; times.len()],
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
    if !parameters.is_empty() {
        result["parameters"] = Value::Object(parameters);
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
}
