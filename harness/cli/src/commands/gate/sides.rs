//! The two sides of a gate: found as two executables or two runners, or built from two revisions.

use std::path::Path;

use anyhow::Context;
use engine::case::{Case, RunnerKind};
use engine::pairs::{Contest, Counting, Party, Replace, only_in};
use engine::plan::Plan;
use record::gate::{Party as Named, Role};
use record::{CaseId, PassInfo, Unavailable};

use crate::args::GateArgs;
use crate::commands::builds::{Builder, Copies};
use crate::commands::measuring::Ground;
use crate::commands::planning::{self, Selection};
use crate::exit::UsageError;

/// Both sides: what they are called, and how their programs are found.
pub(super) struct Sides {
    pub(super) baseline: Named,
    pub(super) candidate: Named,
    /// Cases that the baseline's suite has and the candidate's does not.
    pub(super) missing: Vec<CaseId>,
    base: Party,
    new: Party,
    /// The runner whose cases are measured, where two runners are compared.
    of_runner: Option<String>,
    /// Kept as long as the gate, which starts them.
    _copies: Option<Copies>,
}

impl Sides {
    /// Every case of the plan with both programs.
    ///
    /// # Errors
    /// When a side has no program for a case, or no case is of the runner that is judged.
    pub(super) fn contests(&self, plan: &Plan) -> Result<Vec<Contest>, String> {
        let contests = self.both(&plan.cases)?;
        match (&self.of_runner, contests.is_empty()) {
            (Some(name), true) => Err(format!("no case of the suite has runner `{name}`")),
            _ => Ok(contests),
        }
    }

    /// The passes that can be taken here, with both programs of each case.
    ///
    /// # Errors
    /// When a side has no program for a case.
    pub(super) fn countings(&self, plan: &Plan) -> Result<Countings, String> {
        let mut countings = Countings::default();
        for pass in &plan.rule_passes {
            match engine::measure::tool(pass) {
                Err(lack) => countings.lacks.push(lack),
                Ok(tool) => {
                    countings.infos.push(PassInfo {
                        pass: pass.pass,
                        processes: pass.repeats,
                        params: plan.own_params(pass),
                        tool,
                    });
                    let contests = self.both(&pass.cases)?;
                    countings.passes.push(Counting { plan: pass.clone(), contests });
                }
            }
        }
        Ok(countings)
    }

    /// Whether both were built here, from revisions or the working tree.
    pub(super) fn are_built(&self) -> bool {
        self.baseline.commit.is_some()
    }

    fn both(&self, cases: &[Case]) -> Result<Vec<Contest>, String> {
        let chosen = |case: &&Case| match &self.of_runner {
            Some(name) => case.runner.name == *name,
            None => true,
        };
        let contests = cases.iter().filter(chosen).map(|case| {
            let (baseline, candidate) = (self.base.case(case)?, self.new.case(case)?);
            Ok(Contest { role: Role::Case, baseline, candidate, layouts: Vec::new() })
        });
        contests.collect()
    }
}

/// What is counted beside the pairs.
#[derive(Default)]
pub(super) struct Countings {
    /// The passes that can be taken.
    pub(super) passes: Vec<Counting>,
    /// How each of them is taken.
    pub(super) infos: Vec<PassInfo>,
    /// Why the others cannot.
    pub(super) lacks: Vec<Unavailable>,
}

/// The sides, or why there is no baseline.
pub(super) enum Found {
    /// Both.
    Both(Box<Sides>),
    /// The baseline cannot be had; the reason.
    NoBase(String),
}

/// The sides that the arguments name.
///
/// # Errors
/// When a file is not there, a runner has no such name, or the candidate cannot be built.
pub(super) fn find(
    args: &GateArgs,
    selection: &Selection<'_>,
    plan: &Plan,
    ground: &mut Ground,
) -> anyhow::Result<Found> {
    if let (Some(base), Some(new)) = (&args.base_exe, &args.candidate_exe) {
        return executables(base, new).map(|sides| Found::Both(Box::new(sides)));
    }
    if let (Some(base), Some(new)) = (&args.base_runner, &args.candidate_runner) {
        return runners(base, new, plan).map(|sides| Found::Both(Box::new(sides)));
    }
    let base = args.base.as_deref().context("clap asks for a baseline")?;
    revisions(base, args.candidate.as_deref(), selection, plan, ground)
}

