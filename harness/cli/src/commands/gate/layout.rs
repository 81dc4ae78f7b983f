//! The check whether a change of time is one of the layout alone: both sides linked again with their
//! functions in other orders, as `layout` in `[build]` says, and the suspects measured again, some
//! layouts more at a time until they tell or the time is spent.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use engine::pairs::{Contest, Decision, Layout, Limits, Party, Stopper, Tournament, Watcher};
use engine::plan::Plan;
use engine::session::Ended;
use record::CaseId;
use record::gate::{Finding, Rule, Unit};
use reports::gate::layout::Check;
use stats::sequential::layouts::{MOST, PAIRS, ROUND};

use super::measured::Keep;
use super::sides::Sides;
use crate::commands::builds::{Builder, Copies};
use crate::exit::UsageError;

/// No more layouts are linked once linking has taken so long.
const LINKING_MAX: Duration = Duration::from_secs(600);

/// Programs of both sides in other layouts.
pub(super) struct Layouts {
    /// The number of each order, and both sides in it.
    linked: Vec<(u64, [Party; 2])>,
    /// Kept as long as they are started.
    copies: Copies,
}

impl Layouts {
    /// None yet.
    ///
    /// # Errors
    /// When there is no place for them.
    fn new() -> anyhow::Result<Self> {
        Ok(Self { linked: Vec::new(), copies: Copies::beside("layouts")? })
    }

    /// So many of each side.
    ///
    /// # Errors
    /// When the suite does not say how, the sides are no builds, or linking fails.
    pub(super) fn of(
        builder: &mut Builder<'_>,
        (plan, sides): (&Plan, &Sides),
        count: u32,
    ) -> anyhow::Result<Self> {
        let mut layouts = Self::new()?;
        layouts.link(builder, (plan, sides), count)?;
        forget_trees(builder, sides);
        Ok(layouts)
    }

    /// Links both sides so many times more, in orders that no other layout has.
    fn link(
        &mut self,
        builder: &mut Builder<'_>,
        (plan, sides): (&Plan, &Sides),
        count: u32,
    ) -> anyhow::Result<()> {
        let stated = plan.build.as_ref().and_then(|build| build.layout.as_ref());
        stated.context("`[build]` of the suite states no `layout`")?;
        anyhow::ensure!(sides.are_built(), "both sides must be built from revisions");
        let from = self.linked.len() as u64;
        let orders: Vec<u64> = (from..from + u64::from(count))
            .map(|number| order(plan.sampling.seed, number))
            .collect();
        let mut side = |commit: Option<&str>, name: &str| -> anyhow::Result<Vec<Party>> {
            let each = orders.iter().map(|order| {
                builder.layout(commit, *order, &self.copies, &format!("{name}-{order}"))
            });
            each.collect()
        };
        let old = side(sides.baseline.commit.as_deref(), "old")?;
        let new = side(sides.candidate.commit.as_deref(), "new")?;
        let both = old.into_iter().zip(new).map(|(old, new)| [old, new]);
        self.linked.extend(orders.iter().copied().zip(both));
        Ok(())
    }

    /// The same contests between the layouts from this one on.
    ///
    /// # Errors
    /// When a side has no program for a case.
    pub(super) fn contests(
        &self,
        contests: Vec<Contest>,
        from: usize,
    ) -> Result<Vec<Contest>, String> {
        let linked = |contest: &Contest| {
            let layout = |(seed, [old, new]): &(u64, [Party; 2])| {
                let baseline = old.case(&contest.baseline)?;
                let candidate = new.case(&contest.candidate)?;
                Ok(Layout { seed: *seed, baseline, candidate })
            };
            self.linked.iter().skip(from).map(layout).collect::<Result<Vec<_>, String>>()
        };
        let each = contests.into_iter().map(|one| Ok(Contest { layouts: linked(&one)?, ..one }));
        each.collect()
    }
}

/// What stands for `{seed}` in a layout: linkers take 1 to 2^31 - 1.
fn order(seed: u64, number: u64) -> u64 {
    const ORDERS: u64 = (1 << 31) - 1;
    1 + seed.wrapping_add(number) % ORDERS
}

fn forget_trees(builder: &Builder<'_>, sides: &Sides) {
    let commits = [&sides.baseline.commit, &sides.candidate.commit];
    commits.into_iter().flatten().for_each(|commit| builder.remove_tree(commit));
}

/// The changes of a gate that may be the layout's alone.
pub(super) struct Suspicion<'a> {
    pub(super) plan: &'a Plan,
    pub(super) sides: &'a Sides,
    pub(super) tree: &'a Path,
    pub(super) rules: &'a [Rule],
    pub(super) contests: &'a [Contest],
}

