//! Command lines that are run to their end: the measured command of a sample, and the `prepare`,
//! `conclude` and `check` around it.
//!
//! The measuring loop holds and releases the measured one itself, to attach its counters; the
//! others go through [`run_to_end`]. Parameters were substituted before.

use std::time::Duration;

use record::{Failure, FailureKind};

use super::failure::{ending, hint};
use super::{Exit, ExitStatus, Launcher, Output, Process, Spawn};

/// A command that has ended well.
#[derive(Clone, Debug)]
pub struct Finished {
    /// When and how it ended, and what it used.
    pub exit: Exit,
    /// What it printed.
    pub output: Output,
}

/// Which exit codes are an end that is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// 0 alone.
    Success,
    /// Any. A command that a signal killed has none, and has failed all the same.
    AnyCode,
}

/// Waits for a released command and everything that it leaves behind, at most `timeout`.
///
/// # Errors
/// [`FailureKind::Start`] when it never came to exec, [`FailureKind::Timeout`],
/// [`FailureKind::Died`] when a signal killed it, [`FailureKind::Run`] when it exited with
/// a code that `accept` does not let pass.
pub fn finish(
    mut process: Process,
    timeout: Duration,
    accept: Accept,
) -> Result<Finished, Failure> {
    let exit = process.wait(timeout)?;
    let kind = match exit.status {
        ExitStatus::Code(code) if code == 0 || accept == Accept::AnyCode => {
            return Ok(Finished { exit, output: process.take_output() });
        }
        ExitStatus::Code(_) => FailureKind::Run,
        ExitStatus::Signal(_) => FailureKind::Died,
    };
    let message = format!("{}{}", ending(&exit), hint(exit.status));
    Err(Failure { kind, message, output: process.output_tail() })
}

/// Runs a command to its end, unmeasured. `role` is what it is for, and begins the message:
/// `prepare: exited with code 1 after 0.2 s`.
///
/// # Errors
/// As [`finish`].
pub fn run_to_end(
    launcher: &mut Launcher,
    spawn: &Spawn,
    timeout: Duration,
    role: &str,
) -> Result<Finished, Failure> {
    let finished = launcher
        .hold(spawn)
        .and_then(super::Held::release)
        .and_then(|process| finish(process, timeout, Accept::Success));
    finished
        .map_err(|failure| Failure { message: format!("{role}: {}", failure.message), ..failure })
}
