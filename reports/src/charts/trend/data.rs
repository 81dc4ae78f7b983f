//! What the trend draws: one panel per line of a history, or one of all cases without an order.
//!
//! Only numbers and words; where they stand on the picture is decided in `trend.rs`.

use record::metrics;
use stats::Interval;

use crate::charts::axis::case_labels;
use crate::format::{PROSE_DIGITS, Scale, counted};
use crate::history::{Line, lines};
use crate::labels;
use crate::run_set::{CaseSet, RunSet};

/// A time of one mark, in the panel's unit.
pub(super) struct Point {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// The 95 % interval of the median; `None` where too few processes give one.
    pub(super) interval: Option<(f64, f64)>,
    /// The median as it is stored, in ns.
    pub(super) exact: f64,
    /// What stands behind its number; `None` where it has no label.
    pub(super) words: Option<&'static str>,
}

/// What a band reaches over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// From the fastest to the slowest sample.
    Range,
    /// The 95 % interval of the median.
    Interval,
}

impl Reach {
    /// Those that a picture of the panels has, the one that is shown first: intervals only where
    /// they say more than the ranges.
    pub(super) fn shown(panels: &[Panel<'_>]) -> &'static [Self] {
        const ALL: &[Reach] = &[Reach::Range, Reach::Interval];
        let mut panels = panels.iter().take(super::PANELS_MAX);
        if panels.any(Panel::has_intervals) { ALL } else { &ALL[..1] }
    }

    /// The class of what it draws, by which the page's style sheet shows the one or the other.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Interval => "interval",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Range => "fastest to slowest sample",
            Self::Interval => "95 % interval of the median, where six processes or more give one",
        }
    }
}

impl Point {
    /// How far it reaches, where that is known.
    pub(super) fn ends(&self, reach: Reach) -> Option<(f64, f64)> {
        match reach {
            Reach::Range => Some((self.min, self.max)),
            Reach::Interval => self.interval,
        }
    }
}

/// A place on the axis: a step, or a case.
pub(super) struct Mark {
    pub(super) id: String,
    pub(super) case: usize,
    pub(super) reverted: bool,
    /// `None` where the case has no numbers.
    pub(super) point: Option<Point>,
    /// What others published for it.
    pub(super) published: Vec<Published>,
}

/// A published time of the same work.
pub(super) struct Published {
    /// In the panel's unit, for as many rows as the case has.
    pub(super) value: f64,
    pub(super) source: String,
}

/// One plot.
pub(super) struct Panel<'a> {
    pub(super) set: &'a RunSet,
    /// The case of a history of several; empty where there is one panel only.
    pub(super) name: String,
    pub(super) marks: Vec<Mark>,
    /// What the ids of the marks are of; empty where they speak for themselves.
    pub(super) axis: String,
    pub(super) scale: Scale,
    pub(super) ordered: bool,
    /// The marks with which another level begins.
    pub(super) changes: Vec<Change>,
}

/// A place from which on the level is another.
pub(super) struct Change {
    /// The first mark on the new level.
    pub(super) at: usize,
    /// The levels before and after, in the panel's unit.
    pub(super) levels: (f64, f64),
}

/// A case counts as slower than the one before it only from this ratio on, so that a label is not
/// spent on what nobody would act upon.
const NOTABLE: f64 = 1.05;

/// Every panel that has a time.
pub(super) fn panels(set: &RunSet) -> Vec<Panel<'_>> {
    let lines = lines(set);
    if lines.is_empty() {
        let (labels, axis) = case_labels(set);
        let marks = labels.into_iter().zip(0..);
        let marks = marks.map(|(id, case)| mark(set, id, case, false)).collect();
        let panel = Panel::new(set, String::new(), marks, false);
        return panel.map(|panel| Panel { axis, ..panel }).into_iter().collect();
    }
    lines.into_iter().filter_map(|line| of_line(set, line)).collect()
}

fn of_line(set: &RunSet, line: Line) -> Option<Panel<'_>> {
    let steps = line.steps.into_iter();
    let marks = steps.map(|step| mark(set, step.id, step.case, step.reverted)).collect();
    Panel::new(set, line.name, marks, true)
}

fn mark(set: &RunSet, id: String, case: usize, reverted: bool) -> Mark {
    let point = set.cases[case].wall_time().map(|series| {
        let summary = &series.summary;
        let [median, min, max] = [summary.median, summary.min, summary.max];
        let Interval { low, high, .. } = summary.interval;
        let interval = summary.interval.is_confident().then_some((low, high));
        Point { median, min, max, interval, exact: median, words: None }
    });
    let published = published(set, case, &id);
    Mark { id, case, reverted, point, published }
}

