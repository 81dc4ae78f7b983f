//! The three Parquet tables of a complete run: their columns, and writing them.
//!
//! Only this module and the one below it name arrow and parquet. Called by finishing. The same
//! samples always give the same bytes: nothing here reads a clock.

pub(super) mod profiles;
pub(super) mod read;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, StringBuilder, TimestampNanosecondBuilder,
    UInt32Builder, UInt64Builder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{StoreError, files};
use crate::{Failure, RunId, RunInfo, Sample, Status};

/// Samples that are turned into columns at once; bounds memory.
const BATCH_SAMPLES: u64 = 4096;

/// A Parquet file under its temporary name.
struct Table {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
}

impl Table {
    fn create(path: PathBuf, fields: Vec<Field>) -> Result<Self, StoreError> {
        let scratch = files::temporary(&path);
        let file = File::create(&scratch).map_err(|e| StoreError::io("create", &scratch, e))?;
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|e| StoreError::parquet("begin", &path, e))?;
        Ok(Self { path, schema, writer })
    }

    fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), StoreError> {
        let written = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(parquet::errors::ParquetError::from)
            .and_then(|batch| self.writer.write(&batch));
        written.map_err(|e| StoreError::parquet("write", &self.path, e))
    }

    /// Ends the file and waits until it is on disk; its name stays temporary.
    fn close(mut self) -> Result<(), StoreError> {
        self.writer.finish().map_err(|e| StoreError::parquet("end", &self.path, e))?;
        self.writer.inner().sync_all().map_err(|e| StoreError::io("sync", &self.path, e))
    }
}

/// Writes `samples.parquet` and `values.parquet`, one sample after the other.
pub(super) struct SampleTables {
    run: RunId,
    count: u64,
    samples: Table,
    sample_columns: SampleColumns,
    values: Table,
    value_columns: ValueColumns,
}

impl SampleTables {
    /// Begins both files under their temporary names in `directory`.
    pub(super) fn create(directory: &Path, run: RunId) -> Result<Self, StoreError> {
        Ok(Self {
            run,
            count: 0,
            samples: Table::create(directory.join(files::SAMPLES), sample_fields())?,
            sample_columns: SampleColumns::default(),
            values: Table::create(directory.join(files::VALUES), value_fields())?,
            value_columns: ValueColumns::default(),
        })
    }

    /// Adds one sample.
    pub(super) fn push(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.sample_columns.push(&self.run, self.count, sample)?;
        self.value_columns.push(&self.run, self.count, sample);
        self.count += 1;
        if self.count.is_multiple_of(BATCH_SAMPLES) { self.flush() } else { Ok(()) }
    }

    /// Ends both files and syncs them.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.samples.close()?;
        self.values.close()
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.samples.write(self.sample_columns.finish())?;
        self.values.write(self.value_columns.finish())
    }
}

/// Writes `cases.parquet` under its temporary name.
pub(super) fn write_cases(directory: &Path, info: &RunInfo) -> Result<(), StoreError> {
    let mut table = Table::create(directory.join(files::CASES), case_fields())?;
    let mut run = StringBuilder::new();
    let mut ordinal = UInt32Builder::new();
    let mut texts: [StringBuilder; 5] = Default::default();
    let mut answer = StringBuilder::new();
    for (number, case) in (0_u32..).zip(&info.cases) {
        let params = to_json(&table.path, &case.params)?;
        run.append_value(info.id.as_str());
        ordinal.append_value(number);
        let row = [case.id.as_str(), &case.workload, &case.runner, &case.title, &params];
        for (column, text) in texts.iter_mut().zip(row) {
            column.append_value(text);
        }
        answer.append_option(case.answer.as_deref());
    }
    let [case, workload, runner, title, params] = &mut texts;
    table.write(vec![
        Arc::new(run.finish()),
        Arc::new(ordinal.finish()),
        Arc::new(case.finish()),
        Arc::new(workload.finish()),
        Arc::new(runner.finish()),
        Arc::new(title.finish()),
        Arc::new(answer.finish()),
        Arc::new(params.finish()),
    ])?;
    table.close()
}

/// The columns that say which sample a row is about; in both tables.
#[derive(Default)]
struct KeyColumns {
    run: StringBuilder,
    sample: UInt64Builder,
    case: StringBuilder,
    pass: StringBuilder,
    process: UInt32Builder,
    iteration: UInt32Builder,
    status: StringBuilder,
    counted: BooleanBuilder,
}

impl KeyColumns {
    fn push(&mut self, run: &RunId, ordinal: u64, sample: &Sample) {
        self.run.append_value(run.as_str());
        self.sample.append_value(ordinal);
        self.case.append_value(sample.case.as_str());
        self.pass.append_value(sample.pass.as_str());
        self.process.append_value(sample.process);
        self.iteration.append_value(sample.iteration);
        self.status.append_value(match sample.status {
            Status::Ok => "ok",
            Status::Failed(_) => "failed",
        });
        self.counted.append_value(sample.counts());
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.run.finish()),
            Arc::new(self.sample.finish()),
            Arc::new(self.case.finish()),
            Arc::new(self.pass.finish()),
            Arc::new(self.process.finish()),
            Arc::new(self.iteration.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.counted.finish()),
        ]
    }
}

#[derive(Default)]
struct SampleColumns {
    key: KeyColumns,
    started: TimestampNanosecondBuilder,
    executions: UInt32Builder,
    failure_kind: StringBuilder,
    failure_message: StringBuilder,
    output: StringBuilder,
    answer_rows: UInt64Builder,
    answer_digest: StringBuilder,
    answer_group: StringBuilder,
    marks: StringBuilder,
}

