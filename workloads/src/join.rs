//! The workload `join`: an inner hash join of trips with zones by the zone's number, single or parallel.
//!
//! `prepare` draws both sides in memory. `run` builds a table of the zones and looks every trip up, on one
//! thread, by workers with one table, or with both sides partitioned by the key first.

mod partitioned;
mod table;

use std::time::Instant;

use workload_api::{
    Answer, Better, Context, Metric, Params, Prepared, Spec, Unit, Work, Workload, WorkloadError,
};

use self::table::{Matches, Table};
use crate::data::Random;
use crate::params::{Declared, Word, integer, threads, word_or};
use crate::workers::Workers;

/// Trips that a worker takes at a time.
const CHUNK_ROWS: usize = 1 << 16;

/// Joins trips with zones.
pub struct Join;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schedule {
    Single,
    Shared,
    Partitioned,
}

impl Word for Schedule {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("single", "one thread builds the table and looks all trips up", Self::Single),
        ("shared", "one thread builds the table, workers look trips up", Self::Shared),
        ("partitioned", "both sides are partitioned by the key, a table each", Self::Partitioned),
    ];
}

/// How often each zone is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Uniform,
    Skewed,
}

impl Word for Keys {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("uniform", "all zones are equally likely", Self::Uniform),
        ("skewed", "the k-th zone has about 1/k of the first one's trips", Self::Skewed),
    ];
}

