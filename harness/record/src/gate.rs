//! What a gate asks, what its paired measurement brought, and what it said.
//!
//! The engine makes [`Unit`]s, the rules of `reports` make [`Finding`]s of them, and the command
//! line keeps both beside the runs. Nothing here decides anything.

mod acceptance;
mod rule;
mod unit;

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    Better, CaseId, Environment, Pass, PassInfo, SuiteInfo, Unavailable, Unit as ValueUnit,
};

pub use acceptance::Acceptance;
pub use rule::{Margins, Rule, RuleKind, TIME};
pub use unit::{Paired, Role, Side, SideFailure, Unit};

/// What a comparison or a gate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Shown to be better.
    Improved,
    /// Shown to be worse.
    Regressed,
    /// Shown not to have changed by more than is tolerated.
    Equivalent,
    /// The data show neither a change nor that there is none.
    Undecided,
    /// A side has no numbers because it failed, or its answer was wrong.
    Failed,
    /// A change of time that is gone when both are linked in other orders.
    LayoutOnly,
    /// The two did not do the same under the same conditions.
    Incomparable,
}

words!(Word {
    Regressed => "regressed",
    Improved => "improved",
    Equivalent => "equivalent",
    Undecided => "undecided",
    LayoutOnly => "layout_only",
    Failed => "failed",
    Incomparable => "incomparable",
});

/// What one rule says of one metric of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The case.
    pub case: CaseId,
    /// The rule that speaks.
    pub rule: RuleKind,
    /// What was held against each other; empty for rules about the case as a whole.
    pub metric: String,
    /// The pass whose numbers these are.
    #[serde(default)]
    pub pass: Pass,
    /// Unit of `baseline` and `candidate`.
    pub unit: ValueUnit,
    /// Which direction is good.
    pub better: Better,
    /// What it came to.
    pub word: Word,
    /// Why, where the numbers do not say it; may be empty.
    pub reason: String,
    /// Median of the baseline, in base units.
    pub baseline: Option<f64>,
    /// Median of the candidate.
    pub candidate: Option<f64>,
    /// How much the candidate differs.
    pub change: Option<Change>,
    /// Smallest slow-down (as a share: 0.03 is 3 %) that these data exclude.
    pub excluded: Option<f64>,
    /// Slow-down that as many pairs, as noisy as these, would have called a regression in nine of ten
    /// gates; where nothing was decided.
    #[serde(default)]
    pub detectable: Option<f64>,
    /// What was asked of a relative change.
    pub margins: Option<Margins>,
    /// Process pairs that it rests on.
    pub pairs: u32,
    /// Other metrics of the same pairs, for instance the other clock.
    pub beside: Vec<Part>,
    /// What a change of time is made of: their logarithms add up to its own.
    pub shares: Vec<Part>,
    /// The functions that it lies in, the largest first, where profiles were taken.
    #[serde(default)]
    pub functions: Vec<Moved>,
    /// A person's reason to let it pass, where there is one.
    pub accepted: Option<String>,
}

impl Finding {
    /// Whether the gate fails by it.
    pub fn fails(&self) -> bool {
        let word = match self.word {
            Word::Regressed => self.rule != RuleKind::Trend,
            Word::Failed => true,
            Word::Improved
            | Word::Equivalent
            | Word::Undecided
            | Word::LayoutOnly
            | Word::Incomparable => false,
        };
        word && self.accepted.is_none()
    }

    /// Whether a regression that must be caught is excluded, although nothing else is decided.
    pub fn is_cleared(&self) -> bool {
        let margin = self.margins.map(|margins| margins.must_catch);
        matches!((self.excluded, margin), (Some(excluded), Some(margin)) if excluded <= margin)
    }

    /// Whether something is to be told beyond that nothing happened.
    pub fn is_change(&self) -> bool {
        self.word != Word::Equivalent && !(self.word == Word::Undecided && self.is_cleared())
    }
}

/// One metric's part of a change: 0.05 is 5 % more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is a part of, for instance `instructions`.
    pub name: String,
    /// How much it differs.
    pub change: f64,
}

/// A function whose part of the CPU time moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// Its own share of the baseline's CPU time, what it calls left out: 0.4 is 40 %.
    pub before: f64,
    /// The candidate's, as a share of the baseline's whole too.
    pub after: f64,
}

/// A relative difference: 0.05 is 5 % more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The estimate.
    pub estimate: f64,
    /// Lower end of its confidence sequence; `None` where it is open.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// The hidden comparison of the baseline with a copy of itself, and the canary beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// The case that was used for it.
    pub case: CaseId,
    /// The metric that was looked at.
    pub metric: String,
    /// Process pairs.
    pub pairs: u32,
    /// What identical programs came to; anything but a change is right.
    pub word: Word,
    /// By how much the identical programs seemed to differ.
    pub change: Option<Change>,
    /// By how much the canary's times were raised: 0.05 is 5 %.
    pub canary_raised: f64,
    /// What the canary came to; `regressed` is right.
    pub canary: Word,
}

impl Control {
    /// Whether identical programs were called different: then no verdict can be believed.
    pub fn fired(&self) -> bool {
        matches!(self.word, Word::Regressed | Word::Improved)
    }

    /// Whether the canary was called unchanged, or better: then no clearance can be believed.
    pub fn missed(&self) -> bool {
        matches!(self.canary, Word::Equivalent | Word::Improved)
    }
}

/// One of the two sides of a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// What it is called: a revision, `working tree`, a file or a runner.
    pub name: String,
    /// The full commit id, where it was built from one.
    pub commit: Option<String>,
}

/// A gate, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Version of this layout.
    pub schema: u32,
    /// Its name, for instance `20261122-093015-shredding`.
    pub id: String,
    /// Version of the dyno that measured.
    pub dyno: String,
    /// When measuring began, in ns since the Unix epoch.
    pub started_ns: i64,
    /// When it ended.
    pub finished_ns: i64,
    /// The command line, as it was typed.
    pub command: Vec<String>,
    /// The suite, whole.
    pub suite: SuiteInfo,
    /// Seed of every random choice.
    pub seed: u64,
    /// What is held against.
    pub baseline: Party,
    /// What is judged.
    pub candidate: Party,
    /// The machine before the first pair.
    pub before: Environment,
    /// What was asked.
    pub rules: Vec<Rule>,
    /// Case-metrics that share the error rate.
    pub family: u32,
    /// Identical programs and the canary; `None` where they were left out or failed.
    pub control: Option<Control>,
    /// The passes that were taken beside the pairs, and how.
    #[serde(default)]
    pub passes: Vec<PassInfo>,
    /// What was found, in suite order.
    pub findings: Vec<Finding>,
    /// What could not be counted, each once.
    pub unavailable: Vec<Unavailable>,
    /// What a reader should know before believing the numbers.
    pub warnings: Vec<String>,
}

impl Gate {
    /// The layout that this version writes.
    pub const SCHEMA: u32 = 1;

    /// Whether verdicts may be believed: the control did not fire and the canary was not missed.
    pub fn is_trusted(&self) -> bool {
        self.control.as_ref().is_none_or(|control| !control.fired() && !control.missed())
    }
}
