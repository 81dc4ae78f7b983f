//! `dyno history`: a suite at every revision of a range, measured in turn and kept as one run.
//!
//! Each revision is built in a tree of its own; its cases stand beside those of the others in one
//! plan, so that rounds are shuffled over all of them. The run loop, the profile pass and the report
//! are those of `dyno run`. What the store has already is not measured again.

mod commits;
mod known;
mod named;

use std::collections::BTreeMap;

use engine::case::RunnerKind;
use engine::measure::now_ns;
use engine::pairs::Party;
use engine::plan::Plan;
use jiff::Timestamp;
use record::store::{RunWriter, Store};
use record::{CaseId, Failure, Profile, Revision, RunId, RunInfo, Sample};
use reports::format::{counted, moment, printable};

use super::builds::{Builder, Copies, NoBuild};
use super::measuring::{self, Ground, Part};
use super::planning::{self, Selection};
use super::run::found;
use crate::args::HistoryArgs;
use crate::exit::{Exit, UsageError};
pub(crate) use commits::Repository;
use known::{Known, Same};

/// What continues a history that was stopped.
const AGAIN: &str = "the same command";

/// Measures what of a history is not in the store yet, and shows all of it.
///
/// # Errors
/// When the suite or the revisions cannot be understood, a tree cannot be made, or the store cannot
/// be written. A revision that does not build is a step that says so.
pub(crate) fn run(args: &HistoryArgs) -> anyhow::Result<Exit> {
    let mut ground = Ground::new(args.ending.store.store.as_deref(), Some(&args.suite))?;
    let repository = Repository::find(&args.repo, &ground.tree)?;
    ground.tree.clone_from(&repository.root);
    let mut revisions = repository.revisions(&commits::asked(&repository, args)?)?;
    if let Some(path) = &args.steps {
        named::apply(path, &repository, &mut revisions)?;
    }
    let asked = Asked::plan(args, &repository, &mut ground)?;
    if asked.plan.cases.is_empty() {
        eprintln!("no case is selected by `{}`", args.filter.as_deref().unwrap_or_default());
        return Ok(Exit::NothingSelected);
    }
    let machine = measuring::capture(&ground.store.work_dir(), &ground.tree)?.machine_key;
    let store = ground.store.clone();
    let mut known = Known::new(&store, &asked.plan, &machine)?;
    let begun = match known.same(&revisions).filter(|_| !args.fresh) {
        Some(Same::Whole(id)) => return shown_again(args, &store, &id, &revisions),
        Some(Same::Unfinished(id)) => Begun::resumed(&store, &id, revisions, &asked.plan)?,
        None if args.fresh => Begun::new(revisions),
        None => Begun::taken(revisions, &mut known),
    };
    begun.tell();
    begun.measure(&asked, &repository, &mut ground)
}

/// What is asked for.
struct Asked<'a> {
    args: &'a HistoryArgs,
    plan: Plan,
    /// Whether nobody has asked for profiles.
    lenient: bool,
}

impl<'a> Asked<'a> {
    fn plan(
        args: &'a HistoryArgs,
        repository: &Repository,
        ground: &mut Ground,
    ) -> anyhow::Result<Self> {
        let mut set = args.sampling.overrides();
        set.extend(args.set.iter().cloned());
        let filter = args.filter.as_deref();
        let selection = Selection { suite: &args.suite, filter, set: &set, pin: None };
        let mut plan = planning::plan(&selection, &mut ground.launcher)?;
        in_its_tree(&plan, repository)?;
        let lenient = plan.profile.is_none();
        plan.profile = match (args.no_profile, plan.profile.take()) {
            (true, _) => None,
            (false, asked) => Some(asked.unwrap_or_default()),
        };
        Ok(Self { args, plan, lenient })
    }
}

/// Refuses a suite whose programs would be the same ones at every revision.
///
/// # Errors
/// When a runner works outside of the repository and no executable takes its place.
pub(crate) fn in_its_tree(plan: &Plan, repository: &Repository) -> anyhow::Result<()> {
    if plan.build.as_ref().is_some_and(|build| build.executable.is_some()) {
        return Ok(());
    }
    let outside = plan.cases.iter().find(|case| {
        !matches!(case.runner.kind, RunnerKind::Builtin)
            && !case.runner.cwd.starts_with(&repository.root)
    });
    match outside {
        None => Ok(()),
        Some(case) => Err(UsageError(format!(
            "runner `{}` works in `{}`, outside of the repository `{}`: every revision would be \
             the same program\nhint: `cwd` in the suite, or `executable` in its `[build]`",
            case.runner.name,
            case.runner.cwd.display(),
            repository.root.display()
        ))
        .into()),
    }
}

