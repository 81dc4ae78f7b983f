//! Who decodes: each strategy is a file of its own and has the same job.

use super::decoded::{Consumer, Outcome, Target};
use super::limit::Spare;
use super::processes::{Pool, Schedule};
use super::segment::Segment;
use super::{limit, pipelined, processes, sequential, threads};
use crate::params::Word;
use crate::workers::Workers;
use workload_api::WorkloadError;

/// Segments to decode, what into, and who takes them.
pub(super) struct Job<'a> {
    pub(super) segments: &'a [Segment],
    pub(super) target: Target,
    pub(super) consumer: &'a Consumer,
}

/// The strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    Sequential,
    Threads,
    Processes,
    Pipelined,
    Limit,
}

impl Word for Strategy {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("sequential", "one segment after another", Self::Sequential),
        ("threads", "a pool of workers takes segments from a queue", Self::Threads),
        ("processes", "a pool of processes, which send the rows back", Self::Processes),
        ("pipelined", "one thread decompresses, a pool of workers parses", Self::Pipelined),
        ("limit", "as threads, by a parser that knows the types", Self::Limit),
    ];
}

/// A strategy with what it keeps from run to run.
pub(super) enum Ready {
    Sequential,
    Threads,
    Processes(Pool, Schedule),
    Pipelined,
    Limit(Spare),
}

impl Ready {
    /// Does the job; what is said of each segment comes back in order.
    ///
    /// # Errors
    /// When nothing could be decoded at all.
    pub(super) fn decode(
        &self,
        job: &Job<'_>,
        workers: &Workers,
    ) -> Result<Vec<Outcome>, WorkloadError> {
        Ok(match self {
            Self::Sequential => sequential::decode(job),
            Self::Threads => threads::decode(job, workers),
            Self::Processes(pool, schedule) => processes::decode(job, workers, (pool, *schedule)),
            Self::Pipelined => pipelined::decode(job, workers)?,
            Self::Limit(spare) => limit::decode(job, workers, spare),
        })
    }
}
