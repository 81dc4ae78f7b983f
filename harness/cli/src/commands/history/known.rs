//! What the store has of a history already: the same one, whole or unfinished, and revisions that
//! earlier histories have measured.
//!
//! Only runs of the same suite, machine and dyno count. A revision is known by its tree: equal trees
//! are equal sources.

use std::collections::BTreeMap;

use engine::case::{At, Case};
use engine::pairs::Party;
use engine::plan::{Plan, PlannedRevision};
use engine::session;
use record::store::{State, Store, StoredRun};
use record::{
    CaseId, Failure, FailureKind, Pass, Profile, Revision, RunId, RunInfo, Sample, Status,
};

/// Characters of a commit that tell its cases from those of others.
const KEY_CHARS: usize = 10;

/// What ids of cases at a revision end with.
pub(super) fn key(revision: &Revision) -> String {
    revision.commit.chars().take(KEY_CHARS).collect()
}

/// A run of the same history.
pub(super) enum Same {
    /// It holds everything.
    Whole(RunId),
    /// It was killed or interrupted.
    Unfinished(RunId),
}

/// The runs that a history may take from, the newest first.
pub(super) struct Known<'a> {
    store: &'a Store,
    plan: &'a Plan,
    runs: Vec<(RunInfo, State)>,
    /// Runs that were read, with their samples.
    read: BTreeMap<RunId, StoredRun>,
}

/// What an earlier run has of one revision, under the ids of the new one.
pub(super) struct Taken {
    /// The run in which it was measured.
    pub(super) run: RunId,
    /// When that run began, in ns since the Unix epoch.
    pub(super) started_ns: i64,
    pub(super) samples: Vec<Sample>,
    pub(super) profiles: Vec<Profile>,
}

impl<'a> Known<'a> {
    /// The histories of this suite, measured on this machine by this dyno.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub(super) fn new(store: &'a Store, plan: &'a Plan, machine_key: &str) -> anyhow::Result<Self> {
        let fits = |info: &RunInfo| {
            !info.revisions.is_empty()
                && info.suite.hash == plan.suite.hash
                && info.before.machine_key == machine_key
                && info.dyno == env!("CARGO_PKG_VERSION")
        };
        let runs = store.runs()?.into_iter().rev();
        let runs = runs.filter_map(|run| Some((run.info.filter(|info| fits(info))?, run.state)));
        Ok(Self { store, plan, runs: runs.collect(), read: BTreeMap::new() })
    }

    /// The newest run of the same revisions that holds all of them, or can be continued.
    pub(super) fn same(&self, revisions: &[Revision]) -> Option<Same> {
        let commits = |all: &[Revision]| -> Vec<String> {
            all.iter().map(|revision| revision.commit.clone()).collect()
        };
        let wanted = commits(revisions);
        let mut same = self.runs.iter().filter(|(info, _)| commits(&info.revisions) == wanted);
        same.find_map(|(info, state)| match state {
            State::Complete if info.skipped.is_empty() => Some(Same::Whole(info.id.clone())),
            State::Unfinished => Some(Same::Unfinished(info.id.clone())),
            State::Complete | State::Damaged(_) => None,
        })
    }

    /// What the newest run that has measured all cases of these sources has of them. One that
    /// cannot be read has nothing.
    pub(super) fn taken(&mut self, revision: &Revision) -> Option<Taken> {
        for (info, _) in &self.runs {
            let of_tree = |other: &&Revision| other.tree == revision.tree;
            for other in info.revisions.iter().filter(of_tree) {
                if !self.read.contains_key(&info.id) {
                    let Ok(run) = self.store.read(&info.id) else { continue };
                    self.read.insert(info.id.clone(), run);
                }
                let run = &self.read[&info.id];
                let names = Names { plan: self.plan, old: other, new: revision };
                let samples: Vec<Sample> =
                    run.samples.iter().filter_map(|sample| names.sample(sample)).collect();
                if !is_whole(self.plan, revision, &samples) {
                    continue;
                }
                let profiles = self.store.profiles(&info.id).unwrap_or_default();
                let profiles = profiles.into_iter().filter_map(|profile| names.profile(profile));
                // Where it was taken itself, the run that has measured it.
                let origin = other.taken_from.as_ref().unwrap_or(&info.id);
                let started_ns = samples.iter().map(|sample| sample.started_ns).min();
                return Some(Taken {
                    run: origin.clone(),
                    started_ns: started_ns.unwrap_or(info.started_ns),
                    profiles: profiles.collect(),
                    samples,
                });
            }
        }
        None
    }
}

