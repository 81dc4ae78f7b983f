//! From what a person types to a run: a name, the beginning of one, a label, `last` or `last~1`.
//!
//! Called by `Store::resolve`. It looks at a list of runs and at nothing else.

use std::path::Path;

use super::{RunEntry, State, StoreError};
use crate::RunId;

/// How many runs a message lists.
const LISTED_MAX: usize = 10;

/// The run that `name` means among `runs`, which are sorted by name.
pub(super) fn resolve(root: &Path, runs: &[RunEntry], name: &str) -> Result<RunId, StoreError> {
    if let Some(back) = steps_back(name) {
        let readable = runs.iter().rev().filter(|run| !matches!(run.state, State::Damaged(_)));
        let found = readable.map(|run| run.id.clone()).nth(back);
        return found.ok_or_else(|| missing(root, runs, name));
    }
    if let Some(run) = runs.iter().find(|run| run.id.as_str() == name) {
        return Ok(run.id.clone());
    }
    // A label may be used again and again, for instance `main`; the newest run is meant.
    if let Some(run) = runs.iter().rev().find(|run| run.label() == Some(name)) {
        return Ok(run.id.clone());
    }
    let begins: Vec<&RunEntry> =
        runs.iter().filter(|run| !name.is_empty() && run.id.as_str().starts_with(name)).collect();
    match begins.as_slice() {
        [] => Err(missing(root, runs, name)),
        [one] => Ok(one.id.clone()),
        many => Err(StoreError::Ambiguous {
            name: name.to_owned(),
            matches: many.iter().map(|run| run.id.to_string()).collect(),
        }),
    }
}

/// 0 for `last` and `latest`, N for `last~N`.
fn steps_back(name: &str) -> Option<usize> {
    let rest = name.strip_prefix("latest").or_else(|| name.strip_prefix("last"))?;
    if rest.is_empty() { Some(0) } else { rest.strip_prefix('~')?.parse().ok() }
}

/// The error for a run that is not there: the nearest name, and what is there.
pub(super) fn missing(root: &Path, runs: &[RunEntry], name: &str) -> StoreError {
    let hint = if runs.is_empty() {
        ": the store is empty".to_owned()
    } else {
        let nearest = nearest(runs, name).map(|near| format!("; did you mean `{near}`?"));
        let there: Vec<&str> =
            runs.iter().rev().take(LISTED_MAX).map(|run| run.id.as_str()).collect();
        let more = if runs.len() > LISTED_MAX { ", ..." } else { "" };
        format!("{} there are: {}{more}", nearest.unwrap_or_else(|| ";".into()), there.join(", "))
    };
    StoreError::NoRun { name: name.to_owned(), root: root.to_path_buf(), hint }
}

/// The name or label that looks most like `name`, if one looks like it at all.
fn nearest<'a>(runs: &'a [RunEntry], name: &str) -> Option<&'a str> {
    const ALIKE: f64 = 0.8;
    let names = runs.iter().rev().flat_map(|run| [Some(run.id.as_str()), run.label()]).flatten();
    names
        .map(|candidate| (strsim::jaro_winkler(candidate, name), candidate))
        .filter(|(score, _)| *score >= ALIKE)
        .reduce(|best, one| if one.0 > best.0 { one } else { best })
        .map(|(_, candidate)| candidate)
}