impl SampleColumns {
    fn push(&mut self, run: &RunId, ordinal: u64, sample: &Sample) -> Result<(), StoreError> {
        self.key.push(run, ordinal, sample);
        self.started.append_value(sample.started_ns);
        self.executions.append_value(sample.executions);
        let failure: Option<&Failure> = match &sample.status {
            Status::Ok => None,
            Status::Failed(failure) => Some(failure),
        };
        self.failure_kind.append_option(failure.map(|failure| failure.kind.as_str()));
        self.failure_message.append_option(failure.map(|failure| &failure.message));
        self.output.append_option(failure.map(|failure| &failure.output));
        let answer = sample.answer.as_ref();
        self.answer_rows.append_option(answer.map(|answer| answer.rows));
        self.answer_digest.append_option(answer.map(|answer| &answer.digest));
        self.answer_group.append_option(answer.and_then(|answer| answer.group.as_ref()));
        if sample.marks.is_empty() {
            self.marks.append_null();
        } else {
            self.marks.append_value(to_json(Path::new(files::SAMPLES), &sample.marks)?);
        }
        Ok(())
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        let mut columns = self.key.finish();
        columns.extend([
            Arc::new(self.started.finish().with_timezone("UTC")) as ArrayRef,
            Arc::new(self.executions.finish()),
            Arc::new(self.failure_kind.finish()),
            Arc::new(self.failure_message.finish()),
            Arc::new(self.output.finish()),
            Arc::new(self.answer_rows.finish()),
            Arc::new(self.answer_digest.finish()),
            Arc::new(self.answer_group.finish()),
            Arc::new(self.marks.finish()),
        ]);
        columns
    }
}

#[derive(Default)]
struct ValueColumns {
    key: KeyColumns,
    metric: StringBuilder,
    value: Float64Builder,
    unit: StringBuilder,
    better: StringBuilder,
    source: StringBuilder,
    enabled_ns: UInt64Builder,
    running_ns: UInt64Builder,
    kernel: BooleanBuilder,
    event: StringBuilder,
    event_group: StringBuilder,
}

impl ValueColumns {
    fn push(&mut self, run: &RunId, ordinal: u64, sample: &Sample) {
        for value in &sample.values {
            self.key.push(run, ordinal, sample);
            self.metric.append_value(&value.metric);
            self.value.append_value(value.value);
            self.unit.append_value(value.unit.as_str());
            self.better.append_value(value.better.as_str());
            self.source.append_value(value.source.as_str());
            let counting = value.counting.as_ref();
            self.enabled_ns.append_option(counting.map(|counting| counting.enabled_ns));
            self.running_ns.append_option(counting.map(|counting| counting.running_ns));
            self.kernel.append_option(counting.map(|counting| counting.kernel));
            self.event.append_option(counting.map(|counting| &counting.event));
            self.event_group.append_option(counting.map(|counting| &counting.group));
        }
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        let mut columns = self.key.finish();
        columns.extend([
            Arc::new(self.metric.finish()) as ArrayRef,
            Arc::new(self.value.finish()),
            Arc::new(self.unit.finish()),
            Arc::new(self.better.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.enabled_ns.finish()),
            Arc::new(self.running_ns.finish()),
            Arc::new(self.kernel.finish()),
            Arc::new(self.event.finish()),
            Arc::new(self.event_group.finish()),
        ]);
        columns
    }
}

fn key_fields() -> Vec<Field> {
    vec![
        Field::new("run", DataType::Utf8, false),
        Field::new("sample", DataType::UInt64, false),
        Field::new("case", DataType::Utf8, false),
        Field::new("pass", DataType::Utf8, false),
        Field::new("process", DataType::UInt32, false),
        Field::new("iteration", DataType::UInt32, false),
        Field::new("status", DataType::Utf8, false),
        Field::new("counted", DataType::Boolean, false),
    ]
}

fn sample_fields() -> Vec<Field> {
    let started = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let mut fields = key_fields();
    fields.extend([
        Field::new("started", started, false),
        Field::new("executions", DataType::UInt32, false),
        Field::new("failure_kind", DataType::Utf8, true),
        Field::new("failure_message", DataType::Utf8, true),
        Field::new("output", DataType::Utf8, true),
        Field::new("answer_rows", DataType::UInt64, true),
        Field::new("answer_digest", DataType::Utf8, true),
        Field::new("answer_group", DataType::Utf8, true),
        Field::new("marks", DataType::Utf8, true),
    ]);
    fields
}

fn value_fields() -> Vec<Field> {
    let mut fields = key_fields();
    fields.extend([
        Field::new("metric", DataType::Utf8, false),
        Field::new("value", DataType::Float64, false),
        Field::new("unit", DataType::Utf8, false),
        Field::new("better", DataType::Utf8, false),
        Field::new("source", DataType::Utf8, false),
        Field::new("enabled_ns", DataType::UInt64, true),
        Field::new("running_ns", DataType::UInt64, true),
        Field::new("kernel", DataType::Boolean, true),
        Field::new("event", DataType::Utf8, true),
        Field::new("event_group", DataType::Utf8, true),
    ]);
    fields
}

fn case_fields() -> Vec<Field> {
    vec![
        Field::new("run", DataType::Utf8, false),
        Field::new("ordinal", DataType::UInt32, false),
        Field::new("case", DataType::Utf8, false),
        Field::new("workload", DataType::Utf8, false),
        Field::new("runner", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, false),
        Field::new("answer", DataType::Utf8, true),
        Field::new("params", DataType::Utf8, false),
    ]
}

fn to_json(path: &Path, value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::damaged(path, e.to_string()))
}
