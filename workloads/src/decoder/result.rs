//! The result of a query before it is sent: what determines its rows, and its segments.

use workload_api::{ParamSpec, WorkloadError};

use super::decoded::Target;
use super::digest::Digest;
use super::schema::Shape;
use super::segment::{Codec, Segment};
use crate::params::{Declared, Word, integer, word_or};
use crate::workers::Workers;

/// The JSON of one segment before compression, an array of `rows` rows, as the decoder has it in
/// a run with this seed. For programs that decode the same rows and compare.
///
/// # Errors
/// When there is no such shape; the message says which there are.
pub fn segment_json(
    shape: &str,
    seed: u64,
    segment: u64,
    rows: u64,
) -> Result<Vec<u8>, WorkloadError> {
    let shapes: Vec<_> = Shape::WORDS.iter().map(|(word, ..)| *word).collect();
    let unknown = || format!("no shape `{shape}`; expected one of {}", shapes.join(", "));
    let shape = Shape::from_word(shape).ok_or_else(|| WorkloadError::new(unknown()))?;
    Ok(shape.json(seed, segment, rows))
}

/// What determines the rows.
pub(super) struct QueryResult {
    pub(super) seed: u64,
    pub(super) shape: Shape,
    pub(super) segments: u64,
    pub(super) rows_per_segment: u64,
}

/// What says how the segments are and how many.
pub(super) fn size_params() -> Vec<ParamSpec> {
    vec![
        word_or("codec", "How the segments are compressed.", Codec::Zstd),
        word_or("shape", "What the rows hold.", Shape::Lineitem),
        integer("segments", "Segments of the result.", (1, 10_000), Some(8)),
        integer("rows_per_segment", "Rows of each.", (1, 1_000_000), Some(10_000)),
    ]
}

impl QueryResult {
    pub(super) fn new(declared: &Declared<'_>, seed: u64) -> Result<Self, WorkloadError> {
        Ok(Self {
            seed,
            shape: declared.word("shape")?,
            segments: declared.required("segments")?,
            rows_per_segment: declared.required("rows_per_segment")?,
        })
    }

    /// Rows of all segments.
    pub(super) fn rows(&self) -> u64 {
        self.segments * self.rows_per_segment
    }

    /// What determines the answer, as text.
    pub(super) fn group(&self) -> String {
        let Self { seed, shape, segments, rows_per_segment } = self;
        let shape = shape.word();
        format!("{shape} seed={seed} segments={segments} rows_per_segment={rows_per_segment}")
    }

    /// The segments, compressed.
    ///
    /// # Errors
    /// When the codec fails.
    pub(super) fn segments(
        &self,
        codec: Codec,
        workers: &Workers,
    ) -> Result<Vec<Segment>, WorkloadError> {
        let rows = self.rows_per_segment;
        workers.map(self.segments as usize, |number| {
            let number = number as u64;
            let json = self.shape.json(self.seed, number, rows);
            Segment::encode(codec, json, (number * rows, rows))
        })
    }

    /// The digest of each segment, which is decoded for it the careful way.
    ///
    /// # Errors
    /// When one cannot be decoded.
    pub(super) fn digests(
        &self,
        segments: &[Segment],
        workers: &Workers,
    ) -> Result<Vec<Digest>, WorkloadError> {
        let target = Target::columns(self.shape);
        workers.map(segments.len(), |number| {
            let segment = &segments[number];
            let decoded = segment.decode(target).map_err(WorkloadError::new)?;
            Ok(decoded.digest(target.fields(), segment.metadata.row_offset))
        })
    }
}
