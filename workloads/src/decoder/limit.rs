//! The strategy `limit`: each worker decompresses a segment into a buffer that it keeps, and parses
//! it straight into Arrow columns, or rows.
//!
//! Segments that are not as servers write them go the careful way, and so do bad ones, which then
//! have the same error as with every other strategy.

use std::sync::{Mutex, PoisonError};

use super::decoded::{Decoded, Outcome, Output, Target};
use super::direct::{self, PADDING};
use super::segment::{Segment, Unpacker};
use super::strategy::Job;
use crate::workers::Workers;

/// Unpackers that no worker has in its hands.
pub(super) type Spare = Mutex<Vec<Unpacker>>;

/// Decodes all segments; what is said of them comes back in order. Workers take an unpacker from
/// the spare ones, and make one where there is none.
pub(super) fn decode(job: &Job<'_>, workers: &Workers, spare: &Spare) -> Vec<Outcome> {
    // A lock poisoned by a panic still holds whole unpackers; the panic itself is passed on.
    let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    workers.map_all(job.segments.len(), |number| {
        let kept = spare().pop();
        let mut unpacker = kept.map_or_else(Unpacker::new, Ok).map_err(|why| why.to_string())?;
        let decoded = one(&job.segments[number], job.target, &mut unpacker);
        spare().push(unpacker);
        job.consumer.take(number, decoded)
    })
}

/// Decodes one segment.
///
/// # Errors
/// What is wrong with it.
pub(super) fn one(
    segment: &Segment,
    target: Target,
    unpacker: &mut Unpacker,
) -> Result<Decoded, String> {
    let text = segment.unpack(unpacker, PADDING)?;
    let json = &text[..text.len() - PADDING];
    let rows = segment.rows_at_most(json.len(), target);
    let direct = match target.output {
        Output::Columns => direct::columns(text, target.fields(), rows).map(Decoded::Columns),
        Output::Rows => direct::rows(text, target.fields(), rows).map(Decoded::Rows),
    };
    match direct {
        Some(decoded) => segment.refuse_other_rows(decoded.rows()).map(|()| decoded),
        None => segment.parse(json, target),
    }
}

#[cfg(test)]
mod tests;
