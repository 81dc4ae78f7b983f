//! The suite that the arguments of `dyno cmd` stand for, as text.
//!
//! It is kept with the run like any suite, so that a run of `dyno cmd` can be resumed and read
//! later. Braces that are no parameter are doubled, so that `awk '{print}'` means itself.

use std::fmt::Write as _;

use super::parameters::Parameter;
use super::shell;
use crate::args::CmdArgs;

/// Samples per command where nothing is said, as hyperfine takes at least.
const RUNS: u32 = 10;

/// Longest name of a command that is made from its text.
const NAME_CHARS: usize = 40;

/// Names that a suite gives a meaning of its own.
const TAKEN: [&str; 5] = ["workload", "runner", "case", "data_dir", "seed"];

/// What starts a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    /// dyno itself.
    None,
    /// A program that takes `-c TEXT`.
    Named(String),
}

/// A command and what surrounds it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) command: String,
    pub(crate) name: Option<String>,
    pub(crate) prepare: Option<String>,
    pub(crate) conclude: Option<String>,
    pub(crate) shell: Shell,
}

/// The suite.
///
/// # Errors
/// A parameter that cannot be called so, or that no command uses.
pub(crate) fn text(
    entries: &[Entry],
    parameters: &[Parameter],
    args: &CmdArgs,
) -> Result<String, String> {
    let known: Vec<&str> = parameters.iter().map(|one| one.name.as_str()).collect();
    if let Some(name) = known.iter().find(|name| !fits(name)) {
        let taken = TAKEN.join(", ");
        return Err(format!(
            "no parameter can be called `{name}`; allowed: letters, digits, `_` and `-`, but not \
             {taken}"
        ));
    }
    let mut text = format!(
        "name = \"cmd\"\n\n[sampling]\nprocesses = {RUNS}\niterations = 1\nwarmup = 0\ntimeout = {}\n",
        quoted(&args.timeout)
    );
    let mut used_by_any = Vec::new();
    for (name, entry) in names(entries).iter().zip(entries) {
        let mut used = Vec::new();
        let mut line = |text: &str, shell: &Shell| {
            let text = template(text, &known, &mut used);
            match shell {
                Shell::None => quoted(&text),
                Shell::Named(shell) => {
                    let shell = template(shell, &[], &mut Vec::new());
                    format!("[{}, \"-c\", {}]", quoted(&shell), quoted(&text))
                }
            }
        };
        // OK because writing to a String cannot fail.
        let _ = write!(text, "\n[[runner]]\nname = {}\n", quoted(name));
        let _ = writeln!(text, "command = {}", line(&entry.command, &entry.shell));
        for (key, aside) in [("prepare", &entry.prepare), ("conclude", &entry.conclude)] {
            if let Some(aside) = aside {
                let _ = writeln!(text, "{key} = {}", line(aside, &aside_shell(aside, entry)));
            }
        }
        if args.ignore_failure {
            text.push_str("ignore_failure = true\n");
        }
        let _ = write!(text, "\n[[case]]\nrunner = {}\n", quoted(name));
        let shown = entry.name.as_ref().unwrap_or(&entry.command);
        if shown != name {
            let _ = writeln!(text, "title = {}", quoted(&reports::format::shorten(shown, 200)));
        }
        let grid: Vec<String> =
            parameters.iter().filter(|one| used.contains(&one.name)).map(axis).collect();
        if !grid.is_empty() {
            let _ = writeln!(text, "grid = {{ {} }}", grid.join(", "));
        }
        used_by_any.extend(used);
    }
    match known.iter().find(|name| !used_by_any.iter().any(|used| used == *name)) {
        Some(name) => Err(format!("no command uses parameter `{name}`: write `{{{name}}}` in one")),
        None => Ok(text),
    }
}

