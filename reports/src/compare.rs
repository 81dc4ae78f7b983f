//! Two runs case by case, or the cases of one run against one of them: ratio, interval, a word.
//!
//! The command line calls [`between`] or [`within`] and prints what [`Comparison::text`] returns.
//! The words say what these samples show, with 95 % for each case. They are no gate: nothing
//! corrects for many cases or for drift between runs.

pub(crate) mod differences;
mod text;

use anyhow::{Result, bail};
pub use record::gate::Word;
use record::{Better, RunInfo, metrics};
use stats::Ratio;

pub use differences::Difference;

use crate::columns::no_metric;
use crate::format::{Kind, factor};
use crate::notes::BLOCK_ORDER;
use crate::run_set::{CaseSet, RunSet, Series, State};

/// A change smaller than this is called none: the whole interval of the ratio must lie between 1
/// less a hundredth and 1 more, on the scale of ratios.
pub const TOLERANCE: f64 = 0.01;

/// What is compared, and which change is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Yardstick {
    /// Name of the metric.
    pub metric: String,
    /// How far from 1 an equivalent ratio may be.
    pub tolerance: f64,
}

impl Default for Yardstick {
    /// Time on the clock, and [`TOLERANCE`].
    fn default() -> Self {
        Self { metric: metrics::WALL_TIME.name.to_owned(), tolerance: TOLERANCE }
    }
}

impl Yardstick {
    /// # Errors
    ///
    /// If no case has the metric.
    fn check(&self, sets: &[&RunSet]) -> Result<()> {
        let series = || sets.iter().flat_map(|set| &set.cases).flat_map(|case| &case.series);
        let name = &self.metric;
        if series().next().is_none() || series().any(|one| one.metric == *name) {
            return Ok(());
        }
        bail!("{}", no_metric(series().map(|one| one.metric.as_str()), name))
    }

    fn series<'a>(&self, case: &'a CaseSet) -> Option<&'a Series> {
        case.metric(&self.metric)
    }
}

/// How the samples of the two sides lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// All of one, then all of the other.
    Block,
    /// In turn, round by round.
    Interleaved,
}

impl Order {
    /// The word that stands in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Interleaved => "interleaved",
        }
    }

    /// What it does to the numbers, in one sentence.
    pub fn note(self) -> &'static str {
        match self {
            Self::Block => BLOCK_ORDER,
            Self::Interleaved => {
                "interleaved: the cases were measured in turn, so the machine's drift hits all alike"
            }
        }
    }
}

/// A case that is held against another.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseComparison {
    /// What it is called.
    pub label: String,
    /// Id of the case that is held against; `None` where there is none.
    pub baseline: Option<String>,
    /// Id of the case that is judged; `None` where there is none.
    pub candidate: Option<String>,
    /// Median of the baseline in the metric's base unit.
    pub baseline_median: Option<f64>,
    /// Median of the candidate in the metric's base unit.
    pub candidate_median: Option<f64>,
    /// Candidate over baseline; `None` where the two do not compare.
    pub ratio: Option<Ratio>,
    /// What it came to.
    pub word: Word,
    /// Why, where the numbers do not say it; may be empty.
    pub reason: String,
}

/// One of the two sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The run's name.
    pub run: String,
    /// The suite's.
    pub suite: String,
    /// The run's label.
    pub label: Option<String>,
    /// The step that it stands for.
    pub step: Option<String>,
    /// When it began, in ns since the Unix epoch.
    pub started_ns: i64,
    /// Whether that is known; the time of reading an import stands for it where it is not.
    pub dated: bool,
}

/// Two runs, or the cases of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What was compared, and which change is none.
    pub yardstick: Yardstick,
    /// What the metric counts.
    pub kind: Kind,
    /// The side that is held against.
    pub baseline: Side,
    /// The side that is judged; the same run where cases of one run are compared.
    pub candidate: Side,
    /// How the samples lie in time.
    pub order: Order,
    /// The case that the others are held against, where cases of one run are compared.
    pub reference: Option<String>,
    /// What is not the same on both sides.
    pub differences: Vec<Difference>,
    /// What else a reader should know of the two sides.
    pub notes: Vec<String>,
    /// The cases in the order of the candidate's suite, then those that only the baseline has.
    pub cases: Vec<CaseComparison>,
}

