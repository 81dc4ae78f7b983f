//! `--set name=value`: one value for a parameter of every case that has it, or for a key of
//! `[sampling]`, `[output]` and `[counters]`. Errors point into the text of the option.

use std::path::PathBuf;
use std::sync::Arc;

use workload_api::{Kind, ParamSpec, ParamValue, Spec};

use super::draft::Draft;
use super::typing::from_option;
use crate::case::Sampling;
use crate::suite::{
    CountersDef, Located, Setting, Source, Span, SuiteError, cannot_be, nearest, number, patch,
};

/// One `--set`.
#[derive(Clone, Debug)]
pub struct Override {
    source: Arc<Source>,
    name: Located<String>,
    value: Located<String>,
}

impl Override {
    /// Reads `name=value`.
    ///
    /// # Errors
    /// When there is no `=`, or nothing before it.
    pub fn parse(text: &str) -> Result<Self, SuiteError> {
        let source = Source::new("--set", text);
        let all = 0..text.len();
        let form = "a name and a value, such as `rows=100000` or `sampling.processes=3`";
        let Some(at) = text.find('=') else {
            return Err(SuiteError::at(&source, &all, format!("`{text}` has no `=`")).allowed(form));
        };
        let name = text[..at].trim();
        let value = text[at + 1..].trim();
        if name.is_empty() {
            return Err(SuiteError::at(&source, &all, "a value without a name").allowed(form));
        }
        let name_start = text.len() - text.trim_start().len();
        let rest = &text[at + 1..];
        let value_start = at + 1 + (rest.len() - rest.trim_start().len());
        Ok(Self {
            name: Located::new(name.to_owned(), name_start..name_start + name.len()),
            value: Located::new(value.to_owned(), value_start..value_start + value.len()),
            source,
        })
    }

    /// The option as it was typed.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Whether it sets a key of a table and not a parameter.
    pub(super) fn is_setting(&self) -> bool {
        self.name.value.contains('.')
    }

    /// Where its value stands, if it sets the key `name` of a table.
    pub(super) fn place_of(&self, name: &str) -> Option<(&Arc<Source>, &Span)> {
        (self.name.value == name).then_some((&self.source, &self.value.span))
    }

    /// Lays a key of `[sampling]`, `[output]` or `[counters]` over what the suite says.
    pub(super) fn apply_setting(
        &self,
        sampling: &mut Sampling,
        output: &mut Option<PathBuf>,
        counters: &mut CountersDef,
    ) -> Result<(), SuiteError> {
        let mut patch = patch(&self.source, &self.name, &self.value)?;
        std::mem::take(&mut patch.counters).apply(counters);
        patch.apply(sampling, output);
        Ok(())
    }

    /// Sets the parameter in every draft that knows it.
    pub(super) fn apply(&self, drafts: &mut [Draft<'_>]) -> Result<(), SuiteError> {
        let name = &self.name.value;
        if !drafts.iter().any(|draft| draft.knows(name)) {
            return Err(self.unknown(drafts));
        }
        for draft in drafts.iter_mut().filter(|draft| draft.knows(name)) {
            let value = self.typed(draft)?;
            draft.params.retain(|setting| setting.name.value != *name);
            for axes in [&mut draft.grid, &mut draft.zip, &mut draft.ablate] {
                axes.retain(|axis| axis.name.value != *name);
            }
            for entry in &mut draft.include {
                entry.value.retain(|setting| setting.name.value != *name);
            }
            // An entry of which nothing is left would only repeat the base.
            draft.include.retain(|entry| !entry.value.is_empty());
            let span = draft.def.span.clone();
            draft.params.push(Setting {
                name: Located::new(name.clone(), span.clone()),
                value: Located::new(value, span),
            });
            draft.overridden.push(name.clone());
        }
        Ok(())
    }

    fn typed(&self, draft: &Draft<'_>) -> Result<ParamValue, SuiteError> {
        match draft.spec.and_then(|spec| spec.param(&self.name.value)) {
            Some(param) => self.typed_as(param),
            None => Ok(guess(&self.value.value)),
        }
    }

    /// The name and the value, for one declaration and no suite.
    ///
    /// # Errors
    /// When there is no such parameter, or it cannot have this value.
    pub fn parameter(&self, spec: &Spec) -> Result<(String, ParamValue), SuiteError> {
        let name = &self.name.value;
        let param = spec.param(name).ok_or_else(|| {
            let message = format!("unknown parameter `{name}` of {}", spec.name);
            SuiteError::at(&self.source, &self.name.span, message)
                .names(name, spec.params.iter().map(|param| param.name.as_str()))
        })?;
        Ok((name.clone(), self.typed_as(param)?))
    }

    fn typed_as(&self, param: &ParamSpec) -> Result<ParamValue, SuiteError> {
        let text = &self.value.value;
        from_option(&param.kind, text).ok_or_else(|| {
            let error = cannot_be(&self.source, &self.value.span, &self.name.value)
                .allowed(param.kind.expectation());
            match &param.kind {
                Kind::Choice { values } => {
                    error.suggest(text, values.iter().map(|choice| choice.value.as_str()))
                }
                _ => error,
            }
        })
    }

    fn unknown(&self, drafts: &[Draft<'_>]) -> SuiteError {
        let name = &self.name.value;
        let mut names: Vec<&str> = Vec::new();
        for known in drafts.iter().flat_map(Draft::names) {
            if !names.contains(&known) {
                names.push(known);
            }
        }
        let error = SuiteError::at(
            &self.source,
            &self.name.span,
            format!("no case has a parameter `{name}`"),
        )
        .names(name, names);
        let keys = [
            "processes",
            "iterations",
            "warmup",
            "budget",
            "timeout",
            "order",
            "seed",
            "pin",
            "reject",
        ];
        match nearest(name, keys) {
            Some(key) => error.note(format!("the key of the table is `sampling.{key}`")),
            None => error,
        }
    }
}

/// The value of a command's parameter, which has no declared type: a number if it looks like a
/// plain one, else the text. A command line shows the same either way.
fn guess(text: &str) -> ParamValue {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_');
    // OK because "05" as a number would reach the command as "5".
    let padded = text.trim_start_matches('-').starts_with('0') && text.len() > 1;
    match text {
        "true" => ParamValue::Bool(true),
        "false" => ParamValue::Bool(false),
        _ if text.chars().all(plain) && !padded && number(text).is_some() => text
            .replace('_', "")
            .parse()
            .map_or_else(|_| ParamValue::Text(text.to_owned()), ParamValue::Integer),
        _ => ParamValue::Text(text.to_owned()),
    }
}
