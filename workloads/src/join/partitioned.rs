//! The schedule `partitioned`: both sides are divided by the hash of the key, and each pair of partitions
//! is joined on its own.
//!
//! Its tables are small enough for a core's cache where one of all zones is not; the price is that every
//! row is written and read once more.

use std::time::{Duration, Instant};

use workload_api::WorkloadError;

use super::CHUNK_ROWS;
use super::table::{Matches, Table, hash};
use crate::workers::Workers;

/// What the join found, and how the partitions came out.
pub(super) struct Done {
    pub(super) matches: Matches,
    pub(super) partition_time: Duration,
    /// Trips of the largest partition.
    pub(super) largest: usize,
}

/// A row: a zone's number, and the row's place.
type Row = (u32, u32);

/// Joins zones and trips in `partitions`, a power of two.
///
/// # Errors
/// None of its own; those of the pool of workers.
pub(super) fn join(
    zones: &[u32],
    trips: &[u32],
    partitions: usize,
    workers: &Workers,
) -> Result<Done, WorkloadError> {
    let start = Instant::now();
    let zones = partition(zones, partitions, workers)?;
    let trips = partition(trips, partitions, workers)?;
    let partition_time = start.elapsed();
    let rows = |parts: &[Vec<Vec<Row>>], place: usize| -> usize {
        parts.iter().map(|part| part[place].len()).sum()
    };
    let parts = workers.fold(partitions, Matches::default, |matches, place| {
        let mut own = Vec::with_capacity(rows(&zones, place));
        zones.iter().for_each(|part| own.extend_from_slice(&part[place]));
        let table = Table::new(own.len(), own.into_iter());
        for part in &trips {
            matches.look_up(&table, part[place].iter().copied());
        }
        Ok(())
    })?;
    let largest = (0..partitions).map(|place| rows(&trips, place)).max().unwrap_or(0);
    Ok(Done { matches: parts.into_iter().sum(), partition_time, largest })
}

/// The rows of each partition, a list per worker.
fn partition(
    keys: &[u32],
    partitions: usize,
    workers: &Workers,
) -> Result<Vec<Vec<Vec<Row>>>, WorkloadError> {
    let lists = || vec![Vec::new(); partitions];
    workers.fold(keys.len().div_ceil(CHUNK_ROWS), lists, |lists: &mut Vec<Vec<Row>>, chunk| {
        let first = chunk * CHUNK_ROWS;
        let keys = &keys[first..(first + CHUNK_ROWS).min(keys.len())];
        for (key, place) in keys.iter().zip(first as u32..) {
            // Lower bits than those that the table uses.
            let partition = (hash(*key) >> 16) as usize & (partitions - 1);
            lists[partition].push((*key, place));
        }
        Ok(())
    })
}
