//! Markdown for pull requests and job summaries: the headline first, then what changed, everything
//! else folded. Never more than what GitHub takes.
//!
//! The command line prints [`report`]; a gate's Markdown is written on the same [`Paper`].

use anyhow::Result;

use crate::format::{Kind, PROSE_DIGITS, TABLE_DIGITS, counted, printable};
use crate::history::lines;
use crate::notes;
use crate::page::{PageOptions, headline, method};
use crate::run_set::RunSet;
use crate::table::escaped;
use crate::verdicts::{self, Held, Verdict, Verdicts};

/// Longest text, in bytes: a comment of a pull request takes 65,536.
pub(crate) const BYTES_MAX: usize = 64 << 10;

/// Kept free for the lines that say what was left out, and for closing what is folded.
const SPARE: usize = 400;

/// The report of a set as Markdown, ending with a line feed; at most 64 KiB. What does not fit is
/// left out, and the last line says how much.
///
/// # Errors
///
/// If a case that is named does not exist, or the reference has no numbers.
pub fn report(set: &RunSet, options: &PageOptions) -> Result<String> {
    let set = &*options.narrowed(set)?;
    let reference = set.reference(options.reference.as_deref())?;
    let verdicts = verdicts::verdicts(set, reference, options.reference.is_some());
    let headline = headline::of(set, options);
    let mut paper = Paper::default();
    paper.line(&format!("## {}\n", escaped(&headline.sentence)));
    let counts = headline::counts(set, &verdicts, reference);
    let largest = verdicts.largest(set);
    let largest = largest.map(|one| format!("Largest change: {}, {}", one.name, one.delta));
    for text in [&headline.failed, &largest.unwrap_or_default(), &counts, &headline.more] {
        if !text.is_empty() {
            paper.line(&format!("**{}**\n", escaped(text)));
        }
    }
    paper.line(&format!("{}\n", escaped(&headline::about(set))));
    sparklines(&mut paper, set);
    table(&mut paper, set, &verdicts, reference);
    let failures: Vec<String> = notes::failures(set).into_iter().map(|(line, _)| line).collect();
    let mut warnings = notes::warnings(set);
    warnings.extend(notes::skipped(set));
    folded(&mut paper, &counted(failures.len(), "failure"), &failures);
    folded(&mut paper, &counted(warnings.len(), "warning"), &warnings);
    let unavailable: Vec<String> =
        notes::unavailable(set).into_iter().map(notes::unavailable_line).collect();
    folded(&mut paper, "What could not be counted", &unavailable);
    paper.open("How it was measured");
    paper.line(&format!("{}\n", escaped(&headline::conditions(set))));
    for run in method::runs(set) {
        paper.line(&format!("```\n{}\n```\n", run.command.replace('`', "'")));
    }
    paper.close();
    Ok(paper.finish())
}

fn folded(paper: &mut Paper, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    paper.open(heading);
    for line in lines {
        paper.line(&format!("- {}", escaped(line)));
    }
    paper.close();
}

/// The most lines that are drawn; each has a case of a history.
const SPARKLINES_MAX: usize = 8;

/// The median times of a history as bars of text, from zero.
fn sparklines(paper: &mut Paper, set: &RunSet) {
    for line in lines(set).iter().take(SPARKLINES_MAX) {
        let medians: Vec<Option<f64>> = line
            .steps
            .iter()
            .map(|step| Some(set.cases[step.case].wall_time()?.summary.median))
            .collect();
        let timed: Vec<f64> = medians.iter().flatten().copied().collect();
        let (Some(&first), Some(&last)) = (timed.first(), timed.last()) else { continue };
        let name = if line.name.is_empty() { String::new() } else { format!("{}, ", line.name) };
        let time = |ns: f64| Kind::Time.scale(ns).with_unit(ns, PROSE_DIGITS);
        let steps = line.steps.first().zip(line.steps.last());
        let steps = steps.map(|(first, last)| format!("{} to {}", first.id, last.id));
        let words = format!(
            "{name}{}: {} to {}, bars from zero",
            steps.unwrap_or_default(),
            time(first),
            time(last)
        );
        paper.line(&format!("`{}` {}\n", sparkline(&medians), escaped(&words)));
    }
}

/// Numbers as bars of one to eight eighths of the largest; what is missing is a cross.
pub(crate) fn sparkline(values: &[Option<f64>]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let top = values.iter().flatten().copied().fold(0.0, f64::max);
    let bar = |value: &Option<f64>| match value {
        Some(value) if top > 0.0 => BARS[((value / top * 8.0).ceil() as usize).clamp(1, 8) - 1],
        Some(_) => BARS[0],
        None => '×',
    };
    values.iter().map(bar).collect()
}

/// From this many cases on, those that changed come first: the others may not fit.
const MANY: usize = 100;

