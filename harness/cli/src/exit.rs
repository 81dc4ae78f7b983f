//! Exit codes, and how an error becomes one.

use std::fmt;
use std::process::ExitCode;

use engine::suite::SuiteError;

/// What the exit code of `dyno` says. Documented in the README; scripts rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything was done, and every answer was right.
    Ok = 0,
    /// A fault of dyno or of the machine, not of what was measured.
    Internal = 1,
    /// The command line or the suite could not be understood; nothing was run.
    Usage = 2,
    /// A gate found a regression.
    Regressed = 3,
    /// No case was selected.
    NothingSelected = 4,
    /// A workload gave a wrong answer.
    WrongAnswer = 5,
    /// A workload failed, died or timed out.
    WorkloadFailed = 6,
    /// A gate left a case undecided, under `--strict`.
    Undecided = 7,
    /// The machine was too noisy, or unfair to one side, for any verdict.
    Untrusted = 8,
    /// Interrupted; `dyno run --resume` continues.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command line that cannot be understood, beyond what clap sees.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Prints an error and says which code it is.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    if let Some(suite) = error.downcast_ref::<SuiteError>() {
        // A suite error is whole as it stands: message, place, what is allowed.
        eprintln!("{suite}");
        return Exit::Usage;
    }
    eprintln!("error: {error:#}");
    if error.downcast_ref::<UsageError>().is_some() { Exit::Usage } else { Exit::Internal }
}
