//! From what files hold to a run as the store keeps it: cases get their names and parameters,
//! samples their numbers, counters stand apart from times. Nothing is added that no file says.

use std::collections::BTreeMap;

use record::{
    CaseId, CaseInfo, Environment, Import, Pass, PassInfo, Profile, RunId, RunInfo, Sample,
    SamplingInfo, Source, Step, SuiteInfo, metrics,
};

use super::{Found, FoundCase, ImportError, InputFile, Take, typed};
use crate::labels;

/// What is known of a run beside its files.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Version of the dyno that reads.
    pub dyno: String,
    /// The command line, as it was typed.
    pub command: Vec<String>,
    /// What the run is called and about.
    pub suite: SuiteInfo,
    /// A name that a person gave to the run.
    pub label: Option<String>,
    /// The step that it stands for.
    pub step: Option<Step>,
    /// The files.
    pub import: Import,
    /// Parameters that stand in the paths of the files.
    pub template: Option<Template>,
    /// Rows of work of one execution.
    pub rows: Option<Rows>,
}

/// Rows of work that one execution does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// As many.
    Count(u64),
    /// As many as this parameter of the case says.
    Parameter(String),
}

/// A run without its name, and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What is known of the run; its id is empty.
    pub info: RunInfo,
    /// Its samples, case by case.
    pub samples: Vec<Sample>,
    /// Its profiles.
    pub profiles: Vec<Profile>,
}

/// A path in which names in braces stand for parameters, for instance `W{writers}-B{batch}.json`.
/// It is held against the end of a file's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    /// What stands before each name, and the name; then the rest.
    parts: Vec<(String, String)>,
    rest: String,
}

impl Template {
    /// Takes a template apart.
    ///
    /// # Errors
    ///
    /// If a brace is not closed, a name is empty or stands twice, or two names touch.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(format!("the brace before `{}` is never closed", labels::cut(after)));
            };
            let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || !name.chars().all(plain) {
                return Err(format!("`{{{name}}}` is no name: letters, digits, `_` and `-`"));
            }
            if parts.iter().any(|(_, other)| other == name) {
                return Err(format!("`{{{name}}}` stands twice"));
            }
            if before.is_empty() && !parts.is_empty() {
                return Err(format!("nothing parts `{{{name}}}` from the name before it"));
            }
            parts.push((before.to_owned(), name.to_owned()));
            rest = after;
        }
        if parts.is_empty() {
            return Err("there is no {name} in it".to_owned());
        }
        Ok(Self { text: text.to_owned(), parts, rest: rest.to_owned() })
    }

    /// The names in it.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|(_, name)| name.as_str())
    }

    /// The parameters in a path; `None` where it is not of this form.
    fn values(&self, path: &str) -> Option<BTreeMap<String, serde_json::Value>> {
        let (first, _) = self.parts.first()?;
        // From every place where the template may begin, the last directory first.
        let starts = path.match_indices('/').map(|(at, _)| at + 1).chain([0]);
        let mut starts: Vec<usize> = starts.collect();
        starts.sort_unstable_by(|a, b| b.cmp(a));
        starts.into_iter().find_map(|start| {
            let mut left = path[start..].strip_prefix(first.as_str())?;
            let mut values = BTreeMap::new();
            for (index, (_, name)) in self.parts.iter().enumerate() {
                let next = self.parts.get(index + 1).map(|(before, _)| before);
                let end = match next {
                    Some(before) => left.find(before.as_str())?,
                    None => left.strip_suffix(self.rest.as_str())?.len(),
                };
                let value = &left[..end];
                if value.is_empty() || value.contains('/') {
                    return None;
                }
                values.insert(name.clone(), typed(value));
                left = &left[end + next.map_or(self.rest.len(), String::len)..];
            }
            left.is_empty().then_some(values)
        })
    }
}

/// The run that files make up.
///
/// # Errors
///
/// If two files hold the same, a path is not of the template's form, or a case has not the
/// parameter that counts its rows.
pub fn assemble(
    heading: &Heading,
    batches: Vec<(&[InputFile], Found)>,
) -> Result<Draft, ImportError> {
    let mut facts = Vec::new();
    let mut warnings = Vec::new();
    let mut unavailable = Vec::new();
    let mut started = None;
    let mut named: Vec<Named> = Vec::new();
    for (files, found) in batches {
        facts.extend(found.facts);
        warnings.extend(found.warnings);
        unavailable.extend(found.unavailable);
        started = match (started, found.started_ns) {
            (Some(one), Some(other)) => Some(i64::min(one, other)),
            (one, other) => one.or(other),
        };
        for case in found.cases {
            let file = &files[case.file];
            named.push(Named { params: params(heading, file, &case)?, file, case });
        }
    }
    let cases = merged(named)?;
    let mut draft =
        Draft { info: info(heading, started), samples: Vec::new(), profiles: Vec::new() };
    draft.info.before = Environment { machine_key: UNKNOWN.to_owned(), facts };
    draft.info.unavailable = unavailable;
    draft.info.warnings = [unknown(&draft.info)].into_iter().chain(warnings).collect();
    let common = common_name(&cases);
    for mut case in cases {
        if let Some(name) = &common {
            case.name.clone_from(name);
        }
        case.put(heading, &mut draft)?;
    }
    draft.info.sampling = sampling(&draft.samples);
    draft.info.passes = passes(&draft.samples);
    Ok(draft)
}

/// The key of a machine that nothing is known of, and the order of samples that nobody tells.
const UNKNOWN: &str = "unknown";

/// A case with all its parameters.
struct Named<'a> {
    params: BTreeMap<String, serde_json::Value>,
    file: &'a InputFile,
    case: FoundCase,
}

