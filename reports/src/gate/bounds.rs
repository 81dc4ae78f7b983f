//! A ceiling or a floor: a fixed value that the candidate may not pass, whatever the baseline has.
//! Decided once, by the 95 % interval of the median over a fixed number of the candidate's
//! processes: an interval that is looked at again and again covers less than it says.

use record::gate::{Finding, Rule, RuleKind, Unit, Word};
use record::{Better, Unit as ValueUnit};

use super::{Facts, Kind, Trial, blank, pairs};
use crate::format::{Kind as Number, PROSE_DIGITS};

/// No more than a fixed value.
pub(super) struct Ceiling;

/// No less than a fixed value.
pub(super) struct Floor;

/// Processes that are looked at.
const PAIRS: usize = 12;

impl Kind for Ceiling {
    fn kind(&self) -> RuleKind {
        RuleKind::Ceiling
    }

    fn open(&self, rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Bound::new(rule, case))
    }
}

impl Kind for Floor {
    fn kind(&self) -> RuleKind {
        RuleKind::Floor
    }

    fn open(&self, rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        Box::new(Bound::new(rule, case))
    }
}

struct Bound {
    rule: Rule,
    case: Facts,
    metric: String,
    unit: ValueUnit,
    better: Better,
    /// Medians of both sides, process by process.
    medians: Vec<(f64, f64)>,
    absent: bool,
}

impl Bound {
    fn new(rule: &Rule, case: &Facts) -> Self {
        Self {
            rule: rule.clone(),
            case: case.clone(),
            metric: rule.metric.clone(),
            unit: ValueUnit::Count,
            better: Better::Neither,
            medians: Vec::new(),
            absent: false,
        }
    }

    fn word(&self) -> Word {
        let values: Vec<f64> = self.medians.iter().map(|(_, candidate)| *candidate).collect();
        // What repeats needs no interval: its values are what they are.
        let range = match self.rule.pass.is_timed() {
            true => stats::Interval::of_median(&values)
                .filter(|interval| interval.is_confident())
                .map(|interval| (interval.low, interval.high)),
            false => {
                values.iter().copied().reduce(f64::min).zip(values.iter().copied().reduce(f64::max))
            }
        };
        let Some((low, high)) = range else { return Word::Undecided };
        let bound = self.rule.bound.unwrap_or(0.0);
        let is_ceiling = self.rule.kind == RuleKind::Ceiling;
        match (low > bound, high < bound) {
            (true, _) if is_ceiling => Word::Regressed,
            (_, true) if !is_ceiling => Word::Regressed,
            (false, false) if low != high => Word::Undecided,
            _ => Word::Equivalent,
        }
    }
}

impl Trial for Bound {
    fn observe(&mut self, unit: &Unit) {
        self.metric = pairs::resolve(&self.rule.metric, unit);
        match unit.metric(&self.metric) {
            Some(paired) => {
                self.unit = paired.unit;
                self.better = paired.better;
                if self.medians.len() < PAIRS {
                    self.medians.extend(pairs::medians(paired));
                }
            }
            None => self.absent |= unit.failure.is_none(),
        }
    }

    fn is_decided(&self) -> bool {
        self.absent || self.medians.len() >= PAIRS
    }

    fn finding(&self) -> Option<Finding> {
        let kind = self.rule.kind;
        if self.medians.is_empty() {
            let reason = format!("no `{}` on both sides", self.metric);
            let blank = blank(&self.case.id, kind, Word::Incomparable, reason);
            let pass = self.rule.pass;
            return self.absent.then(|| Finding { metric: self.metric.clone(), pass, ..blank });
        }
        let median = |pick: fn(&(f64, f64)) -> f64| {
            stats::median(&self.medians.iter().map(pick).collect::<Vec<_>>())
        };
        let word = self.word();
        let bound = self.rule.bound.unwrap_or(0.0);
        let bound = Number::from(self.unit).scale(bound).with_unit(bound, PROSE_DIGITS);
        let which = if kind == RuleKind::Ceiling { "at most" } else { "at least" };
        let reason = match word {
            Word::Equivalent => format!("{which} {bound}"),
            Word::Undecided => format!("too close to {which} {bound} to tell"),
            _ => format!("must be {which} {bound}"),
        };
        Some(Finding {
            metric: self.metric.clone(),
            pass: self.rule.pass,
            unit: self.unit,
            better: self.better,
            baseline: median(|medians| medians.0),
            candidate: median(|medians| medians.1),
            pairs: u32::try_from(self.medians.len()).unwrap_or(u32::MAX),
            ..blank(&self.case.id, kind, word, reason)
        })
    }
}
