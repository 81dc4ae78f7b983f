//! `[[runner]]`, checked: a program that speaks the protocol, or a command and what surrounds it.
//!
//! Which parameters a command names is kept with its place, because only the plan knows which
//! parameters its cases have. Starts nothing and looks at no file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use record::{Better, Unit};

use super::message::cannot_be;
use super::source::{Located, Source, Span};
use super::wire::{WireCommand, WireMetric, WireRunner};
use super::{SuiteError, check, words};
use crate::case::template;
use crate::case::{CommandLine, CommandRunner, OutputMetric, OutputPattern, Runner, RunnerKind};

/// The name under which dyno's own workloads are served.
pub(crate) const BUILTIN: &str = "builtin";

/// Metrics of dyno's own that a command may tell: the work that was done, which no counter knows.
const WORK: [&str; 3] =
    [record::metrics::ROWS.name, record::metrics::BYTES_IN.name, record::metrics::BYTES_OUT.name];

/// Units in which a command may print a number: name, base unit, what the number is multiplied
/// with.
const UNITS: [(&str, (Unit, u64)); 14] = [
    ("ns", (Unit::Nanoseconds, 1)),
    ("us", (Unit::Nanoseconds, 1_000)),
    ("ms", (Unit::Nanoseconds, 1_000_000)),
    ("s", (Unit::Nanoseconds, 1_000_000_000)),
    ("bytes", (Unit::Bytes, 1)),
    ("kB", (Unit::Bytes, 1_000)),
    ("MB", (Unit::Bytes, 1_000_000)),
    ("KiB", (Unit::Bytes, 1 << 10)),
    ("MiB", (Unit::Bytes, 1 << 20)),
    ("GiB", (Unit::Bytes, 1 << 30)),
    ("count", (Unit::Count, 1)),
    ("rows", (Unit::Rows, 1)),
    ("ratio", (Unit::Ratio, 1)),
    ("per_second", (Unit::PerSecond, 1)),
];

/// The names of [`UNITS`], for the schema.
pub(super) const UNIT_NAMES: [&str; UNITS.len()] = {
    let mut names = [""; UNITS.len()];
    let mut at = 0;
    while at < UNITS.len() {
        names[at] = UNITS[at].0;
        at += 1;
    }
    names
};

/// A runner and what the plan still has to check of it.
#[derive(Debug)]
pub(crate) struct RunnerDef {
    pub(crate) runner: Arc<Runner>,
    /// Where its name stands.
    pub(crate) name: Span,
    /// Every `{name}` of a command that must be a parameter, with its place.
    pub(crate) placeholders: Vec<Located<String>>,
    /// Where its program or command stands.
    pub(crate) program: Span,
    /// Where its working directory stands, if it is stated and known before a case is.
    pub(crate) cwd: Option<Span>,
}

/// All runners of a suite.
pub(super) fn check_all(
    source: &Arc<Source>,
    runners: &[Located<WireRunner>],
    directory: &Path,
) -> Result<Vec<RunnerDef>, SuiteError> {
    let mut checked: Vec<RunnerDef> = Vec::new();
    for wire in runners {
        let check = Checker { source, shell: wire.value.shell.as_ref().is_some_and(|s| s.value) };
        let def = check.runner(wire, directory)?;
        if let Some(first) = checked.iter().find(|other| other.runner.name == def.runner.name) {
            let line = source.position(first.name.start).line;
            return Err(SuiteError::at(
                source,
                &def.name,
                format!("duplicate runner `{}`", def.runner.name),
            )
            .note(format!("the first one stands in line {line}")));
        }
        checked.push(def);
    }
    Ok(checked)
}

struct Checker<'a> {
    source: &'a Arc<Source>,
    shell: bool,
}