/// The same history was measured: what is new is what people say of its steps.
fn shown_again(
    args: &HistoryArgs,
    store: &Store,
    id: &RunId,
    revisions: &[Revision],
) -> anyhow::Result<Exit> {
    eprintln!("nothing is left to measure: run {id} has all of it (--fresh measures it again)");
    store.update_info(id, |info| info.revisions = with_origins(revisions, info))?;
    measuring::conclude(&args.ending, store, id)?;
    Ok(Exit::Ok)
}

/// The revisions as they are called now, with where a run has their samples from.
fn with_origins(revisions: &[Revision], info: &RunInfo) -> Vec<Revision> {
    let origin = |revision: &Revision| {
        let same = info.revisions.iter().find(|other| other.commit == revision.commit);
        same.and_then(|other| other.taken_from.clone())
    };
    let with = |revision: &Revision| Revision { taken_from: origin(revision), ..revision.clone() };
    revisions.iter().map(with).collect()
}

/// A history that is about to be measured, with what is there already.
struct Begun {
    revisions: Vec<Revision>,
    /// Samples that need not be taken.
    samples: Vec<Sample>,
    /// Profiles of other runs.
    profiles: Vec<Profile>,
    /// When the runs began that samples were taken from.
    origins: BTreeMap<RunId, i64>,
    /// The run that is continued, and its cases that have a profile.
    open: Option<(RunWriter, RunInfo, Vec<CaseId>)>,
}

/// What became of the builds.
#[derive(Default)]
struct Built {
    /// The program of each revision; `None` where it does not build or nothing of it is left.
    parties: Vec<Option<Party>>,
    /// Places of the revisions that do not build, and why not.
    failures: Vec<(usize, Failure)>,
}

impl Begun {
    /// Everything is to be measured.
    fn new(revisions: Vec<Revision>) -> Self {
        let (samples, profiles) = (Vec::new(), Vec::new());
        Self { revisions, samples, profiles, origins: BTreeMap::new(), open: None }
    }

    /// What earlier histories have is taken from them.
    fn taken(revisions: Vec<Revision>, known: &mut Known<'_>) -> Self {
        let mut begun = Self::new(revisions);
        for revision in &mut begun.revisions {
            let Some(taken) = known.taken(revision) else { continue };
            begun.origins.insert(taken.run.clone(), taken.started_ns);
            revision.taken_from = Some(taken.run);
            begun.samples.extend(taken.samples);
            begun.profiles.extend(taken.profiles);
        }
        begun
    }

    /// A run that was killed is continued.
    fn resumed(
        store: &Store,
        id: &RunId,
        revisions: Vec<Revision>,
        plan: &Plan,
    ) -> anyhow::Result<Self> {
        let profiled = store.profiles(id)?.into_iter().map(|profile| profile.info.case).collect();
        let (writer, info, samples, recovery) = RunWriter::resume(store, id)?;
        eprintln!("resuming {id}: {}", found(&recovery));
        let mut revisions = with_origins(&revisions, &info);
        for revision in &mut revisions {
            // It was killed before all was taken over.
            if !known::is_whole(plan, revision, &samples) {
                revision.taken_from = None;
            }
        }
        let open = Some((writer, info, profiled));
        Ok(Self { samples, open, ..Self::new(revisions) })
    }

    /// Says what the steps are and which are measured.
    fn tell(&self) {
        for revision in &self.revisions {
            let state = match &revision.taken_from {
                Some(run) => format!("  (taken from run {run})"),
                None => String::new(),
            };
            eprintln!("{}{state}", line(revision));
        }
    }

    /// Builds and measures what is left.
    fn measure(
        mut self,
        asked: &Asked<'_>,
        repository: &Repository,
        ground: &mut Ground,
    ) -> anyhow::Result<Exit> {
        let copies = Copies::new()?;
        let built = self.build(&asked.plan, repository, (ground, &copies))?;
        let planned = self.revisions.iter().zip(built.parties);
        let planned: Vec<_> =
            planned.map(|(revision, party)| known::planned(revision, party)).collect();
        let plan = asked.plan.over(&planned).map_err(UsageError)?;
        let mut part = self.part(plan, asked, ground)?;
        for (revision, failure) in built.failures {
            for sample in known::unbuilt(&asked.plan, &self.revisions[revision], &failure, now_ns())
            {
                part.writer.append(&sample)?;
                part.earlier.push(sample);
            }
        }
        let measured = measuring::measure(ground, part, &asked.args.ending)?;
        if measured.set.is_some() {
            // Nothing will be measured in them again.
            let builder = builder(&asked.plan, repository, ground);
            self.revisions.iter().for_each(|revision| builder.remove_tree(&revision.commit));
        }
        Ok(measured.exit)
    }

