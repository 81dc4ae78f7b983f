//! A case that failed. This rule always holds.

use record::gate::{Rule, RuleKind};

use super::fault::Fault;
use super::{Facts, Kind, Trial};

/// The kind.
pub(super) struct FailedCase;

impl Kind for FailedCase {
    fn kind(&self) -> RuleKind {
        RuleKind::FailedCase
    }

    fn open(&self, _rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Fault::new(RuleKind::FailedCase, case))
    }
}