impl Workload for Join {
    fn spec(&self) -> Spec {
        Spec {
            name: "join".to_owned(),
            about: "An inner hash join of trips with zones, both in memory.".to_owned(),
            params: vec![
                integer("rows", "Trips.", (1, 200_000_000), Some(1_000_000)),
                integer(
                    "zones",
                    "Zones, each with a number of its own. The city has 265.",
                    (1, 50_000_000),
                    Some(265),
                ),
                word_or("keys", "How often trips name each zone.", Keys::Uniform),
                word_or("schedule", "How the work is shared out.", Schedule::Single),
                threads("Threads of shared and partitioned."),
                integer(
                    "partitions",
                    "Partitions of schedule = partitioned, rounded up to a power of two.",
                    (1, 4096),
                    Some(64),
                ),
            ],
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        let (rows, zones) = (declared.required("rows")?, declared.required("zones")?);
        let keys: Keys = declared.word("keys")?;
        let (seed, shape) = (context.seed, keys.word());
        Ok(Box::new(PreparedJoin {
            zones: zone_numbers(zones as u32, seed),
            trips: trips(rows as usize, zones as u32, keys, seed),
            schedule: declared.word("schedule")?,
            workers: Workers::start(declared.threads("workers")?)?,
            partitions: (declared.required("partitions")? as usize).next_power_of_two(),
            group: format!("join rows={rows} zones={zones} keys={shape} seed={seed}"),
            result: None,
        }))
    }
}

/// The numbers of the zones, 1 to `count`, in random order. A zone's payload is its place here.
fn zone_numbers(count: u32, seed: u64) -> Vec<u32> {
    let (mut zones, mut random) = ((1..=count).collect::<Vec<_>>(), Random::new(seed));
    for last in (1..zones.len()).rev() {
        zones.swap(last, random.below(last as u32 + 1) as usize);
    }
    zones
}

/// The zone of each trip. One of twenty names a zone that there is not, and has no match.
fn trips(rows: usize, zones: u32, keys: Keys, seed: u64) -> Vec<u32> {
    let mut random = Random::new(!seed);
    let largest = f64::from(zones) + 1.0;
    let mut draw = || {
        if random.below(20) == 0 {
            return zones + 1 + random.below(zones);
        }
        match keys {
            Keys::Uniform => 1 + random.below(zones),
            // Equally likely logarithms give each number a share of about one by itself.
            Keys::Skewed => {
                let share = f64::from(random.below(u32::MAX)) / f64::from(u32::MAX);
                (largest.powf(share) as u32).clamp(1, zones)
            }
        }
    };
    (0..rows).map(|_| draw()).collect()
}

struct PreparedJoin {
    zones: Vec<u32>,
    trips: Vec<u32>,
    schedule: Schedule,
    workers: Workers,
    partitions: usize,
    group: String,
    result: Option<Matches>,
}

impl Prepared for PreparedJoin {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let Self { zones, trips, workers, .. } = self;
        let start = Instant::now();
        let (matches, build_time, metrics) = match self.schedule {
            Schedule::Single => {
                let table = Table::new(zones.len(), zones.iter().copied().zip(0..));
                let build_time = start.elapsed();
                let mut matches = Matches::default();
                matches.look_up(&table, trips.iter().copied().zip(0..));
                (matches, build_time, Vec::new())
            }
            Schedule::Shared => {
                let table = Table::new(zones.len(), zones.iter().copied().zip(0..));
                let build_time = start.elapsed();
                let chunks = trips.len().div_ceil(CHUNK_ROWS);
                let parts = workers.fold(chunks, Matches::default, |matches, chunk| {
                    let first = chunk * CHUNK_ROWS;
                    let trips = &trips[first..(first + CHUNK_ROWS).min(trips.len())];
                    matches.look_up(&table, trips.iter().copied().zip(first as u32..));
                    Ok(())
                })?;
                (parts.into_iter().sum(), build_time, Vec::new())
            }
            Schedule::Partitioned => {
                let done = partitioned::join(zones, trips, self.partitions, workers)?;
                let share = Metric {
                    name: "largest_partition".to_owned(),
                    value: done.largest as f64 / trips.len() as f64,
                    unit: Unit::Ratio,
                    better: Better::Neither,
                };
                (done.matches, done.partition_time, vec![share])
            }
        };
        let name = match self.schedule {
            Schedule::Partitioned => "partition_time",
            _ => "build_time",
        };
        self.result = Some(matches);
        let metrics = metrics.into_iter().chain([Metric::time(name, build_time)]).collect();
        Ok(Work { rows: trips.len() as u64, metrics, ..Work::default() })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        let matches = self.result.ok_or_else(|| WorkloadError::new("no run has left a result"))?;
        Ok(Answer {
            rows: matches.count,
            digest: format!("pairs={:016x}", matches.digest),
            group: Some(self.group.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use workload_api::ParamValue;

    use super::*;

    fn prepared(given: &[(&str, ParamValue)], seed: u64) -> Box<dyn Prepared> {
        let params: Params = given.iter().cloned().collect();
        Join.prepare(&params, &Context { seed, data_dir: std::env::temp_dir() }).unwrap()
    }

    #[test]
    fn all_schedules_find_the_pairs_that_a_map_of_the_standard_library_finds() {
        for (rows, zones) in [(1, 1), (1_000, 265), (100_000, 3), (150_000, 60_000)] {
            for keys in [Keys::Uniform, Keys::Skewed] {
                let numbers = zone_numbers(zones, 7);
                let map: HashMap<u32, u32> = numbers.iter().copied().zip(0..).collect();
                let mut model = Matches::default();
                for (zone, trip) in trips(rows, zones, keys, 7).into_iter().zip(0..) {
                    map.get(&zone).into_iter().for_each(|place| model.add(trip, *place));
                }
                assert!(rows == 1 || model.count < rows as u64 && model.count > 0);
                for (schedule, workers, partitions) in [
                    ("single", 1, 1),
                    ("shared", 3, 1),
                    ("partitioned", 2, 1),
                    ("partitioned", 3, 50),
                ] {
                    let mut prepared = prepared(
                        &[
                            ("rows", (rows as i64).into()),
                            ("zones", i64::from(zones).into()),
                            ("keys", keys.word().into()),
                            ("schedule", schedule.into()),
                            ("workers", workers.into()),
                            ("partitions", partitions.into()),
                        ],
                        7,
                    );
                    assert_eq!(prepared.run().unwrap().rows, rows as u64);
                    let answer = prepared.check().unwrap();
                    let found = (answer.rows, answer.digest);
                    let expected = (model.count, format!("pairs={:016x}", model.digest));
                    assert_eq!(found, expected, "{schedule} {rows} {zones} {keys:?}");
                }
            }
        }
    }

    #[test]
    fn skewed_keys_name_the_first_zone_far_more_often_than_an_even_share() {
        let share = |keys| {
            let trips = trips(200_000, 1_000, keys, 1);
            trips.iter().filter(|zone| **zone == 1).count() as f64 / trips.len() as f64
        };
        assert!((share(Keys::Uniform) - 0.00095).abs() < 0.0005);
        // ln 2 / ln 1001 of the trips that have a zone.
        assert!((share(Keys::Skewed) - 0.095).abs() < 0.01);
    }
}
