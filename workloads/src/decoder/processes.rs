//! The strategy `processes`: processes of this same program decode, and send the rows back over a
//! pipe, as the study of the client proposes.
//!
//! Each segment is written to a process, decoded there as `threads` does it here, written back, and
//! built again. A process that dies is the error of its segment; the next one gets a new process.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use workload_api::WorkloadError;

use super::decoded::{Decoded, Outcome};
use super::faults::Planted;
use super::process::Process;
use super::strategy::Job;
use crate::params::Word;
use crate::workers::Workers;

/// When the next segment is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    SubmitAll,
    SubmitAndWait,
}

impl Word for Schedule {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("submit_all", "all segments at once", Self::SubmitAll),
        (
            "submit_and_wait",
            "each when the rows of the one before are back: the study's flow",
            Self::SubmitAndWait,
        ),
    ];
}

/// Processes that wait for segments.
pub(super) struct Pool {
    program: PathBuf,
    spare: Mutex<Vec<Process>>,
    planted: Planted,
    /// Bytes that came back over pipes, ever.
    piped: AtomicU64,
}

impl Pool {
    /// Starts `count` processes of this program.
    ///
    /// # Errors
    /// When they cannot be started.
    pub(super) fn start(count: usize, planted: Planted) -> Result<Self, WorkloadError> {
        let program = std::env::current_exe()
            .map_err(|error| WorkloadError::context("asking for this program's path", error))?;
        let spare: Result<_, _> = (0..count).map(|_| Process::start(&program)).collect();
        Ok(Self { program, spare: Mutex::new(spare?), planted, piped: AtomicU64::new(0) })
    }

    /// Bytes that came back over pipes since the last call.
    pub(super) fn take_piped(&self) -> u64 {
        self.piped.swap(0, Ordering::Relaxed)
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Process>> {
        // A lock poisoned by a panic still holds whole processes; the panic itself is passed on.
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decode(&self, number: usize, job: &Job<'_>) -> Result<Decoded, String> {
        let kept = self.spare().pop();
        let start = || Process::start(&self.program).map_err(|error| error.to_string());
        let mut process = kept.map_or_else(start, Ok)?;
        let kill = self.planted.kills(number);
        match process.decode(&job.segments[number], job.target, kill) {
            Ok((decoded, bytes)) => {
                self.piped.fetch_add(bytes, Ordering::Relaxed);
                self.spare().push(process);
                decoded
            }
            Err(error) => Err(process.died(&error)),
        }
    }
}

/// Decodes all segments; what is said of them comes back in order. With `submit_all` each process has
/// a thread here that feeds it and builds what it sends.
pub(super) fn decode(
    job: &Job<'_>,
    workers: &Workers,
    (pool, schedule): (&Pool, Schedule),
) -> Vec<Outcome> {
    let one = |number| job.consumer.take(number, pool.decode(number, job));
    match schedule {
        Schedule::SubmitAll => workers.map_all(job.segments.len(), one),
        Schedule::SubmitAndWait => (0..job.segments.len()).map(one).collect(),
    }
}
