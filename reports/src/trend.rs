//! `dyno trend`: where a metric over the revisions of a history, or over the runs of a suite, jumps to
//! another level, and by how much.
//!
//! The command line puts the set together and prints [`text`]. A jump that is found here is a
//! proposal: a paired comparison of the two revisions decides.

use anyhow::{Result, bail};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use record::Better;
use stats::{Observation, Ratio, STEPS_VALUES_MAX, per_process, ratio_of_medians, steps_of_groups};

use crate::format::{Kind, PROSE_DIGITS, counted, printable, shorten};
use crate::history::lines;
use crate::run_set::RunSet;

/// Fewer values than this have no level that could be told from another.
const VALUES_MIN: usize = 8;

/// A change of less than this share is not told: ranks find the smallest, where values hardly vary.
const SMALLEST: f64 = 0.001;

/// One case over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What the case is called; empty where there is one only.
    pub name: String,
    /// Its places with numbers, in order.
    pub places: Vec<Place>,
    /// Where the level changes.
    pub changes: Vec<Change>,
    /// What the metric counts.
    pub kind: Kind,
    /// Which direction is good.
    pub better: Better,
    /// Whether the places were measured in turn.
    pub in_turn: bool,
}

/// A revision, a step or a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// What was changed; may be empty.
    pub title: String,
    /// Its case: an index into [`RunSet::cases`].
    pub case: usize,
    values: Vec<f64>,
}

/// A jump to another level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The first place on the new level.
    pub at: usize,
    /// The new level over the old one: everything between two jumps counts.
    pub ratio: Ratio,
}

/// The course of every case of a set that stands for an order: a history, or several runs of a suite.
///
/// Values are processes where all places were measured in turn, round by round: then they may stand
/// in any order where nothing has changed. Where places were measured one after the other the
/// machine's drift is in all values of one alike, so each counts once, by its median.
///
/// # Errors
///
/// If no case has the metric, or the set has no order.
pub fn courses(set: &RunSet, metric: &str) -> Result<Vec<Course>> {
    let in_turn = set.runs.len() == 1
        && set.runs[0].revisions.iter().all(|revision| revision.taken_from.is_none());
    let courses: Vec<Course> = named_places(set)
        .into_iter()
        .filter_map(|(name, places)| course(set, metric, in_turn, (name, places)))
        .collect();
    match (courses.is_empty(), set.runs.len() > 1 || set.is_ordered()) {
        (false, _) => Ok(courses),
        (true, true) => bail!("no case has a metric `{metric}`"),
        (true, false) => bail!("the cases of run {} stand for no order", set.runs[0].id),
    }
}

/// Every case with the places at which it was measured.
fn named_places(set: &RunSet) -> Vec<(String, Vec<(String, usize)>)> {
    let lines = lines(set).into_iter().map(|line| {
        let places = line.steps.into_iter().map(|step| (step.id, step.case)).collect();
        (line.name, places)
    });
    let of_history: Vec<_> = lines.collect();
    if !of_history.is_empty() || set.runs.len() == 1 {
        return of_history;
    }
    let mut all: Vec<(String, Vec<(String, usize)>)> = Vec::new();
    for (index, case) in set.cases.iter().enumerate() {
        let place = (set.run_name(case.run), index);
        let id = case.info.id.as_str();
        match all.iter_mut().find(|(name, _)| name == id) {
            Some((_, places)) => places.push(place),
            None => all.push((id.to_owned(), vec![place])),
        }
    }
    all
}

fn course(
    set: &RunSet,
    metric: &str,
    in_turn: bool,
    (name, places): (String, Vec<(String, usize)>),
) -> Option<Course> {
    let place = |(name, case): (String, usize)| {
        let values = per_process(&set.cases[case].metric(metric)?.points);
        let title = set.cases[case].title_words();
        let values = if in_turn { values } else { vec![stats::median(&values)?] };
        Some(Place { name, title, case, values })
    };
    let places: Vec<Place> = places.into_iter().filter_map(place).collect();
    let series = set.cases[places.first()?.case].metric(metric)?;
    let (kind, better) = (series.kind, series.better);
    let groups: Vec<Vec<f64>> = places.iter().map(|place| place.values.clone()).collect();
    let found: Vec<usize> = steps_of_groups(&groups).iter().map(|step| step.at).collect();
    let mut course = Course { name, places, changes: Vec::new(), kind, better, in_turn };
    course.changes = course.told(found);
    Some(course)
}

