//! The layout check on simulated layouts of known cost: how often the luck of the linker is called a
//! change of the work, and what of a real one is found.

use stats::sequential::layouts::{Elsewhere, LayoutGate, MOST, PAIRS};
use stats::sequential::{Decision, PairGate};

use crate::gate::{Design, in_parallel};
use crate::goals::{Effort, Figure, normal, percent};
use crate::rates::{too_few, too_many};
use crate::seeded::Seeded;

/// What a layout costs beyond the average one, as a logarithm.
type Luck = fn(&mut Seeded) -> f64;

/// Kinds of luck, those that differ least first.
const LUCK: [(&str, Luck); 5] = [
    ("all alike", |_| 0.0),
    ("1 %", |seeded| 0.01 * normal(seeded)),
    ("3 %", |seeded| 0.03 * normal(seeded)),
    ("6 %", |seeded| 0.06 * normal(seeded)),
    ("one in three costs half as much again", one_in_three),
];

/// As measured of a loop that waits for memory (`docs/gate.md`).
fn one_in_three(seeded: &mut Seeded) -> f64 {
    if seeded.uniform() < 1.0 / 3.0 { 1.5f64.ln() } else { 0.0 }
}

/// Noise of a pair of processes, as a logarithm.
const NOISE: f64 = 0.01;

/// Changes of the work: none, the largest that is tolerated, the smallest that must be caught, and
/// a large one.
pub(crate) const CHANGES: [f64; 4] = [0.0, 0.01, 0.03, 0.1];

/// What the check said of one change.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said {
    checks: u32,
    there: u32,
    gone: u32,
    /// Layouts of each side that were linked.
    layouts: usize,
}

impl Said {
    pub(crate) fn there(&self) -> f64 {
        f64::from(self.there) / f64::from(self.checks)
    }

    pub(crate) fn gone(&self) -> f64 {
        f64::from(self.gone) / f64::from(self.checks)
    }

    pub(crate) fn layouts(&self) -> f64 {
        self.layouts as f64 / f64::from(self.checks)
    }
}

/// One kind of luck.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// One for each of [`CHANGES`].
    pub(crate) said: [Said; CHANGES.len()],
    /// The share of changes of nothing that pairs of four layouts a side, drawn at random until they
    /// decide, would call one: what the check did before.
    pub(crate) by_pairs: f64,
}

/// Every kind of luck with every change.
pub(crate) fn rows(effort: Effort) -> Vec<Row> {
    let row = |index: usize| {
        let (name, luck) = LUCK[index];
        let mut seeded = Seeded::new(1 + index as u64);
        let said = CHANGES.map(|change| {
            let mut said = Said::default();
            (0..effort.replays).for_each(|_| check(luck, change, &mut seeded, &mut said));
            said
        });
        let wrong = (0..effort.replays).filter(|_| is_red_by_pairs(luck, &mut seeded)).count();
        Row { name, said, by_pairs: wrong as f64 / f64::from(effort.replays) }
    };
    in_parallel(0..LUCK.len(), row)
}

/// One check of one change: layouts of both sides until they tell.
fn check(luck: Luck, change: f64, seeded: &mut Seeded, said: &mut Said) {
    let Design { thresholds, levels, .. } = Design::of_family(1);
    let mut gate = LayoutGate::new(thresholds, levels);
    for layout in 0..u64::from(MOST) {
        let own = change.ln_1p() + luck(seeded) - luck(seeded);
        for _ in 0..PAIRS {
            gate.observe(layout, own + NOISE * normal(seeded));
        }
        if gate.elsewhere() != Elsewhere::Unknown {
            break;
        }
    }
    said.checks += 1;
    said.layouts += gate.layouts();
    match gate.elsewhere() {
        Elsewhere::There => said.there += 1,
        Elsewhere::Gone => said.gone += 1,
        Elsewhere::Unknown => {}
    }
}

fn is_red_by_pairs(luck: Luck, seeded: &mut Seeded) -> bool {
    /// What a gate's time of a case is worth.
    const PAIRS_MOST: usize = 100;
    let Design { thresholds, levels, .. } = Design::of_family(1);
    let mut gate = PairGate::new(thresholds, levels);
    let mut drawn = || [0; 4].map(|_| luck(seeded));
    let [old, new] = [drawn(), drawn()];
    while gate.decision() == Decision::Open && gate.pairs() < PAIRS_MOST {
        let own = new[seeded.below(4)] - old[seeded.below(4)];
        gate.observe(own + NOISE * normal(seeded));
    }
    gate.decision() == Decision::Regressed
}

/// The goal on layouts, and that a change of the work is found where layouts differ less than it.
pub(crate) fn figures(rows: &[Row]) -> Vec<Figure> {
    let members = 2 * rows.len();
    let [none, tolerated, must_catch, large] = [0, 1, 2, 3];
    let most = |at: usize, of: fn(&Said) -> f64| {
        rows.iter().map(|row| of(&row.said[at])).fold(0.0, f64::max)
    };
    let wrong = |said: &Said| too_many(said.there, said.checks, 0.01, members);
    let lost = |said: &Said| too_many(said.gone, said.checks, 0.05, rows.len());
    let calm = &rows[..3];
    let found = calm.iter().map(|row| row.said[large].there()).fold(1.0, f64::min);
    let few = |said: &Said| too_few(said.there, said.checks, 0.95, calm.len());
    vec![
        Figure {
            name: "G6",
            goal: "layouts drawn at random (simulated): no change of the work, or one that is \
                   tolerated, is found in other layouts too in at most 1 %; one of `must_catch` is \
                   called gone in at most 5 %",
            found: format!(
                "{} and {} found at most; {} called gone at most",
                percent(most(none, Said::there)),
                percent(most(tolerated, Said::there)),
                percent(most(must_catch, Said::gone))
            ),
            holds: rows.iter().all(|row| {
                let said = &row.said;
                !wrong(&said[none]) && !wrong(&said[tolerated]) && !lost(&said[must_catch])
            }),
        },
        Figure {
            name: "G6",
            goal: "+10 % of work where layouts differ by 3 % or less: found in at least 95 %",
            found: format!("{} at least", percent(found)),
            holds: calm.iter().all(|row| !few(&row.said[large])),
        },
    ]
}
