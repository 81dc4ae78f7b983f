//! What the lanes draw: two cases with their profiles, and what each function costs in both.

use std::collections::BTreeMap;

use record::Profile;

use super::tree::{Frame, frames};
use crate::format::{PROSE_DIGITS, significant};
use crate::history::lines;
use crate::profile::{Change, Diff, View, stacks};
use crate::run_set::{CaseSet, RunSet};
use crate::warnings::list;

/// Two profiles.
pub(super) struct Data<'a> {
    /// The two, by their places in the set.
    pub(super) pair: [usize; 2],
    pub(super) cases: [&'a CaseSet; 2],
    pub(super) diff: Diff,
    pub(super) sides: [Vec<record::Stack>; 2],
    /// What of a side's weight is one of the diff's unit.
    scales: [f64; 2],
}

impl<'a> Data<'a> {
    /// `None` where no two cases have profiles that compare.
    pub(super) fn new(set: &'a RunSet) -> Option<Self> {
        let (before, after) = pair(set)?;
        let cases = [before, after].map(|case| &set.cases[case]);
        let [old, new] = cases.map(|case| case.profile.as_ref());
        let (old, new) = (old?, new?);
        let diff = Diff::new(old, new, View::Folded).ok()?;
        let sides = [old, new].map(|profile| stacks(profile, View::Folded));
        let totals = [diff.total.0, diff.total.1];
        let weight = |profile: &Profile| profile.stacks.iter().map(|one| one.weight).sum::<u64>();
        let weights = [weight(old), weight(new)];
        let scales = [0, 1].map(|side| totals[side] / weights[side] as f64);
        Some(Self { pair: [before, after], cases, diff, sides, scales })
    }

    /// The frames of one side, in the unit of the difference.
    pub(super) fn frames(&self, side: usize) -> Vec<Frame<'_>> {
        frames(&self.sides[side], self.scales[side])
    }

    /// What happened to each function that something happened to.
    pub(super) fn changes(&self) -> BTreeMap<&str, Change> {
        self.diff.functions.iter().map(|one| (one.name.as_str(), one.change)).collect()
    }

    pub(super) fn total(&self, side: usize) -> f64 {
        [self.diff.total.0, self.diff.total.1][side]
    }

    /// What a case is called: its label, and its title where it has one.
    pub(super) fn name(&self, side: usize) -> String {
        name(self.cases[side])
    }
}

/// What a case is called: its label, and its title where it has one.
pub(in crate::charts) fn name(case: &CaseSet) -> String {
    format!("{} {}", case.label, case.title).trim().to_owned()
}

/// A cost in few digits.
pub(in crate::charts) fn number(cost: f64) -> String {
    significant(cost, PROSE_DIGITS)
}

/// Whether a case was profiled, and caught running.
pub(in crate::charts) fn was_caught(case: &CaseSet) -> bool {
    let profile = case.profile.as_ref();
    profile.is_some_and(|one| one.stacks.iter().any(|stack| stack.weight > 0))
}

/// Which cases were profiled and never caught running, in a sentence with a space before it; empty
/// where there is none.
pub(in crate::charts) fn uncaught(set: &RunSet) -> String {
    let is_empty = |case: &&CaseSet| case.profile.is_some() && !was_caught(case);
    let names: Vec<String> =
        set.cases.iter().filter(is_empty).map(|case| case.label.clone()).collect();
    if names.is_empty() {
        return String::new();
    }
    let cases = list("case", &names);
    format!(" No sample caught {cases} running: profile for longer (`dyno profile --time 10s`).")
}

/// Why there are no two lanes although something was profiled.
pub(super) fn why_none(set: &RunSet) -> Option<String> {
    let caught: Vec<&CaseSet> = set.cases.iter().filter(|case| was_caught(case)).collect();
    let why = match (caught.as_slice(), pair(set)) {
        ([], _) => String::new(),
        ([one], _) => format!(
            "Only {} has a profile with samples, and it takes two to hold one against the other.",
            one.label
        ),
        (_, pair) => {
            let (before, after) = pair?;
            let [old, new] = [before, after].map(|case| set.cases[case].profile.as_ref());
            format!("No lanes: {}.", Diff::new(old?, new?, View::Folded).err()?)
        }
    };
    let text = why + &uncaught(set);
    (!text.is_empty()).then(|| text.trim_start().to_owned())
}

/// The two cases that are put against each other: the first and the last step with a profile that
/// were kept; where the order means nothing, the first case and the fastest of the others.
fn pair(set: &RunSet) -> Option<(usize, usize)> {
    let has_profile = |case: &usize| was_caught(&set.cases[*case]);
    let all: Vec<usize> = (0..set.cases.len()).filter(has_profile).collect();
    if let [before, after] = all.as_slice() {
        return Some((*before, *after));
    }
    let of_history = lines(set).into_iter().find_map(|line| {
        let kept: Vec<usize> = line.kept().map(|step| step.case).filter(has_profile).collect();
        Some((*kept.first()?, *kept.last()?)).filter(|(first, last)| first != last)
    });
    let (first, others) = all.split_first()?;
    let time = |case: usize| set.cases[case].wall_time().map(|one| one.summary.median);
    let measured = others.iter().filter_map(|&case| Some((case, time(case)?)));
    let fastest = measured.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(case, _)| case);
    of_history.or(Some((*first, fastest.or(others.last().copied())?)))
}
