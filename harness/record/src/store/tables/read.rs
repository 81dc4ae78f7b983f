//! Reads the samples of a complete run back from its Parquet tables.
//!
//! Called by `Store::read`. Columns that it does not know are ignored; the optional ones of
//! `docs/store.md` may be missing.

use std::fs::File;
use std::path::Path;

use arrow::array::{
    Array, BooleanArray, Float64Array, StringArray, TimestampNanosecondArray, UInt32Array,
    UInt64Array,
};
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use crate::store::{StoreError, files};
use crate::{
    Answer, Better, CaseId, Counting, Failure, FailureKind, Pass, Sample, Source, Status, Unit,
    Value,
};

const BATCH_ROWS: usize = 8192;

/// Every sample in the order in which it was taken.
pub(in crate::store) fn samples(directory: &Path) -> Result<Vec<Sample>, StoreError> {
    let mut samples = Vec::new();
    for_each_batch(&directory.join(files::SAMPLES), |rows| read_samples(rows, &mut samples))?;
    for_each_batch(&directory.join(files::VALUES), |rows| read_values(rows, &mut samples))?;
    Ok(samples)
}

pub(super) fn for_each_batch(
    path: &Path,
    mut take: impl FnMut(&Rows<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let file = File::open(path).map_err(|e| StoreError::io("open", path, e))?;
    let unreadable = |e: ParquetError| StoreError::parquet("read", path, e);
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
        .map_err(unreadable)?;
    for batch in reader {
        let batch = batch.map_err(|e| unreadable(e.into()))?;
        take(&Rows { path, batch: &batch })?;
    }
    Ok(())
}

fn read_samples(rows: &Rows<'_>, samples: &mut Vec<Sample>) -> Result<(), StoreError> {
    let ordinal = rows.required::<UInt64Array>("sample")?;
    let case = rows.required::<StringArray>("case")?;
    // A store from before there were passes holds none but the timed one.
    let pass = rows.optional::<StringArray>("pass")?;
    let process = rows.required::<UInt32Array>("process")?;
    let iteration = rows.required::<UInt32Array>("iteration")?;
    let started = rows.required::<TimestampNanosecondArray>("started")?;
    let executions = rows.required::<UInt32Array>("executions")?;
    let status = Statuses::new(rows)?;
    let answers = Answers::new(rows)?;
    let marks = rows.optional::<StringArray>("marks")?;
    for row in 0..rows.batch.num_rows() {
        if ordinal.value(row) != samples.len() as u64 {
            let why = format!("sample {} stands in place {}", ordinal.value(row), samples.len());
            return Err(rows.damaged(why));
        }
        let marks = match text(marks, row) {
            None => Vec::new(),
            Some(json) => serde_json::from_str(&json)
                .map_err(|e| rows.damaged(format!("marks of sample {}: {e}", samples.len())))?,
        };
        samples.push(Sample {
            case: CaseId::new(case.value(row)),
            pass: match text(pass, row) {
                None => Pass::Timed,
                Some(word) => rows.word("pass", &word, Pass::parse)?,
            },
            process: process.value(row),
            iteration: iteration.value(row),
            started_ns: started.value(row),
            executions: executions.value(row),
            status: status.at(rows, row)?,
            values: Vec::new(),
            answer: answers.at(row),
            marks,
        });
    }
    Ok(())
}

fn read_values(rows: &Rows<'_>, samples: &mut [Sample]) -> Result<(), StoreError> {
    let ordinal = rows.required::<UInt64Array>("sample")?;
    let metric = rows.required::<StringArray>("metric")?;
    let value = rows.required::<Float64Array>("value")?;
    let unit = rows.required::<StringArray>("unit")?;
    let better = rows.required::<StringArray>("better")?;
    let source = rows.required::<StringArray>("source")?;
    let countings = Countings::new(rows)?;
    for row in 0..rows.batch.num_rows() {
        let number = ordinal.value(row);
        let sample = usize::try_from(number).ok().and_then(|number| samples.get_mut(number));
        let Some(sample) = sample else {
            return Err(rows.damaged(format!("there is no sample {number}")));
        };
        sample.values.push(Value {
            metric: metric.value(row).to_owned(),
            value: value.value(row),
            unit: rows.word("unit", unit.value(row), Unit::parse)?,
            better: rows.word("better", better.value(row), Better::parse)?,
            source: rows.word("source", source.value(row), Source::parse)?,
            counting: countings.at(row),
        });
    }
    Ok(())
}

/// One batch, with its file for messages.
pub(super) struct Rows<'a> {
    path: &'a Path,
    pub(super) batch: &'a RecordBatch,
}

