//! Right answers in a gate: each side holds to what the suite pins and agrees with itself, and the
//! candidate says what the baseline says. Only the loop of a gate calls it.

use std::collections::BTreeMap;

use record::gate::{Role, Side, SideFailure};
use record::{CaseId, Failure, FailureKind};

use crate::answers::Ledger;
use crate::case::Case;
use crate::measure::paired::Given;

/// What both sides have answered so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    baseline: Ledger,
    candidate: Ledger,
    /// The first answer of the baseline.
    known: BTreeMap<CaseId, Given>,
}

impl Answers {
    /// Holds the answers of one pair against everything said before.
    pub(super) fn judge(
        &mut self,
        role: Role,
        case: &Case,
        given: &[Given],
    ) -> Result<(), SideFailure> {
        // In a control both sides are the baseline.
        let is_baseline = |side| side == Side::Baseline || role == Role::Control;
        for one in given {
            let ledger =
                if is_baseline(one.side) { &mut self.baseline } else { &mut self.candidate };
            let judged = ledger.judge(case, one.rows, one.answer.as_ref());
            let _ = ledger.take_doubt();
            judged.map_err(|failure| SideFailure { side: one.side, failure })?;
        }
        for one in given.iter().filter(|one| one.side == Side::Baseline) {
            self.known.entry(case.id.clone()).or_insert_with(|| one.clone());
        }
        let Some(known) = self.known.get(&case.id) else { return Ok(()) };
        match given.iter().find(|one| !agree(known, one)) {
            None => Ok(()),
            Some(other) => Err(SideFailure { side: other.side, failure: differs(known, other) }),
        }
    }
}

fn agree(known: &Given, one: &Given) -> bool {
    let same_answer = match (&known.answer, &one.answer) {
        (Some(known), Some(one)) => known.digest == one.digest && known.rows == one.rows,
        _ => true,
    };
    same_answer && known.rows == one.rows
}

fn differs(known: &Given, other: &Given) -> Failure {
    let said = |given: &Given| match (&given.answer, given.rows) {
        (Some(answer), _) => format!("{} rows, `{}`", answer.rows, answer.digest),
        (None, Some(rows)) => format!("{rows} rows"),
        (None, None) => "no rows".to_owned(),
    };
    let message =
        format!("another answer than the baseline's: {} here, {} there", said(other), said(known));
    Failure { kind: FailureKind::WrongAnswer, message, output: String::new() }
}
