//! The first lines of the page: what came out, in a sentence computed from the data.

use record::{RunInfo, metrics};

use crate::compare::differences;
use crate::format::{Kind, PROSE_DIGITS, counted, factor, moment, printable, shorten};
use crate::history::{Line, StepPoint, lines};
use crate::page::PageOptions;
use crate::run_set::{CaseSet, RunSet, State};
use crate::verdicts::{Count, Verdicts};

/// The answer, and what must be said in the same breath.
pub(crate) struct Headline {
    pub(crate) sentence: String,
    /// What the sentence leaves out: the fastest case, or that samples are too few.
    pub(crate) more: String,
    /// How many cases failed or lost samples; empty if none did.
    pub(crate) failed: String,
}

/// What is said of a set, or of the two that were put against each other.
pub(crate) fn of(set: &RunSet, options: &PageOptions) -> Headline {
    if options.compare.is_some() { pair(set) } else { headline(set) }
}

/// `6 faster, 2 slower (1 reverted), each against the step before it`; empty for a single case.
pub(crate) fn counts(set: &RunSet, verdicts: &Verdicts, reference: Option<usize>) -> String {
    let counts: Vec<String> = verdicts.counts(set).iter().map(Count::words).collect();
    if counts.is_empty() || set.cases.len() < 2 {
        return String::new();
    }
    let basis = verdicts.basis(set, reference);
    let basis = if basis.is_empty() { basis } else { format!(", {basis}") };
    printable(&format!("{}{basis}", counts.join(", ")))
}

fn headline(set: &RunSet) -> Headline {
    let measured: Vec<usize> =
        (0..set.cases.len()).filter(|&case| set.cases[case].wall_time().is_some()).collect();
    let (sentence, more) = match measured.as_slice() {
        [] => ("No case has a time".to_owned(), String::new()),
        [one] => (alone(set, *one), String::new()),
        several => history(set).unwrap_or_else(|| fastest(set, several)),
    };
    Headline { sentence, more, failed: failed(set) }
}

/// Of a set that was narrowed to two: what the second is against the first.
fn pair(set: &RunSet) -> Headline {
    let (Some(first), Some(last)) = (set.cases.first(), set.cases.last()) else {
        return headline(set);
    };
    let (first, last) = (name(first), name(last));
    let between = format!("from {first} to {last}");
    let timed: Vec<usize> =
        (0..set.cases.len()).filter(|&case| set.cases[case].wall_time().is_some()).collect();
    let (sentence, more) = match timed.as_slice() {
        &[first, last] => from_to(set, (first, last), &[first, last], &between),
        _ if set.cases.len() > 2 => history(set).unwrap_or_else(|| fastest(set, &timed)),
        _ => (format!("No time {between}"), String::new()),
    };
    Headline { sentence, more, failed: failed(set) }
}

fn failed(set: &RunSet) -> String {
    let count = |state| set.cases.iter().filter(|case| case.state == state).count();
    let told = [
        (count(State::Failed), "failed"),
        (count(State::Partly), "lost some samples"),
        (
            count(State::Missing),
            if count(State::Missing) == 1 { "has no sample" } else { "have no sample" },
        ),
    ];
    let mut told = told.into_iter().filter(|(count, _)| *count > 0);
    let Some((first, what)) = told.next() else { return String::new() };
    let all = counted(set.cases.len(), "case");
    let others: String = told.map(|(count, what)| format!(", {count} {what}")).collect();
    format!("{first} of {all} {what}{others}.")
}

fn median(set: &RunSet, case: usize) -> f64 {
    set.cases[case].wall_time().map_or(f64::INFINITY, |series| series.summary.median)
}

fn time(ns: f64) -> String {
    Kind::Time.scale(ns).with_unit(ns, PROSE_DIGITS)
}

fn name(case: &CaseSet) -> String {
    shorten(&case.label, 60)
}

fn alone(set: &RunSet, case: usize) -> String {
    format!("{}: {}", name(&set.cases[case]), time(median(set, case)))
}

/// What a history came to: of its first case in the sentence, of the others after it. `None` where
/// the order of the cases means nothing, or no case has two steps with numbers that were kept.
fn history(set: &RunSet) -> Option<(String, String)> {
    let lines = lines(set);
    let mut told = lines.iter().filter_map(|line| over_steps(set, line));
    let (sentence, more) = told.next()?;
    let others: Vec<String> = told.map(|(sentence, _)| format!("{sentence}.")).collect();
    let left = others.len().saturating_sub(OTHERS_MAX);
    let rest = if left > 0 {
        vec![format!("{} in the table.", counted(left, "more case"))]
    } else {
        vec![]
    };
    let others = others.into_iter().take(OTHERS_MAX).collect();
    Some((sentence, [vec![more], others, rest].concat().join(" ").trim().to_owned()))
}

