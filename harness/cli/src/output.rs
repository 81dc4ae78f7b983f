//! Standard output: the result and nothing else.

use std::io::{ErrorKind, Write};

use anyhow::Context;

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
