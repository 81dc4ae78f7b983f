//! Measurements as Parquet: a station and a value in degrees per row, dictionaries, no codec.
//!
//! The recipe writes what it draws, and `aggregation`'s sibling `conversion` what it reads from text.
//! Row groups are encoded by many threads at once and stand in the file in their order. There is no
//! codec because nothing is left for one: what the dictionaries leave is the bits of their indices.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use workload_api::WorkloadError;

use crate::workers::Workers;

/// The columns.
pub(crate) const STATION: &str = "station";
pub(crate) const VALUE: &str = "value";

/// Rows that are handed to the encoders at once.
const BATCH_ROWS: usize = 1 << 16;

/// Writes a file of `groups` row groups, each filled by one of the workers. `progress` is told the
/// bytes written so far.
///
/// # Errors
/// When the file cannot be written, or the first error of `fill`.
pub(crate) fn write(
    path: &Path,
    (groups, statistics): (usize, bool),
    workers: &Workers,
    fill: impl Fn(usize, &mut RowGroup) -> std::result::Result<(), WorkloadError> + Sync,
    progress: &(dyn Fn(u64) + Sync),
) -> std::result::Result<(), WorkloadError> {
    let failed = |error: &dyn std::fmt::Display| {
        WorkloadError::context(&format!("writing {}", path.display()), error)
    };
    let file = File::create(path).map_err(|error| failed(&error))?;
    let writer = ArrowWriter::try_new(file, schema(), Some(properties(statistics)));
    let (mut file, encoders) =
        writer.and_then(ArrowWriter::into_serialized_writer).map_err(|error| failed(&error))?;
    // As many as there are workers are encoded, then written: no more than that is in memory.
    for first in (0..groups).step_by(workers.count()) {
        let encoded = workers.map(workers.count().min(groups - first), |index| {
            let mut group = RowGroup::new(&encoders, first + index).map_err(|e| failed(&e))?;
            fill(first + index, &mut group)?;
            group.finish().map_err(|error| failed(&error))
        })?;
        for chunks in encoded {
            append(&mut file, chunks).map_err(|error| failed(&error))?;
        }
        progress(file.bytes_written() as u64);
    }
    file.close().map(drop).map_err(|error| failed(&error))
}

fn append(
    file: &mut parquet::file::writer::SerializedFileWriter<File>,
    chunks: Vec<ArrowColumnChunk>,
) -> Result<()> {
    let mut group = file.next_row_group()?;
    for chunk in chunks {
        chunk.append_to_row_group(&mut group)?;
    }
    group.close().map(drop)
}

/// Both columns, neither of which has nulls.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(STATION, DataType::Utf8, false),
        Field::new(VALUE, DataType::Float64, false),
    ]))
}

fn properties(statistics: bool) -> WriterProperties {
    let statistics = if statistics { EnabledStatistics::Page } else { EnabledStatistics::None };
    WriterProperties::builder().set_statistics_enabled(statistics).build()
}

/// A row group that is being filled.
pub(crate) struct RowGroup {
    schema: SchemaRef,
    encoders: Vec<ArrowColumnWriter>,
    stations: StringBuilder,
    values: Vec<f64>,
}

impl RowGroup {
    fn new(encoders: &ArrowRowGroupWriterFactory, number: usize) -> Result<Self> {
        let encoders = encoders.create_column_writers(number)?;
        Ok(Self { schema: schema(), encoders, stations: StringBuilder::new(), values: Vec::new() })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// When it cannot be encoded.
    #[inline]
    pub(crate) fn push(&mut self, station: &str, tenths: i16) -> io::Result<()> {
        self.stations.append_value(station);
        self.values.push(f64::from(tenths) / 10.0);
        if self.values.len() == BATCH_ROWS { Ok(self.encode()?) } else { Ok(()) }
    }

    fn encode(&mut self) -> Result<()> {
        let values = Float64Array::from(std::mem::take(&mut self.values));
        let columns: [ArrayRef; 2] = [Arc::new(self.stations.finish()), Arc::new(values)];
        for ((field, column), encoder) in
            self.schema.fields().iter().zip(&columns).zip(&mut self.encoders)
        {
            for leaf in compute_leaves(field, column)? {
                encoder.write(&leaf)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<ArrowColumnChunk>> {
        self.encode()?;
        self.encoders.into_iter().map(ArrowColumnWriter::close).collect()
    }
}
