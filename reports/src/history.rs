//! The steps of an optimisation history in order, wherever they come from.
//!
//! A step is a parameter value of one run, a run that a person labelled with `--step`, or a git
//! revision in a run of `dyno history`. Charts and the headline read [`lines`] and do not ask which.
//! Another kind of step becomes a [`StepPoint`] here and nowhere else.

use crate::compare::differences::of_steps;
use crate::run_set::{CaseSet, RunSet};

/// One step as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPoint {
    /// Its number or name.
    pub id: String,
    /// What was changed; may be empty.
    pub title: String,
    /// What was learned; may be empty.
    pub note: String,
    /// Whether it was taken back.
    pub reverted: bool,
    /// Its case: an index into [`RunSet::cases`].
    pub case: usize,
    /// Its run: an index into [`RunSet::runs`].
    pub run: usize,
}

/// The steps of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the case is called; empty where the history has one line only.
    pub name: String,
    /// Its steps in order.
    pub steps: Vec<StepPoint>,
}

impl Line {
    /// The steps that were not taken back.
    pub fn kept(&self) -> impl Iterator<Item = &StepPoint> {
        self.steps.iter().filter(|step| !step.reverted)
    }
}

/// The lines of a set: one for each case that its steps have. Empty where the order of the cases
/// means nothing.
pub fn lines(set: &RunSet) -> Vec<Line> {
    if !set.is_ordered() {
        return Vec::new();
    }
    let own = set.own_labels();
    let mut lines: Vec<Line> = Vec::new();
    for (index, label) in own.iter().enumerate() {
        let name = line_name(set, index, label);
        let step = step_point(set, index, label);
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.steps.push(step),
            None => lines.push(Line { name, steps: vec![step] }),
        }
    }
    lines
}

/// What makes a step another thing than the first one of its line, so that the two do not compare.
pub(crate) fn unlike(set: &RunSet) -> Vec<String> {
    let side = |step: &StepPoint| (&set.runs[step.run], &set.cases[step.case]);
    let mut all = Vec::new();
    for line in lines(set) {
        let Some((first, others)) = line.steps.split_first() else { continue };
        for step in others {
            if let Some(why) = of_steps(side(first), side(step)) {
                let text = format!("step {} does not compare with {}: {why}", step.id, first.id);
                if !all.contains(&text) {
                    all.push(text);
                }
            }
        }
    }
    all
}

/// What tells the case from the others of its step; empty where it has no others.
fn line_name(set: &RunSet, index: usize, own_label: &str) -> String {
    let own = &set.cases[index];
    let (run, revision) = (own.run, &own.info.revision);
    let same = |case: &&CaseSet| case.run == run && case.info.revision == *revision;
    let alone = set.cases.iter().filter(same).count() == 1;
    let by_parameter = revision.is_none() && (set.runs.len() == 1 || set.runs[run].step.is_none());
    if alone || by_parameter { String::new() } else { set.named_label(index, own_label) }
}

fn step_point(set: &RunSet, index: usize, own_label: &str) -> StepPoint {
    let case = &set.cases[index];
    let labelled = set.runs[case.run].step_of(&case.info);
    // A single run that a person labelled is no history: its cases may be.
    let labelled = labelled.filter(|_| set.runs.len() > 1 || case.info.revision.is_some());
    StepPoint {
        id: labelled.map_or(own_label, |step| &step.id).to_owned(),
        title: case.title.clone(),
        note: case.note.clone(),
        reverted: case.info.reverted || labelled.is_some_and(|step| step.reverted),
        case: index,
        run: case.run,
    }
}
