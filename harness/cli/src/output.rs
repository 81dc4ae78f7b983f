//! Standard output: the result and nothing else.

use std::io::{ErrorKind, IsTerminal, Write};

use anyhow::Context;

use crate::args::ColorChoice;

/// Decides for the whole process whether text is coloured; `console::colors_enabled` answers.
/// The order is that of most tools: the option, `NO_COLOR`, `CLICOLOR_FORCE`, the terminal.
pub(crate) fn colour(choice: ColorChoice) {
    let is_set =
        |name, off| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != off);
    let wanted = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR", "") => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE", "0") => true,
        ColorChoice::Auto => std::io::stdout().is_terminal(),
    };
    console::set_colors_enabled(wanted);
}

/// Writes a result to standard output. A reader that has seen enough (`dyno show | head`) is no
/// error.
///
/// # Errors
/// When standard output cannot be written for another reason, for instance a full disk.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}
