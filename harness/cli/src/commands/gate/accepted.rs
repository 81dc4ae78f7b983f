//! The file of accepted changes, `dyno-accepted.toml` in the root of the workspace: read by every
//! gate, written by `dyno accept`, reviewed like code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::civil::Date;
use record::gate::Acceptance;
use serde::Deserialize;

use crate::exit::UsageError;

/// Its name.
const FILE: &str = "dyno-accepted.toml";

/// The text that begins it.
const HEAD: &str = "# Changes that `dyno gate` lets pass, each with its reason. Written by `dyno \
                    accept`; remove an entry\n# when the gate says that nothing needs it any more.\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<Acceptance>,
}

/// Every entry, and where they stand.
///
/// # Errors
/// When the file is there and cannot be read or understood.
pub(crate) fn read(workspace: &Path) -> anyhow::Result<(PathBuf, Vec<Acceptance>)> {
    let path = workspace.join(FILE);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((path, Vec::new()));
        }
        other => other.with_context(|| format!("cannot read `{}`", path.display()))?,
    };
    let file: File = toml::from_str(&text)
        .map_err(|error| UsageError(format!("in `{}`: {error}", path.display())))?;
    let odd = file.accepted.iter().find_map(|entry| entry.until.as_deref().and_then(not_a_date));
    match odd {
        Some(odd) => Err(UsageError(format!("in `{}`: {odd}", path.display())).into()),
        None => Ok((path, file.accepted)),
    }
}

/// Adds an entry; one for the same case and metric is an error.
///
/// # Errors
/// When it is there already, its date is none, or the file cannot be written.
pub(crate) fn add(workspace: &Path, entry: &Acceptance) -> anyhow::Result<PathBuf> {
    let (path, entries) = read(workspace)?;
    if let Some(odd) = entry.until.as_deref().and_then(not_a_date) {
        return Err(UsageError(format!("--until: {odd}")).into());
    }
    if entry.why.trim().is_empty() {
        return Err(UsageError("--why needs a reason that somebody can review".to_owned()).into());
    }
    let same = |other: &&Acceptance| other.case == entry.case && other.metric == entry.metric;
    if let Some(other) = entries.iter().find(same) {
        let text = format!(
            "`{}` of `{}` is accepted already, because: {}; edit {FILE} to change that",
            entry.metric, entry.case, other.why
        );
        return Err(UsageError(text).into());
    }
    let mut text = fs::read_to_string(&path).unwrap_or_else(|_| HEAD.to_owned());
    // A JSON string is a TOML string.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    text += &format!(
        "\n[[accepted]]\ncase = {}\nmetric = {}\nwhy = {}\n",
        quoted(&entry.case),
        quoted(&entry.metric),
        quoted(&entry.why)
    );
    if let Some(until) = &entry.until {
        text += &format!("until = {}\n", quoted(until));
    }
    fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(path)
}

/// Today in UTC, as entries write it.
pub(crate) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

fn not_a_date(text: &str) -> Option<String> {
    let is_date = text.len() == 10 && text.parse::<Date>().is_ok();
    (!is_date).then(|| format!("`{text}` is no date such as 2026-12-31"))
}
