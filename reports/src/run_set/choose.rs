//! Some cases of a set, by the names that people give them.
//!
//! `dyno show --case` and `--against` and `dyno report --compare` ask for them; what is not there is
//! refused with a list of what is.

use anyhow::{Result, bail};

use super::{CaseSet, RunSet};
use crate::history::lines;
use crate::labels;

impl RunSet {
    /// Keeps the cases of that name alone: an id, or what the case is called among those of its
    /// run.
    ///
    /// # Errors
    ///
    /// If there is no such case; the message lists what there is.
    pub fn keep_case(&mut self, name: &str) -> Result<()> {
        let own = self.own_labels();
        let named = |case: usize| {
            let id = self.cases[case].info.id.as_str();
            // In a history, the case at every revision.
            let at_all = id.split_once('@').map_or(id, |(id, _)| id);
            [id, at_all, &own[case]].contains(&name) || self.named_label(case, &own[case]) == name
        };
        let kept: Vec<bool> = (0..self.cases.len()).map(named).collect();
        if !kept.contains(&true) {
            let mut there = own;
            there.sort();
            there.dedup();
            bail!("no case `{name}`; there are: {}", there.join(", "));
        }
        let mut kept = kept.into_iter();
        self.cases.retain(|_| kept.next().unwrap_or(false));
        self.sweep = None;
        self.name_cases();
        Ok(())
    }

    /// Keeps two cases, or two steps of a history, `from` before `to`: by label, id, step or run.
    /// They keep the names that they have among the others.
    ///
    /// # Errors
    ///
    /// If one of them is not there, or both are the same; the message lists what there is.
    pub fn keep_pair(&mut self, from: &str, to: &str) -> Result<()> {
        let (from_cases, to_cases) = (self.named(from)?, self.named(to)?);
        if from_cases == to_cases {
            bail!("`{from}` and `{to}` are the same: two are put against each other");
        }
        let mut runs: Vec<usize> = Vec::new();
        let mut cases: Vec<CaseSet> = Vec::new();
        for index in from_cases.into_iter().chain(to_cases) {
            let mut case = self.cases[index].clone();
            if !runs.contains(&case.run) {
                runs.push(case.run);
            }
            case.run = runs.iter().position(|run| *run == case.run).unwrap_or(0);
            cases.push(case);
        }
        self.stages.retain_mut(|stage| {
            let run = runs.iter().position(|run| *run == stage.run);
            stage.run = run.unwrap_or(0);
            run.is_some()
        });
        self.sweep = None;
        self.runs = runs.into_iter().map(|run| self.runs[run].clone()).collect();
        cases.sort_by_key(|case| case.run);
        self.cases = cases;
        Ok(())
    }

    /// A set of at most so many cases to be drawn, and what is left out in words; `None` where all
    /// can be. Of a history whole lines are kept, the first ones, and one at least.
    pub(crate) fn few(&self, most: usize) -> Option<(Self, String)> {
        if self.cases.len() <= most {
            return None;
        }
        let lines = lines(self);
        let mut kept: Vec<usize> = Vec::new();
        let mut taken = 0;
        for line in &lines {
            if taken == 0 || kept.len() + line.steps.len() <= most {
                kept.extend(line.steps.iter().map(|step| step.case));
                taken += 1;
            } else {
                break;
            }
        }
        let words = match lines.len() {
            0 => format!("{most} of {} cases", self.cases.len()),
            all => format!("{taken} of {all} cases of each step; `--case` picks another"),
        };
        if lines.is_empty() {
            kept = (0..most).collect();
        }
        kept.sort_unstable();
        let mut few = self.clone();
        few.cases = kept.into_iter().map(|case| self.cases[case].clone()).collect();
        Some((few, words))
    }

