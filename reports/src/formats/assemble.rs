//! From what files hold to a run as the store keeps it: cases get their names and parameters,
//! samples their numbers, counters stand apart from times. Nothing is added that no file says.

mod info;
mod template;
mod whole;

use std::collections::BTreeMap;

use record::{Environment, Import, Profile, RunInfo, Sample, Step, SuiteInfo};

pub use self::template::Template;

use self::info::{UNKNOWN, info, passes, sampling, unknown};
use self::whole::{common_name, merged};
use super::{Found, FoundCase, ImportError, InputFile};

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
            let message = format!("its path `{}` is not of the form `{template}`", file.path);
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
