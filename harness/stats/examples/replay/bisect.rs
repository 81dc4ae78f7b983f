//! Replays `dyno bisect` on recorded pairs: a history in which one revision made a program slower,
//! and how often another one is blamed.

use stats::search::{Answer, Question, Search};
use stats::sequential::{Decision, Levels, PairGate, Thresholds};

use crate::gate::{Design, Ending, in_parallel, replay_until};
use crate::goals::{Effort, Figure, percent};
use crate::noise::Group;
use crate::rates::too_many;
use crate::seeded::Seeded;

/// As `dyno bisect` promises where nothing else is asked for.
const ALPHA: f64 = 0.01;

/// Revisions of a history, and how much slower one of them made it.
const REVISIONS: usize = 33;
const STEPS: [f64; 2] = [0.05, 0.1];

/// What came of searches.
#[derive(Clone, Copy, Default)]
struct Found {
    searches: u32,
    /// One revision was blamed, and it was the one.
    right: u32,
    /// The guilty one is not among the suspects, or a history without any was blamed.
    wrong: u32,
    seconds: f64,
}

/// How often `dyno bisect` is wrong, beside its promise; CPU time.
pub(crate) fn figure(groups: &[&Group], effort: Effort) -> Figure {
    let none = searches(groups, 0.0, effort);
    let some = STEPS.map(|step| (step, searches(groups, step, effort)));
    let share = |count: u32, of: Found| f64::from(count) / f64::from(of.searches);
    let each = some.map(|(step, found)| {
        format!(
            "{:+.0} %: {} wrong, {} found, {:.0} s a search",
            100.0 * step,
            percent(share(found.wrong, found)),
            percent(share(found.right, found)),
            found.seconds / f64::from(found.searches)
        )
    });
    let wrong = some.iter().map(|(_, found)| *found).chain([none]);
    Figure {
        name: "bisect",
        goal: "32 revisions after a good one: a wrong one is blamed in at most alpha = 1 %",
        found: format!(
            "no change: {} blamed; {}",
            percent(share(none.wrong, none)),
            each.join("; ")
        ),
        holds: !wrong
            .into_iter()
            .any(|found| too_many(found.wrong, found.searches, ALPHA, 1 + STEPS.len())),
    }
}

fn searches(groups: &[&Group], step: f64, effort: Effort) -> Found {
    let each = in_parallel(0..groups.len(), |index| {
        let mut seeded = Seeded::new(1 + index as u64);
        let mut found = Found::default();
        for _ in 0..effort.replays / 4 {
            search(groups[index], step, &mut seeded, &mut found);
        }
        found
    });
    each.iter().fold(Found::default(), |sum, one| Found {
        searches: sum.searches + one.searches,
        right: sum.right + one.right,
        wrong: sum.wrong + one.wrong,
        seconds: sum.seconds + one.seconds,
    })
}

/// One search, with the step at a random place.
fn search(group: &Group, step: f64, seeded: &mut Seeded, found: &mut Found) {
    let guilty = 1 + seeded.below(REVISIONS - 1);
    // Constants that are in order.
    let mut search = Search::new(REVISIONS, ALPHA).expect("revisions and a probability");
    let mut thresholds = Thresholds::of_changes(0.01, 0.03).expect("1 % is less than 3 %");
    let mut is_first = true;
    while let Some(Question { at, alpha }) = search.next_question() {
        let levels = Levels::of_search(alpha).expect("a part of a probability is one");
        let design = Design { thresholds, levels, budget_s: 60.0 };
        let change = if at < guilty { 0.0 } else { step };
        let is_enough = |gate: &PairGate| gate.decision() != Decision::Open || gate.passes();
        let Ending { gate, seconds } = replay_until(is_enough, group, change, design, seeded);
        found.seconds += seconds;
        search.answer(
            at,
            match gate.decision() {
                Decision::Regressed => Answer::Bad,
                Decision::Improved | Decision::Equivalent => Answer::Good,
                Decision::Open if gate.passes() => Answer::Good,
                Decision::Open => Answer::Skipped,
            },
        );
        // As `dyno bisect` asks: the others are bad where they are worse by a third of the whole,
        // and good by less than two thirds.
        let whole = gate.estimate().and_then(|estimate| estimate.interval).map_or(0.0, |i| i.low);
        if let (true, Some(thirds)) = (is_first, Thresholds::new(whole / 3.0, whole * 2.0 / 3.0)) {
            thresholds = thirds;
        }
        is_first = false;
    }
    let blamed = search.answered(REVISIONS - 1) == Some(Answer::Bad);
    let suspects = search.suspects();
    let is_there = step > 0.0;
    found.searches += 1;
    found.wrong += u32::from(blamed && !(is_there && suspects.contains(&guilty)));
    found.right += u32::from(blamed && is_there && suspects == (guilty..=guilty));
}
