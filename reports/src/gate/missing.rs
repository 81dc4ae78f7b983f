//! A case of the baseline that the candidate does not have. This rule always holds.

use record::gate::{Finding, Rule, RuleKind, Side, Unit, Word};

use super::{Facts, Kind, Trial, blank};

/// The kind.
pub(super) struct MissingCase;

impl Kind for MissingCase {
    fn kind(&self) -> RuleKind {
        RuleKind::MissingCase
    }

    fn open(&self, _rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Missing(case.clone()))
    }
}

struct Missing(Facts);

impl Trial for Missing {
    fn observe(&mut self, _unit: &Unit) {}

    fn is_decided(&self) -> bool {
        true
    }

    fn finding(&self) -> Option<Finding> {
        let (word, reason) = match self.0.only_in? {
            Side::Baseline => (Word::Failed, "the candidate has no such case any more"),
            Side::Candidate => (Word::Incomparable, "new: the baseline has no such case"),
        };
        Some(blank(&self.0.id, RuleKind::MissingCase, word, reason.to_owned()))
    }
}
