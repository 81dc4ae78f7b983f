//! Two profiles against each other, per row of work: what grew, what shrank, what vanished. Pure.
//!
//! The usual differential flame graph has the shape of the second profile, so it hides what was
//! removed, which is exactly what an optimisation removes. So there is a second picture with the
//! shape of the first, and a table that lists what vanished.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use record::{Profile, ProfileInfo, Weight};

use super::flamegraph::{Picture, draw};
use super::functions::{Function, functions};
use super::{View, stacks};
use crate::format::{printable, shorten, significant};

/// With fewer samples than this on both sides, a function is not spoken of.
pub const SAMPLES_MIN: u64 = 30;

/// Normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.96;

/// Changed functions that the table lists, besides those that vanished or are new.
const CHANGED_MAX: usize = 20;

/// Functions of one kind that the table lists.
const LISTED_MAX: usize = 40;

/// Longest name of a function in the table.
const NAME_CHARS: usize = 100;

/// Two profiles against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// What the numbers are, for instance `ns a row`.
    pub unit: String,
    /// The whole of both profiles.
    pub total: (f64, f64),
    /// The functions that changed, largest change first.
    pub functions: Vec<FunctionChange>,
    /// Stacks with what they cost before and after.
    lines: Vec<(String, f64, f64)>,
}

/// One function on both sides, with what it calls.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionChange {
    /// Its name.
    pub name: String,
    /// Before and after, in the unit of the difference.
    pub cost: (f64, f64),
    /// Samples before and after.
    pub samples: (u64, u64),
    /// What happened to it.
    pub change: Change,
}

/// What happened to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the first profile has it.
    Vanished,
    /// Only the second profile has it.
    New,
    /// It costs less, beyond the error of sampling.
    Less,
    /// It costs more, beyond the error of sampling.
    More,
}

impl Change {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vanished => "vanished",
            Self::New => "new",
            Self::Less => "less",
            Self::More => "more",
        }
    }
}

impl Diff {
    /// Holds `after` against `before`, per row where both say how many rows they did, else per
    /// execution.
    ///
    /// # Errors
    /// When the two did not sample the same event.
    pub fn new(before: &Profile, after: &Profile, view: View) -> Result<Self> {
        if before.info.event != after.info.event {
            bail!(
                "one profile sampled {}, the other {}: they cannot be compared",
                before.info.event,
                after.info.event
            );
        }
        let by_rows = before.info.rows.is_some() && after.info.rows.is_some();
        let scale = |info: &ProfileInfo| cost_of_weight(info, by_rows);
        let scales = (scale(&before.info), scale(&after.info));
        let sides = (stacks(before, view), stacks(after, view));
        let mut lines: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for stack in &sides.0 {
            lines.entry(&stack.frames).or_default().0 = stack.weight as f64 * scales.0;
        }
        for stack in &sides.1 {
            lines.entry(&stack.frames).or_default().1 = stack.weight as f64 * scales.1;
        }
        let lines: Vec<_> = lines.into_iter().map(|(f, (a, b))| (f.to_owned(), a, b)).collect();
        let sum = |of: fn(&(String, f64, f64)) -> f64| lines.iter().map(of).sum();
        Ok(Self {
            unit: cost_unit(&before.info, by_rows),
            total: (sum(|line| line.1), sum(|line| line.2)),
            functions: changes(&functions(&sides.0), &functions(&sides.1), scales),
            lines,
        })
    }

    /// The differential flame graph in the shape of the second profile: red costs more than
    /// before, blue less.
    ///
    /// # Errors
    /// When there is nothing to draw.
    pub fn after(&self, title: &str) -> Result<String> {
        let subtitle =
            format!("as wide as after, in {}; red: more than before, blue: less", self.unit);
        self.picture(title, &subtitle, false)
    }

    /// The same in the shape of the first profile, where what vanished still stands.
    ///
    /// # Errors
    /// When there is nothing to draw.
    pub fn before(&self, title: &str) -> Result<String> {
        let subtitle = format!("as wide as before, in {}; red: more after, blue: less", self.unit);
        self.picture(title, &subtitle, true)
    }

