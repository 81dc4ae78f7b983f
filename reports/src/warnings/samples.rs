//! Warnings about the samples: their number, their length, and how they stand to each other.

use record::Source;
use stats::{Observation, per_process};

use super::{Finding, sentence};
use crate::format::{Kind, PROSE_DIGITS, counted, factor, significant};
use crate::run_set::{CaseSet, RunSet, Series};

/// Looks at the wall time of every case that has numbers.
fn findings(
    set: &RunSet,
    look: impl Fn(&CaseSet, &Series) -> Option<(f64, String)>,
) -> Vec<Finding> {
    let looked = set.cases.iter().enumerate().filter_map(|(number, case)| {
        let (weight, seen) = look(case, case.wall_time()?)?;
        Some(Finding { case: number, weight, seen })
    });
    looked.collect()
}

/// A time in a unit that suits it.
fn time(ns: f64) -> String {
    Kind::Time.scale(ns).with_unit(ns, PROSE_DIGITS)
}

fn values(points: &[Observation]) -> Vec<f64> {
    points.iter().map(|point| point.value).collect()
}

pub(super) fn few_processes(set: &RunSet) -> Option<String> {
    /// Fewer have no 95 % interval of a median: 1 - 2^(1-n) is below 0.95.
    const FOR_MEDIAN: usize = 6;
    /// Fewer on both sides have none of a ratio: 1 - 2 / C(2n, n) is below 0.95.
    const FOR_RATIO: f64 = 4.0;
    let found = findings(set, |_, wall| {
        let processes = wall.summary.replicates;
        let noun = if processes == 1 { "process" } else { "processes" };
        (processes < FOR_MEDIAN).then(|| (-(processes as f64), format!("{processes} {noun}")))
    });
    let fewest = found.iter().map(|finding| -finding.weight).fold(f64::INFINITY, f64::min);
    let compared = set.cases.iter().filter(|case| case.wall_time().is_some()).count() > 1;
    let ratio = if compared && fewest < FOR_RATIO {
        format!(", and a ratio none below {FOR_RATIO}")
    } else {
        String::new()
    };
    let advice = format!(
        "a median has no 95 % interval below {FOR_MEDIAN}{ratio}; set `processes = {FOR_MEDIAN}` \
         under `[sampling]`, or give `-r {FOR_MEDIAN}`"
    );
    sentence(set, &found, &advice)
}

pub(super) fn short(set: &RunSet) -> Option<String> {
    /// What hyperfine takes too; starting a process alone costs about a millisecond.
    const SHORT_NS: f64 = 5e6;
    let found = findings(set, |_, wall| {
        let median = wall.summary.median;
        let noise = match wall.source {
            Some(Source::Harness) => "of which starting the process is a good part",
            _ => "where clock and scheduler weigh as much as the work",
        };
        let seen = format!("samples take {} (under 5 ms), {noise}", time(median));
        (median < SHORT_NS).then_some((-median, seen))
    });
    sentence(set, &found, "raise the size of the work, or repeat it inside one sample")
}

pub(super) fn slow_start(set: &RunSet) -> Option<String> {
    let warm = |case: &CaseSet| case.warmups > 0;
    let found = findings(set, |case, wall| {
        let start = stats::slow_start(&wall.points)?;
        let ratio = start.first / start.rest;
        let whose = if start.each_process { " of each process" } else { "" };
        let although = if warm(case) { ", although warm-ups went before" } else { "" };
        let seen = format!(
            "the first sample{whose} took {} as long as the others ({} against {}){although}",
            factor(ratio),
            time(start.first),
            time(start.rest),
        );
        Some((ratio, seen))
    });
    let more = found.iter().any(|finding| warm(&set.cases[finding.case]));
    let advice = if more {
        "raise `-w` (`warmup` under `[sampling]`), or keep it in mind if a cold start is the \
         question"
    } else {
        "warm up with `-w 1` (`warmup = 1` under `[sampling]`), unless a cold start is the question"
    };
    sentence(set, &found, advice)
}

