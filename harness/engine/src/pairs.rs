//! The loop of a gate: cases in turn, one process pair each, until a stopper has seen enough.
//!
//! Called by the command line with two sides, the cases, a [`Stopper`] that decides and a place to
//! keep every pair. How a pair is measured stands in [`crate::measure::paired`]; what the numbers
//! mean is nobody's business here.

mod answers;
mod counting;
mod couples;
mod gather;
mod party;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use record::gate::{Role, SideFailure, Unit};
use record::{Pass, Unavailable, metrics};
use stats::sequential::layouts;

use crate::case::{Case, RunnerKind};
use crate::counters::say_once;
use crate::measure::paired::{Turns, WARMUP};
use crate::measure::{Bench, now_ns};
use crate::session::Ended;
use answers::Answers;
pub use counting::Counting;
use couples::Pilot;
pub use party::{Party, Replace};

/// Shorter executions of the work are repeated inside one request until they last this long: below
/// it the round trip and the clock are a part of the noise.
const HALF_NS_MIN: f64 = 2e6;

/// Executions in one request, at most.
const EXECUTIONS_MAX: f64 = 10_000.0;

/// Pairs that a case should be able to afford: a decision needs some fifteen.
const PAIRS: u32 = 24;

/// Longest time for the couples of one pair.
const PAIR_TIME_MAX: Duration = Duration::from_secs(3);

/// A case and its two sides.
#[derive(Clone, Debug)]
pub struct Contest {
    /// What it is measured for.
    pub role: Role,
    /// The case as the baseline has it.
    pub baseline: Case,
    /// The case as the candidate has it.
    pub candidate: Case,
    /// Both with their programs linked otherwise. The pairs take these in turn, and the programs
    /// above only where there are none.
    pub layouts: Vec<Layout>,
}

/// The two sides of a case, linked with their functions in another order.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The number that stood for `{seed}`.
    pub seed: u64,
    /// The case as the baseline has it.
    pub baseline: Case,
    /// The case as the candidate has it.
    pub candidate: Case,
}

impl Contest {
    /// The two programs of a pair, and their layout: each has so many pairs, one after the other, as
    /// those who judge layouts want of it.
    fn programs(&self, pair: u32) -> (Option<u64>, [&Case; 2]) {
        let turn = pair as usize / layouts::PAIRS;
        match self.layouts.get(turn % self.layouts.len().max(1)) {
            Some(Layout { seed, baseline, candidate }) => (Some(*seed), [baseline, candidate]),
            None => (None, [&self.baseline, &self.candidate]),
        }
    }
}

/// Says when a case is decided.
pub trait Stopper {
    /// Takes in one pair.
    fn observe(&mut self, unit: &Unit) -> Decision;
}

/// Whether a case is worth another pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is not decided.
    More,
    /// It is.
    Enough,
}

/// Told between pairs.
pub trait Watcher {
    /// A pair of this case is about to be measured in this pass; `open` cases are not decided yet.
    fn begin(&mut self, contest: &Contest, pass: Pass, open: usize);
    /// A pair is over and kept.
    fn unit(&mut self, unit: &Unit);
}

/// How long a gate may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The whole of it.
    pub total: Option<Duration>,
    /// The pairs of one case.
    pub per_case: Duration,
}

impl Limits {
    /// What is left after some time.
    fn after(self, gone: Duration) -> Self {
        Self { total: self.total.map(|total| total.saturating_sub(gone)), ..self }
    }

    /// The time that each of `cases` can count on.
    fn share(&self, cases: usize) -> Duration {
        let cases = u32::try_from(cases.max(1)).unwrap_or(u32::MAX);
        self.total.map_or(self.per_case, |total| self.per_case.min(total / cases))
    }
}

/// Everything that a gate measures with.
pub struct Tournament<'a> {
    /// The cases.
    pub contests: Vec<Contest>,
    /// What is counted beside the pairs.
    pub passes: Vec<Counting>,
    /// What measures.
    pub bench: Bench<'a>,
    /// How long.
    pub limits: Limits,
    /// Whether the baseline is held against itself too.
    pub control: bool,
    /// A variable that only one of the two identical programs is given: for tests of what is said
    /// when they differ.
    pub unfair: Option<(String, String)>,
    /// Set when a person asks to stop.
    pub stop: &'a AtomicBool,
}

