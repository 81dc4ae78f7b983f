//! `dyno completions` and the hidden `__complete`: scripts for shells, and the answers to what the
//! scripts ask.
//!
//! The fixed part is clap's. Where a value's name in the help is RUN, CASE, EXPR or METRIC, the
//! scripts ask dyno at the moment of the key press.

use std::collections::BTreeSet;

use anyhow::Context;
use clap::{Arg, Command, CommandFactory};
use engine::worker::Launcher;
use record::RunInfo;
use record::store::Store;

use super::planning::{self, Selection};
use super::{explain, reading};
use crate::args::{Cli, CompleteCommand, CompletionsArgs, Shell, StoreArgs};
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// Prints the completions of a shell.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let text = match args.shell {
        Shell::Bash => bash(),
        Shell::Zsh => zsh(),
        Shell::Fish => fish(),
    };
    print(&text)?;
    Ok(Exit::Ok)
}

/// Prints what can stand at a place, one candidate a line.
///
/// # Errors
/// When the store or a suite cannot be read. Shells throw the message away.
pub(crate) fn complete(asked: &CompleteCommand) -> anyhow::Result<Exit> {
    let lines = match asked {
        CompleteCommand::Runs { store } => runs(store)?,
        CompleteCommand::Cases { of, store } => cases(of.as_deref(), store)?,
        CompleteCommand::Filters { of, store } => {
            let cases = cases(of.as_deref(), store)?;
            cases.iter().map(|case| format!("case=\"{case}\"")).collect()
        }
        CompleteCommand::Metrics => explain::names().map(str::to_owned).collect(),
    };
    print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
    Ok(Exit::Ok)
}

/// The newest run first, then the names that people gave.
fn runs(args: &StoreArgs) -> anyhow::Result<Vec<String>> {
    let store = Store::open(place::store_root(args.store.as_deref(), None)?);
    let runs = store.runs()?;
    let mut given: BTreeSet<String> = store.baselines()?.into_keys().collect();
    given.extend(runs.iter().filter_map(|run| run.label().map(str::to_owned)));
    let ids = runs.iter().rev().map(|run| run.id.to_string());
    Ok(ids.chain(given).chain(["last".to_owned()]).collect())
}

fn cases(of: Option<&str>, args: &StoreArgs) -> anyhow::Result<Vec<String>> {
    if let Some(suite) = of.map(std::path::Path::new).filter(|path| path.is_file()) {
        let exe = std::env::current_exe().context("cannot tell dyno's own executable")?;
        let mut launcher = Launcher::start(&exe)?;
        let plan =
            planning::plan(&Selection { suite, filter: None, set: &[], pin: None }, &mut launcher)?;
        return Ok(plan.cases.iter().map(|case| case.id.to_string()).collect());
    }
    let store = Store::open(place::store_root(args.store.as_deref(), None)?);
    let id = reading::resolve(&store, of)?;
    let info: Option<RunInfo> =
        store.runs()?.into_iter().find(|run| run.id == id).and_then(|run| run.info);
    let cases = info.map(|info| info.cases).unwrap_or_default();
    Ok(cases.iter().map(|case| case.id.to_string()).collect())
}

/// The commands without the hidden ones, which clap would offer too.
fn visible() -> Command {
    let cli = Cli::command();
    Command::new("dyno")
        .version(env!("CARGO_PKG_VERSION"))
        .args(cli.get_arguments().cloned())
        .subcommands(cli.get_subcommands().filter(|one| !one.is_hide_set()).cloned())
}

