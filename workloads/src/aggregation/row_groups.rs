//! Measurements from Parquet: the variants `naive`, `partitioned` and `limit` over row groups.
//!
//! What a row is, is the same for all: a name by the rules of the text, and a value that is the
//! nearest double of a number with one decimal. Columns come as Arrow arrays from the parquet crate.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use workload_api::WorkloadError;

use super::line;
use super::stats::{Stats, Summary};
use crate::data::measurements_parquet::{STATION, VALUE};
use crate::workers::Workers;

/// Rows of a batch: what the columns of one need stays in the L2 cache.
const BATCH_ROWS: usize = 8192;

/// One thread, row after row, a string for each.
///
/// # Errors
/// When the file cannot be read, or a row is no measurement; with several, that of the first row
/// group.
pub(super) fn naive(path: &Path) -> Result<Summary, WorkloadError> {
    let metadata = open(path, ArrowReaderOptions::new())?;
    let mut stations: HashMap<String, Stats> = HashMap::new();
    for group in 0..metadata.metadata().num_row_groups() {
        read(path, &metadata, group, |batch| {
            let (names, values) = strings(batch)?;
            for (name, value) in names.iter().zip(values) {
                let name = name.filter(|name| line::is_name(name.as_bytes()))?.to_owned();
                stations.entry(name).or_insert(Stats::EMPTY).add(tenths(*value)?);
            }
            Some(())
        })?;
    }
    Ok(stations.into_iter().collect())
}

/// Workers take row groups from a queue; a name is copied when a table meets it for the first time.
/// Also says how long combining the workers' tables took.
///
/// # Errors
/// As [`naive`].
pub(super) fn partitioned(
    path: &Path,
    workers: &Workers,
) -> Result<(Summary, Duration), WorkloadError> {
    let metadata = open(path, ArrowReaderOptions::new())?;
    let groups = metadata.metadata().num_row_groups();
    let tables = workers.fold(groups, HashMap::new, |stations, group| {
        read(path, &metadata, group, |batch| {
            let (names, values) = strings(batch)?;
            for (name, value) in names.iter().zip(values) {
                let (name, tenths) = (name?, tenths(*value)?);
                match stations.get_mut(name) {
                    None => add_name(stations, name)?.add(tenths),
                    Some(stats) => Stats::add(stats, tenths),
                }
            }
            Some(())
        })
    })?;
    Ok(combine(tables))
}

/// As [`partitioned`], but names stay what the file has of them: numbers of a dictionary. A worker
/// looks at the names of a dictionary once, not at those of its rows.
///
/// # Errors
/// As [`naive`].
pub(super) fn limit(path: &Path, workers: &Workers) -> Result<(Summary, Duration), WorkloadError> {
    let name = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields = [(STATION, name), (VALUE, DataType::Float64)];
    let fields = fields.map(|(name, kind)| Field::new(name, kind, false));
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let metadata = open(path, ArrowReaderOptions::new().with_schema(schema))?;
    let groups = metadata.metadata().num_row_groups();
    let tables = workers.fold(groups, Numbered::default, |table, group| {
        read(path, &metadata, group, |batch| table.add(batch))?;
        table.settle().ok_or_else(|| refused(path, group))
    })?;
    Ok(combine(tables.into_iter().map(|table| table.stations).collect()))
}

/// One worker's stations, and the values of a dictionary's names so far.
#[derive(Default)]
struct Numbered {
    stations: HashMap<String, Stats>,
    dictionary: Option<ArrayRef>,
    by_number: Vec<Stats>,
    tenths: Vec<i16>,
}

impl Numbered {
    /// `None` when a row is no measurement.
    fn add(&mut self, batch: &RecordBatch) -> Option<()> {
        let names = batch.column_by_name(STATION)?.as_dictionary_opt::<Int32Type>()?;
        let values = batch.column_by_name(VALUE)?.as_primitive_opt::<Float64Type>()?;
        if names.null_count() + values.null_count() > 0 {
            return None;
        }
        if !self.dictionary.as_ref().is_some_and(|known| Arc::ptr_eq(known, names.values())) {
            self.settle()?;
            self.by_number = vec![Stats::EMPTY; names.values().len()];
            self.dictionary = Some(Arc::clone(names.values()));
        }
        all_tenths(values.values(), &mut self.tenths)?;
        for (number, tenths) in names.keys().values().iter().zip(&self.tenths) {
            // OK because a negative number becomes one that is too large.
            self.by_number.get_mut(*number as usize)?.add(*tenths);
        }
        Some(())
    }

