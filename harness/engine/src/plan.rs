//! The plan of a run: every case of a suite with checked parameters and a stable id.
//!
//! The CLI builds one from a suite, the workloads' own declarations, `--set` and `--filter`; the
//! schedule orders what it holds. Everything that can be refused before the first process is
//! refused here, at its token.

mod draft;
mod filter;
mod gating;
mod grid;
mod ids;
mod machine;
mod overrides;
mod passes;
mod revisions;
mod typing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use record::Pass;
use twox_hash::XxHash3_128;
use workload_api::{Kind, Spec};

use crate::case::{Case, Profiling, Runner, RunnerKind, Sampling};
use crate::pass::PassPlan;
use crate::schedule::{self, Slot};
use crate::suite::{BUILTIN, Build, RunnerDef, Span, Suite, SuiteError, held_against};
use draft::{Draft, FILTER_NAMES, check_placeholders};
pub use filter::Filter;
use grid::{CASES_MAX, Point};
pub use overrides::Override;
pub use revisions::PlannedRevision;

/// Longest case id, in characters.
const ID_CHARS_MAX: usize = 1_000;

/// Who knows what a runner's workloads are.
pub trait Specs {
    /// The workloads that a runner serves. Asked once per runner that a case uses, and never for
    /// a command.
    ///
    /// # Errors
    /// When a program cannot be started, or does not say what it serves.
    fn specs(&self, runner: &Runner) -> anyhow::Result<Vec<Spec>>;
}

/// What a person adds to a suite on the command line.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Only cases that match.
    pub filter: Option<Filter>,
    /// Values that replace the suite's, in this order.
    pub overrides: Vec<Override>,
}

/// The cases of a run and how they are sampled.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cases in suite order. Empty when a filter matches none.
    pub cases: Vec<Case>,
    /// How they are sampled, `--set` included.
    pub sampling: Sampling,
    /// Where workers write, absolute, if the suite or `--set` says so.
    pub output: Option<PathBuf>,
    /// How the cases are profiled, if the suite asks for that.
    pub profile: Option<Profiling>,
    /// The passes after the timed one, in the order in which they are taken.
    pub passes: Vec<PassPlan>,
    /// The suite, the overrides and the filter, as a run keeps them.
    pub suite: record::SuiteInfo,
    /// What a gate asks of the cases.
    pub rules: Vec<record::gate::Rule>,
    /// The passes that those rules look at beside the pairs, each with the cases that it is for.
    pub rule_passes: Vec<PassPlan>,
    /// How a revision is built, if the suite says so.
    pub build: Option<Build>,
    /// Cases that the filter left out.
    pub filtered_out: usize,
    runners: Vec<Arc<Runner>>,
    varying: Vec<String>,
    workloads_vary: bool,
}

impl Plan {
    /// Makes the cases of a suite.
    ///
    /// # Errors
    /// The first thing that does not fit the workloads, at its token in the suite or the option.
    pub fn build(
        suite: &Suite,
        specs: &dyn Specs,
        options: &PlanOptions,
    ) -> Result<Self, SuiteError> {
        machine::check_directories(suite)?;
        let runners = runners(suite);
        let known = known_specs(suite, &runners, specs)?;
        let mut drafts = Vec::new();
        for (def, runner) in suite.cases.iter().zip(&runners) {
            let specs = known.get(&runner.name).map_or(&[][..], Vec::as_slice);
            drafts.push(Draft::new(suite, def, Arc::clone(runner), specs)?);
        }
        held_against(&suite.source, &suite.references, &suite.cases)?;
        let mut sampling = suite.sampling.clone();
        let mut output = suite.output.clone();
        let mut counters = suite.counters.clone();
        for option in &options.overrides {
            if option.is_setting() {
                option.apply_setting(&mut sampling, &mut output, &mut counters)?;
            } else {
                option.apply(&mut drafts)?;
            }
        }
        let output = output.map(|output| suite.directory.join(output));
        machine::check_pin(suite, &options.overrides, sampling.pin.as_deref())?;
        machine::check_output(suite, &options.overrides, output.as_deref())?;
        let mut cases = cases(suite, &drafts)?;
        let planned = cases.len();
        let mut rules = gating::rules(suite, &cases, &filter_names(&drafts))?;
        if let Some(filter) = &options.filter {
            filter.check_names(&filter_names(&drafts))?;
            cases.retain(|case| filter.matches(&|name| field(case, name)));
            gating::retain(&mut rules, &cases);
        }
        stand_alone(&mut cases);
        let steps: Vec<Case> = cases.iter().filter(|case| !case.sweep).cloned().collect();
        Ok(Self {
            passes: passes::plan(&counters, &steps, &known)?,
            rule_passes: passes::of_rules(&rules, &counters, &cases, &known)?,
            filtered_out: planned - cases.len(),
            varying: varying(&cases),
            workloads_vary: cases.iter().any(|case| case.workload != cases[0].workload),
            sampling,
            output,
            rules,
            build: suite.build.clone(),
            runners: suite.runners.iter().map(|def| Arc::clone(&def.runner)).collect(),
            profile: suite.profile.clone(),
            suite: suite_info(suite, options),
            cases,
        })
    }