    /// The program of every revision of which something is left, and the builds that failed.
    fn build(
        &self,
        plan: &Plan,
        repository: &Repository,
        (ground, copies): (&mut Ground, &Copies),
    ) -> anyhow::Result<Built> {
        let mut builder = builder(plan, repository, ground);
        let profiled = self.open.as_ref().map_or(&[][..], |(_, _, profiled)| profiled);
        let mut built = Built::default();
        for (number, revision) in self.revisions.iter().enumerate() {
            if !known::needs_program(plan, revision, (&self.samples, profiled)) {
                built.parties.push(None);
                continue;
            }
            match builder.revision(&revision.commit) {
                Ok(party) => {
                    let held = copies.hold(party, &known::key(revision))?;
                    built.parties.push(Some(held));
                }
                Err(error) => {
                    let NoBuild(failure) = error.downcast()?;
                    eprintln!("step {} does not build: {}", revision.step.id, failure.message);
                    built.failures.push((number, failure));
                    built.parties.push(None);
                }
            }
        }
        Ok(built)
    }

    /// The run: the one that is continued, or a new one that holds what was taken.
    fn part(&mut self, plan: Plan, asked: &Asked<'_>, ground: &Ground) -> anyhow::Result<Part> {
        let Asked { args, lenient, .. } = asked;
        let label = args.ending.label.as_deref();
        let mut part = match self.open.take() {
            Some((writer, mut info, _)) => {
                info.revisions.clone_from(&self.revisions);
                info.label = label.map(str::to_owned).or(info.label);
                let earlier = std::mem::take(&mut self.samples);
                Part { plan, info, writer, earlier, lenient: *lenient, again: String::new() }
            }
            None => {
                let mut part = measuring::begin(ground, plan, label, |info| {
                    info.revisions.clone_from(&self.revisions);
                    info.warnings.extend(self.apart());
                })?;
                for sample in std::mem::take(&mut self.samples) {
                    part.writer.append(&sample)?;
                    part.earlier.push(sample);
                }
                for profile in &self.profiles {
                    ground.store.keep_profile(part.writer.id(), profile)?;
                }
                part
            }
        };
        part.lenient = *lenient;
        AGAIN.clone_into(&mut part.again);
        Ok(part)
    }

    /// Which steps were not measured in turn with the others, run by run.
    fn apart(&self) -> Vec<String> {
        let of = |(run, started_ns): (&RunId, &i64)| {
            let own = self.revisions.iter().filter(|one| one.taken_from.as_ref() == Some(run));
            let steps: Vec<&str> = own.map(|revision| revision.step.id.as_str()).collect();
            format!(
                "{} {} measured in run {run} ({}) and not in turn with the others: the machine's \
                 drift since then is in every difference between them",
                if steps.len() == 1 { "step" } else { "steps" },
                were(&steps),
                moment(*started_ns)
            )
        };
        self.origins.iter().map(of).collect()
    }
}

/// `00 was`, `00 and 01 were`, `00 to 07 were`.
fn were(steps: &[&str]) -> String {
    match steps {
        [] => String::new(),
        [one] => format!("{one} was"),
        [one, two] => format!("{one} and {two} were"),
        [others @ .., last] => format!("{} and {last} were", others.join(", ")),
    }
}

fn builder<'a>(plan: &'a Plan, repository: &Repository, ground: &'a mut Ground) -> Builder<'a> {
    let workspace = repository.root.clone();
    Builder { launcher: &mut ground.launcher, workspace, build: plan.build.as_ref() }
}

/// A revision in one line.
fn line(revision: &Revision) -> String {
    let Revision { step, commit, diff, .. } = revision;
    let day = Timestamp::from_second(revision.authored_s).unwrap_or(Timestamp::UNIX_EPOCH);
    let commit: String = commit.chars().take(10).collect();
    let files = counted(usize::try_from(diff.files).unwrap_or(usize::MAX), "file");
    let (day, added, removed) = (day.strftime("%Y-%m-%d"), diff.added, diff.removed);
    let text = format!("{}  {commit}  {day}  +{added} −{removed} in {files}", step.id);
    let reverted = if step.reverted { " (reverted)" } else { "" };
    printable(&format!("{text}  {}{reverted}", step.title))
}