/// Compares two runs case by case. Cases belong together when their ids are equal, or when each
/// run has one case only.
///
/// # Errors
///
/// If a set does not hold exactly one run, both hold the same, or no case has the metric.
pub fn between(baseline: &RunSet, candidate: &RunSet, yardstick: &Yardstick) -> Result<Comparison> {
    let ([old], [new]) = (baseline.runs.as_slice(), candidate.runs.as_slice()) else {
        bail!("a comparison needs one run on each side");
    };
    if old.id == new.id {
        bail!("both sides are run {}; `--within` compares its cases with each other", old.id);
    }
    yardstick.check(&[baseline, candidate])?;
    let differences = differences::between(old, new);
    let alone = baseline.cases.len() == 1 && candidate.cases.len() == 1;
    let same = |one: &CaseSet, other: &CaseSet| alone || one.info.id == other.info.id;
    let mut cases: Vec<CaseComparison> = Vec::new();
    for case in &candidate.cases {
        let other = baseline.cases.iter().find(|other| same(other, case));
        cases.push(match other {
            Some(other) => {
                let why = differences::why_not(&differences, other, case);
                compared(other, case, why, yardstick)
            }
            None => lonely(None, Some(case), yardstick, "only the candidate has this case"),
        });
    }
    for case in &baseline.cases {
        if !candidate.cases.iter().any(|other| same(other, case)) {
            cases.push(lonely(Some(case), None, yardstick, "only the baseline has this case"));
        }
    }
    Ok(Comparison {
        yardstick: yardstick.clone(),
        kind: kind(&[baseline, candidate], yardstick),
        baseline: side(old),
        candidate: side(new),
        order: Order::Block,
        reference: None,
        differences,
        notes: notes(&[baseline, candidate]),
        cases,
    })
}

/// Compares the cases of one run with one of them: the named one (by label or id), or the first
/// that has numbers.
///
/// # Errors
///
/// If the set does not hold exactly one run, has a single case, none that others can be held
/// against, or none with the metric.
pub fn within(set: &RunSet, against: Option<&str>, yardstick: &Yardstick) -> Result<Comparison> {
    let [run] = set.runs.as_slice() else { bail!("one run is compared within itself") };
    if set.cases.len() < 2 {
        bail!("run {} has one case only; name a second run to compare it with", run.id);
    }
    yardstick.check(&[set])?;
    let Some(reference) = set.reference(against)? else {
        bail!("no case of run {} has numbers", run.id);
    };
    let cases = set.cases.iter().enumerate().filter_map(|(index, case)| {
        let against = set.held_against(index, Some(reference)).unwrap_or(reference);
        let other = &set.cases[against];
        let why = differences::rows(other, case);
        (against != index).then(|| compared(other, case, why, yardstick))
    });
    // With a single round the cases stand one after the other, like runs do.
    let turns = run.sampling.processes > 1;
    let apart = run.revisions.iter().any(|revision| revision.taken_from.is_some());
    let order = if turns && !apart { Order::Interleaved } else { Order::Block };
    Ok(Comparison {
        yardstick: yardstick.clone(),
        kind: kind(&[set], yardstick),
        baseline: side(run),
        candidate: side(run),
        order,
        reference: Some(set.against_words(reference).to_owned()),
        differences: Vec::new(),
        notes: notes(&[set]),
        cases: cases.collect(),
    })
}

/// What a verdict's reader should know where a side was imported.
fn notes(sets: &[&RunSet]) -> Vec<String> {
    let mut runs = sets.iter().flat_map(|set| &set.runs);
    let unknown = runs.any(|run| run.imported.is_some()).then(|| {
        "imported: nothing says that both sides ran on one machine in one state".to_owned()
    });
    crate::notes::apart(sets).into_iter().chain(unknown).collect()
}

impl Comparison {
    /// How many cases came to each word, those that came to none left out.
    pub fn counts(&self) -> Vec<(Word, usize)> {
        let count = |word| self.cases.iter().filter(|case| case.word == word).count();
        let all = Word::ALL.iter().map(|&word| (word, count(word)));
        all.filter(|(_, n)| *n > 0).collect()
    }
}

fn side(run: &RunInfo) -> Side {
    Side {
        run: run.id.to_string(),
        suite: run.suite.name.clone(),
        label: run.label.clone(),
        step: run.step.as_ref().map(|step| step.id.clone()),
        started_ns: run.started_ns,
        dated: run.is_dated(),
    }
}

/// What the metric counts; a time where no case has it.
fn kind(sets: &[&RunSet], yardstick: &Yardstick) -> Kind {
    let mut cases = sets.iter().flat_map(|set| &set.cases);
    cases.find_map(|case| Some(yardstick.series(case)?.kind)).unwrap_or(Kind::Time)
}

fn lonely(
    baseline: Option<&CaseSet>,
    candidate: Option<&CaseSet>,
    yardstick: &Yardstick,
    why: &str,
) -> CaseComparison {
    let median = |case: Option<&CaseSet>| Some(yardstick.series(case?)?.summary.median);
    let id = |case: Option<&CaseSet>| case.map(|case| case.info.id.to_string());
    CaseComparison {
        label: candidate.or(baseline).map(|case| case.label.clone()).unwrap_or_default(),
        baseline: id(baseline),
        candidate: id(candidate),
        baseline_median: median(baseline),
        candidate_median: median(candidate),
        ratio: None,
        word: Word::Incomparable,
        reason: why.to_owned(),
    }
}