fn params(
    heading: &Heading,
    file: &InputFile,
    case: &FoundCase,
) -> Result<BTreeMap<String, serde_json::Value>, ImportError> {
    let mut params = case.params.clone();
    if let Some(template) = &heading.template {
        let values = template.values(&file.path).ok_or_else(|| {
            let message =
                format!("its path `{}` is not of the form `{}`", file.path, template.text);
            ImportError::whole(&file.shown, message)
        })?;
        if let Some(name) = template.names().find(|name| params.contains_key(*name)) {
            let message = format!("the parameter `{name}` stands in the file and in its path");
            return Err(ImportError::whole(&file.shown, message));
        }
        params.extend(values);
    }
    Ok(params)
}

/// A case of the run: what several files hold of it.
struct Whole<'a> {
    name: String,
    params: BTreeMap<String, serde_json::Value>,
    takes: Vec<(Take, &'a InputFile)>,
    profile: Option<(Profile, &'a InputFile)>,
    file: &'a InputFile,
}

/// One entry per case. What does not say what it is of belongs to the only case that does, or is
/// called as its file.
fn merged(named: Vec<Named<'_>>) -> Result<Vec<Whole<'_>>, ImportError> {
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

    fn put(self, heading: &Heading, draft: &mut Draft) -> Result<(), ImportError> {
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
fn common_name(cases: &[Whole<'_>]) -> Option<String> {
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

fn info(heading: &Heading, started: Option<i64>) -> RunInfo {
    let mut import = heading.import.clone();
    import.dated = started.is_some();
    RunInfo {
        schema: RunInfo::SCHEMA,
        id: RunId::new(""),
        dyno: heading.dyno.clone(),
        started_ns: started.unwrap_or(import.read_ns),
        finished_ns: None,
        command: heading.command.clone(),
        suite: heading.suite.clone(),
        sampling: sampling(&[]),
        cases: Vec::new(),
        label: heading.label.clone(),
        step: heading.step.clone(),
        revisions: Vec::new(),
        before: Environment::default(),
        after: None,
        passes: Vec::new(),
        unavailable: Vec::new(),
        warnings: Vec::new(),
        skipped: BTreeMap::new(),
        imported: Some(import),
    }
}

/// What no import can tell, in one sentence.
fn unknown(info: &RunInfo) -> String {
    let dated = info.imported.as_ref().is_some_and(|import| import.dated);
    let date =
        if dated { "" } else { ", the time of measuring (the time of reading stands for it)" };
    format!("imported: the machine, the build, the order of the samples{date} are unknown")
}

/// What tells the passes beside the timed one.
fn passes(samples: &[Sample]) -> Vec<PassInfo> {
    let told = [
        (Pass::Counters, "in executions of its own"),
        (Pass::Totals, "as means over the timed executions"),
    ];
    let of = |(pass, how): (Pass, &str)| {
        let own: Vec<&Sample> = samples.iter().filter(|sample| sample.pass == pass).collect();
        let source = own.first()?.values.first()?.source;
        let tool = source.as_str().trim_start_matches("imported:").replace('-', " ");
        Some(PassInfo {
            pass,
            processes: own.iter().map(|sample| sample.process + 1).max().unwrap_or(0),
            params: BTreeMap::new(),
            tool: format!("{tool}, {how}"),
        })
    };
    told.into_iter().filter_map(of).collect()
}

/// How often, as far as the samples show it.
fn sampling(samples: &[Sample]) -> SamplingInfo {
    let timed = || samples.iter().filter(|sample| sample.pass.is_timed());
    SamplingInfo {
        processes: timed().map(|sample| sample.process + 1).max().unwrap_or(0),
        iterations: timed().map(|sample| sample.iteration + 1).max().unwrap_or(0),
        warmup: 0,
        budget_ns: None,
        timeout_ns: 0,
        order: UNKNOWN.to_owned(),
        seed: 0,
        sync: false,
        evict: false,
        pin: None,
        reject: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, path: &str) -> Option<String> {
        let values = Template::parse(template).unwrap().values(path)?;
        Some(serde_json::to_string(&values).unwrap())
    }

    #[test]
    fn words_are_cut_where_a_value_may_begin_or_end() {
        assert_eq!(words("x --n=10 a.b"), ["x", " --", "n", "=", "10", " ", "a.b"]);
        assert_eq!(words(""), [""]);
    }

    #[test]
    fn a_template_takes_parameters_out_of_the_end_of_a_path() {
        let template = "run-W{writers}-B{batch}.json";
        for (path, expect) in [
            ("run-W8-B1024.json", Some(r#"{"batch":1024,"writers":8}"#)),
            ("a/b/run-W8-Bx.json", Some(r#"{"batch":"x","writers":8}"#)),
            ("arun-W8-B1.json", None),
            ("run-W-B1.json", None),
            ("run-W8-B1/x.json", None),
            ("run-W8-B1.txt", None),
        ] {
            assert_eq!(values(template, path).as_deref(), expect, "{path}");
        }
        assert_eq!(values("{host}/x.json", "b/x.json").as_deref(), Some(r#"{"host":"b"}"#));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, expect) in [
            ("x", "there is no {name} in it"),
            ("{a", "the brace before `a` is never closed"),
            ("{}", "`{}` is no name: letters, digits, `_` and `-`"),
            ("{a}{b}", "nothing parts `{b}` from the name before it"),
            ("{a}-{a}", "`{a}` stands twice"),
        ] {
            assert_eq!(Template::parse(text).unwrap_err(), expect);
        }
    }
}