/// The most cases of a history that are told in words beside the first.
const OTHERS_MAX: usize = 3;

fn over_steps(set: &RunSet, line: &Line) -> Option<(String, String)> {
    let has_time = |step: &&StepPoint| set.cases[step.case].wall_time().is_some();
    let kept: Vec<usize> = line.kept().filter(has_time).map(|step| step.case).collect();
    let &[first, .., last] = kept.as_slice() else { return None };
    let all = line.steps.iter().filter(has_time).count();
    let what = if set.label_name() == "step" { "step" } else { "case" };
    let mut steps = counted(all, what);
    if all > kept.len() {
        steps += &format!(" ({} reverted)", all - kept.len());
    }
    let (sentence, more) = from_to(set, (first, last), &kept, &format!("over {steps}"));
    if line.name.is_empty() {
        return Some((sentence, more));
    }
    Some((format!("{}: {sentence}", shorten(&line.name, 60)), more))
}

fn from_to(
    set: &RunSet,
    (first, last): (usize, usize),
    measured: &[usize],
    steps: &str,
) -> (String, String) {
    let (from, to) = (median(set, first), median(set, last));
    let Some(ratio) = set.against(last, first) else {
        let rows = differences::rows(&set.cases[first], &set.cases[last]);
        let why = rows.map(|_| "They did other numbers of rows: the times do not compare.");
        let [first, last] = [first, last].map(|case| timed_name(set, case));
        return (format!("{first} to {last} {steps}"), why.unwrap_or_default().to_owned());
    };
    let more = fastest_step(set, measured);
    if ratio.interval.is_confident() && !ratio.excludes_one() {
        let sentence = format!("No difference shown {steps}: {} and {}", time(from), time(to));
        return (sentence, more);
    }
    if factor(to / from) == factor(1.0) {
        return (format!("No change {steps}: {}", time(to)), more);
    }
    let (size, word) = if to <= from { (from / to, "faster") } else { (to / from, "slower") };
    let sentence = format!("{} {word} {steps}: {} to {}", size_words(size), time(from), time(to));
    if ratio.interval.is_confident() {
        return (sentence, more);
    }
    let n = ratio.replicates.0.min(ratio.replicates.1);
    let few = format!("Only {} a case: too few to be sure.", counted(n, "replicate"));
    (sentence, format!("{few} {more}").trim_end().to_owned())
}

/// A factor in prose: one decimal from 2 on, where the second would not be believed anyway.
fn size_words(size: f64) -> String {
    if (1.995..99.95).contains(&size) { format!("{size:.1}×") } else { factor(size) }
}

fn fastest_of(set: &RunSet, cases: &[usize]) -> Option<usize> {
    cases.iter().copied().min_by(|&a, &b| median(set, a).total_cmp(&median(set, b)))
}

fn fastest_step(set: &RunSet, measured: &[usize]) -> String {
    let (Some(best), Some(&last)) = (fastest_of(set, measured), measured.last()) else {
        return String::new();
    };
    // Said only where the data show it: two steps at the end are often equal.
    if !set.against(best, last).is_some_and(|ratio| ratio.excludes_one()) {
        return String::new();
    }
    format!("Fastest: {} ({}).", name(&set.cases[best]), time(median(set, best)))
}

/// The fastest of all cases; where they did other numbers of rows, whose times do not compare, that
/// of those with most.
fn fastest(set: &RunSet, measured: &[usize]) -> (String, String) {
    let sizes = by_rows(set, measured);
    let (Some((_, least)), Some((_, most))) = (sizes.first(), sizes.last()) else {
        return (String::new(), String::new());
    };
    if sizes.len() == 1 {
        return fastest_alike(set, measured, "");
    }
    let Some((rows, alike)) = sizes.iter().rev().find(|(_, cases)| cases.len() > 1) else {
        let [least, most] = [least, most].map(|cases| timed_name(set, cases[0]));
        return (format!("{least} to {most}"), "No two cases did as many rows.".to_owned());
    };
    let rows = format!(" of {}", Kind::Rows.scale(*rows).with_unit(*rows, PROSE_DIGITS));
    let (sentence, more) = fastest_alike(set, alike, &rows);
    let others = counted(measured.len() - alike.len(), "case");
    let others = format!("{others} of other numbers of rows do not compare with these.");
    (sentence, format!("{more} {others}").trim_start().to_owned())
}