    /// Everything that is to be done, in its order: the timed pass, then the others.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = schedule::slots(&self.cases, &self.sampling);
        slots.extend(self.passes.iter().flat_map(schedule::pass_slots));
        slots
    }

    /// The case of a slot, as its pass measures it.
    pub fn case(&self, slot: Slot) -> &Case {
        match self.pass(slot.pass) {
            Some(pass) => &pass.cases[slot.case],
            None => &self.cases[slot.case],
        }
    }

    /// A pass beside the timed one.
    pub fn pass(&self, pass: Pass) -> Option<&PassPlan> {
        self.passes.iter().find(|planned| planned.pass == pass)
    }

    /// The parameters that a pass has of its own, as far as they are the same in all its cases.
    pub fn own_params(&self, pass: &PassPlan) -> BTreeMap<String, serde_json::Value> {
        let same = |other: &Case| self.cases.iter().find(|case| case.id == other.id);
        let pairs = || pass.cases.iter().filter_map(|other| Some((same(other)?, other)));
        let mut own = BTreeMap::new();
        for (name, value) in pass.cases.iter().flat_map(|case| case.params.iter()) {
            let changed = |(timed, other): (&Case, &Case)| {
                other.params.get(name) == Some(value) && timed.params.get(name) != Some(value)
            };
            let alike = pass.cases.iter().all(|case| case.params.get(name) == Some(value));
            if alike && pairs().any(changed) {
                // OK because a scalar is always a JSON value.
                own.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
            }
        }
        own
    }

    /// Samples that the plan asks for, warm-up included.
    pub fn samples(&self) -> u64 {
        let slots = self.slots();
        slots.iter().map(|slot| u64::from(slot.warmup) + u64::from(slot.iterations)).sum()
    }

    /// The runner of that name, if the suite defines one.
    pub fn runner(&self, name: &str) -> Option<Arc<Runner>> {
        self.runners.iter().find(|runner| runner.name == name).cloned()
    }

    /// The names of the runners that the suite defines.
    pub fn runner_names(&self) -> impl Iterator<Item = &str> {
        self.runners.iter().map(|runner| runner.name.as_str())
    }

    /// A short name of a case: only what varies among the cases of this plan.
    pub fn label(&self, case: &Case) -> String {
        let mut words: Vec<String> = Vec::new();
        for name in &self.varying {
            if let Some(value) = case.params.get(name) {
                words.push(format!("{name}={value}"));
            }
        }
        if self.workloads_vary || words.is_empty() {
            words.insert(0, case.workload.clone());
        }
        if let Some(at) = &case.at {
            words.insert(0, at.step.clone());
        }
        words.join(" ")
    }
}

/// The runner of each case, in suite order.
fn runners(suite: &Suite) -> Vec<Arc<Runner>> {
    let builtin = Arc::new(Runner {
        name: BUILTIN.to_owned(),
        kind: RunnerKind::Builtin,
        env: BTreeMap::new(),
        cwd: suite.directory.clone(),
    });
    let runner = |chosen: &Option<Arc<Runner>>| Arc::clone(chosen.as_ref().unwrap_or(&builtin));
    suite.cases.iter().map(|def| runner(&def.runner)).collect()
}

/// The workloads of every runner that a case uses, by the runner's name.
fn known_specs(
    suite: &Suite,
    runners: &[Arc<Runner>],
    specs: &dyn Specs,
) -> Result<BTreeMap<String, Vec<Spec>>, SuiteError> {
    let mut known = BTreeMap::new();
    for (runner, case) in runners.iter().zip(&suite.cases) {
        if matches!(runner.kind, RunnerKind::Command(_)) || known.contains_key(&runner.name) {
            continue;
        }
        let found = specs.specs(runner).map_err(|error| {
            let span = runner_def(suite, runner).map_or(&case.span, |def| &def.program);
            let message = format!("runner `{}` does not say what it serves", runner.name);
            SuiteError::at(&suite.source, span, message).note(format!("{error:#}"))
        })?;
        known.insert(runner.name.clone(), found);
    }
    Ok(known)
}

fn runner_def<'a>(suite: &'a Suite, runner: &Runner) -> Option<&'a RunnerDef> {
    suite.runners.iter().find(|def| def.runner.name == runner.name)
}

