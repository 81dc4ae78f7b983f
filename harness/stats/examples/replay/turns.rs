//! What the order of turns and the number of couples do to a gate, from recordings of couples.
//!
//! The recordings threw a coin in each couple. A half that follows one of its own side finds the
//! caches warm; where a couple has the order of the couple before it, both halves follow the other
//! side's, as in a pair that alternates strictly. Those couples are replayed as such pairs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::gate::{Design, Tally, tallies};
use crate::goals::{Effort, FAMILY};
use crate::noise::{Group, Unit, number, rows};

/// How a pair takes its couples.
#[derive(Clone, Copy)]
pub(crate) struct Turns {
    pub(crate) warmup: usize,
    pub(crate) couples: usize,
}

/// As a gate does at first (`engine::measure::paired`).
pub(crate) const USUAL: Turns = Turns { warmup: 1, couples: 8 };

/// What is compared.
const COMPARED: [Turns; 5] = [
    Turns { warmup: 3, couples: 12 },
    Turns { warmup: 1, couples: 12 },
    USUAL,
    Turns { warmup: 1, couples: 5 },
    Turns { warmup: 1, couples: 16 },
];

/// One couple: log ratios of CPU and wall time less the work that was added, what it took, and
/// whether the couple before it had the same order.
struct Couple {
    log_ratios: [f64; 2],
    seconds: f64,
    in_turn: bool,
}

/// The pairs of one program in one recording.
struct Recorded {
    regime: &'static str,
    recording: String,
    program: String,
    pairs: Vec<Vec<Couple>>,
}

/// The columns of [`Couple::log_ratios`].
const METRICS: [&str; 2] = ["cpu", "wall"];

/// All pairs of the recordings in this folder; `None` where one is missing.
fn recorded(folder: &Path) -> Option<Vec<Recorded>> {
    let mut all = Vec::new();
    for (name, regime) in
        [("pp1.csv", "contended"), ("pp2.csv", "contended"), ("pp3.csv", "quieter")]
    {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        let mut programs = BTreeMap::<(String, String), Vec<Vec<Couple>>>::new();
        let lines: Vec<Vec<&str>> = rows(&text).collect();
        // A pair is couples 0 to 39 of one program, one after the other.
        for pair in lines.chunk_by(|one, next| number(one[5]) < number(next[5])) {
            let pin = pair[0].get(12).map_or("free", |pin| pin.trim_end_matches(char::is_numeric));
            let key = (pin.to_owned(), pair[0][2].to_owned());
            programs.entry(key).or_default().push(couples(pair));
        }
        all.extend(programs.into_iter().map(|((pin, program), pairs)| Recorded {
            regime,
            recording: format!("{name} {pin}"),
            program,
            pairs,
        }));
    }
    Some(all)
}

fn couples(pair: &[Vec<&str>]) -> Vec<Couple> {
    const NS: f64 = 1e9;
    let began: Vec<f64> = pair.iter().map(|cells| number(cells[7]) / NS).collect();
    let last = pair.len() - 1;
    let mean = (began[last] - began[0]) / last as f64;
    let couple = |at: usize| {
        let cells = &pair[at];
        let added = (number(cells[4]) / 1e3).ln_1p();
        let ratio = |a: usize, b: usize| (number(cells[b]) / number(cells[a])).ln() - added;
        Couple {
            log_ratios: [ratio(9, 11), ratio(8, 10)],
            seconds: began.get(at + 1).map_or(mean, |next| next - began[at]),
            in_turn: at > 0 && pair[at - 1][6] == cells[6],
        }
    };
    (0..pair.len()).map(couple).collect()
}

impl Recorded {
    /// The pairs as a gate with such turns would have seen them. A pair that has too few couples in
    /// turn is left out.
    fn group(&self, turns: Turns, column: usize) -> Group {
        /// Two processes and their answers, as in `units_k12.csv`.
        const START_S: f64 = 0.010;
        let units = self.pairs.iter().filter_map(|pair| {
            let (warmup, counted) = pair.split_at(turns.warmup);
            let counted: Vec<&Couple> =
                counted.iter().filter(|one| one.in_turn).take(turns.couples).collect();
            let ratios: Vec<f64> = counted.iter().map(|one| one.log_ratios[column]).collect();
            let took = warmup.iter().chain(counted).map(|one| one.seconds).sum::<f64>();
            let log_ratio = stats::median(&ratios)?;
            (ratios.len() == turns.couples).then_some(Unit { log_ratio, seconds: START_S + took })
        });
        Group {
            regime: self.regime.to_owned(),
            program: self.program.clone(),
            recording: self.recording.clone(),
            metric: METRICS[column].to_owned(),
            units: units.collect(),
        }
    }
}

/// The fixture `units_in_turn.csv`, made from the recordings in this folder; `None` without them.
pub(crate) fn fixture(folder: &Path) -> Option<String> {
    let mut text = "regime,source,pin,kernel,metric,unit,log_ratio,seconds\n".to_owned();
    for recorded in recorded(folder)? {
        for column in [1, 0] {
            let Group { regime, program, recording, metric, units } = recorded.group(USUAL, column);
            let place = recording.replace(' ', ",");
            for (number, Unit { log_ratio, seconds }) in units.iter().enumerate() {
                text += &format!(
                    "{regime},{place},{program},{metric},{number},{log_ratio:.6},{seconds:.4}\n"
                );
            }
        }
    }
    Some(text)
}

/// One way to take turns on one metric.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) metric: &'static str,
    /// Contended and quieter; identical programs and +3 %.
    pub(crate) tallies: [[Tally; 2]; 2],
    /// Seconds at +3 %, contended: with the first half of each recording, and with the second.
    pub(crate) halves: [f64; 2],
}

/// All rows; `by_coin` are the pairs with a coin in each couple. Empty without the recordings.
pub(crate) fn compared(folder: &Path, by_coin: &[Group], effort: Effort) -> Vec<Row> {
    let Some(recorded) = recorded(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for (column, metric) in METRICS.into_iter().enumerate() {
        found.push(row("a coin in each couple, 12 after 3".to_owned(), metric, by_coin, effort));
        for turns in COMPARED {
            let Turns { warmup, couples } = turns;
            let groups: Vec<Group> = recorded.iter().map(|one| one.group(turns, column)).collect();
            found.push(row(format!("in turn, {couples} after {warmup}"), metric, &groups, effort));
        }
    }
    found
}

fn row(name: String, metric: &'static str, groups: &[Group], effort: Effort) -> Row {
    let design = Design::of_family(FAMILY);
    let of = |groups: &[Group], regime: &str, change: f64| {
        let own = groups.iter().filter(|one| one.regime == regime && one.metric == metric);
        Tally::sum(&tallies(&own.collect::<Vec<_>>(), change, design, effort.replays))
    };
    let half = |second: bool| {
        let cut = |group: &Group| {
            let (one, other) = group.units.split_at(group.units.len() / 2);
            Group { units: if second { other } else { one }.to_vec(), ..group.clone() }
        };
        of(&groups.iter().map(cut).collect::<Vec<_>>(), "contended", 0.03).seconds_a_case()
    };
    let tallies = ["contended", "quieter"].map(|regime| [0.0, 0.03].map(|c| of(groups, regime, c)));
    Row { name, metric, tallies, halves: [half(false), half(true)] }
}
