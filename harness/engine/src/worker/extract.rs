//! Numbers that stand in the output of a command.
//!
//! Called after a command has ended, outside of anything measured. A number is what Rust reads as
//! an `f64`; `_` and `,` between digits are taken as grouping and dropped, so `1_000` and
//! `1,234,567` are whole numbers. Units are the suite's business: nothing is scaled here.

use record::{Failure, FailureKind};
use regex_lite::Regex;
use serde_json::Value;

use super::Output;
use super::failure::failure;
use crate::case::OutputPattern;

/// The number that a pattern picks out.
///
/// A regular expression is tried on standard output, then on standard error; its first group is
/// the number, or the whole match where it has none. A JSON path goes into the document on standard
/// output, or into its last line where the output is one document per line.
///
/// # Errors
/// [`FailureKind::Run`] when nothing matches or what matches is not a number.
pub fn number(pattern: &OutputPattern, output: &Output) -> Result<f64, Failure> {
    let text = match pattern {
        OutputPattern::Regex(regex) => by_regex(regex, output),
        OutputPattern::Json(path) => by_path(path, &output.stdout.text()),
    };
    let text = text.map_err(|why| Failure { output: output.both.text(), ..why })?;
    parse(&text).ok_or_else(|| Failure {
        output: output.both.text(),
        ..refuse(format!("`{}` is not a number: `{text}`", name(pattern)))
    })
}

fn name(pattern: &OutputPattern) -> &str {
    match pattern {
        OutputPattern::Regex(text) | OutputPattern::Json(text) => text,
    }
}

fn by_regex(text: &str, output: &Output) -> Result<String, Failure> {
    let regex = Regex::new(text)
        .map_err(|error| refuse(format!("`{text}` is not a regular expression: {error}")))?;
    for stream in [output.stdout.text(), output.stderr.text()] {
        if let Some(captures) = regex.captures(&stream)
            && let Some(found) = captures.get(1).or_else(|| captures.get(0))
        {
            return Ok(found.as_str().to_owned());
        }
    }
    Err(refuse(format!("no match for `{text}` in the output")))
}

fn by_path(path: &str, stdout: &str) -> Result<String, Failure> {
    let document = document(stdout)
        .ok_or_else(|| refuse(format!("no JSON document on standard output for `{path}`")))?;
    let mut value = &document;
    for step in path.split('.') {
        let next = match value {
            Value::Array(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
            Value::Object(fields) => fields.get(step),
            _ => None,
        };
        value = next.ok_or_else(|| {
            refuse(format!("no match for `{path}` in the output: nothing at `{step}`"))
        })?;
    }
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(refuse(format!("`{path}` is not a number: `{other}`"))),
    }
}

fn document(stdout: &str) -> Option<Value> {
    serde_json::from_str(stdout).ok().or_else(|| {
        let last = stdout.lines().rev().find(|line| !line.trim().is_empty())?;
        serde_json::from_str(last).ok()
    })
}

fn parse(text: &str) -> Option<f64> {
    let bytes = text.trim().as_bytes();
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let mut plain = String::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        let groups = matches!(byte, b'_' | b',') && index > 0 && digit(index - 1);
        if !(groups && digit(index + 1)) {
            plain.push(char::from(*byte));
        }
    }
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

fn refuse(message: String) -> Failure {
    failure(FailureKind::Run, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str) -> Output {
        let mut output = Output::new(true);
        output.push_stdout(stdout.as_bytes());
        output.push_stderr(stderr.as_bytes());
        output
    }

    fn regex(pattern: &str, stdout: &str, stderr: &str) -> Result<f64, String> {
        let pattern = OutputPattern::Regex(pattern.to_owned());
        number(&pattern, &output(stdout, stderr)).map_err(|failure| failure.message)
    }

    fn json(path: &str, stdout: &str) -> Result<f64, String> {
        let pattern = OutputPattern::Json(path.to_owned());
        number(&pattern, &output(stdout, "")).map_err(|failure| failure.message)
    }

    #[test]
    fn the_first_group_of_a_regex_is_the_number() {
        assert_eq!(regex(r"(\d+) rows", "wrote 1234 rows\n", ""), Ok(1234.0));
        assert_eq!(regex(r"([\d.]+) records/s", "", "at 1.5 records/s"), Ok(1.5));
        assert_eq!(regex(r"\d+", "n 12", ""), Ok(12.0));
    }

    #[test]
    fn numbers_may_be_grouped_and_may_have_an_exponent() {
        assert_eq!(regex(r"rows: (\S+)", "rows: 10_000_000", ""), Ok(1e7));
        assert_eq!(regex(r"rows: (\S+)", "rows: 1,234,567.5", ""), Ok(1_234_567.5));
        assert_eq!(regex(r"rows: (\S+)", "rows: 2.5e3", ""), Ok(2500.0));
        assert_eq!(regex(r"rows: (\S+)", "rows: -3", ""), Ok(-3.0));
    }

    #[test]
    fn what_is_not_a_number_is_shown() {
        assert_eq!(regex(r"x=(\w+)", "x=abc", ""), Err(r"`x=(\w+)` is not a number: `abc`".into()));
        assert_eq!(regex("x=(.*)", "x=NaN", ""), Err("`x=(.*)` is not a number: `NaN`".into()));
        assert_eq!(regex("y=(.*)", "x=1", ""), Err("no match for `y=(.*)` in the output".into()));
    }

    #[test]
    fn a_path_goes_through_objects_and_lists() {
        let text = r#"{"summary": {"rows": 5}, "runs": [{"time": 0.25}, {"time": "1_000"}]}"#;
        assert_eq!(json("summary.rows", text), Ok(5.0));
        assert_eq!(json("runs.0.time", text), Ok(0.25));
        assert_eq!(json("runs.1.time", text), Ok(1000.0));
        let why = "no match for `runs.2.time` in the output: nothing at `2`";
        assert_eq!(json("runs.2.time", text), Err(why.into()));
        assert_eq!(json("summary", text), Err(r#"`summary` is not a number: `{"rows":5}`"#.into()));
    }

    #[test]
    fn of_json_lines_the_last_one_is_read() {
        assert_eq!(json("n", "{\"n\": 1}\n{\"n\": 2}\n\n"), Ok(2.0));
        assert_eq!(json("n", "starting\n{\"n\": 3}\n"), Ok(3.0));
        assert_eq!(
            json("n", "nothing here"),
            Err("no JSON document on standard output for `n`".into())
        );
    }

    proptest::proptest! {
        #[test]
        fn no_output_makes_it_panic(stdout in ".*", path in "[a-z0-9.]*") {
            let _ = json(&path, &stdout);
            let _ = regex(r"(\S+)", &stdout, &path);
        }

        #[test]
        fn every_finite_number_is_read_as_it_was_printed(value in proptest::num::f64::NORMAL) {
            proptest::prop_assert_eq!(regex(r"v=(\S+)", &format!("v={value:e}"), ""), Ok(value));
        }
    }
}
