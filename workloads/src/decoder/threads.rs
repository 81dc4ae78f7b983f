//! The strategy `threads`: a pool of workers takes whole segments from one queue.
//!
//! A segment is decoded by one worker, so there is never more parallelism than segments.

use workload_api::WorkloadError;

use super::columns::Columns;
use super::segment::Segment;
use crate::workers::Workers;

/// Decodes all segments; they come back in order.
///
/// # Errors
/// That of the first segment that cannot be decoded.
pub(super) fn decode(
    segments: &[Segment],
    workers: &Workers,
) -> Result<Vec<Columns>, WorkloadError> {
    workers.map(segments.len(), |number| segments[number].decode(number))
}
