//! The run loop: slots in order, one fresh process each, every sample to the store before the
//! next begins.
//!
//! Called by the command line with a plan and an open run. It decides what is still to be done,
//! when the budget is spent and which case is out; how one process is measured stands in
//! [`crate::measure`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use record::store::RunWriter;
use record::{
    CaseId, Failure, FailureKind, Mark, Pass, PassInfo, RunInfo, Sample, Status, Unavailable,
};

use crate::answers::Ledger;
use crate::case::{Case, Sampling};
use crate::counters::say_once;
use crate::measure::{Bench, Keep, Next, Taken, Todo, tool};
use crate::pass::PassPlan;
use crate::plan::Plan;
use crate::schedule::{Slot, slots};

/// A sample that the suite's rule takes out is taken again at most so many times: where the machine
/// is never quiet enough, the run has to end all the same.
const RETAKES_MAX: u32 = 5;

/// Told of everything that happens, between samples and never during one.
pub trait Observer {
    /// A case is about to be measured.
    fn begin(&mut self, case: &Case, progress: &Progress);
    /// A sample is in the store.
    fn sample(&mut self, case: &Case, sample: &Sample, progress: &Progress);
    /// What was to be had of one process replicate is in the store.
    fn end(&mut self, case: &Case, progress: &Progress);
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The pass that is taken.
    pub pass: Pass,
    /// Samples in the store, those of an earlier part of the run included.
    pub done: usize,
    /// Samples of the plan.
    pub total: usize,
    /// Time left by the pace of this part so far; `None` before there is a pace.
    pub left: Option<Duration>,
}

/// How a part of a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to do.
    Finished,
    /// A person asked to stop; the run can be resumed.
    Interrupted,
}

/// What a run came to, over all its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Cases with a wrong answer.
    pub wrong: BTreeSet<CaseId>,
    /// Cases that failed otherwise.
    pub failed: BTreeSet<CaseId>,
    /// Cases without a program: the revision does not build.
    pub unbuilt: BTreeSet<CaseId>,
}

impl Outcome {
    /// Takes one sample into account.
    pub fn add(&mut self, sample: &Sample) {
        if let Status::Failed(failure) = &sample.status {
            match failure.kind {
                FailureKind::WrongAnswer => self.wrong.insert(sample.case.clone()),
                FailureKind::Build => self.unbuilt.insert(sample.case.clone()),
                _ => self.failed.insert(sample.case.clone()),
            };
        }
    }

    /// Whether a case has failed in one way or another.
    pub fn is_out(&self, case: &CaseId) -> bool {
        [&self.wrong, &self.failed, &self.unbuilt].into_iter().any(|cases| cases.contains(case))
    }
}

/// One part of a run: from its beginning, or from where it was killed.
pub struct Session<'a> {
    /// What to measure.
    pub plan: &'a Plan,
    /// What measures it.
    pub bench: Bench<'a>,
    /// Set when a person asks to stop.
    pub stop: &'a AtomicBool,
}

impl Session<'_> {
    /// Measures everything that `earlier` does not hold yet. `info` takes in what could not be
    /// counted and what was skipped.
    ///
    /// # Errors
    /// When the store cannot be written or the launcher is lost. Failures of workloads are
    /// samples, not errors.
    pub fn run(
        &mut self,
        writer: &mut RunWriter,
        info: &mut RunInfo,
        earlier: &[Sample],
        observer: &mut dyn Observer,
    ) -> anyhow::Result<(Ended, Outcome)> {
        let plan = self.plan;
        let mut tally = Tally::of(earlier, plan);
        info.skipped.clear();
        for slot in plan.slots() {
            let case = plan.case(slot);
            if !case.is_built() {
                continue;
            }
            let Some(todo) = tally.todo(case, slot) else { continue };
            if self.stop.load(Ordering::Relaxed) {
                return Ok((Ended::Interrupted, tally.outcome));
            }
            if tally.is_spent() {
                *info.skipped.entry(case.id.as_str().to_owned()).or_default() += todo.counted();
                continue;
            }
            if let Some(pass) = plan.pass(slot.pass)
                && let Err(unavailable) = begin_pass(pass, plan, info)
            {
                say_once(&mut info.unavailable, [unavailable]);
                tally.leave_out(slot.pass, plan);
                continue;
            }
            observer.begin(case, &tally.progress(slot.pass));
            let before = tally.done;
            let mut keep = |taken| tally.keep((case, slot), taken, writer, observer);
            let unavailable = self.replicate(case, &todo, &mut keep)?;
            if tally.done == before && !slot.pass.is_timed() && !unavailable.is_empty() {
                tally.leave_case_out(case, slot.pass, plan);
            }
            say_once(&mut info.unavailable, unavailable);
            info.warnings.append(&mut tally.warnings);
            if let Some(left) = tally.todo(case, slot).filter(|_| tally.is_spent()) {
                *info.skipped.entry(case.id.as_str().to_owned()).or_default() += left.counted();
            }
            observer.end(case, &tally.progress(slot.pass));
        }
        info.warnings.extend(tally.short_of_retakes(plan));
        if self.stop.load(Ordering::Relaxed) && tally.is_short(plan) && info.skipped.is_empty() {
            return Ok((Ended::Interrupted, tally.outcome));
        }
        Ok((Ended::Finished, tally.outcome))
    }

    /// One process replicate. Stops after a failure, or when a person asks to.
    fn replicate(
        &mut self,
        case: &Case,
        todo: &Todo,
        keep: &mut dyn FnMut(Taken) -> anyhow::Result<Next>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let stop = self.stop;
        let keep: &mut Keep<'_> = &mut |taken| {
            let next = keep(taken)?;
            Ok(if stop.load(Ordering::Relaxed) { Next::Stop } else { next })
        };
        match (todo.pass, self.plan.pass(todo.pass)) {
            (Pass::Simulated, Some(pass)) => self.bench.simulate(case, todo, &pass.caches, keep),
            (Pass::Allocation, _) => self.bench.count_allocations(case, todo, keep),
            _ => self.bench.replicate(case, todo, keep),
        }
    }
}

