//! The passes of a gate beside its pairs: what no noise can move is counted on both sides.
//!
//! Taken before the pairs, because it is soon done and tells for certain. A side that cannot be
//! measured so is no failure: its case has a unit without values, and what is missing is said.

use std::collections::BTreeSet;
use std::time::Instant;

use rand::rngs::StdRng;
use record::gate::{Role, Side, SideFailure, Unit};
use record::{CaseId, FailureKind, Pass};

use super::answers::Answers;
use super::{Contest, Told, Tournament, gather, without_noise};
use crate::measure::now_ns;
use crate::pass::PassPlan;
use crate::session::Ended;

/// A pass, and the cases that go through it with both their programs.
#[derive(Clone, Debug)]
pub struct Counting {
    /// What is done; its cases are those of the contests.
    pub plan: PassPlan,
    /// The cases at the size that the pass gives them.
    pub contests: Vec<Contest>,
}

impl Tournament<'_> {
    /// Takes every pass. The cases whose candidate gave a wrong answer need no pairs any more.
    ///
    /// # Errors
    /// As [`Tournament::run`].
    pub(super) fn count(
        &mut self,
        told: &mut Told<'_>,
        rng: &mut StdRng,
    ) -> anyhow::Result<(Ended, BTreeSet<CaseId>)> {
        let mut wrong = BTreeSet::new();
        for Counting { plan, contests } in std::mem::take(&mut self.passes) {
            // At the size of a pass, answers are others.
            let mut answers = Answers::default();
            for (at, contest) in contests.iter().enumerate() {
                let began = Instant::now();
                for repeat in 0..plan.repeats {
                    if self.is_stopped() {
                        return Ok((Ended::Interrupted, wrong));
                    }
                    let is_long = repeat > 0 && began.elapsed() >= self.limits.per_case;
                    if is_long || self.is_out_of_time(told.started) {
                        break;
                    }
                    told.watcher.begin(contest, plan.pass, contests.len() - at);
                    let unit =
                        self.counted_unit((&plan, contest), repeat, (&mut answers, told), rng)?;
                    told.unit(&unit)?;
                    if is_wrong(&unit) {
                        wrong.insert(unit.case.clone());
                    }
                    if unit.failure.is_some() || unit.metrics.is_empty() {
                        break;
                    }
                }
            }
        }
        Ok((Ended::Finished, wrong))
    }

    fn counted_unit(
        &mut self,
        (plan, contest): (&PassPlan, &Contest),
        repeat: u32,
        (answers, told): (&mut Answers, &mut Told<'_>),
        rng: &mut StdRng,
    ) -> anyhow::Result<Unit> {
        let Contest { baseline, candidate, .. } = contest;
        let (started, started_ns) = (Instant::now(), now_ns());
        let pair = self.bench.counted_pair(plan, [baseline, candidate], repeat, rng)?;
        let failure = match pair.failure {
            Some(failure) => Some(failure),
            None => {
                let judged = answers.judge(Role::Case, candidate, &pair.answers);
                judged.err().map(|failure| of_pass(plan.pass, failure))
            }
        };
        told.lacks(pair.unavailable);
        Ok(Unit {
            case: candidate.id.clone(),
            role: Role::Case,
            pass: plan.pass,
            layout: None,
            pair: repeat,
            started_ns,
            seconds: started.elapsed().as_secs_f64(),
            executions: 1,
            first: pair.couples.iter().map(|couple| couple.first).collect(),
            metrics: gather::metrics(&pair.couples),
            failure: failure.map(without_noise),
        })
    }
}

fn is_wrong(unit: &Unit) -> bool {
    unit.failure.as_ref().is_some_and(|failure| {
        failure.side == Side::Candidate && failure.failure.kind == FailureKind::WrongAnswer
    })
}

fn of_pass(pass: Pass, mut failure: SideFailure) -> SideFailure {
    failure.failure.message = format!("in the {pass} pass: {}", failure.failure.message);
    failure
}
