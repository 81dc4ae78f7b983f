//! `dyno cmd`: commands measured without a suite, in hyperfine's manner.
//!
//! The arguments become the text of a suite (`cmd/suite.rs`), and that goes down the same street
//! as any other: planned, interleaved, stored, resumable, shown and drawn. At the end comes one
//! sentence about which command was fastest, and the files that were asked for.

mod parameters;
mod shell;
mod suite;

use std::path::PathBuf;

use anyhow::Context;
use reports::RunSet;
use reports::format::ratio_words;
use reports::run_set::CaseSet;

use self::suite::{Entry, Shell};
use super::measuring::{Ground, Measured, begin, measure};
use super::planning::{self, Selection};
use super::reading;
use crate::args::{CmdArgs, TableFormat};
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// Measures commands.
///
/// # Errors
/// When the arguments do not fit together, or the store or an exported file cannot be written.
pub(crate) fn run(args: &CmdArgs) -> anyhow::Result<Exit> {
    let entries = entries(args)?;
    let parameters = parameters::all(args).map_err(UsageError)?;
    let text = suite::text(&entries, &parameters, args).map_err(UsageError)?;
    let mut ground = Ground::new(args.ending.store.store.as_deref(), None)?;
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let selection = Selection {
        // No file: a name for messages, and the directory in which the commands run.
        suite: &here.join("cmd"),
        filter: None,
        set: &args.sampling.overrides(),
        pin: None,
    };
    let plan = planning::plan_text(&text, &selection, &mut ground.launcher)?;
    let part = begin(&ground, plan, args.ending.label.as_deref(), |_| {})?;
    let Measured { exit, set } = measure(&mut ground, part, &args.ending)?;
    if exit == Exit::WorkloadFailed && !args.ignore_failure {
        eprintln!("hint: `-i` counts a sample whatever the exit code of its command");
    }
    let Some(set) = set else { return Ok(exit) };
    if args.ending.format == TableFormat::Table
        && let Some(sentence) = sentence(&set)
    {
        print(&sentence)?;
    }
    export(args, &set, &entries)?;
    Ok(exit)
}

/// One entry per command: what is run around it, what it is called, and by which shell it is run.
fn entries(args: &CmdArgs) -> Result<Vec<Entry>, UsageError> {
    let count = args.commands.len();
    let shell = match args.shell.as_deref() {
        Some("none") => Shell::None,
        Some("default") => Shell::Named("sh".to_owned()),
        Some(name) => Shell::Named(name.to_owned()),
        None => Shell::None,
    };
    let told = args.no_shell || args.shell.is_some();
    // One for all, or one each.
    let each = |list: &[String], option: &str, index: usize| match list {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        list if list.len() == count => Ok(Some(list[index].clone())),
        list => Err(UsageError(format!(
            "{} times `{option}` for {count} commands: give it once, or once for each",
            list.len()
        ))),
    };
    if args.command_name.len() > count {
        let names = args.command_name.len();
        return Err(UsageError(format!("{names} names for {count} commands")));
    }
    let mut entries = Vec::new();
    for (index, command) in args.commands.iter().enumerate() {
        if let (false, Some(syntax)) = (told, shell::syntax(command)) {
            return Err(UsageError(format!(
                "`{command}` has {syntax}, which only a shell understands: add `-S sh` to give \
                 the commands to one (its start is measured too), or `-N` to pass it as it stands"
            )));
        }
        entries.push(Entry {
            command: command.clone(),
            name: args.command_name.get(index).cloned(),
            prepare: each(&args.prepare, "--prepare", index)?,
            conclude: each(&args.conclude, "--conclude", index)?,
            shell: shell.clone(),
        });
    }
    Ok(entries)
}

/// Which case was fastest, and how it stands against each of the others.
fn sentence(set: &RunSet) -> Option<String> {
    let median = |case: &usize| set.cases[*case].wall_time().map(|time| time.summary.median);
    let measured: Vec<usize> = (0..set.cases.len()).filter(|case| median(case).is_some()).collect();
    let faster = |a: &&usize, b: &&usize| {
        median(a).partial_cmp(&median(b)).unwrap_or(std::cmp::Ordering::Equal)
    };
    let fastest = *measured.iter().min_by(faster)?;
    if measured.len() < 2 {
        return None;
    }
    let mut text = format!("\nfastest: {}\n", set.cases[fastest].label);
    for &other in measured.iter().filter(|case| **case != fastest) {
        let Some(ratio) = set.against(fastest, other) else { continue };
        text += &format!("  against {}: {}\n", set.cases[other].label, ratio_words(&ratio));
    }
    Some(text)
}

fn export(args: &CmdArgs, set: &RunSet, entries: &[Entry]) -> anyhow::Result<()> {
    let write = |path: &Option<PathBuf>, text: &dyn Fn() -> anyhow::Result<String>| match path {
        Some(path) => std::fs::write(path, text()?)
            .with_context(|| format!("cannot write `{}`", path.display())),
        None => Ok(()),
    };
    let commands: Vec<_> = suite::names(entries)
        .into_iter()
        .zip(entries)
        .map(|(name, entry)| (name, entry.name.as_ref().unwrap_or(&entry.command).clone()))
        .collect();
    let typed = |case: &CaseSet| {
        let typed = commands.iter().find(|(name, _)| *name == case.info.workload);
        typed.map_or(case.info.workload.clone(), |(_, command)| command.clone())
    };
    write(&args.export_json, &|| reports::formats::command_json(set, &typed, args.ignore_failure))?;
    write(&args.export_markdown, &|| reading::table(set, TableFormat::Markdown, None))?;
    write(&args.export_csv, &|| reading::table(set, TableFormat::Csv, None))
}
