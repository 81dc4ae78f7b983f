//! A steps file: what the steps of an optimisation history are called, in TOML.
//!
//! One table per step, in order. `dyno history` finds a step by its revision, `dyno import` by the
//! folder that holds its files. Errors stand at their token, as those of a suite do. Nothing here
//! looks at a repository or a folder.

use std::path::Path;
use std::sync::Arc;

use record::Step;
use serde::Deserialize;

use crate::suite::{Located, Source, Span, SuiteError, read_text, translate};

/// The most steps of one file.
const STEPS_MAX: usize = 10_000;

/// Longest name of a step, which stands on an axis, in characters.
const ID_CHARS_MAX: usize = 40;

/// Longest title, note and name, in characters.
const TEXT_CHARS_MAX: usize = 2000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSteps {
    name: Option<Located<String>>,
    about: Option<Located<String>>,
    rows: Option<Located<i64>>,
    #[serde(default)]
    step: Vec<Located<WireStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStep {
    id: Option<Located<String>>,
    rev: Option<Located<String>>,
    folder: Option<Located<String>>,
    title: Option<Located<String>>,
    note: Option<Located<String>>,
    kept: Option<bool>,
}

/// The steps of a history, in order.
#[derive(Clone, Debug)]
pub struct Steps {
    /// What the history is called; runs that are made from it bear this name.
    pub name: Option<String>,
    /// What it is about; may be empty.
    pub about: String,
    /// Rows of work that one execution does, the same in every step.
    pub rows: Option<u64>,
    /// The steps.
    pub steps: Vec<StepEntry>,
    source: Arc<Source>,
}

/// One step of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEntry {
    /// Number, title, note, and whether it was taken back.
    pub step: Step,
    /// The git revision that it is.
    pub rev: Option<String>,
    /// The folder that holds its files; `None` for a step of which there is none.
    pub folder: Option<String>,
    span: Span,
}

impl Steps {
    /// Reads a steps file.
    ///
    /// # Errors
    /// When it cannot be read, or is no steps file; see [`Steps::parse`].
    pub fn load(path: &Path) -> Result<Self, SuiteError> {
        let text = read_text(path).map_err(|reason| {
            SuiteError::nowhere(format!("cannot read `{}`: {reason}", path.display()))
        })?;
        Self::parse(&text, path)
    }

    /// Checks the text of a steps file; `path` names it in errors.
    ///
    /// # Errors
    /// The first thing that is wrong, at its token.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SuiteError> {
        let source = Source::new(path.to_string_lossy(), text);
        let wire: WireSteps = toml::from_str(text).map_err(|error| translate(&source, &error))?;
        if wire.step.len() > STEPS_MAX {
            return Err(SuiteError::nowhere(format!("more than {STEPS_MAX} steps")));
        }
        let rows = wire.rows.as_ref().map(|rows| {
            u64::try_from(rows.value).ok().filter(|rows| *rows > 0).ok_or_else(|| {
                SuiteError::at(&source, &rows.span, format!("`rows` cannot be {}", rows.value))
                    .allowed("a whole number of rows, from 1")
            })
        });
        let mut steps: Vec<StepEntry> = Vec::new();
        for one in &wire.step {
            let entry = entry(&source, one)?;
            if let Some(other) = steps.iter().find(|other| other.step.id == entry.step.id) {
                let line = source.position(other.span.start).line;
                let message = format!("step `{}` stands twice", entry.step.id);
                return Err(SuiteError::at(&source, &entry.span, message)
                    .note(format!("the other one begins on line {line}")));
            }
            steps.push(entry);
        }
        Ok(Self {
            name: wire.name.as_ref().map(|name| checked(&source, "name", name)).transpose()?,
            about: wire
                .about
                .as_ref()
                .map(|about| checked(&source, "about", about))
                .transpose()?
                .unwrap_or_default(),
            rows: rows.transpose()?,
            steps,
            source,
        })
    }

    /// The text that it was parsed from.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// An error about one of the steps, which points at it.
    pub fn error(&self, entry: &StepEntry, message: impl Into<String>) -> SuiteError {
        SuiteError::at(&self.source, &entry.span, message)
    }
}

