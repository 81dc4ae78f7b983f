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

use super::decoded::Outcome;
use super::strategy::Job;
use crate::workers::Workers;

/// A segment's number and its JSON, or why there is none.
type Unpacked<'s> = (usize, Result<Cow<'s, [u8]>, String>);

/// Decodes all segments; what is said of them comes back in order.
///
/// # Errors
/// When the decompressing thread cannot be started.
pub(super) fn decode(job: &Job<'_>, workers: &Workers) -> Result<Vec<Outcome>, WorkloadError> {
    decode_with(job, workers, |number, json| {
        let parsed = json.and_then(|json| job.segments[number].parse(&json, job.target));
        job.consumer.take(number, parsed)
    })
}

fn decode_with(
    job: &Job<'_>,
    workers: &Workers,
    parse: impl Fn(usize, Result<Cow<'_, [u8]>, String>) -> Outcome + Sync,
) -> Result<Vec<Outcome>, WorkloadError> {
    let parsed = thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Unpacked<'_>>(workers.count());
        // Owned here: when all workers have panicked, it is gone before the scope waits for the
        // thread, which would else wait for ever for room in the channel.
        let receiver = Mutex::new(receiver);
        let unpack = move || {
            for (number, segment) in job.segments.iter().enumerate() {
                // A closed channel means that all workers have ended.
                if sender.send((number, segment.json())).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("decompress".to_owned());
        thread.spawn_scoped(scope, unpack).map(|_| workers.each(|| parse_all(&receiver, &parse)))
    });
    let parsed = parsed.map_err(|error| WorkloadError::context("starting a thread", error))?;
    let mut done: Vec<_> = parsed.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
}

fn parse_all(
    receiver: &Mutex<Receiver<Unpacked<'_>>>,
    parse: &impl Fn(usize, Result<Cow<'_, [u8]>, String>) -> Outcome,
) -> Vec<(usize, Outcome)> {
    let mut done = Vec::new();
    loop {
        // A lock poisoned by a panic still holds a whole receiver; the panic itself is passed on.
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, json)) = next else { return done };
        done.push((number, parse(number, json)));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::super::decoded::{Consumer, Keep};
    use super::super::tests::{segments, target};
    use super::*;

    #[test]
    fn parsers_that_all_panic_end_the_run_and_not_hang_it() {
        let workers = Workers::start(2).unwrap();
        // Many more segments than the channel has room for.
        let segments = segments(20);
        let consumer = Consumer::new(Keep::All);
        let job = Job { segments: &segments, target: target(), consumer: &consumer };
        let parse = |number, _: Result<Cow<'_, [u8]>, String>| panic!("parsing {number}");
        let run = AssertUnwindSafe(|| decode_with(&job, &workers, parse));
        assert!(catch_unwind(run).is_err());
    }
}
