//! A suite: what to measure, read from TOML and checked as far as one can without its workloads.
//!
//! The CLI loads one and hands it to [`crate::plan::Plan::build`]. Wire types (`suite/wire.rs`)
//! refuse unknown keys; everything else refuses what makes no sense, always at its token. Nothing
//! here starts a process or looks at a file other than the suite.

mod cases;
mod check;
mod counters;
mod error;
mod gate;
mod message;
mod profile;
mod quantity;
mod reference;
mod runner;
mod sampling;
mod source;
mod wire;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::case::{Profiling, Sampling};
pub(crate) use cases::{Axis, AxisValues, CaseDef, Setting, Stride, unequal_zip};
pub(crate) use check::NAME_CHARS_MAX;
pub(crate) use counters::{CountersDef, PassDef};
pub use error::SuiteError;
pub(crate) use error::nearest;
pub use gate::Build;
pub(crate) use gate::GateDef;
pub(crate) use message::{cannot_be, translate};
pub use profile::{RATE_MAX, profile_time};
pub(crate) use quantity::{bytes, count, nanoseconds, number};
pub(crate) use reference::{ReferenceDef, held_against};
pub(crate) use runner::{BUILTIN, RunnerDef};
pub(crate) use sampling::{parse_cpus, patch};
pub(crate) use source::{Located, Source, Span};
use wire::WireSuite;

/// Largest suite file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A checked suite. What it says about parameters is checked by the plan, which knows them.
#[derive(Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its purpose; may be empty.
    pub about: String,
    /// Where it was read from, as it was given.
    pub path: PathBuf,
    /// How it is sampled, before any `--set`.
    pub sampling: Sampling,
    /// Where workers write, absolute, if the suite says so.
    pub output: Option<PathBuf>,
    /// How a revision is built, if the suite says so.
    pub build: Option<Build>,
    /// How its cases are profiled, if it asks for that.
    pub profile: Option<Profiling>,
    /// Published times of the same work.
    pub(crate) references: Vec<ReferenceDef>,
    /// Which passes it asks for beside the timed one, before any `--set`.
    pub(crate) counters: CountersDef,
    /// Where `pin` stands, and where the output directory does.
    pub(crate) pin_span: Option<Span>,
    pub(crate) output_span: Option<Span>,
    pub(crate) directory: PathBuf,
    pub(crate) runners: Vec<RunnerDef>,
    pub(crate) cases: Vec<CaseDef>,
    pub(crate) rules: Vec<GateDef>,
    pub(crate) source: Arc<Source>,
}

impl Suite {
    /// Reads and checks a suite file.
    ///
    /// # Errors
    /// When the file cannot be read, or is no suite; see [`Suite::parse`].
    pub fn load(path: &Path) -> Result<Self, SuiteError> {
        let text = read_text(path).map_err(|reason| {
            let error = SuiteError::nowhere(format!("cannot read `{}`: {reason}", path.display()));
            let beside = suites_beside(path);
            error.suggest(&path.to_string_lossy(), beside.iter().map(String::as_str))
        })?;
        Self::parse(&text, path)
    }

    /// Checks the text of a suite. `path` names it in errors, and paths in it are relative to the
    /// directory of `path`.
    ///
    /// # Errors
    /// The first thing that is wrong, at its token.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SuiteError> {
        let source = Source::new(path.to_string_lossy(), text);
        let wire: WireSuite =
            toml::from_str(text).map_err(|error| message::translate(&source, &error))?;
        let name = check::name(&source, "name", &wire.name)?;
        let about = wire.about.as_ref().map(|about| check::text(&source, "about", about));
        let mut sampling = sampling::defaults();
        let mut output = None;
        let mut counters = CountersDef::default();
        let mut patch = sampling::check(&source, &wire.sampling, &wire.output, &wire.counters)?;
        std::mem::take(&mut patch.counters).apply(&mut counters);
        patch.apply(&mut sampling, &mut output);
        let directory = directory_of(path);
        let runners = runner::check_all(&source, &wire.runner, &directory)?;
        let cases = cases::check_all(&source, &wire.case, &runners)?;
        let references = reference::check_all(&source, &wire.reference)?;
        let build = wire.build.as_ref().map(|found| gate::build(&source, found)).transpose()?;
        let rules = gate::rules(&source, &wire.gate, &runners)?;
        Ok(Self {
            name,
            about: about.transpose()?.unwrap_or_default(),
            path: path.to_owned(),
            sampling,
            output: output.map(|output| directory.join(output)),
            profile: profile::check(&source, wire.profile.as_ref())?,
            counters,
            pin_span: wire.sampling.pin.as_ref().map(|pin| pin.span.clone()),
            output_span: wire.output.directory.as_ref().map(|found| found.span.clone()),
            directory,
            runners,
            build,
            references,
            rules,
            cases,
            source,
        })
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.source.text
    }
}

/// The JSON Schema of a suite file, pretty-printed, with a newline at the end.
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::default();
    let without_null = schemars::transform::RecursiveTransform(without_null);
    let generator = settings.with_transform(without_null).into_generator();
    let schema = generator.into_root_schema_for::<WireSuite>();
    // OK because a schema is a JSON value already.
    let mut text = serde_json::to_string_pretty(&schema).expect("a JSON value can be printed");
    text.push('\n');
    text
}

/// TOML has no null: a key that may be absent is absent.
fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(types) = object.get_mut("type").and_then(|types| types.as_array_mut()) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    let alternatives = object.get("anyOf").and_then(|list| list.as_array());
    let present = alternatives
        .map(|list| list.iter().filter(|one| one.get("type").is_none_or(|name| name != "null")));
    let only = present.and_then(|mut list| match (list.next(), list.next()) {
        (Some(only), None) => only.as_object().cloned(),
        _ => None,
    });
    if let Some(only) = only {
        object.remove("anyOf");
        object.extend(only);
    }
}

/// A TOML file of ours as text, or why it cannot be read.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!("{length} bytes, and such a file has at most {FILE_BYTES_MAX}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The suites in the directory of a path that could not be read, spelt as the path was.
fn suites_beside(path: &Path) -> Vec<String> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let shown = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(entries) = std::fs::read_dir(shown) else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let mut suites: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "toml"))
        .map(|name| directory.join(name))
        .filter(|beside| beside != path)
        .map(|beside| beside.to_string_lossy().into_owned())
        .collect();
    suites.sort();
    suites
}

fn directory_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned)
}
