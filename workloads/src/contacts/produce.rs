//! Runs the producers: all batches of a run, each handed to a sink as it is ready.
//!
//! The workloads call it with a pool made in `prepare`. It knows neither files nor channels; where
//! a batch goes is the sink's business.

use arrow::array::RecordBatch;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use workload_api::WorkloadError;

use super::options::Options;
use super::stage::{self, Shared};
use super::words::Batching;

/// A pool of producers of its own, never the global one.
///
/// # Errors
/// When the threads cannot be started.
pub(crate) fn pool(producers: usize) -> Result<ThreadPool, WorkloadError> {
    ThreadPoolBuilder::new()
        .num_threads(producers)
        .thread_name(|index| format!("producer-{index}"))
        .build()
        .map_err(|error| WorkloadError::context("starting the producers", error))
}

/// Generates all batches; `sink` gets each with its index, from any producer and in any order.
/// With one producer they come in order.
///
/// # Errors
/// The first error of a batch or of the sink; producers stop soon after.
pub(crate) fn produce(
    options: &Options,
    seed: u64,
    pool: &ThreadPool,
    sink: impl Fn(u64, RecordBatch) -> Result<(), WorkloadError> + Sync,
) -> Result<(), WorkloadError> {
    let shared = Shared::new();
    let rows_per_batch = options.rows_per_batch();
    let new_stage = || stage::stage(options, seed, &shared);
    pool.install(|| {
        (0..options.batches()).into_par_iter().try_for_each_init(
            || None,
            |kept, batch| {
                if options.variant.batching == Batching::PerChunk {
                    *kept = None;
                }
                let first = batch * rows_per_batch;
                let rows = first..(first + rows_per_batch).min(options.rows);
                sink(batch, kept.get_or_insert_with(new_stage).batch(rows)?)
            },
        )
    })
}