fn executables(base: &Path, new: &Path) -> anyhow::Result<Sides> {
    let copies = Copies::new()?;
    let side = |option: &str, path: &Path, name: &str| -> anyhow::Result<(Named, Party)> {
        if !path.is_file() {
            let text = format!("{option}: there is no file `{}`", path.display());
            return Err(UsageError(text).into());
        }
        let named = Named { name: path.display().to_string(), commit: None };
        let replace = Replace::Executable(copies.of(path, name)?);
        Ok((named, Party { replace, moved: None }))
    };
    let (baseline, base) = side("--base-exe", base, "baseline")?;
    let (candidate, new) = side("--candidate-exe", new, "candidate")?;
    let (missing, of_runner) = (Vec::new(), None);
    Ok(Sides { baseline, candidate, missing, base, new, of_runner, _copies: Some(copies) })
}

fn runners(base: &str, new: &str, plan: &Plan) -> anyhow::Result<Sides> {
    let side = |name: &str| -> anyhow::Result<(Named, Party)> {
        let runner = plan.runner(name).ok_or_else(|| {
            let known: Vec<&str> = plan.runner_names().collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            UsageError(format!("no runner `{name}` in the suite; it has {known}"))
        })?;
        let named = Named { name: name.to_owned(), commit: None };
        Ok((named, Party { replace: Replace::Runner(runner), moved: None }))
    };
    let (baseline, base) = side(base)?;
    let (candidate, new_party) = side(new)?;
    let is_command = |name: &str| {
        plan.runner(name).is_some_and(|one| matches!(one.kind, RunnerKind::Command(_)))
    };
    if is_command(&baseline.name) != is_command(&candidate.name) {
        let text = "a `command` and a `program` do not compare: one is a whole process, the other \
                    an iteration in a warm one";
        return Err(UsageError(text.to_owned()).into());
    }
    Ok(Sides {
        baseline,
        candidate,
        missing: Vec::new(),
        base,
        new: new_party,
        of_runner: Some(new.to_owned()),
        _copies: None,
    })
}

/// Builds the baseline first: a build that shares its directory with the working tree's would
/// otherwise take the candidate's executable away.
fn revisions(
    base: &str,
    candidate: Option<&str>,
    selection: &Selection<'_>,
    plan: &Plan,
    ground: &mut Ground,
) -> anyhow::Result<Found> {
    let workspace = ground.tree.clone();
    let mut builder =
        Builder { launcher: &mut ground.launcher, workspace, build: plan.build.as_ref() };
    let (commit, base_party) = match builder.commit(base) {
        Err(error) => return Ok(Found::NoBase(format!("{error:#}"))),
        Ok(commit) => match builder.revision(&commit) {
            Err(error) => return Ok(Found::NoBase(format!("`{base}` does not build: {error:#}"))),
            Ok(party) => (commit, party),
        },
    };
    let copies = Copies::new()?;
    let (candidate, new) = match candidate {
        Some(revision) => {
            let commit = builder.commit(revision).map_err(|error| UsageError(error.to_string()))?;
            let party = builder.revision(&commit)?;
            (Named { name: revision.to_owned(), commit: Some(commit) }, party)
        }
        None => {
            let party = builder.working_tree(&copies)?;
            (Named { name: "working tree".to_owned(), commit: None }, party)
        }
    };
    let text = builder.file_at(&commit, selection.suite);
    Ok(Found::Both(Box::new(Sides {
        missing: text.map(|text| missing(&text, selection, plan, ground)).unwrap_or_default(),
        baseline: Named { name: base.to_owned(), commit: Some(commit) },
        candidate,
        base: base_party,
        new,
        of_runner: None,
        _copies: Some(copies),
    })))
}

/// The cases of the suite as the baseline has it that are no more. A suite that this dyno cannot
/// plan any longer tells nothing.
fn missing(text: &str, selection: &Selection<'_>, plan: &Plan, ground: &mut Ground) -> Vec<CaseId> {
    let before = planning::plan_text(text, selection, &mut ground.launcher);
    before.map(|before| only_in(&before.cases, &plan.cases)).unwrap_or_default()
}
