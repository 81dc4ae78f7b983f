//! The strategy `sequential`: one segment after another on the calling thread.

use workload_api::WorkloadError;

use super::columns::Columns;
use super::segment::Segment;

/// Decodes all segments in order.
///
/// # Errors
/// The first segment's that cannot be decoded.
pub(super) fn decode(segments: &[Segment]) -> Result<Vec<Columns>, WorkloadError> {
    segments.iter().enumerate().map(|(number, segment)| segment.decode(number)).collect()
}