/// Holds `candidate` against `baseline`; `why` says why that may not be done.
pub(crate) fn compared(
    baseline: &CaseSet,
    candidate: &CaseSet,
    why: Option<String>,
    yardstick: &Yardstick,
) -> CaseComparison {
    let start = lonely(Some(baseline), Some(candidate), yardstick, "");
    let failed = [("baseline", baseline), ("candidate", candidate)]
        .into_iter()
        .find(|(_, case)| case.state == State::Failed);
    if let Some((side, case)) = failed {
        let reason = format!("{side} {}", case.trouble().unwrap_or_default());
        return CaseComparison { word: Word::Failed, reason, ..start };
    }
    if let Some(reason) = why {
        return CaseComparison { reason, ..start };
    }
    let undecided =
        |reason: String| CaseComparison { word: Word::Undecided, reason, ..start.clone() };
    let (Some(old), Some(new)) = (yardstick.series(baseline), yardstick.series(candidate)) else {
        return undecided(format!("a side has no {}", yardstick.metric));
    };
    if old.source != new.source {
        return undecided(format!("{} comes from different sources", yardstick.metric));
    }
    let Some(ratio) = stats::ratio_of_medians(&new.points, &old.points) else {
        return undecided("a median is 0, so there is no ratio".to_owned());
    };
    let (word, reason) = judged(&ratio, new.better, yardstick.tolerance);
    CaseComparison { ratio: Some(ratio), word, reason, ..start }
}

/// The word for a ratio of candidate over baseline, and the reason where it needs one.
fn judged(ratio: &Ratio, better: Better, tolerance: f64) -> (Word, String) {
    let stats::Interval { low, high, .. } = ratio.interval;
    if !ratio.interval.is_confident() {
        let n = ratio.replicates.0.min(ratio.replicates.1);
        let few = format!("n={n}: a 95 % interval needs 4 processes on each side");
        return (Word::Undecided, few);
    }
    let (least, most) = (1.0 / (1.0 + tolerance), 1.0 + tolerance);
    let (less, more) = match better {
        Better::Lower => (Word::Improved, Word::Regressed),
        Better::Higher => (Word::Regressed, Word::Improved),
        // It only explains: that it moved is told by the ratio, and judged by nobody.
        Better::Neither => (Word::Undecided, Word::Undecided),
    };
    let word = match (low, high) {
        (low, high) if low >= least && high <= most => Word::Equivalent,
        (_, high) if high < 1.0 => less,
        (low, _) if low > 1.0 => more,
        _ => {
            return (Word::Undecided, "the interval spans 1: more processes would tell".to_owned());
        }
    };
    let reason = match (word, ratio.ratio < 1.0) {
        (Word::Undecided, true) => {
            format!("{} less, and neither is better", factor(1.0 / ratio.ratio))
        }
        (Word::Undecided, false) => format!("{} more, and neither is better", factor(ratio.ratio)),
        _ => String::new(),
    };
    (word, reason)
}

#[cfg(test)]
mod tests {
    use stats::Interval;

    use super::*;

    fn word(low: f64, high: f64, coverage: f64) -> Word {
        let interval = Interval { low, high, coverage };
        let ratio = Ratio { ratio: (low * high).sqrt(), interval, replicates: (10, 3) };
        judged(&ratio, Better::Lower, TOLERANCE).0
    }

    #[test]
    fn intervals_become_words() {
        for (low, high, expect) in [
            (0.7, 0.9, Word::Improved),
            (1.1, 1.2, Word::Regressed),
            (0.9, 1.1, Word::Undecided),
            (0.995, 1.005, Word::Equivalent),
            (1.0, 1.0, Word::Equivalent),
            // A change that is shown, and shown to be small, is none.
            (1.001, 1.009, Word::Equivalent),
            (1.001, 1.011, Word::Regressed),
            (0.989, 0.999, Word::Improved),
            (1.0, 1.2, Word::Undecided),
        ] {
            assert_eq!(word(low, high, 0.95), expect, "{low} to {high}");
        }
        assert_eq!(word(0.5, 0.6, 0.9), Word::Undecided);
    }

    #[test]
    fn the_good_direction_and_the_tolerance_decide_the_word() {
        let interval = Interval { low: 1.1, high: 1.2, coverage: 0.95 };
        let ratio = Ratio { ratio: 1.15, interval, replicates: (10, 10) };
        let word = |better, tolerance| judged(&ratio, better, tolerance).0;
        assert_eq!(word(Better::Lower, TOLERANCE), Word::Regressed);
        assert_eq!(word(Better::Higher, TOLERANCE), Word::Improved);
        assert_eq!(word(Better::Lower, 0.25), Word::Equivalent);
        let (word, reason) = judged(&ratio, Better::Neither, TOLERANCE);
        assert_eq!((word, reason.as_str()), (Word::Undecided, "1.15× more, and neither is better"));
    }

    #[test]
    fn too_few_processes_are_told_with_what_is_needed() {
        let interval = Interval { low: 0.5, high: 0.6, coverage: 0.9 };
        let ratio = Ratio { ratio: 0.55, interval, replicates: (10, 3) };
        let (_, reason) = judged(&ratio, Better::Lower, TOLERANCE);
        assert_eq!(reason, "n=3: a 95 % interval needs 4 processes on each side");
    }
}