fn table(paper: &mut Paper, set: &RunSet, verdicts: &Verdicts, reference: Option<usize>) {
    let mut order: Vec<usize> = (0..set.cases.len()).collect();
    if order.len() > MANY {
        order.sort_by_key(|&case| !is_told(set, &verdicts.cases[case], case));
    }
    let titled = set.cases.iter().any(|case| !case.title_words().is_empty());
    let scale = reference
        .and_then(|case| set.cases[case].wall_time())
        .map(|series| series.kind.scale(series.summary.median));
    let unit = scale.map(|scale| format!(", {}", scale.unit)).unwrap_or_default();
    let mut heads = vec![(set.label_name().to_owned(), "---")];
    if titled {
        heads.push(("title".to_owned(), "---"));
    }
    heads.push((format!("median{unit}"), "---:"));
    if verdicts.is_history {
        heads.push(("against the step before".to_owned(), "---:"));
    }
    let baseline = reference.map(|case| set.cases[case].label.clone()).unwrap_or_default();
    let against = if verdicts.is_history { "the first".to_owned() } else { baseline };
    heads.push((format!("against {against}"), "---:"));
    heads.push(("verdict".to_owned(), "---"));
    let cells: Vec<String> = heads.iter().map(|(head, _)| escaped(head)).collect();
    let rules: Vec<&str> = heads.iter().map(|(_, rule)| *rule).collect();
    paper.line(&format!("| {} |\n| {} |", cells.join(" | "), rules.join(" | ")));
    for case in order {
        let (info, verdict) = (&set.cases[case], &verdicts.cases[case]);
        let mut cells = vec![info.label.clone()];
        if titled {
            cells.push(info.title_words());
        }
        let median = info.wall_time().zip(scale);
        cells.push(median.map_or_else(String::new, |(series, scale)| {
            scale.number(series.summary.median, TABLE_DIGITS)
        }));
        if verdicts.is_history {
            cells.push(verdict.previous.as_ref().map(told).unwrap_or_default());
        }
        cells.push(verdict.baseline.as_ref().map(told).unwrap_or_default());
        cells.push(final_word(set, verdict, case));
        let cells: Vec<String> = cells.iter().map(|cell| escaped(&printable(cell))).collect();
        paper.line(&format!("| {} |", cells.join(" | ")));
    }
    paper.line("");
}

fn is_told(set: &RunSet, verdict: &Verdict, case: usize) -> bool {
    use crate::compare::Word;
    let changed = matches!(verdict.word(), Some(Word::Improved | Word::Regressed | Word::Failed));
    changed || set.cases[case].trouble().is_some()
}

fn told(held: &Held) -> String {
    let delta = verdicts::delta(&held.comparison);
    match (delta.number.as_str(), delta.aside.as_str()) {
        ("", aside) => format!("({aside})"),
        (number, "") => number.to_owned(),
        (number, aside) => format!("{number} ({aside})"),
    }
}

fn final_word(set: &RunSet, verdict: &Verdict, case: usize) -> String {
    if let Some(trouble) = set.cases[case].trouble() {
        return trouble;
    }
    let word = verdict.word().map_or("baseline", verdicts::word);
    if set.cases[case].reverted { format!("{word}, reverted") } else { word.to_owned() }
}

/// Markdown in the making, which never grows beyond [`BYTES_MAX`].
#[derive(Default)]
pub(crate) struct Paper {
    text: String,
    left_out: usize,
}

impl Paper {
    /// Adds a line where there is room for it.
    pub(crate) fn line(&mut self, line: &str) {
        if self.text.len() + line.len() < BYTES_MAX - SPARE {
            self.text += line;
            self.text.push('\n');
        } else {
            self.left_out += 1;
        }
    }

    /// Begins what is folded.
    pub(crate) fn open(&mut self, summary: &str) {
        self.line(&format!("<details><summary>{}</summary>\n", escaped(summary)));
    }

    /// Written in any case: what was opened is closed.
    pub(crate) fn close(&mut self) {
        self.text += "\n</details>\n\n";
    }

    /// The whole, ending with a line feed.
    pub(crate) fn finish(mut self) -> String {
        if self.left_out > 0 {
            let lines = counted(self.left_out, "line");
            self.text += &format!("{lines} left out: a comment has at most 64 KiB\n");
        }
        format!("{}\n", self.text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_zero_and_what_is_missing_is_a_cross() {
        let values = [Some(8.0), Some(4.0), None, Some(1.0), Some(0.0)];
        assert_eq!(sparkline(&values), "█▄×▁▁");
        assert_eq!(sparkline(&[Some(0.0)]), "▁");
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_was_opened_is_closed() {
        let mut paper = Paper::default();
        paper.open("all of it");
        for _ in 0..2000 {
            paper.line(&"x".repeat(99));
        }
        paper.close();
        let text = paper.finish();
        assert!(text.len() <= BYTES_MAX, "{}", text.len());
        let left_out = 2000 - text.lines().filter(|line| line.starts_with('x')).count();
        let end =
            format!("</details>\n\n{left_out} lines left out: a comment has at most 64 KiB\n");
        assert!(text.ends_with(&end) && left_out > 1000, "{left_out}");
    }
}
