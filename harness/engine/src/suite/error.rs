//! What is wrong with a suite, a `--set` or a `--filter`, shown where it stands.
//!
//! One error is one finding: what was found, a caret under it, what is allowed, and the nearest
//! name when there is one. Printing is the caller's.

use std::fmt;
use std::sync::Arc;

use super::source::{Source, Span};

/// Names listed in one `allowed:` line; more are counted.
const ALLOWED_MAX: usize = 40;

/// Characters of a source line that are shown.
const LINE_CHARS_MAX: usize = 160;

/// A suite (or an option beside it) that cannot be understood. `Display` gives the whole report of
/// several lines, beginning with `error: ` and without a newline at the end.
#[derive(Debug)]
pub struct SuiteError(Box<Report>);

#[derive(Debug)]
struct Report {
    message: String,
    place: Option<(Arc<Source>, Span)>,
    notes: Vec<String>,
}

impl SuiteError {
    /// The first line without `error: `, for instance ``unknown parameter `writer` ``.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Line and column of the token, counted from 1, columns in characters; `None` when there is
    /// no text to point at, for instance a file that cannot be read.
    pub fn position(&self) -> Option<(usize, usize)> {
        let (source, span) = self.0.place.as_ref()?;
        let position = source.position(span.start);
        Some((position.line, position.column))
    }

    pub(crate) fn at(source: &Arc<Source>, span: &Span, message: impl Into<String>) -> Self {
        Self(Box::new(Report {
            message: printable(&message.into(), false),
            place: Some((Arc::clone(source), span.clone())),
            notes: Vec::new(),
        }))
    }

    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        let message = printable(&message.into(), false);
        Self(Box::new(Report { message, place: None, notes: Vec::new() }))
    }

    /// The place of the token in its text.
    pub(crate) fn span(&self) -> Span {
        self.0.place.as_ref().map_or(0..0, |(_, span)| span.clone())
    }

    /// The same finding, shown in another text.
    pub(crate) fn moved(mut self, source: &Arc<Source>, span: &Span) -> Self {
        self.0.place = Some((Arc::clone(source), span.clone()));
        self
    }

    /// Adds one line under the source.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(printable(&note.into(), true));
        self
    }

    /// Adds what would have been right, in words.
    pub(crate) fn allowed(self, what: impl fmt::Display) -> Self {
        self.note(format!("allowed: {what}"))
    }

    /// Adds the names that would have been right, and the nearest of them to what was found.
    pub(crate) fn names<'a>(self, found: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        let listed = match names.as_slice() {
            [] => self.note("there is no name to choose from"),
            names if names.len() > ALLOWED_MAX => {
                let shown = names[..ALLOWED_MAX].join(", ");
                self.allowed(format!("{shown}, and {} more", names.len() - ALLOWED_MAX))
            }
            names => self.allowed(names.join(", ")),
        };
        listed.suggest(found, names)
    }

    /// Adds the nearest of some names to what was found, when one is near.
    pub(crate) fn suggest<'a>(self, found: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(found, names) {
            Some(name) => self.note(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

impl std::error::Error for SuiteError {}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.0.message)?;
        let mut margin = 0;
        if let Some((source, span)) = &self.0.place {
            let position = source.position(span.start);
            margin = position.line.to_string().len();
            let (line, before, carets) = excerpt(source, span);
            let name = printable(&source.name, false);
            write!(f, "\n{:margin$}--> {name}:{}:{}", "", position.line, position.column)?;
            write!(f, "\n{:margin$} |", "")?;
            write!(f, "\n{} | {line}", position.line)?;
            write!(f, "\n{:margin$} | {:before$}{}", "", "", "^".repeat(carets))?;
        }
        for note in &self.0.notes {
            write!(f, "\n{:margin$} = {note}", "")?;
        }
        Ok(())
    }
}