pub(super) fn outliers(set: &RunSet) -> Option<String> {
    let found = findings(set, |_, wall| {
        // Two groups and a slow start have warnings of their own.
        let points = without_start(&wall.points);
        let all = values(&points);
        if stats::two_modes(&all).is_some() {
            return None;
        }
        let far = stats::outliers(&all);
        let median = stats::median(&all)?;
        let distance = |index: &usize| (all[*index] - median).abs();
        let farthest =
            far.iter().copied().reduce(|a, b| if distance(&b) > distance(&a) { b } else { a })?;
        let seen = format!(
            "{} of {} far from the median of {}, the farthest at {}",
            far.len(),
            counted(all.len(), "sample"),
            time(median),
            time(all[farthest]),
        );
        Some((far.len() as f64 / all.len() as f64, seen))
    });
    let advice = "look for other load on the machine, or take more processes (`-r`)";
    sentence(set, &found, advice)
}

/// The points without the ones that a slow start explains.
fn without_start(points: &[Observation]) -> Vec<Observation> {
    match stats::slow_start(points) {
        None => points.to_vec(),
        Some(start) if !start.each_process => points[1..].to_vec(),
        Some(_) => {
            let mut seen = std::collections::BTreeSet::new();
            points.iter().filter(|point| !seen.insert(point.process)).copied().collect()
        }
    }
}

pub(super) fn two_modes(set: &RunSet) -> Option<String> {
    let found = findings(set, |_, wall| {
        let modes = stats::two_modes(&values(&without_start(&wall.points)))?;
        let seen = format!(
            "the samples form two groups, {} near {} and {} near {}, with nothing between",
            modes.low_count,
            time(modes.low),
            modes.high_count,
            time(modes.high),
        );
        Some((modes.high / modes.low, seen))
    });
    let advice = "the median may describe neither; look for what alternates (placement on cores, \
                  frequency, a cache), and try `--pin`";
    sentence(set, &found, advice)
}

pub(super) fn drift(set: &RunSet) -> Option<String> {
    /// Fewer values are in order by chance too often.
    const VALUES_MIN: usize = 8;
    /// A smaller share of the median changes no conclusion.
    const SHARE_MIN: f64 = 0.05;
    // Of a hundred runs without drift, one is warned of, however many cases it has.
    let chance = 0.01 / set.cases.len().max(1) as f64;
    let found = findings(set, |_, wall| {
        let points = without_start(&wall.points);
        // Samples of one process are no independent witnesses, unless there is one process only.
        let medians = per_process(&points);
        let all = thinned(if medians.len() > 1 { medians } else { values(&points) });
        let trend = (all.len() >= VALUES_MIN).then(|| stats::trend(&all)).flatten()?;
        let share = trend.rise / stats::median(&all)?;
        if trend.p > chance || share.abs() < SHARE_MIN {
            return None;
        }
        let direction = if share > 0.0 { "rose" } else { "fell" };
        let p = if trend.p < 0.001 {
            "p < 0.001".to_owned()
        } else {
            format!("p = {}", significant(trend.p, 1))
        };
        let seen = format!(
            "times {direction} by {} % in the course of the run (Mann-Kendall, {p})",
            significant(share.abs() * 100.0, 2)
        );
        Some((share.abs(), seen))
    });
    let advice = "rounds spread a drift over all cases, so ratios bear it and medians do not; let \
                  the machine settle, and measure again";
    sentence(set, &found, advice)
}

/// At most 500 values: the medians of neighbours, because the test compares every pair.
fn thinned(all: Vec<f64>) -> Vec<f64> {
    const VALUES_MAX: usize = 500;
    match all.len().div_ceil(VALUES_MAX) {
        0 | 1 => all,
        size => all.chunks(size).filter_map(stats::median).collect(),
    }
}

pub(super) fn preempted(set: &RunSet) -> Option<String> {
    /// A thread that shares its core with another is taken off it every few milliseconds.
    const PER_SECOND_MAX: f64 = 100.0;
    /// Fewer in a sample say nothing.
    const SWITCHES_MIN: f64 = 10.0;
    let found = findings(set, |case, wall| {
        let name = record::metrics::INVOLUNTARY_SWITCHES.name;
        let switches = case.metric(name)?.summary.median;
        let rate = switches / (wall.summary.median / 1e9);
        let seen = format!(
            "threads were taken off their cores {} times in a sample of {}",
            significant(switches, 2),
            time(wall.summary.median),
        );
        (switches >= SWITCHES_MIN && rate > PER_SECOND_MAX).then_some((rate, seen))
    });
    let advice = "there is other load, or the work has more threads than there are cores; end the \
                  one, or lower the other";
    sentence(set, &found, advice)
}
