//! Two builds in a pass beside the timed one: each works once in a fresh process, one after the
//! other, from a copy of its program under the same path, so that even the environment is the same.
//!
//! The loop of a gate calls this. What is counted there no noise can move, so nobody takes turns.

use rand::RngExt;
use rand::rngs::StdRng;
use record::gate::{Side, SideFailure};
use record::{Pass, Sample, Status, metrics};

use super::paired::{Couple, Given, Pair};
use super::{Bench, Next, Todo};
use crate::case::Case;
use crate::pass::PassPlan;

impl Bench<'_> {
    /// One process of each side in this pass, as a pair of one couple. Without any couple where one
    /// of them cannot be measured so, or failed.
    ///
    /// # Errors
    /// When a directory or a copy cannot be made. What a process does wrong is in the pair.
    pub fn counted_pair(
        &mut self,
        pass: &PassPlan,
        [baseline, candidate]: [&Case; 2],
        repeat: u32,
        rng: &mut StdRng,
    ) -> anyhow::Result<Pair> {
        let mut pair = Pair::default();
        let mut sides = [(Side::Baseline, baseline), (Side::Candidate, candidate)];
        if rng.random_bool(0.5) {
            sides.reverse();
        }
        let first = sides[0].0;
        let mut taken: Vec<(Side, Sample)> = Vec::new();
        for (side, case) in sides {
            match self.one_side(pass, (side, case), repeat, &mut pair)? {
                Some(sample) => taken.push((side, sample)),
                None => return Ok(pair),
            }
        }
        taken.sort_by_key(|(side, _)| *side);
        if let Ok([(_, baseline), (_, candidate)]) = <[_; 2]>::try_from(taken) {
            pair.couples.push(Couple { first, baseline, candidate });
        }
        Ok(pair)
    }

    fn one_side(
        &mut self,
        pass: &PassPlan,
        (side, case): (Side, &Case),
        repeat: u32,
        pair: &mut Pair,
    ) -> anyhow::Result<Option<Sample>> {
        let case = self.with_copy(case, &self.work_dir.join("counted"))?;
        let todo = Todo { pass: pass.pass, process: repeat, first: 0, warmup: 0, end: 1 };
        let mut taken = None;
        let keep = &mut |one: super::Taken| {
            taken = Some(one.sample);
            Ok(Next::Stop)
        };
        pair.unavailable.extend(match pass.pass {
            Pass::Simulated => self.simulate(&case, &todo, &pass.caches, keep)?,
            _ => self.count_allocations(&case, &todo, keep)?,
        });
        let Some(sample) = taken else { return Ok(None) };
        if let Status::Failed(mut failure) = sample.status {
            failure.message = format!("in the {} pass: {}", pass.pass, failure.message);
            pair.failure = Some(SideFailure { side, failure });
            return Ok(None);
        }
        let rows = sample.value(metrics::ROWS.name).map(|rows| rows as u64);
        pair.answers.push(Given { side, rows, answer: sample.answer.clone() });
        Ok(Some(sample))
    }
}
