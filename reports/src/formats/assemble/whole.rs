//! A case as several files tell it: which of them are of one case, what it is called, and what of it
//! goes into the run.

use std::collections::BTreeMap;

use record::{CaseId, CaseInfo, Pass, Profile, Sample, Source, metrics};

use super::{Draft, Heading, Named, Rows};
use crate::formats::{ImportError, InputFile, Take};
use crate::labels;

/// A case of the run: what several files hold of it.
pub(super) struct Whole<'a> {
    pub(super) name: String,
    params: BTreeMap<String, serde_json::Value>,
    takes: Vec<(Take, &'a InputFile)>,
    profile: Option<(Profile, &'a InputFile)>,
    file: &'a InputFile,
}

/// One entry per case. What does not say what it is of belongs to the only case that does, or is
/// called as its file.
pub(super) fn merged(named: Vec<Named<'_>>) -> Result<Vec<Whole<'_>>, ImportError> {
    let told: Vec<(String, BTreeMap<String, serde_json::Value>)> = {
        let mut told = Vec::new();
        for one in &named {
            if let Some(name) = &one.case.name {
                let key = (name.clone(), one.params.clone());
                if !told.contains(&key) {
                    told.push(key);
                }
            }
        }
        told
    };
    let mut cases: Vec<Whole<'_>> = Vec::new();
    for Named { params, file, case } in named {
        let (name, params) = match (case.name, told.as_slice()) {
            (Some(name), _) => (name, params),
            (None, [(name, params)]) => (name.clone(), params.clone()),
            (None, _) => (stem(&file.path).to_owned(), params),
        };
        let same = |whole: &Whole<'_>| whole.name == name && whole.params == params;
        let index = match cases.iter().position(same) {
            Some(index) => index,
            None => {
                let (takes, profile) = (Vec::new(), None);
                cases.push(Whole { name, params, takes, profile, file });
                cases.len() - 1
            }
        };
        cases[index].add(file, case.takes, case.profile)?;
    }
    Ok(cases)
}

impl<'a> Whole<'a> {
    fn add(
        &mut self,
        file: &'a InputFile,
        takes: Vec<Take>,
        profile: Option<Profile>,
    ) -> Result<(), ImportError> {
        for take in &takes {
            let earlier = self.takes.iter().find(|(other, _)| other.pass == take.pass);
            if let Some((_, other)) = earlier {
                return Err(self.twice(file, other));
            }
        }
        self.takes.extend(takes.into_iter().map(|take| (take, file)));
        match (&self.profile, profile) {
            (Some((_, other)), Some(_)) => Err(self.twice(file, other)),
            (None, Some(profile)) => {
                self.profile = Some((profile, file));
                Ok(())
            }
            (_, None) => Ok(()),
        }
    }

    fn twice(&self, file: &InputFile, other: &InputFile) -> ImportError {
        let what = if file.shown == other.shown {
            "this file holds it twice".to_owned()
        } else {
            format!("`{}` holds it too", other.shown)
        };
        let help = "`--params` takes parameters out of paths, a steps file (`--steps`) makes steps \
                    of folders";
        ImportError::whole(
            &file.shown,
            format!("case `{}`: {what}; {help}", labels::cut(&self.name)),
        )
    }

    pub(super) fn put(self, heading: &Heading, draft: &mut Draft) -> Result<(), ImportError> {
        let id = case_id(&self.name, &self.params);
        let rows = self.rows(heading)?;
        let alone = !self.takes.iter().any(|(take, _)| take.pass == Pass::Timed);
        let mut number = BTreeMap::<(Pass, u32), u32>::new();
        for (take, _) in self.takes {
            let pass = if alone && take.pass == Pass::Counters { Pass::Timed } else { take.pass };
            let iteration = number.entry((pass, take.process)).or_default();
            let mut sample = Sample {
                case: id.clone(),
                pass,
                process: take.process,
                iteration: *iteration,
                started_ns: draft.info.started_ns,
                executions: take.executions,
                status: take.status,
                values: take.values,
                answer: None,
                marks: take.marks,
            };
            *iteration += 1;
            if let (Some(rows), Some(first)) = (rows, sample.values.first()) {
                let done = rows as f64 * f64::from(sample.executions);
                let source: Source = first.source;
                sample.values.push(metrics::ROWS.value(done, source));
            }
            draft.samples.push(sample);
        }
        if let Some((mut profile, _)) = self.profile {
            profile.info.case = id.clone();
            draft.profiles.push(profile);
        }
        draft.info.cases.push(CaseInfo {
            id,
            workload: self.name,
            runner: "imported".to_owned(),
            params: self.params,
            title: String::new(),
            answer: None,
            revision: None,
            stage: None,
            sweep: false,
            reverted: false,
        });
        Ok(())
    }

    fn rows(&self, heading: &Heading) -> Result<Option<u64>, ImportError> {
        match &heading.rows {
            None => Ok(None),
            Some(Rows::Count(rows)) => Ok(Some(*rows)),
            Some(Rows::Parameter(name)) => {
                let value = self.params.get(name);
                value.and_then(serde_json::Value::as_u64).map(Some).ok_or_else(|| {
                    let found = value.map_or("no such parameter".to_owned(), |value| {
                        format!("`{}`", labels::text(value))
                    });
                    let message = format!(
                        "case `{}`: the parameter `{name}` cannot count rows: {found}",
                        labels::cut(&self.name)
                    );
                    ImportError::whole(&self.file.shown, message)
                })
            }
        }
    }
}

/// One name for cases whose names differ only in the values of their parameters: those become
/// `{name}`, as they stood in the command before it was run. `None` where that explains less.
pub(super) fn common_name(cases: &[Whole<'_>]) -> Option<String> {
    let words: Vec<Vec<&str>> = cases.iter().map(|case| words(&case.name)).collect();
    let [first, others @ ..] = words.as_slice() else { return None };
    if others.iter().all(|other| other == first) || others.iter().any(|w| w.len() != first.len()) {
        return None;
    }
    let names: Vec<&String> = cases.first()?.params.keys().collect();
    let mut common = String::new();
    for (at, word) in first.iter().enumerate() {
        if others.iter().all(|other| other[at] == *word) {
            common += word;
            continue;
        }
        let explains = |name: &&&String| {
            cases.iter().zip(&words).all(|(case, words)| {
                case.params.get(name.as_str()).is_some_and(|value| labels::text(value) == words[at])
            })
        };
        common += &format!("{{{}}}", names.iter().find(explains)?);
    }
    Some(common)
}

/// A text cut before and after each run of letters, digits, `_` and `.`.
fn words(text: &str) -> Vec<&str> {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut words = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| before != inside(c)) {
            words.push(&text[start..at]);
            start = at;
        }
        before = Some(inside(c));
    }
    words.push(&text[start..]);
    words
}

/// The name of a file without its directory and its end.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// `name/a=1,b=2`, as the ids of measured cases are.
fn case_id(name: &str, params: &BTreeMap<String, serde_json::Value>) -> CaseId {
    let params: Vec<String> =
        params.iter().map(|(name, value)| format!("{name}={}", labels::text(value))).collect();
    match params.as_slice() {
        [] => CaseId::new(name),
        params => CaseId::new(format!("{name}/{}", params.join(","))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_where_a_value_may_begin_or_end() {
        assert_eq!(words("x --n=10 a.b"), ["x", " --", "n", "=", "10", " ", "a.b"]);
        assert_eq!(words(""), [""]);
    }
}