    fn picture(&self, title: &str, subtitle: &str, mirrored: bool) -> Result<String> {
        // inferno counts in whole numbers: a thousandth of the unit is fine enough.
        let whole = |cost: f64| (cost * 1000.0).round() as u64;
        let line = |(frames, before, after): &(String, f64, f64)| match mirrored {
            false => format!("{frames} {} {}", whole(*before), whole(*after)),
            true => format!("{frames} {} {}", whole(*after), whole(*before)),
        };
        let lines: Vec<String> = self.lines.iter().map(line).collect();
        let unit = format!("thousandths of {}", self.unit);
        draw(&lines, &Picture { title, subtitle, unit: &unit, mirrored })
    }

    /// The functions that vanished, those that are new, and those that changed most.
    pub fn table(&self) -> String {
        let (before, after) = self.total;
        let number = |cost: f64| significant(cost, 4);
        let mut text =
            format!("{} before, {} after, in {}\n", number(before), number(after), self.unit);
        let kinds: [(&str, &[Change], usize); 3] = [
            ("vanished", &[Change::Vanished], LISTED_MAX),
            ("new", &[Change::New], LISTED_MAX),
            ("changed", &[Change::Less, Change::More], CHANGED_MAX),
        ];
        for (heading, changes, most) in kinds {
            let of_kind: Vec<_> =
                self.functions.iter().filter(|f| changes.contains(&f.change)).collect();
            text += &format!("\n{heading}: ");
            if of_kind.is_empty() {
                text += &format!("no function with {SAMPLES_MIN} samples\n");
                continue;
            }
            text += &format!("{}, with what they call\n", of_kind.len());
            text += &format!("  {:>9}  {:>9}  function\n", "before", "after");
            for function in of_kind.iter().take(most) {
                let name = shorten(&printable(&function.name), NAME_CHARS);
                let side = |cost: f64, samples: u64| match samples {
                    0 => "-".to_owned(),
                    _ => number(cost),
                };
                let before = side(function.cost.0, function.samples.0);
                let after = side(function.cost.1, function.samples.1);
                text += &format!("  {before:>9}  {after:>9}  {name}\n");
            }
            if of_kind.len() > most {
                text += &format!("  and {} smaller ones\n", of_kind.len() - most);
            }
        }
        text
    }
}

/// What a weight of 1 costs: per row, or per execution.
pub(crate) fn cost_of_weight(info: &ProfileInfo, by_rows: bool) -> f64 {
    let work = match info.rows.filter(|_| by_rows) {
        Some(rows) => rows as f64,
        None => f64::from(info.executions.max(1)),
    };
    1.0 / work
}

/// What a cost is, for instance `ns of CPU a row`.
pub(crate) fn cost_unit(info: &ProfileInfo, by_rows: bool) -> String {
    let what = match info.weight {
        Weight::CpuTime => "ns of CPU".to_owned(),
        Weight::Events => info.event.clone(),
    };
    format!("{what} {}", if by_rows { "a row" } else { "an execution" })
}

/// The functions that changed beyond the error of sampling, largest change first. `scales` are what
/// a weight of 1 costs before and after.
pub(crate) fn changes(
    before: &[Function],
    after: &[Function],
    scales: (f64, f64),
) -> Vec<FunctionChange> {
    let mut both: BTreeMap<&str, (Option<&Function>, Option<&Function>)> = BTreeMap::new();
    for function in before {
        both.entry(&function.name).or_default().0 = Some(function);
    }
    for function in after {
        both.entry(&function.name).or_default().1 = Some(function);
    }
    let mut changes: Vec<FunctionChange> = both
        .into_iter()
        .filter_map(|(name, (before, after))| {
            let old = Side::of(before, scales.0);
            let new = Side::of(after, scales.1);
            Some(FunctionChange {
                name: name.to_owned(),
                cost: (old.cost, new.cost),
                samples: (old.samples, new.samples),
                change: judged(&old, &new)?,
            })
        })
        .collect();
    let size = |one: &FunctionChange| (one.cost.1 - one.cost.0).abs();
    changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    changes
}

struct Side {
    samples: u64,
    cost: f64,
}

