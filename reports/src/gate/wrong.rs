//! A wrong answer, or another one than the baseline's. This rule always holds.

use record::gate::{Rule, RuleKind};

use super::fault::Fault;
use super::{Facts, Kind, Trial};

/// The kind.
pub(super) struct WrongAnswer;

impl Kind for WrongAnswer {
    fn kind(&self) -> RuleKind {
        RuleKind::WrongAnswer
    }

    fn open(&self, _rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Fault::new(RuleKind::WrongAnswer, case))
    }
}
