//! The variant `batched`: one thread reads lines and hands lists of them to workers.
//!
//! What one writes second: the slow part, parsing, is parallel. What remains is that every line is
//! read, copied and handed over by a single thread; the study that dyno follows found the same of
//! processes, where a line also went through a pipe.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use workload_api::WorkloadError;

use super::line;
use super::stats::{Stats, Summary};
use crate::workers::Workers;

/// Lists that may wait for a worker, per worker.
const WAITING: usize = 2;

/// Lines, and where in the file the first one begins.
struct Batch {
    lines: Vec<Vec<u8>>,
    offset: u64,
}

/// Aggregates a file in lists of `batch` lines. Also says how long combining the workers' maps
/// took.
///
/// # Errors
/// When the file cannot be read, or a line is malformed; with several, the first one's error.
pub(super) fn aggregate(
    path: &Path,
    batch: usize,
    workers: &Workers,
) -> Result<(Summary, Duration), WorkloadError> {
    let failed = |error| WorkloadError::context(&format!("reading {}", path.display()), error);
    let reader = BufReader::new(File::open(path).map_err(failed)?);
    let (sender, receiver) = sync_channel(WAITING * workers.count());
    let receiver = Mutex::new(receiver);
    let (read, parts) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || read(reader, batch, &sender).map_err(failed));
        let parts = workers.each(|| collect(&receiver));
        // A worker that stopped at an error leaves lists behind, which nobody waits for.
        drop(receiver);
        let read = reader.join().unwrap_or_else(|_| Err(WorkloadError::new("the reader panicked")));
        (read, parts)
    });
    let mut first: Option<(u64, WorkloadError)> = None;
    let mut maps = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Ok(map) => maps.push(map),
            Err(error) if first.as_ref().is_none_or(|(at, _)| error.0 < *at) => first = Some(error),
            Err(_) => {}
        }
    }
    if let Some((_, error)) = first {
        return Err(error);
    }
    read?;
    let start = Instant::now();
    let mut summary = Summary::new();
    for (name, stats) in maps.into_iter().flatten() {
        summary.entry(name).or_insert(Stats::EMPTY).merge(&stats);
    }
    Ok((summary, start.elapsed()))
}

/// Reads to the end, or until nobody takes lists any more.
fn read(mut reader: impl BufRead, batch: usize, sender: &SyncSender<Batch>) -> std::io::Result<()> {
    let mut offset = 0;
    loop {
        let (mut lines, mut bytes) = (Vec::with_capacity(batch), 0);
        while lines.len() < batch {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            lines.push(line);
        }
        if lines.is_empty() || sender.send(Batch { lines, offset }).is_err() {
            return Ok(());
        }
        offset += bytes;
    }
}

/// Takes lists until there are no more. A worker that has met a malformed line goes on taking, so
/// that an earlier one in another list is found as well; it only parses no more.
fn collect(
    receiver: &Mutex<Receiver<Batch>>,
) -> Result<HashMap<String, Stats>, (u64, WorkloadError)> {
    let mut stations = HashMap::new();
    let mut result = Ok(());
    loop {
        // A lock poisoned by a panic still holds the channel; the panic itself is passed on.
        let next = receiver.lock().unwrap_or_else(|lock| lock.into_inner()).recv();
        let Ok(Batch { lines, mut offset }) = next else {
            return result.map(|()| stations);
        };
        if result.is_ok() {
            for line in lines {
                let bytes = line.len() as u64;
                let content = line.strip_suffix(b"\n").unwrap_or(&line);
                if add(&mut stations, content).is_none() {
                    result = Err((offset, line::malformed(content, offset)));
                    break;
                }
                offset += bytes;
            }
        }
    }
}

fn add(stations: &mut HashMap<String, Stats>, line: &[u8]) -> Option<()> {
    let (name, value) = line::split(line)?;
    let (name, tenths) = (std::str::from_utf8(name).ok()?, line::tenths(value)?);
    match stations.get_mut(name) {
        Some(stats) => stats.add(tenths),
        None => {
            let mut stats = Stats::EMPTY;
            stats.add(tenths);
            stations.insert(name.to_owned(), stats);
        }
    }
    Some(())
}
