//! The goals that the gate and the scan of histories are held to, each with its figure.
//!
//! The replay prints them; a test asks for fewer replays and fails where one does not hold.

use stats::sequential::Decision;

use crate::gate::{Design, Tally, in_parallel, replay, tallies};
use crate::noise::Group;
use crate::rates::{too_few, too_many};
use crate::seeded::Seeded;

/// A goal and what was found.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) goal: &'static str,
    pub(crate) found: String,
    pub(crate) holds: bool,
}

/// How much is replayed.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Suites of 50 case-metrics in each regime.
    pub(crate) suites: usize,
    /// Replays of each group and change.
    pub(crate) replays: u32,
    /// Simulated histories.
    pub(crate) histories: usize,
}

const REGIMES: [&str; 2] = ["contended", "quieter"];

/// Case-metrics of a suite: the family that each gate belongs to.
pub(crate) const FAMILY: usize = 50;

/// Identical programs: how many suites go red. Also returns the number of gates that were replayed
/// and how many of them were red, for [`Figure`]s that build on it.
pub(crate) fn suites(groups: &[&Group], effort: Effort) -> (Figure, Tally) {
    let design = Design::of_family(FAMILY);
    let mut gates = Vec::new();
    let (mut red, mut found) = (0, Vec::new());
    for regime in REGIMES {
        let own = of_regime(groups, regime);
        let suites = in_parallel(0..effort.suites, |suite| {
            let mut seeded = Seeded::new(suite as u64);
            let mut tally = Tally::default();
            for _ in 0..FAMILY {
                let group = own[seeded.below(own.len())];
                tally.add(&replay(group, 0.0, design, &mut seeded));
            }
            tally
        });
        let red_here = suites.iter().filter(|suite| suite.regressed > 0).count();
        found.push(format!("{regime}: {red_here} of {}", effort.suites));
        red += red_here;
        gates.push(Tally::sum(&suites));
    }
    let figure = Figure {
        name: "G1",
        goal: "identical programs: at most 1 % of suites of 50 case-metrics go red, at any load",
        found: found.join("; "),
        holds: red as f64 <= 0.01 * (REGIMES.len() * effort.suites) as f64,
    };
    (figure, Tally::sum(&gates))
}

/// What should happen in one of a hundred replays is counted over more of them.
const REPLAYS_FOR_RARE: u32 = 5;

/// The largest change that is tolerated, in a family of one: how often it goes red.
pub(crate) fn calibrated(groups: &[&Group], effort: Effort) -> Figure {
    let replays = REPLAYS_FOR_RARE * effort.replays;
    let tallies = tallies(groups, 0.01, Design::of_family(1), replays);
    let shares: Vec<f64> = tallies.iter().map(|tally| tally.share(tally.regressed)).collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let worst = groups.iter().zip(&shares).max_by(|(_, a), (_, b)| a.total_cmp(b));
    let (name, largest) = worst.map_or_else(
        || ("nothing".to_owned(), 1.0),
        |(group, share)| {
            let Group { regime, program, recording, metric, .. } = group;
            (format!("{program}, {metric}, {recording}, {regime}"), *share)
        },
    );
    Figure {
        name: "G2",
        goal: "at `tolerated`: red no more often than alpha = 1 %, on every recording and metric",
        found: format!(
            "{} on average over {} recordings and metrics, {} at most ({name})",
            percent(mean),
            groups.len(),
            percent(largest)
        ),
        holds: !tallies
            .iter()
            .any(|tally| too_many(tally.regressed, tally.replays, 0.01, tallies.len())),
    }
}

/// CPU time: power at 3 % for each program, and what a case costs.
pub(crate) fn power(groups: &[&Group], effort: Effort) -> Vec<Figure> {
    let design = Design::of_family(FAMILY);
    let limits = [(15.0, 5.0), (8.0, 3.0)];
    let figures = REGIMES.into_iter().zip(limits).map(|(regime, (slow_max, clear_max))| {
        let own: Vec<&Group> = of_regime(groups, regime);
        let changed = tallies(&own, 0.03, design, effort.replays);
        let same = tallies(&own, 0.0, design, effort.replays);
        let mut programs: Vec<&str> = own.iter().map(|group| group.program.as_str()).collect();
        programs.sort_unstable();
        programs.dedup();
        let of_program = |program: &&str| {
            let own = own.iter().zip(&changed).filter(|(group, _)| group.program == *program);
            Tally::sum(own.map(|(_, tally)| tally))
        };
        let each: Vec<(&str, Tally)> =
            programs.iter().map(|program| (*program, of_program(program))).collect();
        let power = |(program, tally): &(&str, Tally)| {
            format!("{program} {}", percent(tally.share(tally.regressed)))
        };
        let powers: Vec<String> = each.iter().map(power).collect();
        let slow = Tally::sum(&changed).seconds_a_case();
        let clear = Tally::sum(&same).seconds_a_case();
        Figure {
            name: "G3",
            goal: match regime {
                "contended" => {
                    "CPU time, contended: 3 % caught in 95 % of each program, 15 s a case; \
                     identical programs cleared in 5 s"
                }
                _ => "CPU time, quieter: the same in 8 s and 3 s",
            },
            found: format!("{}; {slow:.1} s; cleared in {clear:.1} s", powers.join(", ")),
            holds: !each
                .iter()
                .any(|(_, tally)| too_few(tally.regressed, tally.replays, 0.95, each.len()))
                && slow <= slow_max
                && clear <= clear_max,
        }
    });
    figures.collect()
}

