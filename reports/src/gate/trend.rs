//! Many small changes in one direction: each gate lets a change of less than `tolerated` pass, and
//! ten of them are ten times as much. History proposes and never fails a build by itself.

use record::gate::{Change, Finding, Rule, RuleKind, Unit, Word};
use record::{Better, Unit as ValueUnit};

use super::{Facts, Kind, Trial, blank, pairs};

/// The kind.
pub(super) struct Trend;

impl Kind for Trend {
    fn kind(&self) -> RuleKind {
        RuleKind::Trend
    }

    fn open(&self, rule: &Rule, case: &Facts, _members: usize) -> Box<dyn Trial> {
        let metric = rule.metric.clone();
        let (rule, case) = (rule.clone(), case.clone());
        Box::new(Slope {
            rule,
            case,
            metric,
            ratios: Vec::new(),
            unit: ValueUnit::Count,
            better: Better::Lower,
        })
    }
}

struct Slope {
    rule: Rule,
    case: Facts,
    metric: String,
    ratios: Vec<f64>,
    unit: ValueUnit,
    better: Better,
}

impl Trial for Slope {
    fn observe(&mut self, unit: &Unit) {
        self.metric = pairs::resolve(&self.rule.metric, unit);
        let Some(paired) = unit.metric(&self.metric) else { return };
        self.unit = paired.unit;
        self.better = paired.better;
        self.ratios.extend(pairs::log_ratio(paired, 0.0));
    }

    fn is_decided(&self) -> bool {
        true
    }

    fn finding(&self) -> Option<Finding> {
        let now = stats::hodges_lehmann(&self.ratios)?;
        let gates = self.rule.bound.map_or(0, |gates| gates as usize);
        let earlier = self.case.history.get(&self.metric).map_or(&[][..], Vec::as_slice);
        let earlier = &earlier[earlier.len().saturating_sub(gates.saturating_sub(1))..];
        let sum: f64 = now + earlier.iter().map(|change| change.ln_1p()).sum::<f64>();
        let margins = self.rule.margins(pairs::usual_margins(&self.metric, self.case.is_command));
        let is_worse = sum * pairs::sign(self.better) >= margins.must_catch.ln_1p();
        (is_worse && !earlier.is_empty()).then(|| {
            let reason = format!("small changes over {} gates add up", earlier.len() + 1);
            Finding {
                metric: self.metric.clone(),
                unit: self.unit,
                better: self.better,
                change: Some(Change { estimate: sum.exp_m1(), low: None, high: None }),
                margins: Some(margins),
                ..blank(&self.case.id, RuleKind::Trend, Word::Regressed, reason)
            }
        })
    }
}
