//! A change of a metric that hardly varies: instructions, allocations, bytes, rows. No statistics:
//! the difference must be larger than what identical runs of one side differ by.

use record::gate::{Change, Finding, Paired, Rule, RuleKind, SideFailure, Unit, Word};
use stats::sequential::Decision;

use super::{Facts, Kind, Trial, blank, pairs};

/// The kind.
pub(super) struct Exact;

/// Pairs that tell how much identical runs differ.
const PAIRS: usize = 3;

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
        let all = |side: fn(&Paired) -> &Vec<f64>| self.taken.iter().flat_map(side).copied();
        let old: Vec<f64> = all(|paired| &paired.baseline).collect();
        let new: Vec<f64> = all(|paired| &paired.candidate).collect();
        let tolerated = self.rule.tolerated.unwrap_or(stats::Exact::RELATIVE_MARGIN);
        let exact = stats::Exact::new(&old, &new, tolerated)?;
        let exact = exact.ignoring_below(self.rule.ignore_below);
        let word = match (exact.decision(), pairs::sign(like.better) > 0.0) {
            (Decision::Regressed, true) | (Decision::Improved, false) => Word::Regressed,
            (Decision::Improved, true) | (Decision::Regressed, false) => Word::Improved,
            (Decision::Equivalent | Decision::Open, _) => Word::Equivalent,
        };
        let size = exact.baseline.abs();
        let reason = match exact.varies() && size > 0.0 {
            true => format!(
                "identical runs differ by {:.2} %, so it must change by more than {:.2} %",
                100.0 * exact.range / size,
                100.0 * exact.margin / size,
            ),
            false => String::new(),
        };
        let change = (size > 0.0).then(|| {
            let estimate = (exact.candidate - exact.baseline) / size;
            Change { estimate, low: None, high: None }
        });
        Some(Finding {
            unit: like.unit,
            better: like.better,
            baseline: Some(exact.baseline),
            candidate: Some(exact.candidate),
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