/// How often nothing is decided, and whether the change that an undecided gate says it would have
/// caught is caught.
pub(crate) fn undecided(cpu: &[&Group], wall: &[&Group], effort: Effort) -> Vec<Figure> {
    let design = Design::of_family(FAMILY);
    let open = |change| {
        let tally = Tally::sum(&tallies(cpu, change, design, effort.replays));
        tally.share(tally.open)
    };
    let (same, changed) = (open(0.0), open(0.03));
    let honest = in_parallel(0..wall.len(), |index| {
        let mut seeded = Seeded::new(1 + index as u64);
        let (mut asked, mut caught) = (0u32, 0u32);
        for _ in 0..effort.replays {
            let pilot = replay(wall[index], 0.0, design, &mut seeded).gate;
            let pairs = pilot.pairs();
            if pilot.decision() != Decision::Open {
                continue;
            }
            let Some(change) = pilot.detectable(pairs) else { continue };
            let again = replay(wall[index], change.exp_m1(), design, &mut seeded).gate;
            asked += 1;
            caught += u32::from(again.decision() == Decision::Regressed);
        }
        (asked, caught)
    });
    let (asked, caught) =
        honest.iter().fold((0, 0), |(a, c), (asked, caught)| (a + asked, c + caught));
    let share = f64::from(caught) / f64::from(asked.max(1));
    vec![
        Figure {
            name: "G5",
            goal: "CPU time, 60 s a case: at most 2 % undecided",
            found: format!("{} of identical programs, {} at +3 %", percent(same), percent(changed)),
            holds: same <= 0.02 && changed <= 0.02,
        },
        Figure {
            name: "G5",
            goal: "the change that an undecided gate says it detects is caught in at least 90 %",
            found: format!("{} of {asked} undecided gates (wall time)", percent(share)),
            holds: asked > 0 && !too_few(caught, asked, 0.9, 1),
        },
    ]
}

/// Two gates of the same change: how often they contradict each other, outside the range between
/// `tolerated` and `must_catch`, where both answers are right.
pub(crate) fn flips(groups: &[&Group], effort: Effort) -> Figure {
    let design = Design::of_family(FAMILY);
    let flips = |change| {
        let each = tallies(groups, change, design, effort.replays);
        each.iter().map(Tally::flips).sum::<f64>() / each.len() as f64
    };
    const OUTSIDE: [f64; 6] = [-0.04, 0.0, 0.01, 0.035, 0.04, 0.05];
    let found = OUTSIDE.map(|change| (change, flips(change)));
    let each = found.map(|(change, flips)| format!("{:+.1} %: {}", 100.0 * change, percent(flips)));
    let edge = flips(0.03);
    Figure {
        name: "G7",
        goal: "a verdict flips between two gates in at most 1 %, outside `tolerated` to `must_catch`",
        found: format!("{} (on the edge, +3 %: {})", each.join(", "), percent(edge)),
        holds: found.iter().all(|(_, flips)| *flips <= 0.01),
    }
}

/// Histories of 100 points: false steps, and a step of 3 % found within two points of its place.
/// The noise of a point is normal with 1 %, and one point in twenty is five times as wild.
pub(crate) fn histories(effort: Effort) -> Figure {
    const POINTS: usize = 100;
    let rounds = effort.histories;
    let found = in_parallel(0..rounds, |round| {
        let mut seeded = Seeded::new(round as u64);
        let at = 10 + seeded.below(POINTS - 20);
        let noise: Vec<f64> = (0..POINTS).map(|_| noise(&mut seeded)).collect();
        let quiet = stats::steps(&noise).is_empty();
        let level = |i: usize| if i < at { 1.0 } else { 1.03 };
        let stepped: Vec<f64> = noise.iter().enumerate().map(|(i, x)| x * level(i)).collect();
        (quiet, stats::steps(&stepped).iter().any(|step| step.at.abs_diff(at) <= 2))
    });
    let share = |yes: &dyn Fn(&(bool, bool)) -> bool| {
        found.iter().filter(|one| yes(one)).count() as f64 / rounds as f64
    };
    let (wrong, right) = (share(&|(quiet, _)| !quiet), share(&|(_, hit)| *hit));
    Figure {
        name: "G9",
        goal: "history of 100 points: at most 1.5 % have a false step; a 3 % step is found within \
               two commits in at least 85 %",
        found: format!("{} false, {} found", percent(wrong), percent(right)),
        holds: wrong <= 0.015 && right >= 0.85,
    }
}

/// A point of a history around 1.
pub(crate) fn noise(seeded: &mut Seeded) -> f64 {
    let wild = if seeded.uniform() < 0.05 { 5.0 } else { 1.0 };
    1.0 + 0.01 * wild * normal(seeded)
}

/// Standard normal, by Box and Muller's transform.
pub(crate) fn normal(seeded: &mut Seeded) -> f64 {
    let radius = (-2.0 * (1.0 - seeded.uniform()).ln()).sqrt();
    radius * (std::f64::consts::TAU * seeded.uniform()).cos()
}

/// The groups of one regime.
fn of_regime<'a>(groups: &[&'a Group], regime: &str) -> Vec<&'a Group> {
    groups.iter().copied().filter(|group| group.regime == regime).collect()
}

/// The groups of one metric.
pub(crate) fn of_metric<'a>(groups: &'a [Group], metric: &str) -> Vec<&'a Group> {
    groups.iter().filter(|group| group.metric == metric).collect()
}

/// A share, with as many digits as it needs.
pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        0.0 => "0 %".to_owned(),
        small if small < 1.0 => format!("{small:.2} %"),
        middle if middle < 10.0 => format!("{middle:.1} %"),
        all if all >= 100.0 => "100 %".to_owned(),
        large => format!("{:.1} %", large.min(99.9)),
    }
}
