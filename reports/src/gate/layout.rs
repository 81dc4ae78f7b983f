//! Layout: a program that does the same work can take another time because of where the linker put
//! its functions. Which changes look like that, and what is left of them in other layouts. Pure.
//!
//! Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong, ASPLOS 2009.

use record::gate::{Finding, Rule, RuleKind, TIME, Unit, Word};
use record::{CaseId, metrics};
use stats::sequential::layouts::{Elsewhere, LayoutGate};
use stats::sequential::{Levels, Thresholds};

use super::pairs;
use super::text::percent;

/// Changes of time that are held against other layouts, pair by pair.
pub struct Check {
    claims: Vec<Claim>,
}

/// One change and what its layouts say.
struct Claim {
    /// Its place among the findings.
    at: usize,
    case: CaseId,
    metric: String,
    ignore_below: f64,
    gate: LayoutGate,
}

impl Check {
    /// The changes of [`suspects`]. They share the error rate of their rules.
    pub fn new(findings: &[Finding], rules: &[Rule]) -> Self {
        let suspects = suspects(findings);
        let worse = findings.iter().enumerate().filter(|(_, finding)| is_worse(finding));
        let worse: Vec<(usize, &Finding)> =
            worse.filter(|(_, finding)| suspects.contains(&finding.case)).collect();
        let claim = |(at, finding): &(usize, &Finding)| {
            let rule = rule_of(rules, finding)?;
            let margins = finding.margins?;
            let thresholds = Thresholds::of_changes(margins.tolerated, margins.must_catch)?;
            Some(Claim {
                at: *at,
                case: finding.case.clone(),
                metric: finding.metric.clone(),
                ignore_below: rule.ignore_below,
                gate: LayoutGate::new(thresholds, Levels::of_family(worse.len(), rule.alpha)?),
            })
        };
        Self { claims: worse.iter().filter_map(claim).collect() }
    }

    /// The cases about which other layouts could still tell something.
    pub fn open(&self) -> Vec<CaseId> {
        let mut open: Vec<CaseId> = Vec::new();
        for claim in self.claims.iter().filter(|claim| claim.is_open()) {
            if !open.contains(&claim.case) {
                open.push(claim.case.clone());
            }
        }
        open
    }

    /// Layouts of all cases that count so far.
    pub fn layouts(&self) -> usize {
        self.claims.iter().map(|claim| claim.gate.layouts()).sum()
    }

    /// Takes in a pair; says whether its case is decided.
    pub fn observe(&mut self, unit: &Unit) -> bool {
        let of_case = |claim: &&mut Claim| claim.case == unit.case;
        let mut is_open = false;
        for claim in self.claims.iter_mut().filter(of_case) {
            claim.observe(unit);
            is_open |= claim.is_open();
        }
        !is_open
    }

    /// Says of each change what its layouts say.
    pub fn judge(&self, findings: &mut [Finding]) {
        for claim in self.claims.iter().filter(|claim| claim.gate.layouts() > 0) {
            if let Some(finding) = findings.get_mut(claim.at) {
                claim.judge(finding);
            }
        }
    }
}

impl Claim {
    fn is_open(&self) -> bool {
        self.gate.elsewhere() == Elsewhere::Unknown
    }

    fn observe(&mut self, unit: &Unit) {
        let Some((layout, paired)) = unit.layout.zip(unit.metric(&self.metric)) else { return };
        if let Some(ratio) = pairs::log_ratio(paired, self.ignore_below) {
            self.gate.observe(layout, ratio * pairs::sign(paired.better));
        }
    }

    /// What is there too stays, and what is gone is the layout's. Of what they cannot tell, one thing
    /// may be certain: that the work does not cost as much more as was seen. Then it is not called a
    /// regression, nor cleared.
    fn judge(&self, finding: &mut Finding) {
        let others = format!("{} other layouts of each side", self.gate.layouts());
        let share = |log: f64| percent(log.exp_m1());
        let by = self.gate.estimate().map(|estimate| format!(" ({})", share(estimate.centre)));
        let by = by.unwrap_or_default();
        let seen = finding.change.and_then(|change| change.low).unwrap_or(0.0);
        let less = self.gate.excluded_from().filter(|excluded| excluded.exp_m1() <= seen);
        finding.reason = match (self.gate.elsewhere(), less) {
            (Elsewhere::There, _) => format!("in {others} too{by}"),
            (Elsewhere::Gone, _) => {
                finding.word = Word::LayoutOnly;
                format!("gone in {others}{by}")
            }
            (Elsewhere::Unknown, Some(excluded)) => {
                finding.word = Word::Undecided;
                finding.excluded = None;
                format!(
                    "worse in this layout, and by less than {} in {others}{by}",
                    share(excluded)
                )
            }
            (Elsewhere::Unknown, None) => format!("{others} do not tell{by}"),
        };
    }
}

/// The cases whose time got worse while what they execute and allocate did not change. Without
/// counted instructions nobody can tell, and no case is named.
pub fn suspects(findings: &[Finding]) -> Vec<CaseId> {
    let mut suspects: Vec<CaseId> = Vec::new();
    for case in findings.iter().filter(|one| is_worse(one)).map(|finding| &finding.case) {
        let exact = |metric: &str| {
            let of_case = |one: &&Finding| one.case == *case && one.metric == metric;
            findings.iter().filter(|one| one.rule == RuleKind::Exact).find(of_case)
        };
        let same_work = exact(metrics::INSTRUCTIONS.name).map(|one| one.word);
        let same_memory = exact(metrics::ALLOCATIONS.name).map_or(Word::Equivalent, |one| one.word);
        let is_suspect = same_work == Some(Word::Equivalent)
            && !matches!(same_memory, Word::Regressed | Word::Improved);
        if is_suspect && !suspects.contains(case) {
            suspects.push(case.clone());
        }
    }
    suspects
}

/// Whether a finding is of more time.
fn is_worse(finding: &Finding) -> bool {
    finding.rule == RuleKind::Relative
        && finding.word == Word::Regressed
        && [metrics::CPU_TIME.name, metrics::WALL_TIME.name, metrics::WORKER_CPU_TIME.name]
            .contains(&finding.metric.as_str())
}

/// The rule that a finding is of: one for its metric, or for time in general.
fn rule_of<'r>(rules: &'r [Rule], finding: &Finding) -> Option<&'r Rule> {
    let of = |metric: &str| {
        rules.iter().find(|rule| {
            rule.kind == RuleKind::Relative
                && rule.metric == metric
                && rule.cases.contains(&finding.case)
        })
    };
    of(&finding.metric).or_else(|| of(TIME))
}