/// The cases of which a pass has something left to do, given what was measured before.
pub fn left(plan: &Plan, earlier: &[Sample], pass: Pass) -> BTreeSet<CaseId> {
    let tally = Tally::of(earlier, plan);
    let slots = plan.slots().into_iter().filter(|slot| slot.pass == pass);
    let open = slots.filter(|slot| tally.todo(plan.case(*slot), *slot).is_some());
    open.map(|slot| plan.case(slot).id.clone()).collect()
}

/// Writes down how a pass is taken, when its first sample is due.
fn begin_pass(pass: &PassPlan, plan: &Plan, info: &mut RunInfo) -> Result<(), Unavailable> {
    if info.passes.iter().any(|known| known.pass == pass.pass) {
        return Ok(());
    }
    let tool = tool(pass)?;
    info.passes.push(PassInfo {
        pass: pass.pass,
        processes: pass.repeats,
        params: plan.own_params(pass),
        tool,
    });
    Ok(())
}

/// What is in the store already, and what follows from it.
struct Tally<'a> {
    sampling: &'a Sampling,
    taken: BTreeMap<(CaseId, Pass, u32), BTreeSet<u32>>,
    /// Cases that failed, and the pass in which they did.
    out: BTreeSet<(CaseId, Pass)>,
    /// Samples of each process replicate that the suite's rule took out. Only the timed pass has
    /// such samples.
    rejected: BTreeMap<(CaseId, u32), u32>,
    /// Metrics of the rule that are not measured, and were told so.
    blind: BTreeSet<&'static str>,
    /// Answers of each pass: each has a size of its own, and so answers of its own.
    ledgers: BTreeMap<Pass, Ledger>,
    outcome: Outcome,
    /// What has turned out since the last case and belongs to the run as a whole.
    warnings: Vec<String>,
    started: Instant,
    done_before: usize,
    done: usize,
    total: usize,
}

impl<'a> Tally<'a> {
    fn of(earlier: &[Sample], plan: &'a Plan) -> Self {
        let mut tally = Self {
            sampling: &plan.sampling,
            taken: BTreeMap::new(),
            out: BTreeSet::new(),
            rejected: BTreeMap::new(),
            blind: BTreeSet::new(),
            ledgers: BTreeMap::new(),
            outcome: Outcome::default(),
            warnings: Vec::new(),
            started: Instant::now(),
            done_before: 0,
            done: 0,
            total: usize::try_from(plan.samples()).unwrap_or(usize::MAX),
        };
        for sample in earlier {
            tally.ledgers.entry(sample.pass).or_default().replay(std::slice::from_ref(sample));
            tally.add(sample);
        }
        tally.done_before = tally.done;
        tally
    }

    /// Judges a sample, stores it and tells of it; says how to go on.
    fn keep(
        &mut self,
        (case, slot): (&Case, Slot),
        Taken { mut sample, output }: Taken,
        writer: &mut RunWriter,
        observer: &mut dyn Observer,
    ) -> anyhow::Result<Next> {
        self.judge(case, &mut sample, output);
        self.reject(&mut sample);
        writer.append(&sample).context("cannot keep a sample")?;
        let before = self.retakes(&case.id, slot);
        self.add(&sample);
        let again = self.retakes(&case.id, slot) > before && !self.is_spent();
        self.total += usize::from(again);
        observer.sample(case, &sample, &self.progress(slot.pass));
        Ok(match (sample.status, again) {
            (Status::Failed(_), _) => Next::Stop,
            (Status::Ok, true) => Next::Again,
            (Status::Ok, false) => Next::On,
        })
    }

    /// Takes a sample out that breaks the rule of the suite.
    fn reject(&mut self, sample: &mut Sample) {
        let Some(rule) = self.sampling.reject.as_ref().filter(|_| sample.counts()) else { return };
        for metric in rule.blind(sample) {
            if self.blind.insert(metric) {
                self.warnings.push(format!(
                    "`reject` looks at `{metric}`, which is not measured here: it takes nothing out"
                ));
            }
        }
        if let Some(why) = rule.broken_by(sample) {
            sample.marks.push(Mark::Rejected { why });
        }
    }

