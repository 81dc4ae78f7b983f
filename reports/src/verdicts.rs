//! What each case came to: against the step before it, and against the baseline.
//!
//! The page, the Markdown report and the headline's counts read [`Verdicts`]. Words and tolerance
//! are those of `dyno compare`.

use crate::compare::{CaseComparison, Word, Yardstick, compared, differences};
use crate::format::{factor, shorten};
use crate::history::lines;
use crate::run_set::{RunSet, State};

/// A case held against another one.
pub(crate) struct Held {
    /// The other case: an index into [`RunSet::cases`].
    pub(crate) other: usize,
    pub(crate) comparison: CaseComparison,
}

/// What one case came to.
#[derive(Default)]
pub(crate) struct Verdict {
    /// Against the last step before it that was kept; `None` where the order means nothing.
    pub(crate) previous: Option<Held>,
    /// Against the first step of its line, or the case that all others are held against.
    pub(crate) baseline: Option<Held>,
}

impl Verdict {
    /// What decides about the case: the step before it, where there are steps.
    pub(crate) fn main(&self) -> Option<&Held> {
        self.previous.as_ref().or(self.baseline.as_ref())
    }

    /// The word that decides.
    pub(crate) fn word(&self) -> Option<Word> {
        Some(self.main()?.comparison.word)
    }
}

/// What all cases came to, in the order of the set.
pub(crate) struct Verdicts {
    pub(crate) cases: Vec<Verdict>,
    /// Whether cases are steps, each with one before it.
    pub(crate) is_history: bool,
}

/// Holds every case against the one before it and against the baseline. `reference` is the case
/// that others are held against where they are no steps, or where a person chose it.
pub(crate) fn verdicts(set: &RunSet, reference: Option<usize>, chosen: bool) -> Verdicts {
    let mut cases: Vec<Verdict> = Vec::new();
    cases.resize_with(set.cases.len(), Verdict::default);
    let lines = lines(set);
    let timed = |case: usize| set.cases[case].wall_time().is_some();
    for line in &lines {
        let mut kept: Vec<usize> = Vec::new();
        let first = line.kept().map(|step| step.case).find(|&case| timed(case));
        for step in &line.steps {
            let baseline = if chosen { set.held_against(step.case, reference) } else { first };
            cases[step.case] = Verdict {
                previous: kept.last().map(|&other| held(set, step.case, other)),
                baseline: against(set, step.case, baseline),
            };
            if !step.reverted && timed(step.case) {
                kept.push(step.case);
            }
        }
    }
    if lines.is_empty() {
        for (case, verdict) in cases.iter_mut().enumerate() {
            verdict.baseline = against(set, case, set.held_against(case, reference));
        }
    }
    Verdicts { cases, is_history: !lines.is_empty() }
}

fn against(set: &RunSet, case: usize, other: Option<usize>) -> Option<Held> {
    other.filter(|other| *other != case).map(|other| held(set, case, other))
}

fn held(set: &RunSet, case: usize, other: usize) -> Held {
    let (old, new) = (&set.cases[other], &set.cases[case]);
    let why = if old.run == new.run {
        differences::rows(old, new)
    } else {
        let (was, is) = (&set.runs[old.run], &set.runs[new.run]);
        differences::machine(was, is).or_else(|| differences::of_steps((was, old), (is, new)))
    };
    Held { other, comparison: compared(old, new, why, &Yardstick::default()) }
}

/// The word for people: what a time came to.
pub(crate) fn word(word: Word) -> &'static str {
    match word {
        Word::Improved => "faster",
        Word::Regressed => "slower",
        Word::Equivalent => "no difference",
        Word::Undecided => "undecided",
        Word::LayoutOnly => "layout only",
        Word::Failed => "failed",
        Word::Incomparable => "not comparable",
    }
}

/// The step that mattered most: `06 Make data generation lightweight`, `2.38× faster`; a smaller one
/// `24.3 % less time`.
pub(crate) struct Largest {
    /// An index into [`RunSet::cases`].
    pub(crate) case: usize,
    pub(crate) name: String,
    pub(crate) delta: String,
}

/// How many cases came to a word.
pub(crate) struct Count {
    pub(crate) word: &'static str,
    pub(crate) cases: usize,
    /// How many of them were taken back.
    pub(crate) reverted: usize,
}

impl Count {
    /// `2 slower (1 reverted)`.
    pub(crate) fn words(&self) -> String {
        let reverted = match self.reverted {
            0 => String::new(),
            some => format!(" ({some} reverted)"),
        };
        format!("{} {}{reverted}", self.cases, self.word)
    }
}

impl Verdicts {
    /// How many cases came to each word, in the order in which people ask; none left out but those
    /// that no case came to.
    pub(crate) fn counts(&self, set: &RunSet) -> Vec<Count> {
        const ORDER: [Word; 6] = [
            Word::Improved,
            Word::Regressed,
            Word::Equivalent,
            Word::Undecided,
            Word::Incomparable,
            Word::Failed,
        ];
        let came_to = |case: usize| {
            // A case without numbers is failed, whatever it would have been held against.
            let failed = set.cases[case].state == State::Failed;
            if failed { Some(Word::Failed) } else { self.cases[case].word() }
        };
        let count = |wanted: Word| {
            let own: Vec<usize> =
                (0..self.cases.len()).filter(|&case| came_to(case) == Some(wanted)).collect();
            let reverted = own.iter().filter(|&&case| set.cases[case].reverted).count();
            Count { word: word(wanted), cases: own.len(), reverted }
        };
        ORDER.into_iter().map(count).filter(|count| count.cases > 0).collect()
    }

