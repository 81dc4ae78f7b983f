//! Rules about a case as a whole: it is there, it works, its answer is right. They always hold.

use record::FailureKind;
use record::gate::{Finding, Rule, RuleKind, Side, SideFailure, Unit, Word};

use super::{Facts, Kind, Trial, blank};

/// A case of the baseline that the candidate does not have.
pub(super) struct MissingCase;

/// A case that failed.
pub(super) struct FailedCase;

/// A wrong answer.
pub(super) struct WrongAnswer;

impl Kind for MissingCase {
    fn kind(&self) -> RuleKind {
        RuleKind::MissingCase
    }

    fn open(&self, _rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Missing(case.clone()))
    }
}

impl Kind for FailedCase {
    fn kind(&self) -> RuleKind {
        RuleKind::FailedCase
    }

    fn open(&self, _rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Fault { kind: RuleKind::FailedCase, case: case.clone(), failure: None })
    }
}

impl Kind for WrongAnswer {
    fn kind(&self) -> RuleKind {
        RuleKind::WrongAnswer
    }

    fn open(&self, _rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Fault { kind: RuleKind::WrongAnswer, case: case.clone(), failure: None })
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

struct Fault {
    kind: RuleKind,
    case: Facts,
    failure: Option<SideFailure>,
}

impl Trial for Fault {
    fn observe(&mut self, unit: &Unit) {
        let Some(failure) = &unit.failure else { return };
        let is_wrong = failure.failure.kind == FailureKind::WrongAnswer;
        if is_wrong == (self.kind == RuleKind::WrongAnswer) {
            self.failure.get_or_insert_with(|| failure.clone());
        }
    }

    fn is_decided(&self) -> bool {
        true
    }

    /// What the candidate did fails the gate; what the baseline did only leaves nothing to hold
    /// the candidate against.
    fn finding(&self) -> Option<Finding> {
        let SideFailure { side, failure } = self.failure.as_ref()?;
        let reason = format!("{}: {}", side.as_str(), failure.message);
        let word = match side {
            Side::Baseline => Word::Incomparable,
            Side::Candidate => Word::Failed,
        };
        Some(blank(&self.case.id, self.kind, word, reason))
    }
}