/// The line of a span as it is shown, the characters before the carets, and their number. A long
/// line is cut around the token, so that a report stays readable whatever the file holds.
fn excerpt(source: &Source, span: &Span) -> (String, usize, usize) {
    let position = source.position(span.start);
    let cells: Vec<String> = position.text.chars().map(cell).collect();
    let width = |cells: &[String]| cells.iter().map(|cell| cell.chars().count()).sum::<usize>();
    let column = (position.column - 1).min(cells.len());
    let first = source.slice(span).lines().next().unwrap_or("");
    let end = (column + first.trim_end().chars().count()).min(cells.len());
    let before = width(&cells[..column]);
    let carets = width(&cells[column..end]).max(1);
    let line: Vec<char> = cells.concat().chars().collect();
    if line.len() <= LINE_CHARS_MAX {
        return (line.into_iter().collect(), before, carets);
    }
    let start = before.saturating_sub(LINE_CHARS_MAX / 2);
    let end = (start + LINE_CHARS_MAX).min(line.len());
    let head = if start > 0 { "..." } else { "" };
    let tail = if end < line.len() { "..." } else { "" };
    let shown: String = line[start..end].iter().collect();
    (format!("{head}{shown}{tail}"), before - start + head.len(), carets.min(end - before).max(1))
}

/// What one character of a source line is shown as. A tab takes one column, so that the caret
/// stands right.
fn cell(c: char) -> String {
    if c == '\t' { " ".to_owned() } else { printable(c.encode_utf8(&mut [0; 4]), false) }
}

/// A text whose control characters are escaped: a suite may come from anywhere, and must not move
/// the cursor, colour the terminal or turn the direction of writing. Line ends may be kept.
fn printable(text: &str, lines: bool) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' if lines => shown.push(c),
            c if c.is_control() || turns(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// The name that was probably meant. Any number is near to every other one, so for a number it is
/// the same number, written otherwise.
pub(crate) fn nearest<'a>(
    found: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if let Ok(number) = found.parse::<f64>() {
        return names.into_iter().find(|name| name.parse() == Ok(number));
    }
    let found = found.to_lowercase();
    let edits_max = (found.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&found, &name.to_lowercase()), name))
        .filter(|(edits, name)| *edits <= edits_max && *edits < name.chars().count())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_report_shows_the_line_and_a_caret_under_the_token() {
        let source = Source::new("configs/x.toml", "a = 1\n\tgrid = { writer = [1] }\n");
        let at = source.text.find("writer").unwrap();
        let error = SuiteError::at(&source, &(at..at + 6), "unknown parameter `writer`")
            .names("writer", ["step", "writers"]);
        assert_eq!(error.position(), Some((2, 11)));
        insta::assert_snapshot!(error, @"
        error: unknown parameter `writer`
         --> configs/x.toml:2:11
          |
        2 |  grid = { writer = [1] }
          |           ^^^^^^
          = allowed: step, writers
          = did you mean `writers`?
        ");
    }

    #[test]
    fn a_name_is_suggested_only_when_it_is_near() {
        assert_eq!(nearest("writer", ["rows", "writers"]), Some("writers"));
        assert_eq!(nearest("ROWS", ["rows"]), Some("rows"));
        assert_eq!(nearest("rwos", ["rows"]), Some("rows"));
        assert_eq!(nearest("colour", ["rows", "writers"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("13", ["03", "12"]), None);
        assert_eq!(nearest("5", ["04", "05"]), Some("05"));
    }

    #[test]
    fn control_characters_are_escaped_and_the_caret_stands_right() {
        let source = Source::new("x\u{1b}.toml", "\u{1b}[31m\0 = \u{202e}b");
        let error = SuiteError::at(&source, &(9..13), "key `\u{1b}[2J\0\n`").note("a\u{7}\nb");
        insta::assert_snapshot!(error, @r#"
        error: key `\u{1b}[2J\u{0}\n`
         --> x\u{1b}.toml:1:10
          |
        1 | \u{1b}[31m\u{0} = \u{202e}b
          |                   ^^^^^^^^^
          = a\u{7}
        b
        "#);
    }

    proptest! {
        #[test]
        fn no_report_has_a_control_character(text in ".{0,60}|[a\u{1b}\0\u{9b}]{0,30}", start in 0..60usize) {
            let source = Source::new(&*text, &*text);
            let error = SuiteError::at(&source, &(start..start + 3), &*text).note(&*text);
            let odd = |c: char| c.is_control() && c != '\n';
            prop_assert!(!error.to_string().contains(odd));
        }

        #[test]
        fn any_span_of_any_text_can_be_reported(text in "\\PC{0,400}|[a\t\n\ré]{0,30}", start in 0..500usize, length in 0..500usize) {
            let source = Source::new("x", text);
            let shown = SuiteError::at(&source, &(start..start + length), "m").to_string();
            prop_assert!(shown.starts_with("error: m\n"));
            prop_assert!(shown.lines().all(|line| line.chars().count() < 400));
        }
    }
}