impl<'a> Rows<'a> {
    /// A column that must be there, without nulls.
    pub(super) fn required<T: Array + 'static>(&self, name: &str) -> Result<&'a T, StoreError> {
        let column = self.optional::<T>(name)?;
        let column = column.ok_or_else(|| self.damaged(format!("it has no column `{name}`")))?;
        if column.null_count() > 0 {
            return Err(self.damaged(format!("column `{name}` has nulls")));
        }
        Ok(column)
    }

    /// A column that may be missing.
    fn optional<T: Array + 'static>(&self, name: &str) -> Result<Option<&'a T>, StoreError> {
        let Some(column) = self.batch.column_by_name(name) else { return Ok(None) };
        let typed = column.as_any().downcast_ref::<T>().ok_or_else(|| {
            self.damaged(format!("column `{name}` is of type {}", column.data_type()))
        });
        typed.map(Some)
    }

    fn word<W>(
        &self,
        what: &str,
        word: &str,
        parse: fn(&str) -> Option<W>,
    ) -> Result<W, StoreError> {
        parse(word).ok_or_else(|| self.damaged(format!("unknown {what} `{word}`")))
    }

    fn damaged(&self, why: impl Into<String>) -> StoreError {
        StoreError::damaged(self.path, why)
    }
}

struct Statuses<'a> {
    status: &'a StringArray,
    kind: Option<&'a StringArray>,
    message: Option<&'a StringArray>,
    output: Option<&'a StringArray>,
}

impl<'a> Statuses<'a> {
    fn new(rows: &Rows<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            status: rows.required("status")?,
            kind: rows.optional("failure_kind")?,
            message: rows.optional("failure_message")?,
            output: rows.optional("output")?,
        })
    }

    fn at(&self, rows: &Rows<'_>, row: usize) -> Result<Status, StoreError> {
        match self.status.value(row) {
            "ok" => Ok(Status::Ok),
            "failed" => {
                let kind = text(self.kind, row).unwrap_or_default();
                Ok(Status::Failed(Failure {
                    kind: rows.word("failure_kind", &kind, FailureKind::parse)?,
                    message: text(self.message, row).unwrap_or_default(),
                    output: text(self.output, row).unwrap_or_default(),
                }))
            }
            other => Err(rows.damaged(format!("unknown status `{other}`"))),
        }
    }
}

struct Answers<'a> {
    rows: Option<&'a UInt64Array>,
    digest: Option<&'a StringArray>,
    group: Option<&'a StringArray>,
}

impl<'a> Answers<'a> {
    fn new(rows: &Rows<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            rows: rows.optional("answer_rows")?,
            digest: rows.optional("answer_digest")?,
            group: rows.optional("answer_group")?,
        })
    }

    fn at(&self, row: usize) -> Option<Answer> {
        let rows = self.rows.filter(|column| column.is_valid(row))?.value(row);
        Some(Answer { rows, digest: text(self.digest, row)?, group: text(self.group, row) })
    }
}

struct Countings<'a> {
    enabled_ns: Option<&'a UInt64Array>,
    running_ns: Option<&'a UInt64Array>,
    kernel: Option<&'a BooleanArray>,
    event: Option<&'a StringArray>,
    group: Option<&'a StringArray>,
}

