//! The last part of the page: what went wrong, and how it was measured so that it can be repeated.

use record::{Environment, Failure, RunInfo};

use super::headline;
use crate::format::{counted, printable};
use crate::notes;
use crate::run_set::RunSet;

/// A failure in full.
pub(crate) struct FailureText {
    pub(crate) line: String,
    /// The end of the process's output; may be empty.
    pub(crate) output: String,
}

/// The most characters of an output on the page; the store keeps more.
pub(crate) const MOST_OUTPUT: usize = 4000;

pub(crate) fn failures(set: &RunSet) -> Vec<FailureText> {
    let all = notes::failures(set).into_iter();
    all.map(|(line, failure)| failure_text(&line, failure, MOST_OUTPUT)).collect()
}

/// A failure with at most so many characters of its output.
pub(crate) fn failure_text(line: &str, failure: &Failure, most: usize) -> FailureText {
    FailureText { line: printable(line), output: last_characters(&failure.output, most) }
}

fn last_characters(output: &str, most: usize) -> String {
    let skipped = output.chars().count().saturating_sub(most);
    let kept: String = output.chars().skip(skipped).collect();
    // Line feeds are kept, so that an output reads as it was printed.
    kept.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// How one run was measured.
pub(crate) struct RunText {
    pub(crate) name: String,
    /// The step that it stands for, with title and note; empty where it stands for none.
    pub(crate) step: String,
    pub(crate) command: String,
    pub(crate) sampling: String,
    pub(crate) metric: &'static str,
    /// Whether what the metric is stands with this run; once is enough where it is the same.
    pub(crate) explained: bool,
    /// Whether another tool measured it.
    pub(crate) imported: bool,
    pub(crate) facts: Vec<FactText>,
    /// Whether any fact was another one at the end.
    pub(crate) changed: bool,
    pub(crate) unavailable: Vec<UnavailableText>,
    pub(crate) suite_path: String,
    pub(crate) suite: String,
    pub(crate) dyno: String,
}

/// A fact before and, where it is another one, after.
pub(crate) struct FactText {
    pub(crate) name: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

pub(crate) struct UnavailableText {
    pub(crate) line: String,
    pub(crate) remedy: String,
}

pub(crate) fn runs(set: &RunSet) -> Vec<RunText> {
    let mut all: Vec<RunText> =
        (0..set.runs.len()).map(|number| run(&set.runs[number], set.run_name(number))).collect();
    let first = all[0].metric;
    for other in all.iter_mut().skip(1) {
        other.explained = other.metric != first;
    }
    all
}

fn run(run: &RunInfo, name: String) -> RunText {
    let facts = facts(&run.before, run.after.as_ref());
    let unavailable = run.unavailable.iter().map(|one| UnavailableText {
        line: printable(&notes::unavailable_line(one)),
        remedy: printable(&one.remedy),
    });
    RunText {
        name: printable(&name),
        step: run.step.as_ref().map(step).unwrap_or_default(),
        command: printable(&shell_line(&run.command)),
        sampling: sampling(run),
        metric: match run.imported {
            Some(_) => "as the other tool measured it.",
            None => headline::metric(),
        },
        explained: true,
        imported: run.imported.is_some(),
        changed: facts.iter().any(|fact| !fact.after.is_empty()),
        facts,
        unavailable: unavailable.collect(),
        suite_path: printable(&run.suite.path),
        suite: run.suite.text.lines().map(printable).collect::<Vec<_>>().join("\n"),
        dyno: printable(&run.dyno),
    }
}

fn step(step: &record::Step) -> String {
    let reverted = if step.reverted { " (reverted)" } else { "" };
    let mut text = format!("Step {}{reverted}", step.id);
    if !step.title.is_empty() {
        text += &format!(": {}", step.title);
    }
    text += ".";
    if !step.note.is_empty() {
        text += &format!(" {}", step.note);
    }
    printable(&text)
}

fn sampling(run: &RunInfo) -> String {
    let sampling = &run.sampling;
    if let Some(import) = &run.imported {
        let text = format!(
            "Imported: {}; measured by another tool, from {}.",
            headline::sampling(run),
            imported_files(&import.files)
        );
        return printable(&text);
    }
    let mut text =
        format!("{}; {} order, seed {}", headline::sampling(run), sampling.order, sampling.seed);
    if sampling.sync {
        text += "; written data synced between samples";
    }
    if sampling.evict {
        text += "; inputs evicted from the page cache";
    }
    if let Some(pin) = &sampling.pin {
        text += &format!("; pinned to CPUs {pin}");
    }
    if let Some(rule) = &sampling.reject {
        text += &format!("; samples with {rule} taken out and taken again");
    }
    printable(&format!("{text}."))
}

/// The first files by name; the store's `run.json` has all of them.
fn imported_files(files: &[record::ImportedFile]) -> String {
    const NAMED_MAX: usize = 5;
    let name = |file: &record::ImportedFile| format!("{} ({})", file.path, file.format);
    let mut named: Vec<String> = files.iter().take(NAMED_MAX).map(name).collect();
    let left = files.len().saturating_sub(NAMED_MAX);
    if left > 0 {
        named.push(format!("and {}", counted(left, "more file")));
    }
    if named.is_empty() { "no file".to_owned() } else { named.join(", ") }
}

fn facts(before: &Environment, after: Option<&Environment>) -> Vec<FactText> {
    let text = |fact: &record::Fact| {
        let later = after.and_then(|after| after.fact(&fact.name));
        FactText {
            name: printable(&fact.name.replace('_', " ")),
            before: printable(&fact.value),
            after: later.filter(|value| *value != fact.value).map(printable).unwrap_or_default(),
        }
    };
    before.facts.iter().map(text).collect()
}

/// A command line that a shell takes apart as it was.
pub(crate) fn shell_line(arguments: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    let quote = |argument: &String| {
        if !argument.is_empty() && argument.chars().all(plain) {
            argument.clone()
        } else {
            format!("'{}'", argument.replace('\'', "'\\''"))
        }
    };
    arguments.iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_for_a_shell() {
        let words = ["dyno", "run", "a b.toml", "--filter", "step >= 05", "it's", ""];
        let line = shell_line(&words.map(str::to_owned));
        assert_eq!(line, "dyno run 'a b.toml' --filter 'step >= 05' 'it'\\''s' ''");
    }

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        let long = format!("{}\nend\u{1b}[0m", "x".repeat(10_000));
        let shown = last_characters(&long, MOST_OUTPUT);
        assert_eq!(shown.chars().count(), MOST_OUTPUT);
        assert!(shown.ends_with("\nend\u{fffd}[0m"));
    }
}
