//! The rules of a gate, with their cases resolved.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{CaseId, Pass};

/// The metric that means CPU time or wall time, whichever tells more about a case.
pub const TIME: &str = "time";

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A relative change of a noisy metric, decided pair by pair.
    Relative,
    /// A change of a metric that hardly varies.
    Exact,
    /// The candidate may not have more than a fixed value.
    Ceiling,
    /// The candidate may not have less than a fixed value.
    Floor,
    /// A case of the baseline that the candidate does not have.
    MissingCase,
    /// A case that failed.
    FailedCase,
    /// A wrong answer, or another one than the baseline's.
    WrongAnswer,
    /// Many small changes in one direction, over the gates before this one.
    Trend,
}

words!(RuleKind {
    Relative => "relative",
    Exact => "exact",
    Ceiling => "ceiling",
    Floor => "floor",
    MissingCase => "missing_case",
    FailedCase => "failed_case",
    WrongAnswer => "wrong_answer",
    Trend => "trend",
});

/// The three numbers of a relative change, without the error rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Margins {
    /// A change of no more than this is none: 0.01 is 1 %.
    pub tolerated: f64,
    /// A change of this or more must be caught.
    pub must_catch: f64,
}

/// A rule and the cases that it holds for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What it looks at.
    pub kind: RuleKind,
    /// The metric; [`TIME`] for CPU or wall time, whichever tells more; empty for rules about
    /// cases as a whole.
    pub metric: String,
    /// The pass whose numbers it looks at.
    #[serde(default)]
    pub pass: Pass,
    /// What the suite states of the margins.
    pub tolerated: Option<f64>,
    /// See `tolerated`.
    pub must_catch: Option<f64>,
    /// Probability that any case-metric of the gate is called regressed although it is not.
    pub alpha: f64,
    /// A difference of no more than this, in base units, is none.
    pub ignore_below: f64,
    /// Says nothing about a case that has no such metric.
    pub optional: bool,
    /// The fixed value of a ceiling or a floor, in base units; the gates of a trend.
    pub bound: Option<f64>,
    /// The cases that it holds for.
    pub cases: Vec<CaseId>,
}

impl Rule {
    /// Whether noise could move what it decides. What repeats and what is counted in a pass beside
    /// the pairs no noise moves, and a trend decides nothing.
    pub fn is_noisy(&self) -> bool {
        match self.kind {
            RuleKind::Relative => true,
            RuleKind::Ceiling | RuleKind::Floor => self.pass.is_timed(),
            RuleKind::Exact
            | RuleKind::MissingCase
            | RuleKind::FailedCase
            | RuleKind::WrongAnswer
            | RuleKind::Trend => false,
        }
    }

    /// The margins of the rule where these are the usual ones. What the suite states of the two comes
    /// first; the other one keeps its usual distance.
    pub fn margins(&self, usual: Margins) -> Margins {
        let ratio = usual.must_catch / usual.tolerated;
        match (self.tolerated, self.must_catch) {
            (Some(tolerated), Some(must_catch)) => Margins { tolerated, must_catch },
            (Some(tolerated), None) => Margins { tolerated, must_catch: tolerated * ratio },
            (None, Some(must_catch)) => Margins { tolerated: must_catch / ratio, must_catch },
            (None, None) => usual,
        }
    }
}