    /// The cases that a name means: one, or those of a step.
    fn named(&self, name: &str) -> Result<Vec<usize>> {
        let own = self.own_labels();
        let step = |case: usize| {
            let case = &self.cases[case];
            self.runs[case.run].revision_of(&case.info).map(|revision| &revision.step.id)
        };
        let tests: [&dyn Fn(usize) -> bool; 5] = [
            &|case| self.cases[case].label == name,
            &|case| self.cases[case].info.id.as_str() == name,
            &|case| self.run_name(self.cases[case].run) == name && self.runs.len() > 1,
            &|case| step(case).is_some_and(|step| step == name),
            &|case| own[case] == name,
        ];
        for test in tests {
            let found: Vec<usize> = (0..self.cases.len()).filter(|&case| test(case)).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let has_value = |case: &usize| self.is_value(*case, name);
        let found: Vec<usize> = (0..self.cases.len()).filter(has_value).collect();
        let chosen = if found.is_empty() { (0..self.cases.len()).collect() } else { found };
        let mut there: Vec<&str> =
            chosen.iter().map(|&case| self.cases[case].label.as_str()).collect();
        there.dedup();
        match (chosen.as_slice(), has_value(&chosen[0])) {
            ([_], true) => Ok(chosen),
            (_, true) => bail!("`{name}` means several cases: {}", there.join(", ")),
            _ => bail!("no case or step `{name}`; there are: {}", there.join(", ")),
        }
    }

    /// Whether a parameter that varies has that value in a case: `01`, or `step=01`.
    fn is_value(&self, case: usize, text: &str) -> bool {
        let params = self.cases[case].info.params.iter();
        let mut varying = params.filter(|(name, _)| self.varying.contains(name));
        varying.any(|(name, value)| {
            let value = labels::text(value);
            value == text || format!("{name}={value}") == text
        })
    }

    /// The case that others are held against: the named one (by label or by id), or the first that
    /// has numbers. `None` if no case has.
    ///
    /// # Errors
    ///
    /// If no case has that name, or it has no numbers.
    pub fn reference(&self, name: Option<&str>) -> Result<Option<usize>> {
        let usable = |case: &CaseSet| case.wall_time().is_some();
        let Some(name) = name else {
            return Ok(self.cases.iter().position(usable));
        };
        let named = |case: &CaseSet| case.label == name || case.info.id.as_str() == name;
        match self.cases.iter().position(named) {
            Some(case) if usable(&self.cases[case]) => Ok(Some(case)),
            Some(_) => bail!("case `{name}` has no numbers to hold others against"),
            None => {
                let labels: Vec<&str> = self.cases.iter().map(|case| case.label.as_str()).collect();
                bail!("no case `{name}`; there are: {}", labels.join(", "))
            }
        }
    }

    /// The case that one is held against where the set is held against `reference`. In a history of
    /// several cases that is the same case at the reference's revision, or at the first one that
    /// has numbers.
    pub(crate) fn held_against(&self, case: usize, reference: Option<usize>) -> Option<usize> {
        let (reference, own) = (reference?, &self.cases[case].info);
        let Some(revision) = &own.revision else { return Some(reference) };
        let id = own.id.as_str().strip_suffix(revision.as_str());
        let line = |other: &usize| {
            let other = &self.cases[*other].info;
            let suffix = other.revision.as_deref().unwrap_or_default();
            other.id.as_str().strip_suffix(suffix) == id
        };
        let timed = |other: &usize| self.cases[*other].wall_time().is_some();
        let line: Vec<usize> = (0..self.cases.len()).filter(line).filter(timed).collect();
        let at = &self.cases[reference].info.revision;
        let there = line.iter().find(|other| self.cases[**other].info.revision == *at);
        there.or(line.first()).copied()
    }

    /// What cases are held against, in words, where the set is held against `reference`: in a
    /// history of several cases a step.
    pub(crate) fn against_words(&self, reference: usize) -> &str {
        let case = &self.cases[reference];
        let revision = self.runs[case.run].revision_of(&case.info);
        revision.map_or(case.label.as_str(), |revision| revision.step.id.as_str())
    }
}