/// What the loop came to.
#[derive(Debug)]
pub struct Played {
    /// How it ended.
    pub ended: Ended,
    /// What could not be counted, each once.
    pub unavailable: Vec<Unavailable>,
}

/// Who is told of every pair, and what the machine lacks.
struct Told<'t> {
    stopper: &'t mut dyn Stopper,
    watcher: &'t mut dyn Watcher,
    keep: &'t mut dyn FnMut(&Unit) -> anyhow::Result<()>,
    unavailable: Vec<Unavailable>,
    started: Instant,
}

impl Told<'_> {
    /// A pair is over: kept before anything else, then looked at.
    fn unit(&mut self, unit: &Unit) -> anyhow::Result<Decision> {
        (self.keep)(unit)?;
        self.watcher.unit(unit);
        Ok(self.stopper.observe(unit))
    }

    fn lacks(&mut self, unavailable: Vec<Unavailable>) {
        say_once(&mut self.unavailable, unavailable);
    }
}

/// Where one case stands.
struct Standing {
    contest: Contest,
    pairs: u32,
    seconds: f64,
    executions: u32,
    pilot: Pilot,
    open: bool,
}

impl Tournament<'_> {
    /// Takes the passes, then measures pair after pair, case after case in a fresh random order each round, until every
    /// case is decided or out of time. Each pair goes to `keep` before the next one begins.
    ///
    /// # Errors
    /// When a pair cannot be kept, a directory cannot be made or the launcher is lost.
    pub fn run(
        &mut self,
        stopper: &mut dyn Stopper,
        watcher: &mut dyn Watcher,
        keep: &mut dyn FnMut(&Unit) -> anyhow::Result<()>,
    ) -> anyhow::Result<Played> {
        let unavailable = Vec::new();
        let mut told = Told { stopper, watcher, keep, unavailable, started: Instant::now() };
        let mut rng = StdRng::seed_from_u64(self.bench.sampling.seed);
        let (mut ended, wrong) = self.count(&mut told, &mut rng)?;
        if ended == Ended::Finished {
            self.contests.retain(|contest| !wrong.contains(&contest.candidate.id));
            ended = self.in_turn(&mut told, &mut rng)?;
        }
        Ok(Played { ended, unavailable: told.unavailable })
    }

    /// The cases in turn.
    fn in_turn(&mut self, told: &mut Told<'_>, rng: &mut StdRng) -> anyhow::Result<Ended> {
        let mut standings: Vec<Standing> =
            std::mem::take(&mut self.contests).into_iter().map(Standing::new).collect();
        let left = self.limits.after(told.started.elapsed());
        let share = left.share(standings.len() + usize::from(self.control));
        let time = (share / PAIRS).min(PAIR_TIME_MAX);
        let mut answers = Answers::default();
        let mut open: Vec<usize> = (0..standings.len()).collect();
        while !open.is_empty() {
            open.shuffle(rng);
            for &at in &open {
                if self.is_stopped() {
                    return Ok(Ended::Interrupted);
                }
                if self.is_out_of_time(told.started) {
                    return Ok(Ended::Finished);
                }
                let standing = &mut standings[at];
                told.watcher.begin(&standing.contest, Pass::Timed, open.len());
                // A pair throws its coins from a number of its own, so that how many couples it
                // has changes nothing about the next one.
                let mut coins = StdRng::seed_from_u64(rng.random());
                let (unit, lacks) = self.unit(standing, time, &mut answers, &mut coins)?;
                told.lacks(lacks);
                let decision = told.unit(&unit)?;
                standing.take(&unit, decision, self.limits.per_case);
            }
            if std::mem::take(&mut self.control) {
                let contest = control(&standings, self.unfair.take());
                standings.extend(contest.map(Standing::new));
            }
            open = (0..standings.len()).filter(|&at| standings[at].open).collect();
        }
        Ok(Ended::Finished)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn is_out_of_time(&self, started: Instant) -> bool {
        self.limits.total.is_some_and(|total| started.elapsed() >= total)
    }

    /// One pair of one case.
    fn unit(
        &mut self,
        standing: &mut Standing,
        time: Duration,
        answers: &mut Answers,
        rng: &mut StdRng,
    ) -> anyhow::Result<(Unit, Vec<Unavailable>)> {
        let Contest { role, candidate, .. } = &standing.contest;
        let (layout, sides) = standing.contest.programs(standing.pairs);
        let (started, started_ns) = (Instant::now(), now_ns());
        let turns = standing.turns(time);
        let pair = self.bench.pair(sides, &turns, rng)?;
        let failure = match pair.failure {
            Some(failure) => Some(failure),
            None => answers.judge(*role, candidate, &pair.answers).err(),
        };
        let unit = Unit {
            case: candidate.id.clone(),
            role: *role,
            pass: Pass::Timed,
            layout,
            pair: standing.pairs,
            started_ns,
            seconds: started.elapsed().as_secs_f64(),
            executions: turns.executions,
            first: pair.couples.iter().map(|couple| couple.first).collect(),
            metrics: gather::metrics(&pair.couples),
            failure: failure.map(without_noise),
        };
        standing.pilot.take(&unit, pair.inside);
        Ok((unit, pair.unavailable))
    }
}

