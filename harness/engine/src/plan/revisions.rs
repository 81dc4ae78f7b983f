//! The plan of a history: the cases of a plan at every revision, each with that revision's program.
//!
//! The command line calls it when the revisions are built. It builds nothing and starts nothing.

use super::{CASES_MAX, Plan};
use crate::case::{At, Case};
use crate::pairs::Party;

/// A revision whose cases are planned.
#[derive(Clone, Debug)]
pub struct PlannedRevision {
    /// The number of its step.
    pub step: String,
    /// What its cases are told by; see [`At`].
    pub key: String,
    /// How its programs are found; `None` where there are none, because it does not build or
    /// nothing of it is left to measure.
    pub party: Option<Party>,
}

impl PlannedRevision {
    fn case(&self, case: &Case) -> Result<Case, String> {
        let with_program = self.party.as_ref().map(|party| party.case(case)).transpose()?;
        let built = with_program.is_some();
        let at = At { step: self.step.clone(), key: self.key.clone(), built };
        let case = with_program.unwrap_or_else(|| case.clone());
        Ok(Case { id: at.id(&case.id), at: Some(at), ..case })
    }
}

impl Plan {
    /// The plan with all its cases at each of the revisions, revision after revision. Rounds are
    /// shuffled over all of them.
    ///
    /// # Errors
    /// When there are too many cases, or a revision has no program for one of them.
    pub fn over(&self, revisions: &[PlannedRevision]) -> Result<Self, String> {
        let cases = self.cases.len().saturating_mul(revisions.len());
        if cases > CASES_MAX {
            return Err(format!("{cases} cases over all revisions; at most {CASES_MAX}"));
        }
        let over = |cases: &[Case]| -> Result<Vec<Case>, String> {
            let each =
                |revision| cases.iter().map(move |case| PlannedRevision::case(revision, case));
            revisions.iter().flat_map(each).collect()
        };
        let mut plan = Self { cases: over(&self.cases)?, ..self.clone() };
        for pass in &mut plan.passes {
            pass.cases = over(&pass.cases)?;
        }
        Ok(plan)
    }
}
