//! What the scaling chart draws: lines of speed-up over a number of workers, the laws fitted to
//! them, and where more stops paying.

use stats::scaling::{Law, Measured, Scaling as Fit};
use stats::{Better, Knee, Setting, knee};

use crate::format::{PROSE_DIGITS, counted, significant};
use crate::labels;
use crate::run_set::{CaseSet, RunSet};

/// What numbers of workers are called. A parameter of another name is a setting, and its sweep
/// says nothing about cores.
const WORKERS: [&str; 6] = ["threads", "workers", "writers", "producers", "processes", "clients"];

/// Points that a law is fitted to at least.
const POINTS_MIN: usize = 3;

/// The most lines; more would be a wall nobody reads.
pub(super) const LINES_MAX: usize = 4;

/// A number of workers.
pub(super) struct Point {
    pub(super) workers: f64,
    pub(super) case: usize,
    /// Times faster than the line's smallest number of workers.
    pub(super) speed_up: f64,
}

/// The cases that differ in the number of workers alone.
pub(super) struct Line {
    /// What tells it from the others; empty where there is one line.
    pub(super) name: String,
    pub(super) points: Vec<Point>,
    /// Amdahl's law and the universal law.
    pub(super) amdahl: Option<Fit>,
    pub(super) universal: Option<Fit>,
    pub(super) knee: Option<Knee>,
}

pub(super) struct Data<'a> {
    pub(super) set: &'a RunSet,
    pub(super) parameter: &'static str,
    pub(super) lines: Vec<Line>,
    /// Lines that the set holds beside those that are drawn.
    pub(super) hidden: usize,
}

impl<'a> Data<'a> {
    /// The sweep over the first number of workers that varies, with at least three values in one
    /// line.
    pub(super) fn new(set: &'a RunSet) -> Option<Self> {
        let set = set.settings();
        if !set.is_sweep() {
            return None;
        }
        let mut names = WORKERS.into_iter();
        let parameter = names.find(|name| set.varying.iter().any(|varying| varying == name))?;
        // In the order of the suite.
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (index, case) in set.cases.iter().enumerate() {
            if case.wall_time().is_none() {
                continue;
            }
            let name = rest(set, case, parameter);
            match groups.iter_mut().find(|(other, _)| *other == name) {
                Some((_, cases)) => cases.push(index),
                None => groups.push((name, vec![index])),
            }
        }
        let mut lines: Vec<Line> = groups
            .into_iter()
            .filter_map(|(name, cases)| Line::new(set, parameter, name, &cases))
            .collect();
        let hidden = lines.len().saturating_sub(LINES_MAX);
        lines.truncate(LINES_MAX);
        (!lines.is_empty()).then_some(Self { set, parameter, lines, hidden })
    }

    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.lines.iter().flat_map(|line| &line.points)
    }

    pub(super) fn title(&self, line: &Line, point: &Point) -> String {
        let first = line.points[0].workers;
        let efficiency = 100.0 * line.efficiency(point);
        format!(
            "{}={}: {} times as fast as with {}, efficiency {} %",
            self.parameter,
            point.workers,
            significant(point.speed_up, PROSE_DIGITS),
            first,
            significant(efficiency, PROSE_DIGITS)
        )
    }

    /// What each line says: its knee, and what the laws make of it.
    pub(super) fn findings(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.finding(self.parameter)).collect()
    }
}

/// What a case is apart from its number of workers.
fn rest(set: &RunSet, case: &CaseSet, parameter: &str) -> String {
    let others = set.varying.iter().filter(|name| *name != parameter);
    let stated: Vec<String> = others
        .filter_map(|name| Some(format!("{name}={}", labels::text(case.info.params.get(name)?))))
        .collect();
    stated.join(", ")
}

impl Line {
    /// The speed-up as a share of what as many more workers would be in proportion.
    pub(super) fn efficiency(&self, point: &Point) -> f64 {
        point.speed_up * self.points[0].workers / point.workers
    }

    fn new(set: &RunSet, parameter: &str, name: String, cases: &[usize]) -> Option<Self> {
        let workers = |case: usize| {
            set.cases[case].info.params.get(parameter)?.as_f64().filter(|n| *n >= 1.0)
        };
        let mut cases: Vec<(f64, usize)> =
            cases.iter().filter_map(|&case| Some((workers(case)?, case))).collect();
        cases.sort_by(|a, b| a.0.total_cmp(&b.0));
        cases.dedup_by(|a, b| a.0 == b.0);
        if cases.len() < POINTS_MIN {
            return None;
        }
        let wall = |case: usize| Some(set.cases[case].wall_time()?.summary);
        let base = wall(cases[0].1)?.median;
        let point = |&(workers, case): &(f64, usize)| {
            Some(Point { workers, case, speed_up: base / wall(case)?.median })
        };
        let settings: Vec<Setting> = cases
            .iter()
            .filter_map(|&(setting, case)| {
                let summary = wall(case)?;
                Some(Setting { setting, median: summary.median, interval: summary.interval })
            })
            .collect();
        let measured: Vec<Measured> = cases
            .iter()
            .filter_map(|&(workers, case)| {
                let times = stats::per_process(&set.cases[case].wall_time()?.points);
                let throughputs = times.iter().map(|time| base / time).collect();
                Some(Measured { workers, throughputs })
            })
            .collect();
        Some(Self {
            name,
            points: cases.iter().filter_map(point).collect(),
            amdahl: Fit::fit(&measured, Law::Amdahl),
            universal: Fit::fit(&measured, Law::Universal),
            knee: knee(&settings, Better::Less),
        })
    }

    fn finding(&self, parameter: &str) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) };
        let knee = match self.knee {
            Some(Knee::At(index)) => {
                format!("Nothing to win beyond {parameter}={}", self.points[index].workers)
            }
            Some(Knee::NotInRange) => "Still winning at the most".to_owned(),
            None => "Where it stops cannot be told".to_owned(),
        };
        // Where more workers are slower the law fits only with a share that is none.
        let serial = self.amdahl.as_ref().filter(|fit| fit.contention.value < 1.0).map(|fit| {
            let interval = fit.contention.interval.map(|interval| {
                format!(" ({} to {})", percent(interval.low), percent(interval.high.min(1.0)))
            });
            let share = percent(fit.contention.value);
            format!("; serial share by Amdahl's law {share} %{}", interval.unwrap_or_default())
        });
        let peak = self.universal.as_ref().and_then(|fit| fit.peak).map(|peak| {
            format!("; by the universal law fastest with {}", significant(peak.value, 2))
        });
        format!("{name}{knee}{}{}.", serial.unwrap_or_default(), peak.unwrap_or_default())
    }
}

pub(super) fn percent(share: f64) -> String {
    significant(100.0 * share, 2)
}

/// How many points a line has, for the caption.
pub(super) fn points(data: &Data<'_>) -> String {
    counted(data.points().count(), "case")
}
