//! The strategy `pipelined`: one thread decompresses segment after segment, a pool of workers parses them.
//!
//! The channel between them holds one segment per worker, so that memory is bounded. Decompressing is a
//! small part of the work, so what this can gain over `threads` is small; it shows how small.

use std::borrow::Cow;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use workload_api::WorkloadError;

use super::columns::Columns;
use super::segment::Segment;
use crate::workers::Workers;

/// A segment's number and its JSON, or why there is none.
type Unpacked<'s> = (usize, Result<Cow<'s, [u8]>, String>);

/// Decodes all segments; they come back in order.
///
/// # Errors
/// That of the first segment that cannot be decoded.
pub(super) fn decode(
    segments: &[Segment],
    workers: &Workers,
) -> Result<Vec<Columns>, WorkloadError> {
    let (sender, receiver) = sync_channel::<Unpacked<'_>>(workers.count());
    let receiver = Mutex::new(receiver);
    let parsed = thread::scope(|scope| {
        let unpack = move || {
            for (number, segment) in segments.iter().enumerate() {
                // A closed channel means that all workers have ended.
                if sender.send((number, segment.json())).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("decompress".to_owned());
        thread.spawn_scoped(scope, unpack).map(|_| workers.each(|| parse_all(segments, &receiver)))
    });
    let parsed = parsed.map_err(|error| WorkloadError::context("starting a thread", error))?;
    let mut done: Vec<_> = parsed.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(number, _)| *number);
    let named = |(number, columns): (usize, Result<Columns, String>)| {
        columns.map_err(|why| WorkloadError::new(format!("segment {number}: {why}")))
    };
    done.into_iter().map(named).collect()
}

fn parse_all(
    segments: &[Segment],
    receiver: &Mutex<Receiver<Unpacked<'_>>>,
) -> Vec<(usize, Result<Columns, String>)> {
    let mut done = Vec::new();
    loop {
        // A lock poisoned by a panic still holds a whole receiver; the panic itself is passed on.
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, json)) = next else { return done };
        done.push((number, json.and_then(|json| segments[number].parse(&json))));
    }
}
