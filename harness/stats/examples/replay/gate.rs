//! Replays this crate's gate on recorded pairs: signs are thrown anew for each replay, because who
//! went first was thrown when they were recorded, and the pairs come in their own order
//! from a random place on, so that what is alike in time stays together.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use stats::sequential::{Decision, Levels, PairGate, Thresholds};

use crate::noise::Group;
use crate::seeded::Seeded;

/// What a gate is told.
#[derive(Clone, Copy)]
pub(crate) struct Design {
    pub(crate) thresholds: Thresholds,
    pub(crate) levels: Levels,
    pub(crate) budget_s: f64,
}

impl Design {
    /// 1 % tolerated, 3 % caught, 60 s a case, in a family of so many at 1 %.
    pub(crate) fn of_family(members: usize) -> Self {
        Self {
            // Constants that are in order.
            thresholds: Thresholds::of_changes(0.01, 0.03).expect("1 % is less than 3 %"),
            levels: Levels::of_family(members, 0.01).expect("a family has members"),
            budget_s: 60.0,
        }
    }

    /// The same with other changes tolerated and caught.
    pub(crate) fn with_margins(self, [tolerated, must_catch]: [f64; 2]) -> Self {
        let thresholds = Thresholds::of_changes(tolerated, must_catch);
        // The callers' constants.
        Self { thresholds: thresholds.expect("the first margin is the smaller one"), ..self }
    }
}

/// How one replay ended.
pub(crate) struct Ending {
    pub(crate) gate: PairGate,
    pub(crate) seconds: f64,
}

/// One replay with `change` added to the candidate.
pub(crate) fn replay(group: &Group, change: f64, design: Design, seeded: &mut Seeded) -> Ending {
    replay_until(|gate| gate.decision() != Decision::Open, group, change, design, seeded)
}

/// The same for whoever knows better when enough was seen.
pub(crate) fn replay_until(
    is_enough: impl Fn(&PairGate) -> bool,
    group: &Group,
    change: f64,
    design: Design,
    seeded: &mut Seeded,
) -> Ending {
    let mut gate = PairGate::new(design.thresholds, design.levels);
    let start = seeded.below(group.units.len());
    let mut seconds = 0.0;
    for unit in group.units.iter().cycle().skip(start) {
        seconds += unit.seconds;
        let sign = if seeded.uniform() < 0.5 { -1.0 } else { 1.0 };
        gate.observe(change.ln_1p() + sign * unit.log_ratio);
        if is_enough(&gate) || seconds >= design.budget_s {
            break;
        }
    }
    Ending { gate, seconds }
}

/// Counts over many replays.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) replays: u32,
    pub(crate) regressed: u32,
    pub(crate) improved: u32,
    pub(crate) equivalent: u32,
    pub(crate) open: u32,
    pub(crate) seconds: f64,
}

impl Tally {
    pub(crate) fn add(&mut self, ending: &Ending) {
        self.replays += 1;
        self.seconds += ending.seconds;
        match ending.gate.decision() {
            Decision::Regressed => self.regressed += 1,
            Decision::Improved => self.improved += 1,
            Decision::Equivalent => self.equivalent += 1,
            Decision::Open => self.open += 1,
        }
    }

    pub(crate) fn share(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.replays)
    }

    /// Mean cost of a case.
    pub(crate) fn seconds_a_case(&self) -> f64 {
        self.seconds / f64::from(self.replays)
    }

    /// The probability that two gates contradict each other: both decided, and not the same.
    pub(crate) fn flips(&self) -> f64 {
        let [red, better, same] =
            [self.regressed, self.improved, self.equivalent].map(|count| self.share(count));
        2.0 * (red * better + red * same + better * same)
    }

    pub(crate) fn sum<'a>(tallies: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        for one in tallies {
            sum.replays += one.replays;
            sum.regressed += one.regressed;
            sum.improved += one.improved;
            sum.equivalent += one.equivalent;
            sum.open += one.open;
            sum.seconds += one.seconds;
        }
        sum
    }
}

/// A tally of each group, each with as many replays.
pub(crate) fn tallies(groups: &[&Group], change: f64, design: Design, replays: u32) -> Vec<Tally> {
    in_parallel(0..groups.len(), |index| {
        let mut seeded = Seeded::new(1 + index as u64);
        let mut tally = Tally::default();
        for _ in 0..replays {
            tally.add(&replay(groups[index], change, design, &mut seeded));
        }
        tally
    })
}

/// Does independent tasks on all cores; results in the order of the tasks. What a task draws it
/// draws from a seed of its own, so the number of cores changes nothing.
pub(crate) fn in_parallel<T: Send>(
    tasks: Range<usize>,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(tasks.start);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let worker = || {
            let mut own = Vec::new();
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                if task >= tasks.end {
                    break own;
                }
                own.push((task, work(task)));
            }
        };
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        // A panic in a task is this program's own fault and ends it.
        workers.into_iter().flat_map(|one| one.join().expect("no task panics")).collect()
    });
    done.sort_by_key(|(task, _)| *task);
    done.into_iter().map(|(_, result)| result).collect()
}
