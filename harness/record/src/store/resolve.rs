//! From what a person types to a run: a name, a baseline, a label, a step, the beginning
//! of a name, `last` or `last~1`.
//!
//! Called by `Store::resolve`. It looks at a list of runs and at nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use super::{RunEntry, State, StoreError};
use crate::RunId;

/// How many runs a message lists.
const LISTED_MAX: usize = 10;

/// What a name can mean.
pub(super) struct There<'a> {
    /// The store's directory, for messages.
    pub(super) root: &'a Path,
    /// The runs, sorted by name.
    pub(super) runs: &'a [RunEntry],
    /// The baselines by name.
    pub(super) baselines: &'a BTreeMap<String, RunId>,
}

impl There<'_> {
    /// The run that `name` means. Where a name may mean several, it is the newest one of those that
    /// count.
    pub(super) fn resolve(
        &self,
        name: &str,
        counts: &dyn Fn(&RunId) -> bool,
    ) -> Result<RunId, StoreError> {
        if let Some(back) = steps_back(name) {
            let readable =
                self.runs.iter().rev().filter(|run| !matches!(run.state, State::Damaged(_)));
            let found = readable.map(|run| run.id.clone()).filter(|id| counts(id)).nth(back);
            return found.ok_or_else(|| self.missing(name));
        }
        if let Some(run) = self.runs.iter().find(|run| run.id.as_str() == name) {
            return Ok(run.id.clone());
        }
        if let Some(id) = self.baselines.get(name) {
            return self.baseline(name, id);
        }
        // A label may be used again and again, for instance `main`; the newest run is meant. A step
        // that was measured again is the newest run too.
        let labelled = |run: &&RunEntry| run.label() == Some(name);
        let of_step = |run: &&RunEntry| run.step().is_some_and(|step| step.id == name);
        for has_it in [&labelled as &dyn Fn(&&RunEntry) -> bool, &of_step] {
            let having = || self.runs.iter().rev().filter(has_it);
            if let Some(run) = having().find(|run| counts(&run.id)).or_else(|| having().next()) {
                return Ok(run.id.clone());
            }
        }
        let begins = |run: &&RunEntry| !name.is_empty() && run.id.as_str().starts_with(name);
        let begins: Vec<&RunEntry> = self.runs.iter().filter(begins).collect();
        match begins.as_slice() {
            [] => Err(self.missing(name)),
            [one] => Ok(one.id.clone()),
            many => Err(StoreError::Ambiguous {
                name: name.to_owned(),
                matches: many.iter().map(|run| run.id.to_string()).collect(),
            }),
        }
    }

    fn baseline(&self, name: &str, id: &RunId) -> Result<RunId, StoreError> {
        if self.runs.iter().any(|run| run.id == *id) {
            return Ok(id.clone());
        }
        Err(StoreError::LostBaseline {
            name: name.to_owned(),
            run: id.to_string(),
            root: self.root.to_path_buf(),
        })
    }

    /// The error for a run that is not there: the nearest name, and what is there.
    pub(super) fn missing(&self, name: &str) -> StoreError {
        let hint = if self.runs.is_empty() {
            ": the store is empty".to_owned()
        } else {
            let nearest = self.nearest(name).map(|near| format!("; did you mean `{near}`?"));
            let there: Vec<&str> =
                self.runs.iter().rev().take(LISTED_MAX).map(|run| run.id.as_str()).collect();
            let more = if self.runs.len() > LISTED_MAX { ", ..." } else { "" };
            let names: Vec<&str> = self.baselines.keys().map(String::as_str).collect();
            let baselines = match names.as_slice() {
                [] => String::new(),
                names => format!("; baselines: {}", names.join(", ")),
            };
            let nearest = nearest.unwrap_or_else(|| ";".into());
            format!("{nearest} there are: {}{more}{baselines}", there.join(", "))
        };
        StoreError::NoRun { name: name.to_owned(), root: self.root.to_path_buf(), hint }
    }

    /// The name, label or baseline that looks most like `name`, if one looks like it at all.
    fn nearest(&self, name: &str) -> Option<&str> {
        const ALIKE: f64 = 0.8;
        let runs = self.runs.iter().rev().flat_map(|run| [Some(run.id.as_str()), run.label()]);
        let names = runs.flatten().chain(self.baselines.keys().map(String::as_str));
        names
            .map(|candidate| (strsim::jaro_winkler(candidate, name), candidate))
            .filter(|(score, _)| *score >= ALIKE)
            .reduce(|best, one| if one.0 > best.0 { one } else { best })
            .map(|(_, candidate)| candidate)
    }
}

/// 0 for `last` and `latest`, N for `last~N`.
fn steps_back(name: &str) -> Option<usize> {
    let rest = name.strip_prefix("latest").or_else(|| name.strip_prefix("last"))?;
    if rest.is_empty() { Some(0) } else { rest.strip_prefix('~')?.parse().ok() }
}
