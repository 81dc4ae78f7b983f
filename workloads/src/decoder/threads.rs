//! The strategy `threads`: a pool of workers takes whole segments from one queue.
//!
//! A segment is decoded by one worker, so there is never more parallelism than segments.

use super::decoded::Outcome;
use super::strategy::Job;
use crate::workers::Workers;

/// Decodes all segments; what is said of them comes back in order.
pub(super) fn decode(job: &Job<'_>, workers: &Workers) -> Vec<Outcome> {
    workers.map_all(job.segments.len(), |number| {
        job.consumer.take(number, job.segments[number].decode(job.target))
    })
}