fn entry(source: &Arc<Source>, one: &Located<WireStep>) -> Result<StepEntry, SuiteError> {
    let wire = &one.value;
    let text = |key: &str, found: &Option<Located<String>>| {
        found.as_ref().map(|found| checked(source, key, found)).transpose()
    };
    let (rev, folder) = (text("rev", &wire.rev)?, text("folder", &wire.folder)?);
    let id = wire.id.as_ref().or(wire.folder.as_ref()).or(wire.rev.as_ref());
    let Some(id) = id else {
        return Err(SuiteError::at(source, &one.span, "this step has no name")
            .allowed("`id`, `folder` or `rev`; the first of them names it"));
    };
    let name = checked(source, "id", id)?;
    if name.chars().count() > ID_CHARS_MAX || name.trim().is_empty() {
        return Err(SuiteError::at(source, &id.span, "this cannot name a step")
            .allowed(format!("1 to {ID_CHARS_MAX} characters; a title may be longer"))
            .note("`id` gives a step another name than its folder or revision"));
    }
    let step = Step {
        id: name,
        title: text("title", &wire.title)?.unwrap_or_default(),
        note: text("note", &wire.note)?.unwrap_or_default(),
        reverted: !wire.kept.unwrap_or(true),
    };
    let span = wire.folder.as_ref().or(Some(id)).map_or(one.span.clone(), |one| one.span.clone());
    Ok(StepEntry { step, rev, folder, span })
}

fn checked(source: &Arc<Source>, key: &str, found: &Located<String>) -> Result<String, SuiteError> {
    let (text, span) = (&found.value, &found.span);
    if text.chars().any(char::is_control) {
        return Err(SuiteError::at(source, span, format!("`{key}` is not one line of text"))
            .note("control characters, line ends among them, are not allowed in it"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(SuiteError::at(source, span, format!("`{key}` is too long"))
            .allowed(format!("at most {TEXT_CHARS_MAX} characters")));
    }
    Ok(text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Steps, String> {
        Steps::parse(text, Path::new("steps.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn steps_have_names_titles_notes_and_marks() {
        let steps = parse(
            "name = \"study\"\nrows = 10\n[[step]]\nid = \"00\"\nfolder = \"01\"\ntitle = \"a\"\n\
             [[step]]\nrev = \"abc\"\nkept = false\nnote = \"no gain\"\n[[step]]\nid = \"08\"\n",
        )
        .unwrap();
        assert_eq!((steps.name.as_deref(), steps.rows), (Some("study"), Some(10)));
        let [first, second, third] = steps.steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!((first.step.id.as_str(), first.folder.as_deref()), ("00", Some("01")));
        assert_eq!((second.step.id.as_str(), second.step.reverted), ("abc", true));
        assert_eq!((second.step.note.as_str(), second.rev.as_deref()), ("no gain", Some("abc")));
        assert_eq!((&third.folder, &third.rev), (&None, &None));
    }

    #[test]
    fn what_is_wrong_is_told_at_its_token() {
        for (text, line) in [
            ("[[step]]\nfolders = \"01\"\n", "unknown key `folders`\n --> steps.toml:2:1"),
            ("[[step]]\ntitle = \"x\"\n", "this step has no name\n --> steps.toml:1:1"),
            ("[[step]]\nid = \"\"\n", "this cannot name a step\n --> steps.toml:2:6"),
            (
                "[[step]]\nid = \"1\"\n[[step]]\nrev = \"1\"\n",
                "step `1` stands twice\n --> steps.toml:4:7",
            ),
            ("rows = 0\n", "`rows` cannot be 0\n --> steps.toml:1:8"),
            ("[[step]]\nid = \"a\\tb\"\n", "`id` is not one line of text\n --> steps.toml:2:6"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(line), "{error}");
        }
    }
}
