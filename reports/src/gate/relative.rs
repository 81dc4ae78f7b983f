//! A relative change of a noisy metric: betting on pairs until one side has won.

use record::gate::{Change, Finding, Margins, Rule, RuleKind, Unit, Word};
use record::{Better, Unit as ValueUnit};
use stats::sequential::{Decision, Levels, PairGate, Thresholds};

use super::{Facts, Kind, Trial, blank, pairs};

/// The kind.
pub(super) struct Relative;

impl Kind for Relative {
    fn kind(&self) -> RuleKind {
        RuleKind::Relative
    }

    fn open(&self, rule: &Rule, case: &Facts, members: usize) -> Box<dyn Trial> {
        let levels = Levels::of_family(members, rule.alpha);
        Box::new(Bets { rule: rule.clone(), case: case.clone(), levels, opened: None })
    }
}

struct Bets {
    rule: Rule,
    case: Facts,
    levels: Option<Levels>,
    /// Once a pair has told which metric it is.
    opened: Option<Series>,
}

impl Trial for Bets {
    fn observe(&mut self, unit: &Unit) {
        if self.opened.is_none() {
            let metric = pairs::resolve(&self.rule.metric, unit);
            let margins = self.rule.margins(pairs::usual_margins(&metric, self.case.is_command));
            self.opened = self
                .levels
                .and_then(|levels| Series::new(metric, margins, levels, self.rule.ignore_below));
        }
        if let Some(series) = &mut self.opened {
            series.observe(unit, 0.0);
        }
    }

    fn is_decided(&self) -> bool {
        self.opened.as_ref().is_none_or(|series| series.is_decided())
    }

    fn finding(&self) -> Option<Finding> {
        let series = self.opened.as_ref()?;
        if series.gate.pairs() > 0 {
            return Some(series.finding(&self.case));
        }
        let word = if series.unusable > 0 { Word::Incomparable } else { Word::Undecided };
        if self.rule.optional && word == Word::Incomparable {
            return None;
        }
        let reason = match word {
            Word::Incomparable => format!("no `{}` above 0 on both sides", series.metric),
            _ => "out of time before the first pair".to_owned(),
        };
        let metric = series.metric.clone();
        Some(Finding { metric, ..blank(&self.case.id, RuleKind::Relative, word, reason) })
    }
}

/// One metric of one case, and the bets on it.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) metric: String,
    pub(super) gate: PairGate,
    margins: Margins,
    ignore_below: f64,
    medians: Vec<(f64, f64)>,
    unit: ValueUnit,
    better: Better,
    /// Pairs without the metric.
    unusable: u32,
}

impl Series {
    /// `None` where the margins are none.
    pub(super) fn new(
        metric: String,
        margins: Margins,
        levels: Levels,
        ignore_below: f64,
    ) -> Option<Self> {
        let thresholds = Thresholds::of_changes(margins.tolerated, margins.must_catch)?;
        Some(Self {
            metric,
            gate: PairGate::new(thresholds, levels),
            margins,
            ignore_below,
            medians: Vec::new(),
            unit: ValueUnit::Count,
            better: Better::Lower,
            unusable: 0,
        })
    }

    /// Takes in a pair; `raised` is added to its log ratio.
    pub(super) fn observe(&mut self, unit: &Unit, raised: f64) {
        let paired = unit.metric(&self.metric).filter(|paired| !paired.baseline.is_empty());
        let ratio = paired.and_then(|paired| pairs::log_ratio(paired, self.ignore_below));
        let (Some(paired), Some(ratio)) = (paired, ratio) else {
            self.unusable += u32::from(unit.failure.is_none());
            return;
        };
        self.unit = paired.unit;
        self.better = paired.better;
        self.medians.extend(pairs::medians(paired));
        self.gate.observe(ratio * pairs::sign(paired.better) + raised);
    }

    /// Without the metric in the first pairs there will be none later.
    pub(super) fn is_decided(&self) -> bool {
        self.gate.decision() != Decision::Open || (self.gate.pairs() == 0 && self.unusable > 0)
    }

    pub(super) fn word(&self) -> Word {
        match self.gate.decision() {
            Decision::Open => Word::Undecided,
            Decision::Regressed => Word::Regressed,
            Decision::Improved => Word::Improved,
            Decision::Equivalent => Word::Equivalent,
        }
    }

    /// The change as it was measured, whichever direction is good.
    pub(super) fn change(&self) -> Option<Change> {
        let sign = pairs::sign(self.better);
        let share = |log: f64| (sign * log).exp_m1();
        let estimate = self.gate.estimate()?;
        let ends = estimate.interval.map(|interval| [share(interval.low), share(interval.high)]);
        let low = ends.map(|[one, other]| one.min(other));
        let high = ends.map(|[one, other]| one.max(other));
        Some(Change { estimate: share(estimate.centre), low, high })
    }

    pub(super) fn pairs(&self) -> u32 {
        u32::try_from(self.gate.pairs()).unwrap_or(u32::MAX)
    }

    fn finding(&self, case: &Facts) -> Finding {
        let side = |pick: fn(&(f64, f64)) -> f64| {
            stats::median(&self.medians.iter().map(pick).collect::<Vec<_>>())
        };
        let word = self.word();
        let (reason, detectable) = match word {
            Word::Undecided => (
                format!("out of time after {} pairs", self.pairs()),
                self.gate.detectable(self.gate.pairs()).map(f64::exp_m1),
            ),
            _ => (String::new(), None),
        };
        Finding {
            metric: self.metric.clone(),
            unit: self.unit,
            better: self.better,
            baseline: side(|medians| medians.0),
            candidate: side(|medians| medians.1),
            change: self.change(),
            excluded: self.gate.excluded_from().map(f64::exp_m1),
            detectable,
            margins: Some(self.margins),
            pairs: self.pairs(),
            ..blank(&case.id, RuleKind::Relative, word, reason)
        }
    }
}