/// What the references of the case's suite say about it, in ns. Where a reference says how many rows
/// its work had, its time is taken by the row.
fn published(set: &RunSet, index: usize, id: &str) -> Vec<Published> {
    let case = &set.cases[index];
    let rows = case.metric(metrics::ROWS.name).map(|series| series.summary.median);
    let of = |reference: &record::Reference| {
        let own = case.info.params.get(&reference.by).map(labels::text);
        // The step of a history need be no parameter.
        let key = own.or_else(|| (reference.by == "step").then(|| id.to_owned()))?;
        let time = *reference.values.get(&key)? as f64;
        let value = match reference.rows {
            Some(published) => time / published as f64 * rows?,
            None => time,
        };
        Some(Published { value, source: reference.source.clone() })
    };
    set.runs[case.run].suite.references.iter().filter_map(of).collect()
}

impl<'a> Panel<'a> {
    fn new(set: &'a RunSet, name: String, mut marks: Vec<Mark>, ordered: bool) -> Option<Self> {
        let first = marks.iter().find(|mark| mark.point.is_some())?;
        let wall = set.cases[first.case].wall_time()?;
        let scale = wall.kind.scale(wall.summary.median);
        for published in marks.iter_mut().flat_map(|mark| &mut mark.published) {
            published.value /= scale.factor;
        }
        for point in marks.iter_mut().filter_map(|mark| mark.point.as_mut()) {
            let interval = point.interval.iter_mut().flat_map(|(low, high)| [low, high]);
            for value in
                [&mut point.median, &mut point.min, &mut point.max].into_iter().chain(interval)
            {
                *value /= scale.factor;
            }
        }
        let axis = String::new();
        let mut panel = Self { set, name, marks, axis, scale, ordered, changes: Vec::new() };
        panel.changes = panel.changes();
        panel.choose_labels();
        Some(panel)
    }

    /// The first and the last, what was reverted, and what is exceptional.
    fn choose_labels(&mut self) {
        let kept = self.kept();
        let exceptional = self.exceptional(&kept);
        let slower: Vec<usize> =
            kept.iter().copied().filter(|&at| self.ordered && self.is_slower(&kept, at)).collect();
        for at in kept.first().into_iter().chain(kept.last()).copied().chain(exceptional) {
            self.say(at, if slower.contains(&at) { " slower" } else { "" });
        }
        for at in 0..self.marks.len() {
            if self.marks[at].reverted {
                self.say(at, " reverted");
            }
        }
    }

    fn say(&mut self, at: usize, words: &'static str) {
        if let Some(point) = &mut self.marks[at].point {
            point.words = Some(words);
        }
    }

    /// The places of the marks with numbers that were not taken back.
    pub(super) fn kept(&self) -> Vec<usize> {
        let kept = |at: &usize| !self.marks[*at].reverted && self.marks[*at].point.is_some();
        (0..self.marks.len()).filter(kept).collect()
    }

    fn is_slower(&self, kept: &[usize], at: usize) -> bool {
        let before = kept.iter().rev().find(|&&other| other < at);
        let case = |at: usize| self.marks[at].case;
        let ratio = before.and_then(|&before| self.set.against(case(at), case(before)));
        ratio.is_some_and(|ratio| ratio.excludes_one() && ratio.ratio >= NOTABLE)
    }

    /// The points that deserve a label beside the first and the last: the fastest; in an ordered
    /// suite also those that are slower than the one before, and the end of the largest gain.
    fn exceptional(&self, kept: &[usize]) -> Vec<usize> {
        let median =
            |at: usize| self.marks[at].point.as_ref().map_or(f64::INFINITY, |point| point.median);
        let mut found = Vec::new();
        found.extend(kept.iter().copied().min_by(|&a, &b| median(a).total_cmp(&median(b))));
        if self.ordered {
            let gain = |pair: &&[usize]| median(pair[1]) / median(pair[0]);
            let largest = kept.windows(2).min_by(|a, b| gain(a).total_cmp(&gain(b)));
            found.extend(largest.filter(|pair| gain(pair) < 1.0 / NOTABLE).map(|pair| pair[1]));
            found.extend(kept.iter().copied().filter(|&at| self.is_slower(kept, at)));
        }
        found
    }

    /// Where the level of the kept steps changes, by their medians alone.
    fn changes(&self) -> Vec<Change> {
        if !self.ordered {
            return Vec::new();
        }
        let kept = self.kept();
        let median = |at: &usize| Some(self.marks[*at].point.as_ref()?.median);
        let values: Vec<f64> = kept.iter().filter_map(median).collect();
        let change = |step: stats::Step| {
            Some(Change { at: *kept.get(step.at)?, levels: (step.before, step.after) })
        };
        stats::steps(&values).into_iter().filter_map(change).collect()
    }

