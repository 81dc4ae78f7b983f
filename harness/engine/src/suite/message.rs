//! Errors of the TOML parser and of serde, in the words and the shape of all other errors.
//!
//! The parser knows where; this file finds out which key stands there and says what is allowed.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::source::{Source, Span};
use super::{SuiteError, check, sampling};

/// Longest text of a found value that is repeated, in characters.
const FOUND_CHARS_MAX: usize = 40;

/// The error of a text that could not become wire types.
pub(crate) fn translate(source: &Arc<Source>, error: &toml::de::Error) -> SuiteError {
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let mut names = ticked(rest);
        let found = if names.is_empty() { String::new() } else { names.remove(0) };
        return SuiteError::at(source, &span, format!("unknown key `{found}`"))
            .names(&found, names.iter().map(String::as_str));
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        return SuiteError::at(source, &span, format!("missing key {rest}"))
            .note("this table needs it");
    }
    if message == "duplicate key" {
        let found = source.slice(&span);
        return SuiteError::at(source, &span, format!("duplicate key `{found}`"))
            .note("each key may stand once in its table");
    }
    // Serde says "invalid type: ..." and "invalid value: ..."; the parser says "invalid" too.
    if (message.starts_with("invalid type: ") || message.starts_with("invalid value: "))
        && let Some((_, expected)) = message.split_once(", expected ")
    {
        let key = key_of(source, &span);
        let error = cannot_be(source, &span, &key);
        if is_long_integer(source.slice(&span)) {
            return error.allowed(format!(
                "an integer of 64 bits, from {} to {}",
                i64::MIN,
                i64::MAX
            ));
        }
        return match sampling::longest(&key).filter(|_| expected == "a string") {
            Some(longest) => error.allowed(check::durations(longest)),
            None => error.allowed(expectation(expected)),
        };
    }
    if let Some((what, quote)) = message.split_once(", expected ")
        && what.ends_with("string")
        && matches!(quote, "`\"`" | "`'`" | "`\"\"\"`" | "`'''`")
    {
        return SuiteError::at(source, &span, "not TOML: this text is never closed")
            .note(format!("{quote} is missing at its end"));
    }
    let span = if span.is_empty() { whole_token(source, span.start) } else { span };
    SuiteError::at(source, &span, format!("not TOML: {message}"))
}

/// ``"`key` cannot be ..."`` with the value as it is written.
pub(crate) fn cannot_be(source: &Arc<Source>, span: &Span, key: &str) -> SuiteError {
    let written = source.slice(span);
    let line = written.lines().next().unwrap_or("").trim_end();
    let mut found: String = line.chars().take(FOUND_CHARS_MAX).collect();
    if found.len() < written.trim_end().len() {
        found.push_str("...");
    }
    let found = if found.is_empty() { "empty" } else { &found };
    SuiteError::at(source, span, format!("`{key}` cannot be {found}"))
}

/// Whether these are the digits of an integer that is too long for any.
fn is_long_integer(written: &str) -> bool {
    let digits = written.trim().trim_start_matches(['-', '+']);
    let all = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '_');
    all && written.trim().replace('_', "").parse::<i64>().is_err()
}

/// Serde's words for types, in words for people.
fn expectation(expected: &str) -> &str {
    match expected {
        "a string" => "text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list; its tables are written `[[name]]`",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

/// The words between backticks.
fn ticked(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The key whose value has this span; for an item of a list, the key of the list.
fn key_of(source: &Source, span: &Span) -> String {
    let Ok(table) = DeTable::parse(&source.text) else { return "value".to_owned() };
    key_in_table(table.get_ref(), span).unwrap_or_else(|| "value".to_owned())
}

fn key_in_table(table: &DeTable<'_>, span: &Span) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        if value.span() == *span {
            return Some(key.get_ref().to_string());
        }
        key_in_value(value.get_ref(), span, key.get_ref())
    })
}

fn key_in_value(value: &DeValue<'_>, span: &Span, key: &str) -> Option<String> {
    match value {
        DeValue::Table(table) => key_in_table(table, span),
        DeValue::Array(items) => items.iter().find_map(|item| {
            if item.span() == *span {
                return Some(key.to_owned());
            }
            key_in_value(item.get_ref(), span, key)
        }),
        _ => None,
    }
}

/// What stands at a byte, up to the next separator, so that the caret marks more than nothing.
fn whole_token(source: &Source, start: usize) -> Span {
    let rest = source.text.get(start..).unwrap_or("");
    let end = rest.find(|c: char| c.is_whitespace() || ",[]{}=".contains(c)).unwrap_or(rest.len());
    start..start + end
}
