//! Two runs case by case, or the cases of one run against one of them: ratio, interval, a word.
//!
//! The command line calls [`between`] or [`within`] and prints what [`Comparison::text`] returns.
//! The words say what these samples show, with 95 % for each case. They are no gate: nothing
//! corrects for many cases or for drift between runs.

pub(crate) mod differences;
mod text;

use anyhow::{Result, bail};
pub use record::gate::Word;
use record::{RunInfo, metrics};
use stats::Ratio;

pub use differences::Difference;

use crate::notes::BLOCK_ORDER;
use crate::run_set::{CaseSet, RunSet, Series, State};

/// A change smaller than this is called none: the whole interval of the ratio must lie between 1
/// less a hundredth and 1 more, on the scale of ratios.
pub const TOLERANCE: f64 = 0.01;

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
    /// Median wall time of the baseline in ns.
    pub baseline_ns: Option<f64>,
    /// Median wall time of the candidate in ns.
    pub candidate_ns: Option<f64>,
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
}

/// Two runs, or the cases of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
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
    /// The cases in the order of the candidate's suite, then those that only the baseline has.
    pub cases: Vec<CaseComparison>,
}

/// Compares two runs case by case. Cases belong together when their ids are equal, or when each
/// run has one case only.
///
/// # Errors
///
/// If a set does not hold exactly one run, or both hold the same.
pub fn between(baseline: &RunSet, candidate: &RunSet) -> Result<Comparison> {
    let ([old], [new]) = (baseline.runs.as_slice(), candidate.runs.as_slice()) else {
        bail!("a comparison needs one run on each side");
    };
    if old.id == new.id {
        bail!("both sides are run {}; `--within` compares its cases with each other", old.id);
    }
    let differences = differences::between(old, new);
    let alone = baseline.cases.len() == 1 && candidate.cases.len() == 1;
    let same = |one: &CaseSet, other: &CaseSet| alone || one.info.id == other.info.id;
    let mut cases: Vec<CaseComparison> = Vec::new();
    for case in &candidate.cases {
        let other = baseline.cases.iter().find(|other| same(other, case));
        cases.push(match other {
            Some(other) => {
                let why = differences::why_not(&differences, other, case);
                compared(other, case, why, case.label.clone())
            }
            None => lonely(None, Some(case), "only the candidate has this case"),
        });
    }
    for case in &baseline.cases {
        if !candidate.cases.iter().any(|other| same(other, case)) {
            cases.push(lonely(Some(case), None, "only the baseline has this case"));
        }
    }
    Ok(Comparison {
        baseline: side(old),
        candidate: side(new),
        order: Order::Block,
        reference: None,
        differences,
        cases,
    })
}

/// Compares the cases of one run with one of them: the named one (by label or id), or the first
/// that has numbers.
///
/// # Errors
///
/// If the set does not hold exactly one run, has a single case, or none that others can be held
/// against.
pub fn within(set: &RunSet, against: Option<&str>) -> Result<Comparison> {
    let [run] = set.runs.as_slice() else { bail!("one run is compared within itself") };
    if set.cases.len() < 2 {
        bail!("run {} has one case only; name a second run to compare it with", run.id);
    }
    let Some(reference) = set.reference(against)? else {
        bail!("no case of run {} has numbers", run.id);
    };
    let other = &set.cases[reference];
    let cases = set.cases.iter().enumerate().filter(|(index, _)| *index != reference);
    let cases = cases.map(|(_, case)| {
        let why = differences::rows(other, case);
        compared(other, case, why, case.label.clone())
    });
    // With a single round the cases stand one after the other, like runs do.
    let order = if run.sampling.processes > 1 { Order::Interleaved } else { Order::Block };
    Ok(Comparison {
        baseline: side(run),
        candidate: side(run),
        order,
        reference: Some(other.label.clone()),
        differences: Vec::new(),
        cases: cases.collect(),
    })
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
    }
}

fn wall(case: &CaseSet) -> Option<&Series> {
    case.metric(metrics::WALL_TIME.name)
}

fn median(case: Option<&CaseSet>) -> Option<f64> {
    Some(wall(case?)?.summary.median)
}

fn lonely(baseline: Option<&CaseSet>, candidate: Option<&CaseSet>, why: &str) -> CaseComparison {
    let id = |case: Option<&CaseSet>| case.map(|case| case.info.id.to_string());
    CaseComparison {
        label: candidate.or(baseline).map(|case| case.label.clone()).unwrap_or_default(),
        baseline: id(baseline),
        candidate: id(candidate),
        baseline_ns: median(baseline),
        candidate_ns: median(candidate),
        ratio: None,
        word: Word::Incomparable,
        reason: why.to_owned(),
    }
}

/// Holds `candidate` against `baseline`; `why` says why that may not be done.
fn compared(
    baseline: &CaseSet,
    candidate: &CaseSet,
    why: Option<String>,
    label: String,
) -> CaseComparison {
    let start = CaseComparison { label, ..lonely(Some(baseline), Some(candidate), "") };
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
    let (Some(old), Some(new)) = (wall(baseline), wall(candidate)) else {
        let reason = "a side has no time".to_owned();
        return CaseComparison { word: Word::Undecided, reason, ..start };
    };
    let Some(ratio) = stats::ratio_of_medians(&new.points, &old.points) else {
        let reason = "a time is 0, so there is no ratio".to_owned();
        return CaseComparison { word: Word::Undecided, reason, ..start };
    };
    let (word, reason) = judged(&ratio);
    CaseComparison { ratio: Some(ratio), word, reason, ..start }
}

fn judged(ratio: &Ratio) -> (Word, String) {
    let stats::Interval { low, high, .. } = ratio.interval;
    if !ratio.interval.is_confident() {
        let n = ratio.replicates.0.min(ratio.replicates.1);
        let few = format!("n={n}: a 95 % interval needs 4 processes on each side");
        return (Word::Undecided, few);
    }
    let (least, most) = (1.0 / (1.0 + TOLERANCE), 1.0 + TOLERANCE);
    let word = match (low, high) {
        (low, high) if low >= least && high <= most => Word::Equivalent,
        (_, high) if high < 1.0 => Word::Improved,
        (low, _) if low > 1.0 => Word::Regressed,
        _ => Word::Undecided,
    };
    let reason = match word {
        Word::Undecided => "the interval spans 1: more processes would tell".to_owned(),
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
        judged(&Ratio { ratio: (low * high).sqrt(), interval, replicates: (10, 3) }).0
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
    fn too_few_processes_are_told_with_what_is_needed() {
        let interval = Interval { low: 0.5, high: 0.6, coverage: 0.9 };
        let (_, reason) = judged(&Ratio { ratio: 0.55, interval, replicates: (10, 3) });
        assert_eq!(reason, "n=3: a 95 % interval needs 4 processes on each side");
    }
}
