//! One `[[case]]` with its runner, its workload and typed values: between the suite and the cases.
//!
//! The plan makes one per `[[case]]`, lays overrides over it, then asks `grid.rs` for its points.

use std::sync::Arc;

use workload_api::{ParamValue, Spec};

use super::typing::{TypedAxis, Types};
use crate::case::template;
use crate::case::{Runner, RunnerKind};
use crate::suite::{
    Axis, CaseDef, Located, NAME_CHARS_MAX, RunnerDef, Setting, Source, Suite, SuiteError,
    unequal_zip,
};

/// Names that a filter knows already, so no parameter of a command may have them.
pub(super) const FILTER_NAMES: [&str; 3] = ["workload", "runner", "case"];

/// A typed `[[case]]`.
pub(super) struct Draft<'a> {
    pub(super) def: &'a CaseDef,
    pub(super) runner: Arc<Runner>,
    pub(super) workload: String,
    /// `None` for a command.
    pub(super) spec: Option<&'a Spec>,
    pub(super) params: Vec<Setting>,
    pub(super) grid: Vec<TypedAxis>,
    pub(super) zip: Vec<TypedAxis>,
    pub(super) ablate: Vec<TypedAxis>,
    pub(super) include: Vec<Located<Vec<Setting>>>,
    pub(super) exclude: Vec<Located<Vec<Setting>>>,
    pub(super) reverted: Vec<Located<Vec<Setting>>>,
    /// Parameters that an option has set.
    pub(super) overridden: Vec<String>,
}

impl<'a> Draft<'a> {
    /// Types everything that a `[[case]]` states. `specs` are those of its runner.
    pub(super) fn new(
        suite: &'a Suite,
        def: &'a CaseDef,
        runner: Arc<Runner>,
        specs: &'a [Spec],
    ) -> Result<Self, SuiteError> {
        let source = &suite.source;
        let (workload, spec) = match &runner.kind {
            RunnerKind::Command(_) => (command_name(source, def, &runner)?, None),
            RunnerKind::Builtin | RunnerKind::Program { .. } => {
                let spec = find_workload(source, def, specs)?;
                (spec.name.clone(), Some(spec))
            }
        };
        let types = Types { source, spec };
        let settings = |list: &[Setting]| -> Result<Vec<_>, SuiteError> {
            list.iter().map(|setting| types.setting(setting)).collect()
        };
        let axes = |list: &[Axis]| -> Result<Vec<_>, SuiteError> {
            list.iter().map(|axis| types.axis(axis)).collect()
        };
        let entries = |list: &[Located<Vec<Setting>>]| -> Result<Vec<_>, SuiteError> {
            list.iter().map(|entry| Ok(entry.with(settings(&entry.value)?))).collect()
        };
        let draft = Self {
            def,
            workload,
            spec,
            params: settings(&def.params)?,
            grid: axes(&def.grid)?,
            zip: axes(&def.zip)?,
            ablate: axes(&def.ablate)?,
            include: entries(&def.include)?,
            exclude: entries(&def.exclude)?,
            reverted: entries(&def.reverted)?,
            overridden: Vec::new(),
            runner,
        };
        draft.check_values(source)?;
        if spec.is_none() {
            let known = suite.runners.iter().find(|known| known.runner.name == draft.workload);
            draft.check_command(source, known.map_or(&[], |known| &known.placeholders))?;
        }
        Ok(draft)
    }

    /// Whether a case of this draft can have a parameter of that name.
    pub(super) fn knows(&self, name: &str) -> bool {
        match self.spec {
            Some(spec) => spec.param(name).is_some(),
            None => self.stated().any(|stated| stated.value == name),
        }
    }

    /// The names that [`Draft::knows`].
    pub(super) fn names(&self) -> Vec<&str> {
        match self.spec {
            Some(spec) => spec.params.iter().map(|param| param.name.as_str()).collect(),
            None => self.stated().map(|name| name.value.as_str()).collect(),
        }
    }

    /// Every parameter that gets a value somewhere, with its place; exclude gives none.
    pub(super) fn stated(&self) -> impl Iterator<Item = &Located<String>> {
        let axes = self.grid.iter().chain(&self.zip).chain(&self.ablate).map(|axis| &axis.name);
        let included = self.include.iter().flat_map(|entry| &entry.value);
        self.params.iter().chain(included).map(|setting| &setting.name).chain(axes)
    }