fn generated(shell: clap_complete::Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut visible(), "dyno", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn is_value(arg: &Arg, name: &str) -> bool {
    arg.get_value_names().is_some_and(|names| names.iter().any(|one| one == name))
}

/// The commands that take such a value in a fixed place.
fn commands_with(cli: &Command, value: &str) -> Vec<String> {
    let takes = |one: &&Command| one.get_positionals().any(|arg| is_value(arg, value));
    cli.get_subcommands().filter(takes).map(|one| one.get_name().to_owned()).collect()
}

/// The options whose value this holds for, with their dashes.
fn options(cli: &Command, holds: impl Fn(&Arg) -> bool) -> BTreeSet<String> {
    let all = cli.get_subcommands().flat_map(Command::get_opts).chain(cli.get_opts());
    let names = |arg: &Arg| {
        let long = arg.get_long().map(|name| format!("--{name}"));
        [long, arg.get_short().map(|letter| format!("-{letter}"))]
    };
    all.filter(|arg| holds(arg)).flat_map(names).flatten().collect()
}

fn bash() -> String {
    let cli = visible();
    /// A pattern of `case`; one that nothing matches where there is no word.
    fn any(words: impl IntoIterator<Item = String>) -> String {
        let words: Vec<String> = words.into_iter().collect();
        if words.is_empty() { "''".to_owned() } else { words.join("|") }
    }
    let with = |value: &'static str| any(options(&cli, move |arg| is_value(arg, value)));
    let tail = include_str!("completions/tail.bash")
        .replace("@COMMANDS@", &any(cli.get_subcommands().map(|one| one.get_name().to_owned())))
        .replace("@RUN_OPTIONS@", &with("RUN"))
        .replace("@CASE_OPTIONS@", &with("CASE"))
        .replace("@EXPR_OPTIONS@", &with("EXPR"))
        .replace("@VALUE_OPTIONS@", &any(options(&cli, |arg| arg.get_action().takes_values())))
        .replace("@RUN_COMMANDS@", &any(commands_with(&cli, "RUN")))
        .replace("@METRIC_COMMANDS@", &any(commands_with(&cli, "METRIC")));
    generated(clap_complete::Shell::Bash) + &tail
}

/// What a shell function answers for, by the name of a value.
const ASKED: [(&str, &str); 4] =
    [("RUN", "runs"), ("CASE", "cases"), ("EXPR", "filters"), ("METRIC", "metrics")];

fn zsh() -> String {
    let text = generated(clap_complete::Shell::Zsh);
    let cli = visible();
    let mut lines = String::new();
    for line in text.lines() {
        let asked = ASKED.iter().find(|(value, _)| {
            // An option says its value's name, an argument its own and its help.
            line.contains(&format!(":{value}:_default"))
                || cli.get_subcommands().flat_map(Command::get_positionals).any(|arg| {
                    is_value(arg, value)
                        && line
                            .trim_start_matches(['\'', '*', ':'])
                            .starts_with(&format!("{} -- ", arg.get_id()))
                })
        });
        match asked {
            Some((_, what)) => {
                lines.push_str(&line.replace(":_default", &format!(":_dyno_{what}")))
            }
            None => lines.push_str(line),
        }
        lines.push('\n');
    }
    // The functions have to be there before the last lines, which call or register `_dyno`.
    let tail = include_str!("completions/tail.zsh");
    match lines.rfind("if [ \"$funcstack[1]\"") {
        Some(end) => format!("{}{tail}{}", &lines[..end], &lines[end..]),
        None => lines + tail,
    }
}

fn fish() -> String {
    let cli = visible();
    let mut tail = include_str!("completions/tail.fish").to_owned();
    for (value, what) in ASKED {
        let of = if ["cases", "filters"].contains(&what) { " (__fish_dyno_of)[1]" } else { "" };
        let ask = format!("'(dyno __complete {what}{of} 2>/dev/null)'");
        for command in commands_with(&cli, value) {
            let seen = format!("__fish_seen_subcommand_from {command}");
            tail.push_str(&format!("complete -c dyno -n '{seen}' -f -k -a {ask}\n"));
        }
        for option in options(&cli, |arg| is_value(arg, value)) {
            if let Some(long) = option.strip_prefix("--") {
                tail.push_str(&format!("complete -c dyno -l {long} -x -k -a {ask}\n"));
            }
        }
    }
    generated(clap_complete::Shell::Fish) + &tail
}
