//! The `dyno` binary: the only crate that knows all the others.
//!
//! It turns arguments into calls and results into text and an exit code; it decides nothing about
//! measurements. The three hidden subcommands come first because they are other processes: the
//! launcher must stay small, and a worker, or a process that decodes for one, must be that and nothing
//! else.

#![expect(clippy::print_stderr, reason = "telling a person what goes on is its job")]

mod args;
mod commands;
mod exit;
mod interrupt;
mod output;
mod place;
mod progress;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::{Cli, ColorChoice, Command};
use crate::exit::Exit;

/// Counts what built-in workloads allocate, where a worker is asked to; otherwise only a branch.
#[global_allocator]
static ALLOCATOR: workload_api::CountingAllocator = workload_api::CountingAllocator::new();

fn main() -> ExitCode {
    match std::env::args_os().nth(1).as_deref().and_then(|word| word.to_str()) {
        Some(engine::worker::LAUNCHER_COMMAND) => return engine::worker::launcher_main(),
        Some(engine::worker::WORKER_COMMAND) => return workload_api::serve(workloads::ALL),
        Some(workloads::DECODER_COMMAND) => return workloads::decoder_main(),
        _ => {}
    }
    let colour = ColorChoice::told(std::env::args_os().skip(1));
    let matches = Cli::command().color(colour.into()).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    output::colour(cli.color);
    match dispatch(&cli.command) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error).into(),
    }
}

fn dispatch(command: &Command) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => commands::run::run(args),
        Command::Cmd(args) => commands::cmd::run(args),
        Command::Profile(args) => commands::profile::run(args),
        Command::List(args) => commands::list::run(args),
        Command::Show(args) => commands::show::run(args),
        Command::Compare(args) => commands::compare::run(args),
        Command::Accept(args) => commands::accept::run(args),
        Command::Gate(args) => commands::gate::run(args),
        Command::Bisect(args) => commands::bisect::run(args),
        Command::Trend(args) => commands::trend::run(args),
        Command::History(args) => commands::history::run(args),
        Command::Mark(args) => commands::mark::run(args),
        Command::Runs(args) => commands::runs::run(args),
        Command::Import(args) => commands::import::run(args),
        Command::Export(args) => commands::export::run(args),
        Command::Report(args) => commands::report::run(args),
        Command::Workloads(args) => commands::workloads::run(args),
        Command::Data(args) => commands::data::run(args),
        Command::Doctor(args) => commands::doctor::run(args),
        Command::Schema => commands::schema::run(),
        Command::Init(args) => commands::init::run(args),
        Command::Prune(args) => commands::prune::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Completions(args) => commands::completions::run(args),
        Command::Complete(asked) => commands::completions::complete(asked),
        Command::Reference => commands::reference::run(),
    }
}
