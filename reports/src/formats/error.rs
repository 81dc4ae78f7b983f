//! Why a file of another tool cannot be read: the file, the place in it, what was found there.

use std::fmt;

use crate::format::{printable, shorten};

/// A file that cannot be imported. `Display` gives one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    file: String,
    place: Place,
    message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Text { line: usize, column: usize },
    Json(String),
}

/// Longest place that is repeated, in characters: names in it come from the file.
const PLACE_CHARS_MAX: usize = 200;

impl ImportError {
    /// An error about a file as a whole.
    pub fn whole(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place: Place::Whole, message: message.into() }
    }

    /// An error at a place of a text; line and column count from 1.
    pub(super) fn at(file: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        let place = Place::Text { line, column };
        Self { file: file.to_owned(), place, message: message.into() }
    }

    /// An error at a value of a JSON document, for instance at `results[0].times[3]`.
    pub(super) fn json(file: &str, path: &str, message: impl Into<String>) -> Self {
        if path.is_empty() {
            return Self::whole(file, message);
        }
        Self { file: file.to_owned(), place: Place::Json(path.to_owned()), message: message.into() }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = printable(&self.file);
        match &self.place {
            Place::Whole => write!(f, "{file}: ")?,
            Place::Text { line, column } => write!(f, "{file}:{line}:{column}: ")?,
            Place::Json(path) => write!(f, "{file}: {}: ", shorten(path, PLACE_CHARS_MAX))?,
        }
        f.write_str(&printable(&self.message))
    }
}

impl std::error::Error for ImportError {}
