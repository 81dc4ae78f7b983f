//! `reject`: a rule of the suite that takes a sample out because the machine was disturbed while it
//! was taken, such as `steal > 1% or involuntary_switches > 50`.
//!
//! The run loop asks it after each sample. It looks at that sample alone and changes nothing.

use std::sync::Arc;

use record::metrics::{self, Metric};
use record::{Sample, Unit};

use crate::expression::{Comparison, Expression, Operator};
use crate::suite::{Source, SuiteError, bytes, count, nanoseconds};

/// A parsed rule.
#[derive(Clone, Debug)]
pub struct Rule {
    text: String,
    expression: Expression,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Rule {}

/// What a value is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    /// A number in the metric's base unit.
    Number(f64),
    /// A part of the wall time of the sample.
    ShareOfWall(f64),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// At the first word that does not fit: no expression, no metric of dyno's, no number.
    pub(crate) fn parse(source: &Arc<Source>) -> Result<Self, SuiteError> {
        let expression = Expression::parse(source)?;
        for comparison in expression.comparisons() {
            check(source, comparison)?;
        }
        Ok(Self { text: source.text.clone(), expression })
    }

    /// The rule as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which part of the rule takes this sample out, with the value; `None` where it may stay. A
    /// metric that was not measured takes nothing out.
    pub fn broken_by(&self, sample: &Sample) -> Option<String> {
        if self.expression.evaluate(&|one| holds(one, sample)) != Some(true) {
            return None;
        }
        let comparisons = self.expression.comparisons();
        let held = comparisons.iter().filter(|one| holds(one, sample) == Some(true));
        let words: Vec<String> = held.map(|one| words(one, sample)).collect();
        // A rule that breaks by a `not` alone has no part that holds.
        Some(if words.is_empty() { self.text.clone() } else { words.join("; ") })
    }

    /// The metrics it names of which the sample has no value.
    pub fn blind(&self, sample: &Sample) -> Vec<&'static str> {
        let named = self.expression.comparisons().into_iter().filter_map(metric);
        named.map(|metric| metric.name).filter(|name| sample.value(name).is_none()).collect()
    }
}

fn check(source: &Arc<Source>, comparison: &Comparison) -> Result<(), SuiteError> {
    let Comparison { name, operator, value } = comparison;
    let Some(metric) = metric(comparison) else {
        let message = format!("unknown metric `{}`", name.value);
        let names = metrics::ALL.iter().map(|metric| metric.name);
        return Err(SuiteError::at(source, &name.span, message).names(&name.value, names));
    };
    if *operator == Operator::Contains {
        let span = name.span.end..value.span.start;
        return Err(SuiteError::at(source, &span, "`~` compares texts, and a metric is a number")
            .allowed("=, !=, <, <=, >, >="));
    }
    if bound(metric, &value.value).is_none() {
        let message = format!("`{}` cannot be compared with `{}`", metric.name, value.value);
        return Err(SuiteError::at(source, &value.span, message).allowed(bounds(metric)));
    }
    Ok(())
}

fn metric(comparison: &Comparison) -> Option<&'static Metric> {
    metrics::find(&comparison.name.value)
}

/// The bound that a text states for a metric.
fn bound(metric: &Metric, text: &str) -> Option<Bound> {
    let plain = || text.replace('_', "").parse::<f64>().ok().filter(|number| number.is_finite());
    let exact = |number: Option<i64>| number.map(|number| Bound::Number(number as f64));
    if let (Unit::Nanoseconds, Some(percent)) = (metric.unit, text.strip_suffix('%')) {
        let percent: f64 = percent.parse().ok()?;
        return percent.is_finite().then_some(Bound::ShareOfWall(percent / 100.0));
    }
    match metric.unit {
        // Of all numbers, only nought needs no unit.
        Unit::Nanoseconds if plain() == Some(0.0) => Some(Bound::Number(0.0)),
        Unit::Nanoseconds => exact(nanoseconds(text)),
        Unit::Bytes => exact(bytes(text)),
        Unit::Count | Unit::Rows => exact(count(text)),
        Unit::Ratio | Unit::PerSecond => exact(count(text)).or_else(|| plain().map(Bound::Number)),
    }
}

/// The bounds of a metric, in words.
fn bounds(metric: &Metric) -> &'static str {
    match metric.unit {
        Unit::Nanoseconds => "a duration such as 10ms, or a part of the wall time such as 1%",
        Unit::Bytes => "a size such as 64KiB",
        Unit::Count | Unit::Rows => "a whole number such as 50 or 10k",
        Unit::Ratio | Unit::PerSecond => "a number such as 0.5 or 2G",
    }
}