    /// Samples of one process replicate that are taken in place of those that were taken out.
    fn retakes(&self, case: &CaseId, slot: Slot) -> u32 {
        if !slot.pass.is_timed() {
            return 0;
        }
        let rejected = self.rejected.get(&(case.clone(), slot.round)).copied().unwrap_or(0);
        rejected.min(slot.iterations.saturating_mul(RETAKES_MAX))
    }

    fn is_spent(&self) -> bool {
        self.sampling.budget.is_some_and(|budget| self.started.elapsed() >= budget)
    }

    /// Says where samples are missing although they were taken again and again.
    fn short_of_retakes(&self, plan: &Plan) -> Option<String> {
        let mut short = BTreeMap::<&CaseId, u32>::new();
        let slots = slots(&plan.cases, &plan.sampling);
        for slot in slots.into_iter().filter(|slot| slot.pass.is_timed()) {
            let id = &plan.cases[slot.case].id;
            let rejected = self.rejected.get(&(id.clone(), slot.round)).copied().unwrap_or(0);
            let missing = rejected - self.retakes(id, slot);
            if missing > 0 {
                *short.entry(id).or_default() += missing;
            }
        }
        let (id, missing) = short.first_key_value()?;
        let others = match short.len() {
            1 => String::new(),
            more => format!(" and {} other cases", more - 1),
        };
        let rule = self.sampling.reject.as_ref().map_or("", |rule| rule.text());
        Some(format!(
            "`reject` took out every sample that was taken {RETAKES_MAX} times again: {missing} of \
             {id}{others} are missing; free the machine, or loosen `{rule}`"
        ))
    }

    fn add(&mut self, sample: &Sample) {
        if sample.marks.iter().any(|mark| matches!(mark, Mark::Rejected { .. })) {
            let key = (sample.case.clone(), sample.process);
            *self.rejected.entry(key).or_default() += 1;
        }
        let key = (sample.case.clone(), sample.pass, sample.process);
        self.taken.entry(key).or_default().insert(sample.iteration);
        if sample.status != Status::Ok {
            self.out.insert((sample.case.clone(), sample.pass));
        }
        self.outcome.add(sample);
        self.done += 1;
    }

    /// What is left of one process replicate; `None` when nothing is, or when its case is out. A
    /// case that failed once is not tried again in the same pass: its row says why. One that
    /// failed as it is has no other passes either.
    fn todo(&self, case: &Case, slot: Slot) -> Option<Todo> {
        let is_out = |pass| self.out.contains(&(case.id.clone(), pass));
        if is_out(Pass::Timed) || is_out(slot.pass) {
            return None;
        }
        let none = BTreeSet::new();
        let key = (case.id.clone(), slot.pass, slot.round);
        let taken = self.taken.get(&key).unwrap_or(&none);
        let end = slot.warmup + slot.iterations + self.retakes(&case.id, slot);
        let first = (0..end).find(|iteration| !taken.contains(iteration))?;
        Some(Todo { pass: slot.pass, process: slot.round, first, warmup: slot.warmup, end })
    }

    /// Turns a sample with a wrong answer into a failed one, and keeps what its process said.
    fn judge(&mut self, case: &Case, sample: &mut Sample, output: String) {
        if sample.status != Status::Ok {
            return;
        }
        if let Some(answer) = &mut sample.answer {
            answer.group = case.group(answer.group.take());
        }
        let rows = sample.value(record::metrics::ROWS.name).map(|rows| rows as u64);
        let ledger = self.ledgers.entry(sample.pass).or_default();
        if let Err(failure) = ledger.judge(case, rows, sample.answer.as_ref()) {
            self.warnings.extend(ledger.take_doubt());
            sample.status = Status::Failed(Failure { output, ..failure });
        }
    }

    /// A pass that cannot be taken on this machine.
    fn leave_out(&mut self, pass: Pass, plan: &Plan) {
        for case in &plan.cases {
            self.leave_case_out(case, pass, plan);
        }
    }

    /// A case that cannot be measured in a pass.
    fn leave_case_out(&mut self, case: &Case, pass: Pass, plan: &Plan) {
        let slots = plan.slots().into_iter().filter(|slot| slot.pass == pass);
        let left = slots
            .filter(|slot| plan.cases[slot.case].id == case.id)
            .filter_map(|slot| self.todo(case, slot))
            .map(|todo| (todo.end - todo.first) as usize)
            .sum();
        self.total = self.total.saturating_sub(left);
        self.out.insert((case.id.clone(), pass));
    }

    fn is_short(&self, plan: &Plan) -> bool {
        let built = plan.slots().into_iter().filter(|slot| plan.case(*slot).is_built());
        built
            .map(|slot| (plan.case(slot), slot))
            .any(|(case, slot)| self.todo(case, slot).is_some())
    }

    fn progress(&self, pass: Pass) -> Progress {
        let new = self.done - self.done_before;
        let left = (new > 0).then(|| {
            let pace = self.started.elapsed().div_f64(new as f64);
            pace.mul_f64(self.total.saturating_sub(self.done) as f64)
        });
        Progress { pass, done: self.done, total: self.total, left }
    }
}
