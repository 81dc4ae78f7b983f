//! What a side of a case did wrong, for the rules about failures and about answers.

use record::FailureKind;
use record::gate::{Finding, RuleKind, Side, SideFailure, Unit, Word};

use super::{Facts, Trial, blank};

/// The first fault of the kind that a rule is about.
pub(super) struct Fault {
    kind: RuleKind,
    case: Facts,
    failure: Option<SideFailure>,
}

impl Fault {
    /// None yet. `kind` is [`RuleKind::WrongAnswer`] or [`RuleKind::FailedCase`].
    pub(super) fn new(kind: RuleKind, case: &Facts) -> Self {
        Self { kind, case: case.clone(), failure: None }
    }
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