impl Checker<'_> {
    fn runner(
        &self,
        wire: &Located<WireRunner>,
        directory: &Path,
    ) -> Result<RunnerDef, SuiteError> {
        let source = self.source;
        let runner = &wire.value;
        let name = check::name(source, "name", &runner.name)?;
        if name == BUILTIN {
            return Err(cannot_be(source, &runner.name.span, "name")
                .allowed("any other name; this one stands for dyno's own workloads"));
        }
        let (kind, program) = match (&runner.program, &runner.command) {
            (Some(program), None) => (self.program(runner, program)?, program.span.clone()),
            (None, Some(command)) => (self.command(runner, command)?, command.span.clone()),
            (None, None) => {
                return Err(SuiteError::at(source, &wire.span, "a runner needs a program")
                    .allowed("`program` (speaks the protocol) or `command` (any command line)"));
            }
            (Some(_), Some(command)) => {
                return Err(SuiteError::at(source, &command.span, "a runner has one program")
                    .allowed("either `program` or `command`"));
            }
        };
        let mut env = BTreeMap::new();
        for (name, value) in &runner.env.0 {
            env.insert(self.variable(name)?, check::text(source, &name.value, value)?);
        }
        let cwd = runner.cwd.as_ref().map(|cwd| check::words(source, "cwd", cwd)).transpose()?;
        let placeholders = match kind {
            RunnerKind::Command(_) => self.placeholders(runner)?,
            RunnerKind::Builtin | RunnerKind::Program { .. } => Vec::new(),
        };
        let fixed = |cwd: &&Located<String>| {
            !(matches!(kind, RunnerKind::Command(_)) && cwd.value.contains(['{', '}']))
        };
        let cwd_span = runner.cwd.as_ref().filter(fixed).map(|cwd| cwd.span.clone());
        let cwd = cwd.map_or_else(|| directory.to_owned(), |cwd| directory.join(cwd));
        let span = runner.name.span.clone();
        let runner = Arc::new(Runner { name, kind, env, cwd });
        Ok(RunnerDef { runner, name: span, placeholders, program, cwd: cwd_span })
    }

    fn program(
        &self,
        runner: &WireRunner,
        program: &Located<WireCommand>,
    ) -> Result<RunnerKind, SuiteError> {
        let around = [&runner.prepare, &runner.conclude, &runner.check];
        let keys = ["prepare", "conclude", "check"];
        let metrics = runner.metrics.first().map(|metric| ("metrics", &metric.span));
        let shell = runner.shell.as_ref().map(|shell| ("shell", &shell.span));
        let ignore = runner.ignore_failure.as_ref().map(|flag| ("ignore_failure", &flag.span));
        let around = keys
            .iter()
            .zip(around)
            .find_map(|(key, found)| found.as_ref().map(|found| (*key, &found.span)));
        if let Some((key, span)) = around.or(metrics).or(shell).or(ignore) {
            return Err(SuiteError::at(
                self.source,
                span,
                format!("`{key}` belongs to a `command`, and this runner has a `program`"),
            )
            .note("a program answers `prepare`, `run` and `check` itself"));
        }
        Ok(RunnerKind::Program { argv: self.argv("program", program)? })
    }

    fn command(
        &self,
        runner: &WireRunner,
        command: &Located<WireCommand>,
    ) -> Result<RunnerKind, SuiteError> {
        let line = |key, found: &Option<_>| match found {
            Some(found) => self.line(key, found).map(Some),
            None => Ok(None),
        };
        let mut metrics: Vec<OutputMetric> = Vec::new();
        for wire in &runner.metrics {
            let metric = self.metric(wire)?;
            if metrics.iter().any(|other| other.name == metric.name) {
                return Err(SuiteError::at(
                    self.source,
                    &wire.value.name.span,
                    format!("duplicate metric `{}`", metric.name),
                ));
            }
            metrics.push(metric);
        }
        Ok(RunnerKind::Command(Box::new(CommandRunner {
            command: self.line("command", command)?,
            prepare: line("prepare", &runner.prepare)?,
            conclude: line("conclude", &runner.conclude)?,
            check: line("check", &runner.check)?,
            ignore_failure: runner.ignore_failure.as_ref().is_some_and(|flag| flag.value),
            metrics,
        })))
    }

    fn line(&self, key: &str, found: &Located<WireCommand>) -> Result<CommandLine, SuiteError> {
        if !self.shell {
            return self.argv(key, found).map(CommandLine::Argv);
        }
        match &found.value {
            WireCommand::Text(text) => {
                check::words(self.source, key, &found.with(text.clone())).map(CommandLine::Shell)
            }
            WireCommand::Words(_) => Err(cannot_be(self.source, &found.span, key)
                .allowed("one text, because `shell = true` gives it to `sh -c`")),
        }
    }

    fn argv(&self, key: &str, found: &Located<WireCommand>) -> Result<Vec<String>, SuiteError> {
        let argv = match &found.value {
            WireCommand::Text(text) => {
                check::text(self.source, key, &found.with(text.clone()))?;
                words::split(text).map_err(|error| {
                    SuiteError::at(self.source, &found.span, format!("`{key}`: {error}"))
                })?
            }
            WireCommand::Words(list) => list
                .iter()
                .map(|word| check::text(self.source, key, word))
                .collect::<Result<_, _>>()?,
        };
        match argv.first() {
            Some(program) if !program.is_empty() => Ok(argv),
            _ => Err(cannot_be(self.source, &found.span, key)
                .allowed("a program, and then its arguments")),
        }
    }

    fn variable(&self, name: &Located<String>) -> Result<String, SuiteError> {
        if name.value.is_empty() || name.value.contains(['=', '\0']) {
            return Err(SuiteError::at(
                self.source,
                &name.span,
                format!("no variable can be called `{}`", name.value.escape_debug()),
            ));
        }
        Ok(name.value.clone())
    }

    fn metric(&self, wire: &Located<WireMetric>) -> Result<OutputMetric, SuiteError> {
        let source = self.source;
        let metric = &wire.value;
        let name = check::name(source, "name", &metric.name)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.chars().all(plain) {
            return Err(cannot_be(source, &metric.name.span, "name")
                .allowed("small letters, digits and `_`"));
        }
        if record::metrics::find(&name).is_some() && !WORK.contains(&name.as_str()) {
            return Err(SuiteError::at(
                source,
                &metric.name.span,
                format!("`{name}` is a metric that dyno measures itself"),
            )
            .allowed("any name that dyno does not use")
            .note(format!("of dyno's own names, a command may tell {}", WORK.join(", "))));
        }
        let pattern = match (&metric.regex, &metric.json) {
            (Some(regex), None) => self.regex(regex)?,
            (None, Some(json)) => OutputPattern::Json(check::words(source, "json", json)?),
            _ => {
                return Err(SuiteError::at(source, &wire.span, format!("where is `{name}`?"))
                    .allowed("either `regex` or `json` says where the number stands"));
            }
        };
        let unit = metric.unit.as_ref().map(|unit| check::word(source, "unit", unit, &UNITS));
        let (unit, scale) = unit.transpose()?.unwrap_or(match name.as_str() {
            "rows" => (Unit::Rows, 1),
            "bytes_in" | "bytes_out" => (Unit::Bytes, 1),
            _ => (Unit::Count, 1),
        });
        let directions =
            [("lower", Better::Lower), ("higher", Better::Higher), ("neither", Better::Neither)];
        let better =
            metric.better.as_ref().map(|found| check::word(source, "better", found, &directions));
        let better = better.transpose()?.unwrap_or(Better::Neither);
        Ok(OutputMetric { name, unit, scale, better, pattern })
    }

    fn regex(&self, found: &Located<String>) -> Result<OutputPattern, SuiteError> {
        let text = check::words(self.source, "regex", found)?;
        let regex = regex_lite::Regex::new(&text).map_err(|error| {
            cannot_be(self.source, &found.span, "regex").note(error.to_string())
        })?;
        if regex.captures_len() < 2 {
            return Err(cannot_be(self.source, &found.span, "regex").allowed(
                "an expression with a group around the number, such as \"(\\\\d+) rows\"",
            ));
        }
        Ok(OutputPattern::Regex(text))
    }

    /// Every `{name}` of the texts in which a command may have one.
    fn placeholders(&self, runner: &WireRunner) -> Result<Vec<Located<String>>, SuiteError> {
        let mut texts: Vec<Located<String>> = Vec::new();
        let lines = [&runner.command, &runner.prepare, &runner.conclude, &runner.check];
        for line in lines.into_iter().flatten() {
            match &line.value {
                WireCommand::Text(text) => texts.push(line.with(text.clone())),
                WireCommand::Words(words) => texts.extend(words.iter().cloned()),
            }
        }
        texts.extend(runner.env.0.iter().map(|(_, value)| value.clone()));
        texts.extend(runner.cwd.clone());
        let mut found = Vec::new();
        for text in texts {
            let names = template::placeholders(&text.value)
                .map_err(|error| SuiteError::at(self.source, &text.span, error.to_string()))?;
            for name in names.into_iter().filter(|name| !template::GIVEN.contains(&name.as_str())) {
                let span = self.source.find(&text.span, &format!("{{{name}}}"));
                found.push(Located::new(name, span));
            }
        }
        Ok(found)
    }
}