impl Side {
    fn of(function: Option<&Function>, scale: f64) -> Self {
        let (samples, weight) = function.map_or((0, 0), |one| (one.samples, one.weight));
        Self { samples, cost: weight as f64 * scale }
    }

    /// Variance of the cost, the samples being counts of independent events (Poisson).
    fn variance(&self) -> f64 {
        match self.samples {
            0 => 0.0,
            samples => self.cost * self.cost / samples as f64,
        }
    }
}

/// What happened, if the samples can show it.
fn judged(old: &Side, new: &Side) -> Option<Change> {
    if old.samples.max(new.samples) < SAMPLES_MIN {
        return None;
    }
    match (old.samples, new.samples) {
        (_, 0) => return Some(Change::Vanished),
        (0, _) => return Some(Change::New),
        _ => {}
    }
    let difference = new.cost - old.cost;
    let error = Z * (old.variance() + new.variance()).sqrt();
    match difference {
        difference if difference > error => Some(Change::More),
        difference if -difference > error => Some(Change::Less),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::profile;
    use super::*;

    fn change(diff: &Diff, name: &str) -> Option<Change> {
        diff.functions.iter().find(|one| one.name == name).map(|one| one.change)
    }

    #[test]
    fn costs_are_per_row_so_a_longer_profile_is_no_change() {
        let before = profile(&[("t;a", 100), ("t;b", 50)], Some(1000));
        let after = profile(&[("t;a", 400), ("t;b", 200)], Some(4000));
        let diff = Diff::new(&before, &after, View::Folded).unwrap();
        assert_eq!(diff.unit, "ns of CPU a row");
        assert!((diff.total.0 - 150_000.0).abs() < 1e-6 && (diff.total.1 - 150_000.0).abs() < 1e-6);
        assert!(diff.functions.is_empty(), "{:?}", diff.functions);
    }

    #[test]
    fn vanished_new_less_and_more_are_told_and_few_samples_say_nothing() {
        let old = [("t;gone", 300), ("t;same;less", 400), ("t;rare_gone", 29), ("t;noisy", 40)];
        let new = [("t;fresh", 60), ("t;same;less", 100), ("t;same;more", 300), ("t;noisy", 50)];
        let diff =
            Diff::new(&profile(&old, Some(9)), &profile(&new, Some(9)), View::Folded).unwrap();
        assert_eq!(change(&diff, "gone"), Some(Change::Vanished));
        assert_eq!(change(&diff, "less"), Some(Change::Less));
        assert_eq!(change(&diff, "fresh"), Some(Change::New));
        for silent in ["same", "rare_gone", "noisy"] {
            assert_eq!(change(&diff, silent), None, "{silent}");
        }
        let table = diff.table();
        let vanished = table.find("vanished: 1").unwrap();
        let gone = table.find("  gone\n").unwrap();
        assert!(gone > vanished && gone < table.find("new: 2").unwrap(), "{table}");
        let order: Vec<_> = diff.functions.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(order, ["gone", "more", "less", "fresh"]);
    }

    #[test]
    fn without_rows_the_measure_is_the_execution() {
        let (before, after) = (profile(&[("t;a", 100)], None), profile(&[("t;a", 50)], Some(10)));
        let diff = Diff::new(&before, &after, View::Folded).unwrap();
        assert_eq!(diff.unit, "ns of CPU an execution");
        assert!((diff.total.0 - 50e6).abs() < 1.0 && (diff.total.1 - 25e6).abs() < 1.0);
        let mut other = after;
        other.info.event = "cycles".to_owned();
        let error = Diff::new(&before, &other, View::Folded).unwrap_err().to_string();
        assert!(error.contains("cpu-clock") && error.contains("cycles"), "{error}");
    }

    #[test]
    fn what_vanished_stands_in_the_picture_of_before_and_not_in_that_of_after() {
        let before = profile(&[("t;gone", 60), ("t;stays", 60)], Some(1000));
        let after = profile(&[("t;stays", 60)], Some(1000));
        let diff = Diff::new(&before, &after, View::Folded).unwrap();
        assert!(diff.before("t").unwrap().contains(">gone"));
        let svg = diff.after("t").unwrap();
        assert!(!svg.contains(">gone") && svg.contains(">stays"));
    }
}
