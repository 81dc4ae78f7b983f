//! JSON documents of other tools, read value by value: what is not as expected is told with its
//! path, for instance `results[0].times[3]`.

use serde_json::Value;

use super::InputFile;
use super::error::ImportError;
use crate::format::shorten;

/// Longest value that an error repeats, in characters.
const FOUND_CHARS_MAX: usize = 60;

/// Longest name that is carried, in bytes. Longer ones are no names.
const NAME_BYTES_MAX: usize = 10_000;

/// The text of a file.
pub(super) fn text(file: &InputFile) -> Result<&str, ImportError> {
    std::str::from_utf8(&file.bytes).map_err(|error| {
        let good = &file.bytes[..error.valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // OK because everything before the fault is text.
        let column = String::from_utf8_lossy(&good[start..]).chars().count() + 1;
        ImportError::at(&file.shown, line, column, "this is no text (UTF-8)")
    })
}

/// The JSON document in a file.
pub(super) fn document(file: &InputFile) -> Result<Value, ImportError> {
    let text = text(file)?;
    parse(&file.shown, text, 1)
}

/// A JSON document in a text that begins on a line.
pub(super) fn parse(shown: &str, text: &str, first_line: usize) -> Result<Value, ImportError> {
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let why = said.split(" at line ").next().unwrap_or_default().to_owned();
        ImportError::at(
            shown,
            error.line() + first_line - 1,
            error.column(),
            format!("not JSON: {why}"),
        )
    })
}

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Node<'a> {
    file: &'a str,
    path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn new(file: &'a InputFile, value: &'a Value) -> Self {
        Self { file: &file.shown, path: String::new(), value }
    }

    /// An error at this value.
    pub(super) fn fail(&self, message: impl Into<String>) -> ImportError {
        ImportError::json(self.file, &self.path, message)
    }

    /// An error that says what should have stood here.
    pub(super) fn expected(&self, what: &str) -> ImportError {
        let found = match self.value {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            other => shorten(&other.to_string(), FOUND_CHARS_MAX),
        };
        self.fail(format!("expected {what}, found {found}"))
    }

    /// A member; `None` where it is absent or null.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Some(Node { file: self.file, path, value })
    }

    /// A member that has to be there.
    pub(super) fn need(&self, key: &str) -> Result<Node<'a>, ImportError> {
        let Value::Object(object) = self.value else { return Err(self.expected("an object")) };
        self.get(key).ok_or_else(|| {
            let there: Vec<&str> = object.keys().map(String::as_str).take(12).collect();
            let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
            let what = if object.contains_key(key) { "null as" } else { "no" };
            self.fail(format!("{what} `{key}`; there is {there}"))
        })
    }

    /// The values of a list.
    pub(super) fn items(&self) -> Result<Vec<Node<'a>>, ImportError> {
        let Value::Array(items) = self.value else { return Err(self.expected("a list")) };
        let item = |(index, value): (usize, &'a Value)| Node {
            file: self.file,
            path: format!("{}[{index}]", self.path),
            value,
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Result<Vec<(&'a str, Node<'a>)>, ImportError> {
        let Value::Object(members) = self.value else { return Err(self.expected("an object")) };
        let member = |(key, value): (&'a String, &'a Value)| {
            let path =
                if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            (key.as_str(), Node { file: self.file, path, value })
        };
        Ok(members.iter().map(member).collect())
    }

    /// A number.
    pub(super) fn number(&self) -> Result<f64, ImportError> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.expected("a number"))
    }

    /// A number that counts or times something.
    pub(super) fn amount(&self, what: &str) -> Result<f64, ImportError> {
        let number = self.value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| self.expected(what))
    }

    /// A whole number.
    pub(super) fn whole(&self) -> Result<u64, ImportError> {
        self.value.as_u64().ok_or_else(|| self.expected("a whole number"))
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&'a str, ImportError> {
        self.value.as_str().ok_or_else(|| self.expected("a text"))
    }

    /// A text that is a name: not empty and not endless.
    pub(super) fn name(&self) -> Result<String, ImportError> {
        let text = self.text()?;
        match text.len() {
            0 => Err(self.fail("this name is empty")),
            1..=NAME_BYTES_MAX => Ok(text.to_owned()),
            length => Err(self.fail(format!(
                "this name has {length} bytes; at most {NAME_BYTES_MAX} are carried"
            ))),
        }
    }
}
