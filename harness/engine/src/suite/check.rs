//! The small checks that every table of a suite needs: names, texts, numbers in a range, words.
//!
//! Each takes the key for the message and gives the plain value or an error at the value's token.

use std::sync::Arc;
use std::time::Duration;

use super::SuiteError;
use super::message::cannot_be;
use super::quantity;
use super::source::{Located, Source};
use super::wire::WireCount;

/// Longest name of a suite, runner, parameter or answer group, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;

/// Longest text that is meant for people, or a command line, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 10_000;

/// Longest value of a parameter, and longest title, in characters.
pub(crate) const VALUE_CHARS_MAX: usize = 1_000;

/// A name that may become part of a file name and of a case id.
pub(super) fn name(
    source: &Arc<Source>,
    key: &str,
    text: &Located<String>,
) -> Result<String, SuiteError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let length = text.value.chars().count();
    if !(1..=NAME_CHARS_MAX).contains(&length)
        || !text.value.chars().all(fits)
        || text.value.starts_with(['.', '-'])
    {
        return Err(cannot_be(source, &text.span, key).allowed(format!(
            "1 to {NAME_CHARS_MAX} letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
        )));
    }
    Ok(text.value.clone())
}

/// A text that is meant for people, or an argument; no control characters but line ends and tabs.
pub(super) fn text(
    source: &Arc<Source>,
    key: &str,
    text: &Located<String>,
) -> Result<String, SuiteError> {
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.value.chars().count() > TEXT_CHARS_MAX || text.value.contains(odd) {
        return Err(cannot_be(source, &text.span, key).allowed(format!(
            "text of at most {TEXT_CHARS_MAX} characters without control characters"
        )));
    }
    Ok(text.value.clone())
}

/// A text of one line.
pub(super) fn line(
    source: &Arc<Source>,
    key: &str,
    found: &Located<String>,
) -> Result<String, SuiteError> {
    if found.value.contains(char::is_control) || found.value.chars().count() > VALUE_CHARS_MAX {
        let allowed = format!("one line of at most {VALUE_CHARS_MAX} characters");
        return Err(cannot_be(source, &found.span, key).allowed(allowed));
    }
    Ok(found.value.clone())
}

/// The same as [`text()`], and not empty.
pub(super) fn words(
    source: &Arc<Source>,
    key: &str,
    found: &Located<String>,
) -> Result<String, SuiteError> {
    if found.value.trim().is_empty() {
        return Err(cannot_be(source, &found.span, key).allowed("text that is not empty"));
    }
    text(source, key, found)
}

/// A whole number from `min` to `max`.
pub(super) fn count(
    source: &Arc<Source>,
    key: &str,
    count: &Located<WireCount>,
    (min, max): (i64, i64),
) -> Result<i64, SuiteError> {
    if (min..=max).contains(&count.value.0) {
        return Ok(count.value.0);
    }
    Err(cannot_be(source, &count.span, key).allowed(format!("a whole number from {min} to {max}")))
}

/// A duration of at least a millisecond and at most `max`.
pub(super) fn duration(
    source: &Arc<Source>,
    key: &str,
    text: &Located<String>,
    max: Duration,
) -> Result<Duration, SuiteError> {
    let fits = |duration: &Duration| *duration >= Duration::from_millis(1) && *duration <= max;
    quantity::duration(&text.value)
        .filter(fits)
        .ok_or_else(|| cannot_be(source, &text.span, key).allowed(durations(max)))
}

/// The durations that [`duration`] takes, in words.
pub(super) fn durations(max: Duration) -> String {
    format!("{}, from 1 ms to {} h", quantity::DURATION_EXAMPLE, max.as_secs() / 3600)
}

/// The value that one of a few words stands for.
pub(super) fn word<T: Copy>(
    source: &Arc<Source>,
    key: &str,
    text: &Located<String>,
    words: &[(&str, T)],
) -> Result<T, SuiteError> {
    let known = words.iter().find(|(word, _)| *word == text.value);
    known.map(|(_, value)| *value).ok_or_else(|| {
        cannot_be(source, &text.span, key).names(&text.value, words.iter().map(|(word, _)| *word))
    })
}