/// What the commands are called in the store: their name or their text in letters, digits, `-`,
/// `_` and `.`, each once.
pub(crate) fn names(entries: &[Entry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in entries {
        let text = entry.name.as_ref().unwrap_or(&entry.command);
        let base = name(text);
        let free = |candidate: &String| !names.contains(candidate);
        let numbered = (2..).map(|n| format!("{base}-{n}"));
        // OK because the numbers do not end before a free one comes.
        let chosen = std::iter::once(base.clone()).chain(numbered).find(free).unwrap_or_default();
        names.push(chosen);
    }
    names
}

fn name(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let words = text.split(|c: char| !fits(c)).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    let cut: String = joined.trim_start_matches(['.', '-']).chars().take(NAME_CHARS).collect();
    match cut.trim_end_matches(['.', '-']) {
        // A runner of its own cannot be called as dyno's own workloads are.
        "" | "builtin" => "command".to_owned(),
        name => name.to_owned(),
    }
}

fn fits(name: &str) -> bool {
    engine::case::template::is_name(name) && name.len() <= 100 && !TAKEN.contains(&name)
}

/// What is not measured gets a shell as soon as it needs one.
fn aside_shell(text: &str, entry: &Entry) -> Shell {
    match (&entry.shell, shell::syntax(text)) {
        (Shell::None, Some(_)) => Shell::Named("sh".to_owned()),
        (shell, _) => shell.clone(),
    }
}

/// The text with every brace doubled that does not belong to a parameter; `used` takes in the
/// parameters that stand in it.
fn template(text: &str, known: &[&str], used: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let parameter = known.iter().find(|name| {
            rest.strip_prefix('{')
                .and_then(|r| r.strip_prefix(*name))
                .is_some_and(|r| r.starts_with('}'))
        });
        if let Some(name) = parameter {
            used.push((*name).to_owned());
            let _ = write!(out, "{{{name}}}");
            rest = &rest[name.len() + 2..];
            continue;
        }
        out.push(c);
        if matches!(c, '{' | '}') {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A parameter and its values as an entry of a `grid`.
fn axis(parameter: &Parameter) -> String {
    let values: Vec<String> = parameter.values.iter().map(|value| scalar(value)).collect();
    format!("{} = [{}]", quoted(&parameter.name), values.join(", "))
}

/// A number where it is printed exactly as it was typed, else a text.
fn scalar(value: &str) -> String {
    let integer = value.parse::<i64>().is_ok_and(|number| number.to_string() == value);
    let plain = value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let float = plain
        && value.contains('.')
        && value.parse::<f64>().is_ok_and(|number| number.to_string() == value);
    if integer || float { value.to_owned() } else { quoted(value) }
}

/// A TOML string. One of JSON is one of TOML, but for the one control character that JSON lets be.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use engine::case::template::substitute;
    use engine::case::{Case, CommandLine, RunnerKind};
    use engine::plan::{Plan, PlanOptions, Specs};
    use engine::suite::Suite;
    use proptest::prelude::*;

    use super::*;

    struct NoWorkers;

    impl Specs for NoWorkers {
        fn specs(&self, _: &engine::case::Runner) -> anyhow::Result<Vec<workload_api::Spec>> {
            anyhow::bail!("no case here has a worker")
        }
    }

    fn args() -> CmdArgs {
        #[derive(clap::Parser)]
        struct Wrapped {
            #[command(flatten)]
            args: CmdArgs,
        }
        <Wrapped as clap::Parser>::parse_from(["dyno", "true"]).args
    }

    fn entry(command: &str, shell: Shell) -> Entry {
        Entry { command: command.to_owned(), name: None, prepare: None, conclude: None, shell }
    }

    fn sh(command: &str) -> Entry {
        entry(command, Shell::Named("sh".to_owned()))
    }

    fn parameter(name: &str, values: &[&str]) -> Parameter {
        Parameter {
            name: name.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        }
    }

    fn cases(entries: &[Entry], parameters: &[Parameter]) -> Vec<Case> {
        let text = text(entries, parameters, &args()).unwrap();
        let suite = Suite::parse(&text, Path::new("/somewhere/cmd")).unwrap();
        Plan::build(&suite, &NoWorkers, &PlanOptions::default()).unwrap().cases
    }

    /// What a case would start, its parameters in place.
    fn argv(case: &Case) -> Vec<String> {
        let RunnerKind::Command(runner) = &case.runner.kind else { panic!("no command") };
        let CommandLine::Argv(argv) = &runner.command else { panic!("no words") };
        argv.iter().map(|word| substitute(word, &case.params)).collect()
    }

    #[test]
    fn a_parameter_makes_cases_of_the_commands_that_use_it() {
        let entries = [entry("sort -j{n} f", Shell::None), entry("sort f", Shell::None)];
        let cases = cases(&entries, &[parameter("n", &["1", "2"])]);
        let all: Vec<_> = cases.iter().map(argv).collect();
        assert_eq!(all, [vec!["sort", "-j1", "f"], vec!["sort", "-j2", "f"], vec!["sort", "f"]]);
    }

    #[test]
    fn braces_without_a_parameter_mean_themselves() {
        let entries = [entry("awk '{print $1}' {f} {{x}}", Shell::None)];
        let cases = cases(&entries, &[parameter("f", &["a b"])]);
        assert_eq!(argv(&cases[0]), ["awk", "{print $1}", "a b", "{{x}}"]);
    }

    #[test]
    fn values_come_back_exactly_as_they_were_typed() {
        let typed = ["1", "01", "+1", "1.0", "1.50", "1.5", "1e3", "64KiB", "-2", "", ".5", "nan"];
        let cases = cases(&[sh("{x}")], &[parameter("x", &typed)]);
        let all: Vec<_> = cases.iter().map(|case| argv(case)[2].clone()).collect();
        assert_eq!(all, typed);
    }

    #[test]
    fn commands_have_names_of_their_own_even_where_they_are_equal() {
        let entries = [sh("sleep 0.1"), sh("sleep 0.1"), sh("../|"), sh("builtin"), sh("-x .y")];
        assert_eq!(names(&entries), ["sleep-0.1", "sleep-0.1-2", "command", "command-2", "x-.y"]);
    }

    #[test]
    fn a_parameter_that_no_command_uses_or_that_has_a_taken_name_is_refused() {
        let unused = text(&[sh("true")], &[parameter("n", &["1"])], &args()).unwrap_err();
        assert!(unused.contains("no command uses parameter `n`"), "{unused}");
        for name in ["seed", "a b", "", "1"] {
            let error = text(&[sh("true")], &[parameter(name, &["1"])], &args()).unwrap_err();
            assert!(error.contains("no parameter can be called"), "{error}");
        }
    }

    #[test]
    fn what_is_not_measured_gets_a_shell_where_it_needs_one() {
        let mut one = entry("true", Shell::None);
        one.prepare = Some("sync; true".to_owned());
        one.conclude = Some("true {}".to_owned());
        let text = text(&[one], &[], &args()).unwrap();
        assert!(text.contains("prepare = [\"sh\", \"-c\", \"sync; true\"]"), "{text}");
        assert!(text.contains("conclude = \"true {{}}\""), "{text}");
    }

    proptest! {
        /// Quotes, braces, backslashes, TOML's own signs, any script: what was typed arrives.
        #[test]
        fn any_command_arrives_at_the_shell_as_it_was_typed(
            command in "[{}\"'\\\\n\\[\\]=#$ a-c\\t\\n]{0,20}|\\PC{0,20}",
            value in "[{}\"'\\\\,=# a-z0-9.]{0,10}",
        ) {
            let command = format!("x{command}");
            let cases = cases(&[sh(&command), sh("{c}")], &[parameter("c", &[&value])]);
            let expect = command.replace("{c}", &value);
            prop_assert_eq!(&argv(&cases[0])[2], &expect);
            prop_assert_eq!(&argv(&cases[1])[2], &value);
        }
    }
}