/// The cases by the rows that they did, fewest first; all are alike where some do not say.
fn by_rows(set: &RunSet, cases: &[usize]) -> Vec<(f64, Vec<usize>)> {
    let rows = |case: usize| {
        set.cases[case].metric(metrics::ROWS.name).map_or(f64::NAN, |series| series.summary.median)
    };
    if cases.iter().any(|&case| rows(case).is_nan()) {
        return vec![(f64::NAN, cases.to_vec())];
    }
    let mut sorted = cases.to_vec();
    sorted.sort_by(|&a, &b| rows(a).total_cmp(&rows(b)));
    let alike = sorted.chunk_by(|&a, &b| rows(a) == rows(b));
    alike.map(|cases| (rows(cases[0]), cases.to_vec())).collect()
}

/// A case with its time: `rows=10 (1.20 ms)`.
fn timed_name(set: &RunSet, case: usize) -> String {
    let label = set.named_label(case, &set.cases[case].label);
    format!("{} ({})", shorten(&label, 60), time(median(set, case)))
}

fn fastest_alike(set: &RunSet, alike: &[usize], rows: &str) -> (String, String) {
    let mut order = alike.to_vec();
    order.sort_by(|&a, &b| median(set, a).total_cmp(&median(set, b)));
    let [best, next, ..] = order.as_slice() else {
        return (String::new(), String::new());
    };
    let (best_name, next_name) = (name(&set.cases[*best]), name(&set.cases[*next]));
    let size = size_words(median(set, *next) / median(set, *best));
    let time = time(median(set, *best));
    match set.against(*best, *next) {
        Some(found) if found.excludes_one() => {
            (format!("Fastest{rows}: {best_name}, {size} faster than {next_name}"), String::new())
        }
        Some(found) if found.interval.is_confident() => (
            format!("Lowest median{rows}: {best_name} ({time})"),
            format!("No difference shown between it and {next_name}."),
        ),
        _ => (
            format!("Lowest median{rows}: {best_name} ({time})"),
            format!("Too few samples to call it faster than {next_name}."),
        ),
    }
}

/// What the suite is about; of several runs, what they are called.
pub(crate) fn about(set: &RunSet) -> String {
    let first = &set.runs[0];
    let text = if first.suite.about.is_empty() { &first.suite.name } else { &first.suite.about };
    printable(text)
}

/// The most runs that are named one by one.
const NAMED_MAX: usize = 16;

/// Where and how it was measured, in one line.
pub(crate) fn conditions(set: &RunSet) -> String {
    let first = &set.runs[0];
    let mut parts = vec![match set.runs.len() {
        1 if first.is_dated() => format!("Run {} of {}", first.id, moment(first.started_ns)),
        1 => format!("Run {}, read on {}", first.id, moment(first.started_ns)),
        several if several > NAMED_MAX => {
            let [first, last] = [0, several - 1].map(|run| set.run_name(run));
            format!("{several} runs: {first} to {last}")
        }
        several => {
            let names: Vec<String> = (0..several).map(|run| set.run_name(run)).collect();
            format!("{several} runs: {}", names.join(", "))
        }
    }];
    parts.push(counted(set.cases.len(), "case"));
    parts.push(sampling(first));
    let known = |name| first.before.fact(name).filter(|value| !value.starts_with("unknown"));
    parts.extend(known("cpu_model").map(str::to_owned));
    parts.extend(known("cores").map(|cores| format!("cores: {cores}")));
    parts.extend(known("kernel").map(str::to_owned));
    printable(&parts.join(" · "))
}

/// How many samples a case has by plan; of an import, as far as the samples show it.
pub(crate) fn sampling(run: &RunInfo) -> String {
    let sampling = &run.sampling;
    if run.imported.is_some() {
        return match sampling.processes * sampling.iterations {
            0 => "no sample".to_owned(),
            most => format!("at most {} a case", counted(most as usize, "sample")),
        };
    }
    let processes = match sampling.processes {
        1 => "1 process".to_owned(),
        several => format!("{several} processes"),
    };
    let each = counted(sampling.iterations as usize, "sample");
    let warm = match sampling.warmup {
        0 => String::new(),
        some => format!(" after {}", counted(some as usize, "warm-up")),
    };
    format!("{processes} a case, {each} in each{warm}")
}

/// The metric that the headline speaks of, for the page's explanation.
pub(crate) fn metric() -> &'static str {
    metrics::WALL_TIME.about
}