/// Whether a comparison holds for any source of its metric; `None` where there is no value.
fn holds(comparison: &Comparison, sample: &Sample) -> Option<bool> {
    let metric = metric(comparison)?;
    let limit = limit(metric, comparison, sample)?;
    let mut values = sample.values.iter().filter(|value| value.metric == metric.name).peekable();
    values.peek()?;
    let fits = |value: f64| comparison.operator.allows(value.total_cmp(&limit));
    Some(values.any(|value| fits(value.value)))
}

/// The bound in the metric's base unit.
fn limit(metric: &Metric, comparison: &Comparison, sample: &Sample) -> Option<f64> {
    match bound(metric, &comparison.value.value)? {
        Bound::Number(number) => Some(number),
        Bound::ShareOfWall(share) => Some(share * sample.value(metrics::WALL_TIME.name)?),
    }
}

/// A comparison that holds, and the value: `steal > 1%: 3.2%`.
fn words(comparison: &Comparison, sample: &Sample) -> String {
    let name = &comparison.name.value;
    let value = sample.value(name).unwrap_or(f64::NAN);
    let unit = metric(comparison).map(|metric| metric.unit);
    let wall = sample.value(metrics::WALL_TIME.name).unwrap_or(f64::NAN);
    let found = match unit {
        Some(Unit::Nanoseconds) if comparison.value.value.ends_with('%') => {
            format!("{:.1}%", value / wall * 100.0)
        }
        Some(Unit::Nanoseconds) => format!("{:.3} ms", value / 1e6),
        Some(Unit::Bytes) => format!("{value} bytes"),
        _ => format!("{value}"),
    };
    format!("{comparison}: {found}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use record::{CaseId, Source as From, Status};

    use super::*;

    fn parse(text: &str) -> Result<Rule, SuiteError> {
        Rule::parse(&Source::new("reject", text))
    }

    fn sample(values: &[(Metric, f64)]) -> Sample {
        Sample {
            case: CaseId::new("a"),
            pass: record::Pass::Timed,
            process: 0,
            iteration: 0,
            started_ns: 0,
            executions: 1,
            status: Status::Ok,
            values: values.iter().map(|(one, value)| one.value(*value, From::Process)).collect(),
            answer: None,
            marks: Vec::new(),
        }
    }

    fn disturbed() -> Sample {
        sample(&[
            (metrics::WALL_TIME, 50e6),
            (metrics::STEAL, 2e6),
            (metrics::INVOLUNTARY_SWITCHES, 73.0),
            (metrics::READ_BYTES, 70_000.0),
        ])
    }

    #[test]
    fn a_sample_is_taken_out_with_the_part_of_the_rule_and_the_value() {
        for (rule, expect) in [
            ("steal > 1%", Some("steal > 1%: 4.0%")),
            ("steal > 5%", None),
            ("steal > 1ms", Some("steal > 1ms: 2.000 ms")),
            ("steal > 0 and involuntary_switches > 100", None),
            ("steal > 9% or involuntary_switches > 50", Some("involuntary_switches > 50: 73")),
            ("read_bytes >= 64KiB", Some("read_bytes >= 64KiB: 70000 bytes")),
            (
                "steal > 1% or involuntary_switches > 50",
                Some("steal > 1%: 4.0%; involuntary_switches > 50: 73"),
            ),
            ("not steal < 1%", Some("not steal < 1%")),
        ] {
            assert_eq!(parse(rule).unwrap().broken_by(&disturbed()).as_deref(), expect, "{rule}");
        }
    }

    #[test]
    fn what_was_not_measured_takes_nothing_out_and_is_told() {
        let rule = parse("major_faults > 0 or not major_faults < 1 or steal > 90%").unwrap();
        assert_eq!(rule.broken_by(&disturbed()), None);
        assert_eq!(rule.blind(&disturbed()), ["major_faults", "major_faults"]);
        let timeless = sample(&[(metrics::STEAL, 1e9)]);
        assert_eq!(parse("steal > 1%").unwrap().broken_by(&timeless), None);
    }

    #[test]
    fn unknown_metrics_and_bounds_without_a_meaning_are_errors_at_their_place() {
        insta::assert_snapshot!(parse("stael > 1%").unwrap_err().message(), @"unknown metric `stael`");
        for (rule, column) in [
            ("steal > 5", 9),
            ("involuntary_switches > 1%", 24),
            ("read_bytes > 10ms", 14),
            ("steal > x%", 9),
            ("steal ~ 5", 6),
            ("steal >", 8),
        ] {
            let error = parse(rule).unwrap_err();
            assert_eq!(error.position(), Some((1, column)), "{rule}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_rule_or_an_error_and_no_rule_panics(
            text in "((steal|rows|read_bytes|cycles) ?[<>=!~]{1,2} ?[0-9a-zA-Z%._-]{0,6}( and | or )?){1,3}"
        ) {
            if let Ok(rule) = parse(&text) {
                let _ = (rule.broken_by(&disturbed()), rule.blind(&disturbed()));
            }
        }
    }
}
