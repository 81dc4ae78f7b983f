//! A change of a metric that hardly varies: instructions, allocations, bytes, rows. No statistics:
//! the difference must be larger than what identical runs of one side differ by.

use record::gate::{Change, Finding, Paired, Rule, RuleKind, SideFailure, Unit, Word};

use super::{Facts, Kind, Trial, blank, pairs};

/// The kind.
pub(super) struct Exact;

/// Pairs that tell how much identical runs differ.
const PAIRS: usize = 3;

/// A change of no more than this is none where the rule states nothing.
const TOLERATED: f64 = 0.001;

/// How many times the range of identical runs a change must exceed.
const RANGES: f64 = 5.0;

impl Kind for Exact {
    fn kind(&self) -> RuleKind {
        RuleKind::Exact
    }

    fn open(&self, rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Values {
            rule: rule.clone(),
            case: case.clone(),
            taken: Vec::new(),
            absent: false,
            failure: None,
        })
    }
}

struct Values {
    rule: Rule,
    case: Facts,
    taken: Vec<Paired>,
    absent: bool,
    /// What a side did wrong in the pass.
    failure: Option<String>,
}

impl Trial for Values {
    fn observe(&mut self, unit: &Unit) {
        match unit.metric(&self.rule.metric) {
            Some(paired) if !paired.baseline.is_empty() => self.taken.push(paired.clone()),
            _ => self.absent |= unit.failure.is_none(),
        }
        if let Some(SideFailure { side, failure }) = &unit.failure {
            self.failure = Some(format!("{}: {}", side.as_str(), failure.message));
        }
    }

    fn is_decided(&self) -> bool {
        self.taken.len() >= PAIRS || self.absent
    }

    fn finding(&self) -> Option<Finding> {
        let blank = |word, reason| Finding {
            metric: self.rule.metric.clone(),
            pass: self.rule.pass,
            ..blank(&self.case.id, RuleKind::Exact, word, reason)
        };
        let Some(like) = self.taken.first() else {
            return self.nothing().map(|(word, reason)| blank(word, reason));
        };
        let old = Runs::of(self.taken.iter().map(|paired| &paired.baseline))?;
        let new = Runs::of(self.taken.iter().map(|paired| &paired.candidate))?;
        let difference = new.median - old.median;
        let range = old.range.max(new.range);
        let share = self.rule.tolerated.unwrap_or(TOLERATED) * old.median.abs();
        let allowed = share.max(RANGES * range).max(self.rule.ignore_below);
        let word = match difference * pairs::sign(like.better) {
            worse if worse > allowed => Word::Regressed,
            better if better < -allowed => Word::Improved,
            _ => Word::Equivalent,
        };
        let varies = RANGES * range >= allowed && range > 0.0 && old.median != 0.0;
        let reason = match varies {
            true => format!(
                "identical runs differ by {:.2} %, so it must change by more than {:.2} %",
                100.0 * range / old.median.abs(),
                100.0 * allowed / old.median.abs(),
            ),
            false => String::new(),
        };
        let change = (old.median != 0.0).then(|| {
            let estimate = difference / old.median.abs();
            Change { estimate, low: None, high: None }
        });
        Some(Finding {
            unit: like.unit,
            better: like.better,
            baseline: Some(old.median),
            candidate: Some(new.median),
            change,
            pairs: u32::try_from(self.taken.len()).unwrap_or(u32::MAX),
            ..blank(word, reason)
        })
    }
}

impl Values {
    /// What is said without a single value.
    fn nothing(&self) -> Option<(Word, String)> {
        if let Some(failure) = &self.failure {
            return Some((Word::Incomparable, failure.clone()));
        }
        let reason = match self.absent {
            true => format!("no `{}` on both sides", self.rule.metric),
            false => "out of time before the first process".to_owned(),
        };
        let word = if self.absent { Word::Incomparable } else { Word::Undecided };
        (!self.rule.optional).then_some((word, reason))
    }
}

/// What the identical runs of one side say.
struct Runs {
    median: f64,
    range: f64,
}

impl Runs {
    fn of<'a>(processes: impl Iterator<Item = &'a Vec<f64>>) -> Option<Self> {
        let all: Vec<f64> = processes.flatten().copied().collect();
        let low = all.iter().copied().reduce(f64::min)?;
        let high = all.iter().copied().reduce(f64::max)?;
        Some(Self { median: stats::median(&all)?, range: high - low })
    }
}
