//! What a gate decides: rules on cases, pair by pair, and what they found.
//!
//! The command line hands every pair to a [`Referee`], which says when a case is decided, and
//! prints what [`text`] makes of the findings. Pure: no clock, no path, no environment. One kind
//! of rule is one file and one line in [`RULES`].

pub mod accepted;
mod bounds;
mod control;
pub mod duel;
mod exact;
mod failed;
mod fault;
pub mod junit;
pub mod layout;
pub mod markdown;
mod missing;
pub mod moved;
pub mod page;
mod pairs;
mod relative;
mod shares;
pub mod text;
mod trend;
mod wrong;

use std::collections::BTreeMap;

use record::gate::{Control, Finding, Role, Rule, RuleKind, Side, Unit, Word};
use record::{Better, CaseId, FailureKind, Pass, Unit as ValueUnit};

use control::ControlTrial;

/// Every kind of rule. A new one is a new file and a line here.
pub const RULES: &[&dyn Kind] = &[
    &wrong::WrongAnswer,
    &failed::FailedCase,
    &missing::MissingCase,
    &relative::Relative,
    &exact::Exact,
    &bounds::Ceiling,
    &bounds::Floor,
    &trend::Trend,
];

/// A kind of rule.
pub trait Kind: Sync {
    /// Which.
    fn kind(&self) -> RuleKind;

    /// Begins to judge one case by one rule. `members` case-metrics share the rule's error rate.
    fn open(&self, rule: &Rule, case: &Facts, members: usize) -> Box<dyn Trial>;
}

/// One rule on one case, pair by pair.
pub trait Trial {
    /// Takes in a pair of the case.
    fn observe(&mut self, unit: &Unit);

    /// Whether more pairs would change nothing.
    fn is_decided(&self) -> bool;

    /// What it came to; `None` where there is nothing to say.
    fn finding(&self) -> Option<Finding>;
}

/// What is known of a case beside its pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The case.
    pub id: CaseId,
    /// Whether it is a whole process.
    pub is_command: bool,
    /// The only side that has it; `None` where both do.
    pub only_in: Option<Side>,
    /// Changes of earlier gates by metric, the oldest first: 0.01 is 1 % more.
    pub history: BTreeMap<String, Vec<f64>>,
}

impl Facts {
    /// A case of which nothing else is known.
    pub fn new(id: CaseId, is_command: bool) -> Self {
        Self { id, is_command, only_in: None, history: BTreeMap::new() }
    }
}

/// Judges all cases of a gate.
pub struct Referee {
    cases: Vec<Judged>,
    control: Option<ControlTrial>,
    rules: Vec<Rule>,
}

struct Judged {
    facts: Facts,
    trials: Vec<(Pass, Box<dyn Trial>)>,
    units: Vec<Unit>,
    failed: bool,
}

impl Referee {
    /// Opens every rule on every case that it holds for.
    pub fn new(rules: &[Rule], cases: Vec<Facts>) -> Self {
        let members = members(rules);
        let judged = |facts: Facts| {
            let trials = RULES.iter().flat_map(|kind| {
                let here =
                    |rule: &&Rule| rule.kind == kind.kind() && rule.cases.contains(&facts.id);
                rules.iter().filter(here).map(|rule| (rule.pass, kind.open(rule, &facts, members)))
            });
            let trials = trials.collect();
            Judged { facts, trials, units: Vec::new(), failed: false }
        };
        let cases = cases.into_iter().map(judged).collect();
        Self { cases, control: None, rules: rules.to_vec() }
    }

    /// Case-metrics that share the error rate.
    pub fn family(&self) -> usize {
        members(&self.rules)
    }

    /// Takes in a pair; says whether its case is decided.
    pub fn observe(&mut self, unit: &Unit) -> bool {
        match unit.role {
            Role::Case => {
                let of_case = |judged: &&mut Judged| judged.facts.id == unit.case;
                self.cases.iter_mut().find(of_case).is_none_or(|judged| judged.observe(unit))
            }
            Role::Control => {
                let case = self.cases.iter().find(|judged| judged.facts.id == unit.case);
                let known = case.map(|judged| (&judged.facts, judged.units.first()));
                let rules = &self.rules;
                let control =
                    self.control.get_or_insert_with(|| ControlTrial::new(rules, known, unit));
                control.observe(unit)
            }
        }
    }

    /// What was found, in the order of the cases. Where the control says that the environment is
    /// not to be trusted, nothing that was measured is believed.
    pub fn conclude(&self) -> (Vec<Finding>, Option<Control>) {
        let control = self.control.as_ref().and_then(ControlTrial::conclude);
        let trusted = control.as_ref().is_none_or(|control| !control.fired() && !control.missed());
        let mut findings: Vec<Finding> = self.cases.iter().flat_map(Judged::findings).collect();
        for finding in findings.iter_mut().filter(|_| !trusted) {
            if matches!(finding.word, Word::Regressed | Word::Improved | Word::Equivalent) {
                finding.reason = format!("environment not trusted, else {}", finding.word.as_str());
                finding.word = Word::Undecided;
            }
        }
        (findings, control)
    }
}

impl Judged {
    fn observe(&mut self, unit: &Unit) -> bool {
        // What fails in a pass alone, under a simulator for instance, is no fault of the work: its
        // pairs tell whether it works. A wrong answer is one at any size.
        let is_timed = unit.pass.is_timed();
        let fails = unit.failure.as_ref().is_some_and(|one| {
            is_timed
                || (one.side == Side::Candidate && one.failure.kind == FailureKind::WrongAnswer)
        });
        for (pass, trial) in &mut self.trials {
            if fails || *pass == unit.pass {
                trial.observe(unit);
            }
        }
        self.failed |= fails;
        if !is_timed {
            return self.failed;
        }
        self.units.push(unit.clone());
        let timed = |(pass, _): &&(Pass, Box<dyn Trial>)| pass.is_timed();
        self.failed || self.trials.iter().filter(timed).all(|(_, trial)| trial.is_decided())
    }

    /// A case that failed says so and nothing else.
    fn findings(&self) -> Vec<Finding> {
        let found = self.trials.iter().filter_map(|(_, trial)| trial.finding());
        let whole = |finding: &Finding| finding.metric.is_empty();
        let kept = found.filter(|finding| !self.failed || whole(finding));
        kept.map(|finding| shares::explained(finding, &self.units)).collect()
    }
}

/// How many case-metrics are decided by evidence, and so share the error rate.
fn members(rules: &[Rule]) -> usize {
    let relative = rules.iter().filter(|rule| rule.kind == RuleKind::Relative);
    relative.map(|rule| rule.cases.len()).sum::<usize>().max(1)
}

/// A finding about a case that says nothing yet.
fn blank(case: &CaseId, rule: RuleKind, word: Word, reason: String) -> Finding {
    Finding {
        case: case.clone(),
        rule,
        metric: String::new(),
        pass: Pass::Timed,
        unit: ValueUnit::Count,
        better: Better::Neither,
        word,
        reason,
        baseline: None,
        candidate: None,
        change: None,
        excluded: None,
        detectable: None,
        margins: None,
        pairs: 0,
        beside: Vec::new(),
        shares: Vec::new(),
        functions: Vec::new(),
        accepted: None,
    }
}