    /// The kept step that changed the time most, in either direction, of those whose change is shown.
    /// `None` where there is none, and of two cases: what the headline says is all there is.
    pub(crate) fn largest(&self, set: &RunSet) -> Option<Largest> {
        let change = |case: usize| {
            let comparison = &self.cases[case].previous.as_ref()?.comparison;
            let shown = matches!(comparison.word, Word::Improved | Word::Regressed);
            let size = comparison.ratio?.ratio.ln().abs();
            (shown && !set.cases[case].reverted).then_some((case, comparison, size))
        };
        let all: Vec<_> = (0..self.cases.len()).filter_map(change).collect();
        let largest =
            all.iter().max_by(|a, b| a.2.total_cmp(&b.2)).filter(|_| set.cases.len() > 2)?;
        let (case, comparison, _) = *largest;
        let one = &set.cases[case];
        let name = match set.label_name() {
            "step" | "case" => format!("{} {}", one.label, one.title),
            parameter => format!("{parameter}={} {}", one.label, one.title),
        };
        let ratio = comparison.ratio?.ratio;
        // A sign alone would not say what is less.
        let delta = match ratio {
            0.5..1.0 => format!("{:.1} % less time", 100.0 * (1.0 - ratio)),
            1.0..2.0 => format!("{:.1} % more time", 100.0 * (ratio - 1.0)),
            _ => delta(comparison).number,
        };
        Some(Largest { case, name: shorten(name.trim_end(), 80), delta })
    }

    /// What the counts are of: `against the step before`.
    pub(crate) fn basis(&self, set: &RunSet, reference: Option<usize>) -> String {
        if self.is_history {
            return "each against the step before it".to_owned();
        }
        match reference {
            Some(case) => format!("against {}", set.cases[case].label),
            None => String::new(),
        }
    }
}

/// A difference in the form that suits its size: percent below a factor of 2, else the factor.
pub(crate) struct Delta {
    /// The number, with its sign or its direction; empty where no difference is shown.
    pub(crate) number: String,
    /// Its interval, or why there is none.
    pub(crate) aside: String,
}

/// How a case differs from the one that it is held against.
pub(crate) fn delta(comparison: &CaseComparison) -> Delta {
    let Some(ratio) = &comparison.ratio else {
        return Delta { number: String::new(), aside: comparison.reason.clone() };
    };
    let stats::Interval { low, high, .. } = ratio.interval;
    let small = (0.5..2.0).contains(&ratio.ratio);
    let number = match (small, ratio.ratio < 1.0) {
        (true, _) => percent(ratio.ratio),
        (false, true) => format!("{} faster", factor(1.0 / ratio.ratio)),
        (false, false) => format!("{} slower", factor(ratio.ratio)),
    };
    let range = match (small, ratio.ratio < 1.0) {
        (true, _) => format!("{} to {} %", change(low), change(high)),
        (false, true) => format!("{} to {}", factor(1.0 / high), factor(1.0 / low)),
        (false, false) => format!("{} to {}", factor(low), factor(high)),
    };
    match comparison.word {
        Word::Improved | Word::Regressed | Word::Equivalent => Delta { number, aside: range },
        // A bare number would be taken for a result: only what the data leave open is said.
        _ if ratio.interval.is_confident() => Delta { number: String::new(), aside: range },
        _ => {
            let n = ratio.replicates.0.min(ratio.replicates.1);
            let processes = if n == 1 { "process" } else { "processes" };
            let few = format!("{n} {processes}: too few, 4 are needed");
            Delta { number: String::new(), aside: few }
        }
    }
}

/// A ratio as a change: `−24.3 %`.
pub(crate) fn percent(ratio: f64) -> String {
    format!("{} %", change(ratio))
}

/// A ratio as a change in percent, without the sign of the unit.
fn change(ratio: f64) -> String {
    let percent = 100.0 * (ratio - 1.0);
    let size = format!("{:.1}", percent.abs());
    match size.as_str() {
        "0.0" => size,
        _ if percent < 0.0 => format!("−{size}"),
        _ => format!("+{size}"),
    }
}

#[cfg(test)]
mod tests {
    use stats::{Interval, Ratio};

    use super::*;

    fn said(ratio: f64, low: f64, high: f64, coverage: f64, word: Word) -> String {
        let interval = Interval { low, high, coverage };
        let ratio = Some(Ratio { ratio, interval, replicates: (3, 8) });
        let comparison = CaseComparison {
            label: String::new(),
            baseline: None,
            candidate: None,
            baseline_median: None,
            candidate_median: None,
            ratio,
            word,
            reason: String::new(),
        };
        let Delta { number, aside } = delta(&comparison);
        format!("{number}|{aside}")
    }

    #[test]
    fn a_difference_is_percent_or_a_factor_and_never_bare_where_it_is_not_shown() {
        for (ratio, low, high, word, expect) in [
            (0.757, 0.749, 0.764, Word::Improved, "−24.3 %|−25.1 to −23.6 %"),
            (0.25, 0.2, 0.3125, Word::Improved, "4.00× faster|3.20× to 5.00×"),
            (2.5, 2.0, 4.0, Word::Regressed, "2.50× slower|2.00× to 4.00×"),
            (1.0002, 0.9999, 1.0004, Word::Equivalent, "0.0 %|0.0 to 0.0 %"),
            (1.02, 0.95, 1.1, Word::Undecided, "|−5.0 to +10.0 %"),
        ] {
            assert_eq!(said(ratio, low, high, 0.95, word), expect);
        }
        let few = said(0.5, 0.4, 0.6, 0.9, Word::Undecided);
        assert_eq!(few, "|3 processes: too few, 4 are needed");
    }
}