impl Course {
    /// The changes at these places, but those that are too small for anybody to care; the levels on
    /// both sides of such a one are one level.
    fn told(&self, mut found: Vec<usize>) -> Vec<Change> {
        loop {
            let ends: Vec<usize> =
                [0].into_iter().chain(found.iter().copied()).chain([self.places.len()]).collect();
            let change = |level: &[usize]| {
                let [from, at, to] = level else { return None };
                let (old, new) = (self.observations(*from..*at), self.observations(*at..*to));
                Some(Change { at: *at, ratio: ratio_of_medians(&new, &old)? })
            };
            let changes: Vec<Change> = ends.windows(3).filter_map(change).collect();
            let size = |change: &Change| change.ratio.ratio.ln().abs();
            let least = changes.iter().min_by(|one, other| size(one).total_cmp(&size(other)));
            match least.filter(|least| size(least) < SMALLEST.ln_1p()) {
                Some(least) => found.retain(|at| *at != least.at),
                None => return changes,
            }
        }
    }

    /// The values of some places, each a replicate of its own.
    fn observations(&self, places: std::ops::Range<usize>) -> Vec<Observation> {
        let values = self.places[places].iter().flat_map(|place| &place.values);
        (0_u32..).zip(values).map(|(process, &value)| Observation { process, value }).collect()
    }

    fn values(&self) -> usize {
        self.places.iter().map(|place| place.values.len()).sum()
    }

    /// What was found, in a sentence.
    fn sentence(&self, metric: &str) -> String {
        let name = match self.name.as_str() {
            "" => String::new(),
            name => format!("{}: ", printable(name)),
        };
        let over = format!(
            "over {} ({})",
            counted(self.places.len(), "place"),
            counted(self.values(), "value")
        );
        let found = match self.changes.len() {
            0 if self.values() < VALUES_MIN => {
                format!("too few values to tell: {} of at least {VALUES_MIN}", self.values())
            }
            0 => format!("no change of {metric} found {over}"),
            some => format!("{} of {metric} found {over}", counted(some, "change")),
        };
        let cut = match self.values() > STEPS_VALUES_MAX {
            true => format!("; only the last {STEPS_VALUES_MAX} values were looked at"),
            false => String::new(),
        };
        format!("{name}{found}{cut}")
    }

    /// The change in words: `3.10× slower`, or by how much of anything else.
    fn words(&self, change: &Change) -> String {
        let ratio = change.ratio.ratio;
        let (more, word) = match (self.kind, self.better) {
            (Kind::Time, _) => (ratio >= 1.0, ["slower", "faster"]),
            _ => (ratio >= 1.0, ["more", "less"]),
        };
        let size = if more { ratio } else { 1.0 / ratio };
        format!("{} {}", crate::format::factor(size), word[usize::from(!more)])
    }
}

const HEAD: [&str; 7] = ["from", "to", "title", "before", "after", "change", "95 % interval"];

/// What was found, for a terminal.
pub fn text(courses: &[Course], metric: &str) -> String {
    let mut text = String::new();
    for course in courses {
        text += &format!("{}\n", course.sentence(metric));
        if !course.changes.is_empty() {
            text += &format!("\n{}\n", table(course));
        }
    }
    text += &notes(courses);
    text
}

fn table(course: &Course) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(HEAD);
    let level = |places: std::ops::Range<usize>| {
        let values: Vec<f64> =
            course.observations(places).iter().map(|observation| observation.value).collect();
        let median = stats::median(&values).unwrap_or(f64::NAN);
        course.kind.scale(median).with_unit(median, PROSE_DIGITS)
    };
    for (number, change) in course.changes.iter().enumerate() {
        let before = number.checked_sub(1).map_or(0, |before| course.changes[before].at);
        let after = course.changes.get(number + 1).map_or(course.places.len(), |next| next.at);
        let (from, to) = (&course.places[change.at - 1], &course.places[change.at]);
        let interval = change.ratio.interval;
        let interval = match interval.is_confident() {
            true => format!("{:.3} to {:.3}", interval.low, interval.high),
            false => "too few values".to_owned(),
        };
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(shorten(&from.name, 40)),
            Cell::new(shorten(&to.name, 40)),
            Cell::new(shorten(&to.title, 40)),
            right(level(before..change.at)),
            right(level(change.at..after)),
            Cell::new(course.words(change)),
            Cell::new(interval),
        ]);
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What a reader should know.
fn notes(courses: &[Course]) -> String {
    let mut notes = String::new();
    if courses.iter().any(|course| !course.changes.is_empty()) {
        notes += "chance: a case without any change shows one with 1 %; the interval is that of the \
                  two levels, whose border these values have chosen themselves\n";
    }
    if courses.iter().any(|course| !course.in_turn) {
        notes += "block order: each place counts once, because it was measured before or after the \
                  others; a machine that has changed looks like a change\n";
    }
    notes
}
