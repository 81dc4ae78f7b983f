//! Identical programs, and a canary: what tells whether this machine can be believed now.
//!
//! The baseline is held against a copy of itself by the same bets as every case. The canary is the
//! same pairs with the candidate's times raised by a known share. It has the noise of this machine
//! at this moment, and so tells whether a real change of that size would have been seen in it. It
//! does not tell whether the work is measured at all: that is what answers and counters are for.

use record::CaseId;
use record::gate::{Control, Rule, RuleKind, TIME, Unit, Word};
use stats::sequential::Levels;

use super::relative::Series;
use super::{Facts, pairs};

/// Probability that identical programs are called different, in either direction.
const ALPHA: f64 = 0.01;

/// The canary against what must be caught: +5 % where that is 3 %.
const RAISE: f64 = 5.0 / 3.0;

pub(super) struct ControlTrial {
    case: CaseId,
    raised: f64,
    series: Option<[Series; 2]>,
}

impl ControlTrial {
    /// Looks at what the first relative rule on the case looks at: the clock that the case's own
    /// first pair told, so that both have one, or that of the control's where there is none.
    pub(super) fn new(rules: &[Rule], case: Option<(&Facts, Option<&Unit>)>, unit: &Unit) -> Self {
        let relative =
            |rule: &&Rule| rule.kind == RuleKind::Relative && rule.cases.contains(&unit.case);
        let rule = rules.iter().find(relative);
        let is_command = case.is_some_and(|(facts, _)| facts.is_command);
        let like = case.and_then(|(_, first)| first).unwrap_or(unit);
        let metric = pairs::resolve(rule.map_or(TIME, |rule| &rule.metric), like);
        let usual = pairs::usual_margins(&metric, is_command);
        let margins = rule.map_or(usual, |rule| rule.margins(usual));
        let series = |members, ignored| {
            let levels = Levels::of_family(members, ALPHA)?;
            Series::new(metric.clone(), margins, levels, ignored)
        };
        let ignored = rule.map_or(0.0, |rule| rule.ignore_below);
        // Identical programs may differ in two directions; the canary in one.
        let series = series(2, ignored).zip(series(1, 0.0)).map(|(one, other)| [one, other]);
        Self { case: unit.case.clone(), raised: margins.must_catch * RAISE, series }
    }

    /// Takes in a pair; says whether both are decided.
    pub(super) fn observe(&mut self, unit: &Unit) -> bool {
        let Some([identical, canary]) = &mut self.series else { return true };
        identical.observe(unit, 0.0);
        canary.observe(unit, self.raised.ln_1p());
        identical.is_decided() && canary.is_decided()
    }

    /// `None` without a single pair.
    pub(super) fn conclude(&self) -> Option<Control> {
        let [identical, canary] = self.series.as_ref()?;
        (identical.pairs() > 0).then(|| Control {
            case: self.case.clone(),
            metric: identical.metric.clone(),
            pairs: identical.pairs(),
            word: identical.word(),
            change: identical.change(),
            canary_raised: self.raised,
            canary: match canary.word() {
                Word::Undecided if canary.gate.pairs() == 0 => Word::Incomparable,
                word => word,
            },
        })
    }
}
