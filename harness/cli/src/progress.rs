//! What a person sees on standard error while a run goes on.
//!
//! At a terminal: at most three lines, redrawn only between samples, because a redraw during one
//! would be noise in it. Elsewhere: a plain line after a process, at most every two seconds. Standard output is left
//! to the result.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use console::Term;
use engine::case::Case;
use engine::plan::Plan;
use engine::session::{Observer, Progress};
use record::{CaseId, Pass, Sample, Status, metrics};
use reports::format::Kind;
use stats::{Observation, Summary};

use crate::args::ProgressChoice;

/// Samples that the sparkline shows at most.
const SPARK_POINTS: usize = 24;

/// Plain lines come at most this often, so that a log stays readable.
const PLAIN_EVERY: Duration = Duration::from_secs(2);

/// Cells of the progress bar.
const BAR_CELLS: usize = 24;

/// Draws the progress of one run.
pub(crate) struct Screen {
    /// Where lines are redrawn.
    term: Option<Term>,
    /// Whether plain lines are written where there is no such terminal.
    plain: bool,
    suite: String,
    labels: BTreeMap<CaseId, String>,
    /// When the last plain line was written.
    told: Option<Instant>,
    times: BTreeMap<CaseId, Vec<Observation>>,
    drawn: usize,
}

impl Screen {
    /// A screen for a plan; lines are redrawn only where standard error is a terminal.
    pub(crate) fn new(plan: &Plan, suite: &str, choice: ProgressChoice) -> Self {
        let term = Term::stderr();
        let able = term.is_term() && std::env::var_os("TERM").is_none_or(|t| t != "dumb");
        let labels = plan.cases.iter().map(|case| (case.id.clone(), label(plan, case))).collect();
        Self {
            term: (able && choice == ProgressChoice::Auto).then_some(term),
            plain: choice != ProgressChoice::Never,
            suite: suite.to_owned(),
            labels,
            told: None,
            times: BTreeMap::new(),
            drawn: 0,
        }
    }

    /// Takes in the samples of an earlier part of the run.
    pub(crate) fn replay(&mut self, earlier: &[Sample]) {
        for sample in earlier {
            self.take(sample);
        }
    }

    /// Removes what was drawn, so that the result stands alone.
    pub(crate) fn finish(&mut self) {
        self.erase();
    }

    fn take(&mut self, sample: &Sample) {
        if !sample.counts() {
            return;
        }
        if let Some(wall) = sample.value(metrics::WALL_TIME.name) {
            let value = wall / f64::from(sample.executions.max(1));
            let observation = Observation { process: sample.process, value };
            self.times.entry(sample.case.clone()).or_default().push(observation);
        }
    }

    /// The case, its count, the running median with its interval, and a sparkline.
    fn case_line(&self, case: &Case, progress: &Progress) -> String {
        let label = self.labels.get(&case.id).map_or(case.id.as_str(), String::as_str);
        if !progress.pass.is_timed() {
            return format!("{label:<32}  {} pass", progress.pass);
        }
        let Some(times) = self.times.get(&case.id) else {
            return format!("{label:<32}  no sample yet");
        };
        let Some(summary) = Summary::new(times) else { return label.to_owned() };
        format!(
            "{label:<32}  n {:>3}  median {}  {}  {}",
            summary.samples,
            Kind::Time.scale(summary.median).with_unit(summary.median, 4),
            half_width(&summary),
            sparkline(times),
        )
    }

    fn total_line(&self, progress: &Progress) -> String {
        let left = progress.left.map_or_else(String::new, |left| format!("  {} left", clock(left)));
        let (done, total) = (progress.done, progress.total);
        format!("{}  {}  {done}/{total} samples{left}", self.suite, bar(done, total))
    }

    fn draw(&mut self, lines: &[String]) {
        self.erase();
        let Some(term) = &self.term else { return };
        let width = usize::from(term.size().1).saturating_sub(1).max(20);
        for line in lines {
            // A terminal that goes away must not end the run.
            let _ = term.write_line(&console::truncate_str(line, width, "…"));
        }
        self.drawn = lines.len();
    }