fn cases(suite: &Suite, drafts: &[Draft<'_>]) -> Result<Vec<Case>, SuiteError> {
    let mut cases: Vec<Case> = Vec::new();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    // With a parameter set by hand, several cases of a suite may become one.
    let merge = drafts.iter().any(|draft| !draft.overridden.is_empty());
    for draft in drafts {
        for point in grid::points(&suite.source, draft)? {
            let case = case(suite, draft, &point)?;
            match seen.get(case.id.as_str()) {
                Some(_) if merge => continue,
                Some(first) => {
                    let first = suite.source.position(first.start).line;
                    let message = format!("duplicate case `{}`", case.id);
                    return Err(SuiteError::at(&suite.source, &point.blame, message)
                        .note(format!("the first one stands in line {first}")));
                }
                None => seen.insert(case.id.as_str().to_owned(), point.blame.clone()),
            };
            cases.push(case);
        }
        if cases.len() > CASES_MAX {
            let message = format!("too many cases: {}", cases.len());
            return Err(SuiteError::at(&suite.source, &draft.def.span, message)
                .allowed(format!("at most {CASES_MAX} in a suite")));
        }
    }
    Ok(cases)
}

fn case(suite: &Suite, draft: &Draft<'_>, point: &Point) -> Result<Case, SuiteError> {
    if let Some(def) = runner_def(suite, &draft.runner) {
        check_placeholders(&suite.source, def, &point.params)?;
    }
    let id = ids::id(&draft.runner, &draft.workload, &point.params);
    let length = id.as_str().chars().count();
    if length > ID_CHARS_MAX {
        let message = format!("the name of this case has {length} characters");
        return Err(SuiteError::at(&suite.source, &point.blame, message)
            .allowed(format!("at most {ID_CHARS_MAX}; shorten the texts of its parameters")));
    }
    Ok(Case {
        id,
        workload: draft.workload.clone(),
        runner: Arc::clone(&draft.runner),
        params: point.params.clone(),
        title: draft.def.title.clone().unwrap_or_else(|| title(draft, point)),
        answer: draft.def.answer.clone(),
        expect: draft.def.expect.clone(),
        at: None,
        stage: draft.def.stage.clone(),
        sweep: draft.def.sweep,
        reverted: grid::any_matches(&draft.reverted, point),
    })
}

/// A sweep with no cases beside it is what the run is about: its cases are cases like any others.
fn stand_alone(cases: &mut [Case]) {
    if cases.iter().all(|case| case.sweep || case.stage.is_some()) {
        cases.iter_mut().for_each(|case| case.sweep = false);
    }
}

/// What the workload says about a chosen word, for instance what a step is called: of the option
/// that was switched, else of the parameters that vary, else of any.
fn title(draft: &Draft<'_>, point: &Point) -> String {
    let Some(spec) = draft.spec else { return String::new() };
    let about = |param: &workload_api::ParamSpec| {
        let Kind::Choice { values } = &param.kind else { return None };
        let word = point.params.text(&param.name).ok()??;
        let choice = values.iter().find(|choice| choice.value == word)?;
        (!choice.about.is_empty()).then(|| choice.about.clone())
    };
    let axes: Vec<&str> =
        draft.grid.iter().chain(&draft.zip).map(|axis| axis.name.value.as_str()).collect();
    let tells = |name: &str| match &point.switched {
        Some(switched) => switched == name,
        None => axes.is_empty() || axes.contains(&name),
    };
    spec.params.iter().filter(|param| tells(&param.name)).find_map(about).unwrap_or_default()
}

/// The names that a filter may use.
fn filter_names<'a>(drafts: &'a [Draft<'_>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in drafts.iter().flat_map(Draft::names).chain(FILTER_NAMES) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The text of what a filter asks for.
fn field(case: &Case, name: &str) -> Option<String> {
    match name {
        "workload" => Some(case.workload.clone()),
        "runner" => Some(case.runner.name.clone()),
        "case" => Some(case.id.as_str().to_owned()),
        _ => case.params.get(name).map(ToString::to_string),
    }
}

/// The parameters in which the cases differ, in name order.
fn varying(cases: &[Case]) -> Vec<String> {
    let Some(first) = cases.first() else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for (name, _) in cases.iter().flat_map(|case| case.params.iter()) {
        let differs = |case: &Case| case.params.get(name) != first.params.get(name);
        if !names.iter().any(|known| known == name) && cases.iter().any(differs) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names
}

fn suite_info(suite: &Suite, options: &PlanOptions) -> record::SuiteInfo {
    let overrides: Vec<String> =
        options.overrides.iter().map(|option| option.text().to_owned()).collect();
    let filter = options.filter.as_ref().map(|filter| filter.text().to_owned());
    // Lengths keep the parts apart: no text can pretend to be another text and an override.
    let mut hashed = format!("{}\n{}", suite.text().len(), suite.text());
    for part in overrides.iter().chain(&filter) {
        hashed.push_str(&format!("{}\n{part}", part.len()));
    }
    hashed.push_str(if filter.is_some() { "filtered" } else { "whole" });
    record::SuiteInfo {
        name: suite.name.clone(),
        about: suite.about.clone(),
        path: suite.path.to_string_lossy().into_owned(),
        text: suite.text().to_owned(),
        hash: format!("{:032x}", XxHash3_128::oneshot(hashed.as_bytes())),
        overrides,
        filter,
        references: suite.references.iter().map(|one| one.reference.clone()).collect(),
    }
}
