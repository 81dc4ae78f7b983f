//! The strategy `sequential`: one segment after another on the calling thread.

use super::decoded::Outcome;
use super::strategy::Job;

/// Decodes all segments in order.
pub(super) fn decode(job: &Job<'_>) -> Vec<Outcome> {
    job.segments
        .iter()
        .enumerate()
        .map(|(number, segment)| job.consumer.take(number, segment.decode(job.target)))
        .collect()
}