    fn erase(&mut self) {
        if let Some(term) = &self.term
            && self.drawn > 0
        {
            let _ = term.clear_last_lines(self.drawn);
        }
        self.drawn = 0;
    }
}

impl Observer for Screen {
    fn begin(&mut self, case: &Case, progress: &Progress) {
        if self.term.is_some() {
            let lines = [self.case_line(case, progress), self.total_line(progress)];
            self.draw(&lines);
        }
    }

    fn sample(&mut self, case: &Case, sample: &Sample, progress: &Progress) {
        self.take(sample);
        if let Status::Failed(failure) = &sample.status {
            self.erase();
            let (pass, rest) = match sample.pass {
                Pass::Timed => (String::new(), "case"),
                pass => (format!(", {pass} pass"), "pass of the case"),
            };
            eprintln!(
                "failed: {}{pass}: {}; the rest of this {rest} is left out",
                case.id, failure.message
            );
            return;
        }
        if self.term.is_some() {
            let lines = [self.case_line(case, progress), self.total_line(progress)];
            self.draw(&lines);
        }
    }

    fn end(&mut self, case: &Case, progress: &Progress) {
        let due = self.told.is_none_or(|told| told.elapsed() >= PLAIN_EVERY);
        if self.term.is_none() && self.plain && (due || progress.done == progress.total) {
            let left = progress.left.map_or_else(String::new, |l| format!(", {} left", clock(l)));
            let line = self.case_line(case, progress);
            eprintln!("[{}/{}{left}] {}", progress.done, progress.total, line.trim_end());
            self.told = Some(Instant::now());
        }
    }
}

/// Short name of a case: its title, or the parameters that tell it from the others.
fn label(plan: &Plan, case: &Case) -> String {
    let short = plan.label(case);
    match case.title.is_empty() {
        true => short,
        false => format!("{short} {}", case.title),
    }
}

/// Half the width of the median's interval in percent, once there is a real one.
fn half_width(summary: &Summary) -> String {
    if !summary.interval.is_confident() || summary.median <= 0.0 {
        return "±   ?  ".to_owned();
    }
    let half = (summary.interval.high - summary.interval.low) / 2.0 / summary.median * 100.0;
    format!("±{half:>4.1} %")
}

/// The last samples as small bars, from the fastest to the slowest of them.
fn sparkline(times: &[Observation]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &times[times.len().saturating_sub(SPARK_POINTS)..];
    let low = shown.iter().map(|one| one.value).fold(f64::INFINITY, f64::min);
    let high = shown.iter().map(|one| one.value).fold(f64::NEG_INFINITY, f64::max);
    let height = |value: f64| match high > low {
        true => ((value - low) / (high - low) * 7.0).round() as usize,
        false => 3,
    };
    shown.iter().map(|one| BARS[height(one.value).min(7)]).collect()
}

fn bar(done: usize, total: usize) -> String {
    let full = (done * BAR_CELLS).checked_div(total).unwrap_or(0).min(BAR_CELLS);
    format!("{}{}", "█".repeat(full), "░".repeat(BAR_CELLS - full))
}

/// A length of time as people read a clock: `7 s`, `3:07`, `1:02:03`.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m}:{s:02}"),
        (h, m, s) => format!("{h}:{m:02}:{s:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_read_as_people_read_them() {
        assert_eq!(clock(Duration::from_millis(6_100)), "7 s");
        assert_eq!(clock(Duration::from_secs(187)), "3:07");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
    }

    #[test]
    fn sparklines_span_from_the_fastest_to_the_slowest() {
        let times: Vec<_> = [1.0, 2.0, 8.0].map(|value| Observation { process: 0, value }).into();
        assert_eq!(sparkline(&times), "▁▂█");
        assert_eq!(sparkline(&times[..1]), "▄");
    }

    #[test]
    fn the_bar_is_full_at_the_end_and_empty_at_the_start() {
        assert_eq!(bar(0, 5), "░".repeat(BAR_CELLS));
        assert_eq!(bar(5, 5), "█".repeat(BAR_CELLS));
        assert_eq!(bar(0, 0), "░".repeat(BAR_CELLS));
    }
}
