//! One case of two builds, pair by pair, where both answers have to be right: is the second worse?
//!
//! `dyno bisect` asks it revision by revision. Pure, as the rules of a gate are.

use record::gate::{Change, Margins, Role, Rule, SideFailure, Unit};
use stats::sequential::{Decision, Levels};

use super::relative::Series;
use super::{Facts, pairs};

/// What is asked of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The metric; [`record::gate::TIME`] for the clock that tells more.
    pub metric: String,
    /// The suite's rule, which may state margins.
    pub rule: Option<Rule>,
    /// The margins, whatever the rule says: worse by more than `tolerated` is worse, by less than
    /// `must_catch` it is not.
    pub margins: Option<Margins>,
    /// The probability with which either answer may be wrong.
    pub alpha: f64,
}

/// What the pairs said.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The candidate is worse.
    Worse,
    /// It is not, by as much as was asked.
    NotWorse,
    /// Neither could be shown; why.
    Undecided(String),
    /// A side failed.
    Failed(SideFailure),
}

/// A comparison that goes on.
#[derive(Debug)]
pub struct Duel {
    question: Question,
    is_command: bool,
    series: Option<Series>,
    failure: Option<SideFailure>,
    /// Whether its margins are none.
    impossible: bool,
}

impl Duel {
    /// A comparison that has seen nothing.
    pub fn new(question: Question, case: &Facts) -> Self {
        let is_command = case.is_command;
        Self { question, is_command, series: None, failure: None, impossible: false }
    }

    /// Takes in a pair; says whether more would change nothing.
    pub fn observe(&mut self, unit: &Unit) -> bool {
        if unit.role != Role::Case {
            return true;
        }
        if let Some(failure) = &unit.failure {
            self.failure = Some(failure.clone());
            return true;
        }
        if self.series.is_none() {
            let metric = pairs::resolve(&self.question.metric, unit);
            let usual = pairs::usual_margins(&metric, self.is_command);
            let of_rule = self.question.rule.as_ref().map_or(usual, |rule| rule.margins(usual));
            let margins = self.question.margins.unwrap_or(of_rule);
            self.series = Levels::of_search(self.question.alpha)
                .and_then(|levels| Series::new(metric, margins, levels, 0.0));
            self.impossible = self.series.is_none();
        }
        if let Some(series) = &mut self.series {
            series.observe(unit, 0.0);
        }
        self.impossible || self.said().is_some()
    }

    /// What it came to.
    pub fn verdict(&self) -> Verdict {
        if let Some(failure) = &self.failure {
            return Verdict::Failed(failure.clone());
        }
        self.said().unwrap_or_else(|| {
            Verdict::Undecided(match &self.series {
                None => "there was no pair".to_owned(),
                Some(series) => format!("out of time after {} pairs", series.pairs()),
            })
        })
    }

    fn said(&self) -> Option<Verdict> {
        let series = self.series.as_ref()?;
        match series.gate.decision() {
            Decision::Regressed => Some(Verdict::Worse),
            Decision::Improved => Some(Verdict::NotWorse),
            _ if series.gate.passes() => Some(Verdict::NotWorse),
            _ if series.is_decided() => {
                let text = format!("there is no `{}` above 0 on both sides", series.metric);
                Some(Verdict::Undecided(text))
            }
            _ => None,
        }
    }

    /// The metric that was looked at, once a pair has told which.
    pub fn metric(&self) -> Option<&str> {
        self.series.as_ref().map(|series| series.metric.as_str())
    }

    /// How much the candidate differs, with a confidence sequence of 95 %.
    pub fn change(&self) -> Option<Change> {
        self.series.as_ref().and_then(Series::change)
    }

    /// By how much worse the candidate is at least, as a share, whichever direction is good; `None`
    /// while the pairs show no such thing.
    pub fn worse_by(&self) -> Option<f64> {
        let interval = self.series.as_ref()?.gate.estimate()?.interval?;
        (interval.low > 0.0).then(|| interval.low.exp_m1())
    }

    /// Pairs that it rests on.
    pub fn pairs(&self) -> u32 {
        self.series.as_ref().map_or(0, Series::pairs)
    }
}