impl Suspicion<'_> {
    /// Measures the cases whose time got worse while their work did not over other layouts, until
    /// these tell or the time is spent. Returns what keeps it from linking, where something does; the
    /// verdicts stay then.
    ///
    /// # Errors
    /// As [`Tournament::run`].
    pub(super) fn resolve(
        &self,
        findings: &mut [Finding],
        tournament: &mut Tournament<'_>,
        (watcher, keep): (&mut dyn Watcher, &mut Keep<'_>),
    ) -> anyhow::Result<Option<String>> {
        let mut check = Check::new(findings, self.rules);
        if check.open().is_empty() {
            return Ok(None);
        }
        let mut layouts = Layouts::new()?;
        let mut spent = Spent::default();
        let limits = tournament.limits;
        let mut lack = None;
        while layouts.linked.len() < MOST as usize && spent.linking < LINKING_MAX {
            let open = spent.affordable(check.open(), limits);
            if open.is_empty() {
                break;
            }
            let (began, from) = (Instant::now(), layouts.linked.len());
            let linked =
                layouts.link(&mut self.builder(tournament), (self.plan, self.sides), ROUND);
            if let Err(why) = linked {
                lack = Some(told(&open, &why));
                break;
            }
            spent.linking += began.elapsed();
            let of = |contest: &&Contest| open.contains(&contest.candidate.id);
            let contests = self.contests.iter().filter(of).cloned().collect();
            tournament.contests = layouts.contests(contests, from).map_err(UsageError)?;
            tournament.control = false;
            tournament.limits = spent.left_of(limits);
            let before = check.layouts();
            let mut round = Round { check: &mut check, spent: &mut spent };
            let played = tournament.run(&mut round, watcher, keep)?;
            if played.ended != Ended::Finished || check.layouts() == before {
                break;
            }
        }
        forget_trees(&self.builder(tournament), self.sides);
        check.judge(findings);
        Ok(lack)
    }

    fn builder<'t>(&'t self, tournament: &'t mut Tournament<'_>) -> Builder<'t> {
        let workspace = self.tree.to_owned();
        let launcher = &mut *tournament.bench.launcher;
        Builder { launcher, workspace, build: self.plan.build.as_ref() }
    }
}

/// What could not be checked, and why.
fn told(open: &[CaseId], why: &anyhow::Error) -> String {
    let names: Vec<String> = open.iter().map(ToString::to_string).collect();
    format!(
        "more time and not more instructions in {}: it may be the layout of the program, which \
         cannot be checked: {why:#}",
        names.join(", ")
    )
}

/// One turn over the layouts that were linked last.
struct Round<'a> {
    check: &'a mut Check,
    spent: &'a mut Spent,
}

impl Stopper for Round<'_> {
    fn observe(&mut self, unit: &Unit) -> Decision {
        self.spent.take(unit);
        let is_over = unit.pair as usize + 1 >= ROUND as usize * PAIRS;
        if self.check.observe(unit) || is_over { Decision::Enough } else { Decision::More }
    }
}

/// What the check has cost so far.
#[derive(Default)]
struct Spent {
    linking: Duration,
    cases: BTreeMap<CaseId, Duration>,
}

impl Spent {
    fn take(&mut self, unit: &Unit) {
        let time = Duration::try_from_secs_f64(unit.seconds).unwrap_or_default();
        *self.cases.entry(unit.case.clone()).or_default() += time;
    }

    /// The cases that have time left.
    fn affordable(&self, cases: Vec<CaseId>, limits: Limits) -> Vec<CaseId> {
        let is_over = self.left_of(limits).total.is_some_and(|left| left.is_zero());
        let has_time = |case: &CaseId| {
            !is_over && self.cases.get(case).is_none_or(|spent| *spent < limits.per_case)
        };
        cases.into_iter().filter(has_time).collect()
    }

    fn left_of(&self, limits: Limits) -> Limits {
        let spent = self.cases.values().sum();
        Limits { total: limits.total.map(|total| total.saturating_sub(spent)), ..limits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_what_linkers_take_and_no_two_layouts_share_one() {
        let orders: Vec<u64> = (0..u64::from(MOST)).map(|number| order(7, number)).collect();
        assert_eq!(orders[..2], [8, 9]);
        let seeds = [0, u64::MAX, (1 << 31) - 2, (1 << 31) - 1];
        for order in seeds.into_iter().map(|seed| order(seed, 3)) {
            assert!((1..1 << 31).contains(&order), "{order}");
        }
    }

    #[test]
    fn a_case_is_measured_while_it_has_time_and_all_of_them_while_the_whole_has() {
        let limits =
            Limits { total: Some(Duration::from_secs(5)), per_case: Duration::from_secs(3) };
        let mut spent = Spent::default();
        let cases = || ["a", "b"].map(CaseId::new).to_vec();
        assert_eq!(spent.affordable(cases(), limits), cases());
        spent.cases.insert(CaseId::new("a"), Duration::from_secs(3));
        assert_eq!(spent.affordable(cases(), limits), [CaseId::new("b")]);
        assert_eq!(spent.left_of(limits).total, Some(Duration::from_secs(2)));
        spent.cases.insert(CaseId::new("b"), Duration::from_secs(2));
        assert!(spent.affordable(cases(), limits).is_empty());
    }
}
