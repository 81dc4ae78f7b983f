//! Parquet by its row groups: the plan lists those of all files, and workers take them from a queue.
//!
//! Also what whole-file schedules read of a Parquet file. Columns come as Arrow arrays from the parquet
//! crate; only the two that the query needs are read.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use workload_api::WorkloadError;

use super::Query;
use super::groups::{Groups, NO_COUNT};
use super::parts::{Part, Parts};
use super::ranges::failed;
use crate::workers::Workers;

/// Rows of a batch.
const BATCH_ROWS: usize = 8192;

/// The columns of the query.
pub(super) const COLUMNS: [&str; 2] = ["passenger_count", "fare_amount"];

/// Workers read row group after row group, and each combines its own.
///
/// # Errors
/// When a file cannot be read, or lacks a column; with several, the first one's error.
pub(super) fn row_groups(query: &Query, workers: &Workers) -> Result<Parts, WorkloadError> {
    let mut parts = Vec::new();
    for path in &query.files {
        let metadata = metadata(path)?;
        let groups = metadata.metadata().num_row_groups();
        parts.extend((0..groups).map(|group| (path, metadata.clone(), group)));
    }
    let done = workers.fold(parts.len(), Parts::new, |all, index| {
        let start = Instant::now();
        let (path, metadata, group) = &parts[index];
        let groups = read(path, metadata.clone(), Some(*group))?;
        all.add(&Part { groups, time: start.elapsed() });
        Ok(())
    })?;
    Ok(Parts::together(done))
}

/// A whole file.
///
/// # Errors
/// When it cannot be read, or lacks a column.
pub(super) fn file(path: &Path) -> Result<Groups, WorkloadError> {
    read(path, metadata(path)?, None)
}

fn metadata(path: &Path) -> Result<ArrowReaderMetadata, WorkloadError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|error| failed(path, &error))
}

fn read(
    path: &Path,
    metadata: ArrowReaderMetadata,
    group: Option<usize>,
) -> Result<Groups, WorkloadError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mask = ProjectionMask::columns(metadata.parquet_schema(), COLUMNS);
    let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS);
    if let Some(group) = group {
        builder = builder.with_row_groups(vec![group]);
    }
    let reader = builder.build().map_err(|error| failed(path, &error))?;
    let mut groups = Groups::new();
    for batch in reader {
        let batch = batch.map_err(|error| failed(path, &error))?;
        add(&batch, &mut groups)
            .ok_or_else(|| failed(path, &"expected passenger counts of 0 to 255 and fares"))?;
    }
    Ok(groups)
}

fn add(batch: &RecordBatch, groups: &mut Groups) -> Option<()> {
    let counts = batch.column_by_name(COLUMNS[0])?.as_primitive_opt::<Int64Type>()?;
    let fares = batch.column_by_name(COLUMNS[1])?.as_primitive_opt::<Float64Type>()?;
    if fares.null_count() > 0 {
        return None;
    }
    for (count, fare) in counts.iter().zip(fares.values()) {
        groups.add(place(count)?, cents(*fare));
    }
    Some(())
}

/// Where trips with this passenger count are gathered.
pub(super) fn place(count: Option<i64>) -> Option<usize> {
    match count {
        None => Some(NO_COUNT),
        Some(count) => usize::try_from(count).ok().filter(|count| *count < NO_COUNT),
    }
}

/// Dollars as whole cents.
pub(super) fn cents(dollars: f64) -> i64 {
    (dollars * 100.0).round() as i64
}
