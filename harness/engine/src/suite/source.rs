//! A text that a person wrote, and places in it: a suite file, or the text of an option.
//!
//! Everything that is read from a suite keeps its [`Span`], so that an error found much later
//! still points at its token. Knows nothing of TOML.

use std::ops::Range;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// Bytes of a text, from the first to one past the last.
pub(crate) type Span = Range<usize>;

/// A text and what to call it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Path of a file, or the name of an option.
    pub(crate) name: String,
    /// The text, whole.
    pub(crate) text: String,
}

/// Where a byte stands, for people: everything counts from 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position<'a> {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The whole line, without its end.
    pub(crate) text: &'a str,
}

impl Source {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }

    /// The words of a span; nothing for one that does not fit this text.
    pub(crate) fn slice(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or("")
    }

    /// Where a byte stands; one past the text is its end.
    pub(crate) fn position(&self, byte: usize) -> Position<'_> {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.text[..byte];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[byte..].find('\n').map_or(self.text.len(), |at| byte + at);
        Position {
            line: before.matches('\n').count() + 1,
            column: self.text[start..byte].chars().count() + 1,
            text: self.text[start..end].trim_end_matches('\r'),
        }
    }

    /// The place of `word` inside a span, or the whole span where it is spelt otherwise there.
    pub(crate) fn find(&self, span: &Span, word: &str) -> Span {
        match self.slice(span).find(word) {
            Some(at) => span.start + at..span.start + at + word.len(),
            None => span.clone(),
        }
    }
}

/// A value and where it was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Located<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Another value at the same place.
    pub(crate) fn with<U>(&self, value: U) -> Located<U> {
        Located { value, span: self.span.clone() }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_columns_count_characters() {
        let source = Source::new("x", "a = 1\r\nü = \"é\" # z");
        let at = source.text.find('z').unwrap();
        let position = source.position(at);
        assert_eq!((position.line, position.column), (2, 11));
        assert_eq!(source.position(0).text, "a = 1");
        assert_eq!(source.position(1000).line, 2);
    }

    #[test]
    fn a_word_is_found_inside_its_span_alone() {
        let source = Source::new("x", "{a} \"{a}\"");
        assert_eq!(source.find(&(4..9), "{a}"), 5..8);
        assert_eq!(source.find(&(4..9), "{b}"), 4..9);
    }
}
