//! The text of starter suites: TOML with comments, for people who see their first one.
//!
//! Called by `dyno init`. Text in, text out; every suite here runs as it stands.

use super::detect::{Crate, Project};

/// Where everything that a suite can say is written down.
const REFERENCE: &str = "Every key: docs/suite.md in dyno's repository.";

/// The suite that measures a project as a command, from its exec to its end.
pub(super) fn command_suite(name: &str, project: &Project) -> String {
    let head = format!(
        "# What dyno measures here.\n\
         #   dyno list dyno.toml    shows the cases\n\
         #   dyno run dyno.toml     measures them and writes a report\n\
         # {REFERENCE}\n\
         name = {name}\nabout = {about}\n",
        name = quoted(name),
        about = quoted(&format!("A first look at {name}")),
    );
    let body = match project {
        Project::Rust(known) => match known.binaries.split_first() {
            Some((binary, others)) => rust_command(known, binary, others),
            None => example(
                "This crate has no binary, so this measures an example; \
                `dyno init --rust-worker` measures the library.",
            ),
        },
        Project::Python { command: Some(command) } => python_command(command),
        Project::Python { command: None } => example(
            "There is no script here yet, so this \
            measures an example; `dyno init --python-worker` measures functions.",
        ),
        Project::Other => example("An example: put your own command in its place."),
    };
    format!("{head}\n{body}")
}

/// The suite that measures a worker: the work alone, without the start of a process.
pub(super) fn worker_suite(name: &str, program: &[String], rows: &str, words: [&str; 2]) -> String {
    let runner = quoted("worker");
    let [one, other] = words.map(quoted);
    format!(
        "# What dyno measures through the worker: the work alone, in fresh processes.\n\
         # The worker itself says which workloads and parameters there are.\n\
         # {REFERENCE}\n\
         name = {name}\n\
         about = \"Two ways to sort\"\n\n\
         [sampling]\n\
         processes = 6    # fresh processes per case: the interval of the median comes from them\n\
         iterations = 3   # samples in each\n\
         warmup = 1       # samples in each before them, which do not count\n\
         budget = \"5m\"    # limit on the whole run\n\n\
         [[runner]]\n\
         name = {runner}\n\
         program = {program}\n\n\
         [[case]]\n\
         runner = {runner}\n\
         workload = \"sort\"\n\
         params = {{ rows = {rows} }}\n\
         grid = {{ algorithm = [{one}, {other}] }}   # each value, and with more lists each with each\n",
        name = quoted(&format!("{name}-worker")),
        program = list(program),
    )
}

fn rust_command(known: &Crate, binary: &str, others: &[String]) -> String {
    let program = known.release.join(binary).to_string_lossy().into_owned();
    // Without a `/` it would be looked up in PATH.
    let words = [program];
    let also = match others {
        [] => String::new(),
        others => format!("# Other binaries here: {}.\n", others.join(", ")),
    };
    let build = ["cargo", "build", "--release", "--quiet", "--bin", binary].map(str::to_owned);
    format!(
        "{sampling}timeout = \"10m\"   # limit on one command; the first build may take its time\n\n\
         {also}[[runner]]\n\
         name = {name}\n\
         command = {command}\n\
         # Before each sample, not measured: what is measured is what the sources say now.\n\
         prepare = {build}\n\n\
         {case}{worker}",
        worker = worker("rust"),
        sampling = sampling(),
        name = quoted(&word(binary)),
        command = list(&words),
        build = list(&build),
        case = case(&word(binary), &words),
    )
}

fn python_command(command: &[String]) -> String {
    let name = "python";
    format!(
        "{sampling}\n[[runner]]\nname = {quoted}\ncommand = {command}\n\n{case}{worker}",
        worker = worker("python"),
        sampling = sampling(),
        quoted = quoted(name),
        command = list(command),
        case = case(name, command),
    )
}

fn sampling() -> String {
    "[sampling]\n\
     processes = 10    # samples per case: each is a process of its own\n\
     iterations = 1\n\
     warmup = 1        # samples before them, which do not count\n\
     budget = \"10m\"    # limit on the whole run\n"
        .to_owned()
}

/// The case of a command, and how it gets more.
fn case(runner: &str, command: &[String]) -> String {
    let mut with = command.to_vec();
    with.extend(["--size".to_owned(), "{size}".to_owned()]);
    format!(
        "[[case]]\nrunner = {runner}\n\
         # A name in braces is a parameter; with this in the runner above\n\
         #   command = {with}\n\
         # and this here, there is one case for each size:\n\
         #   grid = {{ size = [1_000, 10_000] }}\n",
        runner = quoted(runner),
        with = raw_list(&with),
    )
}

/// How a function is measured instead of a process.
fn worker(language: &str) -> String {
    format!(
        "\n# A function alone, without the start of a process, is measured through a worker:\n\
         #   dyno init --{language}-worker\n"
    )
}

fn example(why: &str) -> String {
    format!(
        "# {why}\n\n{sampling}\n\
         [[runner]]\n\
         name = \"example\"\n\
         shell = true      # the pipes need one\n\
         command = \"seq {{numbers}} | sort -rn | tail -n 1\"\n\n\
         [[case]]\n\
         runner = \"example\"\n\
         grid = {{ numbers = [10_000, 100_000] }}   # one case for each value of `{{numbers}}`\n",
        sampling = sampling(),
    )
}

/// A name as suites and runners allow it.
pub(super) fn word(text: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let word: String = text.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    match word.trim_matches(['-', '.']) {
        "" => "first".to_owned(),
        word => word.to_owned(),
    }
}

/// Words of a command line in which nothing stands for a parameter.
fn list(words: &[String]) -> String {
    let plain = |word: &String| word.replace('{', "{{").replace('}', "}}");
    raw_list(&words.iter().map(plain).collect::<Vec<_>>())
}

fn raw_list(words: &[String]) -> String {
    format!("[{}]", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))
}

/// A TOML basic string. JSON escapes the same characters in the same way.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use engine::suite::Suite;

    use super::*;

    fn rust(binaries: &[&str], release: &str) -> Project {
        let binaries = binaries.iter().map(|name| (*name).to_owned()).collect();
        Project::Rust(Crate { binaries, release: PathBuf::from(release), package: true })
    }

    #[test]
    fn every_starter_suite_can_be_understood() {
        let script = vec!["python3".to_owned(), "a \"b\" {c}.py".to_owned()];
        for project in [
            rust(&["tool", "other"], "target/release"),
            rust(&["tool"], "/fast disk/{x}/release"),
            rust(&[], "target/release"),
            Project::Python { command: Some(script) },
            Project::Python { command: None },
            Project::Other,
        ] {
            let text = command_suite("my-project", &project);
            let suite = Suite::parse(&text, Path::new("dyno.toml"));
            assert!(suite.is_ok(), "{project:?}\n{text}\n{}", suite.unwrap_err());
        }
        let text = worker_suite("x", &["python3".into(), "w.py".into()], "1_000", ["a", "b"]);
        assert!(Suite::parse(&text, Path::new("dyno-worker.toml")).is_ok(), "{text}");
    }

    #[test]
    fn names_become_what_a_suite_allows() {
        assert_eq!(word("my tool"), "my-tool");
        assert_eq!(word("größe"), "gr--e");
        assert_eq!(word(".hidden"), "hidden");
        assert_eq!(word("日本"), "first");
    }
}
