//! The two sides of a gate: found as two executables or two runners, or built from two revisions.

use std::path::Path;

use anyhow::Context;
use engine::case::{Case, RunnerKind};
use engine::pairs::{Contest, Party, Replace};
use engine::plan::Plan;
use record::gate::{Party as Named, Role};

use crate::args::GateArgs;
use crate::commands::measuring::Ground;
use crate::exit::UsageError;

/// Both sides: what they are called, and how their programs are found.
pub(super) struct Sides {
    pub(super) baseline: Named,
    pub(super) candidate: Named,
    base: Party,
    new: Party,
    /// The runner whose cases are measured, where two runners are compared.
    of_runner: Option<String>,
}

impl Sides {
    /// Every case of the plan with both programs.
    ///
    /// # Errors
    /// When a side has no program for a case, or no case is of the runner that is judged.
    pub(super) fn contests(&self, plan: &Plan) -> Result<Vec<Contest>, String> {
        let chosen = |case: &&Case| match &self.of_runner {
            Some(name) => case.runner.name == *name,
            None => true,
        };
        let contests = plan.cases.iter().filter(chosen).map(|case| {
            let (baseline, candidate) = (self.base.case(case)?, self.new.case(case)?);
            Ok(Contest { role: Role::Case, baseline, candidate })
        });
        let contests = contests.collect::<Result<Vec<_>, String>>()?;
        match (&self.of_runner, contests.is_empty()) {
            (Some(name), true) => Err(format!("no case of the suite has runner `{name}`")),
            _ => Ok(contests),
        }
    }
}

/// The sides that the arguments name.
///
/// # Errors
/// When a file is not there, a runner has no such name, or a revision cannot be built.
pub(super) fn find(args: &GateArgs, plan: &Plan, ground: &mut Ground) -> anyhow::Result<Sides> {
    if let (Some(base), Some(new)) = (&args.base_exe, &args.candidate_exe) {
        return executables(base, new, plan, ground);
    }
    if let (Some(base), Some(new)) = (&args.base_runner, &args.candidate_runner) {
        return runners(base, new, plan);
    }
    anyhow::bail!("clap asks for one of the three ways to name a baseline")
}

fn executables(base: &Path, new: &Path, plan: &Plan, ground: &Ground) -> anyhow::Result<Sides> {
    let _ = (plan, ground);
    let side = |option: &str, path: &Path| -> anyhow::Result<(Named, Party)> {
        let absolute = std::path::absolute(path).context("no absolute path of an executable")?;
        if !absolute.is_file() {
            let text = format!("{option}: there is no file `{}`", path.display());
            return Err(UsageError(text).into());
        }
        let named = Named { name: path.display().to_string(), commit: None };
        Ok((named, Party { replace: Replace::Executable(absolute), moved: None }))
    };
    let (baseline, base) = side("--base-exe", base)?;
    let (candidate, new) = side("--candidate-exe", new)?;
    Ok(Sides { baseline, candidate, base, new, of_runner: None })
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
    Ok(Sides { baseline, candidate, base, new: new_party, of_runner: Some(new.to_owned()) })
}