    /// Typed values that stand twice, bases that are ablated to themselves, unequal zips.
    fn check_values(&self, source: &Arc<Source>) -> Result<(), SuiteError> {
        for axis in self.grid.iter().chain(&self.ablate) {
            for (at, value) in axis.values.iter().enumerate() {
                if axis.values[..at].iter().any(|other| other.value == value.value) {
                    let message = format!("`{}` has {} twice", axis.name.value, shown(value));
                    return Err(SuiteError::at(source, &value.span, message));
                }
            }
        }
        for axis in &self.ablate {
            let base = self.params.iter().find(|base| base.name.value == axis.name.value);
            let same = |value: &&Located<ParamValue>| {
                base.is_some_and(|base| base.value.value == value.value)
            };
            if let Some(value) = axis.values.iter().find(same) {
                let message = format!("`{}` is {} already", axis.name.value, shown(value));
                return Err(SuiteError::at(source, &value.span, message)
                    .allowed("values other than the one in `params`"));
            }
        }
        let expected = self.zip.first().map_or(0, |first| first.values.len());
        let unequal = self.zip.iter().position(|axis| axis.values.len() != expected);
        match unequal {
            None => Ok(()),
            Some(at) => Err(unequal_zip(source, &self.def.zip[at], (&self.def.zip[0], expected))),
        }
    }

    /// A command names each parameter somewhere, and each name is a parameter.
    fn check_command(
        &self,
        source: &Arc<Source>,
        placeholders: &[Located<String>],
    ) -> Result<(), SuiteError> {
        let unstated = |used: &&Located<String>| self.stated().all(|name| name.value != used.value);
        if let Some(used) = placeholders.iter().find(unstated) {
            let stated = self.stated().map(|name| name.value.as_str());
            return Err(no_parameter(source, used, &self.workload, stated));
        }
        let taken: Vec<&str> = FILTER_NAMES.into_iter().chain(template::GIVEN).collect();
        for name in self.stated() {
            let fits = template::is_name(&name.value)
                && name.value.chars().count() <= NAME_CHARS_MAX
                && !taken.contains(&name.value.as_str());
            if !fits {
                let message = format!("no parameter can be called `{}`", name.value);
                return Err(SuiteError::at(source, &name.span, message).allowed(format!(
                    "letters, digits, `_` and `-`, but not {}",
                    taken.join(", ")
                )));
            }
            if !placeholders.iter().any(|used| used.value == name.value) {
                let message = format!(
                    "parameter `{}` is used nowhere in runner `{}`",
                    name.value, self.workload
                );
                let mut used: Vec<&str> =
                    placeholders.iter().map(|used| used.value.as_str()).collect();
                used.sort_unstable();
                used.dedup();
                let error = SuiteError::at(source, &name.span, message);
                return Err(if used.is_empty() {
                    error.note(format!(
                        "it uses no parameter at all; write `{{{}}}` where the value belongs",
                        name.value
                    ))
                } else {
                    error.names(&name.value, used)
                });
            }
        }
        Ok(())
    }
}

/// Every `{name}` of the command is a parameter of the case with these parameters.
pub(super) fn check_placeholders(
    source: &Arc<Source>,
    def: &RunnerDef,
    params: &workload_api::Params,
) -> Result<(), SuiteError> {
    match def.placeholders.iter().find(|used| params.get(&used.value).is_none()) {
        None => Ok(()),
        Some(used) => {
            let stated = params.iter().map(|(name, _)| name);
            Err(no_parameter(source, used, &def.runner.name, stated))
        }
    }
}

fn no_parameter<'a>(
    source: &Arc<Source>,
    used: &Located<String>,
    runner: &str,
    stated: impl Iterator<Item = &'a str>,
) -> SuiteError {
    let message =
        format!("`{{{}}}` is no parameter of every case of runner `{runner}`", used.value);
    SuiteError::at(source, &used.span, message)
        .names(&used.value, stated.chain(template::GIVEN))
        .note("a brace that means itself is written `{{` or `}}`")
}

fn command_name(
    source: &Arc<Source>,
    def: &CaseDef,
    runner: &Runner,
) -> Result<String, SuiteError> {
    match &def.workload {
        None => Ok(runner.name.clone()),
        Some(workload) => {
            let message = format!("runner `{}` is a command and has no workloads", runner.name);
            Err(SuiteError::at(source, &workload.span, message)
                .note("leave `workload` out; the runner says what is done"))
        }
    }
}

fn find_workload<'a>(
    source: &Arc<Source>,
    def: &CaseDef,
    specs: &'a [Spec],
) -> Result<&'a Spec, SuiteError> {
    let names = specs.iter().map(|spec| spec.name.as_str());
    match (&def.workload, specs) {
        (None, [only]) => Ok(only),
        (None, _) => Err(SuiteError::at(source, &def.span, "a case needs a workload or a runner")
            .names("", names)),
        (Some(workload), _) => {
            specs.iter().find(|spec| spec.name == workload.value).ok_or_else(|| {
                let message = format!("unknown workload `{}`", workload.value);
                SuiteError::at(source, &workload.span, message).names(&workload.value, names)
            })
        }
    }
}

fn shown(value: &Located<ParamValue>) -> String {
    match &value.value {
        ParamValue::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}