    /// The least and the largest number drawn.
    pub(super) fn range(&self) -> (f64, f64) {
        let published = self.marks.iter().flat_map(|mark| &mark.published).map(|one| one.value);
        let ends = self.points().flat_map(|point| [point.min, point.max]).chain(published);
        ends.fold((f64::INFINITY, 0.0), |(low, high), one| (low.min(one), high.max(one)))
    }

    /// The largest number drawn.
    pub(super) fn top(&self) -> f64 {
        self.range().1
    }

    /// Where the published times come from, each once.
    pub(super) fn sources(&self) -> Vec<&str> {
        let mut sources: Vec<&str> = Vec::new();
        for one in self.marks.iter().flat_map(|mark| &mark.published) {
            if !sources.contains(&one.source.as_str()) {
                sources.push(&one.source);
            }
        }
        sources
    }

    fn points(&self) -> impl Iterator<Item = &Point> {
        self.marks.iter().filter_map(|mark| mark.point.as_ref())
    }

    /// Whether the intervals say something else than the ranges: of few processes both are the same.
    pub(super) fn has_intervals(&self) -> bool {
        self.points().any(|point| point.interval.is_some_and(|ends| ends != (point.min, point.max)))
    }

    /// The kept marks of which `of` gives something, in pieces that a line or a band may join: next
    /// to each other in an order that means something.
    ///
    /// Places are counted without the reverted ones, so that a line goes past them. A mark without
    /// numbers is a gap: neither line nor band may bridge it.
    pub(super) fn pieces<T: Copy>(&self, of: impl Fn(&Point) -> Option<T>) -> Vec<Vec<(usize, T)>> {
        let kept = self.marks.iter().enumerate().filter(|(_, mark)| !mark.reverted);
        let present: Vec<(usize, (usize, T))> = kept
            .enumerate()
            .filter_map(|(rank, (at, mark))| Some((rank, (at, of(mark.point.as_ref()?)?))))
            .collect();
        let pieces = present.chunk_by(|one, next| self.ordered && next.0 - one.0 == 1);
        pieces.map(|piece| piece.iter().map(|(_, found)| *found).collect()).collect()
    }

    /// Whether a mark has no numbers.
    pub(super) fn has_failures(&self) -> bool {
        self.marks.iter().any(|mark| mark.point.is_none())
    }

    /// Whether a step was taken back.
    pub(super) fn has_reverted(&self) -> bool {
        self.marks.iter().any(|mark| mark.reverted)
    }

    /// The text beside a mark, where it has one.
    pub(super) fn label(&self, at: usize) -> Option<String> {
        let point = self.marks[at].point.as_ref()?;
        Some(format!("{}{}", number(point.median), point.words?))
    }

    /// What the pointer is told over a mark.
    pub(super) fn title(&self, at: usize) -> String {
        let mark = &self.marks[at];
        let case = &self.set.cases[mark.case];
        // A step with several cases is told by its step: the panel says which case it is.
        let name = if self.name.is_empty() { &case.label } else { &mark.id };
        let name = [name.as_str(), case.title.as_str()].join(" ");
        let name = name.trim();
        let reverted = if mark.reverted { ", reverted" } else { "" };
        let note = if case.note.is_empty() { String::new() } else { format!("; {}", case.note) };
        match &mark.point {
            Some(point) => {
                let [median, min, max] = [point.median, point.min, point.max].map(number);
                let unit = self.scale.unit;
                format!("{name}: {median} {unit} ({min} to {max}){reverted}{note}")
            }
            None => {
                let trouble = case.trouble().unwrap_or_default();
                format!("{name}: {trouble}{reverted}{note}")
            }
        }
    }

    /// The first and the last step that were kept, in words.
    pub(super) fn summary(&self) -> String {
        let kept = self.kept();
        let ends = [kept.first(), kept.last()];
        let texts: Vec<String> = ends.into_iter().flatten().map(|&at| self.title(at)).collect();
        let name = if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) };
        format!("{name}{}", texts.join("; "))
    }
}

pub(super) fn number(value: f64) -> String {
    crate::format::significant(value, PROSE_DIGITS)
}

/// How many samples the cases of all panels have, in brackets.
pub(super) fn samples(panels: &[Panel<'_>]) -> String {
    let cases = panels.iter().flat_map(|panel| panel.marks.iter().map(|mark| (panel.set, mark)));
    let measured = cases.filter(|(_, mark)| mark.point.is_some());
    let counts = measured.map(|(set, mark)| {
        let case: &CaseSet = &set.cases[mark.case];
        case.counted
    });
    let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    if least == most {
        format!("({} each)", counted(most, "sample"))
    } else {
        format!("({least} to {most} samples each)")
    }
}