/// From the cases of one revision to those of another.
struct Names<'a> {
    plan: &'a Plan,
    old: &'a Revision,
    new: &'a Revision,
}

impl Names<'_> {
    /// What a case of the old revision is called at the new one; `None` for other cases.
    fn case(&self, id: &CaseId) -> Option<CaseId> {
        let (old, new) = (at(self.old), at(self.new));
        let of = |case: &&Case| old.id(&case.id) == *id;
        self.plan.cases.iter().find(of).map(|case| new.id(&case.id))
    }

    fn sample(&self, sample: &Sample) -> Option<Sample> {
        let mut sample = Sample { case: self.case(&sample.case)?, ..sample.clone() };
        if let Some(group) = sample.answer.as_mut().and_then(|answer| answer.group.as_mut())
            && let Some(name) = group.strip_suffix(&format!("@{}", key(self.old)))
        {
            *group = at(self.new).group(name);
        }
        Some(sample)
    }

    fn profile(&self, mut profile: Profile) -> Option<Profile> {
        profile.info.case = self.case(&profile.info.case)?;
        Some(profile)
    }
}

fn at(revision: &Revision) -> At {
    At { step: revision.step.id.clone(), key: key(revision), built: true }
}

/// Whether nothing of the timed pass is left to measure of a revision.
pub(super) fn is_whole(plan: &Plan, revision: &Revision, samples: &[Sample]) -> bool {
    let over = plan.over(&[planned(revision, None)]);
    over.is_ok_and(|plan| session::left(&plan, samples, Pass::Timed).is_empty())
}

/// Whether something of a revision is left for which its program is needed: samples of any pass,
/// or a profile of what is measured here. `profiled` are the cases that have one.
pub(super) fn needs_program(
    plan: &Plan,
    revision: &Revision,
    (samples, profiled): (&[Sample], &[CaseId]),
) -> bool {
    let Ok(over) = plan.over(&[planned(revision, None)]) else { return true };
    let mut passes = over.passes.iter().map(|pass| pass.pass).chain([Pass::Timed]);
    let is_out = |case: &Case| {
        samples.iter().any(|sample| sample.case == case.id && sample.status != Status::Ok)
    };
    let wanted = plan.profile.is_some() && revision.taken_from.is_none();
    let unprofiled = |case: &Case| !profiled.contains(&case.id) && !is_out(case);
    passes.any(|pass| !session::left(&over, samples, pass).is_empty())
        || (wanted && over.cases.iter().any(unprofiled))
}

/// A revision with its program, as the plan wants it.
pub(super) fn planned(revision: &Revision, party: Option<Party>) -> PlannedRevision {
    PlannedRevision { step: revision.step.id.clone(), key: key(revision), party }
}

/// The samples of a revision that does not build: each of its cases says so.
pub(super) fn unbuilt(
    plan: &Plan,
    revision: &Revision,
    failure: &Failure,
    now_ns: i64,
) -> Vec<Sample> {
    debug_assert_eq!(failure.kind, FailureKind::Build);
    let sample = |case: &Case| Sample {
        case: at(revision).id(&case.id),
        pass: Pass::Timed,
        process: 0,
        iteration: 0,
        started_ns: now_ns,
        executions: 0,
        status: Status::Failed(failure.clone()),
        values: Vec::new(),
        answer: None,
        marks: Vec::new(),
    };
    plan.cases.iter().map(sample).collect()
}