    /// Adds what was gathered by number to the stations. `None` when a name is none.
    fn settle(&mut self) -> Option<()> {
        let Some(dictionary) = self.dictionary.take() else { return Some(()) };
        let names = dictionary.as_string_opt::<i32>()?;
        for (number, stats) in self.by_number.iter().enumerate() {
            if stats.count() > 0 {
                match self.stations.get_mut(names.value(number)) {
                    None => add_name(&mut self.stations, names.value(number))?.merge(stats),
                    Some(known) => known.merge(stats),
                }
            }
        }
        Some(())
    }
}

fn add_name<'a>(stations: &'a mut HashMap<String, Stats>, name: &str) -> Option<&'a mut Stats> {
    line::is_name(name.as_bytes()).then(|| stations.entry(name.to_owned()).or_insert(Stats::EMPTY))
}

/// Names and values of a batch; `None` when it has others, or nulls.
fn strings(batch: &RecordBatch) -> Option<(&arrow::array::StringArray, &[f64])> {
    let names = batch.column_by_name(STATION)?.as_string_opt::<i32>()?;
    let values = batch.column_by_name(VALUE)?.as_primitive_opt::<Float64Type>()?;
    (names.null_count() + values.null_count() == 0).then_some((names, values.values()))
}

/// Added to a double of this size, a fraction is rounded away, and the lowest bits are the number.
const ROUNDING: f64 = 1.5 * (1_u64 << 52) as f64;

/// A value in tenths, unless it is none; and then what is returned is any number.
#[inline(always)]
fn try_tenths(value: f64) -> (i16, bool) {
    let whole = (value * 10.0 + ROUNDING).to_bits() as i32;
    let fits = (-999..=999).contains(&whole) & (f64::from(whole) / 10.0 == value);
    (whole as i16, fits)
}

fn tenths(value: f64) -> Option<i16> {
    let (tenths, fits) = try_tenths(value);
    fits.then_some(tenths)
}

/// The same of many values, without a branch for each.
fn all_tenths(values: &[f64], tenths: &mut Vec<i16>) -> Option<()> {
    let mut all_fit = true;
    tenths.clear();
    tenths.extend(values.iter().map(|value| {
        let (tenths, fits) = try_tenths(*value);
        all_fit &= fits;
        tenths
    }));
    all_fit.then_some(())
}

fn combine(tables: Vec<HashMap<String, Stats>>) -> (Summary, Duration) {
    let start = Instant::now();
    let mut summary = Summary::new();
    for (name, stats) in tables.into_iter().flatten() {
        summary.entry(name).or_insert(Stats::EMPTY).merge(&stats);
    }
    (summary, start.elapsed())
}

fn open(path: &Path, options: ArrowReaderOptions) -> Result<ArrowReaderMetadata, WorkloadError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    ArrowReaderMetadata::load(&file, options).map_err(|error| failed(path, &error))
}

/// Reads a row group, batch by batch.
fn read(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    mut take: impl FnMut(&RecordBatch) -> Option<()>,
) -> Result<(), WorkloadError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_batch_size(BATCH_ROWS)
        .with_row_groups(vec![group])
        .build()
        .map_err(|error| failed(path, &error))?;
    for batch in reader {
        let batch = batch.map_err(|error| failed(path, &error))?;
        take(&batch).ok_or_else(|| refused(path, group))?;
    }
    Ok(())
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> WorkloadError {
    WorkloadError::context(&format!("reading {}", path.display()), error)
}

fn refused(path: &Path, group: usize) -> WorkloadError {
    let expected = "expected names of 1 to 100 bytes without `;` and newline in `station`, and \
                    numbers from -99.9 to 99.9 with one decimal in `value`";
    failed(path, &format!("row group {group}: {expected}"))
}