impl<'a> Countings<'a> {
    fn new(rows: &Rows<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            enabled_ns: rows.optional("enabled_ns")?,
            running_ns: rows.optional("running_ns")?,
            kernel: rows.optional("kernel")?,
            event: rows.optional("event")?,
            group: rows.optional("event_group")?,
        })
    }

    fn at(&self, row: usize) -> Option<Counting> {
        Some(Counting {
            enabled_ns: self.enabled_ns.filter(|column| column.is_valid(row))?.value(row),
            running_ns: self.running_ns.filter(|column| column.is_valid(row))?.value(row),
            kernel: self.kernel.filter(|column| column.is_valid(row))?.value(row),
            event: text(self.event, row)?,
            group: text(self.group, row)?,
        })
    }
}

fn text(column: Option<&StringArray>, row: usize) -> Option<String> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row).to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::store::tests::fixture::{complete, failed, info, sample, store};
    use crate::{RunId, store::Store};

    /// Rewrites one table of the run `r` with other columns.
    fn rewrite(
        store: &Store,
        table: &str,
        change: impl Fn(&str, ArrayRef) -> Option<(String, ArrayRef)>,
    ) {
        let path = store.root().join("r").join(table);
        let mut batches = Vec::new();
        for_each_batch(&path, |rows| {
            let columns = rows.batch.schema_ref().fields().iter().zip(rows.batch.columns());
            let changed = columns.filter_map(|(field, data)| change(field.name(), data.clone()));
            batches.push(RecordBatch::try_from_iter(changed).unwrap());
            Ok(())
        })
        .unwrap();
        let file = File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batches[0].schema(), None).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.close().unwrap();
    }

    fn one_run() -> (tempfile::TempDir, Store) {
        let (guard, store) = store();
        complete(&store, &info("r"), &[sample(0), failed(1)]);
        (guard, store)
    }

    #[test]
    fn optional_columns_may_be_missing_and_unknown_ones_are_ignored() {
        let (_guard, store) = one_run();
        let optional = ["pass", "output", "marks", "answer_rows", "answer_digest", "answer_group"];
        rewrite(&store, files::SAMPLES, |name, data| {
            (!optional.contains(&name)).then(|| (name.to_owned(), data))
        });
        let counting = ["running_ns", "kernel", "event", "event_group"];
        rewrite(&store, files::VALUES, |name, data| match name {
            "enabled_ns" => Some(("a_column_of_tomorrow".to_owned(), data)),
            "pass" => None,
            _ => (!counting.contains(&name)).then(|| (name.to_owned(), data)),
        });
        let samples = store.read(&RunId::new("r")).unwrap().samples;
        let mut expected = [sample(0), failed(1)];
        expected[0].answer = None;
        expected[0].values.iter_mut().for_each(|value| value.counting = None);
        expected[1].marks.clear();
        if let Status::Failed(failure) = &mut expected[1].status {
            failure.output.clear();
        }
        assert_eq!(samples, expected);
    }

    #[test]
    fn a_missing_required_column_a_wrong_type_and_an_unknown_word_are_named() {
        let refused = |change: fn(&str, ArrayRef) -> Option<(String, ArrayRef)>| {
            let (_guard, store) = one_run();
            rewrite(&store, files::VALUES, change);
            let error = store.read(&RunId::new("r")).unwrap_err().to_string();
            error.split(" is damaged: ").nth(1).unwrap().to_owned()
        };
        let missing = refused(|name, data| (name != "unit").then(|| (name.to_owned(), data)));
        assert_eq!(missing, "it has no column `unit`");
        let typed = refused(|name, data| match name {
            "value" => Some((name.to_owned(), Arc::new(UInt32Array::from(vec![1; data.len()])))),
            _ => Some((name.to_owned(), data)),
        });
        assert_eq!(typed, "column `value` is of type UInt32");
        let word = refused(|name, data| match name {
            "unit" => {
                Some((name.to_owned(), Arc::new(StringArray::from(vec!["furlong"; data.len()]))))
            }
            _ => Some((name.to_owned(), data)),
        });
        assert_eq!(word, "unknown unit `furlong`");
        let orphan = refused(|name, data| match name {
            "sample" => Some((name.to_owned(), Arc::new(UInt64Array::from(vec![7; data.len()])))),
            _ => Some((name.to_owned(), data)),
        });
        assert_eq!(orphan, "there is no sample 7");
    }
}
