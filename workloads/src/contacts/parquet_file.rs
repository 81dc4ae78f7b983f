//! One Parquet file: written batch by batch, and digested by reading it back.
//!
//! `writer` and the writer threads of `pipeline` use it. All settings that a suite cannot change
//! are the parquet crate's own defaults.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::properties::WriterProperties;
use workload_api::WorkloadError;

use super::digest::Digest;
use super::options::{FileOptions, Options};
use super::schema;
use super::words::Fsync;

/// A file that is being written.
pub(crate) struct ParquetFile {
    writer: ArrowWriter<File>,
    fsync: Fsync,
}

/// What a finished file holds, by its own metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl ParquetFile {
    /// Creates or empties the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn create(path: &Path, options: &Options) -> Result<Self, WorkloadError> {
        let doing = || format!("creating {}", path.display());
        let file = File::create(path).map_err(|error| WorkloadError::context(&doing(), error))?;
        let schema: SchemaRef = schema::contact(options.variant.phone_type);
        let writer = ArrowWriter::try_new(file, schema, Some(properties(&options.file)))
            .map_err(|error| WorkloadError::context(&doing(), error))?;
        Ok(Self { writer, fsync: options.file.fsync })
    }

    /// Encodes a batch.
    ///
    /// # Errors
    /// When the batch cannot be encoded or a full row group not written.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), WorkloadError> {
        self.writer
            .write(batch)
            .map_err(|error| WorkloadError::context("writing a record batch", error))
    }

    /// Writes the footer, and waits for the disk if that was asked for.
    ///
    /// # Errors
    /// When the rest of the file cannot be written or synced.
    pub(crate) fn finish(mut self) -> Result<Written, WorkloadError> {
        let failed = |error: &dyn std::fmt::Display| {
            WorkloadError::context("finishing a Parquet file", error)
        };
        let metadata = self.writer.finish().map_err(|error| failed(&error))?;
        let file = self.writer.inner();
        if self.fsync == Fsync::File {
            file.sync_all().map_err(|error| failed(&error))?;
        }
        let bytes = file.metadata().map_err(|error| failed(&error))?.len();
        // OK because the number of rows of a file is never negative.
        Ok(Written { rows: metadata.file_metadata().num_rows() as u64, bytes })
    }
}

/// Reads a file back and adds every row to `digest`.
///
/// # Errors
/// When the file is not there or not Parquet, or does not hold contacts.
pub(crate) fn digest_file(path: &Path, digest: &mut Digest) -> Result<(), WorkloadError> {
    let failed = |error: &dyn std::fmt::Display| {
        WorkloadError::context(&format!("reading back {}", path.display()), error)
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    // The Arrow schema in the file is passed over, so that the columns come as Parquet has them.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .and_then(|builder| builder.with_batch_size(8192).build())
        .map_err(|error| failed(&error))?;
    for batch in reader {
        digest.add(&batch.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    Ok(())
}

fn properties(options: &FileOptions) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(options.compression.into())
        .set_dictionary_enabled(options.dictionary)
        .set_max_row_group_row_count(Some(options.row_group_rows))
        .build()
}
