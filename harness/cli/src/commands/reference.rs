//! The hidden `__reference`: the whole command line as Markdown, which is `docs/cli.md`.
//!
//! Made from the same tree that parses, so that the page cannot say what dyno does not do; a test
//! compares them.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};

use crate::args::Cli;
use crate::exit::Exit;
use crate::output::print;

/// Prints the page.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn run() -> anyhow::Result<Exit> {
    print(&page())?;
    Ok(Exit::Ok)
}

fn page() -> String {
    let mut cli = Cli::command();
    // Gives every command its full name and the options that it inherits.
    cli.build();
    let visible =
        || cli.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    let mut text = String::from(
        "# Command line\n\n\
         This page is written by `just bless` from the program itself. `dyno help COMMAND` says \
         the same at a terminal.\n\
         The beginning of a command's name is enough where only one begins like that.\n\n\
         | command | |\n|---|---|\n",
    );
    for command in visible() {
        let name = command.get_name();
        let _ = writeln!(text, "| [`{name}`](#dyno-{name}) | {} |", about(command));
    }
    text.push_str("\nEvery command takes:\n\n");
    cli.get_arguments().filter(|arg| arg.is_global_set()).for_each(|arg| entry(&mut text, arg));
    if let Some(after) = cli.get_after_help() {
        let _ = writeln!(text, "\n{}", after.to_string().replace('\n', " "));
    }
    for command in visible() {
        section(&mut text, command);
    }
    text
}

fn section(text: &mut String, command: &Command) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    // OK because writing to a String cannot fail; the same holds below.
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    // A command of a command comes below it.
    let level = "#".repeat(name.split(' ').count());
    let _ = writeln!(text, "\n{level} {name}\n");
    let _ = writeln!(text, "{}\n\n```text\n{usage}\n```", about(command));
    let own = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help";
    let arguments: Vec<&Arg> = command.get_arguments().filter(own).collect();
    if !arguments.is_empty() {
        text.push('\n');
    }
    arguments.into_iter().for_each(|arg| entry(text, arg));
    let visible = |one: &&Command| !one.is_hide_set() && one.get_name() != "help";
    command.get_subcommands().filter(visible).for_each(|command| section(text, command));
}

/// One argument as an entry of a list, its choices below it.
fn entry(text: &mut String, arg: &Arg) {
    let short = arg.get_short().map(|letter| format!("`-{letter}`, ")).unwrap_or_default();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut notes = Vec::new();
    let takes_values = arg.get_action().takes_values();
    let defaults = arg.get_default_values();
    if takes_values && !defaults.is_empty() {
        let words: Vec<_> = defaults.iter().map(|word| word.to_string_lossy()).collect();
        notes.push(format!("Default: `{}`.", words.join(" ")));
    }
    if let Some(name) = arg.get_env() {
        notes.push(format!("Environment: `{}`.", name.to_string_lossy()));
    }
    let notes = notes.iter().map(|note| format!(" {note}")).collect::<String>();
    let end = if help.ends_with(['.', ':']) || help.is_empty() { "" } else { "." };
    let _ = writeln!(text, "- {short}`{arg}`: {help}{end}{notes}");
    if takes_values {
        for value in arg.get_possible_values().iter().filter(|value| !value.is_hide_set()) {
            let help = value.get_help().map(|help| format!(": {help}")).unwrap_or_default();
            let _ = writeln!(text, "  - `{}`{help}", value.get_name());
        }
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}
