//! The workload `aggregation`: smallest, mean and largest value per weather station from a file of
//! measurements, the task of the One Billion Row Challenge; and `conversion`, which makes Parquet of it.
//!
//! `prepare` makes the file or finds it again; `run` reads it and ends with the text of the result.
//! Each variant is a file of its own and shares only what a line is and what a result is.

mod batched;
mod conversion;
mod limit;
mod line;
mod naive;
mod partitioned;
mod row_groups;
mod stats;

use std::time::Duration;

use twox_hash::XxHash3_64;
use workload_api::{
    Answer, Context, Metric, Params, Prepared, Spec, Work, Workload, WorkloadError,
};

pub use self::conversion::Conversion;
use self::stats::{Stats, Summary};
use crate::data::{DataDirectory, Input, Measurements, MeasurementsFormat};
use crate::params::{Declared, Word, integer, word_or};

/// Largest part of the file that a worker reads at once, unless a suite says how many parts.
const SPLIT_BYTES_MAX: u64 = 4 << 20;

/// Ranges of the file per worker, at least.
const SPLITS_PER_WORKER: usize = 16;

/// Aggregates a file of measurements.
pub struct Aggregation;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variant {
    Naive,
    Batched,
    Partitioned,
    Limit,
}

impl Word for Variant {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("naive", "one thread, line by line, a string for each", Self::Naive),
        ("batched", "one thread reads lists of lines for a pool of workers", Self::Batched),
        ("partitioned", "ranges of whole lines for a pool of workers", Self::Partitioned),
        ("limit", "blocks for a pool of workers, many lines at once", Self::Limit),
    ];
}

impl Workload for Aggregation {
    fn spec(&self) -> Spec {
        Spec {
            name: "aggregation".to_owned(),
            about: "Smallest, mean and largest value per station from a file of measurements."
                .to_owned(),
            params: Input::params(vec![
                MeasurementsFormat::param(),
                word_or("variant", "How the file is aggregated.", Variant::Partitioned),
                integer(
                    "splits",
                    "Ranges of the file with variant = partitioned; each is read at once. Not \
                     stated: 16 per worker, more where a range would be above 4 MiB.",
                    (1, 1_000_000),
                    None,
                ),
                integer(
                    "take",
                    "Ranges that a worker takes at a time with variant = partitioned.",
                    (1, 10_000),
                    Some(1),
                ),
                integer(
                    "batch",
                    "Lines of a list with variant = batched.",
                    (1, 10_000_000),
                    Some(250_000),
                ),
                integer(
                    "block",
                    "Bytes that a worker reads at once with variant = limit.",
                    (1, 1 << 30),
                    Some(256 << 10),
                ),
            ]),
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(prepare(params, context.seed, &DataDirectory::from_environment())?))
    }
}

/// Prepares with the input in `directory`.
fn prepare(
    params: &Params,
    seed: u64,
    directory: &DataDirectory,
) -> Result<PreparedAggregation, WorkloadError> {
    let spec = Aggregation.spec();
    let declared = Declared::new(params, &spec)?;
    let recipe = Measurements::new(&declared, seed, declared.word("format")?)?;
    let variant = declared.word("variant")?;
    if recipe.format != MeasurementsFormat::Text && variant == Variant::Batched {
        let message = "variant = batched hands on lines, which format = text has; the others read \
                       Parquet too";
        return Err(WorkloadError::new(message));
    }
    let input = Input::prepare(&declared, recipe, directory)?;
    let ((_, bytes), splits) = (input.open()?, declared.integer("splits")?);
    Ok(PreparedAggregation {
        variant,
        splits: splits.map_or_else(|| splits_for(bytes, input.workers.count()), |n| n as usize),
        take: declared.required("take")? as usize,
        batch: declared.required("batch")? as usize,
        block: declared.required("block")? as usize,
        input,
        bytes,
        result: None,
    })
}

/// Enough ranges that no worker waits long for the last one, and none too large for memory.
fn splits_for(bytes: u64, workers: usize) -> usize {
    (SPLITS_PER_WORKER * workers).max(bytes.div_ceil(SPLIT_BYTES_MAX) as usize)
}

struct PreparedAggregation {
    input: Input,
    variant: Variant,
    splits: usize,
    take: usize,
    batch: usize,
    block: usize,
    bytes: u64,
    result: Option<Outcome>,
}

/// What a run leaves for the check.
struct Outcome {
    stations: u64,
    text: String,
}

impl PreparedAggregation {
    /// The result, and how long combining those of the workers took.
    fn aggregate(&self) -> Result<(Summary, Option<Duration>), WorkloadError> {
        let Input { recipe, path, workers, .. } = &self.input;
        let is_text = recipe.format == MeasurementsFormat::Text;
        let (summary, combine_time) = match (self.variant, is_text) {
            (Variant::Naive, true) => return Ok((naive::aggregate(path)?, None)),
            (Variant::Naive, false) => return Ok((row_groups::naive(path)?, None)),
            (Variant::Batched, _) => batched::aggregate(path, self.batch, workers),
            (Variant::Partitioned, true) => {
                partitioned::aggregate(path, (self.splits, self.take), workers)
            }
            (Variant::Partitioned, false) => row_groups::partitioned(path, workers),
            (Variant::Limit, true) => limit::aggregate(path, self.block, workers),
            (Variant::Limit, false) => row_groups::limit(path, workers),
        }?;
        Ok((summary, Some(combine_time)))
    }
}

impl Prepared for PreparedAggregation {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let (summary, combine_time) = self.aggregate()?;
        let combine_time = combine_time.map(|time| Metric::time("combine_time", time));
        let metrics = combine_time.into_iter().chain([self.input.page_cache_share()]).collect();
        let rows = refuse_other_than_asked(&summary, self.input.recipe.rows)?;
        let text = stats::text(&summary);
        self.result = Some(Outcome { stations: summary.len() as u64, text });
        Ok(Work { rows, bytes_in: self.bytes, metrics, ..Work::default() })
    }

    /// Also makes the page cache what it is to be before the next run.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        self.input.settle()?;
        let result = self.result.as_ref();
        let Outcome { stations, text } =
            result.ok_or_else(|| WorkloadError::new("no run has left a result"))?;
        Ok(Answer {
            rows: *stations,
            digest: format!("text={:016x}", XxHash3_64::oneshot(text.as_bytes())),
            group: Some(self.input.recipe.group()),
        })
    }
}

/// The lines that went into a result.
///
/// # Errors
/// When it is not the number asked for: a program that skips lines is fast, and must not look so.
fn refuse_other_than_asked(summary: &Summary, asked: u64) -> Result<u64, WorkloadError> {
    let rows = summary.values().map(Stats::count).sum();
    if rows == asked {
        return Ok(rows);
    }
    Err(WorkloadError::new(format!("{asked} rows asked for, {rows} aggregated")))
}

#[cfg(test)]
mod tests;