impl Standing {
    fn new(contest: Contest) -> Self {
        let pilot = Pilot::default();
        Self { contest, pairs: 0, seconds: 0.0, executions: 1, pilot, open: true }
    }

    /// A whole process is warm or cold as it always is: its pair is one couple, and the machine
    /// is warmed once.
    fn turns(&self, time: Duration) -> Turns {
        let is_command = matches!(self.contest.candidate.runner.kind, RunnerKind::Command(_));
        let (warmup, couples) = match (is_command, self.pairs) {
            (true, 0) => (1, 1),
            (true, _) => (0, 1),
            (false, _) => (WARMUP, self.pilot.couples()),
        };
        Turns { pair: self.pairs, warmup, couples, executions: self.executions, time }
    }

    fn take(&mut self, unit: &Unit, decision: Decision, per_case: Duration) {
        self.pairs += 1;
        self.seconds += unit.seconds;
        let out_of_time = self.seconds >= per_case.as_secs_f64();
        self.open = decision == Decision::More && unit.failure.is_none() && !out_of_time;
        if let (0, Some(wall)) = (unit.pair, unit.metric(metrics::WALL_TIME.name)) {
            self.executions = executions(&wall.baseline);
        }
    }
}

/// How often the work is executed in one request, by the times of single executions.
fn executions(wall_ns: &[f64]) -> u32 {
    let shortest = wall_ns.iter().copied().fold(f64::INFINITY, f64::min).max(1.0);
    (HALF_NS_MIN / shortest).ceil().clamp(1.0, EXECUTIONS_MAX) as u32
}

/// The baseline against itself, in the case that costs least.
fn control(standings: &[Standing], unfair: Option<(String, String)>) -> Option<Contest> {
    let measured = standings.iter().filter(|one| one.open || one.seconds > 0.0);
    let cheapest = measured.min_by(|one, other| one.seconds.total_cmp(&other.seconds))?;
    let baseline = cheapest.contest.baseline.clone();
    let mut candidate = baseline.clone();
    if let Some((name, value)) = unfair {
        Arc::make_mut(&mut candidate.runner).env.insert(name, value);
    }
    Some(Contest { role: Role::Control, candidate, baseline, layouts: Vec::new() })
}

/// The end of an output is enough for a person; all of it may be 64 KiB.
fn without_noise(mut failure: SideFailure) -> SideFailure {
    const CHARS: usize = 4_000;
    let output = &failure.failure.output;
    let from = output.chars().count().saturating_sub(CHARS);
    failure.failure.output = output.chars().skip(from).collect();
    failure
}

/// The cases that only one of two plans has, by id.
pub fn only_in(one: &[Case], other: &[Case]) -> Vec<record::CaseId> {
    let there: BTreeSet<_> = other.iter().map(|case| &case.id).collect();
    one.iter().filter(|case| !there.contains(&case.id)).map(|case| case.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_work_is_repeated_until_a_half_lasts_two_milliseconds() {
        assert_eq!(executions(&[3e6, 2.5e6]), 1);
        assert_eq!(executions(&[1e6, 0.5e6]), 4);
        assert_eq!(executions(&[0.0]), 10_000);
        assert_eq!(executions(&[]), 1);
    }

    #[test]
    fn a_case_can_count_on_its_share_of_the_whole() {
        let limits = |total| Limits { total, per_case: Duration::from_secs(60) };
        assert_eq!(limits(None).share(100), Duration::from_secs(60));
        assert_eq!(limits(Some(Duration::from_secs(300))).share(10), Duration::from_secs(30));
        assert_eq!(limits(Some(Duration::from_secs(300))).share(0), Duration::from_secs(60));
    }
}
